"""The courtesy amount: forms of figures, and what they may mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.amount import WITHOUT_CENTS, fraction, parse, sharpened
from ocr.reading import Candidate, FieldReading, Name


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("412.50", 41250),
        ("$412.50", 41250),
        ("$ 412.50**", 41250),
        ("**1,077.98**", 107798),
        ("$1,077 98", 107798),
        ("412:50", 41250),
        ("412 50/100", 41250),
        ("412-50/100", 41250),
        ("412 5O/100", None),
        ("478 xx/100", 47800),
        ("478xx/100", 47800),
        ("478 no/100", 47800),
        ("478.--", 47800),
        ("478-", 47800),
        ("412,50", 41250),
        ("1,250,000.00", 125000000),
        ("0.07", 7),
    ],
)
def test_usual_forms(text: str, cents: int | None) -> None:
    found = parse(text)
    assert (found[0][0] if found else None) == cents


@given(st.integers(1, 10**8), st.sampled_from(["{w}.{c:02d}", "${w:,}.{c:02d}", "*{w} {c:02d}/100", "{w:,}.{c:02d}**"]))
def test_every_amount_comes_back(cents: int, form: str) -> None:
    whole, rest = divmod(cents, 100)
    assert parse(form.format(w=whole, c=rest))[0][0] == cents


@pytest.mark.parametrize("text", ["", "$", "abc", "11-13-26", "11/13/26", "12.345", "1.2.3", "0.00", "**"])
def test_what_is_no_amount_gives_none(text: str) -> None:
    assert parse(text) == []


def test_without_cents_nothing_is_sure() -> None:
    found = parse("41250")
    assert dict(found) == {4125000: WITHOUT_CENTS, 41250: pytest.approx(0.2)}
    assert sum(sure for _, sure in found) < 1


def test_the_words_make_surer_but_add_nothing() -> None:
    figures = FieldReading(Name.COURTESY_AMOUNT, (Candidate("41250", 0.5, "ppocr"), Candidate("47250", 0.4, "ppocr")))
    words = FieldReading(Name.LEGAL_AMOUNT, (Candidate("47250", 0.9, "ppocr"), Candidate("99999", 0.05, "ppocr")))
    found = sharpened(figures, words)
    assert [one.value for one in found.candidates] == ["47250", "41250"]
    assert found.candidates[0].probability > 0.9
    assert sum(one.probability for one in found.candidates) <= 1


def test_cents_over_a_stroke_are_found_beside_the_dollars() -> None:
    picture = np.full((60, 200), 255, np.uint8)
    for x in (10, 50):  # dollars
        picture[8:52, x : x + 6] = 0
        picture[8:52, x + 16 : x + 22] = 0
    picture[30:33, 120:180] = 0  # the stroke
    for x in (124, 140, 156, 170):
        picture[8:24, x : x + 10] = 0  # over it
        picture[38:54, x : x + 10] = 0  # under it
    cut = fraction(picture)
    assert cut is not None
    whole_end, top, bar, _ = cut
    assert 72 <= whole_end <= 120
    assert top <= 8
    assert 24 <= bar <= 31
    picture[28:36, 115:185] = 255
    assert fraction(picture) is None
