"""Rows of print that could be the MICR line: where they stand, and each cut out level and to scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.image.e13b import HEIGHT_MODULES, MODULE_IN
from ocr.image.prepare import Floats, Gray, binary, ink, marks

DIGIT_IN = HEIGHT_MODULES * MODULE_IN  # 0.117
STRIP_IN = 1.15  # the line's middle stands 5/16 inch above the bottom edge; 5 degrees of skew on 8.5 inches add 0.74
MAX_SLOPE = 0.105  # 6 degrees
_SLOPES = np.linspace(-MAX_SLOPE, MAX_SLOPE, 43)
_WORK_DPI = 260  # finer scans are halved first: a third of the time, nothing lost
_MIN_CHARS = 5  # fewer are no row of print
_LINE_DIGITS_PX = (10, 14, 19, 26, 36, 50)  # heights of digits that are tried for a line of unknown scale
# Which marks may be characters of E-13B, in heights of a digit.
_CHAR_HEIGHT, _CHAR_WIDTH = (0.6, 1.45), (0.12, 4)  # touching characters make wide marks
_COUNTED_HEIGHT = (0.5, 2)  # of marks that only count whether there may be a line
_HEIGHT_SPREAD, _LEAST_WEIGHT = 0.25, 0.05  # a mark weighs less the more its height differs, but at least so much
# How a row is found and fitted.
_ROW_IN = 0.022  # how far the feet of one row's characters may stray
_ROW_PX = 2.0  # and at least so many pixels
_FIRST_STEPS = 1.5  # the same before the row is fitted, in steps of half a row
_SLOPE_COST = 0.2  # characters' weight that the steepest slope must gain over none
_FITS = 2
_FIT_CHARS = 10  # from so many on, the fit alone gives the slope
_FIT_SLOPE = 1.3 * MAX_SLOPE  # the steepest fit
_TALL_PERCENTILE, _TALL = 90, 0.85  # digits are taller than this share of the tall marks; dashes and dots are not
_ALIKE = 0.3  # share by which the height of a mark in the row may differ from a digit's
_DRIFT = 1.1  # of a digit's height: amounts, encoded later, stand higher or lower than the rest, and printers jump
_LEAST_DRIFT = 0.1  # of a digit's height: less is none
_NEIGHBORS = 2  # on each side, over which drift is smoothed
# What is cut out.
_LEAST_WIDTH = 4  # in heights of the cut-out: a narrower one gives the net too few frames
_SIDE_IN = 0.4  # left and right of the outermost characters found
_ABOVE, _BELOW = 4, 3  # heights of a digit above and below the foot line that the cut-out may touch
_BLUR_SCALE, _BLUR = 1.6, 0.35  # shrunk by more than this it is blurred first: thin strokes would fall between pixels


@dataclass(frozen=True, slots=True)
class Band:
    """A row of print: the foot line y = foot_px + slope * x and its ends, in pixels of the whole picture."""

    foot_px: float  # where the foot line meets the left edge
    slope: float
    digit_px: float  # height of a digit
    left_px: float
    right_px: float
    weight: float  # how many characters of a digit's height it has
    drift: tuple[tuple[float, float], ...] = ()  # x, and how far below the foot line the characters there stand


def bands(gray: Gray, dpi: int, most: int = 3) -> Iterator[Band]:
    """Rows near the bottom edge that could be a MICR line, likeliest first.

    `gray` is uint8 [height, width]; only its bottom 1.15 inches are looked at.
    """
    strip_px = min(gray.shape[0], round(STRIP_IN * dpi))
    top = gray.shape[0] - strip_px
    strip = np.ascontiguousarray(gray[top:])
    shrink = 2 if dpi > _WORK_DPI else 1
    if shrink == 2:
        small: Any = cv2.resize(strip, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        strip = np.asarray(small, np.uint8)
    chars = _char_marks(binary(strip, dpi // shrink), dpi / shrink)
    for _ in range(most):
        if len(chars) < _MIN_CHARS:
            break
        band, inside = _row(chars, dpi / shrink)
        if band is None:
            break
        foot, left, right = ((value * shrink) for value in (band.foot_px, band.left_px, band.right_px))
        drift = tuple((x * shrink, off * shrink) for x, off in band.drift)
        yield Band(foot + top, band.slope, band.digit_px * shrink, left, right, band.weight, drift)
        chars = chars[~inside]


def line_band(gray: Gray) -> Band | None:
    """The row of print in a cut-out line of unknown scale, or None; digits must be 8 to 60 pixels high."""
    best: Band | None = None
    for digit_px in _LINE_DIGITS_PX:
        dpi = round(digit_px / DIGIT_IN)
        for band in bands(gray, dpi, most=1):
            if best is None or band.weight > best.weight:
                best = band
    return None if best is None else replace(best, left_px=0.0, right_px=float(gray.shape[1]))


def may_hold_line(gray: Gray, digit_px: float) -> bool:
    """Whether there are enough marks for a row of print, from half as high to twice as high as its digits."""
    heights = marks(binary(gray, round(digit_px / DIGIT_IN)))[1][1:, cv2.CC_STAT_HEIGHT]
    low, high = (share * digit_px for share in _COUNTED_HEIGHT)
    return int(((heights > low) & (heights < high)).sum()) >= _MIN_CHARS


def cut(gray: Gray, band: Band, height_px: int, digit_px: int) -> tuple[Floats, NDArray[np.float64]]:
    """The band as `ink`, level, `height_px` high, its digits `digit_px` high and centered.

    Returns the picture and the 2 x 3 matrix from its points back to the document's.
    """
    scale = band.digit_px / digit_px
    norm = float(np.hypot(1, band.slope))
    c, s = 1 / norm, band.slope / norm
    side = _SIDE_IN / DIGIT_IN * band.digit_px
    left = max(band.left_px - side, -band.digit_px)
    right = min(band.right_px + side, gray.shape[1] + band.digit_px)
    foot = (height_px + digit_px) / 2
    x, y = left, band.foot_px + band.slope * left
    back = np.array([[c * scale, -s * scale, x + s * scale * foot], [s * scale, c * scale, y - c * scale * foot]])
    width = max(_LEAST_WIDTH * height_px, round((right - left) * norm / scale))
    first, last = _rows(gray, band)
    source: Any = np.ascontiguousarray(gray[first:last])
    if scale > _BLUR_SCALE:
        source = cv2.GaussianBlur(source, (0, 0), _BLUR * scale)
    moved = back - np.array([[0, 0, 0], [0, 0, first]])
    level: Any
    if band.drift:
        level = cv2.remap(source, *_paths(moved, band, (width, height_px)), cv2.INTER_LINEAR, borderValue=255)
    else:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        level = cv2.warpAffine(source, moved, (width, height_px), flags=flags, borderValue=255)
    return ink(np.asarray(level, np.uint8)), back


def _rows(gray: Gray, band: Band) -> tuple[int, int]:
    """First row and one after the last that the band can touch."""
    ends = [band.foot_px + band.slope * x for x in (0.0, float(gray.shape[1]))]
    first = int(np.clip(min(ends) - _ABOVE * band.digit_px, 0, gray.shape[0] - 1))
    return first, int(np.clip(max(ends) + _BELOW * band.digit_px, first + 1, gray.shape[0]))


def _paths(back: NDArray[np.float64], band: Band, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Where each point of the cut-out comes from when characters stand off the line."""
    u, v = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    x = back[0, 0] * u + back[0, 1] * v + back[0, 2]
    at, off = np.array(band.drift).T
    nearest = np.searchsorted((at[1:] + at[:-1]) / 2, x[0])  # printers jump: a slope in between would bend characters
    y = back[1, 0] * u + back[1, 1] * v + back[1, 2] + off[nearest]
    return x.astype(np.float32), y.astype(np.float32)


