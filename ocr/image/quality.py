"""How good a scan is: the image quality tests of X9.100-187 record 54, each with the value that it measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import cv2
import numpy as np

from ocr.image.prepare import Gray, binary, is_bitonal, marks, percentile
from ocr.reading import DocumentKind, QualityFlag


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond which value a test fails. Record 54 leaves the numbers to the parties; these are ours, with reasons."""

    ink_percent_least: float = 0.25  # a filled-in check has 0.5 (gray) to 8 percent (bitonal), a faint one under 0.1
    page_ink_percent_least: float = 0.03  # a letter may be two lines long
    dark_percent_most: float = 35.0  # patterned paper in bitonal reaches 20; above a third words fill in
    skew_deg_most: float = 5.5  # the reader copes with 5 degrees either way and half a degree of doubt
    torn_sq_in_most: float = 0.08  # a dog-ear of 0.4 by 0.4 inch; smaller ones hide nothing that is read
    specks_per_sq_in_most: float = 90.0  # 0.3 percent of flipped pixels at 200 dpi; print itself has under 20
    sharpness_least: float = 0.22  # share of the contrast crossed from one pixel to the next at 200 dpi; print has 0.5
    blank_percent_most: float = 40.0  # print of checks and coupons reaches to within a third of every edge
    check_width_in: tuple[float, float] = (5.75, 9.0)  # X9.100-160: 6 to 8.75 inches, and a quarter inch of doubt
    check_height_in: tuple[float, float] = (2.5, 4.5)  # X9.100-160: 2.75 to 3.67; vouchers are higher
    page_width_in: tuple[float, float] = (3.0, 9.0)  # letters come on notes and on US letter paper
    page_height_in: tuple[float, float] = (3.0, 14.5)  # US legal


LIMITS = Limits()
_INK_LEVEL, _DARK_LEVEL = 120, 96  # gray levels: print of a well-lit scan is darker than the first, bare paper never
_LEVEL_DEG = 0.5  # with less skew no bed worth cutting off shows beside the sheet
_CORNER_IN = 1.5  # how far into the sheet a torn corner is followed
_BLACK_BED, _WHITE_BED = 60, 250  # gray levels: a bed is darker, or lighter than paper that is off white
_OFF_WHITE = 235  # gray level: the median of paper that is darker than a white bed
_OUTERMOST = 20  # the very corner is one part in so many of the corner
_CALM_PX = 5  # median filter: specks do not end the bed
_SLIVER = 60  # cropping leaves slivers at the edge, as wide as one part in so many of the corner
_SPECK_IN = 0.009  # a third of a typed period
_SHARP_DPI = 200  # what sharpness is compared at
_PAPER_PERCENT = 90  # of the pixels are darker than the lightest paper
_LEAST_CONTRAST = 10  # gray levels: with less there is no print to be sharp
_STEEPEST = 0.04  # of the inked pixels have an edge as steep as the print's steepest edges
_FILLED = 0.004  # of a row or column is inked where print stands; specks do not fill it


def flags(
    gray: Gray,
    dpi: int,
    skew_deg: float = 0.0,
    kind: DocumentKind = DocumentKind.CHECK,
    limits: Limits = LIMITS,
    inked: Gray | None = None,
) -> tuple[QualityFlag, ...]:
    """All nine tests of one upright, leveled front, uint8 [height, width]; `skew_deg` as it was before leveling.

    `inked` is the picture's `binary`, where that is known.
    Values: too_light and too_dark percent of inked pixels, skew degrees, torn square inches
    missing at the worst corner, noise specks per square inch, focus share of contrast per pixel (1 for bitonal),
    partial percent blank at the worst side, undersized and oversized inches missing or too many.
    """
    inked = binary(gray, dpi) if inked is None else inked
    small, large = _size_misses(gray, dpi, kind, limits)
    light, dark = (100 * _share_below(gray, level) for level in (_INK_LEVEL, _DARK_LEVEL))
    torn, specks = _torn_sq_in(_sheet(gray, skew_deg), dpi), _specks_per_sq_in(inked, dpi)
    focus, blank = _sharpness(gray, cv2.countNonZero(inked), dpi), _blank_percent(inked)
    form = kind in (DocumentKind.CHECK, DocumentKind.COUPON)
    ink_least = limits.ink_percent_least if form else limits.page_ink_percent_least
    return (
        QualityFlag("too_light", round(light, 2), light < ink_least),
        QualityFlag("too_dark", round(dark, 2), dark > limits.dark_percent_most),
        QualityFlag("skew", round(skew_deg, 2), abs(skew_deg) > limits.skew_deg_most),
        QualityFlag("torn", round(torn, 3), torn > limits.torn_sq_in_most),
        QualityFlag("noise", round(specks, 1), specks > limits.specks_per_sq_in_most),
        QualityFlag("focus", round(focus, 3), focus < limits.sharpness_least),
        QualityFlag("partial", round(blank, 1), form and blank > limits.blank_percent_most),
        QualityFlag("undersized", round(small, 2), small > 0),
        QualityFlag("oversized", round(large, 2), large > 0),
    )


def _share_below(gray: Gray, level: int) -> float:
    """The share of pixels darker than a gray level."""
    darker: Any = cv2.threshold(gray, level - 1, 255, cv2.THRESH_BINARY_INV)[1]
    return cv2.countNonZero(darker) / gray.size


