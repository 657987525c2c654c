"""The day close: when a day can be closed, what a close writes, what stops it, and that it happens once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import Fenced, NotReady, OpenDifferences, OutOfBalance, UsageError
from lockbox.mail.intake import note_manifests
from lockbox.mail.noted_differences import accept, load_differences
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.stages import stage
from reconciliation import daily
from reconciliation.summary import State
from tests.builders import ledger as make
from tests.builders.deliveries import deliver
from tests.builders.site_days import NIGHT, SCOPE, lacking_day, posted_day


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
        "deposit of 4 checks, $1,125.99; brought forward 0, carried forward 1"
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


def test_a_day_whose_manifest_never_comes_closes_with_that_difference_and_one_that_comes_late_names_what_is_missing(
    day: Runtime,
) -> None:
    _as_owner(day, "delete from site_day")
    assert daily.closable_days(day, make.EVENING) == []
    assert daily.closable_days(day, NIGHT) == [SCOPE]
    line = daily.close(day, SCOPE, NIGHT)
    assert "closed with open differences: 1 manifest that has not arrived (the site's manifest has not arrived" in line
    open_events = "ops_event where kind = 'open_differences' and closed_at is null"
    assert _count(day, open_events) == 1
    with pytest.raises(OpenDifferences, match="manifest has not arrived"):
        daily.ensure_nothing_open(day, [SCOPE])
    announced = [*POSTED, ("D003", 2, 2)]
    batches = [{"batch": no, "envelopes": envelopes, "documents": documents} for no, envelopes, documents in announced]
    late = {"site": "dallas", "business_date": str(make.DAY), "complete": True, "batches": batches}
    folder = day.settings.inbox_path / "dallas" / str(make.DAY)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(late))
    note_manifests(day, "dallas", NIGHT)
    with pytest.raises(OpenDifferences, match="batch D003: 2 documents announced, none captured"):
        daily.ensure_nothing_open(day, [SCOPE])


def test_a_person_accepts_that_the_manifest_never_comes(day: Runtime) -> None:
    _as_owner(day, "delete from site_day")
    with pytest.raises(NotReady, match="manifest has not arrived"):
        daily.close(day, SCOPE, make.EVENING)
    daily.closable_days(day, make.EVENING)
    with day.engine.begin() as connection:
        (number,) = connection.execute(sa.text("select difference_id from difference")).scalars()
        accept(connection, [number], "M. Ruiz", "the site says by phone: two batches", make.EVENING)
    assert daily.closable_days(day, make.EVENING) == [SCOPE]
    line = daily.close(day, SCOPE, make.EVENING)
    assert "closed; ties, 1 manifest that has not arrived, accepted by M. Ruiz: the site says by phone" in line


def _announce(runtime: Runtime, *batches: tuple[str, int, int]) -> None:
    _as_owner(runtime, "delete from site_day")
    with runtime.engine.begin() as connection:
        make.manifest(connection, batches)


POSTED = ("D001", 3, 4), ("D002", 3, 3)


def test_a_batch_that_was_refused_is_missing_and_keeps_the_day_open(day: Runtime) -> None:
    _announce(day, *POSTED, ("D003", 2, 2))
    assert daily.closable_days(day, make.EVENING) == []
    with day.engine.begin() as connection:
        make.set_aside(connection, "D003", "index.csv", "is empty", refused="unusable")
    assert daily.closable_days(day, make.EVENING) == []
    words = "batch D003: 2 documents announced, none captured; refused: is empty"
    with pytest.raises(NotReady, match=words):
        daily.close(day, SCOPE, make.EVENING)
    line = daily.close(day, SCOPE, NIGHT)
    assert "closed with open differences: 2 documents and 2 envelopes missing (batch D003" in line
    assert "in balance" not in line


def test_a_batch_delivered_again_after_it_was_refused_closes_in_balance(day: Runtime) -> None:
    _announce(day, *POSTED, ("D003", 1, 1))
    with day.engine.begin() as connection:
        make.set_aside(connection, "D003", "index.csv", "is empty", refused="unusable")
    assert daily.closable_days(day, make.EVENING) == []
    with day.engine.begin() as connection:
        item_id = make.item(connection, make.batch(connection, "D003"))
        make.decision(connection, item_id, "review", None, reasons=["amount_unread"])
        make.stages_done(connection, f"{SCOPE}/D003")
    assert "closed in balance" in daily.close(day, SCOPE, make.EVENING)


def test_an_announced_batch_that_never_came_is_missing_from_the_hour_of_the_policy_on(day: Runtime) -> None:
    _announce(day, *POSTED, ("D003", 2, 2))
    with pytest.raises(NotReady, match="announced and not delivered: D003"):
        daily.close(day, SCOPE, make.EVENING)
    assert _count(day, "difference") == 0  # it may still come
    assert "batch D003: 2 documents announced, none captured" in daily.close(day, SCOPE, NIGHT)
    assert _count(day, "ops_event where kind = 'open_differences' and severity = 'error'") == 1


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_batch_that_lies_in_the_inbox_is_taken_in_first_whatever_the_hour(day: Runtime, is_announced: bool) -> None:
    """Airflow was down in the evening."""
    if is_announced:
        _announce(day, *POSTED, ("D003", 2, 3))
    deliver(day.settings.inbox_path, batch="D003")
    assert daily.closable_days(day, NIGHT) == []
    with pytest.raises(NotReady, match="not posted: D003"):
        daily.close(day, SCOPE, NIGHT)


@pytest.mark.parametrize("file", ["batch.json", "index.csv", "0001_b.tif"])
def test_a_remark_on_a_batch_switches_no_comparison_off(day: Runtime, file: str) -> None:
    """What was set aside of it explains nothing: what it declares and what came is compared all the same."""
    _as_owner(day, "update batch set declared_documents = 9, declared_envelopes = 7 where batch_no = 'D001'")
    _announce(day, ("D001", 3, 9), POSTED[1])
    with day.engine.begin() as connection:
        make.set_aside(connection, "D001", file, "says 9, index.csv has 4")
    with pytest.raises(NotReady) as caught:
        daily.close(day, SCOPE, make.EVENING)
    for text in (
        r"batch D001: 9 documents declared and announced, 4 captured: 5 missing (sequences 5 to 9)",
        r"batch D001: 7 envelopes declared, 3 captured: 4 missing",
    ):
        assert text in str(caught.value)


def test_a_batch_declared_21_and_captured_18_waits_for_a_person(runtime: Runtime) -> None:
    lacking_day(runtime)
    with pytest.raises(
        NotReady, match=r"21 documents declared and announced, 18 captured: 3 missing \(sequences 19 to"
    ):
        daily.close(runtime, SCOPE, make.EVENING)
    with runtime.engine.begin() as connection:
        numbers = [each.difference_id for each in load_differences(connection, SCOPE)]
        accept(connection, [n for n in numbers if n], "M. Ruiz", "shredded in a jam", make.EVENING)
    line = daily.close(runtime, SCOPE, make.EVENING)
    assert "closed; ties, 3 documents and 3 envelopes missing, accepted by M. Ruiz: shredded in a jam" in line
    assert "in balance" not in line
    assert _states(runtime) == ["differences_accepted"]
    assert daily.day_summary(runtime, make.DAY).state == State.CLOSED_ACCEPTED


def _states(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select state from day_close")).scalars())


def test_a_day_closed_with_open_differences_says_so_until_a_person_accepted_them(runtime: Runtime) -> None:
    lacking_day(runtime)
    assert daily.closable_days(runtime, make.EVENING) == []
    assert daily.closable_days(runtime, NIGHT) == [SCOPE]
    daily.close(runtime, SCOPE, NIGHT)
    assert _states(runtime) == ["open_differences"]
    assert daily.day_summary(runtime, make.DAY).state == State.CLOSED_OPEN
    assert (
        _count(runtime, "ops_event where kind = 'open_differences' and severity = 'error' and closed_at is null") == 1
    )
    with pytest.raises(OpenDifferences, match="closed with open differences: 3 documents and 3 envelopes missing"):
        daily.ensure_nothing_open(runtime, [SCOPE])
    assert "closed with open differences" in daily.close(runtime, SCOPE, NIGHT)
    with runtime.engine.begin() as connection:
        numbers = [each.difference_id for each in load_differences(connection, SCOPE)]
        accept(connection, [n for n in numbers if n], "M. Ruiz", "shredded in a jam", NIGHT)
    daily.ensure_nothing_open(runtime, [SCOPE])
    assert _count(runtime, "ops_event where kind = 'open_differences' and closed_at is null") == 0
    assert daily.day_summary(runtime, make.DAY).state == State.CLOSED_ACCEPTED
    assert "ties, 3 documents and 3 envelopes missing, accepted by M. Ruiz" in daily.close(runtime, SCOPE, NIGHT)
    assert _states(runtime) == ["open_differences"]  # what it was closed with stays on record


def test_a_site_without_an_hour_waits_for_a_person(runtime: Runtime) -> None:
    lacking_day(runtime)
    _as_owner(
        runtime,
        "insert into policy (lender_id, rule, valid_from, value, source) values ('meridian', "
        f"'close.open_differences_after', '{make.DAY}', '{{\"richardson\"\\: \"01\\:00\"}}', 'finance')",
    )
    assert daily.closable_days(runtime, NIGHT) == []
    with pytest.raises(NotReady, match="a person has to accept what differs: batch D001"):
        daily.close(runtime, SCOPE, NIGHT)


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
            "dallas/2026-11-16/D002: captured checks 3 / $150.00, posted, suspense, in review, held, sent on and "
            "rejected 3 / $150.07, difference 0 / ($0.07)",
        ),
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
    assert isinstance(outcome[0], NotReady | OutOfBalance)
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
