"""A gray document made ready for reading: turned upright, leveled, cropped, its ink separated from its paper."""

from __future__ import annotations

from functools import cache
from math import atan, cos, degrees, radians, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.reading import Box

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]

MIN_CONTRAST = 40.0  # gray levels: less is texture of the paper, not print
STRONG_PERCENT = 98  # of the pixels are no darker than a full stroke
REACH_PX = 25  # more than the thickest stroke
SHADE_IN = 1 / 4  # the paper's shade is followed over so far
SAMPLE_ROWS = 32  # one row of so many mostly tells a gray scan
ON_END = 1.6  # times as high as wide: checks and coupons are at least 1.8 times as wide as high, letters 1.3
LEAST_SKEW_DEG = 0.05  # 1 pixel in 1,146
MOST_SKEW_DEG = 6.0  # half a degree more than a scan may have (`quality.Limits`)
SKEW_DPI = 50  # at which the slope of print is measured
TOGETHER = 8  # columns of that picture
COARSE_DEG = 0.5  # the first look for the slope; the second is in tenths
LEAST_PRINT = 0.1  # mean level of ink, of 255: less is no print


def ink(gray: Gray, reach_px: int = REACH_PX) -> Floats:
    """How inked each pixel is, from 0 (paper) to 1 (ink), without the paper's shade and pattern.

    The paper at a pixel is the lightest gray within `reach_px`, which must exceed the thickest stroke.
    """
    if gray.size == 0:
        return np.zeros(gray.shape, np.float32)
    depth, levels = _depth(gray, reach_px)
    scaled: Any = cv2.LUT(depth, levels)
    return np.asarray(scaled, np.float32)


def evened(gray: Gray, reach_px: int = REACH_PX) -> Gray:
    """The same as a picture: 255 paper to 0 ink."""
    if gray.size == 0:
        return gray
    depth, levels = _depth(gray, reach_px)
    scaled: Any = cv2.LUT(depth, 255 - (255 * levels).astype(np.uint8))
    return np.asarray(scaled, np.uint8)


def _depth(gray: Gray, reach_px: int) -> tuple[Any, Floats]:
    """How much darker than its paper each pixel is, and how inked each such difference is."""
    paper: Any = cv2.dilate(gray, square(reach_px))
    paper = cv2.blur(paper, (reach_px, reach_px))
    depth: Any = cv2.subtract(paper, gray)
    strong = max(percentile(depth, STRONG_PERCENT), MIN_CONTRAST)
    return depth, np.minimum(np.arange(256, dtype=np.float32) / np.float32(strong), 1)


@cache
def square(side_px: int) -> Gray:
    """A square to dilate and erode with."""
    return np.ones((side_px, side_px), np.uint8)


def percentile(levels: Gray, percent: float) -> float:
    """The same as numpy.percentile, from a histogram: ten times as fast on gray levels."""
    counted: Any = cv2.calcHist([levels], [0], None, [256], [0, 256])
    upto = np.cumsum(np.ravel(counted).astype(np.int64))
    place = percent / 100 * (levels.size - 1)
    low, high = np.searchsorted(upto, [int(place), min(int(place) + 1, levels.size - 1)], side="right").tolist()
    return float(low + (high - low) * (place - int(place)))


def binary(gray: Gray, dpi: int) -> Gray:
    """Ink 255, paper 0, by a threshold that follows the paper's shade; a bitonal picture stays as it is."""
    if is_bitonal(gray):
        plain: Any = cv2.threshold(gray, 127, 255, cv2.THRESH_BINARY_INV)[1]
        return np.asarray(plain, np.uint8)
    window = max(3, round(dpi * SHADE_IN) | 1)
    mean: Any = cv2.blur(gray, (window, window))
    dark: Any = cv2.subtract(mean, gray)
    inked: Any = cv2.threshold(dark, MIN_CONTRAST / 2, 255, cv2.THRESH_BINARY)[1]
    return np.asarray(inked, np.uint8)


def is_bitonal(gray: Gray) -> bool:
    """Whether the picture holds only black and white."""
    sample = gray[::SAMPLE_ROWS]
    if ((sample > 0) & (sample < 255)).any():
        return False
    shades: Any = cv2.inRange(gray, 1, 254)
    return cv2.countNonZero(shades) == 0


def components(inked: Gray) -> tuple[NDArray[Any], list[list[int]]]:
    """Connected ink (8 neighbors): labels [height, width], paper 0; by label left, top, width, height, area."""
    labels, boxes = marks(inked)
    return labels, boxes.tolist()


