"""Whether a check is signed: looks for writing where signatures stand, and leaves print aside."""

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
LEFT, TOP = 0.48, 0.62  # signatures stand right of and below these shares of width and height above the MICR line
INSIDE = 0.94  # share of the width: right of it are borders, and what the scanner saw beside the paper
LOW = 0.66  # share of the height: the legal amount stands higher
BETWEEN = (0.36, 0.62)  # shares of the width between which a memo ends and a signature begins
BETWEEN_IN = 0.12  # the least white between memo and signature
RULE_LEFT, RULE_RIGHT = 0.3, 0.75  # shares of the width: a rule for both begins left and ends right of them
LEVEL_IN = 0.05  # two pieces of one ruled line differ no more in height
NEVER = -6.0  # log odds of what is surely no signature
NARROW_IN = 0.2  # a border's pattern or the paper's edge is no wider
STROKE_IN, LEAST_INK_IN2 = 0.11, 0.02  # smaller marks are specks and scraps of the paper's pattern
LEAST_HEIGHT_IN, LEAST_WIDTH_IN = 0.13, 0.35  # below these, size speaks against a signature
EDGE_PX = 2  # from the picture's right edge: the paper may end there
THICK_IN = 0.06  # thicker than any pen's stroke: a torn corner, the scanner's bed
SURE = 0.995  # the most that is claimed
# Log odds of a signature: before any size is known; for each inch of height and of width beyond the least, up to the
# size above which more tells nothing; for enough ink in strokes, and for too little.
PRIOR, PER_HEIGHT_IN, PER_WIDTH_IN = -3.5, 30, 3
TALL_IN, WIDE_IN = 0.15, 1.0
INKED, SPECKS_ONLY = 1.5, -5.0
_PRINTED = ("signature", "authorized", "depositor", "void", "nonnegotiable")


def zone(page: Sheet, bottom_px: int) -> list[Piece]:
    """The pieces where a signature may stand."""
    return [
        piece for piece in page.pieces if piece.center_px / page.width_px > LEFT and piece.middle_px / bottom_px > TOP
    ]


def memo_apart(page: Sheet, piece: Piece, bottom_px: int) -> list[Piece]:
    """A memo and the signature beside it, where specks joined the two into one piece; otherwise the piece alone."""
    low, high = (share * page.width_px for share in BETWEEN)
    if piece.middle_px < LOW * bottom_px or piece.box.left_px > low or piece.right_px < high:
        return [piece]
    white = gaps(box for box in (page.boxes[mark] for mark in piece.marks) if _is_stroke(box, page.dpi))
    between = [(right - left, (left + right) / 2) for left, right in white if low < (left + right) / 2 < high]
    wide, middle = max(between, key=lambda gap: gap[0], default=(0, 0.0))
    return cut(page, piece, round(middle)) if wide > BETWEEN_IN * page.dpi else [piece]


def read_signature(page: Sheet, bottom_px: int, texts: dict[Piece, Text]) -> FieldReading:
    """The value is "present" or "absent", by the piece most like a signature; `texts` are the pieces that were read."""
    written = [piece for piece in zone(page, bottom_px) if piece not in texts or not _is_print(texts[piece])]
    pieces = [*written, *_on_one_line(page, written), *_right_parts(page, bottom_px)]
    pieces = [piece for piece in pieces if not all(_is_at_edge(page.boxes[mark], page) for mark in piece.marks)]
    scored = [
        (_log_odds(piece.box, [page.boxes[mark] for mark in piece.marks], page.dpi), piece.box) for piece in pieces
    ]
    scored += [(_log_odds(box, [mark], page.dpi), box) for mark, box in _inside(page, bottom_px)]
    best, chosen = max(scored, key=lambda score: score[0], default=(NEVER, None))
    present = 1 / (1 + exp(-best))
    value, probability = ("present", present) if present >= 0.5 else ("absent", 1 - present)
    candidate = Candidate(value, min(SURE, probability), SOURCE)
    return FieldReading(Field.SIGNATURE, (candidate,), chosen if best > NEVER else None)


