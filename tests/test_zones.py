"""Pieces of text: rows of writing are told apart even where they are written into each other."""

from __future__ import annotations

import cv2
import numpy as np

from ocr import zones
from ocr.prepare import Gray

DPI = 200


def two_rows(apart_px: int, linked: bool) -> Gray:
    """Two ruled lines and block letters on both; `linked`: letters of the lower row run up into the upper one."""
    paper = np.full((500, 1200), 255, np.uint8)
    for top in (200, 200 + apart_px):
        cv2.line(paper, (60, top), (1000, top), 0, 2)
        for left in range(100, 700, 45):  # upright strokes with a bar, as high as handwriting
            cv2.line(paper, (left, top - 6), (left, top - 46), 0, 4)
            cv2.line(paper, (left, top - 26), (left + 24, top - 26), 0, 4)
    if linked:
        for left in range(145, 700, 90):
            cv2.line(paper, (left + 12, 160), (left + 12, 200 + apart_px - 20), 0, 4)
    return np.asarray(paper, np.uint8)


def rows_of(paper: Gray) -> list[int]:
    """Heights of the wide pieces."""
    return [one.box.height_px for one in zones.sheet(paper, DPI).pieces if one.box.width_px > 400]


def test_rows_written_into_each_other_are_cut_at_the_rule() -> None:
    assert len(rows_of(two_rows(66, linked=False))) == 2
    heights = rows_of(two_rows(66, linked=True))
    assert len(heights) == 2
    assert max(heights) < 75


def test_a_foot_that_hangs_through_a_rule_stays_whole() -> None:
    paper = two_rows(66, linked=False)
    cv2.line(paper, (722, 150), (722, 222), 0, 4)  # a y: over the rule and a little under it
    page = zones.sheet(paper, DPI)
    mark = page.labels[155, 722]
    assert mark
    assert page.labels[220, 722] == mark
