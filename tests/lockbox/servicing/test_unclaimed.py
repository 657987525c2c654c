"""Unclaimed money: one letter to its owner before it goes to the state, and an event when its day has come."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.runtime import Runtime
from lockbox.servicing import actions, refunds
from lockbox.servicing.refunds import Step
from lockbox.servicing.unclaimed import note_due, unclaimed_money
from tests.builders import corrections
from tests.builders import ledger as make
from tests.builders.decided import DAY, instruction_for
from tests.builders.unclaimed import ISSUED, LETTER, OVER, STATE, at, issued, overpaid, planned

pytestmark = pytest.mark.usefixtures("quiet")


def due(runtime: Runtime, day: date) -> list[str]:
    """The open events of a day."""
    with runtime.engine.begin() as connection:
        note_due(connection, "meridian", day, at(day))
        events = sa.text("select message from ops_event where kind = 'unclaimed' and closed_at is null")
        return list(connection.execute(events).scalars())


def listed(runtime: Runtime, day: date) -> list[tuple[object, ...]]:
    names = ("refund_no", "amount_cents", "since_on", "state", "letter_on", "goes_on", "letter_made_on")
    with runtime.engine.connect() as connection:
        return [tuple(row[name] for name in names) for row in unclaimed_money(connection, "meridian", day)]


def test_a_refund_that_is_not_cashed_gets_one_letter_and_is_due_to_the_state_on_its_day(runtime: Runtime) -> None:
    issued(runtime)
    assert listed(runtime, LETTER) == [(1, OVER, ISSUED, "TX", LETTER, STATE, None)]
    assert [planned(runtime, day) for day in (LETTER - DAY, LETTER, LETTER, LETTER + DAY)] == [0, 1, 0, 0]
    assert listed(runtime, LETTER)[0][-1] == LETTER
    assert due(runtime, STATE - DAY) == []
    (message,) = due(runtime, STATE)
    assert message.endswith(
        ": $312.50, refund 1, not cashed since 2026-11-27, is due to TX since 2029-11-27; letter of 2029-09-28"
    )
    assert len(due(runtime, STATE + DAY)) == 1
    refunds.clear(runtime, 1, Step("cy", at(ISSUED)))
    assert due(runtime, STATE + DAY) == []


@pytest.mark.parametrize("step", ["cleared", "stopped", "reissued"])
def test_a_refund_that_was_cashed_stopped_or_issued_again_gets_no_letter(runtime: Runtime, step: str) -> None:
    """What was stopped is payable again, as old as the money is: its owner is told of that."""
    issued(runtime)
    who = Step("cy", at(ISSUED))
    if step == "cleared":
        refunds.clear(runtime, 1, who)
    else:
        refunds.stop(runtime, 1, "lost", who)
    if step == "reissued":
        refunds.reissue(runtime, 1, None, None, who)
        refunds.approve(runtime, 2, Step("bo", at(ISSUED)))
        refunds.issue(runtime, 2, who)
    days = {"cleared": [], "stopped": [(None, make.DAY)], "reissued": [(2, ISSUED)]}[step]
    assert [(row[0], row[2]) for row in listed(runtime, LETTER)] == days
    assert planned(runtime, LETTER) == len(days)


def test_what_is_payable_and_not_claimed_gets_a_letter_too(runtime: Runtime) -> None:
    """Since the night that made it payable; after its day it is too late for a letter."""
    overpaid(runtime)
    assert planned(runtime, date(2029, 9, 16)) == 0
    assert planned(runtime, date(2029, 9, 17)) == 1
    (message,) = due(runtime, date(2029, 11, 16))
    assert "payable, not claimed since 2026-11-16" in message


@pytest.mark.parametrize(("over", "address", "letters"), [
    (25_000, "TX", 0), (25_001, "TX", 1), (5_000, "GA", 1), (4_999, "GA", 0),
])  # fmt: skip
def test_the_state_of_the_owner_s_address_says_from_which_amount_on(
    runtime: Runtime, over: int, address: str, letters: int
) -> None:
    overpaid(runtime, over)
    make.altered(runtime, f"update customer set address = E'1 Elm St\\nAustin, {address} 73301-0001'")
    assert [row[3] for row in listed(runtime, LETTER)] == [address]
    assert planned(runtime, date(2029, 11, 15)) == letters
    assert "; no letter" not in due(runtime, STATE)[0] or not letters


def test_what_is_payable_on_a_charged_off_contract_is_not_its_customer_s_to_claim(runtime: Runtime) -> None:
    number = overpaid(runtime)
    with runtime.engine.connect() as connection:
        statement = sa.text("select account_number from contract where contract_id = :c")
        account = str(connection.execute(statement, {"c": number}).scalar_one())
    actions.set_flag(runtime, instruction_for(account, make.DAY + DAY), "charged_off")
    assert listed(runtime, LETTER) == []


def test_a_night_plans_the_letters_of_its_day(runtime: Runtime) -> None:
    overpaid(runtime)
    make.altered(
        runtime,
        "insert into unclaimed_rule values ('meridian', 'TX', '2026-11-17', 1, 0, 28, 'a month, 28 days before')",
    )
    corrections.nights(runtime, make.DAY + DAY * 3)
    with runtime.engine.connect() as connection:
        letters = connection.execute(sa.text("select made_on, goes_on from owner_letter")).all()
    assert [tuple(row) for row in letters] == [(date(2026, 11, 18), date(2026, 12, 16))]