def _size_misses(gray: Gray, dpi: int, kind: DocumentKind, limits: Limits) -> tuple[float, float]:
    """Inches short of the smallest size and inches beyond the largest, of the side that is worse."""
    form = kind in (DocumentKind.CHECK, DocumentKind.COUPON)
    across = limits.check_width_in if form else limits.page_width_in
    down = limits.check_height_in if form else limits.page_height_in
    width, height = gray.shape[1] / dpi, gray.shape[0] / dpi
    return (
        max(across[0] - width, down[0] - height, 0.0),
        max(width - across[1], height - down[1], 0.0),
    )


def _sheet(gray: Gray, skew_deg: float) -> Gray:
    """The sheet alone: of a skewed one the scanner delivers the rectangle around it, with its bed beside it."""
    if abs(skew_deg) < _LEVEL_DEG:
        return gray
    c, s = cos(radians(skew_deg)), abs(sin(radians(skew_deg)))
    height, width = gray.shape
    across, down = (width * c - height * s) / (c * c - s * s), (height * c - width * s) / (c * c - s * s)
    left, top = max(0, round((width - across) / 2)), max(0, round((height - down) / 2))
    return gray[top : height - top, left : width - left]


def _torn_sq_in(gray: Gray, dpi: int) -> float:
    """Area of the largest corner that shows the scanner's bed in place of paper.

    The bed is black; or white, which shows only on gray scans of paper that is less white.
    """
    reach = max(4, min(round(_CORNER_IN * dpi), min(gray.shape) // 2))
    off_white = not is_bitonal(gray) and percentile(np.ascontiguousarray(gray[::4, ::4]), 50) < _OFF_WHITE
    worst = 0
    for rows, columns in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        corner = gray[::rows, ::columns][:reach, :reach]
        outermost = corner[: reach // _OUTERMOST + 4, : reach // _OUTERMOST + 4]
        if outermost.min() >= _BLACK_BED and not (off_white and outermost.max() > _WHITE_BED):
            continue  # paper to the very corner: nearly every sheet, and quickly seen
        calm: Any = cv2.medianBlur(np.ascontiguousarray(corner), _CALM_PX)
        worst = max(worst, _bed_px(calm < _BLACK_BED))
        if off_white:
            worst = max(worst, _bed_px(calm > _WHITE_BED))
    return worst / dpi**2


def _bed_px(bed: Any) -> int:
    """Pixels of bed connected to the very corner; a frame or a rule along an edge does not count."""
    skip = max(2, len(bed) // _SLIVER)
    diagonal = np.diagonal(bed)[skip:]
    if not diagonal[:skip].all():
        return 0
    side = skip + (len(diagonal) if diagonal.all() else int(np.argmin(diagonal)))
    near = np.ascontiguousarray(bed[: 3 * side, : 3 * side]).astype(np.uint8)
    _, labels = cv2.connectedComponents(near, connectivity=4)
    return int((labels == labels[skip, skip]).sum())


def _specks_per_sq_in(inked: Gray, dpi: int) -> float:
    """Lone marks too small to be print.

    Half of the sheet is enough: finding marks takes most of the time of all tests.
    """
    side, eighth = max(1, round(_SPECK_IN * dpi)), inked.shape[0] // 8
    half = np.concatenate((inked[eighth : 3 * eighth], inked[5 * eighth : 7 * eighth])) if eighth else inked
    sizes = marks(half)[1][1:, 2:4]
    return int((sizes <= side).all(axis=1).sum()) * dpi**2 / half.size


def _sharpness(gray: Gray, inked_px: int, dpi: int) -> float:
    """The steepest edges of the print, as share of the contrast from pixel to pixel, as it would be at 200 dpi.

    Every second row is enough.
    """
    if is_bitonal(gray):
        return 1.0
    sample = np.ascontiguousarray(gray[::5, ::5])
    dark_percent = min(0.5, 20 * inked_px / gray.size)  # a fifth of the ink, at most
    low, high = percentile(sample, dark_percent), percentile(sample, _PAPER_PERCENT)
    if high - low < _LEAST_CONTRAST:
        return 0.0
    rows = gray[::2]
    steps: Any = cv2.absdiff(rows[:, 1:], rows[:, :-1])
    steep, above = 0, 256  # halved until they meet: counting is six times as fast as a histogram
    while above - steep > 1:
        middle = (steep + above) // 2
        beyond: Any = cv2.inRange(steps, middle, 255)
        enough = cv2.countNonZero(beyond) >= max(10, _STEEPEST * inked_px)
        steep, above = (middle, above) if enough else (steep, middle)
    return min(1.0, steep / (high - low) * max(1.0, dpi / _SHARP_DPI))


def _blank_percent(inked: Gray) -> float:
    """How far the print stays from the edge that it is farthest from, in percent of that side."""
    if not cv2.countNonZero(inked):
        return 100.0
    shares = []
    for axis in (0, 1):
        total: Any = cv2.reduce(inked, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
        marked = np.ravel(total) / (255 * inked.shape[axis])
        filled = np.flatnonzero(marked > _FILLED)
        if not len(filled):
            return 100.0
        shares += [int(filled[0]) / len(marked), 1 - (int(filled[-1]) + 1) / len(marked)]
    return 100 * max(shares)
