"""The box on a coupon that asks for principal only: whether it is printed, and whether it is ticked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.fields.coupon import TICK_BELOW_IN, TICK_IN
from ocr.image.prepare import Gray, binary
from ocr.reading import PRINCIPAL_ONLY, Box, Candidate, Field, FieldReading

SOURCE = "box"
AROUND_IN = 0.09  # so far from its place the box may be found: barcodes are placed to a few dots
WHITE_PX = 3  # beside its frame: there no other ink should be
AROUND_WEIGHT = 0.5  # a tick runs over the frame, other print all the more
SIZES = (0.94, 1.0, 1.06)  # of the box, as scanned
IS_FRAME = 0.7  # likeness to a frame, at most 1; other print under a barcode has less
INNER = 0.62  # share of the box that is looked at for ink, so that its frame is not
CLEAN, TICKED = 0.1, 0.2  # share of ink inside up to which it is empty, and from which on it is ticked
SURE, UNSURE = 0.96, 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    """A printed box, in pixels of its picture."""

    left_px: int
    top_px: int
    side_px: int
    likeness: float


def read_tick(gray: Gray, dpi: int, barcode: Box) -> FieldReading:
    """The instruction of an upright, level coupon whose barcode stands there; nothing where no box is ticked."""
    ink = binary(gray, dpi)
    frame = find_frame(ink, dpi, barcode)
    if frame is None:
        return FieldReading(Field.INSTRUCTION, ())
    filled = _filled(ink, frame)
    chance = 0.0 if filled < CLEAN else UNSURE if filled < TICKED else SURE
    candidates = (Candidate(PRINCIPAL_ONLY, chance, SOURCE),) if chance else ()
    return FieldReading(Field.INSTRUCTION, candidates, Box(frame.left_px, frame.top_px, frame.side_px, frame.side_px))


def find_frame(ink: Gray, dpi: int, barcode: Box) -> Frame | None:
    """The box below the left end of the barcode, if one is printed there: four lines with white around them."""
    around = round(AROUND_IN * dpi)
    side_px = TICK_IN * dpi
    left = max(0, barcode.left_px - around)
    top = max(0, barcode.top_px + barcode.height_px + round(TICK_BELOW_IN * dpi) - around)
    reach = round(side_px) + 2 * around
    window = ink[top : top + reach, left : left + reach]
    best: Frame | None = None
    for size in SIZES:
        side = round(side_px * size)
        if min(window.shape) < side + 2 * WHITE_PX:
            return None
        likeness = _likeness(window, side)
        _, most, _, (x, y) = cv2.minMaxLoc(likeness)
        if best is None or most > best.likeness:
            best = Frame(left + x + WHITE_PX, top + y + WHITE_PX, side, float(most))
    return best if best is not None and best.likeness >= IS_FRAME else None


def _likeness(window: Gray, side: int) -> NDArray[np.float32]:
    """For every place: how whole the worst of the four lines is, less the ink around them."""
    near: Any = cv2.dilate(window, np.ones((3, 3), np.uint8))  # a line may lie a dot beside its place
    size = side + 2 * WHITE_PX
    first, last = WHITE_PX, WHITE_PX + side - 1
    lines = [(slice(at, at + 1), slice(first, last + 1)) for at in (first, last)]
    lines += [(columns, rows) for rows, columns in lines]
    whole = [_share(near, size, [line]) for line in lines]
    edge = [(slice(0, 1), slice(None)), (slice(size - 1, size), slice(None))]
    around = _share(window, size, [*edge, *((columns, rows) for rows, columns in edge)])
    return np.asarray(np.minimum.reduce(whole) - AROUND_WEIGHT * around, np.float32)


def _share(window: Gray, size: int, parts: list[tuple[slice, slice]]) -> NDArray[np.float32]:
    """For every place of a square of this size: the share of ink in these parts of it."""
    mask = np.zeros((size, size), np.float32)
    for part in parts:
        mask[part] = 1.0
    found: Any = cv2.matchTemplate(window.astype(np.float32) / 255, mask / mask.sum(), cv2.TM_CCORR)
    return np.asarray(found, np.float32)


def _filled(ink: Gray, frame: Frame) -> float:
    """The share of ink inside the box."""
    margin = round(frame.side_px * (1 - INNER) / 2)
    inside = ink[
        frame.top_px + margin : frame.top_px + frame.side_px - margin,
        frame.left_px + margin : frame.left_px + frame.side_px - margin,
    ]
    return float(np.count_nonzero(inside)) / max(1, inside.size)
