"""The courtesy amount: which line holds it, whole or cut."""

from __future__ import annotations

from ocr.amount import cut_short
from ocr.reading import Box


def test_writing_that_goes_on_beside_the_piece_is_doubt() -> None:
    """$94 of $946: the rest stands in a piece of its own; the row below and what stands further off do not count."""
    piece = Box(100, 100, 80, 50)
    assert cut_short(piece, [Box(170, 95, 120, 55)])
    assert cut_short(piece, [Box(20, 100, 75, 50)])
    assert not cut_short(piece, [Box(170, 140, 120, 55), Box(230, 100, 60, 50), Box(130, 120, 40, 25)])
