"""A page of writing taken apart into its rows, however it is ruled and however they hang into one another.

A check is taken apart by its rules (`ocr.layout.zones`). A page has rows from edge to edge, all with one slope, and a
row shows only against the rows around it: where the ink of the whole page is thick and where it is thin.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.image.prepare import Gray, binary, components, deskewed, skew_of_print, square, turned
from ocr.layout.piece import piece_of
from ocr.layout.ruled import Boxes, unruled
from ocr.layout.zones import Sheet, line_image
from ocr.nets.text import INK
from ocr.reading import Box

HIGH_IN, EDGE_IN = 1.5, 0.5  # higher marks are no writing, in the page and at its edges
UPRIGHT_IN, UPRIGHT = 0.15, 12  # higher marks, so many times as high as wide, are frames or the paper's edge
EDGE_UPRIGHT = 3  # the same for marks at the edge
LOW_IN, FLAT = 0.035, 6  # lower than the smallest print; so many times as wide as high: what is left of a rule
SOLID_IN = 0.1  # at the edge only the scanner's bed beside the paper is so thick
NEAR_IN = 0.05  # to an edge
DARK = 100  # gray level
SHRUNK = 4  # the bed is searched for at this fraction of the resolution
SMOOTH = 0.2  # of the height of letters: over that the ink of rows is averaged
FAINT = 0.02  # of the thickest row's ink: less is no row
CLOSE = 0.8  # of the height of letters: rows nearer than that are one
THIN = 0.9  # of the ink of the rows on both sides: what is not thinner does not part them
TALL, REACH = 0.4, 1.5  # of the height of letters: lower marks may be dust; letters are this near to the row's middle
TAILS, AROUND_PX = 0.1, 3  # of the ink of the row's thickest line: less are the ends of tails; paper left around it
AVERAGED_PX = 5  # lines that its ink is averaged over
DUSTY = 3  # specks to a mark: more are not the dots of its letters


@dataclass(frozen=True, slots=True)
class _Bands:
    """The page's rows of writing, in rows of pixels: where each has most ink, where one ends and the next begins."""

    middles: list[int]
    borders: list[int]
    usual_px: float  # height of a letter, or of a word written in one stroke

    def row_of(self, top: int, foot: int) -> int:
        """The row that a mark stands in."""
        return bisect_left(self.borders, (top + foot) / 2)

    def cuts(self, top: int, foot: int) -> list[int]:
        """Where to cut a mark that goes through the middles of several rows, its own ends included; else only these."""
        first, last = bisect_left(self.middles, top), bisect_left(self.middles, foot)
        return [top, *self.borders[first : last - 1], foot] if last - first > 1 else [top, foot]


def sheet(gray: Gray, dpi: int) -> tuple[Sheet, float]:
    """The page, leveled, each of its pieces a whole row, top to bottom; and by how many degrees it fell to the right.

    The pieces' pictures (`Sheet.images`) are without the ends of tails and loops.
    """
    plain = _without_bed(gray, dpi)
    skew = skew_of_print(plain, dpi)
    level = deskewed(plain, skew)
    _, clean, (labels, boxes) = unruled(binary(level, dpi), dpi)
    marks, dots = _letters(boxes, clean.shape, dpi)
    if not marks:
        return Sheet(level, clean, labels, boxes, dpi, (), ()), skew
    bands = _bands(labels, boxes, marks)
    labels, boxes, marks = _cut_marks(labels, boxes, marks, bands)
    pieces = [piece_of(boxes, row, None) for row in _rows(boxes, marks + dots, bands) if row]
    page = Sheet(level, clean, labels, boxes, dpi, (), tuple(pieces))
    for piece in pieces:
        page.images[piece] = _without_tails(line_image(page, piece))
    return page, skew


def overturned(page: Sheet) -> Sheet:
    """The same page the other way up."""
    height, width = page.gray.shape

    def over(left: int, top: int, wide: int, high: int) -> tuple[int, int, int, int]:
        return width - left - wide, height - top - high, wide, high

    boxes = [[*over(*box), area] for *box, area in page.boxes]
    turned_over = {piece: replace(piece, box=Box(*over(*astuple(piece.box)))) for piece in reversed(page.pieces)}
    images = {turned_over[piece]: turned(row, 180) for piece, row in page.images.items()}
    gray, ink = turned(page.gray, 180), turned(page.ink, 180)
    return Sheet(gray, ink, page.labels[::-1, ::-1], boxes, page.dpi, (), tuple(turned_over.values()), images)


