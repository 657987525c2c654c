"""Pieces of text: where they stand, how they join, the white between their marks."""

from __future__ import annotations

from ocr.layout.piece import Piece, gaps, joined, piece_of
from ocr.layout.ruled import Rule
from ocr.reading import Box

BOXES = [[0, 0, 0, 0, 0], [10, 20, 8, 30, 100], [40, 26, 12, 20, 90], [100, 22, 10, 24, 80]]  # mark 0 is the paper
RULE = Rule(0, 200, 52, 54)


def test_a_piece_is_as_large_as_its_marks_together() -> None:
    piece = piece_of(BOXES, [1, 2], RULE)
    assert piece == Piece(Box(10, 20, 42, 30), RULE, (1, 2))
    assert (piece.right_px, piece.foot_px) == (52, 50)
    assert (piece.center_px, piece.middle_px) == (31, 35)


def test_joined_pieces_keep_the_rule_of_the_first() -> None:
    whole = joined([piece_of(BOXES, [1, 2], RULE), piece_of(BOXES, [3], None)])
    assert whole == Piece(Box(10, 20, 100, 30), RULE, (1, 2, 3))


def test_gaps_are_the_white_that_no_mark_reaches_over() -> None:
    assert list(gaps(BOXES[1:])) == [(18, 40), (52, 100)]
    assert list(gaps([*BOXES[1:], [15, 0, 60, 5, 300]])) == [(75, 100)]  # a bar over the first two
    assert list(gaps([])) == []
