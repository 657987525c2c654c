"""The check in a photo: found on a table, made flat, and its boxes led back to the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.image.paper import flat_check, moved, printed_block
from ocr.image.prepare import Gray
from ocr.reading import Box

CORNERS = ((90, 120), (700, 140), (720, 430), (80, 400))  # clockwise from the top left


def _photo(corners: tuple[tuple[int, int], ...] = CORNERS, table: int = 70, sheet: int = 225) -> Gray:
    page = np.full((600, 800), table, np.uint8)
    cv2.fillPoly(page, [np.array(corners, np.int32)], sheet, cv2.LINE_AA)
    cv2.putText(page, "PAY TO THE ORDER OF", (150, 250), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 20, 3)
    return page


@pytest.mark.parametrize(("table", "sheet"), [(70, 225), (150, 235), (20, 200), (250, 215)])
def test_a_check_on_a_table_is_made_flat(table: int, sheet: int) -> None:
    flat = flat_check(_photo(table=table, sheet=sheet))
    assert flat is not None
    assert flat.gray.shape[1] == pytest.approx(640, abs=6)
    assert flat.gray.shape[0] == pytest.approx(290, abs=6)
    edge = np.concatenate((flat.gray[4, 4:-4], flat.gray[-5, 4:-4], flat.gray[4:-4, 4], flat.gray[4:-4, -5]))
    assert np.abs(edge.astype(int) - sheet).max() <= 8


def test_points_of_the_flat_sheet_lead_back_to_the_picture() -> None:
    flat = flat_check(_photo())
    assert flat is not None
    height, width = flat.gray.shape
    for (x, y), corner in zip(((0, 0), (width, 0), (width, height), (0, height)), CORNERS, strict=True):
        place = flat.back @ (x, y, 1)
        assert place[:2] / place[2] == pytest.approx(corner, abs=3)


@pytest.mark.parametrize(
    "corners",
    [
        ((100, 60), (500, 60), (500, 560), (100, 560)),  # a letter's shape
        ((300, 300), (400, 300), (400, 345), (300, 345)),  # a sticker
        ((90, 300), (400, 140), (720, 300), (400, 430)),  # a rhomb
        ((0, 0), (800, 0), (800, 600), (0, 600)),  # the sheet fills the picture
    ],
)
def test_other_things_are_no_check(corners: tuple[tuple[int, int], ...]) -> None:
    assert flat_check(_photo(corners)) is None


def test_blank_and_noisy_pictures_hold_no_check() -> None:
    assert flat_check(np.full((600, 800), 255, np.uint8)) is None
    assert flat_check(np.random.default_rng(1).integers(0, 256, (600, 800)).astype(np.uint8)) is None
    assert flat_check(np.full((40, 60), 200, np.uint8)) is None


def test_a_box_is_moved_with_its_corners() -> None:
    shift = np.array([[2.0, 0, 10], [0, 2.0, -5], [0, 0, 1]])
    assert moved(Box(10, 20, 30, 40), shift) == Box(30, 35, 60, 80)


def test_print_in_a_check_s_shape_on_a_bare_page_is_a_block() -> None:
    page = np.full((1100, 850), 255, np.uint8)
    page[200:204, 100:650] = page[430:434, 100:650] = 20
    block = printed_block(page)
    assert block is not None
    assert block.gray.shape == pytest.approx((288, 605), abs=8)
    assert tuple(block.back @ (0, 0, 1))[:2] == pytest.approx((72, 172), abs=6)
    page[900:904, 100:650] = 20  # print all over the page
    assert printed_block(page) is None
    assert printed_block(np.full((1100, 850), 255, np.uint8)) is None
