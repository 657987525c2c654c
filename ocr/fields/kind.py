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
EDGE_IN = 0.1  # the edge of a page may show the scanner's bed
BLANK_SHARE = 0.0012  # of pixels inked: a ruled page has more, dust and a torn edge have less
LETTER_IN, WORD_IN = (0.05, 0.6), 2.5  # height of a letter; width of a word written in one stroke
ROW_MARKS = 4  # so many of them level with each other are writing: dust and torn edges do not line up
ROW_LETTERS = 3  # marks within so many of the smallest letters' heights are level
PAGE_RATIO = 0.72  # height to width: letter 1.29, A4 1.41, folded note 0.77; checks and coupons at most 0.56
LONG_RATIO = 1.6  # a higher one is a check or coupon on end
BUSINESS_IN = 7.5  # wide and more: business checks have 8.5 inches, personal ones 6
ALIKE = 85.0  # percent, for a cashier's check: more than `lines.says` asks of other words
GAP, LEVEL = 3.0, 0.6  # between words of one phrase, in heights of the first: how far apart, and how level
CASHIERS = (
    "cashiers check",
    "cashier's check",
    "official check",
    "bank check",
    "treasurers check",
    "tellers check",
    "remitter",
)
_MONEY_ORDER = ("money order", "postal money order")
_BILL_PAY = (
    "signature on file",
    "no signature required",
    "authorized by your depositor",
    "signature not required",
    "this check has been authorized",
    "payment by order of",
)
# The chance that each of these signs gives the kind correctly.
BY_MONEY_ORDER, BY_CASHIERS, BY_BILL_PAY, BY_AUX, BY_WIDTH, BY_NOTHING = 0.97, 0.96, 0.96, 0.93, 0.7, 0.9


def is_blank(gray: Gray, dpi: int) -> bool:
    """Whether a page holds no writing, its outermost tenth of an inch left out.

    Little ink may be a short note that settles a debt: a few marks of the size of letters in one row are writing.
    """
    edge = max(1, round(EDGE_IN * dpi))
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
    if len(middles) < ROW_MARKS:
        return False
    return bool((middles[ROW_MARKS - 1 :] - middles[: 1 - ROW_MARKS]).min() < low * ROW_LETTERS)


def is_page(gray: Gray) -> bool:
    """Whether the paper has the shape of a letter rather than of a check or coupon."""
    height, width = gray.shape
    return bool(PAGE_RATIO * width < height < LONG_RATIO * width)


def check_kind(lines: list[TextLine], width_in: float, has_aux: bool) -> FieldReading:
    """Who drew the check: by its printed words, else by its auxiliary on-us field and width."""
    kind, probability = CheckKind.PERSONAL, BY_NOTHING
    if any(says(line, *_MONEY_ORDER) for line in lines):
        kind, probability = CheckKind.MONEY_ORDER, BY_MONEY_ORDER
    elif any(says(line, *CASHIERS, at_least=ALIKE) for line in lines):
        kind, probability = CheckKind.CASHIERS, BY_CASHIERS
    elif any(says(line, *_BILL_PAY) for line in (*lines, *_pairs(lines))):
        kind, probability = CheckKind.BILL_PAY, BY_BILL_PAY
    elif has_aux:
        kind, probability = CheckKind.BUSINESS, BY_AUX
    elif width_in > BUSINESS_IN:
        kind, probability = CheckKind.BUSINESS, BY_WIDTH
    return FieldReading(Field.CHECK_KIND, (Candidate(str(kind), probability, SOURCE),))


def _pairs(lines: list[TextLine]) -> Iterator[TextLine]:
    """Each piece with the next one on its level as one: printers of all sorts set words far apart."""
    for left in lines:
        for right in lines:
            high, gap = left.box.height_px, right.box.left_px - left.piece.right_px
            if 0 <= gap < GAP * high and abs(left.piece.middle_px - right.piece.middle_px) < LEVEL * high:
                yield replace(left, text=replace(left.text, value=f"{left.value} {right.value}"))
