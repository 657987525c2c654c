"""Words that run uphill are parted from the figures that they run into."""

from __future__ import annotations

import cv2
import numpy as np

from ocr.layout import zones

DPI = 200


def test_words_that_rise_into_the_figures_of_the_amount_are_parted_from_them() -> None:
    """The end of the words is level with the figures; the slope of the words tells to which row a mark belongs."""
    paper = np.full((400, 1200), 255, np.uint8)
    cv2.line(paper, (60, 250), (1100, 250), 0, 2)
    words = [(80 + 38 * at, 245 - at * 2) for at in range(23)]
    figures = [(892 + 38 * at, 152) for at in range(6)]
    for left, foot in words + figures:
        cv2.rectangle(paper, (left, foot - 40), (left + 16, foot), 0, 3)
    page = zones.sheet(paper, DPI)
    rows = [
        {int(page.labels[foot, left]) for left, foot in group} <= set(piece.marks)
        for group in (words, figures)
        for piece in page.pieces
        if page.labels[group[0][1], group[0][0]] in piece.marks
    ]
    assert rows == [True, True]
    assert len({piece.marks for piece in page.pieces if len(piece.marks) > 3}) == 2
