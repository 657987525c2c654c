"""Whether a check is signed: writing where signatures stand, told from print by its unevenness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import exp

import cv2
import numpy as np

from ocr.fields.lines import squeezed
from ocr.image.prepare import components, square
from ocr.layout.piece import Piece, gaps, joined, piece_of
from ocr.layout.zones import Sheet, cut
from ocr.nets.ppocr import Text
from ocr.reading import Box, Candidate, Field, FieldReading

SOURCE = "ink"
LEFT, TOP = 0.48, 0.62  # share of width and of the height above the MICR line
INSIDE = 0.94  # of the width: borders and what the scanner saw beside the paper stand right of it
LOW = 0.66  # the line of the words stands higher
BETWEEN, BETWEEN_IN = (0.36, 0.62), 0.12  # where a memo ends and a signature begins, and the least white between them
LEVEL_IN = 0.05  # so much may two pieces of one ruled line differ
NEVER = -6.0  # log odds
NARROW_IN = 0.2
STROKE_IN, LEAST_INK_IN2 = 0.11, 0.02  # smaller marks are specks and rags of the paper's pattern
LEAST_HEIGHT_IN = 0.13
LEAST_WIDTH_IN = 0.35
EDGE_PX = 2  # of the picture, and the paper may end there
THICK_IN = 0.06  # no pen's stroke: a torn corner, the scanner's bed
_PRINTED = ("signature", "authorized", "depositor", "void", "nonnegotiable")


def zone(page: Sheet, bottom_px: int) -> list[Piece]:
    """The pieces where a signature may stand."""
    return [one for one in page.pieces if one.center_px / page.width_px > LEFT and one.middle_px / bottom_px > TOP]


def memo_apart(page: Sheet, piece: Piece, bottom_px: int) -> list[Piece]:
    """A memo and the signature beside it, where specks between them made one piece of both; else the piece alone."""
    low, high = (share * page.width_px for share in BETWEEN)
    if piece.middle_px < LOW * bottom_px or piece.box.left_px > low or piece.right_px < high:
        return [piece]
    white = gaps(box for box in (page.boxes[one] for one in piece.marks) if _is_stroke(box, page.dpi))
    between = [(right - left, (left + right) / 2) for left, right in white if low < (left + right) / 2 < high]
    wide, middle = max(between, key=lambda one: one[0], default=(0, 0.0))
    return cut(page, piece, round(middle)) if wide > BETWEEN_IN * page.dpi else [piece]


def read_signature(page: Sheet, bottom_px: int, texts: dict[Piece, Text]) -> FieldReading:
    """ "present" or "absent", by the piece that looks most like one; `texts` are those pieces that were read."""
    unread = [one for one in zone(page, bottom_px) if one not in texts or not _is_print(texts[one])]
    pieces = [*unread, *_on_one_line(page, unread), *_right_parts(page, bottom_px)]
    pieces = [one for one in pieces if not all(_is_at_edge(page.boxes[mark], page) for mark in one.marks)]
    seen = [(_score(one.box, [page.boxes[mark] for mark in one.marks], page.dpi), one.box) for one in pieces]
    seen += [(_score(box, [mark], page.dpi), box) for mark, box in _inside(page, bottom_px)]
    best, chosen = max(seen, key=lambda one: one[0], default=(NEVER, None))
    present = 1 / (1 + exp(-best))
    value, probability = ("present", present) if present >= 0.5 else ("absent", 1 - present)
    candidate = Candidate(value, min(0.995, probability), SOURCE)
    return FieldReading(Field.SIGNATURE, (candidate,), chosen if best > NEVER else None)


def _on_one_line(page: Sheet, pieces: list[Piece]) -> Iterator[Piece]:
    """Strokes that stand apart on one level, as one piece: flat signatures break where they run along their rule."""
    level = sorted((one.rule.top, at, one) for at, one in enumerate(pieces) if one.rule is not None)
    row: list[Piece] = []
    for at, (top, _, piece) in enumerate(level):
        row.append(piece)
        if at + 1 == len(level) or level[at + 1][0] - top > LEVEL_IN * page.dpi:
            if len(row) > 1:
                yield joined(row)
            row = []


def _right_parts(page: Sheet, bottom_px: int) -> Iterator[Piece]:
    """Signatures that run close to what stands left of them on the same line, a memo or the bank's name."""
    left_px = LEFT * page.width_px
    for piece in page.pieces:
        rule = piece.rule
        if rule is None or piece.center_px > left_px or piece.right_px < left_px + LEAST_WIDTH_IN * page.dpi:
            continue
        if piece.middle_px < LOW * bottom_px or rule.left > 0.3 * page.width_px or rule.right < 0.75 * page.width_px:
            continue
        mine = [one for one in piece.marks if page.boxes[one][0] + page.boxes[one][2] / 2 > left_px]
        if mine:
            yield piece_of(page.boxes, mine, rule)


def _inside(page: Sheet, bottom_px: int) -> Iterator[tuple[list[int], Box]]:
    """What is left inside of it of marks that run off the paper or into its border: as a whole they are no writing."""
    top, left, right = round(TOP * bottom_px), round(LEFT * page.width_px), round(INSIDE * page.width_px)
    off = [
        mark
        for mark, (x, y, width, height, _) in enumerate(page.boxes)
        if mark and x < right < x + width and y < bottom_px and y + height > top
    ]
    if off:
        part = np.isin(page.labels[top:bottom_px, left:right], off).astype(np.uint8)
        labels, boxes = components(part)
        torn = set(labels[cv2.erode(part, square(round(THICK_IN * page.dpi))) > 0].tolist())
        for at, mark in enumerate(boxes):
            if at and at not in torn:
                yield mark, Box(left + mark[0], top + mark[1], mark[2], mark[3])


def _score(box: Box, marks: Iterable[Sequence[int]], dpi: int) -> float:
    """How much writing looks like a signature, as log odds: large, wide, much ink in strokes and not in specks."""
    height, width = box.height_px / dpi, box.width_px / dpi
    if width < NARROW_IN:  # of a border's pattern or the paper's edge
        return NEVER
    area = sum(one[4] for one in marks if _is_stroke(one, dpi)) / dpi**2
    odds = -3.5 + 30 * min(height - LEAST_HEIGHT_IN, 0.15) + 3 * min(width - LEAST_WIDTH_IN, 1.0)
    return odds + (1.5 if area > LEAST_INK_IN2 else -5.0)


def _is_stroke(box: Sequence[int], dpi: int) -> bool:
    """Whether a mark is no speck."""
    return max(box[2:4]) >= STROKE_IN * dpi


def _is_at_edge(box: Sequence[int], page: Sheet) -> bool:
    """Whether a mark touches the paper's right edge: a torn corner, the scanner's bed, or what `_inside` looks at."""
    return box[0] + box[2] >= page.width_px - EDGE_PX


def _is_print(text: Text) -> bool:
    plain = squeezed(text.value)
    if any(word in plain for word in _PRINTED):
        return True
    return bool(re.search(r"(?i)dollars|memo", text.value))