def _without_bed(gray: Gray, dpi: int) -> Gray:
    """The page without the dark bed of the scanner beside it, which would join rows and give a wrong slope."""
    small: Any = cv2.resize(gray, None, fx=1 / SHRUNK, fy=1 / SHRUNK, interpolation=cv2.INTER_AREA)
    dark: Any = cv2.threshold(small, DARK, 255, cv2.THRESH_BINARY_INV)[1]
    side = max(3, round(SOLID_IN * dpi / SHRUNK))
    solid: Any = cv2.morphologyEx(dark, cv2.MORPH_OPEN, square(side))
    labels, boxes = components(solid)
    height, width = dark.shape
    beside = [
        mark
        for mark, (left, top, wide, high, _) in enumerate(boxes[1:], 1)
        if min(left, top) == 0 or left + wide == width or top + high == height
    ]
    if not beside:
        return gray
    bed: Any = np.isin(labels, beside).astype(np.uint8) * 255
    grown: Any = cv2.dilate(bed, square(5))
    enlarged: Any = cv2.resize(grown, gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
    lit: Any = cv2.max(gray, enlarged)
    return np.asarray(lit, np.uint8)


def _letters(boxes: Boxes, shape: tuple[int, ...], dpi: int) -> tuple[list[int], list[int]]:
    """Marks that may be letters or words, or several rows of them; and those that may be their dots, or dust."""
    height, width = shape
    near = NEAR_IN * dpi
    letters, dots = [], []
    for mark, (left, top, wide, high, _) in enumerate(boxes[1:], 1):
        if high < LOW_IN * dpi:
            if wide <= FLAT * high:  # otherwise it is what is left of a rule, or a crease
                dots.append(mark)
            continue
        if high > HIGH_IN * dpi or (high > UPRIGHT_IN * dpi and high > UPRIGHT * wide):
            continue
        at_edge = left < near or top < near or left + wide > width - near or top + high > height - near
        if at_edge and (high > EDGE_IN * dpi or high > EDGE_UPRIGHT * wide or wide > FLAT * high):
            continue
        letters.append(mark)
    return letters, dots


def _bands(labels: NDArray[Any], boxes: Boxes, marks: list[int]) -> _Bands:
    """The rows that these marks make together: two of them are apart, and the ink between them is thinner."""
    ordered = sorted((boxes[mark][3], boxes[mark][2]) for mark in marks)
    widths = np.cumsum([width for _, width in ordered])
    usual = float(ordered[int(np.searchsorted(widths, widths[-1] / 2))][0])
    ink = _ink_of_rows(labels, len(boxes), marks, usual)
    middles: list[int] = []
    for at in (np.flatnonzero((ink[1:-1] > ink[:-2]) & (ink[1:-1] >= ink[2:])) + 1).tolist():
        if ink[at] < FAINT * ink.max():
            continue
        last = middles[-1] if middles else None
        if last is None or (at - last >= CLOSE * usual and ink[last:at].min() <= THIN * min(ink[last], ink[at])):
            middles.append(at)
        elif ink[at] > ink[last]:
            middles[-1] = at
    middles = middles or [int(ink.argmax())]
    thinnest = [np.flatnonzero(ink[upper:lower] == ink[upper:lower].min()) for upper, lower in pairwise(middles)]
    borders = [upper + int(np.median(least)) for upper, least in zip(middles, thinnest, strict=False)]
    return _Bands(middles, borders, usual)


def _ink_of_rows(labels: NDArray[Any], count: int, marks: list[int], usual_px: float) -> NDArray[np.float64]:
    """How much ink of these marks, of `count`, each row of pixels has, averaged with the rows around it."""
    chosen = np.zeros(count, np.uint8)
    chosen[marks] = 1
    sigma = max(1.0, SMOOTH * usual_px)
    rows: Any = cv2.reduce(chosen[labels], 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F)
    blurred: Any = cv2.GaussianBlur(rows, (1, 2 * round(3 * sigma) + 1), sigma, borderType=cv2.BORDER_CONSTANT)
    ink: NDArray[np.float64] = blurred[:, 0]
    return ink


def _cut_marks(
    labels: NDArray[Any], boxes: Boxes, marks: list[int], bands: _Bands
) -> tuple[NDArray[Any], Boxes, list[int]]:
    """Marks that go through several rows cut between them: each part is a mark of its own."""
    labels, boxes = labels.astype(np.int32), list(boxes)
    parts = []
    for mark in marks:
        left, top, width, height, _ = boxes[mark]
        ends = bands.cuts(top, top + height)
        if len(ends) == 2:
            parts.append(mark)
            continue
        for upper, lower in pairwise(ends):
            area = labels[upper:lower, left : left + width]
            inked = area == mark
            rows, columns = np.flatnonzero(inked.any(axis=1)).tolist(), np.flatnonzero(inked.any(axis=0)).tolist()
            if rows:
                area[inked] = len(boxes)
                parts.append(len(boxes))
                size = [columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1, int(np.count_nonzero(inked))]
                boxes.append([left + columns[0], upper + rows[0], *size])
    return labels, boxes, parts


def _rows(boxes: Boxes, marks: list[int], bands: _Bands) -> list[list[int]]:
    """Each row's letters and the small marks among them, without the dust and the remains of rules around them."""
    rows: list[list[int]] = [[] for _ in bands.middles]
    for mark in marks:
        _, top, _, height, _ = boxes[mark]
        rows[bands.row_of(top, top + height)].append(mark)
    return [_letters_of(boxes, row, middle, bands.usual_px) for row, middle in zip(rows, bands.middles, strict=True)]


def _letters_of(boxes: Boxes, marks: list[int], middle: int, usual_px: float) -> list[int]:
    low, far = TALL * usual_px, REACH * usual_px
    tall = [mark for mark in marks if boxes[mark][3] >= low and abs(boxes[mark][1] + boxes[mark][3] / 2 - middle) < far]
    if not tall:
        return []
    row = piece_of(boxes, tall, None)
    small = []
    for mark in marks:
        left, top, width, height, _ = boxes[mark]
        across = row.box.left_px - usual_px < left + width / 2 < row.right_px + usual_px
        if height < low and across and row.box.top_px <= top + height / 2 <= row.foot_px:
            small.append(mark)
    return tall + small if len(small) < DUSTY * len(tall) else tall


def _without_tails(row: Gray) -> Gray:
    """A row's picture without the ends of its tails and loops, which would make its letters small."""
    ink = np.convolve((row < INK).sum(axis=1), np.ones(AVERAGED_PX) / AVERAGED_PX, mode="same")
    inked = np.flatnonzero(ink > TAILS * ink.max())
    return row[max(0, inked[0] - AROUND_PX) : inked[-1] + 1 + AROUND_PX] if len(inked) else row
