"""A contract master in the database: added once, opened in a balanced ledger, contradicted loudly."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.contract import Charge, Contract, ContractFlag, Customer, Master, Payer
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.master import Loaded, load_master
from lockbox.policy import load_profile
from lockbox.settings import Settings
from lockbox.simulator.portfolio import make_portfolio

AS_OF = datetime(2026, 11, 16, 12, tzinfo=UTC)
OPENING_ON = date(2026, 11, 15)
NOTHING = Loaded(0, 0, 0, 0, 0, 0)


@pytest.fixture
def engine(settings: Settings) -> sa.Engine:
    made = db.engine(settings)
    with made.begin() as connection:
        load_profile(connection, settings.profile)
    return made


def small(**changes: object) -> Master:
    """One lease with an installment, its tax and the rest."""
    number = "1234567869"
    due_on = date(2026, 11, 20)
    master = Master(
        "meridian",
        OPENING_ON,
        customers=(Customer("C1", "Ana Quill, Jr.", ("1 Elm St", 'Plano, "TX" 75074')),),
        contracts=(Contract(number, "C1", "lease", "TX", 41_250, 20, date(2025, 1, 20)),),
        charges=(
            Charge(number, 1, "installment", due_on, 41_250),
            Charge(number, 2, "tax", due_on, 2_578),
            Charge(number, 3, "principal", date(2028, 1, 20), 900_000),
        ),
        flags=(ContractFlag(number, "scra", date(2026, 1, 1)),),
        payers=(Payer("a" * 32, number, date(2025, 3, 1)),),
    )
    return replace(master, **changes)  # type: ignore[arg-type]


def load(engine: sa.Engine, master: Master) -> Loaded:
    with engine.begin() as connection:
        return load_master(connection, master, AS_OF)


def rows(engine: sa.Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_rows_and_opening_journal_are_those_of_the_master(engine: sa.Engine) -> None:
    assert load(engine, small()) == Loaded(1, 1, 3, 1, 1, 1)
    assert rows(engine, "select name, address from customer") == [("Ana Quill, Jr.", '1 Elm St\nPlano, "TX" 75074')]
    assert rows(engine, "select source_kind, source_key, effective_date, posted_at from journal") == [
        ("opening", "meridian/1234567869", OPENING_ON, AS_OF)
    ]
    assert rows(engine, "select account, amount_cents, charge_id is not null from entry order by line_no") == [
        ("receivable.installment", 41_250, True),
        ("receivable.tax", 2_578, True),
        ("receivable.principal", 900_000, True),
        ("equity.opening", -943_828, False),
    ]
    assert rows(engine, "select sum(open_cents) from charge_open") == [(943_828,)]


def test_second_load_changes_nothing_and_further_rows_are_added(engine: sa.Engine) -> None:
    load(engine, small())
    assert load(engine, small()) == NOTHING
    further = Payer("b" * 32, "1234567869", date(2026, 1, 1))
    assert load(engine, small(payers=(*small().payers, further))) == replace(NOTHING, payers=1)


def other_contract() -> Master:
    return small(contracts=(replace(small().contracts[0], due_day=21),))


def other_charge() -> Master:
    first, *rest = small().charges
    return small(charges=(replace(first, amount_cents=41_251), *rest))


def fewer_charges() -> Master:
    return small(charges=small().charges[:2])


def more_charges() -> Master:
    return small(charges=(*small().charges, Charge("1234567869", 4, "fee", date(2026, 11, 30), 100)))


def other_flag() -> Master:
    return small(flags=(ContractFlag("1234567869", "scra", date(2026, 1, 1), date(2026, 2, 1)),))


@pytest.mark.parametrize("changed", [other_contract, other_charge, fewer_charges, more_charges, other_flag])
def test_other_content_is_a_conflict_that_names_the_contract_and_adds_nothing(engine: sa.Engine, changed) -> None:  # type: ignore[no-untyped-def]
    load(engine, small())
    before = rows(
        engine, "select * from charge union all select null, null, null, flag, valid_to, 0 from contract_flag"
    )
    with pytest.raises(ConflictError, match="1234567869"):
        load(engine, changed())
    assert (
        rows(engine, "select * from charge union all select null, null, null, flag, valid_to, 0 from contract_flag")
        == before
    )


def test_other_name_of_a_customer_is_a_conflict(engine: sa.Engine) -> None:
    load(engine, small())
    with pytest.raises(ConflictError, match="customer C1"):
        load(engine, small(customers=(Customer("C1", "Ana Quill", small().customers[0].address_lines),)))


def test_a_charge_that_came_later_is_none_of_the_masters_business(engine: sa.Engine) -> None:
    load(engine, small())
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
            insert into charge (contract_id, charge_no, kind, due_on, amount_cents)
            select contract_id, 4, 'fee', date '2026-12-05', 1500 from contract""")
        )
    assert load(engine, small()) == NOTHING
    with pytest.raises(ConflictError, match="1234567869"):
        load(engine, more_charges())


def test_rows_of_nobody_are_refused(engine: sa.Engine) -> None:
    with pytest.raises(InputError, match="no such contract: 9999999904"):
        load(engine, small(payers=(Payer("c" * 32, "9999999904", OPENING_ON),)))
    with pytest.raises(InputError, match="no such customer: C1"):
        load(engine, small(customers=()))
    assert rows(engine, "select count(*) from customer") == [(0,)]


def test_without_a_profile_there_is_nobody_to_load_for(settings: Settings) -> None:
    with pytest.raises(NotReady, match="meridian"):
        load(db.engine(settings), small())


def test_a_portfolio_opens_a_ledger_that_sums_to_zero(engine: sa.Engine) -> None:
    master = make_portfolio(7, OPENING_ON, b"k" * 32, contracts=400)
    loaded = load(engine, master)
    assert loaded == Loaded(
        *(len(part) for part in (master.customers, master.contracts, master.charges, master.flags, master.payers)), 400
    )
    assert rows(engine, "select sum(amount_cents), count(distinct journal_id) from entry") == [(0, 400)]
    open_cents = dict(rows(engine, "select kind, sum(open_cents)::bigint from charge_open group by kind"))
    by_kind = itertools.groupby(sorted((one.kind, one.amount_cents) for one in master.charges), lambda one: one[0])
    assert open_cents == {kind: sum(cents for _, cents in group) for kind, group in by_kind}
    assert load(engine, master) == NOTHING