def marks(inked: Gray) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The same, boxes as an array [marks, 5].

    Labels of 16 bits halve the time; a picture with more than 65,535 marks, which is dust, gets 32.
    """
    try:
        stats: Any = cv2.connectedComponentsWithStatsWithAlgorithm(inked, 8, cv2.CV_16U, cv2.CCL_SPAGHETTI)
    except cv2.error:
        stats = cv2.connectedComponentsWithStatsWithAlgorithm(inked, 8, cv2.CV_32S, cv2.CCL_SPAGHETTI)
    _, labels, boxes, _ = stats
    return labels, boxes


def turned(gray: Gray, rotation_deg: int) -> Gray:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees.

    Raises:
        ValueError: another angle.
    """
    if rotation_deg % 90:
        raise ValueError(f"cannot turn by {rotation_deg} degrees, only by quarters")
    return np.ascontiguousarray(np.rot90(gray, -(rotation_deg // 90) % 4))


def turning(rotation_deg: int, width_px: int, height_px: int) -> NDArray[np.float64]:
    """The 3 x 3 matrix of `turned`: points of a picture of that size to points of the turned one."""
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            90: [[0, -1, height_px], [1, 0, 0], [0, 0, 1]],
            180: [[-1, 0, width_px], [0, -1, height_px], [0, 0, 1]],
            270: [[0, 1, 0], [-1, 0, width_px], [0, 0, 1]],
        }[rotation_deg % 360],
        np.float64,
    )


def stands_on_end(gray: Gray) -> bool:
    """Whether a check or coupon was scanned sideways."""
    height, width = gray.shape
    return bool(height > ON_END * width)


def deskewed(gray: Gray, skew_deg: float, top_px: int = 0) -> Gray:
    """The picture, same size, turned about its center so that lines falling `skew_deg` to the right become level.

    Corners that come from outside are white. Under a twentieth of a degree nothing is done. Only the rows from `top_px`
    on are made.
    """
    if abs(skew_deg) < LEAST_SKEW_DEG:
        return gray[top_px:] if top_px else gray
    height, width = gray.shape
    matrix = levelling(skew_deg, width, height)
    matrix[1, 2] -= top_px
    level: Any = cv2.warpAffine(gray, matrix, (width, height - top_px), flags=cv2.INTER_LINEAR, borderValue=255)
    return np.asarray(level, np.uint8)


def levelling(skew_deg: float, width_px: int, height_px: int) -> NDArray[np.float64]:
    """The 2 x 3 matrix of `deskewed`: points of the skewed picture to points of the level one."""
    c, s = cos(radians(skew_deg)), sin(radians(skew_deg))
    x, y = width_px / 2, height_px / 2
    return np.array([[c, s, x - c * x - s * y], [-s, c, y + s * x - c * y]])


def skew_from_slope(slope: float) -> float:
    """Degrees of a line that falls `slope` pixels per pixel to the right (positive: clockwise)."""
    return degrees(atan(slope))


def crop(gray: Gray, box: Box) -> Gray:
    """The part of the picture inside the box, cut off at the picture's edges; may be empty."""
    left, top = max(box.left_px, 0), max(box.top_px, 0)
    return gray[top : max(box.top_px + box.height_px, 0), left : max(box.left_px + box.width_px, 0)]


def skew_of_print(gray: Gray, dpi: int, most_deg: float = MOST_SKEW_DEG) -> float:
    """How far lines of print or rules fall to the right, in degrees, to a tenth; 0 when there is no print.

    For documents without a MICR line: the slope at which the rows of a 50 dpi picture differ most. Groups of columns
    are averaged first: within so few of them a slope lifts a line by less than a row.
    """
    inked = binary(gray, dpi)
    share = min(1.0, SKEW_DPI / dpi)
    small: Any = cv2.resize(inked, None, fx=share / TOGETHER, fy=share, interpolation=cv2.INTER_AREA)
    picture = np.asarray(small, np.float32)
    if float(picture.mean()) < LEAST_PRINT:
        return 0.0
    coarse = max(np.arange(-most_deg, most_deg + 0.01, COARSE_DEG), key=lambda skew: _rowness(picture, float(skew)))
    return float(round(max(coarse + np.arange(-5, 6) / 10, key=lambda skew: _rowness(picture, float(skew))), 1))


def _rowness(picture: Floats, skew_deg: float) -> float:
    """How much rows differ in ink from the next, once the picture is leveled."""
    height, width = picture.shape
    rise = TOGETHER * np.tan(radians(skew_deg))
    shear = np.array([[1.0, 0, 0], [-rise, 1, rise * width / 2]])
    level: Any = cv2.warpAffine(picture, shear, (width, height), flags=cv2.INTER_LINEAR)
    return float((np.diff(level.sum(axis=1)) ** 2).sum())
