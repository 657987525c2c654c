"""The account number: found among other words, its check digits weighed but not obeyed."""

from __future__ import annotations

import numpy as np
import pytest
from stdnum.iso7064 import mod_97_10

from ocr.fields.account import holds, is_settled, read_account, with_check_digits
from ocr.fields.lines import TextLine
from ocr.layout.piece import Piece
from ocr.layout.zones import Sheet
from ocr.nets import digits
from ocr.nets.digits import Lattice
from ocr.nets.ppocr import ASCII, Text
from ocr.reading import Box

GOOD = "12345678" + mod_97_10.calc_check_digits("12345678")
NEXT_DIGIT = GOOD[:5] + str((int(GOOD[5]) + 1) % 10) + GOOD[6:]  # the sixth digit misread


def _text(value: str, rival: str = "", doubt: float = 0.0) -> Text:
    """A line read as `value`; where `rival` differs, the reader gives it `doubt` of its belief."""
    rows = []
    for at, char in enumerate(value):
        differs = bool(rival) and rival[at] != char
        row = np.full(len(ASCII) + 1, 1e-9)
        row[ASCII.index(char) + 1] = 1 - doubt if differs else 1
        if differs:
            row[ASCII.index(rival[at]) + 1] = doubt
        blank = np.full(len(ASCII) + 1, 1e-9)
        blank[0] = 1
        rows += [row, blank]
    return Text(value, 1.0, np.log(np.array(rows)).astype(np.float32))


def _memo(text: Text) -> TextLine:
    return TextLine(Piece(Box(0, 90, 100, 24), None, (2,)), text, 0.2, 0.8, 0.12, 1.0)


def _read(text: Text) -> dict[str, float]:
    """The numbers read from a memo line that says this, with their probabilities."""
    return {number.value: number.probability for number in read_account([_memo(text)]).candidates}


@pytest.mark.parametrize(
    "text",
    [GOOD, f"#{GOOD}", f"Acct# {GOOD}", f"Account Number: {GOOD}", f"loan {GOOD[:4]} {GOOD[4:]}", f"Re {GOOD} thanks"],
)
def test_it_is_found_among_words(text: str) -> None:
    assert max(_read(_text(text)).items(), key=lambda number: number[1])[0] == GOOD


@pytest.mark.parametrize(
    "text", ["x", "No. 149934412", "Dallas, TX 75265-0805", "800-555-0142", "123456789", "57-549/5729"]
)
def test_other_numbers_are_not(text: str) -> None:
    assert _read(_text(text)) == {}


def test_a_transposed_number_stays_visible() -> None:
    wrong = GOOD[:3] + GOOD[4] + GOOD[3] + GOOD[5:]
    numbers = _read(_text(wrong))
    assert not holds(wrong)
    assert max(numbers, key=lambda number: numbers[number]) == wrong


def test_check_digits_decide_between_likely_readings() -> None:
    numbers = _read(_text(NEXT_DIGIT, GOOD, doubt=0.3))
    assert numbers[GOOD] > 0.9
    assert numbers[NEXT_DIGIT] > 0
    assert sum(numbers.values()) <= 1


def test_each_candidate_keeps_what_the_image_alone_gave_it() -> None:
    """Check digits make a number likelier to be meant, not to be written."""
    candidates = read_account([_memo(_text(NEXT_DIGIT, GOOD, doubt=0.3))]).candidates
    written = {
        number.value: np.exp(number.log_likelihood) for number in candidates if number.log_likelihood is not None
    }
    assert written[NEXT_DIGIT] == pytest.approx(0.7, abs=0.01)
    assert written[GOOD] == pytest.approx(0.3, abs=0.01)


def test_a_number_whose_check_digits_hold_counts_a_hundred_times() -> None:
    meant = with_check_digits({NEXT_DIGIT: 0.7, GOOD: 0.3})
    assert meant == pytest.approx({NEXT_DIGIT: 0.7 / 30.7, GOOD: 30 / 30.7})
    assert with_check_digits({GOOD: 1.0}) == {GOOD: 0.9995}


@pytest.mark.parametrize("read", ["57-4521/5712", "5745215712", "5745275112"])
def test_the_banks_number_in_fraction_form_is_no_account_number(read: str) -> None:
    """It repeats eight digits of the routing number 571245213, and may be misread."""
    fraction = TextLine(Piece(Box(0, 0, 100, 14), None, (1,)), _text(read), 0.8, 0.2, 0.07, 0.5)
    numbers = read_account([fraction, _memo(_text(GOOD))], not_these=["45215712"]).candidates
    assert [number.value for number in numbers] == [GOOD]


@pytest.mark.parametrize("town", ["Shortshire, GA 30711", "New Ronaldille: OK 73042", "1 Main St, Ames, IA 50010-1234"])
def test_a_zip_code_is_no_account_number_whatever_its_letters_are_taken_for(town: str) -> None:
    """The net of figures takes the town's letters for digits: one more look, and a false number."""
    line = TextLine(Piece(Box(0, 0, 260, 24), None, (1,)), _text(town), 0.2, 0.25, 0.12, 1.3)
    page, asked = _blank_page(), []

    def reread(line: TextLine) -> TextLine:
        asked.append(line)
        return line

    assert read_account([line, _memo(_text(GOOD))], None, reread).candidates[0].value == GOOD
    assert read_account([line], page, reread).candidates == ()
    assert asked == []


def _blank_page() -> Sheet:
    """A page with nothing on it: reading a line's picture there would fail."""
    white = np.full((10, 10), 255, np.uint8)
    return Sheet(white, white, np.zeros((10, 10), np.uint16), [], 200, (), ())


def _lattice(number: str, floor: float = 1e-9) -> Lattice:
    """A run read as `number`; `floor` is the chance of each digit where a different one, or none, was seen."""
    rows = np.full((2 * len(number), 11), floor)
    rows[np.arange(0, len(rows), 2), [int(char) + 1 for char in number]] = 1
    rows[1::2, 0] = 1
    lattice: Lattice = np.log(rows).astype(np.float32)
    return lattice


def test_readers_that_differ_about_how_many_digits_there_are_settle_nothing() -> None:
    """The figures' reader takes ACCT for digits; where the first reader is sure of the line, its count stands."""
    blurred, with_label = _lattice(GOOD, 1e-3), _lattice(f"1667{GOOD}")
    for probability, is_sure in ((0.1, False), (0.9, True)):
        line = _memo(Text(f"ACCT {GOOD}", probability, np.zeros((1, 96), np.float32)))
        for first, second, expected in (
            (blurred, with_label, is_sure),
            (_lattice("12345678"), _lattice("12345678"), True),
            (_lattice(GOOD), _lattice(GOOD), True),
        ):
            lattices = {"text": first, "figures": second}
            assert is_settled(lattices, digits.numbers([first, second], 10), line) is expected
