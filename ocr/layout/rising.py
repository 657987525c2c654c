"""Rows of words that rise into the figures right of them, parted by the row's own slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ocr.layout.piece import Piece, piece_of
from ocr.layout.rows import GAP_IN, percentile
from ocr.layout.ruled import Boxes

TANGLE_LEFT, TANGLE_RIGHT = 0.35, 0.62  # a row of words begins left of the one; figures stand right of the other
TANGLE_MARKS = 8  # of a row whose slope is known
LIFTED = 0.5  # of a row's letters: what stands so far above its slope is of another row
FIGURES = 3  # high marks that an amount has at least


def untangled(pieces: list[Piece], boxes: Boxes, width_px: int, dpi: int) -> list[Piece]:
    """Rows that rise into the figures right of them, parted from these: each mark goes by the row's own slope.

    Words that run uphill end level with the figures of the amount, and no rule tells which is whose.
    """
    found, middle_px = list(pieces), TANGLE_RIGHT * width_px
    for row in pieces:
        if row.rule is None or row.box.left_px > TANGLE_LEFT * width_px or row.box.width_px < TANGLE_LEFT * width_px:
            continue
        left = [one for one in row.marks if boxes[one][0] + boxes[one][2] / 2 < middle_px]
        standing = _standing(left, boxes)
        if standing is None:
            continue
        lifted = {mark for one in pieces for mark in one.marks if standing.is_lifted(boxes[mark])}
        figures = {mark for mark in lifted if standing.is_high(boxes[mark])}
        beside = [
            one
            for one in found
            if one is not row and one in pieces and middle_px < one.box.left_px < row.right_px + GAP_IN * dpi
            and one.box.top_px < row.foot_px and one.foot_px > row.box.top_px and len(figures & {*one.marks}) >= FIGURES
        ]  # fmt: skip
        right = [mark for one in (row, *beside) for mark in one.marks if mark not in left]
        upper, lower = [one for one in right if one in lifted], [one for one in right if one not in lifted]
        mixed = any(mark in row.marks for mark in upper) or any(mark not in row.marks for mark in lower)
        if mixed and len(figures & {*upper}) >= FIGURES:
            found = [one for one in found if one is not row and one not in beside]
            found += [
                piece_of(boxes, left + lower, row.rule),
                piece_of(boxes, upper, beside[0].rule if beside else None),
            ]
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """The line that the letters of a row stand on, rising or falling, and how high they are, in pixels."""

    slope: float
    foot: float
    high: float

    def is_high(self, box: list[int]) -> bool:
        """Whether a mark is about as high as the row's letters."""
        return box[3] >= 0.5 * self.high

    def is_lifted(self, box: list[int]) -> bool:
        """Whether a mark stands so far above the line that it is of another row."""
        left, top, width, height, _ = box
        return self.foot + self.slope * (left + width / 2) - (top + height) > LIFTED * self.high


def _standing(marks: list[int], boxes: Boxes) -> _Standing | None:
    """The line of a row with enough letters to tell; feet that hang below it, of a g or a y, do not count."""
    high = percentile([boxes[one][3] for one in marks], 0.7) if marks else 0.0
    letters = [boxes[one] for one in marks if boxes[one][3] >= 0.6 * high]
    feet = np.array([(left + width / 2, top + height) for left, top, width, height, _ in letters], np.float64)
    for _ in range(2):
        if len(feet) < TANGLE_MARKS:
            return None
        slope, foot = (float(one) for one in np.polyfit(feet[:, 0], feet[:, 1], 1))
        feet = feet[np.abs(feet[:, 1] - foot - slope * feet[:, 0]) < 0.35 * high]
    return _Standing(slope, foot, high)
