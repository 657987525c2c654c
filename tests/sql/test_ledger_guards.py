"""The ledger's own guards: what the database refuses, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.settings import Settings
from tests.builders import ledger as make


@pytest.fixture
def connection(settings: Settings) -> Iterator[sa.Connection]:
    with db.engine(settings).connect() as connection, connection.begin() as transaction:
        make.lender(connection)
        yield connection
        if transaction.is_active:
            transaction.rollback()


def opening(connection: sa.Connection, entries: Sequence[tuple[str, int, int | None]]) -> int:
    """An opening journal with these entries: account, cents, contract."""
    return make.journal(connection, entries, source_kind="opening", source_key="x", site_id=None)


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set amount_cents = amount_cents + 1",
        "delete from journal",
        "truncate entry",
        "update installment_credit set amount_cents = 1",
        "delete from seal",
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


@pytest.mark.parametrize(
    "statement",
    [
        "insert into entry values (1, 1, 'bank.deposits', 5, null)",
        "insert into installment_credit values (1, 1, 1, 5, '2026-11-16')",
        "update position set principal_cents = 0",
        "insert into seal_balance values (1, 'bank.deposits', 5)",
        "delete from late_fee",
    ],
)
def test_the_product_writes_the_ledger_through_its_functions_alone(settings: Settings, statement: str) -> None:
    with (
        db.engine(settings).begin() as connection,
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
    ):
        connection.execute(sa.text(statement))


def test_a_journal_that_does_not_balance_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="off by 1 cents"):
        opening(connection, [("bank.deposits", 101, None), ("equity.opening", -100, None)])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "has no entries"),
        ([("bank.deposits", 1, None), ("bank.deposit", -1, None)], "no such ledger account: bank.deposit"),
        ([("receivable.fee", 1, 99), ("equity.opening", -1, None)], "no such contract: 99"),
    ],
)
def test_a_journal_with_an_unknown_account_or_contract_is_refused(
    connection: sa.Connection, entries: Sequence[tuple[str, int, int | None]], words: str
) -> None:
    with pytest.raises(sa.exc.IntegrityError, match=words):
        make.journal(connection, entries, source_kind="fee", source_key="x", site_id=None)


@pytest.mark.parametrize(("site", "item"), [("nowhere", None), (None, 99)])
def test_a_journal_of_no_site_or_no_check_is_refused(
    connection: sa.Connection, site: str | None, item: int | None
) -> None:
    entries = [("bank.deposits", 1, None), ("equity.opening", -1, None)]
    with pytest.raises(sa.exc.IntegrityError, match="no such item"):
        make.journal(connection, entries, source_kind="refund", source_key="x", site_id=site, item_id=item)


def test_a_journal_is_written_once_and_another_one_under_its_key_is_an_error(connection: sa.Connection) -> None:
    entries = [("bank.deposits", 100, None), ("equity.opening", -100, None)]
    assert opening(connection, entries) == opening(connection, entries)
    with pytest.raises(sa.exc.IntegrityError, match="there already with other content"):
        opening(connection, [("bank.deposits", 101, None), ("equity.opening", -101, None)])


def test_the_newest_decision_is_inlined_by_the_planner(connection: sa.Connection) -> None:
    item = make.item(connection, make.batch(connection))
    for version, outcome in ((1, "review"), (2, "reject")):
        make.decision(connection, item, outcome=outcome, version=version, reasons=["damaged"])
    query = "select d.version from item as i inner join newest_decision(i.item_id) as d on true"
    assert connection.execute(sa.text(query)).scalars().all() == [2]
    plan = "\n".join(connection.execute(sa.text(f"explain {query}")).scalars())
    assert "newest_decision" not in plan


def test_entries_cannot_join_a_journal_of_the_past(settings: Settings) -> None:
    engine = db.engine(settings, owner=True)
    with engine.begin() as connection:
        make.lender(connection)
        contract = make.contract(connection)
    with engine.begin() as connection, pytest.raises(sa.exc.IntegrityError, match="earlier transaction"):
        journal_id = connection.execute(sa.text("select journal_id from journal")).scalar_one()
        connection.execute(
            sa.text("""
                insert into entry (journal_id, line_no, account, amount_cents, contract_id)
                values (:j, 8, 'bank.deposits', 5, :c), (:j, 9, 'bank.deposits', -5, :c)"""),
            {"j": journal_id, "c": contract},
        )


def test_what_comes_from_positions_is_written_apart_from_what_moves_them(settings: Settings) -> None:
    with (
        db.engine(settings, owner=True).begin() as connection,
        pytest.raises(sa.exc.IntegrityError, match="statements of their own"),
    ):
        make.lender(connection)
        contract = make.contract(connection)
        connection.execute(
            sa.text("""
                with made as (
                    insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
                    select kind, 'x', :day, :day, :at, 'kim' from (values ('accrual'), ('fee')) as k (kind)
                    returning journal_id
                )
                insert into entry (journal_id, line_no, account, amount_cents, contract_id)
                select m.journal_id, x.line_no, x.account, x.cents, :contract
                from made as m, (
                    values (1, 'receivable.fee', 5), (2, 'income.fee', -5)
                ) as x (line_no, account, cents)"""),
            {"day": make.DAY, "at": make.WORKED, "contract": contract},
        )
