"""Posting: the set-based SQL against the allocation rule, and the ledger's own defences."""

from __future__ import annotations

from datetime import timedelta

import builders as make
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from lockbox import db
from lockbox.allocation import OpenCharge, Part, allocate
from lockbox.posting import post_batch
from lockbox.settings import Settings


@pytest.fixture
def connection(settings: Settings):
    with db.engine(settings).connect() as connection, connection.begin() as transaction:
        make.lender(connection)
        yield connection
        if transaction.is_active:
            transaction.rollback()


def post(connection: sa.Connection, batch_id: int) -> None:
    post_batch(connection, batch_id, make.WORKED)
    connection.execute(sa.text("set constraints all immediate"))


def lines(connection: sa.Connection, item_id: int) -> list[tuple[str, int]]:
    return [
        (account, cents)
        for account, cents in connection.execute(
            sa.text("""
                select e.account, e.amount_cents from entry as e join journal as j using (journal_id)
                where j.item_id = :item order by e.line_no"""),
            {"item": item_id},
        )
    ]


def test_a_check_is_posted_once_however_often_it_is_asked(connection: sa.Connection) -> None:
    contract = make.contract(connection, charges=[("installment", 41250), ("principal", 900_000)])
    batch = make.batch(connection)
    item = make.item(connection, batch)
    make.decision(connection, item, lines=[(contract, 41250)])
    for _ in range(3):
        post(connection, batch)
    assert lines(connection, item) == [("clearing.dallas", 41250), ("receivable.installment", -41250)]


def test_two_payments_of_one_contract_in_one_batch_share_what_is_owed(connection: sa.Connection) -> None:
    contract = make.contract(connection, charges=[("installment", 30000), ("fee", 1500), ("principal", 50000)])
    batch = make.batch(connection)
    first, second = make.item(connection, batch, 1), make.item(connection, batch, 2)
    for item in (first, second):
        make.decision(connection, item, amount_cents=20000, lines=[(contract, 20000)])
    post(connection, batch)
    assert lines(connection, first) == [("clearing.dallas", 20000), ("receivable.installment", -20000)]
    assert lines(connection, second) == [
        ("clearing.dallas", 20000),
        ("receivable.installment", -10000),
        ("receivable.fee", -1500),
        ("receivable.principal", -8500),
    ]


def test_what_nobody_is_owed_is_unapplied(connection: sa.Connection) -> None:
    contract = make.contract(connection, charges=[("installment", 30000)])
    batch = make.batch(connection)
    item = make.item(connection, batch)
    make.decision(connection, item, amount_cents=30001, lines=[(contract, 30001)])
    post(connection, batch)
    assert lines(connection, item)[-1] == ("suspense.unapplied", -1)


def test_suspense_goes_to_its_account_and_review_to_none(connection: sa.Connection) -> None:
    contract = make.contract(connection)
    batch = make.batch(connection)
    unknown, flagged, held = (make.item(connection, batch, n) for n in (1, 2, 3))
    make.decision(connection, unknown, "suspense", 5000, suspense_kind="unidentified", reasons=["account_unknown"])
    make.decision(
        connection, flagged, "suspense", 7000, [(contract, 7000)], ["flag_bankruptcy"], suspense_kind="unapplied"
    )
    make.decision(connection, held, "review", 9000, reasons=["stale"])
    post(connection, batch)
    assert lines(connection, unknown) == [("clearing.dallas", 5000), ("suspense.unidentified", -5000)]
    assert lines(connection, flagged) == [("clearing.dallas", 7000), ("suspense.unapplied", -7000)]
    assert lines(connection, held) == []


KINDS = st.sampled_from(["installment", "tax", "fee", "principal"])


