"""Restrictive phrases: recognized even when misspelled, and not in harmless words."""

from __future__ import annotations

import pytest

from ocr.fields.phrase import find, hinted, is_endorsement


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PAID IN FULL", "paid in full"),
        ("Paid in fuII", "paid in full"),
        ("pd in full", "paid in full"),
        ("Payment in full", "payment in full"),
        ("Paymenl in fvll", "payment in full"),
        ("Payment in fl", "payment in full"),
        ("Full & final payment", "payment in full"),
        ("in full and final settlement of my account", "full settlement"),
        ("In full satisfaction", "full satisfaction"),
        ("a full sntisfosion", "full satisfaction"),  # nothing else that is as long comes as near
        ("accord & satisfaction", "accord and satisfaction"),
        ("Full/final s/mnt 6O", "full settlement"),
        ("PIF", "paid in full"),
        ("P.I.F. 2019 Accord", "paid in full"),
        ("w/o prejudice", "without prejudice"),
        ("Ucc 1-308", "without prejudice"),
        ("U.C.C. l-207 rights kept", "without prejudice"),
        ("UCC 3-311", "accord and satisfaction"),
        ("A/S", "accord and satisfaction"),
        ("For: U/P", "without prejudice"),
        ("1-308 u/duress", "without prejudice"),
    ],
)
def test_phrases_by_their_normal_name(text: str, name: str) -> None:
    assert name in [phrase.value for phrase in find([(text, 0.9)], "ppocr")]


@pytest.mark.parametrize(
    "text",
    [
        "My last statement shows a late charge",
        "car payment",
        "Nov payment",
        "thank you",
        "loan pmt",
        "Fullerton Bank",
        "CAr Pa yment",
        "PAYMENT FOil, ACC(T w",
        "PAYMENT FOR ACC / GO D",
        "Apt 3-311",
        "N/A",
        "P/U truck",
        "Payment ianued on behalf of our mutual customer",
        "",
    ],
)
def test_harmless_words(text: str) -> None:
    assert find([(text, 0.9)], "ppocr") == []


@pytest.mark.parametrize(
    "text",
    ["By cashing this you agree I owe nothing more", "settles everything on the truck", "we are even once cashed"],
)
def test_other_words_that_settle_the_debt_are_recognized(text: str) -> None:
    assert find([(text, 0.9)], "ppocr")[0].probability > 0.5
    assert find([(text, 0.9)], "ppocr", in_any_words=False) == []


@pytest.mark.parametrize(
    "text", ["for deposit only", "FOR DEPOSlT ONLY", "por deposit anty", "Pay this amount", "final pmt 60/60"]
)
def test_ordinary_words_are_no_phrase(text: str) -> None:
    assert all(phrase.probability < 0.3 for phrase in find([(text, 0.9)], "ppocr"))


@pytest.mark.parametrize("text", ["Paiol ir fvll", "pd iu fall", "full satrsfoctian", "Full & fiual paymemt"])
def test_a_badly_read_phrase_is_worth_a_second_look(text: str) -> None:
    assert hinted(text)


@pytest.mark.parametrize("text", ["4051236791", "Jordan A Miller", "2023 CR-V", ""])
def test_other_lines_are_not(text: str) -> None:
    assert not hinted(text)


@pytest.mark.parametrize(
    "text", ["For deposit only", "FOR DEPOSlT 0NLY", "ENDORSE HERE", "Do not write, stamp or sign below this line"]
)
def test_endorsements_are_recognized(text: str) -> None:
    assert is_endorsement(text)


@pytest.mark.parametrize("text", ["Paid in full", "Meridian Motor Credit", ""])
def test_other_writing_is_no_endorsement(text: str) -> None:
    assert not is_endorsement(text)


def test_phrases_come_surest_first_and_badly_read_ones_still_count() -> None:
    phrases = find([("without prejudice", 0.7), ("P.I.F.", 0.9)], "text", in_any_words=False)
    assert [(phrase.value, phrase.probability) for phrase in phrases] == [
        ("paid in full", 0.9),
        ("without prejudice", 0.7),
    ]
    [doubtful] = find([("without prejudice", 0.01)], "text", in_any_words=False)
    assert doubtful.probability == 0.6  # enough of its letters were read to know it
