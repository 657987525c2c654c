"""Cents written small over a stroke beside the dollars: where they stand, and what dollars and cents say."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np

from ocr.fields.amount_forms import NO_CENTS
from ocr.image.prepare import Gray
from ocr.nets import ppocr

DARK = 140  # gray level: ink is darker
LEAST_COLUMNS, LEAST_ROWS = 20, 12  # inked pixels across and down: less has no room for dollars and cents
# The stroke under raised cents. Lengths are in heights of the figures.
BAR, BAR_PX = 0.62, 8  # least length: no figure has a stroke as long
BAR_LONGEST, BAR_THICKEST = 2.5, 0.3
BAR_LEFT = 0.3  # share of the amount's width: dollars stand left of the stroke
BAR_RIGHT = 0.5  # no ink stands farther right of the stroke
BAR_TOP, BAR_BOTTOM = 0.3, 0.97  # the stroke lies between these, from the top of the figures
# The cents over the stroke, and the white left of them.
CENTS_COLUMNS, CENTS_HEIGHT = 0.5, 0.2  # least share of the stroke's columns with ink over them; least inked rows
GAP = 0.3  # the white begins no farther left of the stroke
FRAME_PX = (3, 6)  # white added over and under the cents, and left and right of them
END_PX = 2  # of white kept right of the last ink
BAND = 0.12  # least height of a row of figures
TEXTS = 12  # likely texts tried of dollars and of cents
MOST_DIGITS = 7  # of the dollars


def read_raised(picture: Gray) -> dict[int, float]:
    """Amounts in cents with their probabilities, cents over a stroke and dollars read apart; empty without a stroke."""
    bounds = fraction(picture)
    if bounds is None:
        return {}
    whole_end, top, bar, end = bounds
    dollars = ppocr.read_line(picture[:, :whole_end], careful=True).among("0123456789$,*. ", TEXTS)
    over, beside = FRAME_PX
    small = cv2.copyMakeBorder(
        picture[top:bar, whole_end:end], over, over, beside, beside, cv2.BORDER_CONSTANT, value=255
    )
    cents = ppocr.read_line(np.asarray(small, np.uint8), careful=True).among("0123456789xXnNoO-", TEXTS)
    return _amounts(dollars, cents)


def _amounts(dollars: list[tuple[str, float]], cents: list[tuple[str, float]]) -> dict[int, float]:
    """Every amount that a text of the dollars and one of the cents make, with its probability; never zero."""
    amounts: dict[int, float] = {}
    for whole, dollar_probability in dollars:
        digits = re.sub(r"\D", "", whole)
        if not 0 < len(digits) <= MOST_DIGITS:
            continue
        for part, cent_probability in cents:
            rest = int(part) if re.fullmatch(r"\d\d", part) else 0 if re.fullmatch(NO_CENTS, part) else None
            if rest is not None:
                amount = int(digits) * 100 + rest
                amounts[amount] = amounts.get(amount, 0.0) + dollar_probability * cent_probability
    return {amount: probability for amount, probability in amounts.items() if amount}


def fraction(picture: Gray) -> tuple[int, int, int, int] | None:
    """Where cents stand over a stroke: last column of the dollars, first row and stroke row of the cents, last column.

    The stroke is long, thin, in the right part, and has figures above it and white left of them. None without one.
    """
    dark = (picture < DARK).astype(np.uint8)
    columns = np.flatnonzero(dark.any(axis=0))
    rows = np.flatnonzero(dark.any(axis=1))
    if len(columns) < LEAST_COLUMNS or len(rows) < LEAST_ROWS:
        return None
    high = int(rows[-1] - rows[0] + 1)
    first_column, last_column, first_row = columns[0], columns[-1], rows[0]
    for left, top, width, height in _bars(dark, high):
        right = left + width
        if height > BAR_THICKEST * high or width > BAR_LONGEST * high:
            continue
        if left < first_column + BAR_LEFT * (last_column - first_column) or last_column - right > BAR_RIGHT * high:
            continue
        if not BAR_TOP < (top - first_row) / high < BAR_BOTTOM:
            continue
        over = dark[first_row:top, left:right]
        if over.any(axis=0).mean() < CENTS_COLUMNS or over.any(axis=1).sum() < CENTS_HEIGHT * high:
            continue
        if _rows_of_figures(over, BAND * high) > 1:  # the foot of the "100" under the stroke
            continue
        gap = left
        while gap > 0 and dark[first_row:top, gap].any() and left - gap < GAP * high:
            gap -= 1
        if dark[first_row:top, gap].any():
            continue
        return max(1, gap), int(first_row), int(top + 1), int(min(picture.shape[1], last_column + 1 + END_PX))
    return None


def _rows_of_figures(over: Any, least: float) -> int:
    """How many rows of figures stand over each other here, each at least so high."""
    edges = np.flatnonzero(np.diff(np.pad(over.any(axis=1), 1).astype(np.int8)))
    return int((edges[1::2] - edges[::2] >= least).sum())


def _bars(dark: Any, high: int) -> list[tuple[int, int, int, int]]:
    """Long level strokes, the longest first: left, top, width, height in pixels."""
    closed = cv2.morphologyEx(cv2.dilate(dark, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    bars: Any = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, max(BAR_PX, round(BAR * high))), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(bars)
    boxes = [(left, top, width, height) for left, top, width, height, _ in np.asarray(stats)[1:count].tolist()]
    return sorted(boxes, key=lambda box: -box[2])
