"""One line of print or handwriting, read by a small net of our own: the first reader of every line."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from ocr.image.prepare import Gray
from ocr.nets import ctc
from ocr.nets.ppocr import NOTHING, Text, text_of

SOURCE = "text"
MODEL = "text"
INK = 200  # gray levels: darker is a stroke's edge
EDGE_PX = 2  # paper kept above and below the ink, in the net's rows
SIDE_PX = 4  # paper left and right of it
MOST_PX = 1000  # a line of 100 characters; what is wider is squeezed
LEAST_PX = 16
STEP_PX = 4  # pictures are whole steps wide
UPWARD = 0.4  # small print grows to the net's height, but only by this share of it in width: time grows with width


def read_line(line: Gray) -> Text:
    """The text of one line, uint8 [height, width], ink dark on light."""
    net = ctc.load(MODEL)
    small = picture(line, net.height_px)
    return NOTHING if small is None else text_of(net.log_probs(small), SOURCE)


def column(line: Gray, frame: float) -> int:
    """The column of a line, as `read_line` was given it, that a frame of the net's output looks at."""
    net = ctc.load(MODEL)
    _, left, wide, small = _inked_part(line, net.height_px, 1.0, (EDGE_PX, EDGE_PX))
    place = ((frame + 0.5) * net.stride_px - SIDE_PX) / small
    return int(left + wide * min(1.0, max(0.0, place)))


def picture(line: Gray, height_px: int, stretch: float = 1.0, edge_px: tuple[int, int] = (EDGE_PX, EDGE_PX)) -> Any:
    """The line as the net takes it: float32 [height_px, width], ink 1, cut to its ink; None if there is none.

    `stretch` and `edge_px` (rows of paper above and below) are for training, which varies them.
    """
    part, _, _, wide = _inked_part(line, height_px, stretch, edge_px)
    if part is None:
        return None
    high = height_px - sum(edge_px)
    way = cv2.INTER_AREA if high < part.shape[0] else cv2.INTER_LINEAR
    small: Any = cv2.resize(np.ascontiguousarray(part), (wide, high), interpolation=way)
    page = np.zeros((height_px, math.ceil((wide + 2 * SIDE_PX) / STEP_PX) * STEP_PX), np.float32)
    page[edge_px[0] : height_px - edge_px[1], SIDE_PX : SIDE_PX + wide] = (255 - small.astype(np.float32)) / 255
    return page


def _inked_part(
    line: Gray, height_px: int, stretch: float, edge_px: tuple[int, int]
) -> tuple[Gray | None, int, int, int]:
    """The line cut to its ink (None: there is none), where it begins, how wide it is, and how wide in the picture."""
    darkest = [np.ravel(cv2.reduce(line, axis, cv2.REDUCE_MIN)) for axis in (1, 0)]
    rows, columns = (np.flatnonzero(levels < INK) for levels in darkest)
    if not len(rows):
        return None, 0, 1, 1
    part = line[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = part.shape
    scale = (height_px - sum(edge_px)) / height
    across = scale if scale < 1 else 1 + (scale - 1) * UPWARD
    wide = int(min(max(round(width * across * stretch), LEAST_PX - 2 * SIDE_PX), MOST_PX - 2 * SIDE_PX))
    return part, int(columns[0]), width, wide
