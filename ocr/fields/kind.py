"""What a document is: check, coupon, letter, blank or other; and of a check, who drew it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from ocr.fields.lines import TextLine, says
from ocr.image.prepare import Gray, binary
from ocr.reading import Candidate, CheckKind, Field, FieldReading

SOURCE = "layout"
BLANK_SHARE = 0.0012  # of inked pixels: a ruled page has more, dust and a torn edge less
LETTER_IN, WORD_IN = (0.05, 0.6), 2.5  # height of a letter; width of a word written in one stroke
ROW_MARKS = 4  # so many of them level with each other are writing: dust and torn edges do not line up
PAGE_RATIO = 0.72  # height to width: letter 1.29, A4 1.41, folded note 0.77; checks and coupons at most 0.56
CASHIERS = ("cashiers check", "cashier's check", "official check", "bank check", "treasurers check",
            "tellers check", "remitter")  # fmt: skip
_MONEY_ORDER = ("money order", "postal money order")
_BILL_PAY = ("signature on file", "no signature required", "authorized by your depositor", "signature not required",
             "this check has been authorized", "payment by order of")  # fmt: skip


def is_blank(gray: Gray, dpi: int) -> bool:
    """Whether a page holds no writing, its outermost tenth of an inch left out.

    Little ink may be a short note that settles a debt: a few marks of the size of letters in one row are writing.
    """
    edge = max(1, round(0.1 * dpi))
    inner = gray[edge:-edge, edge:-edge]
    if inner.size == 0:
        return True
    inked = binary(inner, dpi)
    return float(cv2.countNonZero(inked)) < BLANK_SHARE * inner.size and not _has_row(inked, dpi)


def _has_row(inked: Gray, dpi: int) -> bool:
    count, _, stats, _ = cv2.connectedComponentsWithStats(inked)
    marks = np.asarray(stats)[1:count]
    low, high, wide = (round(inches * dpi) for inches in (LETTER_IN[0], LETTER_IN[1], WORD_IN))
    width, height = marks[:, cv2.CC_STAT_WIDTH], marks[:, cv2.CC_STAT_HEIGHT]
    letters = marks[(low <= height) & (height <= high) & (width <= wide)]
    middles = np.sort(letters[:, cv2.CC_STAT_TOP] + letters[:, cv2.CC_STAT_HEIGHT] / 2)
    return bool(len(middles) >= ROW_MARKS and (middles[ROW_MARKS - 1 :] - middles[: 1 - ROW_MARKS]).min() < low * 3)


def is_page(gray: Gray) -> bool:
    """Whether the paper has the shape of a letter rather than of a check or coupon."""
    height, width = gray.shape
    return bool(PAGE_RATIO * width < height < 1.6 * width)


def check_kind(lines: list[TextLine], width_in: float, has_aux: bool) -> FieldReading:
    """Who drew the check: by its printed words, else by its auxiliary on-us field and width."""
    kind, probability = CheckKind.PERSONAL, 0.9
    if any(says(one, *_MONEY_ORDER) for one in lines):
        kind, probability = CheckKind.MONEY_ORDER, 0.97
    elif any(says(one, *CASHIERS, at_least=85) for one in lines):
        kind, probability = CheckKind.CASHIERS, 0.96
    elif any(says(one, *_BILL_PAY) for one in (*lines, *_pairs(lines))):
        kind, probability = CheckKind.BILL_PAY, 0.96
    elif has_aux:
        kind, probability = CheckKind.BUSINESS, 0.93
    elif width_in > 7.5:
        kind, probability = CheckKind.BUSINESS, 0.7
    return FieldReading(Field.CHECK_KIND, (Candidate(str(kind), probability, SOURCE),))


def _pairs(lines: list[TextLine]) -> Iterator[TextLine]:
    """Each piece with the next one on its level as one: printers of all sorts set words far apart."""
    for one in lines:
        for other in lines:
            high, gap = one.box.height_px, other.box.left_px - one.piece.right_px
            if 0 <= gap < 3 * high and abs(one.piece.middle_px - other.piece.middle_px) < 0.6 * high:
                yield replace(one, text=replace(one.text, value=f"{one.value} {other.value}"))
