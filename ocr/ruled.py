"""Printed lines to write on, and the sides of boxes: found, taken out of the ink, and strokes over them kept whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ocr.prepare import Gray, components

Boxes = list[list[int]]  # by mark: left, top, width, height, area

RULE_IN = 0.5  # shorter level strokes are handwriting
SIDE_IN = 0.6  # upright strokes of frames; no letter is as high
BOX_IN = 0.7  # height of a box for figures, at most
CLOSE_IN = 0.45  # rules so near to one another leave no room between two rows of writing
OVER_IN, UNDER_IN = 0.1, 0.17  # what reaches so far over and under such a rule is writing of both its rows


@dataclass(frozen=True, slots=True)
class Rule:
    """A printed level line to write on, in pixels."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels from end to end."""
        return self.right - self.left


def unruled(inked: Gray, dpi: int) -> tuple[list[Rule], Gray]:
    """The rules, and the ink without them; strokes that cross a rule are kept whole."""
    long = max(15, round(RULE_IN * dpi))
    thicker: Any = cv2.dilate(inked, np.ones((3, 1), np.uint8))  # a rule that falls a little is a flight of steps
    bridged: Any = cv2.morphologyEx(thicker, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    level: Any = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    upright: Any = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((max(9, round(SIDE_IN * dpi)), 1), np.uint8))
    rules, kept = [], []
    thick = max(5, round(0.06 * dpi))
    labels, boxes = components(level)
    for mark, (left, top, width, height, _) in enumerate(boxes[1:], 1):
        if height <= thick + 0.02 * width and _stands_alone(inked, left, top, width, height):
            rules.append(Rule(left, left + width, top + 1, top + height - 1))
            kept.append(mark)
        else:
            level[top : top + height, left : left + width][labels[top : top + height, left : left + width] == mark] = 0
    rules = _merged(rules, dpi)
    sides = _sides(inked, rules, dpi)
    gone: Any = cv2.bitwise_or(cv2.bitwise_or(level, upright), sides)
    clean: Any = cv2.bitwise_and(inked, cv2.bitwise_not(gone))
    _mend(clean, cv2.bitwise_and(gone, inked), [boxes[mark] for mark in kept], dpi)
    _parted(clean, rules, dpi)
    return sorted(rules, key=lambda one: (one.top, one.left)), np.asarray(clean, np.uint8)


def _mend(clean: Gray, gone: Any, rules: Boxes, dpi: int) -> None:
    """Closes the gaps that rules left in strokes: one that crosses a rule has ink right above and right below it."""
    gap = max(3, round(0.03 * dpi)) | 1
    for left, top, width, height, _ in rules:
        rows, columns = slice(max(0, top - gap), top + height + gap), slice(left, left + width)
        mended: Any = cv2.morphologyEx(clean[rows, columns], cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
        clean[rows, columns] |= mended & gone[rows, columns]


def _parted(clean: Gray, rules: list[Rule], dpi: int) -> None:
    """Cuts apart, at the rule between them, what two close rows of writing wrote into each other.

    A stroke that hangs through a rule into the row below is a foot; one that also fills that row is two letters.
    """
    crossed = [
        one
        for one in rules
        if any(0 < other.top - one.top < CLOSE_IN * dpi and other.left < one.right and one.left < other.right
               for other in rules)
    ]  # fmt: skip
    if not crossed:
        return
    labels, boxes = components(clean)
    for mark, (left, top, width, height, _) in enumerate(boxes[1:], 1):
        for rule in crossed:
            if rule.top - top < OVER_IN * dpi or top + height - rule.bottom < UNDER_IN * dpi:
                continue
            if left + width <= rule.left or left >= rule.right:
                continue
            rows, columns = slice(rule.top - 1, rule.bottom + 2), slice(left, left + width)
            clean[rows, columns][labels[rows, columns] == mark] = 0


def _stands_alone(inked: Gray, left: int, top: int, width: int, height: int) -> bool:
    """Whether a level stroke is a rule: the feet of printed letters have letters on them all along."""
    above = inked[max(0, top - 3) : max(1, top - 1), left : left + width]
    below = inked[top + height + 1 : top + height + 3, left : left + width]
    shares = [float((part > 0).any(axis=0).mean()) if part.size else 0.0 for part in (above, below)]
    return min(shares) < 0.25 and max(shares) < 0.8


def _sides(inked: Gray, rules: list[Rule], dpi: int) -> Gray:
    """The upright sides of boxes: strokes that reach all the way from one rule to another close below it."""
    sides = np.zeros_like(inked)
    near = max(3, round(0.04 * dpi))
    for top in rules:
        for bottom in rules:
            height = bottom.top - top.bottom
            left, right = max(top.left, bottom.left) - near, min(top.right, bottom.right) + near
            if not 0.12 * dpi < height < BOX_IN * dpi or right - left < 0.4 * dpi:
                continue
            left = max(0, left)
            part: Any = cv2.dilate(inked[top.bottom : bottom.top, left:right], np.ones((1, 3), np.uint8))
            for x in np.flatnonzero((part > 0).mean(axis=0) > 0.93).tolist():
                sides[top.top : bottom.bottom + 1, max(0, left + x - 1) : left + x + 2] = 255
    return sides


def is_lid(rule: Rule, rules: list[Rule], dpi: int) -> bool:
    """Whether a rule is the upper side of a box, on which nothing is written."""
    return any(
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
