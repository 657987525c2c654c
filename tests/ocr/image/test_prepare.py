"""Turning, leveling, cropping and separating ink from paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.image.prepare import (
    binary,
    crop,
    deskewed,
    ink,
    is_bitonal,
    levelling,
    skew_of_print,
    stands_on_end,
    turned,
    turning,
)
from ocr.reading import Box


def _ruled(skew_deg: float = 0.0) -> np.ndarray:
    page = np.full((550, 1200), 255, np.uint8)
    for y in range(60, 520, 50):
        for x in range(80, 1100, 30):
            cv2.rectangle(page, (x, y), (x + 14, y + 20), 0, -1)
    if not skew_deg:
        return page
    matrix = cv2.getRotationMatrix2D((600, 275), -skew_deg, 1.0)
    return np.asarray(cv2.warpAffine(page, matrix, (1200, 550), borderValue=255))


def test_turning_is_clockwise() -> None:
    page = np.zeros((2, 3), np.uint8)
    page[0, 0] = 9
    assert turned(page, 90)[0, 1] == 9
    assert turned(page, 180)[1, 2] == 9
    assert turned(page, 270)[2, 0] == 9
    assert np.array_equal(turned(page, 0), page)
    with pytest.raises(ValueError, match="quarters"):
        turned(page, 45)


@pytest.mark.parametrize("skew", [-4.0, -1.5, 2.0, 5.0])
def test_skew_is_measured_and_leveled(skew: float) -> None:
    page = _ruled(skew)
    assert skew_of_print(page, 200) == pytest.approx(skew, abs=0.15)
    level = deskewed(page, skew)
    assert skew_of_print(level, 200) == pytest.approx(0, abs=0.15)
    assert np.abs(level[100:450, 200:1000].astype(int) - _ruled()[100:450, 200:1000]).mean() < 25


def test_level_page_is_left_alone() -> None:
    page = _ruled()
    assert skew_of_print(page, 200) == pytest.approx(0, abs=0.1)
    assert deskewed(page, 0.01) is page


def test_blank_page_has_no_skew() -> None:
    assert skew_of_print(np.full((550, 1200), 255, np.uint8), 200) == 0.0


def test_levelling_takes_a_falling_line_to_a_level_one() -> None:
    matrix = levelling(3.0, 1000, 400)
    fall = np.tan(np.radians(3.0))
    ends = [matrix @ np.array([x, 100 + x * fall, 1]) for x in (0, 900)]
    assert ends[0][1] == pytest.approx(ends[1][1])


def test_stands_on_end() -> None:
    assert stands_on_end(np.zeros((1200, 550), np.uint8))
    assert not stands_on_end(np.zeros((550, 1200), np.uint8))
    assert not stands_on_end(np.zeros((2200, 1700), np.uint8))


def test_ink_does_not_see_the_shade_of_the_paper() -> None:
    page = np.tile(np.linspace(250, 150, 300), (60, 1)).astype(np.uint8)
    page[20:40, 50:55] -= 120
    page[20:40, 250:255] -= 120
    inked = ink(page)
    assert inked.dtype == np.float32
    assert inked[30, 52] > 0.9
    assert inked[30, 252] > 0.9
    assert inked[30, 150] < 0.15


def test_faint_texture_is_no_ink() -> None:
    noise = np.random.default_rng(1).normal(220, 4, (60, 300)).clip(0, 255).astype(np.uint8)
    assert ink(noise).mean() < 0.35
    assert binary(noise, 200).mean() < 1


def test_binary_follows_the_paper() -> None:
    page = np.tile(np.linspace(240, 120, 600), (200, 1)).astype(np.uint8)
    cv2.putText(page, "PAY", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 60, 4)
    cv2.putText(page, "PAY", (450, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 20, 4)
    inked = binary(page, 200) > 0
    assert inked[:, :200].mean() == pytest.approx(inked[:, 400:].mean(), rel=0.4)
    assert not inked[:, 250:400].any()


def test_bitonal_pages_are_recognized_and_kept() -> None:
    page = _ruled()
    assert is_bitonal(page)
    assert np.array_equal(binary(page, 200), 255 - page)
    assert not is_bitonal(np.full((5, 5), 254, np.uint8))


def test_crop_stays_inside() -> None:
    page = _ruled()
    assert crop(page, Box(1100, 500, 300, 300)).shape == (50, 100)
    assert crop(page, Box(-20, -10, 50, 40)).shape == (30, 30)
    assert crop(page, Box(5000, 0, 10, 10)).size == 0


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_points_turn_with_their_picture(turn: int) -> None:
    page = np.full((40, 70), 255, np.uint8)
    page[5, 60] = 0
    (y, x), moved = np.argwhere(turned(page, turn) == 0)[0], turning(turn, 70, 40) @ (60.5, 5.5, 1)
    assert tuple(moved[:2]) == (x + 0.5, y + 0.5)
