"""Printed lines to write on, and the sides of boxes: found and taken out of the ink; strokes across them stay whole."""

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
RULE_IN, RULE_LEAST_PX = 0.5, 15  # shorter level strokes are handwriting
RULE_THICK_IN, RULE_LEAST_THICK_PX = 0.06, 5  # height of a level rule at most
FALL = 0.02  # of its width: what a falling rule may be higher
SIDE_IN, SIDE_LEAST_PX = 0.6, 9  # upright strokes of frames, at least; no letter is as high
SIDE_DRAWN = 0.8  # of a side's height that is inked, at least: on gray scans it breaks up
BOX_LOW_IN, BOX_IN, BOX_WIDE_IN = 0.12, 0.7, 2.2  # a box for figures: least and greatest height, greatest width
LID_LOW_IN = 0.1  # height of a box whose sides were not seen, at least
ALIGNED_IN = 0.06  # how far the ends of a box's two rules may be apart
CORNER_IN, CORNER_LEAST_PX = 0.04, 3  # how far a side may stand from the ends of its rules
COMMON_IN = 0.4  # what two rules of a box have in common at least
CLOSE_IN = 0.45  # rules so near to one another leave no room between two rows of writing
REACH_PX = 4  # how far over and under a line the ink is examined
BARE = 40  # percent of a line's columns, at least, are free of writing
LEAST_FOOT_IN, LEAST_FOOT_PX = 0.03, 3  # what is shorter is the end of a slanted stroke, and would turn a 7 into a 1
FOOT_IN = 0.12  # how far a stroke that comes down to a line runs along it: the foot of a 2
SIDE_THICK_IN = 0.015  # the sides of boxes at most
STROKE_IN, STROKE_LEAST_PX = 0.008, 2  # ink that much higher than the line is thick has a stroke in it
OVER_IN, UNDER_IN = 0.1, 0.17  # what reaches so far over and under such a rule is writing of both its rows
UNDER_RIGHT_IN, RIGHT = 0.13, 0.6  # and under it where figures stand, whose feet do not hang
# Shares of a rule's columns with ink close by: on one side (less for a short rule), on the other side, and both added.
# With more ink the stroke is the feet of a printed word.
BESIDE_LONG, BESIDE_SHORT, BESIDE_OTHER, BESIDE_BOTH = 0.8, 0.6, 0.25, 0.7
LEVEL_IN, LEVEL_LEAST_PX = 0.03, 4  # how far the middles of two parts of a rule may be apart
BREAK_IN = 0.5  # the longest break that writing makes in a rule


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
    thicker: Any = cv2.dilate(inked, np.ones((3, 1), np.uint8))  # a rule that falls a little is a staircase
    bridged: Any = cv2.morphologyEx(thicker, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    level = _strokes(bridged, max(RULE_LEAST_PX, round(RULE_IN * dpi)), 1)
    upright = _strokes(inked, max(SIDE_LEAST_PX, round(SIDE_IN * dpi)), 0)
    rules: list[Rule] = []
    drawn, gone = np.zeros_like(inked), np.zeros_like(inked)
    thick = max(RULE_LEAST_THICK_PX, round(RULE_THICK_IN * dpi))
    for (left, top, width, height), stroke in _separate(level):
        if height <= thick + FALL * width and _stands_alone(inked, left, top, width, height, SHORT_IN * dpi):
            rules.append(Rule(left, left + width, top + 1, top + height - 1))
            above = min(top, REACH_PX)
            line = np.pad(stroke, ((above, min(REACH_PX, len(inked) - top - height)), (0, 0)))
            part = slice(top - above, top - above + len(line)), slice(left, left + width)
            drawn[part][line] = 255
            gone[part] |= _bare_ink(inked[part], line, thick, dpi)
    rules = _merged(rules, dpi)
    boxed, lids = _sides(inked, rules, dpi)
    rules = [replace(rule, has_sides=rule in lids) for rule in rules]
    _remove_sides(inked, np.bitwise_or(upright, boxed), drawn, gone, dpi)
    clean: Any = cv2.bitwise_and(inked, cv2.bitwise_not(gone))
    marks = components(clean)
    if _part_rows(clean, marks, rules, dpi):
        marks = components(clean)
    return sorted(rules, key=lambda rule: (rule.top, rule.left)), np.asarray(clean, np.uint8), marks


def _remove_sides(inked: Gray, sides: Gray, drawn: Gray, gone: Gray, dpi: int) -> None:
    """Adds the bare ink of upright lines to what is `gone`, and of the rules (`drawn`) that they meet at corners."""
    for left, right in _runs_of_true(sides.any(axis=0)):
        rows = np.flatnonzero(sides[:, left:right].any(axis=1))
        part = slice(int(rows[0]), int(rows[-1]) + 1), slice(max(0, left - REACH_PX), right + REACH_PX)
        gone[part] |= _bare_ink(inked[part].T, sides[part].T > 0, round(SIDE_THICK_IN * dpi), dpi).T
        gone[part] |= drawn[part]  # at corners neither line ends in a stroke


def _separate(level: Gray) -> Iterator[tuple[tuple[int, int, int, int], NDArray[np.bool_]]]:
    """Each level stroke: left, top, width, height, and which pixels in that box are its own.

    Strokes fill few rows of a page, so only these are searched.
    """
    for start, end in _runs_of_true(level.any(axis=1)):
        labels, boxes = components(level[start:end])
        for mark, (left, top, width, height, _) in enumerate(boxes[1:], 1):
            own = labels[top : top + height, left : left + width] == mark
            yield (left, start + top, width, height), own


def _runs_of_true(marked: Any) -> Iterator[tuple[int, int]]:
    """The runs of true values in a row: the first place of each, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.pad(marked.astype(np.int8), 1))).tolist()
    return zip(edges[::2], edges[1::2], strict=True)


def _bare_ink(inked: Gray, line: NDArray[np.bool_], most_px: int, dpi: int) -> Gray:
    """The part of a level line, uint8 255, that no stroke touches: columns whose ink is no higher than it is thick.

    Where the ink is higher, a stroke crosses the line, ends on it or runs along it: a 2 stands on its rule, a 7 hangs
    from one, and without the line's ink they would be other figures. `most_px` is as thick as the line can be.
    """
    ink = inked > 0
    near = line & ink
    for _ in range(REACH_PX):
        grown = near.copy()
        grown[1:] |= near[:-1]
        grown[:-1] |= near[1:]
        near = grown & ink
    high = np.count_nonzero(near, axis=0)
    drawn = high > 0
    if not drawn.any():
        return np.zeros_like(inked)
    at = BARE * int(drawn.sum()) // 100
    thick = min(most_px, int(np.partition(high[drawn], at)[at]))
    stroke = _as_row(high >= thick + REACH_PX)  # by less the line itself may be higher, too
    beside: Any = cv2.dilate(stroke, np.ones((1, 2 * round(FOOT_IN * dpi) + 1), np.uint8))
    higher = _as_row(high >= thick + max(STROKE_LEAST_PX, round(STROKE_IN * dpi))) & beside & (1 - stroke)
    shortest = np.ones((1, max(LEAST_FOOT_PX, round(LEAST_FOOT_IN * dpi))), np.uint8)
    foot: Any = cv2.morphologyEx(higher, cv2.MORPH_OPEN, shortest)
    written = (stroke | foot) > 0
    return np.where(near & line & ~written, 255, 0).astype(np.uint8)


def _as_row(columns: NDArray[np.bool_]) -> Gray:
    """A picture one pixel high, 1 where true."""
    return columns.astype(np.uint8)[None]


def _strokes(inked: Gray, long: int, axis: int) -> Gray:
    """The ink of straight runs of at least `long` pixels along an axis: a morphological opening.

    Only rows (or columns) are opened in which it can leave anything: such a run fills a block of half its length,
    wherever it begins, or the far edge, where what lies outside counts as ink.
    """
    size, block, edge = inked.shape[axis], (long + 1) // 2, long // 2 + 1
    count = size // block
    strokes = np.zeros_like(inked)
    if not count:
        return strokes
    if axis == 1:
        blocks: Any = cv2.resize(inked[:, : count * block], (count, inked.shape[0]), interpolation=cv2.INTER_AREA)
        rows = np.flatnonzero((blocks == 255).any(axis=1) | (inked[:, -edge:] > 0).all(axis=1))
        if len(rows):
            strokes[rows] = cv2.morphologyEx(inked[rows], cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
        return strokes
    blocks = cv2.resize(inked[: count * block], (inked.shape[1], count), interpolation=cv2.INTER_AREA)
    columns = np.flatnonzero((blocks == 255).any(axis=0) | (inked[-edge:] > 0).all(axis=0))
    if len(columns):
        part = np.ascontiguousarray(inked[:, columns])
        strokes[:, columns] = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    return strokes


def _part_rows(clean: Gray, marks: Marks, rules: list[Rule], dpi: int) -> bool:
    """Cuts two close rows of writing apart at the rule between them where they touch; returns whether any did.

    A stroke that hangs through a rule into the row below is a foot; one that also fills that row is two letters.
    """
    crossed = [rule for rule in rules if any(_is_close_under(lower, rule, dpi) for lower in rules)]
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


def _is_close_under(lower: Rule, rule: Rule, dpi: int) -> bool:
    near = 0 < lower.top - rule.top < CLOSE_IN * dpi
    return near and lower.left < rule.right and rule.left < lower.right


def _stands_alone(inked: Gray, left: int, top: int, width: int, height: int, short_px: float) -> bool:
    """Whether a level stroke is a rule: the feet of printed letters have letters on them along their whole length."""
    above = inked[max(0, top - 3) : max(1, top - 1), left : left + width]
    below = inked[top + height + 1 : top + height + 3, left : left + width]
    shares = [float((part > 0).any(axis=0).mean()) if part.size else 0.0 for part in (above, below)]
    most = BESIDE_LONG if width > short_px else BESIDE_SHORT
    return max(shares) < most and (min(shares) < BESIDE_OTHER or sum(shares) < BESIDE_BOTH)


def _sides(inked: Gray, rules: list[Rule], dpi: int) -> tuple[Gray, list[Rule]]:
    """The upright sides of boxes: strokes all the way from one rule to another close below it; and the upper rules."""
    sides = np.zeros_like(inked)
    lids: list[Rule] = []
    near = max(CORNER_LEAST_PX, round(CORNER_IN * dpi))
    for bottom in rules:
        top = _lid_over(bottom, rules, dpi)
        if top is None:
            continue
        left, right = max(0, min(top.left, bottom.left) - near), max(top.right, bottom.right) + near
        ends = [end for rule in (top, bottom) for end in (rule.left, rule.right)]
        part: Any = cv2.dilate(inked[top.bottom : bottom.top, left:right], np.ones((1, 3), np.uint8))
        for x in np.flatnonzero((part > 0).mean(axis=0) > SIDE_DRAWN).tolist():
            if min(abs(left + x - end) for end in ends) <= near:  # elsewhere it is a figure as high as its box
                sides[top.top : bottom.bottom + 1, max(0, left + x - 1) : left + x + 2] = 255
                lids.append(top)
    return sides, lids


def _lid_over(bottom: Rule, rules: list[Rule], dpi: int) -> Rule | None:
    """The nearest rule over another, if both can be the upper and lower side of a box for figures."""
    over = [
        rule
        for rule in rules
        if rule.top < bottom.top and min(rule.right, bottom.right) - max(rule.left, bottom.left) >= COMMON_IN * dpi
    ]
    top = max(over, key=lambda rule: rule.top, default=bottom)
    corner = min(abs(top.left - bottom.left), abs(top.right - bottom.right))  # one may go on, as another's rule
    if not BOX_LOW_IN * dpi < bottom.top - top.bottom < BOX_IN * dpi:
        return None
    return top if corner <= ALIGNED_IN * dpi and top.width <= BOX_WIDE_IN * dpi else None


def is_lid(rule: Rule, rules: list[Rule], dpi: int) -> bool:
    """Whether a rule is the upper side of a box, on which nothing is written."""
    return rule.has_sides or any(
        LID_LOW_IN * dpi < lower.top - rule.top < BOX_IN * dpi
        and abs(lower.left - rule.left) < ALIGNED_IN * dpi
        and abs(lower.right - rule.right) < ALIGNED_IN * dpi
        for lower in rules
    )


def _merged(rules: list[Rule], dpi: int) -> list[Rule]:
    """Rules that writing interrupts made whole again."""
    merged: list[Rule] = []
    most_px = 2 * max(LEVEL_LEAST_PX, LEVEL_IN * dpi)
    for rule in sorted(rules, key=lambda rule: rule.left):
        for at, last in enumerate(merged):
            level = abs((rule.top + rule.bottom) - (last.top + last.bottom)) <= most_px
            if level and rule.left - last.right < BREAK_IN * dpi:
                top, bottom = min(last.top, rule.top), max(last.bottom, rule.bottom)
                merged[at] = Rule(last.left, max(last.right, rule.right), top, bottom)
                break
        else:
            merged.append(rule)
    return merged
