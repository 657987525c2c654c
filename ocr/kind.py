"""What a document is: check, coupon, letter, blank or other; and of a check, who drew it."""

from __future__ import annotations

import cv2

from ocr.lines import Line, says
from ocr.prepare import Gray, binary
from ocr.reading import Candidate, CheckKind, FieldReading, Name

SOURCE = "layout"
BLANK_SHARE = 0.0012  # of inked pixels: a ruled page has more, dust and a torn edge less
PAGE_RATIO = 0.72  # height to width: letter 1.29, A4 1.41, folded note 0.77; checks and coupons at most 0.56
_CASHIERS = ("cashiers check", "cashier's check", "official check", "bank check", "treasurers check",
             "tellers check", "remitter")  # fmt: skip
_MONEY_ORDER = ("money order", "postal money order")
_BILL_PAY = ("signature on file", "no signature required", "authorized by your depositor", "signature not required",
             "this check has been authorized", "payment by order of")  # fmt: skip


def is_blank(gray: Gray, dpi: int) -> bool:
    """Whether a page holds no ink to speak of, its outermost tenth of an inch left out."""
    edge = max(1, round(0.1 * dpi))
    inner = gray[edge:-edge, edge:-edge]
    if inner.size == 0:
        return True
    return float(cv2.countNonZero(binary(inner, dpi))) < BLANK_SHARE * inner.size


def is_page(gray: Gray) -> bool:
    """Whether the paper has the shape of a letter rather than of a check or coupon."""
    height, width = gray.shape
    return bool(PAGE_RATIO * width < height < 1.6 * width)


def check_kind(lines: list[Line], width_in: float, has_aux: bool) -> FieldReading:
    """Who drew the check: by its printed words, else by its auxiliary on-us field and width."""
    kind, probability = CheckKind.PERSONAL, 0.9
    if any(says(one, *_MONEY_ORDER) for one in lines):
        kind, probability = CheckKind.MONEY_ORDER, 0.97
    elif any(says(one, *_CASHIERS, at_least=85) for one in lines):
        kind, probability = CheckKind.CASHIERS, 0.96
    elif any(says(one, *_BILL_PAY, at_least=85) for one in lines):
        kind, probability = CheckKind.BILL_PAY, 0.96
    elif has_aux:
        kind, probability = CheckKind.BUSINESS, 0.93
    elif width_in > 7.5:
        kind, probability = CheckKind.BUSINESS, 0.7
    return FieldReading(Name.CHECK_KIND, (Candidate(str(kind), probability, SOURCE),))
