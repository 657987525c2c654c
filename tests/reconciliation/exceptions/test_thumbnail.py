"""Small pictures of checks: upright, with account numbers covered."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from reconciliation.exceptions.thumbnail import WIDTH_PX, ImageLayout, covered, data_uri, upright
from tests.builders.site_days import check_image


def _dark(picture: Image.Image, area: tuple[int, int, int, int]) -> bool:
    return bool(np.asarray(picture.crop(area)).min() < 60)


def test_the_micr_line_is_covered_where_it_was_read() -> None:
    layout = ImageLayout(is_read=True, width_px=1200, dpi=200)
    assert not _dark(covered(upright(check_image(), layout), layout), (0, 480, 1200, 550))
    box = {"left_px": 100, "top_px": 490, "width_px": 900, "height_px": 25}
    precise = covered(upright(check_image(), layout), ImageLayout(True, 0, 1200, 200, box))
    assert not _dark(precise, (0, 474, 1200, 550))
    assert precise.getpixel((600, 460)) == 255  # nothing above it is covered


def test_a_box_that_cannot_be_the_line_does_not_uncover_it() -> None:
    wrong = {"left_px": 20, "top_px": 20, "width_px": 100, "height_px": 20}
    layout = ImageLayout(True, 0, 1200, 200, wrong)
    assert not _dark(covered(upright(check_image(), layout), layout), (0, 480, 1200, 550))


def test_a_check_is_turned_upright_before_it_is_covered() -> None:
    layout = ImageLayout(True, 180, 1200, 200)
    picture = covered(upright(check_image(turned=True), layout), layout)
    assert _dark(picture, (20, 20, 120, 60))
    assert not _dark(picture, (0, 480, 1200, 550))


def test_an_unread_check_is_covered_at_both_ends() -> None:
    picture = covered(upright(check_image(turned=True), ImageLayout()), ImageLayout())
    assert not _dark(picture, (0, 0, 1200, 80))
    assert not _dark(picture, (0, 480, 1200, 550))


def test_of_the_customers_number_the_last_four_digits_stay() -> None:
    box = {"left_px": 20, "top_px": 20, "width_px": 100, "height_px": 40}
    picture = covered(upright(check_image(), ImageLayout()), ImageLayout(True, 0, 1200, 200, masked_boxes=(box,)))
    assert not _dark(picture, (20, 20, 78, 60))
    assert _dark(picture, (85, 20, 120, 60))


def test_boxes_of_another_resolution_are_scaled() -> None:
    box = {"left_px": 10, "top_px": 10, "width_px": 50, "height_px": 20}
    picture = covered(upright(check_image(), ImageLayout()), ImageLayout(True, 0, 600, 100, hidden_boxes=(box,)))
    assert not _dark(picture, (20, 20, 120, 60))


def test_the_picture_is_small_and_a_file_that_is_no_image_gives_none() -> None:
    uri = data_uri(check_image(), ImageLayout())
    assert uri is not None
    data = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    assert Image.open(io.BytesIO(data)).size == (WIDTH_PX, round(550 * WIDTH_PX / 1200))
    assert data_uri(b"%PDF-1.7", ImageLayout()) is None
