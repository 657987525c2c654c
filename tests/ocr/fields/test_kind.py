"""What a paper is by its ink and shape, and who drew a check, by its printed words."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.fields.kind import check_kind, is_blank, is_page
from ocr.fields.lines import TextLine
from ocr.layout.piece import Piece
from ocr.nets.ppocr import Text
from ocr.reading import Box, CheckKind

DPI = 200


def _line(value: str, left_px: int = 1000) -> TextLine:
    box = Box(left_px, 400, 9 * len(value), 18)
    return TextLine(Piece(box, None, (1,)), Text(value, 0.9, np.zeros((1, 96), np.float32)), 0.7, 0.8, 0.09, 1.0)


def _kind(lines: list[TextLine], width_in: float = 6.0, has_aux: bool = False) -> str:
    best = check_kind(lines, width_in, has_aux).best
    assert best is not None
    return best.value


def test_words_set_far_apart_are_one_phrase() -> None:
    apart = [_line("NO SIGNATURE", 1000), _line("REQUIRED", 1000 + 9 * 12 + 40)]
    assert _kind(apart, 8.5) == CheckKind.BILL_PAY
    assert _kind(apart[1:], 8.5) == CheckKind.BUSINESS


def test_a_few_letters_misread_leave_it_a_bill_payment() -> None:
    assert _kind([_line("NO SIGMATURE REIJIRED")], 8.5, has_aux=True) == CheckKind.BILL_PAY


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("CASHIER'S CHECK", CheckKind.CASHIERS),
        ("Remitter", CheckKind.CASHIERS),
        ("U.S. POSTAL MONEY ORDER", CheckKind.MONEY_ORDER),
        ("First Prairie Bank", CheckKind.PERSONAL),
    ],
)
def test_printed_words_tell_who_drew_the_check(words: str, kind: CheckKind) -> None:
    assert _kind([_line(words)]) == kind


def test_without_such_words_an_auxiliary_field_or_the_width_makes_it_a_business_check() -> None:
    by_aux, by_width = check_kind([], 6.0, True).best, check_kind([], 8.5, False).best
    assert by_aux is not None
    assert by_width is not None
    assert by_aux.value == by_width.value == CheckKind.BUSINESS
    assert by_aux.probability > by_width.probability
    assert _kind([]) == CheckKind.PERSONAL


def test_a_few_letters_in_one_row_are_writing_and_scattered_specks_are_not() -> None:
    row, scattered = (np.full((2200, 1700), 250, np.uint8) for _ in range(2))
    for at in range(5):
        row[1000:1020, 400 + 40 * at : 410 + 40 * at] = 20
        scattered[300 + 300 * at : 320 + 300 * at, 400:410] = 20
    assert not is_blank(row, DPI)
    assert is_blank(scattered, DPI)


def test_ink_at_the_edge_alone_is_the_scanners_bed() -> None:
    page = np.full((2200, 1700), 250, np.uint8)
    page[:, :15] = 0
    assert is_blank(page, DPI)
    page[1000:1040, 300:1400] = 0
    assert not is_blank(page, DPI)


@pytest.mark.parametrize(
    ("height_in", "width_in", "is_letter"), [(11, 8.5, True), (6.5, 8.5, True), (2.75, 6, False), (3.67, 8.75, False)]
)
def test_pages_are_told_from_checks_by_their_shape(height_in: float, width_in: float, is_letter: bool) -> None:
    assert is_page(np.full((round(height_in * DPI), round(width_in * DPI)), 255, np.uint8)) is is_letter
    assert not is_page(np.full((round(6 * DPI), round(2.75 * DPI)), 255, np.uint8))  # a check on end
