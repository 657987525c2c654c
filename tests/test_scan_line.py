"""The scan line's row of print, freed of what it touches."""

from __future__ import annotations

from ocr.piece import piece_of
from ocr.scan_line import _without_edges

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
