"""Cents over a stroke, beside the dollars."""

from __future__ import annotations

import numpy as np

from ocr.fields.raised_cents import fraction


def test_cents_over_a_stroke_are_found_beside_the_dollars() -> None:
    picture = np.full((60, 200), 255, np.uint8)
    for x in (10, 50):  # dollars
        picture[8:52, x : x + 6] = 0
        picture[8:52, x + 16 : x + 22] = 0
    picture[30:33, 120:180] = 0  # the stroke
    for x in (124, 140, 156, 170):
        picture[8:24, x : x + 10] = 0  # over it
        picture[38:54, x : x + 10] = 0  # under it
    cut = fraction(picture)
    assert cut is not None
    whole_end, top, bar, _ = cut
    assert 72 <= whole_end <= 120
    assert top <= 8
    assert 24 <= bar <= 31
    picture[28:36, 115:185] = 255
    assert fraction(picture) is None