@budget(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    charges=st.lists(st.tuples(KINDS, st.integers(1, 100_000), st.integers(0, 400)), min_size=1, max_size=7),
    payments=st.lists(st.integers(1, 150_000), min_size=1, max_size=5),
)
def test_the_sql_splits_as_the_rule_does(
    connection: sa.Connection, charges: list[tuple[str, int, int]], payments: list[int]
) -> None:
    """Any charges, any payments in one batch: the set-based split equals the rule applied one payment at a time."""
    with connection.begin_nested() as savepoint:
        contract = make.contract(connection, charges=[(kind, cents) for kind, cents, _ in charges])
        owed = [
            OpenCharge(row.charge_id, row.kind, row.due_on, row.open_cents)
            for row in connection.execute(
                sa.text("select * from charge_open where contract_id = :c order by charge_id"), {"c": contract}
            )
        ]
        batch = make.batch(connection)
        items = [make.item(connection, batch, number) for number in range(1, len(payments) + 1)]
        for item, cents in zip(items, payments, strict=True):
            make.decision(connection, item, amount_cents=cents, lines=[(contract, cents)])
        post(connection, batch)
        for item, cents in zip(items, payments, strict=True):
            wanted = allocate(cents, owed)
            assert split(connection, item) == wanted
            paid = {part.charge_id: part.amount_cents for part in wanted}
            owed = [
                OpenCharge(one.charge_id, one.kind, one.due_on, one.open_cents - paid.get(one.charge_id, 0))
                for one in owed
            ]
        savepoint.rollback()


def split(connection: sa.Connection, item_id: int) -> list[Part]:
    return [
        Part(charge, -cents)
        for charge, cents in connection.execute(
            sa.text("""
                select e.charge_id, e.amount_cents from entry as e
                join journal as j using (journal_id) left join charge as c using (charge_id)
                where j.item_id = :item and e.amount_cents < 0
                order by e.charge_id is null,
                    case c.kind when 'fee' then 2 when 'principal' then 3 else 1 end, c.due_on, e.charge_id"""),
            {"item": item_id},
        )
    ]


def test_allocation_adds_up_and_refuses_nothing() -> None:
    owed = [OpenCharge(1, "fee", make.DAY, 1500), OpenCharge(2, "installment", make.DAY + timedelta(9), 100)]
    assert allocate(2000, owed) == [Part(2, 100), Part(1, 1500), Part(None, 400)]
    with pytest.raises(ValueError, match="payment of 0"):
        allocate(0, owed)


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set amount_cents = amount_cents + 1",
        "delete from journal",
        "truncate entry",
        "update decision set outcome = 'post'",
        "delete from set_aside",
    ],
)
def test_history_cannot_be_changed_not_even_by_the_owner(settings: Settings, statement: str) -> None:
    for owner in (False, True):
        with (
            db.engine(settings, owner=owner).begin() as connection,
            pytest.raises(sa.exc.DBAPIError, match=r"append-only|permission denied"),
        ):
            connection.execute(sa.text(statement))


def test_a_journal_that_does_not_balance_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="off by 1 cents"):
        make.journal(
            connection,
            [("bank.deposits", 101, None, None), ("equity.opening", -100, None, None)],
            source_kind="opening",
            source_key="x",
            site_id=None,
        )


def test_a_journal_without_entries_is_refused(connection: sa.Connection) -> None:
    connection.execute(
        sa.text("""
            insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
            values ('opening', 'x', :day, :day, :at, 'engine')"""),
        {"day": make.DAY, "at": make.WORKED},
    )
    with pytest.raises(sa.exc.IntegrityError, match="has no entries"):
        connection.execute(sa.text("set constraints all immediate"))


def test_entries_cannot_join_a_journal_of_the_past(settings: Settings) -> None:
    with db.engine(settings).begin() as connection:
        make.lender(connection)
        contract = make.contract(connection)
    with db.engine(settings).begin() as connection, pytest.raises(sa.exc.IntegrityError, match="earlier transaction"):
        journal_id = connection.execute(sa.text("select journal_id from journal")).scalar_one()
        connection.execute(
            sa.text("""
                insert into entry (journal_id, line_no, account, amount_cents, contract_id)
                values (:j, 8, 'bank.deposits', 5, :c), (:j, 9, 'bank.deposits', -5, :c)"""),
            {"j": journal_id, "c": contract},
        )
