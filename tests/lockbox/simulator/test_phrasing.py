"""Amounts, dates, payees and numbers as people put them on paper: many forms, one meaning."""

from __future__ import annotations

import re
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from lockbox.simulator import endings, phrasing
from ocr.reading import CheckKind

KINDS = list(CheckKind)
PERSONAL = CheckKind.PERSONAL


def forms(cents: int, kind: CheckKind = PERSONAL, tries: int = 200) -> set[str]:
    return {phrasing.figures(Random(seed), cents, kind) for seed in range(tries)}


def test_figures_come_in_the_usual_forms() -> None:
    assert forms(41_250) == {"412.50", "412 50/100"}
    assert {"1412.50", "1,412.50", "1412 50/100"} <= forms(141_250)
    assert {"400.00", "400 xx/100", "400 no/100", "400 00/100"} == forms(40_000)
    assert {"$412.50", "**412.50**", "$412.50**", "412.50"} == forms(41_250, CheckKind.BILL_PAY)


@given(st.integers(1, 9_999_999), st.sampled_from(KINDS), st.integers(0, 1000))
def test_figures_and_words_name_the_cents(cents: int, kind: CheckKind, seed: int) -> None:
    shown = phrasing.figures(Random(seed), cents, kind)
    digits = re.sub(r"\D", "", re.sub(r"(xx|no)?/100", lambda cents_part: "00" if cents_part[1] else "", shown))
    assert int(digits) == cents
    written = phrasing.words(Random(seed), cents, kind).lower()
    rest = f"{cents % 100:02d}" if cents % 100 else "(00|no|xx)"
    assert re.search(rf" (and|&) {rest}/100", written)
    assert written.count(" and ") + written.count(" & ") == 1


def test_some_words_end_in_another_way_and_all_else_stays_as_drawn() -> None:
    for kind in KINDS:
        rngs = [(Random(seed), Random(seed)) for seed in range(400)]
        usual = [phrasing.words(rng, 41_200 + seed % 2, kind) for seed, (rng, _) in enumerate(rngs)]
        mixed = [phrasing.words(rng, 41_200 + seed % 2, kind, Random(f"e{seed}")) for seed, (_, rng) in enumerate(rngs)]
        assert all(first.getstate() == second.getstate() for first, second in rngs)
        other = [text for text, drawn in zip(usual, mixed, strict=True) if text != drawn]
        assert 0.15 * 400 < len(other) < 0.35 * 400
        assert all(re.match(r"\W*four hundred twelve ", text.lower()) for text in mixed)


def test_every_ending_comes_by_hand_and_says_the_cents() -> None:
    for cents, others in ((25, 7), (0, 12)):
        texts = {endings.unusual(Random(seed), 41_200 + cents, by_machine=False) for seed in range(1000)}
        assert len(texts) == others
        assert all(any(way in text for way in ("25", "twenty-five")) for text in texts) is bool(cents)
    assert {text for _, text in endings.ENDINGS if endings.said(text, 0) == text} >= texts


@pytest.mark.parametrize(
    ("cents", "spoken"),
    [
        (41_250, "four hundred twelve"),
        (100_001, "one thousand"),
        (2_345_678, "twenty-three thousand four hundred fifty-six"),
        (99, "zero"),
    ],
)
def test_words_are_american(cents: int, spoken: str) -> None:
    for seed in range(20):
        for kind in KINDS:
            written = phrasing.words(Random(seed), cents, kind).lower().strip("*")
            assert re.split(r" and | & ", written)[0] == spoken


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(KINDS), st.integers(0, 1000))
def test_dates_name_month_day_and_year(day: date, kind: CheckKind, seed: int) -> None:
    text = phrasing.written_date(Random(seed), day, kind)
    parts = re.split(r"[/\-, ]+", text)
    month = (
        int(parts[0])
        if parts[0].isdigit()
        else [f"{date(2000, m, 1):%b}" for m in range(1, 13)].index(parts[0][:3]) + 1
    )
    assert (month, int(parts[1]), int(parts[2]) % 100) == (day.month, day.day, day.year % 100)


@given(st.integers(0, 10_000), st.sampled_from(KINDS))
def test_a_payee_stays_recognizable(seed: int, kind: CheckKind) -> None:
    accepted = "Meridian Motor Credit"
    written = phrasing.written_payee(Random(seed), accepted, kind)
    assert fuzz.ratio(written.lower(), accepted.lower()) > 85
    assert all(fuzz.ratio(stranger.lower(), accepted.lower()) < 60 for stranger in phrasing.STRANGERS)


@given(st.integers(0, 1000), st.sampled_from(["Meridian Motor Credit", "Meridian Motor Leasing"]))
def test_a_misspelled_payee_lacks_a_letter_or_has_one_twice(seed: int, payee: str) -> None:
    written = phrasing._misspelled(Random(seed), payee)
    assert len(written) - len(payee) in (-1, 1)
    assert written.count(" ") == payee.count(" ")
    assert written[:2] == payee[:2]


@given(st.from_regex(r"\A[0-9]{10}\Z").filter(lambda number: len(set(number)) > 1), st.integers(0, 1000))
def test_swapping_neighbors_keeps_the_digits_and_changes_the_number(number: str, seed: int) -> None:
    wrong = phrasing.swapped(Random(seed), number)
    assert wrong != number
    assert sorted(wrong) == sorted(number)
    assert sum(digit != right for digit, right in zip(wrong, number, strict=True)) == 2


def test_a_letter_names_the_account_and_says_what_it_is_about() -> None:
    for about, sign in (("paid_in_full", "full"), ("address", "moved"), ("hardship", "job"), ("enclosed", "check")):
        lines = phrasing.letter(
            Random(1), about, "Ana Quill", ("1 Elm St", "Plano, TX"), "1234567869", date(2026, 11, 2)
        )
        text = " ".join(lines)
        assert sign in text
        assert "1234567869" in text
        assert lines[0] == "November 2, 2026"
        assert lines[-1] == "Ana Quill"
