"""Letters to owners of unclaimed money: printed once, in the house's letterhead, unless the money was claimed."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.customer import service
from lockbox.customer.owner_letters import load_letters, unprinted
from lockbox.customer.print_runs import finish_runs, folder_of
from lockbox.runtime import Runtime
from lockbox.servicing import refunds
from lockbox.servicing.refunds import Step
from tests.builders.customer import words
from tests.builders.unclaimed import ISSUED, LETTER, STATE, at, issued, planned

pytestmark = pytest.mark.usefixtures("quiet")


def test_a_letter_is_printed_once_and_made_again_to_the_byte(runtime: Runtime) -> None:
    issued(runtime)
    planned(runtime, LETTER)
    line = service.print_runs(runtime, LETTER, at(LETTER))
    assert line.startswith("letters about unclaimed money: 1; meridian 2029-09-28: 0 print runs")
    pdf = folder_of(runtime.settings) / "letters-2029-09-28-0001.pdf"
    (page,) = words(pdf.read_bytes())
    assert "We owe you" in page
    assert "$312.50" in page
    assert ",letter/1," in pdf.with_suffix(".csv").read_text()
    before = pdf.read_bytes()
    assert not service.print_runs(runtime, LETTER, at(LETTER)).startswith("letters")
    pdf.unlink()
    pdf.with_suffix(".done").unlink()
    finish_runs(runtime, at(LETTER))
    assert pdf.read_bytes() == before


def test_a_letter_says_what_was_planned_and_is_not_printed_once_its_money_was_claimed(runtime: Runtime) -> None:
    issued(runtime)
    planned(runtime, LETTER)
    with runtime.engine.connect() as connection:
        (letter_id,) = unprinted(connection, "meridian", LETTER)
        letter = load_letters(connection, [letter_id])[letter_id]
        assert unprinted(connection, "meridian", date(2029, 9, 27)) == []
    assert (letter.recipient.name, letter.recipient.address_lines) == ("Payer 1", ("1 Elm St",))
    assert (letter.since_on, letter.goes_on, letter.refund_no, letter.method) == (ISSUED, STATE, 1, "check")
    refunds.clear(runtime, 1, Step("cy", at(ISSUED)))
    with runtime.engine.connect() as connection:
        assert unprinted(connection, "meridian", LETTER) == []
        assert connection.execute(sa.text("select count(*) from owner_letter")).scalar_one() == 1
