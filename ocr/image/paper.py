"""The check in a photo: where its four corners are, and the sheet made flat as if a scanner had seen it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import dist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.image.prepare import Gray
from ocr.reading import Box

LOOK_PX = 500  # long side of the picture in which the sheet is looked for
CALM_PX = 5  # median filter: no letter is left, and no speck
CLOSED = 0.03  # of the long side: print and shadows on the sheet narrower than this are bridged
LEAST_SHARE, MOST_SHARE = 0.1, 0.97  # of the picture that the sheet takes
SHAPES = (1.6, 3.0)  # width to height of checks: X9.100-160 has 1.64 to 3.2, most 2.18 to 2.43
STRAIGHT = 0.94  # share of its quadrilateral that a sheet fills
LEAST_STEP, SPREADS = 12.0, 1.5  # gray levels between sheet and table, and how much more than the table's own
SIDE_PX, SIDE_SEEN, SIDE_ENDS = 6.0, 0.4, 0.08  # a side: outline this near, share of it seen, left out at each end
OUTLINES = (0.02, 0.03, 0.05)  # tolerances of the outline's length at which it may have four corners
PRINT = 140  # gray level: print is darker, and stock is lighter
BLOCK_EDGE = 0.05  # of the width of the print: paper around it
MOST_BLOCK = 0.6  # of the page that a check on it takes
Corners = NDArray[np.float32]
Matrix = NDArray[np.float64]  # 3 x 3, of points (x, y, 1)


@dataclass(frozen=True, slots=True)
class FlatSheet:
    """A sheet cut out of a picture and made flat; `back` leads from its points to the picture's."""

    gray: Gray
    back: Matrix


def flat_check(gray: Gray) -> FlatSheet | None:
    """The check that lies on a darker or lighter ground, upright or on its end, without what is around it.

    None where there is no sheet of a check's shape, or where it fills the picture.
    """
    corners = _corners(gray)
    return None if corners is None else _flat(gray, corners)


def printed_block(gray: Gray) -> FlatSheet | None:
    """The block of print on a bare page where it has a check's shape: white paper on the white bed of a scanner."""
    step = max(1, round(max(gray.shape) / LOOK_PX))
    inked = gray[::step, ::step] < PRINT
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return None
    edge = round(BLOCK_EDGE * (columns[-1] - columns[0])) * step
    top, left = max(0, int(rows[0]) * step - edge), max(0, int(columns[0]) * step - edge)
    block = np.ascontiguousarray(gray[top : int(rows[-1]) * step + edge, left : int(columns[-1]) * step + edge])
    if not (
        SHAPES[0] < max(block.shape) / max(1, min(block.shape)) < SHAPES[1] and block.size < MOST_BLOCK * gray.size
    ):
        return None
    return FlatSheet(block, np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]]))


def moved(box: Box, by: Matrix) -> Box:
    """The upright rectangle around a box whose points are moved by a matrix."""
    right, bottom = box.left_px + box.width_px, box.top_px + box.height_px
    corners = np.array([(x, y, 1.0) for x in (box.left_px, right) for y in (box.top_px, bottom)]) @ by.T
    points = corners[:, :2] / corners[:, 2:]
    (left, top), (width, height) = points.min(axis=0), np.ptp(points, axis=0)
    return Box(max(0, round(left)), max(0, round(top)), max(1, round(width)), max(1, round(height)))


def _flat(gray: Gray, corners: Corners) -> FlatSheet:
    """The quadrilateral as a rectangle whose sides are as long as the longer one of each pair."""
    top, right, bottom, left = (dist(a, b) for a, b in pairwise([*corners, corners[0]]))
    width, height = round(max(top, bottom)), round(max(left, right))
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, square)
    flat: Any = cv2.warpPerspective(gray, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=255)
    return FlatSheet(np.asarray(flat, np.uint8), np.linalg.inv(np.asarray(matrix, np.float64)))


