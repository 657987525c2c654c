"""Cents over a stroke, beside the dollars."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.fields.raised_cents import fraction, read_raised


def test_cents_over_a_stroke_are_found_beside_the_dollars() -> None:
    picture = np.full((60, 200), 255, np.uint8)
    for x in (10, 50):  # dollars
        picture[8:52, x : x + 6] = 0
        picture[8:52, x + 16 : x + 22] = 0
    picture[30:33, 120:180] = 0  # the stroke
    for x in (124, 140, 156, 170):
        picture[8:24, x : x + 10] = 0  # over it
        picture[38:54, x : x + 10] = 0  # under it
    bounds = fraction(picture)
    assert bounds is not None
    whole_end, top, bar, _ = bounds
    assert 72 <= whole_end <= 120
    assert top <= 8
    assert 24 <= bar <= 31
    picture[28:36, 115:185] = 255
    assert fraction(picture) is None


def test_the_foot_of_the_hundred_under_the_stroke_is_no_stroke() -> None:
    """The stroke is broken, the zeros of "100" run together at their feet."""
    picture = np.full((80, 220), 255, np.uint8)
    for x in (10, 50):  # dollars
        picture[6:76, x : x + 6] = 0
    for x in (126, 150):  # cents
        picture[6:26, x : x + 14] = 0
        picture[10:22, x + 4 : x + 10] = 255
    picture[34:37, 122:136] = picture[34:37, 150:166] = 0
    for x in (122, 140, 158):  # 100
        picture[46:74, x : x + 18] = 0
        picture[50:71, x + 4 : x + 14] = picture[46:71, x + 12 : x + 18] = 255
    assert fraction(picture) is None
    picture[34:37, 122:170] = 0
    bounds = fraction(picture)
    assert bounds is not None
    assert bounds[2] < 40


@pytest.mark.parametrize(("dollars", "cents", "amount"), [("412", "50", 41_250), ("87", "05", 8_705)])
def test_dollars_and_raised_cents_are_read_apart(dollars: str, cents: str, amount: int) -> None:
    picture = np.full((80, 280), 255, np.uint8)
    cv2.putText(picture, dollars, (10, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 20, 3, cv2.LINE_AA)
    assert read_raised(picture) == {}  # no cents
    cv2.putText(picture, cents, (170, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 20, 2, cv2.LINE_AA)
    cv2.line(picture, (160, 46), (215, 46), 20, 2)
    chances = read_raised(picture)
    assert max(chances, key=lambda cents: chances[cents]) == amount
    assert 0.5 < chances[amount] <= 1
