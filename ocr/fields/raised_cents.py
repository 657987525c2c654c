"""Cents written small over a stroke, beside the dollars of an amount: where they stand, and what both say."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np

from ocr.fields.amount_forms import NO_CENTS
from ocr.image.prepare import Gray
from ocr.nets import ppocr

BAR = 0.62  # least length of the stroke under raised cents, in heights of the figures: no figure has one as long


def read_raised(picture: Gray) -> dict[int, float]:
    """Cents written small over a stroke, with or without 100 under it: read apart from the dollars."""
    cut = fraction(picture)
    if cut is None:
        return {}
    whole_end, top, bar, end = cut
    dollars = ppocr.read_line(picture[:, :whole_end], careful=True).among("0123456789$,*. ", 12)
    small = cv2.copyMakeBorder(picture[top:bar, whole_end:end], 3, 3, 6, 6, cv2.BORDER_CONSTANT, value=255)
    cents = ppocr.read_line(np.asarray(small, np.uint8), careful=True).among("0123456789xXnNoO-", 12)
    found: dict[int, float] = {}
    for whole, p in dollars:
        digits = re.sub(r"\D", "", whole)
        for part, q in cents:
            rest = int(part) if re.fullmatch(r"\d\d", part) else 0 if re.fullmatch(NO_CENTS, part) else None
            if digits and len(digits) < 8 and rest is not None:
                value = int(digits) * 100 + rest
                found[value] = found.get(value, 0.0) + p * q
    return {value: p for value, p in found.items() if value}


def fraction(picture: Gray) -> tuple[int, int, int, int] | None:
    """Where cents stand over a stroke: last column of the dollars, first row and bar row of the cents, last column.

    The bar is long, thin, in the right part, has figures above it and white left of them.
    """
    dark = (picture < 140).astype(np.uint8)
    columns = np.flatnonzero(dark.any(axis=0))
    rows = np.flatnonzero(dark.any(axis=1))
    if len(columns) < 20 or len(rows) < 12:
        return None
    high = int(rows[-1] - rows[0] + 1)
    closed = cv2.morphologyEx(cv2.dilate(dark, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    bars: Any = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, max(8, round(BAR * high))), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(bars)
    for left, top, width, height, _ in sorted(np.asarray(stats)[1:count].tolist(), key=lambda one: -one[2]):
        right = left + width
        if height > 0.3 * high or left < columns[0] + 0.3 * (columns[-1] - columns[0]) or width > 2.5 * high:
            continue
        if columns[-1] - right > 0.5 * high or not 0.3 < (top - rows[0]) / high < 0.97:
            continue
        over = dark[rows[0] : top, left:right]
        if over.any(axis=0).mean() < 0.5 or over.any(axis=1).sum() < 0.2 * high:
            continue
        gap = left
        while gap > 0 and dark[rows[0] : top, gap].any() and left - gap < 0.3 * high:
            gap -= 1
        if dark[rows[0] : top, gap].any():
            continue
        return max(1, gap), int(rows[0]), int(top + 1), int(min(picture.shape[1], columns[-1] + 3))
    return None
