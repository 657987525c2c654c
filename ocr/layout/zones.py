"""Where text stands on an upright document: the pieces of text on printed lines and between them.

Nothing in this module knows a particular check stock: a piece of text is found by its ink, and described by where it
stands, in inches from the paper's top left corner and as shares of the paper's width and height.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from ocr.image.prepare import Gray, binary, components, evened, square
from ocr.layout.piece import Piece, piece_of
from ocr.layout.rising import untangled
from ocr.layout.rows import LETTER_IN, ROW_IN, SPECK_IN, big_enough, dotted, marks_of, pieces_of
from ocr.layout.ruled import Boxes, Labels, Rule, is_lid, unruled

RULE_IN = 0.02  # a rule's thickness at most
MARGIN = 0.18  # paper around a line, as share of its height
BLACK, STROKE, WHITE = map(np.uint8, (0, 160, 255))  # gray levels; no mark of a piece is lighter than STROKE
QUARTER_INKED = 63  # of 255: a pixel at half the resolution is ink if a quarter of it is
NARROW = 0.4  # of its height: narrower marks are no letters


@dataclass(frozen=True, slots=True)
class Sheet:
    """An upright document taken apart. `ink` is uint8 [height, width], 255 ink, without rules.

    `labels` [height, width] its marks, by label `boxes` where they are.
    """

    gray: Gray
    ink: Gray
    labels: Labels
    boxes: Boxes
    dpi: int
    rules: tuple[Rule, ...]
    pieces: tuple[Piece, ...]
    images: dict[Piece, Gray] = field(default_factory=dict)  # of pieces that were cut out: several readers need them

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.gray.shape[1])

    @property
    def height_px(self) -> int:
        """Rows."""
        return int(self.gray.shape[0])


def sheet(gray: Gray, dpi: int, bottom_px: int | None = None, inked: Gray | None = None) -> Sheet:
    """All pieces of text above `bottom_px` (where a MICR line begins), in reading order.

    `inked` is the picture's `binary`, if it is known.
    """
    bottom = gray.shape[0] if bottom_px is None else max(1, min(bottom_px, gray.shape[0]))
    inked = binary(gray, dpi) if inked is None else inked.copy()
    inked[bottom:] = 0
    rules, clean, (labels, boxes) = unruled(inked, dpi)
    marks, dots = marks_of(labels, boxes, dpi)
    floors = [rule for rule in rules if not is_lid(rule, rules, dpi)]
    parted = untangled(pieces_of(boxes, marks, floors, dpi), boxes, gray.shape[1], dpi)
    pieces = dotted(big_enough(parted, dpi), boxes, dots)
    return Sheet(gray, clean, labels, boxes, dpi, tuple(rules), tuple(pieces))


def large_ink_in(gray: Gray, dpi: int, least_in: float) -> tuple[float, float]:
    """The greatest total width, in any one row, of marks higher than `least_in` that could be writing.

    In inches; then the same for the picture turned a quarter. A quick look, at half the resolution, to see whether it
    pays to take a page apart. What touches the edge is the scanner's bed.
    """
    inked = binary(gray, dpi)
    half: Any = cv2.resize(inked, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    _, marks = components(np.asarray(cv2.threshold(half, QUARTER_INKED, 255, cv2.THRESH_BINARY)[1], np.uint8))
    high, wide = half.shape
    boxes = [box for box in marks[1:] if 0 < box[0] < wide - box[2] and 0 < box[1] < high - box[3]]
    turned = [[top, left, height, width, area] for left, top, width, height, area in boxes]
    return _widest_row_in(boxes, high, dpi, least_in), _widest_row_in(turned, wide, dpi, least_in)


def _widest_row_in(boxes: Boxes, height_px: int, dpi: int, least_in: float) -> float:
    """The same for boxes at half the resolution. What has no more ink than one stroke from end to end is a rule."""
    low, high, pitch = least_in * dpi / 2, LETTER_IN * dpi / 2, ROW_IN * dpi / 4
    rows = [0] * (2 + int(height_px / pitch))  # each half a row high, and overlapping
    for _, top, width, height, area in boxes:
        wide = width > max(SPECK_IN * dpi / 2, NARROW * height)
        if low < height < high and wide and area > RULE_IN * dpi / 2 * width:
            at = int((top + height / 2) / pitch)
            rows[at] += width
            rows[at + 1] += width
    return 2 * max(rows) / dpi


def line_image(page: Sheet, piece: Piece) -> Gray:
    """The piece alone, black ink on white paper, without the rule and without what belongs to other rows."""
    if piece not in page.images:
        page.images[piece] = _cut_out(page, piece)
    return page.images[piece]


def _cut_out(page: Sheet, piece: Piece) -> Gray:
    box = piece.box
    pad, left = _pad_px(piece), image_left_px(piece)
    top = max(0, box.top_px - pad)
    rows = slice(top, box.top_px + box.height_px + pad)
    columns = slice(left, box.left_px + box.width_px + 2 * pad)
    labels = page.labels[rows, columns]
    of_piece = np.zeros(len(page.boxes), np.uint8)
    of_piece[list(piece.marks)] = 255
    own = of_piece[labels]
    near: Any = cv2.dilate(own, square(3))
    near &= own | np.where(labels, BLACK, WHITE)  # not the ink of another piece
    shade: Gray = np.minimum(evened(page.gray[rows, columns]), np.where(own, STROKE, WHITE))
    shade |= ~near
    return shade


def image_left_px(piece: Piece) -> int:
    """The column of the page at which `line_image` begins."""
    return max(0, piece.box.left_px - 2 * _pad_px(piece))


def _pad_px(piece: Piece) -> int:
    return max(2, round(MARGIN * piece.box.height_px))


def cut(page: Sheet, piece: Piece, column_px: int) -> list[Piece]:
    """The piece in two, left and right of a column of the page; in one if all of it is on one side."""
    left = [mark for mark in piece.marks if page.boxes[mark][0] + page.boxes[mark][2] / 2 < column_px]
    right = [mark for mark in piece.marks if mark not in left]
    return [piece_of(page.boxes, part, piece.rule) for part in (left, right)] if left and right else [piece]
