"""The legal amount: number words, including misread ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from ocr.fields.lines import TextLine
from ocr.fields.words import CENTS_LEFT_OUT, CENTS_UNREAD, parse, read_words
from ocr.layout.piece import Piece
from ocr.reading import Box
from tests.builders.text_lines import read_as


def _best(text: str) -> int | None:
    chances = parse(text)
    return max(chances, key=lambda cents: chances[cents]) if chances else None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 99_999), st.integers(0, 99), st.sampled_from(["{} and {:02d}/100", "{} & {:02d}/100 dollars"]))
def test_every_amount_in_words_comes_back(dollars: int, cents: int, form: str) -> None:
    spoken = str(num2words(dollars)).replace(",", "").replace(" and ", " ")
    assert _best(form.format(spoken.capitalize(), cents)) == dollars * 100 + cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("Four handred thirty-seven and 64/150", 43764),
        ("Three Hundred Eichty-Three and 01/'00", 38301),
        ("Four hundred seventy-eight and no/100", 47800),
        ("SIx HUNDRED FIFTY-SEVEN AND 28/100", 65728),
        ("Nire Hundned seventy-Sever and 34/100", 97734),
        ("***THREE HUNDRED EIGHTY-ONE AND 00/100 DOLLARS", 38100),
        ("Fivehundredtwelveand12/100", 51212),
        ("One hundred  and No cents", 10000),
        ("One hundred and 18 cents", 10018),
        ("One hundred nnd 16 cenks", 10016),
        ("One hundred nnd 6cenfs", 10006),
        ("Forty dollars and sixty cents-------", 4060),
        ("Fifty and nine CENTSOLLARS", 5009),
        ("Forty-seven dollars and ninety-one cents soL", 4791),
        ("Twelve hundred and xx/100", 120000),
        ("Seven thousand and 00/100", 700000),
        ("PAY  Four hundred twelve and 50/100", 41250),
    ],
)
def test_misread_letters_are_forgiven(text: str, cents: int) -> None:
    assert _best(text) == cents


@pytest.mark.parametrize("text", ["", "Meridian Motor Credit", "PAY TO THE ORDER OF", "DOLLARS", "Cedar Bank"])
def test_other_words_give_nothing(text: str) -> None:
    assert parse(text) == {}


def test_illegible_cents_make_the_amount_unsure() -> None:
    assert max(parse("Two hundred and 8Z/1").values()) <= CENTS_UNREAD
    assert max(parse("Two hundred").values()) <= CENTS_LEFT_OUT


def test_more_misread_letters_are_less_sure() -> None:
    clean, blurred = parse("Four hundred twelve and 50/100"), parse("Fowr hvndrcd twelue and 50/100")
    assert blurred[41250] < clean[41250]


def test_the_label_before_the_words_is_no_misread_word() -> None:
    assert parse("PAY Four hundred twelve and 50/100") == parse("Four hundred twelve and 50/100")


def _line(value: str, y: float) -> TextLine:
    """A line that the reader read as this, nearly sure of each letter."""
    piece = Piece(Box(0, round(1000 * y), 900, 50), None, (1,))
    return TextLine(piece, read_as(value, 0.999), 0.4, y, 0.2, 4.0)


def test_half_a_name_that_looks_like_a_short_number_is_not_the_amount() -> None:
    name, words = _line("thrver", 0.4), _line("One hvnd red E8", 0.57)
    assert read_words([name, words]).box == words.box
