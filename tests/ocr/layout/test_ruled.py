"""Rules and boxes taken out of the ink; figures that touch them stay whole."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from ocr.image.prepare import Gray
from ocr.layout import ruled
from ocr.layout.ruled import Rule, is_lid, unruled

DPI = 200
PEN_PX = 5


def box() -> Gray:
    """A box for figures, 2 px thick, and the rule of the words under it."""
    sheet = np.zeros((300, 700), np.uint8)
    cv2.rectangle(sheet, (300, 100), (560, 160), 255, 2)
    cv2.line(sheet, (20, 220), (600, 222), 255, 2)
    return sheet


def stroke(sheet: Gray, *points: tuple[int, int]) -> Gray:
    """The sheet with a stroke of a pen through these points."""
    drawn: Any = cv2.polylines(sheet.copy(), [np.array(points, np.int32)], False, 255, PEN_PX)
    return np.asarray(drawn, np.uint8)


def test_a_box_and_a_rule_with_nothing_on_them_are_gone() -> None:
    rules, clean, _ = unruled(box(), DPI)
    assert len(rules) == 3
    assert np.count_nonzero(clean) < 0.02 * np.count_nonzero(box())


@pytest.mark.parametrize(
    "points",
    [
        ((330, 102), (360, 102), (335, 150)),  # a 7 whose bar is the upper side
        ((330, 120), (350, 110), (350, 130), (328, 158), (356, 158)),  # a 2 that stands on the lower side
        ((340, 90), (340, 185)),  # a 1 through both sides
        ((556, 112), (572, 124), (550, 142), (568, 152), (556, 112)),  # an 8 over the right side
        ((120, 160), (120, 240)),  # a stem through the rule of the words
        ((420, 110), (390, 150), (430, 150)),  # a 4 inside, touching nothing
    ],
)
def test_strokes_that_touch_lines_are_kept_whole(points: tuple[tuple[int, int], ...]) -> None:
    written = stroke(box(), *points)
    alone = stroke(np.zeros_like(written), *points)
    _, clean, _ = unruled(written, DPI)
    kept = np.count_nonzero(clean & alone) / np.count_nonzero(alone)
    assert kept > 0.95
    assert np.count_nonzero(clean & ~alone) < 0.05 * np.count_nonzero(box())


def test_a_stem_as_high_as_the_room_between_two_rules_is_no_side_of_a_box() -> None:
    sheet = np.zeros((300, 1000), np.uint8)
    cv2.line(sheet, (20, 100), (900, 100), 255, 2)
    cv2.line(sheet, (20, 160), (980, 160), 255, 2)
    written = stroke(sheet, (500, 96), (500, 164))
    _, clean, _ = unruled(written, DPI)
    assert np.count_nonzero(clean[104:156, 495:506]) > 0.9 * np.count_nonzero(written[104:156, 495:506])


@pytest.mark.parametrize("axis", [0, 1])
def test_strokes_are_those_of_an_opening_of_the_whole_page(axis: int) -> None:
    rng = np.random.default_rng(7)
    kernel = np.ones((1, 24) if axis else (24, 1), np.uint8)
    for _ in range(60):
        page = np.zeros((90, 110), np.uint8)
        for _ in range(12):  # runs of all lengths, also at the edges, where what lies outside counts as ink
            at, start, length = rng.integers((0, -20, 8), (90, 100, 50)).tolist()
            run = slice(max(0, start), max(0, start + length))
            page[(at, run) if axis else (run, at)] = 255

        assert np.array_equal(ruled._strokes(page, 24, axis), cv2.morphologyEx(page, cv2.MORPH_OPEN, kernel))


def test_the_upper_side_of_a_box_is_known_from_the_rule_of_the_date_above_it() -> None:
    sheet = box()
    cv2.line(sheet, (380, 62), (560, 62), 255, 2)  # ends where the box ends
    cv2.line(sheet, (20, 161), (310, 161), 255, 2)  # the payee's rule runs on into the box's lower side
    sides = {rule.top: rule.has_sides for rule in unruled(sheet, DPI)[0]}
    assert [has_sides for top, has_sides in sorted(sides.items())] == [False, True, False, False]


def test_a_rule_close_over_another_of_its_length_is_a_lid() -> None:
    upper, lower = Rule(300, 560, 100, 102), Rule(302, 558, 160, 162)
    assert is_lid(upper, [upper, lower], DPI)
    assert not is_lid(lower, [upper, lower], DPI)
    for left, right in ((20, 560), (300, 900)):
        assert not is_lid(upper, [upper, Rule(left, right, 160, 162)], DPI)
    assert is_lid(Rule(300, 560, 100, 102, has_sides=True), [], DPI)
