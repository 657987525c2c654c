"""Who drew a check, by its printed words."""

from __future__ import annotations

import numpy as np

from ocr.fields.kind import check_kind
from ocr.fields.lines import TextLine
from ocr.layout.piece import Piece
from ocr.nets.ppocr import Text
from ocr.reading import Box, CheckKind


def _line(value: str, left_px: int) -> TextLine:
    box = Box(left_px, 400, 9 * len(value), 18)
    return TextLine(Piece(box, None, (1,)), Text(value, 0.9, np.zeros((1, 96), np.float32)), 0.7, 0.8, 0.09, 1.0)


def test_words_set_far_apart_are_one_phrase() -> None:
    apart = [_line("NO SIGNATURE", 1000), _line("REQUIRED", 1000 + 9 * 12 + 40)]
    found = check_kind(apart, 8.5, False).best
    assert found is not None
    assert found.value == CheckKind.BILL_PAY
    alone = check_kind(apart[1:], 8.5, False).best
    assert alone is not None
    assert alone.value == CheckKind.BUSINESS


def test_a_few_letters_misread_leave_it_a_bill_payment() -> None:
    found = check_kind([_line("NO SIGMATURE REIJIRED", 1166)], 8.5, True).best
    assert found is not None
    assert found.value == CheckKind.BILL_PAY