def _on_one_line(page: Sheet, pieces: list[Piece]) -> Iterator[Piece]:
    """Separate strokes on one ruled line, as one piece: flat signatures break where they run along their rule."""
    level = sorted((piece.rule.top, at, piece) for at, piece in enumerate(pieces) if piece.rule is not None)
    row: list[Piece] = []
    for at, (top, _, piece) in enumerate(level):
        row.append(piece)
        if at + 1 == len(level) or level[at + 1][0] - top > LEVEL_IN * page.dpi:
            if len(row) > 1:
                yield joined(row)
            row = []


def _right_parts(page: Sheet, bottom_px: int) -> Iterator[Piece]:
    """The right parts of pieces that join a signature to a memo or the bank's name on the same line."""
    left_px = LEFT * page.width_px
    for piece in page.pieces:
        rule = piece.rule
        if rule is None or piece.center_px > left_px or piece.right_px < left_px + LEAST_WIDTH_IN * page.dpi:
            continue
        if piece.middle_px < LOW * bottom_px or rule.left > RULE_LEFT * page.width_px:
            continue
        if rule.right < RULE_RIGHT * page.width_px:
            continue
        right_marks = [mark for mark in piece.marks if page.boxes[mark][0] + page.boxes[mark][2] / 2 > left_px]
        if right_marks:
            yield piece_of(page.boxes, right_marks, rule)


def _inside(page: Sheet, bottom_px: int) -> Iterator[tuple[list[int], Box]]:
    """What marks that run off the paper or into its border have inside; the whole mark is too large for writing."""
    top, left, right = round(TOP * bottom_px), round(LEFT * page.width_px), round(INSIDE * page.width_px)
    outgoing = [
        mark
        for mark, (x, y, width, height, _) in enumerate(page.boxes)
        if mark and x < right < x + width and y < bottom_px and y + height > top
    ]
    if outgoing:
        part = np.isin(page.labels[top:bottom_px, left:right], outgoing).astype(np.uint8)
        labels, boxes = components(part)
        torn = set(labels[cv2.erode(part, square(round(THICK_IN * page.dpi))) > 0].tolist())
        for at, mark in enumerate(boxes):
            if at and at not in torn:
                yield mark, Box(left + mark[0], top + mark[1], mark[2], mark[3])


def _log_odds(box: Box, marks: Iterable[Sequence[int]], dpi: int) -> float:
    """How much writing looks like a signature: large, wide, with its ink in strokes and not in specks."""
    height, width = box.height_px / dpi, box.width_px / dpi
    if width < NARROW_IN:
        return NEVER
    ink_in2 = sum(mark[4] for mark in marks if _is_stroke(mark, dpi)) / dpi**2
    by_height = PER_HEIGHT_IN * min(height - LEAST_HEIGHT_IN, TALL_IN)
    by_width = PER_WIDTH_IN * min(width - LEAST_WIDTH_IN, WIDE_IN)
    return PRIOR + by_height + by_width + (INKED if ink_in2 > LEAST_INK_IN2 else SPECKS_ONLY)


def _is_stroke(box: Sequence[int], dpi: int) -> bool:
    """Whether a mark is larger than a speck."""
    return max(box[2:4]) >= STROKE_IN * dpi


def _is_at_edge(box: Sequence[int], page: Sheet) -> bool:
    """Whether a mark touches the paper's right edge: a torn corner, the scanner's bed, or a case for `_inside`."""
    return box[0] + box[2] >= page.width_px - EDGE_PX


def _is_print(text: Text) -> bool:
    plain = squeezed(text.value)
    if any(word in plain for word in _PRINTED):
        return True
    return bool(re.search(r"(?i)dollars|memo", text.value))
