"""Printed lines to write on, and the sides of boxes: found, taken out of the ink, and strokes over them kept whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.image.prepare import Gray, components

Labels = NDArray[Any]  # [height, width], of 16 or 32 bits: which mark
Boxes = list[list[int]]  # by mark: left, top, width, height, area
Marks = tuple[Labels, Boxes]

SHORT_IN = 0.8  # the feet of a printed word are hardly longer
RULE_IN = 0.5  # shorter level strokes are handwriting
SIDE_IN = 0.6  # upright strokes of frames; no letter is as high
SIDE_DRAWN = 0.8  # of a side's height that is inked at least: on gray scans it breaks up
BOX_IN, BOX_WIDE_IN = 0.7, 2.2  # height and width of a box for figures, at most
CLOSE_IN = 0.45  # rules so near to one another leave no room between two rows of writing
REACH_PX = 4  # how far over and under a line the ink is looked at
BARE = 40  # percent of a line's columns that at least are free of writing
LEAST_FOOT_IN = 0.03  # what is shorter is the end of a slanted stroke, and would make a 1 of a 7
FOOT_IN = 0.12  # how far a stroke that comes down to a line runs along it: the foot of a 2
SIDE_THICK_IN = 0.015  # the sides of boxes at most
STROKE_IN = 0.008  # ink that much higher than the line is thick has a stroke in it
OVER_IN, UNDER_IN = 0.1, 0.17  # what reaches so far over and under such a rule is writing of both its rows
UNDER_RIGHT_IN, RIGHT = 0.13, 0.6  # and under it where figures stand, whose feet do not hang


@dataclass(frozen=True, slots=True)
class Rule:
    """A printed level line to write on, in pixels."""

    left: int
    right: int
    top: int
    bottom: int
    has_sides: bool = False  # strokes lead from its ends down to another rule: the upper side of a box

    @property
    def width(self) -> int:
        """Pixels from end to end."""
        return self.right - self.left


def unruled(inked: Gray, dpi: int) -> tuple[list[Rule], Gray, Marks]:
    """The rules, the ink without them and its marks; strokes that cross, end on or run along a rule are kept whole."""
    long = max(15, round(RULE_IN * dpi))
    thicker: Any = cv2.dilate(inked, np.ones((3, 1), np.uint8))  # a rule that falls a little is a flight of steps
    bridged: Any = cv2.morphologyEx(thicker, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    level = _strokes(bridged, long, 1)
    upright = _strokes(inked, max(9, round(SIDE_IN * dpi)), 0)
    rules: list[Rule] = []
    drawn, gone = np.zeros_like(inked), np.zeros_like(inked)
    thick = max(5, round(0.06 * dpi))
    for (left, top, width, height), stroke in _apart(level):
        if height <= thick + 0.02 * width and _stands_alone(inked, left, top, width, height, SHORT_IN * dpi):
            rules.append(Rule(left, left + width, top + 1, top + height - 1))
            above = min(top, REACH_PX)
            mine = np.pad(stroke, ((above, min(REACH_PX, len(inked) - top - height)), (0, 0)))
            part = slice(top - above, top - above + len(mine)), slice(left, left + width)
            drawn[part][mine] = 255
            gone[part] |= _bare(inked[part], mine, thick, dpi)
    rules = _merged(rules, dpi)
    boxed, lids = _sides(inked, rules, dpi)
    rules = [replace(one, has_sides=one in lids) for one in rules]
    sides: Any = cv2.bitwise_or(upright, boxed)
    for left, right in _runs(sides.any(axis=0)):
        rows = np.flatnonzero(sides[:, left:right].any(axis=1))
        part = slice(int(rows[0]), int(rows[-1]) + 1), slice(max(0, left - REACH_PX), right + REACH_PX)
        gone[part] |= _bare(inked[part].T, sides[part].T > 0, round(SIDE_THICK_IN * dpi), dpi).T
        gone[part] |= drawn[part]  # corners: neither line ends in a stroke there
    clean: Any = cv2.bitwise_and(inked, cv2.bitwise_not(gone))
    whole = components(clean)
    marks = components(clean) if _parted(clean, whole, rules, dpi) else whole
    return sorted(rules, key=lambda one: (one.top, one.left)), np.asarray(clean, np.uint8), marks


def _apart(level: Gray) -> Iterator[tuple[tuple[int, int, int, int], NDArray[np.bool_]]]:
    """Each level stroke: left, top, width, height, and which pixels in there are its own.

    They fill few rows of a page, so only these are searched.
    """
    for start, end in _runs(level.any(axis=1)):
        labels, boxes = components(level[start:end])
        for mark, (left, top, width, height, _) in enumerate(boxes[1:], 1):
            own = labels[top : top + height, left : left + width] == mark
            yield (left, start + top, width, height), own


def _runs(marked: Any) -> Iterator[tuple[int, int]]:
    """Where a row of truths holds without a break: the first place, and the one after the last."""
    edges = np.flatnonzero(np.diff(np.pad(marked.astype(np.int8), 1))).tolist()
    return zip(edges[::2], edges[1::2], strict=True)


def _bare(inked: Gray, line: NDArray[np.bool_], most_px: int, dpi: int) -> Gray:
    """Of a level line, uint8 255, what no stroke touches: columns whose ink is no higher than the line is thick.

    Where it is, a stroke crosses the line, ends on it or runs along it: a 2 stands on its rule, a 7 hangs from one, and
    without the line's ink they would be other figures. `most_px` is as thick as the line can be.
    """
    part = inked > 0
    mine = line & part
    for _ in range(REACH_PX):
        grown = mine.copy()
        grown[1:] |= mine[:-1]
        grown[:-1] |= mine[1:]
        mine = grown & part
    high = np.count_nonzero(mine, axis=0)
    drawn = high > 0
    if not drawn.any():
        return np.zeros_like(inked)
    at = BARE * int(drawn.sum()) // 100
    thick = min(most_px, int(np.partition(high[drawn], at)[at]))
    stroke = _row(high >= thick + REACH_PX)  # higher by less the line itself may be, too
    near: Any = cv2.dilate(stroke, np.ones((1, 2 * round(FOOT_IN * dpi) + 1), np.uint8))
    higher = _row(high >= thick + max(2, round(STROKE_IN * dpi))) & near & (1 - stroke)
    foot: Any = cv2.morphologyEx(higher, cv2.MORPH_OPEN, np.ones((1, max(3, round(LEAST_FOOT_IN * dpi))), np.uint8))
    written = (stroke | foot) > 0
    return np.where(mine & line & ~written, 255, 0).astype(np.uint8)


def _row(columns: NDArray[np.bool_]) -> Gray:
    """A picture one pixel high, 1 where it holds."""
    return columns.astype(np.uint8)[None]


def _strokes(inked: Gray, long: int, axis: int) -> Gray:
    """The ink of straight runs of at least `long` pixels along an axis: a morphological opening.

    Only rows (or columns) are opened in which it can leave anything: such a run fills one block of half its length,
    wherever it begins, or the far edge, where what lies outside counts as ink.
    """
    size, block, edge = inked.shape[axis], (long + 1) // 2, long // 2 + 1
    count = size // block
    strokes = np.zeros_like(inked)
    if not count:
        return strokes
    if axis == 1:
        blocks: Any = cv2.resize(inked[:, : count * block], (count, inked.shape[0]), interpolation=cv2.INTER_AREA)
        found = np.flatnonzero((blocks == 255).any(axis=1) | (inked[:, -edge:] > 0).all(axis=1))
        if len(found):
            strokes[found] = cv2.morphologyEx(inked[found], cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
        return strokes
    blocks = cv2.resize(inked[: count * block], (inked.shape[1], count), interpolation=cv2.INTER_AREA)
    found = np.flatnonzero((blocks == 255).any(axis=0) | (inked[-edge:] > 0).all(axis=0))
    if len(found):
        part = np.ascontiguousarray(inked[:, found])
        strokes[:, found] = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    return strokes


def _parted(clean: Gray, marks: Marks, rules: list[Rule], dpi: int) -> bool:
    """Cuts apart, at the rule between them, what two close rows of writing wrote into each other; whether any did.

    A stroke that hangs through a rule into the row below is a foot; one that also fills that row is two letters.
    """
    crossed = [
        one
        for one in rules
        if any(0 < other.top - one.top < CLOSE_IN * dpi and other.left < one.right and one.left < other.right
               for other in rules)
    ]  # fmt: skip
    if not crossed:
        return False
    (labels, boxes), cut = marks, False
    for mark, (left, top, width, height, _) in enumerate(boxes[1:], 1):
        under = (UNDER_IN if left < RIGHT * clean.shape[1] else UNDER_RIGHT_IN) * dpi
        for rule in crossed:
            if rule.top - top < OVER_IN * dpi or top + height - rule.bottom < under:
                continue
            if left + width <= rule.left or left >= rule.right:
                continue
            rows, columns = slice(rule.top - 1, rule.bottom + 2), slice(left, left + width)
            clean[rows, columns][labels[rows, columns] == mark] = 0
            cut = True
    return cut


def _stands_alone(inked: Gray, left: int, top: int, width: int, height: int, short_px: float) -> bool:
    """Whether a level stroke is a rule: the feet of printed letters have letters on them all along."""
    above = inked[max(0, top - 3) : max(1, top - 1), left : left + width]
    below = inked[top + height + 1 : top + height + 3, left : left + width]
    shares = [float((part > 0).any(axis=0).mean()) if part.size else 0.0 for part in (above, below)]
    return max(shares) < (0.8 if width > short_px else 0.6) and (min(shares) < 0.25 or sum(shares) < 0.7)


def _sides(inked: Gray, rules: list[Rule], dpi: int) -> tuple[Gray, list[Rule]]:
    """The upright sides of boxes, strokes that reach all the way from one rule to another close below it; the upper."""
    sides = np.zeros_like(inked)
    lids: list[Rule] = []
    near, aligned = max(3, round(0.04 * dpi)), 0.06 * dpi
    for bottom in rules:
        over = [
            one
            for one in rules
            if one.top < bottom.top and min(one.right, bottom.right) - max(one.left, bottom.left) >= 0.4 * dpi
        ]
        top = max(over, key=lambda one: one.top, default=bottom)  # what lies between is no box
        corner = min(abs(top.left - bottom.left), abs(top.right - bottom.right))  # one may go on, as another's rule
        if not 0.12 * dpi < bottom.top - top.bottom < BOX_IN * dpi or corner > aligned or top.width > BOX_WIDE_IN * dpi:
            continue
        left, right = max(0, min(top.left, bottom.left) - near), max(top.right, bottom.right) + near
        ends = [one for rule in (top, bottom) for one in (rule.left, rule.right)]
        part: Any = cv2.dilate(inked[top.bottom : bottom.top, left:right], np.ones((1, 3), np.uint8))
        for x in np.flatnonzero((part > 0).mean(axis=0) > SIDE_DRAWN).tolist():
            if min(abs(left + x - end) for end in ends) <= near:  # elsewhere it is a figure as high as its box
                sides[top.top : bottom.bottom + 1, max(0, left + x - 1) : left + x + 2] = 255
                lids.append(top)
    return sides, lids


def is_lid(rule: Rule, rules: list[Rule], dpi: int) -> bool:
    """Whether a rule is the upper side of a box, on which nothing is written."""
    return rule.has_sides or any(
        0.1 * dpi < other.top - rule.top < BOX_IN * dpi
        and abs(other.left - rule.left) < 0.06 * dpi
        and abs(other.right - rule.right) < 0.06 * dpi
        for other in rules
    )


def _merged(rules: list[Rule], dpi: int) -> list[Rule]:
    """Rules that writing interrupts made whole again."""
    whole: list[Rule] = []
    for rule in sorted(rules, key=lambda one: one.left):
        for at, last in enumerate(whole):
            level = abs((rule.top + rule.bottom) - (last.top + last.bottom)) <= 2 * max(4, 0.03 * dpi)
            if level and rule.left - last.right < 0.5 * dpi:
                top, bottom = min(last.top, rule.top), max(last.bottom, rule.bottom)
                whole[at] = Rule(last.left, max(last.right, rule.right), top, bottom)
                break
        else:
            whole.append(rule)
    return whole
