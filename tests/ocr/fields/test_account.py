"""The account number: found among other words, its check digits heard but not obeyed."""

from __future__ import annotations

import numpy as np
import pytest
from stdnum.iso7064 import mod_97_10

from ocr.fields.account import believed, candidates, find, holds, is_settled, numbers, read_account
from ocr.fields.lines import TextLine
from ocr.layout.piece import Piece
from ocr.nets import digits
from ocr.nets.digits import Lattice
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box

GOOD = "12345678" + mod_97_10.calc_check_digits("12345678")


def _text(value: str, other: str = "", doubt: float = 0.0) -> Text:
    """A line read as `value`; where `other` differs, the reader gives it `doubt` of its belief."""
    rows = []
    for at, char in enumerate(value):
        row = np.full(len(ASCII) + 1, 1e-9)
        row[ASCII.index(char) + 1] = 1 - doubt if other and other[at] != char else 1
        if other and other[at] != char:
            row[ASCII.index(other[at]) + 1] = doubt
        blank = np.full(len(ASCII) + 1, 1e-9)
        blank[0] = 1
        rows += [row, blank]
    return Text(value, 1.0, np.log(np.array(rows)).astype(np.float32))


@pytest.mark.parametrize(
    "text",
    [GOOD, f"#{GOOD}", f"Acct# {GOOD}", f"Account Number: {GOOD}", f"loan {GOOD[:4]} {GOOD[4:]}", f"Re {GOOD} thanks"],
)
def test_it_is_found_among_words(text: str) -> None:
    assert find(text) == GOOD


@pytest.mark.parametrize(
    "text", ["", "No. 149934412", "57-549/5729", "Dallas, TX 75265-0805", "800-555-0142", "123456789"]
)
def test_other_numbers_are_not(text: str) -> None:
    assert find(text) is None


def test_a_transposed_number_stays_visible() -> None:
    wrong = GOOD[:3] + GOOD[4] + GOOD[3] + GOOD[5:]
    found = candidates(_text(wrong))
    assert not holds(wrong)
    assert max(found, key=lambda number: found[number]) == wrong


def test_check_digits_decide_between_likely_readings() -> None:
    wrong = GOOD[:5] + str((int(GOOD[5]) + 1) % 10) + GOOD[6:]
    found = candidates(_text(wrong, GOOD, doubt=0.3))
    assert found[GOOD] > 0.9
    assert found[wrong] > 0
    assert sum(found.values()) <= 1


def test_check_digits_make_a_number_likelier_to_be_meant_not_to_be_written() -> None:
    wrong = GOOD[:5] + str((int(GOOD[5]) + 1) % 10) + GOOD[6:]
    seen = numbers(_text(wrong, GOOD, doubt=0.3))
    assert seen[wrong] == pytest.approx(0.7, abs=0.01)
    assert seen[GOOD] == pytest.approx(0.3, abs=0.01)
    assert believed(seen)[GOOD] > believed(seen)[wrong]


@pytest.mark.parametrize("read", ["57-4521/5712", "5745215712", "5745275112"])
def test_the_banks_number_in_fraction_form_is_no_account_number(read: str) -> None:
    """It repeats eight digits of the routing number 571245213, and may be misread."""
    line = TextLine(Piece(Box(0, 0, 100, 14), None, (1,)), _text(read), 0.8, 0.2, 0.07, 0.5)
    memo = TextLine(Piece(Box(0, 90, 100, 24), None, (2,)), _text(GOOD), 0.2, 0.8, 0.12, 1.0)
    assert [one.value for one in read_account([line, memo], not_these=["45215712"]).candidates] == [GOOD]


def _lattice(number: str, floor: float = 1e-9) -> Lattice:
    """A run read as `number`; `floor` is the chance of each digit where another one, or none, was seen."""
    rows = np.full((2 * len(number), 11), floor)
    rows[np.arange(0, len(rows), 2), [int(char) + 1 for char in number]] = 1
    rows[1::2, 0] = 1
    lattice: Lattice = np.log(rows).astype(np.float32)
    return lattice


def test_readers_that_differ_about_how_many_digits_there_are_settle_nothing() -> None:
    """The figures' reader takes ACCT for digits; where the first reader is sure of the line, its count stands."""
    blurred, with_label = _lattice(GOOD, 1e-3), _lattice(f"1667{GOOD}")
    for probability, settled in ((0.1, False), (0.9, True)):
        text = Text(f"ACCT {GOOD}", probability, np.zeros((1, 96), np.float32))
        line = TextLine(Piece(Box(0, 0, 100, 24), None, (1,)), text, 0.2, 0.8, 0.12, 1.0)
        for first, second, wanted in (
            (blurred, with_label, settled),
            (_lattice("12345678"), _lattice("12345678"), True),
            (_lattice(GOOD), _lattice(GOOD), True),
        ):
            seen = {"text": first, "figures": second}
            assert is_settled(seen, digits.numbers([first, second], 10), line) is wanted
