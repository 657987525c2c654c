"""The Metro 2 status that a night writes, over every case, against the rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.oracles.metro2 import metro2_status

DAYS_PAST_DUE = (*range(0, 200), 365, 2_000)
LOST_CENTS = make.INSTALLMENT_CENTS


@pytest.fixture
def owner(runtime: Runtime) -> Iterator[sa.Connection]:
    """The owner of the tables may change a due date or a balance."""
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        yield connection


def status(connection: sa.Connection, contract: int) -> str:
    """The status that the night of DAY gives a contract."""
    connection.execute(sa.text("select night_delinquency('meridian', :day)"), {"day": make.DAY})
    statuses = connection.execute(sa.text("select metro2 from position where contract_id = :c"), {"c": contract})
    return str(statuses.scalar_one())


def due_days_ago(connection: sa.Connection, contract: int, days: int) -> None:
    connection.execute(
        sa.text("update installment set due_on = :due where contract_id = :c"),
        {"due": make.DAY - timedelta(days), "c": contract},
    )


def flag(connection: sa.Connection, contract: int, *flags: str) -> None:
    connection.execute(sa.text("delete from contract_flag where contract_id = :c"), {"c": contract})
    for name in flags:
        connection.execute(
            sa.text("insert into contract_flag values (:c, :flag, :day, null)"),
            {"c": contract, "flag": name, "day": make.EVE},
        )


@pytest.mark.parametrize(("charged_off", "repossessed"), list(product((False, True), repeat=2)))
def test_the_status_of_an_open_loan(owner: sa.Connection, charged_off: bool, repossessed: bool) -> None:
    contract = make.contract(owner)
    flag(owner, contract, *["charged_off"] * charged_off, *["repossessed"] * repossessed)
    for days in DAYS_PAST_DUE:
        due_days_ago(owner, contract, days)
        expected = metro2_status(days, charged_off=charged_off, repossessed=repossessed)
        assert status(owner, contract) == expected, days


@pytest.mark.parametrize(("charged_off", "repossessed"), list(product((False, True), repeat=2)))
def test_the_status_of_a_paid_loan(owner: sa.Connection, charged_off: bool, repossessed: bool) -> None:
    contract = make.contract(owner)
    due_days_ago(owner, contract, 70)
    owner.execute(sa.text("update position set principal_cents = 0 where contract_id = :c"), {"c": contract})
    flag(owner, contract, *["charged_off"] * charged_off, *["repossessed"] * repossessed)
    assert status(owner, contract) == metro2_status(0, paid=True, charged_off=charged_off, repossessed=repossessed)


@pytest.mark.parametrize("ended_on", [None, make.EVE])
def test_a_lease_is_paid_once_it_has_ended(owner: sa.Connection, ended_on: date | None) -> None:
    terms, position = make.lease(bills=(), billed_through=22)
    contract = make.open_contract(owner, 1, terms, position)
    owner.execute(sa.text("update position set ended_on = :on"), {"on": ended_on})
    assert status(owner, contract) == metro2_status(0, paid=ended_on is not None)


@pytest.mark.parametrize("recovered_cents", [0, LOST_CENTS - 1, LOST_CENTS])
def test_a_charge_off_is_paid_once_all_of_it_is_recovered(owner: sa.Connection, recovered_cents: int) -> None:
    contract = make.contract(owner, principal_cents=LOST_CENTS, unapplied_cents=2 * LOST_CENTS)
    flag(owner, contract, "charged_off")
    owner.execute(
        sa.text("select write_off(:c, 'charge_off', 'w', :day, null, :at, 'ann')"),
        {"c": contract, "day": make.DAY, "at": make.EVENING},
    )
    if recovered_cents:
        lines = [
            {"account": "suspense.unapplied", "amount_cents": recovered_cents, "contract_id": contract},
            {"account": "income.recovery", "amount_cents": -recovered_cents, "contract_id": contract},
        ]
        owner.execute(
            sa.text("""
                select post_journal(
                    'recovery', 'r', null, null, :day, :day, :at, 'ann', null, cast(:lines as jsonb)
                )"""),
            {"day": make.DAY, "at": make.EVENING, "lines": json.dumps(lines)},
        )
    is_paid = recovered_cents == LOST_CENTS
    assert status(owner, contract) == metro2_status(0, paid=is_paid, charged_off=True)
