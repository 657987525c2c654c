"""The Metro 2 account status, night by night: what gives a contract each code and takes it away again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox.contract.position import Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import Terms
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs
from lockbox.servicing.correction import reverse_item
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.decided import instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)


def opened(runtime: Runtime, *contracts: tuple[Terms, Position]) -> list[str]:
    """The account numbers of contracts taken over on the eve."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        for no, (terms, position) in enumerate(contracts, 1):
            make.open_contract(connection, no, terms, position)
        numbers = connection.execute(sa.text("select account_number from contract order by contract_id"))
        return list(numbers.scalars())


def status(runtime: Runtime, number: str) -> str:
    return str(nights.positions(runtime)[number]["metro2"])


def pay(runtime: Runtime, day: date, number: str, cents: int) -> None:
    nights.pay(runtime, day, [(number, cents)])
    nights.closed(runtime, day)


def behind(days: int) -> tuple[Terms, Position]:
    """A loan of 9,000.00 whose only installment was due this many days before the first night."""
    due_on = make.DAY - DAY * days
    terms, position = make.loan(principal_cents=900_000, paid_through=0)
    return replace(terms, schedule=level(due_on, due_on.day, 1, 900_000)), position


def test_days_past_due_move_it_and_a_payment_brings_it_back(runtime: Runtime) -> None:
    """One contract a day before each step, one on it; the night after, the first ones take the step too."""
    steps = {30: "71", 60: "78", 90: "80", 120: "82", 150: "83", 180: "84"}
    before = dict(zip(steps, ("11", *steps.values()), strict=False))
    contracts = [behind(days + ahead) for days in steps for ahead in (-1, 0)]
    numbers = opened(runtime, *contracts)
    nights.run(runtime, make.DAY)
    codes = [code for days in steps for code in (before[days], steps[days])]
    assert [status(runtime, number) for number in numbers] == codes
    nights.run(runtime, make.DAY + DAY)
    assert [status(runtime, number) for number in numbers] == [code for code in steps.values() for _ in range(2)]
    pay(runtime, make.DAY + DAY * 2, numbers[-1], 899_499)
    nights.run(runtime, make.DAY + DAY * 2)
    assert status(runtime, numbers[-1]) == "84"  # 5.01, a cent more than the tolerance, is as late as all of it
    pay(runtime, make.DAY + DAY * 3, numbers[-1], 1)
    nights.run(runtime, make.DAY + DAY * 3)
    assert status(runtime, numbers[-1]) == "13"
    with runtime.engine.connect() as connection:
        changes = connection.execute(
            sa.text("select metro2, status_on, days_past_due from delinquency_status where contract_id = 12 order by 2")
        )
        assert [tuple(row) for row in changes] == [("84", make.DAY, 180), ("13", make.DAY + DAY * 3, 0)]


def test_a_loan_that_is_paid_is_paid_until_its_check_comes_back(runtime: Runtime) -> None:
    paid, fee = opened(runtime, make.loan(principal_cents=41_250), make.loan(principal_cents=41_250, fee_cents=1_500))
    for number in (paid, fee):
        pay(runtime, make.DAY + DAY * (number == fee), number, 41_250)
    nights.run(runtime, make.DAY + DAY)
    assert (status(runtime, paid), status(runtime, fee)) == ("13", "11")  # a fee is still owed of the other
    day = make.DAY + DAY * 2
    with runtime.engine.begin() as connection:
        reverse_item(connection, 1, "returned", day, make.EVENING + DAY * 2, "ann")
    nights.run(runtime, make.DAY + DAY * 40)
    assert status(runtime, paid) == "71"


def test_a_lease_is_paid_once_it_has_ended(runtime: Runtime) -> None:
    """Nothing is owed of either; the one goes on."""
    terms, _ = make.lease(count=22)
    running = make.lease(paid_through=22, bills=())
    ended, going_on = opened(runtime, (terms, Position(make.EVE, paid_through=22, billed_through=22)), running)
    actions.turn_in(runtime, instruction_for(ended), 100, 0)
    nights.run(runtime, make.DAY)
    assert (status(runtime, ended), status(runtime, going_on)) == ("11", "11")  # the disposition fee is owed
    pay(runtime, make.DAY + DAY, ended, 39_500 + 2_469)
    nights.run(runtime, make.DAY + DAY)
    assert (status(runtime, ended), status(runtime, going_on)) == ("13", "11")


def test_a_repossession_is_reported_and_so_is_its_payment(runtime: Runtime) -> None:
    paid, cleared, lost = opened(runtime, *[make.loan(principal_cents=900_000, count=48)] * 3)
    for number in (paid, cleared, lost):
        actions.set_flag(runtime, instruction_for(number), "repossessed")
    nights.run(runtime, make.DAY)
    assert [status(runtime, number) for number in (paid, cleared, lost)] == ["96"] * 3
    actions.clear_flag(runtime, instruction_for(cleared, make.DAY + DAY), "repossessed")
    charge_offs.charge_off(runtime, instruction_for(lost, make.DAY + DAY))
    pay(runtime, make.DAY + DAY, paid, 900_000)
    nights.run(runtime, make.DAY + DAY)
    assert [status(runtime, number) for number in (paid, cleared, lost)] == ["63", "11", "97"]


def test_a_charge_off_is_paid_when_all_of_it_was_recovered(runtime: Runtime) -> None:
    (number,) = opened(runtime, make.loan(principal_cents=900_000, count=48))
    charge_offs.charge_off(runtime, instruction_for(number))
    pay(runtime, make.DAY, number, 900_000)
    nights.run(runtime, make.DAY)
    charge_offs.recover(runtime, instruction_for(number, make.DAY + DAY), 899_999)
    nights.run(runtime, make.DAY + DAY)
    assert status(runtime, number) == "97"
    charge_offs.recover(runtime, instruction_for(number, make.DAY + DAY * 2))
    nights.run(runtime, make.DAY + DAY * 2)
    assert status(runtime, number) == "64"


def test_a_charge_off_for_an_earlier_day_is_reported_from_the_next_night_on(runtime: Runtime) -> None:
    (number,) = opened(runtime, make.loan(principal_cents=900_000, count=48))
    pay(runtime, make.DAY + DAY, number, 900_000)
    nights.run(runtime, make.DAY + DAY)
    assert status(runtime, number) == "13"
    charge_offs.charge_off(runtime, instruction_for(number, make.DAY, known=make.DAY + DAY * 2))
    nights.run(runtime, make.DAY + DAY * 2)
    assert status(runtime, number) == "97"
