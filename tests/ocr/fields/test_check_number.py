"""The printed check number: it shows which group of the MICR line is the serial."""

from __future__ import annotations

import pytest

from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.people import bank_routing
from lockbox.simulator.scan import scan
from ocr.fields.check_number import cut_short, printed, told_apart
from ocr.fields.lines import TextLine
from ocr.fields.micr import fields_of
from ocr.layout.piece import Piece
from ocr.reader import read_document
from ocr.reading import Box, Candidate, Field
from tests.builders import papers
from tests.builders.text_lines import read_as

ROUTING = "570000019"


def _line(value: str, x: float = 0.9, y: float = 0.1, sure: float = 0.97) -> TextLine:
    return TextLine(Piece(Box(0, 0, 1, 1), None, (1,)), read_as(value, sure), x, y, 0.1, 0.5)


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        (_line("1234"), {"1234"}),
        (_line("No. 001234"), {"1234"}),
        (_line("57-7535/5720"), set()),  # the bank's fraction
        (_line("12/14/26"), set()),
        (_line("1234", x=0.2), set()),
        (_line("1234", y=0.5), set()),
        (_line("1234", sure=0.4), set()),
        (_line("1234567890"), set()),
    ],
    ids=lambda value: value.value if isinstance(value, TextLine) else "",
)
def test_a_short_number_in_the_corner_is_the_check_s(line: TextLine, numbers: set[str]) -> None:
    assert printed([line]) == numbers


def _best(line: str, numbers: set[str]) -> tuple[str, float, str, float]:
    fields = fields_of((Candidate(f"A{ROUTING}A {line}", 0.98, "micr"),))
    account, serial = told_apart(fields, numbers)
    assert account.best is not None
    assert serial.best is not None
    return account.best.value, account.best.probability, serial.best.value, serial.best.probability


@pytest.mark.parametrize("line", ["1234 987654321C", "987654321 1234C", "987654321 01234C", "123498 76543 1234C"])
def test_the_group_that_the_corner_shows_is_the_serial(line: str) -> None:
    account, sure, serial, serial_sure = _best(line, {"1234"})
    assert serial.lstrip("0") == "1234"
    assert account == {"123498 76543 1234C": "12349876543"}.get(line, "987654321")
    assert min(sure, serial_sure) > 0.9 * 0.98 or line.startswith("123498 ")


@pytest.mark.parametrize("line", ["1234 987654321C", "987654321 1234C"])
def test_another_number_in_the_corner_speaks_for_the_whole_account(line: str) -> None:
    account, sure, _, serial_sure = _best(line, {"5678"})
    assert account == line.replace(" ", "").removesuffix("C")
    assert sure > 0.75
    assert serial_sure < 0.2


@pytest.mark.parametrize(
    ("numbers", "is_doubted"),
    [({"1741"}, True), ({"3174"}, False), ({"174"}, False), ({"174", "1741"}, False), (set(), False)],
)
def test_a_serial_shorter_than_the_number_in_the_corner_is_doubted(numbers: set[str], is_doubted: bool) -> None:
    fields = fields_of((Candidate(f"A{ROUTING}A 9989202173C174", 0.96, "micr"),))
    doubted = cut_short(fields, numbers)
    assert bool(doubted) is is_doubted
    for name in (Field.MICR_LINE, Field.SERIAL) if is_doubted else ():
        best = doubted[name].best
        assert best is not None
        assert best.probability < 0.5
    assert Field.ROUTING not in doubted


def test_without_a_number_nothing_changes() -> None:
    fields = fields_of((Candidate(f"A{ROUTING}A 1234 987654321C", 0.98, "micr"),))
    assert told_apart(fields, set()) == (fields[Field.BANK_ACCOUNT], fields[Field.SERIAL])
    sure = fields_of((Candidate(f"A{ROUTING}A 987654321C 1234", 0.98, "micr"),))
    assert told_apart(sure, {"1234"}) == (sure[Field.BANK_ACCOUNT], sure[Field.SERIAL])


def test_a_drawn_check_whose_serial_stands_before_the_account_is_sure_of_both() -> None:
    routing = next(routing for bank in range(40) if int((routing := bank_routing(bank))[2:8]) % 6 == 4)
    paper = papers.check(routing=routing, bank_account="836631814", serial="1330")
    reading = read_document(scan(draw_front(paper, 4), ScanManner("jpeg"), 4))
    account, serial = reading.best(Field.BANK_ACCOUNT), reading.best(Field.SERIAL)
    assert account is not None
    assert serial is not None
    assert (account.value, serial.value) == ("836631814", "1330")
    assert min(account.probability, serial.probability) > 0.9
