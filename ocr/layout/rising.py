"""Rows of words that rise into the figures to the right of them, parted by the row's own slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ocr.layout.piece import Piece, piece_of
from ocr.layout.rows import GAP_IN, SUNK_SHARE, TALL, percentile
from ocr.layout.ruled import Boxes

TANGLE_LEFT, TANGLE_RIGHT = 0.35, 0.62  # words begin left of the first share of the width; figures right of the second
TANGLE_MARKS = 8  # the fewest that tell the slope of a row
LIFTED = 0.5  # of the height of a row's letters: what stands so far above its slope is of another row
HIGH = 0.5  # of it: figures are no lower
FIGURES = 3  # high marks that an amount has at least
ON_SLOPE = 0.35  # of the height of letters: feet farther off the slope hang below it, of a g or a y


def untangled(pieces: list[Piece], boxes: Boxes, width_px: int, dpi: int) -> list[Piece]:
    """Rows that rise into the figures right of them, parted from these: each mark goes by the row's own slope.

    Words that run uphill end level with the figures of the amount, and no rule tells which is whose.
    """
    parted, middle_px = list(pieces), TANGLE_RIGHT * width_px
    for row in pieces:
        if row.rule is None or row.box.left_px > TANGLE_LEFT * width_px or row.box.width_px < TANGLE_LEFT * width_px:
            continue
        left = [mark for mark in row.marks if boxes[mark][0] + boxes[mark][2] / 2 < middle_px]
        baseline = _baseline(left, boxes)
        if baseline is None:
            continue
        lifted = {mark for piece in pieces for mark in piece.marks if baseline.is_lifted(boxes[mark])}
        figures = {mark for mark in lifted if baseline.is_high(boxes[mark])}
        beside = [
            piece
            for piece in parted
            if piece is not row
            and piece in pieces
            and _is_beside(piece, row, middle_px, GAP_IN * dpi)
            and len(figures & {*piece.marks}) >= FIGURES
        ]
        right = [mark for piece in (row, *beside) for mark in piece.marks if mark not in left]
        upper, lower = [mark for mark in right if mark in lifted], [mark for mark in right if mark not in lifted]
        mixed = any(mark in row.marks for mark in upper) or any(mark not in row.marks for mark in lower)
        if mixed and len(figures & {*upper}) >= FIGURES:
            parted = [piece for piece in parted if piece is not row and piece not in beside]
            parted += [
                piece_of(boxes, left + lower, row.rule),
                piece_of(boxes, upper, beside[0].rule if beside else None),
            ]
    return parted


def _is_beside(piece: Piece, row: Piece, middle_px: float, gap_px: float) -> bool:
    """Whether a piece stands right of the middle, no farther from the row than a gap, and level with part of it."""
    near = middle_px < piece.box.left_px < row.right_px + gap_px
    return near and piece.box.top_px < row.foot_px and piece.foot_px > row.box.top_px


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The line that the letters of a row stand on, rising or falling, and how high they are, in pixels."""

    slope: float
    foot: float
    high: float

    def is_high(self, box: list[int]) -> bool:
        """Whether a mark is about as high as the row's letters."""
        return box[3] >= HIGH * self.high

    def is_lifted(self, box: list[int]) -> bool:
        """Whether a mark stands so far above the line that it is of another row."""
        left, top, width, height, _ = box
        return self.foot + self.slope * (left + width / 2) - (top + height) > LIFTED * self.high


def _baseline(marks: list[int], boxes: Boxes) -> _Baseline | None:
    """The line of a row with enough letters to tell it; feet that hang below it do not count."""
    high = percentile([boxes[mark][3] for mark in marks], SUNK_SHARE) if marks else 0.0
    letters = [boxes[mark] for mark in marks if boxes[mark][3] >= TALL * high]
    feet = np.array([(left + width / 2, top + height) for left, top, width, height, _ in letters], np.float64)
    for _ in range(2):
        if len(feet) < TANGLE_MARKS:
            return None
        slope, foot = np.polyfit(feet[:, 0], feet[:, 1], 1).tolist()
        feet = feet[np.abs(feet[:, 1] - foot - slope * feet[:, 0]) < ON_SLOPE * high]
    return _Baseline(slope, foot, high)