def _corners(gray: Gray) -> Corners | None:
    """The corners of a sheet of a check's shape, clockwise from the top left, in pixels of the picture."""
    step = max(1, round(max(gray.shape) / LOOK_PX))
    calm: Any = cv2.medianBlur(np.ascontiguousarray(gray[::step, ::step]), CALM_PX)
    for sheet in _masks(np.asarray(calm, np.uint8)):
        corners = _quadrilateral(sheet)
        if corners is not None:
            return np.asarray(corners * step, np.float32)
    return None


def _masks(gray: Gray) -> list[Gray]:
    """What may be sheet: lighter than the best threshold, or unlike what is seen along the picture's edge."""
    light: Any = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    edge = np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))
    ground, spread = float(np.median(edge)), float(np.percentile(np.abs(edge - np.median(edge)), 90))
    step: Any = cv2.absdiff(gray, np.full_like(gray, round(ground)))
    unlike: Any = cv2.threshold(step, max(LEAST_STEP, SPREADS * spread), 255, cv2.THRESH_BINARY)[1]
    return [np.asarray(light, np.uint8), np.asarray(unlike, np.uint8)]


def _quadrilateral(sheet: Gray) -> Corners | None:
    """The four corners of the largest area, if its outline is straight and has a check's shape."""
    reach = max(3, round(CLOSED * max(sheet.shape)) | 1)
    closed: Any = cv2.morphologyEx(sheet, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    opened: Any = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    outlines: Any = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    area = float(cv2.contourArea(outline))
    if not LEAST_SHARE * sheet.size < area < MOST_SHARE * sheet.size:
        return None
    hull: Any = cv2.convexHull(outline)
    corners = _sides_meet(np.asarray(outline, np.float32)[:, 0], np.asarray(hull, np.float32))
    if corners is None or area < STRAIGHT * cv2.contourArea(corners):
        return None
    top, right, bottom, left = (dist(a, b) for a, b in pairwise([*corners, corners[0]]))
    across, down = (top + bottom) / 2, (left + right) / 2
    return corners if SHAPES[0] < max(across, down) / max(1.0, min(across, down)) < SHAPES[1] else None


def _sides_meet(outline: Corners, hull: Corners) -> Corners | None:
    """Where straight lines fitted to the four sides meet, clockwise from the top left; None without four sides."""
    rough = _rough_corners(hull)
    lines = [_side(outline, start, end) for start, end in pairwise([*rough, rough[0]])]
    if any(line is None for line in lines):
        return None
    meets = [_meet(lines[side - 1], lines[side]) for side in range(len(lines))]
    return None if any(meet is None for meet in meets) else np.array(meets, np.float32)


def _rough_corners(hull: Corners) -> Corners:
    for tolerance in OUTLINES:
        corners: Any = cv2.approxPolyDP(hull, tolerance * cv2.arcLength(hull, True), True)
        if len(corners) == 4:
            return _clockwise(np.asarray(corners, np.float32)[:, 0])
    return _clockwise(np.asarray(cv2.boxPoints(cv2.minAreaRect(hull)), np.float32))


def _side(outline: Corners, start: Corners, end: Corners) -> Any:
    """Direction and point of the straight line along one side; None where too little of it is seen."""
    along, length = end - start, max(1.0, dist(start, end))
    away = np.abs((outline - start) @ np.array([-along[1], along[0]])) / length
    at = (outline - start) @ along / length**2
    near = outline[(away < SIDE_PX) & (at > SIDE_ENDS) & (at < 1 - SIDE_ENDS)]
    if len(near) < SIDE_SEEN * length:
        return None
    return np.ravel(np.asarray(cv2.fitLine(near, cv2.DIST_HUBER, 0, 0.01, 0.01)))


def _meet(line: Any, other: Any) -> NDArray[np.float64] | None:
    """Where two lines (direction, point) meet."""
    directions = np.array([line[:2], -other[:2]]).T
    if abs(float(np.linalg.det(directions))) < 0.1:
        return None
    steps = np.linalg.solve(directions, other[2:] - line[2:])
    return np.asarray(line[2:] + steps[0] * line[:2], np.float64)


def _clockwise(points: Corners) -> Corners:
    """The four points clockwise, the one nearest to the picture's top left corner first."""
    middle = points.mean(axis=0)
    order = np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]))
    ordered = points[order]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)
