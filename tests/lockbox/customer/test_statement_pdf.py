"""Printed statements: nothing runs over, each row once, and the same content gives the same bytes."""

from __future__ import annotations

import pytest

from lockbox.customer.statement import Statement
from lockbox.customer.statement_pdf import render
from tests.builders.customer import ROUTING, STATEMENTS, TRACKING, ink_outside, pages, statement, words


@pytest.mark.parametrize("paper", STATEMENTS.values(), ids=STATEMENTS)
def test_nothing_is_printed_in_the_margins(paper: Statement) -> None:
    for page in pages(render(paper, TRACKING, ROUTING)):
        assert ink_outside(page, 100) == 0  # half an inch


def test_every_row_of_a_long_activity_is_printed_once() -> None:
    printed = words(render(STATEMENTS["long activity"]))
    assert len(printed) == 3
    rows = [line for page in printed for line in page.splitlines() if "Payment ($412.50)" in line]
    assert len(rows) == 75
    assert "Continued on the next page (" in printed[0]
    assert sum("Total" in page for page in printed) == 1


def test_both_addresses_and_their_warnings_stand_on_the_first_page() -> None:
    text = words(render(statement()))[0]
    for phrase in (
        "P.O. Box 650805",
        "1501 North Plano Rd",
        "Do not send regular mail to this address.",
        "Write account number 1234567869 on your check.",
        "we may charge a late fee of $20.63",
    ):
        assert phrase in text.replace("\r\n", " "), phrase


def test_the_same_content_gives_the_same_bytes_and_other_content_does_not() -> None:
    for paper in STATEMENTS.values():
        assert render(paper, TRACKING, ROUTING) == render(paper, TRACKING, ROUTING)
    assert render(statement()) != render(statement(name="Maria K Alvarez"))
