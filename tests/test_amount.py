"""The courtesy amount: forms of figures, and what they may mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.amount import WITHOUT_CENTS, cut_short, forms, fraction, judged, parse, weighed
from ocr.figures import ALPHABET, Figures
from ocr.ppocr import NOTHING
from ocr.reading import Box


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
    found = parse(text)
    assert (found[0][0] if found else None) == cents


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


def test_two_readers_that_agree_are_surer_than_each_and_one_alone_is_not_believed() -> None:
    both = weighed([({41250: 0.8, 47250: 0.1}, 1.0), ({41250: 0.7, 41850: 0.2}, 1.0)], 1e-3)
    assert max(both, key=lambda one: both[one]) == 41250
    assert both[41250] > 0.99
    torn = weighed([({41250: 0.9}, 1.0), ({47250: 0.9}, 1.0)], 1e-3)
    assert max(torn.values()) < 0.5
    assert sum(torn.values()) < 1


def test_the_second_reader_is_asked_in_doubt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def second(picture: np.ndarray) -> tuple[dict[int, float], dict[int, float]]:
        asked.append(picture.size)
        return {41250: 0.9}, {41250: 0.9}

    monkeypatch.setattr("ocr.amount.second", second)
    page = np.full((40, 120), 255, np.uint8)
    sure = _figures("412.50", 0.001)
    assert judged(page, sure, NOTHING)[0][41250] > 0.97
    assert not asked
    found, source = judged(page, _figures("412.50", 0.4), NOTHING)
    assert (len(asked), source) == (1, "figures+ppocr")
    missing, _ = judged(page, replace(sure, left_over=1.0), NOTHING)
    assert len(asked) == 2
    assert missing[41250] < 0.6 < found[41250]


def test_writing_that_goes_on_beside_the_piece_is_doubt() -> None:
    """$94 of $946: the rest stands in a piece of its own; the row below and what stands further off do not count."""
    piece = Box(100, 100, 80, 50)
    assert cut_short(piece, [Box(170, 95, 120, 55)])
    assert cut_short(piece, [Box(20, 100, 75, 50)])
    assert not cut_short(piece, [Box(170, 140, 120, 55), Box(230, 100, 60, 50), Box(130, 120, 40, 25)])


def _figures(value: str, doubt: float) -> Figures:
    """A line read so, each sign with that doubt."""
    rows = np.full((2 * len(value), len(ALPHABET) + 1), 1e-9)
    rows[:, 0] = 1.0
    for at, sign in enumerate(value):
        rows[2 * at] = 1e-9
        rows[2 * at, ALPHABET.index(sign) + 1] = 1 - doubt / len(value)
        rows[2 * at, ALPHABET.index("8") + 1] += doubt / len(value)
    return Figures(value, np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32))


def test_without_cents_nothing_is_sure() -> None:
    found = parse("41250")
    assert dict(found) == {4125000: WITHOUT_CENTS, 41250: pytest.approx(0.2)}
    assert sum(sure for _, sure in found) < 1


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