def _char_marks(inked: Gray, dpi: float) -> NDArray[np.float64]:
    """Marks of about a digit's size: rows of left, foot, width, height."""
    stats = marks(inked)[1]
    left, top, width, height = (stats[1:, column].astype(np.float64) for column in range(4))
    digit = DIGIT_IN * dpi
    high = (height > _CHAR_HEIGHT[0] * digit) & (height < _CHAR_HEIGHT[1] * digit)
    wide = (width > _CHAR_WIDTH[0] * digit) & (width < _CHAR_WIDTH[1] * digit)
    return np.stack([left, top + height, width, height], axis=1)[high & wide]


def _row(chars: NDArray[np.float64], dpi: float) -> tuple[Band | None, NDArray[np.bool_]]:
    """The row in which most feet stand, fitted, and which of the marks belong to it."""
    digit = DIGIT_IN * dpi
    middle, foot, height = chars[:, 0] + chars[:, 2] / 2, chars[:, 1], chars[:, 3]
    weight = np.exp(-(((height - digit) / (_HEIGHT_SPREAD * digit)) ** 2)) + _LEAST_WEIGHT
    step = max(1.0, _ROW_IN * dpi / 2)
    slope, level = _most_feet(middle, foot, weight, step)
    inside = np.abs(foot - slope * middle - level) <= _FIRST_STEPS * step
    for _ in range(_FITS):
        if inside.sum() < _MIN_CHARS:
            return None, inside
        slope, level = _fitted(middle[inside], foot[inside], slope)
        inside = np.abs(foot - slope * middle - level) <= max(_ROW_PX, _ROW_IN * dpi)
    if inside.sum() < _MIN_CHARS:
        return None, inside
    size = height[inside]
    tall = float(np.median(size[size > _TALL * np.percentile(size, _TALL_PERCENTILE)]))
    off = foot - slope * middle - level
    near = (np.abs(off) <= _DRIFT * tall) & (np.abs(height / tall - 1) < _ALIKE) | inside
    left, right = float(chars[near, 0].min()), float((chars[near, 0] + chars[near, 2]).max())
    drift = _drift(middle[near], off[near], _LEAST_DRIFT * tall)
    return Band(level, slope, tall, left, right, float(weight[inside].sum()), drift), inside


