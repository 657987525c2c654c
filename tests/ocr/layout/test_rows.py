"""Marks gathered into rows and cut into pieces, from boxes alone."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.layout.piece import piece_of
from ocr.layout.rows import big_enough, dotted, marks_of, percentile, pieces_of
from ocr.layout.ruled import Boxes, Rule

DPI = 200
PAPER = [0, 0, 0, 0, 0]
PLAIN = np.zeros((400, 1200), np.uint16)  # labels of a sheet: only the corners of frames look at them


def letters(left: int, foot: int, count: int, high: int = 40, apart: int = 30) -> Boxes:
    """Boxes of letters in a row that stands on `foot`."""
    return [[left + at * apart, foot - high, 20, high, 300] for at in range(count)]


def marks(boxes: Boxes) -> list[int]:
    return list(range(1, len(boxes)))


def test_text_is_told_from_dust_periods_and_what_is_left_of_rules() -> None:
    boxes = [
        PAPER,
        [100, 100, 20, 40, 300],  # a letter
        [200, 100, 4, 4, 12],  # a period
        [300, 100, 1, 1, 1],  # dust
        [400, 100, 60, 2, 120],  # what is left of a rule
        [500, 100, 3, 60, 180],  # and of a frame
        [600, 100, 300, 160, 9000],  # a picture
        [0, 200, 1100, 20, 2000],  # the paper's edge
    ]
    assert marks_of(PLAIN, boxes, DPI) == ([1], [2])


def test_a_mark_belongs_to_the_rule_that_it_stands_on() -> None:
    rules = [Rule(50, 1000, 150, 152), Rule(50, 1000, 230, 232)]
    boxes = [PAPER, *letters(100, 148, 5), *letters(100, 228, 5)]
    upper, lower = sorted(pieces_of(boxes, marks(boxes), rules, DPI), key=lambda piece: piece.box.top_px)
    assert (upper.rule, sorted(upper.marks)) == (rules[0], [1, 2, 3, 4, 5])
    assert (lower.rule, sorted(lower.marks)) == (rules[1], [6, 7, 8, 9, 10])


def test_a_wide_gap_parts_two_pieces_of_one_row() -> None:
    rule = Rule(50, 1000, 150, 152)
    near = [PAPER, *letters(100, 148, 3), *letters(230, 148, 3)]  # 50 pixels of white: 0.25 inch
    far = [PAPER, *letters(100, 148, 3), *letters(260, 148, 3)]  # 80 pixels of white: 0.4 inch
    assert len(pieces_of(near, marks(near), [rule], DPI)) == 1
    assert len(pieces_of(far, marks(far), [rule], DPI)) == 2
    assert len(pieces_of(near, marks(near), [], DPI)) == 1  # the height of letters counts where nothing is ruled, too


def test_a_tall_figure_of_the_row_below_goes_to_its_own_rule() -> None:
    """Its middle is near the upper rule, but it ends near the lower one, where no foot (g, y) reaches."""
    rules = [Rule(50, 1000, 150, 152), Rule(50, 1000, 220, 222)]
    boxes = [PAPER, *letters(100, 148, 8), *letters(100, 218, 8), [400, 123, 20, 77, 900]]
    pieces = pieces_of(boxes, marks(boxes), rules, DPI)
    assert [piece.rule for piece in pieces if len(boxes) - 1 in piece.marks] == [rules[1]]


def test_a_decimal_point_joins_its_piece_and_dust_over_it_does_not() -> None:
    boxes = [PAPER, *letters(100, 148, 3), [153, 144, 4, 4, 12], [153, 100, 4, 4, 12], [400, 144, 4, 4, 12]]
    (piece,) = dotted([piece_of(boxes, [1, 2, 3], None)], boxes, [4, 5, 6])
    assert piece.marks == (1, 2, 3, 4)


def test_pieces_come_in_reading_order_without_the_small_ones() -> None:
    boxes = [PAPER, *letters(300, 148, 1), *letters(100, 148, 1), *letters(100, 100, 1), [200, 140, 5, 5, 20]]
    pieces = [piece_of(boxes, [mark], None) for mark in marks(boxes)]
    assert [piece.marks for piece in big_enough(pieces, DPI)] == [(3,), (2,), (1,)]


@pytest.mark.parametrize("share", [0.0, 0.35, 0.75, 1.0])
def test_percentiles_are_those_of_numpy(share: float) -> None:
    values = [31, 4, 15, 92, 65, 35]
    assert percentile(values, share) == pytest.approx(np.percentile(values, 100 * share))
    assert percentile([7], share) == 7
