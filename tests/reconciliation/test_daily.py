"""The day close: when a day can be closed, what a close writes, what stops it, and that it happens once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import Fenced, NotReady, OutOfBalance, UsageError
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.stages import stage
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders.site_days import SCOPE, posted_day


@pytest.fixture
def day(runtime: Runtime) -> Runtime:
    """A posted day at Dallas."""
    return posted_day(runtime)


def _count(runtime: Runtime, table: str) -> int:
    with runtime.engine.connect() as connection:
        return int(connection.execute(sa.text(f"select count(*) from {table}")).scalar_one())


def _as_owner(runtime: Runtime, statement: str) -> None:
    """Damage that no code of ours can do: as the owner, triggers off."""
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("set local session_replication_role = replica"))
        connection.execute(sa.text(statement))


def test_a_close_deposits_what_was_accepted_and_empties_clearing(day: Runtime) -> None:
    line = daily.close(day, SCOPE, make.EVENING)
    assert line == (
        "dallas/2026-11-16: closed in balance: 6 checks captured, 3 posted, 1 to suspense, 1 in review, 1 rejected; "
        "deposit of 4 checks, $1,125.99"
    )
    with day.engine.connect() as connection:
        trial_balance = sa.text("select account, balance_cents from trial_balance")
        balances = {row.account: row.balance_cents for row in connection.execute(trial_balance)}
        assert balances["clearing.dallas"] == 0
        assert balances["bank.deposits"] == 2 * make.INSTALLMENT_CENTS + 99 + 20_000 + 10_000 == 112_599
        deposit = connection.execute(sa.text("select items, amount_cents from deposit")).one()
        assert tuple(deposit) == (4, 112_599)
    assert _count(day, "deposit_item") == 4


def test_a_check_reversed_before_the_close_is_not_deposited(day: Runtime) -> None:
    with day.engine.begin() as connection:
        posted = connection.execute(
            sa.text("select min(journal_id) as id, min(item_id) as item_id from journal where item_id is not null")
        ).one()
        connection.execute(
            sa.text("select reverse_journal(:id, :day, :at, 'kim')"),
            {"id": posted.id, "day": make.DAY, "at": make.WORKED},
        )
        make.decision(connection, posted.item_id, "review", 1, reasons=["wrong_payee"], version=2, maker="kim")
    assert "deposit of 3 checks, $713.49" in daily.close(day, SCOPE, make.EVENING)


def test_closing_a_closed_day_changes_nothing(day: Runtime) -> None:
    daily.close(day, SCOPE, make.EVENING)
    before = [_count(day, table) for table in ("journal", "entry", "deposit", "deposit_item", "day_close", "ops_event")]
    assert "already closed" in daily.close(day, SCOPE, make.EVENING)
    assert before == [
        _count(day, table) for table in ("journal", "entry", "deposit", "deposit_item", "day_close", "ops_event")
    ]
    assert daily.closable_days(day, make.EVENING) == []


def test_a_day_can_be_closed_from_its_cut_off_on(day: Runtime) -> None:
    assert daily.closable_days(day, make.WORKED) == []
    with pytest.raises(NotReady, match="the cut-off is 2026-11-16 17:00 CST"):
        daily.close(day, SCOPE, make.WORKED)
    assert daily.closable_days(day, make.EVENING) == [SCOPE]


def test_a_day_waits_for_its_batches_and_is_late(day: Runtime) -> None:
    with day.engine.begin() as connection:
        connection.execute(
            sa.text("update stage_run set state = 'running' where scope like '%D002' and stage = 'post'")
        )
    assert daily.closable_days(day, make.EVENING) == []
    with pytest.raises(NotReady, match="not posted: D002"):
        daily.close(day, SCOPE, make.EVENING)
    assert daily.late_work(day, make.WORKED) == []
    for _ in range(2):
        (late,) = daily.late_work(day, make.EVENING)
    assert (late.scope, late.message) == (SCOPE, "past the 17:00 CST cut-off; not posted: D002")
    assert _count(day, "ops_event where kind = 'late' and times = 2 and closed_at is null") == 1
    with day.engine.begin() as connection:
        connection.execute(sa.text("update stage_run set state = 'done' where scope like '%D002' and stage = 'post'"))
    daily.close(day, SCOPE, make.EVENING)
    assert _count(day, "ops_event where kind = 'late' and closed_at is null") == 0


def test_a_day_waits_for_its_manifest(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.batch(connection)
        make.stages_done(connection, f"{SCOPE}/D001")
    with pytest.raises(NotReady, match="manifest has not arrived"):
        daily.close(runtime, SCOPE, make.EVENING)


def test_an_announced_batch_that_could_not_be_used_does_not_keep_the_day_open(day: Runtime) -> None:
    with day.engine.begin() as connection:
        connection.execute(
            sa.text(
                """update site_day set batches = batches ||
                   '[{"batch"\\: "D003", "envelopes"\\: 2, "documents"\\: 2}]'"""
            )
        )
    assert daily.closable_days(day, make.EVENING) == []
    with day.engine.begin() as connection:
        make.set_aside(connection, "D003", "index.csv", "empty")
    assert daily.closable_days(day, make.EVENING) == [SCOPE]
    assert "closed in balance" in daily.close(day, SCOPE, make.EVENING)


def test_a_day_waits_for_a_batch_that_could_not_be_used_if_the_policy_says_so(day: Runtime) -> None:
    """From the day the rule starts. Once the batch is delivered again and posted, the day closes."""
    _as_owner(day, "delete from site_day")
    with day.engine.begin() as connection:
        make.manifest(connection, [("D001", 3, 4), ("D002", 3, 3), ("D003", 2, 2)])
        make.set_aside(connection, "D003", "index.csv", "empty")
    assert daily.closable_days(day, make.EVENING) == [SCOPE]
    _as_owner(
        day,
        "insert into policy (lender_id, rule, valid_from, value, source) "
        f"values ('meridian', 'close.hold_for_set_aside', '{make.DAY}', 'true', 'finance')",
    )
    assert daily.closable_days(day, make.EVENING) == []
    with pytest.raises(NotReady, match="set aside, waiting for redelivery: D003"):
        daily.close(day, SCOPE, make.EVENING)
    with day.engine.begin() as connection:
        make.batch(connection, "D003", envelopes=0, documents=0)
        make.stages_done(connection, f"{SCOPE}/D003")
    assert daily.closable_days(day, make.EVENING) == [SCOPE]


@pytest.mark.parametrize(("file", "closes"), [("batch.json", True), ("0001_b.tif", False)])
def test_a_wrong_count_of_the_sender_keeps_the_day_open_unless_it_is_on_record(
    day: Runtime, file: str, closes: bool
) -> None:
    _as_owner(day, "update batch set declared_documents = 9, declared_envelopes = 7 where batch_no = 'D001'")
    _as_owner(day, "delete from site_day")
    with day.engine.begin() as connection:
        make.manifest(connection, [("D001", 3, 9), ("D002", 3, 3)])
        make.set_aside(connection, "D001", file, "says 9, index.csv has 4")
    if closes:
        assert "closed in balance" in daily.close(day, SCOPE, make.EVENING)
    else:
        with pytest.raises(OutOfBalance, match="declared documents 9, captured and set aside 4"):
            daily.close(day, SCOPE, make.EVENING)


def test_a_quiet_day_closes_without_a_deposit(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.manifest(connection, [])
    assert "deposit of 0 checks" in daily.close(runtime, SCOPE, make.EVENING)
    assert _count(runtime, "deposit") == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "update entry set amount_cents = amount_cents + sign(amount_cents) * 7 where journal_id = "
            "(select max(journal_id) from journal)",
            "dallas/2026-11-16/D002: captured checks 3 / $150.00, posted, suspense, in review and rejected "
            "3 / $150.07, difference 0 / ($0.07)",
        ),
        ("update batch set declared_documents = 4 where batch_no = 'D002'", "D002: declared documents 4, captured"),
        (
            "update entry set amount_cents = amount_cents - sign(amount_cents) where journal_id = "
            "(select min(journal_id) from journal)",
            "check i08_positions_match",
        ),
        ("delete from decision where outcome = 'reject'", "D002: captured checks 3 / $100.00"),
    ],
)
def test_a_day_that_does_not_balance_is_not_closed_and_says_where(day: Runtime, statement: str, words: str) -> None:
    _as_owner(day, statement)
    with pytest.raises(OutOfBalance) as caught:
        daily.close(day, SCOPE, make.EVENING)
    assert words in str(caught.value)
    assert "deposit" not in str(caught.value)  # only causes are named, not their consequences
    assert [_count(day, table) for table in ("day_close", "deposit", "deposit_item")] == [0, 0, 0]
    assert _count(day, "journal where source_kind = 'deposit'") == 0
    assert _count(day, "ops_event where kind = 'out_of_balance' and severity = 'error'") == 1
    assert _count(day, "stage_run where stage = 'close' and state = 'failed'") == 1


def _in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_of_two_tries_at_once_the_newer_closes_and_the_older_writes_nothing(day: Runtime) -> None:
    def older() -> None:
        with stage(day.engine, SCOPE, "close", make.EVENING) as connection:
            daily._close(connection, SCOPE, make.EVENING)
            thread, outcome = _in_thread(lambda: daily.close(day, SCOPE, make.EVENING))
            newer.extend([thread, outcome])
            thread.join(0.5)  # it has the next fence and waits for our transaction
            assert thread.is_alive()

    newer: list[object] = []
    with pytest.raises(Fenced):
        older()
    thread, outcome = newer
    assert isinstance(thread, threading.Thread)
    thread.join(10)
    assert "closed in balance" in str(outcome)
    assert [_count(day, table) for table in ("day_close", "deposit", "deposit_item")] == [1, 1, 4]


def test_mail_taken_in_while_the_day_is_closing_is_not_overlooked(day: Runtime) -> None:
    with day.engine.begin() as connection:
        batch_id = make.batch(connection, "D009")
        make.item(connection, batch_id)
        thread, outcome = _in_thread(lambda: daily.close(day, SCOPE, make.EVENING))
        thread.join(0.5)
        assert thread.is_alive()  # waits for the batch to be committed
    thread.join(10)
    assert isinstance(outcome[0], OutOfBalance)
    assert "D009" in str(outcome[0])


def test_a_closed_day_takes_no_more_mail(day: Runtime) -> None:
    daily.close(day, SCOPE, make.EVENING)
    with pytest.raises(sa.exc.IntegrityError, match="the day is closed"), day.engine.begin() as connection:
        make.batch(connection, "D009")


@pytest.mark.parametrize("scope", ["dallas", "dallas/2026-13-01", "dallas/2026-11-16/D001"])
def test_text_that_is_not_a_site_day_is_refused(scope: str) -> None:
    with pytest.raises(UsageError, match="is not a site day"):
        SiteDayScope.parse(scope)


def test_an_unknown_day_is_not_ready(day: Runtime) -> None:
    with pytest.raises(NotReady, match="no mail or manifest is on record"):
        daily.close(day, SiteDayScope("richardson", make.DAY), make.EVENING)
