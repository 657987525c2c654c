"""Payoffs that come back: the lease that was bought goes on, bills, quotes and liens with it, and people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs
from tests.builders import corrections
from tests.builders import ledger as make
from tests.builders.corrections import assert_in_order, state, take_back
from tests.builders.decided import instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)
TENDERED = make.DAY + DAY
PAYOFF_BOX = "660893"
PRICE = (make.INSTALLMENT_CENTS + 2_578) * 15 + 900_000 + 30_000 + 58_125  # rents and taxes, residual, fee, tax


@pytest.fixture(autouse=True)
def movable(runtime: Runtime) -> None:
    """A test may say to which box a batch came."""
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("grant update on batch to lockbox_app"))


def leases(runtime: Runtime, count: int = 2) -> list[int]:
    return [corrections.contract(runtime, no, *make.lease()) for no in range(1, count + 1)]


def tender(runtime: Runtime, number: int, cents: int, day: date = TENDERED) -> int:
    """A check to the payoff box; gives the item. Its day is closed, its night run."""
    (item,) = corrections.pay(runtime, day, [(number, cents)])
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("update batch set box = :box where business_date = :d"), {"box": PAYOFF_BOX, "d": day}
        )
    corrections.nights(runtime, day)
    return item


def rows(runtime: Runtime, statement: str) -> list[tuple[object, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_a_lease_bought_through_the_payoff_line_goes_on_when_its_check_is_returned(runtime: Runtime) -> None:
    """As if the payoff had never come (I11), but for the return fee; months of bills and late fees catch up."""
    number, never = leases(runtime)
    item = tender(runtime, number, PRICE)
    assert state(runtime, number)["ended_on"] == TENDERED
    corrections.nights(runtime, date(2027, 1, 10))
    take_back(runtime, item, date(2027, 1, 11))
    after, before = state(runtime, number), state(runtime, never)
    assert after["fee_cents"] == before["fee_cents"] + 3_000
    assert {**after, "fee_cents": 0} == {**before, "fee_cents": 0}
    assert after["ended_on"] is None
    assert_in_order(runtime, (number, never))
    corrections.nights(runtime, date(2027, 3, 20))
    after, before = state(runtime, number), state(runtime, never)
    assert {**after, "fee_cents": 0} == {**before, "fee_cents": 0}
    assert_in_order(runtime, (number, never))
    billed = "select max(installment_no), count(*) from installment where installment_no > 0 and contract_id = "
    assert rows(runtime, billed + str(number)) == rows(runtime, billed + str(never))
    with runtime.engine.connect() as connection:
        assert [
            str(finding) for finding in run_checks(connection, since=date(2027, 1, 11)) if "i0" in str(finding)
        ] == []


def test_people_are_told_and_the_lien_is_stopped(runtime: Runtime) -> None:
    number, _ = leases(runtime)
    item = tender(runtime, number, PRICE)
    day = TENDERED + DAY * 2
    corrections.nights(runtime, day - DAY)
    assert rows(runtime, "select paid_on, withdrawn_on from lien_release") == [(TENDERED, None)]
    take_back(runtime, item, day)
    assert rows(runtime, "select withdrawn_on from lien_release") == [(day,)]
    owed = (make.INSTALLMENT_CENTS + 2_578 + 3_000) / 100
    message = (
        f"the payoff was taken back on 2026-11-19: ${owed:,.2f} is owed; the lease goes on; do not release the lien"
    )
    assert rows(runtime, "select kind, message from ops_event where kind in ('payoff_returned', 'lien_returned')") == [
        ("payoff_returned", message)
    ]
    events = "select kind, maker from contract_event order by event_id"
    assert rows(runtime, events) == [("buyout", "engine"), ("buyout_undone", "ann")]
    corrections.nights(runtime, day)
    assert rows(runtime, "select count(*) from lien_release where withdrawn_on is null") == [(0,)]


def test_a_check_that_paid_a_part_of_a_payoff_comes_back_after_the_payoff_did(runtime: Runtime) -> None:
    """Monday's 2,000.00 lie there unapplied in part and buy the lease with Tuesday's check; both are returned."""
    number, _ = leases(runtime)
    (early,) = corrections.pay(runtime, make.DAY, [(number, 200_000)])
    item = tender(runtime, number, PRICE - 200_000)
    assert state(runtime, number)["ended_on"] == TENDERED
    take_back(runtime, item, TENDERED + DAY)
    take_back(runtime, early, TENDERED + DAY)
    at = state(runtime, number)
    assert (at["ended_on"], at["rent_cents"], at["unapplied_cents"]) == (None, make.INSTALLMENT_CENTS, 0)
    corrections.nights(runtime, TENDERED + DAY)
    assert_in_order(runtime, (number,))


def test_a_lease_is_bought_again_with_a_second_check(runtime: Runtime) -> None:
    number, _ = leases(runtime)
    item = tender(runtime, number, PRICE)
    take_back(runtime, item, TENDERED + DAY)
    tender(runtime, number, PRICE + 3_000, TENDERED + DAY * 2)
    corrections.nights(runtime, TENDERED + DAY * 3)
    at = state(runtime, number)
    assert (at["ended_on"], at["rent_cents"], at["fee_cents"], at["unapplied_cents"]) == (TENDERED + DAY * 2, 0, 0, 0)
    assert rows(runtime, "select count(*) from lien_release where withdrawn_on is null") == [(1,)]
    assert_in_order(runtime, (number,))


def test_a_shortage_waived_for_a_payoff_is_owed_again(runtime: Runtime) -> None:
    """Also where no more than that shortage is owed without the payoff: it was waived for a payoff, not as such."""
    number, never = leases(runtime)
    corrections.pay(runtime, make.DAY, [(no, make.INSTALLMENT_CENTS + 2_578 - 200) for no in (number, never)])
    item = tender(runtime, number, PRICE - make.INSTALLMENT_CENTS - 2_578)
    corrections.nights(runtime, TENDERED + DAY * 2)
    assert rows(runtime, "select balance_cents from trial_balance where account = 'expense.payoff'") == [(200,)]
    take_back(runtime, item, TENDERED + DAY * 3, "wrong contract")
    assert state(runtime, number) == state(runtime, never)
    assert rows(runtime, "select balance_cents from trial_balance where account = 'expense.payoff'") == [(0,)]
    assert_in_order(runtime, (number, never))


def test_a_buyout_that_a_person_decided_stays(runtime: Runtime) -> None:
    """Its money came back: the charges of the end are owed, and people are told that the lien must not be released."""
    number, _ = leases(runtime)
    corrections.nights(runtime, make.DAY)
    actions.buy_out(runtime, instruction_for(account(runtime, number), TENDERED))
    item = tender(runtime, number, PRICE)
    assert state(runtime, number)["rent_cents"] == 0
    corrections.nights(runtime, TENDERED + DAY)
    take_back(runtime, item, TENDERED + DAY * 2)
    assert (state(runtime, number)["ended_on"], state(runtime, number)["fee_cents"]) == (TENDERED, 33_000)
    ((message,),) = rows(runtime, "select message from ops_event where kind = 'payoff_returned'")
    assert str(message).endswith("is owed; do not release the lien")
    assert_in_order(runtime, (number,))


def test_the_quotes_that_a_payoff_closed_are_open_again(runtime: Runtime) -> None:
    """Those still good; the others have expired."""
    number, _ = leases(runtime)
    corrections.nights(runtime, make.DAY)
    quote = """insert into payoff_quote (contract_id, quoted_on, good_through, amount_cents, per_diem_cents, content,
        made_by, made_at) values (:c, :on, :through, :cents, 0, '{}', 'ann', now())"""
    with runtime.engine.begin() as connection:
        for days in (1, 30):
            values = {"c": number, "on": make.DAY, "through": TENDERED + DAY * days, "cents": PRICE}
            connection.execute(sa.text(quote), values)
    item = tender(runtime, number, PRICE)
    assert rows(runtime, "select distinct ending, ended_on from payoff_quote") == [("paid", TENDERED)]
    day = TENDERED + DAY * 3
    corrections.nights(runtime, day - DAY)
    take_back(runtime, item, day)
    assert rows(runtime, "select ending, ended_on from payoff_quote order by good_through") == [
        ("expired", day),
        (None, None),
    ]


def test_a_loan_s_payoff_that_comes_back_stops_the_lien_at_once(runtime: Runtime) -> None:
    terms, position = make.loan(principal_cents=900_000, count=48)
    number = corrections.contract(runtime, 1, terms, position)
    (item,) = corrections.pay(runtime, make.DAY, [(number, 900_000)])
    corrections.nights(runtime, make.DAY)
    take_back(runtime, item, TENDERED)
    assert rows(runtime, "select withdrawn_on from lien_release") == [(TENDERED,)]
    message = "the payoff was taken back on 2026-11-17: $9,030.00 is owed; do not release the lien"
    assert rows(runtime, "select message from ops_event where kind = 'payoff_returned'") == [(message,)]


def test_a_check_that_paid_nothing_off_is_no_payoff_that_came_back(runtime: Runtime) -> None:
    number, _ = leases(runtime)
    (item,) = corrections.pay(runtime, make.DAY, [(number, 10_000)])
    corrections.nights(runtime, make.DAY)
    take_back(runtime, item, TENDERED)
    assert rows(runtime, "select count(*) from ops_event where kind in ('payoff_returned', 'lien_returned')") == [(0,)]


@pytest.mark.parametrize("is_returned", [False, True])
def test_what_is_owed_after_a_waived_shortage_is_waived_no_more(runtime: Runtime, is_returned: bool) -> None:
    """A fee of 5.00 within the week, or as much left owed by a payoff that came back: the night goes on, it is owed."""
    terms, position = make.loan(principal_cents=900_000, count=48)
    number = corrections.contract(runtime, 1, terms, position)
    (item,) = corrections.pay(runtime, make.DAY, [(number, 899_700)])
    corrections.nights(runtime, make.DAY)
    assert state(runtime, number)["principal_cents"] == 0
    if is_returned:
        take_back(runtime, item, TENDERED, "wrong contract")
        corrections.pay(runtime, TENDERED, [(number, 899_500)])
    else:
        with runtime.engine.begin() as connection:
            lines = [("receivable.fee", 500, number), ("income.fee", -500, None)]
            make.journal(connection, lines, "fee", "by_hand/1", site_id=None, day=TENDERED)
    corrections.nights(runtime, TENDERED + DAY)
    at = state(runtime, number)
    assert at["principal_cents"] + at["fee_cents"] == (
        0 if is_returned else 500
    )  # the second payoff has its own waiver
    assert_in_order(runtime, (number,))


def test_a_lease_that_cost_nothing_more_to_buy_goes_on_too(runtime: Runtime) -> None:
    """All is billed, no residual, no fee: its end has no journal, only the record of it."""
    terms, position = make.lease(count=22)
    assert terms.lease is not None
    free = replace(terms, lease=replace(terms.lease, residual_cents=0, purchase_fee_cents=0))
    number, never = (corrections.contract(runtime, no, free, position) for no in (1, 2))
    item = tender(runtime, number, make.INSTALLMENT_CENTS + 2_578)
    assert state(runtime, number)["ended_on"] == TENDERED
    take_back(runtime, item, TENDERED + DAY, "wrong contract")
    assert state(runtime, number) == state(runtime, never)
    corrections.nights(runtime, TENDERED + DAY * 5)
    assert state(runtime, number) == state(runtime, never)
    assert_in_order(runtime, (number, never))


def test_a_bought_lease_that_was_charged_off_since_then_stays_ended(runtime: Runtime) -> None:
    """What it owed on the day of the charge-off is a loss; nothing is billed any more."""
    number, never = leases(runtime)
    item = tender(runtime, number, PRICE)
    day = TENDERED + DAY * 30
    for no in (number, never):
        charge_offs.charge_off(runtime, instruction_for(account(runtime, no), day))
    corrections.nights(runtime, day)
    take_back(runtime, item, day + DAY, "wrong contract")
    assert state(runtime, number) == state(runtime, never)
    corrections.nights(runtime, day + DAY * 40)
    assert state(runtime, number) == state(runtime, never)
    assert_in_order(runtime, (number, never))


def account(runtime: Runtime, number: int) -> str:
    return str(rows(runtime, f"select account_number from contract where contract_id = {number}")[0][0])
