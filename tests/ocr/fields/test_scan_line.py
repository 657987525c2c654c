"""The scan line's row of print, freed of what it touches."""

from __future__ import annotations

from datetime import date

import numpy as np

from ocr.fields import coupon
from ocr.fields.scan_line import _candidate, _without_edges
from ocr.layout.piece import piece_of
from ocr.nets.ppocr import ASCII, Text

DPI = 200


def test_characters_far_apart_in_height_are_never_all_taken_for_edges() -> None:
    boxes = [[0, 0, 900, 200, 0], [100, 40, 12, 20, 90], [130, 120, 12, 20, 90]]
    kept = _without_edges(piece_of(boxes, (1, 2), None), boxes, DPI)
    assert len(kept.marks) == 1


def test_a_border_is_taken_off() -> None:
    row = [[100 + 20 * at, 100, 12, 20, 90] for at in range(20)]
    boxes = [[0, 0, 900, 200, 0], *row, [520, 0, 4, 200, 400]]
    kept = _without_edges(piece_of(boxes, range(1, 22), None), boxes, DPI)
    assert kept.marks == tuple(range(1, 21))


def test_text_whose_check_digits_are_valid_by_chance_is_no_scan_line() -> None:
    """Of the many texts that a row of other print may be read as, one in 97 has valid check digits."""
    line = coupon.compose("4071938212", 41_250, date(2026, 12, 1))
    signs = [1 + ASCII.index(digit) for digit in " 0123456789"]
    for sure, is_line in ((0.9, True), (0.2, False)):
        probs = np.full((2 * len(line), 1 + len(ASCII)), 1e-9)
        probs[::2, signs] = (1 - sure) / 10
        probs[1::2, 0] = 1.0
        for at, char in enumerate(line):
            probs[2 * at, 1 + ASCII.index(char)] = sure
        read = Text(line, 1.0, np.log(probs / probs.sum(axis=1, keepdims=True)).astype(np.float32))
        assert (_candidate(read, 8) is not None) == is_line