def _most_feet(
    middle: NDArray[np.float64], foot: NDArray[np.float64], weight: NDArray[np.float64], step: float
) -> tuple[float, float]:
    """The slope and level at which the feet of most weight stand within two steps; all slopes are tried at once."""
    feet = foot[None] - _SLOPES[:, None] * middle[None]
    lowest = feet.min(axis=1, keepdims=True)
    bins = np.floor((feet - lowest) / step).astype(np.int64)
    count = max(3, int(bins.max()) + 1)
    places = bins + count * np.arange(len(_SLOPES))[:, None]
    weights = np.bincount(places.ravel(), np.tile(weight, len(_SLOPES)), count * len(_SLOPES)).reshape(-1, count)
    pairs = weights[:, :-1] + weights[:, 1:]
    merits = pairs.max(axis=1) - _SLOPE_COST * np.abs(_SLOPES) / MAX_SLOPE
    best = int(merits.argmax())
    return float(_SLOPES[best]), float(lowest[best, 0] + (int(pairs[best].argmax()) + 1) * step)


def _drift(x: NDArray[np.float64], off: NDArray[np.float64], least: float) -> tuple[tuple[float, float], ...]:
    """How far feet stand off the line, along the line: medians of five neighbors; () when they hardly do."""
    order = np.argsort(x)
    x, off = x[order], off[order]
    steady = np.array([np.median(off[max(0, at - _NEIGHBORS) : at + _NEIGHBORS + 1]) for at in range(len(x))])
    if np.abs(steady).max(initial=0.0) < least:
        return ()
    return tuple(zip(x.tolist(), steady.tolist(), strict=True))


def _fitted(x: NDArray[np.float64], y: NDArray[np.float64], slope: float) -> tuple[float, float]:
    """Slope and level of the line through the points; a short row mostly keeps the slope it was found with."""
    if np.ptp(x) > 0:
        fitted, _ = np.polyfit(x, y, 1)
        share = min(1.0, len(x) / _FIT_CHARS)
        slope = slope + share * (float(np.clip(fitted, -_FIT_SLOPE, _FIT_SLOPE)) - slope)
    return slope, float(np.median(y - slope * x))
