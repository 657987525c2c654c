"""Principal only: asked for in whatever words, and not where the word is a name, a complaint, or an amount."""

from __future__ import annotations

import pytest

from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from ocr.fields.instruction import find_in_letter, find_in_line, hinted
from ocr.reader import read_document
from ocr.reading import PRINCIPAL_ONLY, Field
from tests.builders import papers

FOLLOWED, LOOKED_AT = 0.7, 0.2  # the reference profile's limits


def in_line(text: str, probability: float = 0.9) -> float:
    return max((candidate.probability for candidate in find_in_line([(text, probability)], "text")), default=0.0)


def in_letter(text: str, is_plain: bool = True) -> float:
    found = find_in_letter(text, 0.9, "text", is_plain=is_plain)
    return max((candidate.probability for candidate in found), default=0.0)


@pytest.mark.parametrize(
    "text",
    [
        "principal only",
        "PRINCIPAL",
        "For: Principal",
        "apply to principal",
        "Extra to principal please",
        "toward principal",
        "add'l principal",
        "addl principal $100",
        "$50 extra on principle",
        "prin. reduction",
        "to principal not int.",
        "Prncipal onIy",
        "a capital",
        "abono a capital",
        "Solo al capital",
    ],
)
def test_a_memo_line_asks_for_it(text: str) -> None:
    assert in_line(text) >= FOLLOWED
    assert hinted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Principal Bank",
        "Principal Life Ins",
        "Principal Financial Group",
        "principal & int",
        "principal and interest Nov",
        "interest only",
        "Capital One",
        "Capital City Bank",
        "car payment",
        "municipal lot",
        "Municipality of Plano",
        "principality",
        "thank you",
        "1000000161",
        "",
    ],
)
def test_other_lines_do_not(text: str) -> None:
    assert in_line(text) < LOOKED_AT


@pytest.mark.parametrize("text", ["not to principal", "no principal", "principal Mr Jones", "Ask the principal"])
def test_a_person_looks_at_what_may_ask_for_it(text: str) -> None:
    assert LOOKED_AT <= in_line(text) < FOLLOWED


@pytest.mark.parametrize(
    "text",
    [
        "Please apply the extra $200 to principal only. Thank you.",
        "Tax refund! Put 1500 on principal please.",
        "Remainder of the rebate should go on principal, not on the next bill.",
        "Favor de abonar lo extra a capital.",
        "Por favor aplicar a capital.",
    ],
)
def test_a_letter_asks_for_it(text: str) -> None:
    assert in_letter(text) >= FOLLOWED
    assert LOOKED_AT <= in_letter(text, is_plain=False) < FOLLOWED  # a person reads what somebody disputes


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("I paid extra 200 to principal in June and you put it on next months instead.", LOOKED_AT, FOLLOWED),
        ("Please apply 331.00 regular, 54.00 principal.", LOOKED_AT, FOLLOWED),
        ("Do not put it on principal.", LOOKED_AT, FOLLOWED),
        ("Kindly confirm the unpaid principal and rate.", 0.0, LOOKED_AT),
        ("The finance charge was computed on the wrong principal.", 0.0, LOOKED_AT),
        ("My son's principal signed the form. We made a capital improvement.", 0.0, LOOKED_AT),
    ],
)
def test_letters_that_tell_of_it(text: str, least: float, most: float) -> None:
    assert least <= in_letter(text) < most


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("memo", "bank", "asks"),
    [
        ("Principal Only", "First Prairie Bank", True),
        ("apply to principal", "First Prairie Bank", True),
        ("car payment", "Principal Bank", False),
        ("thank you", "Principal Life Credit Union", False),
    ],
)
def test_drawn_checks(memo: str, bank: str, asks: bool) -> None:
    paper = papers.check(memo_text=memo, bank_name=bank)
    reading = read_document(scan(draw_front(paper, 7_006), ScanManner(), 7_006))
    best = reading.best(Field.INSTRUCTION)
    assert (best is not None and best.value == PRINCIPAL_ONLY and best.probability >= FOLLOWED) == asks
