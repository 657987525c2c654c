"""Restrictive phrases: recognized even when misspelled, and not in harmless words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ocr.fields.phrase import find, hinted, is_endorsement, unread
from ocr.nets.ppocr import NOTHING


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
        ("1-308 ulduress", "without prejudice"),
        ("xULC 1-308", "without prejudice"),
        ("UCL 1-308", "without prejudice"),
        ("PAND WFULL", "paid in full"),
        ("PO N FUL", "paid in full"),
        ("Memo PAND WFULL", "paid in full"),
        ("Fil k find poyment", "payment in full"),
        ("MCC1-388", "without prejudice"),
        ("For Olc full", "full settlement"),
        ("S.I.F. per agreement", "full settlement"),
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
        "payments",
        "Paul Fullerton",
        "FINAL BILL SEPT",
        "Fnal instalment",
        "Inv. 1308",
        "PAYMENT FOil, ACC(T w",
        "PAYMENT FOR ACC / GO D",
        "Apt 3-311",
        "Apt 1-308",
        "Bldg 1-207",
        "N/A",
        "P/U truck",
        "loan SIF 4",
        "Settlers Bank",
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


@pytest.mark.parametrize("text", ["Settled", "satisfied.", "saldado", "Finiqnito"])
def test_a_single_word_that_settles_the_debt_is_heard_where_it_stands_alone(text: str) -> None:
    (phrase,) = find([(text, 0.9)], "text")
    assert phrase.probability >= 0.3


@pytest.mark.parametrize("text", ["Seattle", "Settlers", "Protection", "Sandoval", "payment", "Cancun"])
def test_other_words_alone_are_not(text: str) -> None:
    assert find([(text, 0.9)], "text") == []


def test_a_long_line_counts_by_its_letters_as_a_short_one_does() -> None:
    """Of 40 letters read at 0.95 each all are right in one of eight lines; it still says what it says."""
    (phrase,) = find([("tedered ans full disdrge", 0.77)], "text")  # "tendered as full discharge", as it was read once
    assert phrase.probability >= 0.6


@pytest.mark.parametrize(
    ("readings", "is_unread"),
    [
        ((("iorVsneiatnfr0", 0.28), ("Fl ststimofe", 0.39)), True),  # "Full satisfaction of debt" across a pattern
        ((("iorVsneiatnfr0", 0.28), ("for insurance", 0.9)), False),
        ((("B6O*****T", 0.26), ("C", 0.4)), False),  # strokes
        ((("iorVsneiatnfr0", 0.28),), False),  # nobody looked again
    ],
)
def test_a_memo_line_that_no_reader_could_read_may_settle_the_debt(
    readings: tuple[tuple[str, float], ...], is_unread: bool
) -> None:
    texts = [replace(NOTHING, value=value, probability=clarity ** len(value)) for value, clarity in readings]
    assert bool(unread(texts)) is is_unread
