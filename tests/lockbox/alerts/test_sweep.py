"""The sweep: every cause reaches people outside, and so does its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.alerts import sweep as sweeping
from lockbox.alerts.absent_mail import note_absent_mail
from lockbox.alerts.alert_outbox import tell
from lockbox.alerts.sweep import sweep
from lockbox.errors import OutOfBalance
from lockbox.mail.noted_differences import accept, note_differences
from lockbox.mail.pipeline import waiting_batches
from lockbox.ops_events import note_alone, settle
from lockbox.runtime import Runtime
from lockbox.scopes import AuditScope, NightScope, SiteDayScope
from lockbox.servicing import night, weekly_audit
from lockbox.stages import stage
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.deliveries import deliver
from tests.builders.receivers import Told, told
from tests.builders.site_days import lacking_day, posted_day

AT = make.EVENING
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DALLAS = SiteDayScope("dallas", make.DAY)


@pytest.fixture
def lockbox(runtime: Runtime) -> Iterator[Told]:
    with told(runtime) as receivers:
        yield receivers


def subjects(lockbox: Told) -> list[str]:
    """What both channels were told, which must be the same."""
    titles = [(alert["phase"], f"{alert['title']}: {alert['scope']}") for alert in lockbox.listener.alerts]
    lines = [("Over: " if phase == "closed" else "") + title for phase, title in titles]
    assert [subject.partition("] ")[2] for subject in lockbox.mailbox.subjects] == lines
    return lines


def told_and_over(lockbox: Told, title: str) -> None:
    assert subjects(lockbox) == [title, f"Over: {title}"]


def test_mail_late_for_its_cut_off(lockbox: Told) -> None:
    posted_day(lockbox.runtime)
    state = "update stage_run set state = '{}' where scope like '%D002' and stage = 'post'"
    make.altered(lockbox.runtime, state.format("running"))
    sweep(lockbox.runtime, AT)
    assert subjects(lockbox) == []  # mail that is through within a quarter of an hour is no alert
    sweep(lockbox.runtime, AT + 15 * MINUTE)
    make.altered(lockbox.runtime, state.format("done"))
    sweep(lockbox.runtime, AT + 20 * MINUTE)
    told_and_over(lockbox, "Mail was not fully processed by the cut-off: dallas/2026-11-16")


def test_a_close_that_waits_for_people(lockbox: Told) -> None:
    lacking_day(lockbox.runtime)
    sweep(lockbox.runtime, AT)
    assert "3 missing" in lockbox.mailbox.texts[0]
    with lockbox.runtime.engine.begin() as connection:
        note_differences(connection, DALLAS, AT)
        numbers = connection.execute(sa.text("select array_agg(difference_id) from difference")).scalar_one()
        accept(connection, numbers, "Ann", "counted again", AT)
    sweep(lockbox.runtime, AT + HOUR)
    told_and_over(lockbox, "The close of a day is waiting for a person: dallas/2026-11-16")


def test_a_day_closed_with_open_differences(lockbox: Told) -> None:
    lacking_day(lockbox.runtime)
    at_one = AT + 7 * HOUR
    daily.close(lockbox.runtime, DALLAS, at_one)
    sweep(lockbox.runtime, at_one)
    assert subjects(lockbox) == ["A day was closed with open differences: dallas/2026-11-16"]
    assert "3 missing" in lockbox.mailbox.texts[0] or "3 documents" in lockbox.mailbox.texts[0]
    with lockbox.runtime.engine.begin() as connection:
        first, *rest = connection.execute(sa.text("select difference_id from difference order by 1")).scalars()
        accept(connection, [first], "Ann", "shredded", at_one + HOUR)
    sweep(lockbox.runtime, at_one + HOUR)
    assert len(subjects(lockbox)) == 1  # not over while one is open
    with lockbox.runtime.engine.begin() as connection:
        accept(connection, rest, "Ann", "shredded", at_one + 2 * HOUR)
    sweep(lockbox.runtime, at_one + 2 * HOUR)
    told_and_over(lockbox, "A day was closed with open differences: dallas/2026-11-16")
    assert "over at 2026-11-17 04:00 CST" in lockbox.mailbox.texts[-1]


def test_something_in_the_inbox_that_is_never_taken_in(lockbox: Told) -> None:
    folder = deliver(lockbox.runtime.settings.inbox_path)
    (folder / "DONE").rename(folder / "JANE DOE.done")
    for path in (folder, *folder.iterdir()):
        os.utime(path, ((AT - HOUR).timestamp(),) * 2)
    waiting_batches(lockbox.runtime, "dallas", AT)
    sweep(lockbox.runtime, AT)
    (event,) = (alert["event"] for alert in lockbox.listener.alerts)
    assert subjects(lockbox) == [f"Something in the inbox is not being picked up: dallas, event {event}"]
    assert "JANE" not in lockbox.mailbox.texts[0]  # what a sender wrote may be anything
    (folder / "JANE DOE.done").rename(folder / "DONE")
    waiting_batches(lockbox.runtime, "dallas", AT + HOUR)
    sweep(lockbox.runtime, AT + HOUR)
    told_and_over(lockbox, f"Something in the inbox is not being picked up: dallas, event {event}")


def test_a_day_out_of_balance(lockbox: Told) -> None:
    with (
        pytest.raises(OutOfBalance),
        stage(lockbox.runtime.engine, DALLAS, "close", AT, failures={OutOfBalance: "out_of_balance"}),
    ):
        raise OutOfBalance("one cent")
    sweep(lockbox.runtime, AT)
    with stage(lockbox.runtime.engine, DALLAS, "close", AT + HOUR):
        pass
    sweep(lockbox.runtime, AT + HOUR)
    told_and_over(lockbox, "A site day is out of balance: dallas/2026-11-16")


def test_a_set_aside_batch_and_a_task(lockbox: Told) -> None:
    engine = lockbox.runtime.engine
    note_alone(engine, "error", "batch_set_aside", "dallas/2026-11-16/D001", "row 3: JANE DOE", AT, "ingest")
    note_alone(engine, "error", "task_failed", "lockbox_mail_dallas", "post: killed", AT, "post")
    sweep(lockbox.runtime, AT + 10 * MINUTE)
    with engine.begin() as connection:
        for kind, scope in (("batch_set_aside", "dallas/2026-11-16/D001"), ("task_failed", "lockbox_mail_dallas")):
            settle(connection, kind, scope, AT + 20 * MINUTE)
    sweep(lockbox.runtime, AT + 20 * MINUTE)
    begun = ["A delivery could not be used: dallas/2026-11-16/D001", "An Airflow task failed: lockbox_mail_dallas"]
    assert subjects(lockbox) == [*begun, *(f"Over: {title}" for title in begun)]
    assert "JANE" not in "".join(lockbox.mailbox.texts)


def test_a_night_that_has_not_run_by_its_hour(lockbox: Told) -> None:
    nights.load(lockbox.runtime, nights.portfolio(10))
    with lockbox.runtime.engine.begin() as connection:
        make.batch(connection)
    sweep(lockbox.runtime, AT + 10 * HOUR + 59 * MINUTE)
    assert "The night was not run on time: night/2026-11-16" not in subjects(lockbox)
    sweep(lockbox.runtime, AT + 11 * HOUR)  # 6 a.m.
    assert "The night was not run on time: night/2026-11-16" in subjects(lockbox)
    nights.closed(lockbox.runtime, make.DAY)
    nights.run(lockbox.runtime, make.DAY)
    sweep(lockbox.runtime, AT + 12 * HOUR)
    assert "Over: The night was not run on time: night/2026-11-16" in subjects(lockbox)


def test_a_night_that_does_not_pass_its_checks(lockbox: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.load(lockbox.runtime, nights.portfolio(10))

    def find(_: night.Night) -> int:
        raise OutOfBalance("check i12: contract 3")

    with monkeypatch.context() as patch, pytest.raises(OutOfBalance):
        patch.setitem(night.STEPS, "check", find)
        nights.run(lockbox.runtime, make.DAY)
    sweep(lockbox.runtime, AT)
    nights.run(lockbox.runtime, make.DAY)
    sweep(lockbox.runtime, AT + HOUR)
    told_and_over(lockbox, f"The night failed its checks: {NightScope(make.DAY)}")


def test_an_audit_that_fails_until_a_later_week_passes(lockbox: Told) -> None:
    nights.load(lockbox.runtime, nights.portfolio(10))
    nights.run(lockbox.runtime, make.DAY)
    make.altered(lockbox.runtime, "update position set carry = carry + 1 where contract_id = 3")
    with pytest.raises(OutOfBalance):
        weekly_audit.audit_part(lockbox.runtime, AuditScope(2026, 47, "1"), AT)
    sweep(lockbox.runtime, AT)
    make.altered(lockbox.runtime, "update position set carry = carry - 1 where contract_id = 3")
    weekly_audit.audit_part(lockbox.runtime, AuditScope(2026, 48, "1"), AT + HOUR)
    sweep(lockbox.runtime, AT + HOUR)
    told_and_over(lockbox, "The weekly audit found an exception: audit/2026-W47/1")


def test_an_audit_that_was_not_run_in_its_week(lockbox: Told) -> None:
    nights.load(lockbox.runtime, nights.portfolio(10))
    nights.run(lockbox.runtime, make.DAY)
    sunday = AT + timedelta(6)
    sweep(lockbox.runtime, sunday + 3 * HOUR)
    assert not [title for title in subjects(lockbox) if "audit" in title]
    sweep(lockbox.runtime, sunday + 4 * HOUR)  # 11 p.m.
    late = "The weekly audit was not run on time: audit/2026-W47"
    assert subjects(lockbox)[-1] == late
    assert "not audited by Sunday 23:00: the checks, contracts 1 to 10,000" in lockbox.mailbox.texts[-1]
    for scope in weekly_audit.open_parts(lockbox.runtime, sunday + 4 * HOUR):
        weekly_audit.audit_part(lockbox.runtime, scope, sunday + 4 * HOUR)
    sweep(lockbox.runtime, sunday + 5 * HOUR)
    assert subjects(lockbox)[-1] == f"Over: {late}"


def test_a_silent_site_and_a_missed_box(lockbox: Told) -> None:
    with lockbox.runtime.engine.begin() as connection:
        for weeks in range(5, 0, -1):  # days close in order
            day = make.DAY - timedelta(weeks=weeks)
            at = make.ARRIVED - timedelta(weeks=weeks)
            make.batch(connection, day=day, captured_at=at)
            make.batch(connection, "D002", day=day, box="660891", captured_at=at)
            make.closed_day(connection, day=day)
    for ahead in range(3):
        note_absent_mail(lockbox.runtime, AT + timedelta(ahead))
    tell(lockbox.runtime, AT)
    first = "A site has sent no mail: dallas/2026-11-16"
    assert subjects(lockbox)[0] == first
    with lockbox.runtime.engine.begin() as connection:
        make.batch(connection)
    note_absent_mail(lockbox.runtime, AT + timedelta(1))
    tell(lockbox.runtime, AT + timedelta(1))
    assert f"Over: {first}" in subjects(lockbox)
    assert "Mail that usually arrives has not arrived: dallas/2026-11-16" in subjects(lockbox)


def test_a_look_that_fails_is_told_and_stops_no_other(lockbox: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(*_: object) -> None:
        raise OSError("the inbox cannot be read")

    posted_day(lockbox.runtime)
    make.altered(lockbox.runtime, "update stage_run set state = 'running' where scope like '%D002' and stage = 'post'")
    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "LOOKS", {"absent_mail": blind, **sweeping.LOOKS} | {"absent_mail": blind})
        for minutes in (0, 15):
            sweep(lockbox.runtime, AT + minutes * MINUTE)
    assert sorted(subjects(lockbox)) == [
        "A check for late work failed: alerts",
        "Mail was not fully processed by the cut-off: dallas/2026-11-16",
    ]
    sweep(lockbox.runtime, AT + 20 * MINUTE)
    assert subjects(lockbox)[-1] == "Over: A check for late work failed: alerts"
