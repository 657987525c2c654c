"""Mail that has not come: a silent site on its first day, a box that is missed, and no alarm without history."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from lockbox.alerts.absent_mail import note_absent_mail
from lockbox.runtime import Runtime
from tests.builders import ledger as make

ZONE = ZoneInfo("America/Chicago")
BOX, LEASES = "650805", "660891"


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZONE)


def history(runtime: Runtime, days: int, *boxes: str, site_id: str = make.SITE) -> None:
    """Mail of each box on so many weekdays before DAY, taken in at 9 a.m."""
    with runtime.engine.begin() as connection:
        for back in range(1, days + 1):
            day = make.DAY - timedelta(back)
            if day.weekday() < 5:
                for no, box in enumerate(boxes, 1):
                    make.batch(connection, f"D{no:03}", site_id, day, box=box, captured_at=at(day, 9))


def open_events(runtime: Runtime) -> list[tuple[str, str, str]]:
    events = sa.text("select kind, scope, cause from ops_event where closed_at is null order by scope, cause")
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(events)]


@pytest.fixture
def lender(runtime: Runtime) -> Runtime:
    with runtime.engine.begin() as connection:
        make.lender(connection)
    return runtime


def test_three_silent_days_of_one_site_are_told_on_the_first(lender: Runtime) -> None:
    history(lender, 35, BOX)
    days = [make.DAY + timedelta(ahead) for ahead in range(3)]
    assert note_absent_mail(lender, at(make.DAY, 9)) == []
    first = ("silent_site", f"dallas/{days[0]}", "")
    assert note_absent_mail(lender, at(make.DAY, 10)) == [f"dallas/{days[0]}: no mail or manifest by 10:00 CST"]
    assert open_events(lender) == [first]
    for day in days[1:]:
        note_absent_mail(lender, at(day, 18))
    assert open_events(lender) == [first, *(("silent_site", f"dallas/{day}", "") for day in days[1:])]
    with lender.engine.begin() as connection:
        make.batch(connection, day=days[0])
        make.manifest(connection, [], day=days[1])  # there was no mail
    note_absent_mail(lender, at(days[2], 19))
    assert open_events(lender) == [("silent_site", f"dallas/{days[2]}", "")]


def test_a_site_with_little_history_is_told_of_at_its_cut_off_and_a_new_one_never(lender: Runtime) -> None:
    history(lender, 3, BOX)
    assert note_absent_mail(lender, at(make.DAY, 16)) == []
    assert note_absent_mail(lender, at(make.DAY, 17)) == ["dallas/2026-11-16: no mail or manifest by 17:00 CST"]
    assert {scope for _, scope, _ in open_events(lender)} == {"dallas/2026-11-16"}  # Richardson never sent anything


def test_weekends_and_holidays_are_not_silent(lender: Runtime) -> None:
    history(lender, 60, BOX)
    with lender.engine.begin() as connection:
        for ahead in range(10):
            make.batch(connection, day=make.DAY + timedelta(ahead))
    thanksgiving = date(2026, 11, 26)
    assert note_absent_mail(lender, at(thanksgiving, 20)) == []
    assert note_absent_mail(lender, at(date(2026, 11, 29), 20)) == [
        "dallas/2026-11-27: no mail or manifest by 10:00 CST"
    ]


def test_a_box_that_usually_sends_is_missed_and_found(lender: Runtime) -> None:
    history(lender, 35, BOX, LEASES)
    with lender.engine.begin() as connection:
        make.batch(connection, box=BOX)
    assert note_absent_mail(lender, at(make.DAY, 9)) == []
    assert note_absent_mail(lender, at(make.DAY, 10)) == [
        "dallas/2026-11-16: no mail for box 660891 by 10:00 CST; on a Monday it has usually arrived by then"
    ]
    assert open_events(lender) == [("usual_mail", "dallas/2026-11-16", LEASES)]
    with lender.engine.begin() as connection:
        make.batch(connection, "D002", box=LEASES)
    assert note_absent_mail(lender, at(make.DAY, 11)) == []
    assert open_events(lender) == []


def test_a_person_who_says_that_there_was_no_mail_is_not_told_again(lender: Runtime) -> None:
    history(lender, 35, BOX)
    note_absent_mail(lender, at(make.DAY, 10))
    with lender.engine.begin() as connection:
        event = connection.execute(sa.text("select event_id from ops_event")).scalar_one()
        closed = sa.text("select acknowledge_event(:event, 'Ann', 'a storm', :at, false)")
        connection.execute(closed, {"event": event, "at": at(make.DAY, 11)})
    note_absent_mail(lender, at(make.DAY, 18))
    assert open_events(lender) == []


def test_a_delivery_that_lies_there_or_was_refused_is_no_silence(lender: Runtime) -> None:
    history(lender, 35, BOX)
    folder = lender.settings.inbox_path / "dallas" / "2026-11-16" / "D001"
    folder.mkdir(parents=True)
    note_absent_mail(lender, at(make.DAY, 18))
    assert [kind for kind, _, _ in open_events(lender)] == ["usual_mail"]  # something is there, and not of this box
    folder.rmdir()
    with lender.engine.begin() as connection:
        make.set_aside(connection, "D001", "index.csv", "is empty", refused="unusable")
    assert note_absent_mail(lender, at(make.DAY, 18)) == []
