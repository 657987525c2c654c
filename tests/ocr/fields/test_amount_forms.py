"""Forms of figures, and what they may mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.fields.amount_forms import WITHOUT_CENTS, forms, meant, parse, supported
from tests.builders.text_lines import read_as


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
        ("430_54", 43054),
        ("$430._54/100", 43054),
        ("$1,077_98", 107798),
        ("525_xx", 52500),
        ("525_n0/100", 52500),
        ("?412.50?", 41250),
    ],
)
def test_usual_forms(text: str, cents: int | None) -> None:
    amounts = parse(text)
    assert (amounts[0][0] if amounts else None) == cents


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [("434", 43400, 434), ("1509", 150900, 1509), ("43468", 43468, 4346800), ("$190373", 190373, 19037300)],
)
def test_dollars_of_many_digits_without_a_comma_have_lost_their_point(text: str, first: int, second: int) -> None:
    assert [cents for cents, _ in parse(text)] == [first, second]


def test_dollars_with_their_comma_have_lost_nothing() -> None:
    assert [cents for cents, _ in parse("43,468")] == [4346800]


@given(st.integers(1, 10**8), st.sampled_from(["{w}.{c:02d}", "${w:,}.{c:02d}", "*{w} {c:02d}/100", "{w:,}.{c:02d}**"]))
def test_every_amount_comes_back(cents: int, form: str) -> None:
    whole, rest = divmod(cents, 100)
    assert parse(form.format(w=whole, c=rest))[0][0] == cents


@pytest.mark.parametrize("text", ["", "$", "abc", "11-13-26", "11/13/26", "12.345", "1.2.3", "0.00", "**"])
def test_what_is_no_amount_gives_none(text: str) -> None:
    assert parse(text) == []


@given(st.integers(1, 10**7))
def test_each_form_of_an_amount_means_that_amount(cents: int) -> None:
    assert {parse(form)[0][0] for form in forms(cents)} == {cents}


def test_without_cents_nothing_is_sure() -> None:
    amounts = parse("4125")
    assert dict(amounts) == {412500: WITHOUT_CENTS, 4125: pytest.approx(0.2)}
    assert sum(sure for _, sure in amounts) < 1


def test_texts_that_mean_the_same_amount_add_up() -> None:
    assert meant([("412.50", 0.5), ("$412_50", 0.25), ("417.50", 0.125), ("Nov", 0.1)]) == {41250: 0.75, 41750: 0.125}


def test_figures_show_what_the_words_say_in_any_usual_form() -> None:
    chances = supported(read_as("412 50/100", 0.999), [41250, 41750])
    assert chances[41250] > 0.95
    assert chances[41750] < 1e-3
