"""A weekly audit that has not run by its hour is an event until that week, or a later one, is audited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from lockbox.errors import OutOfBalance, SettingsError
from lockbox.runtime import Runtime
from lockbox.servicing import late_audit, weekly_audit
from lockbox.servicing.late_audit import note_late_audit
from lockbox.servicing.weekly_audit import audit_part, open_parts
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.ledger import altered

DUE = datetime(2026, 11, 23, 5, tzinfo=UTC)  # Sunday, 22 November, 11 p.m. in Dallas
MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
LATE = "audit/2026-W47: not audited by Sunday 23:00: the checks, contracts 1 to 25"
OPEN = "select scope, times from ops_event where kind = 'late_audit' and closed_at is null order by 1"


@pytest.fixture
def books(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A few contracts after their first night, audited in parts of 25."""
    for module in (weekly_audit, late_audit):
        monkeypatch.setattr(module, "PART", 25)
    nights.load(runtime, nights.portfolio(20))
    assert note_late_audit(runtime, DUE) == []  # before the first night there is nothing to audit
    nights.run(runtime, make.DAY)
    return runtime


def audit(runtime: Runtime, at: datetime) -> None:
    for scope in open_parts(runtime, at):
        audit_part(runtime, scope, at)


def told(runtime: Runtime) -> list[tuple[str, int]]:
    with runtime.engine.connect() as connection:
        return [(row.scope, row.times) for row in connection.execute(sa.text(OPEN))]


def test_an_audit_that_never_ran_is_late_from_its_hour_until_it_runs(books: Runtime) -> None:
    assert note_late_audit(books, DUE - MINUTE) == []
    for minutes in (0, 5):
        assert note_late_audit(books, DUE + minutes * MINUTE) == [LATE]
    assert told(books) == [("audit/2026-W47", 2)]
    audit(books, DUE + 10 * MINUTE)
    assert note_late_audit(books, DUE + 15 * MINUTE) == []
    assert told(books) == []


def test_of_an_audit_that_broke_off_the_rest_is_named(books: Runtime) -> None:
    audit_part(books, open_parts(books, DUE)[0], DUE)
    assert note_late_audit(books, DUE) == ["audit/2026-W47: not audited by Sunday 23:00: contracts 1 to 25"]


def test_a_week_that_was_missed_is_over_when_a_later_one_is_audited(books: Runtime) -> None:
    note_late_audit(books, DUE)
    note_late_audit(books, DUE + WEEK)
    assert told(books) == [("audit/2026-W47", 1), ("audit/2026-W48", 1)]
    first, *rest = open_parts(books, DUE + WEEK + 60 * MINUTE)  # on Monday, as part of the next week
    audit_part(books, first, DUE + WEEK + 60 * MINUTE)
    assert len(note_late_audit(books, DUE + WEEK + 60 * MINUTE)) == 2
    for scope in rest:
        audit_part(books, scope, DUE + WEEK + 60 * MINUTE)
    assert note_late_audit(books, DUE + WEEK + 60 * MINUTE) == []
    assert told(books) == []


def test_a_part_that_failed_is_told_of_once(books: Runtime) -> None:
    altered(books, "update position set carry = carry + 1 where contract_id = 3")
    checks, contracts = open_parts(books, DUE)
    audit_part(books, checks, DUE)
    with pytest.raises(OutOfBalance):
        audit_part(books, contracts, DUE)
    assert note_late_audit(books, DUE) == []


def test_contracts_that_came_after_the_audit_do_not_make_it_late(
    books: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (weekly_audit, late_audit):
        monkeypatch.setattr(module, "PART", 10)
    for scope in open_parts(books, DUE)[:2]:
        audit_part(books, scope, DUE)
    assert note_late_audit(books, DUE) == ["audit/2026-W47: not audited by Sunday 23:00: contracts 11 to 20"]
    altered(books, "alter table opening disable trigger append_only")
    altered(books, "update opening set opened_on = '2026-11-23' where contract_id > 10")
    assert note_late_audit(books, DUE) == []


@pytest.mark.parametrize("value", ['"Sunday"', '"Someday 23:00"', '"Sunday 25:00"'])
def test_an_hour_that_cannot_be_read_is_named(books: Runtime, value: str) -> None:
    altered(books, f"update policy set value = '{value}' where rule = 'audit.by'")
    with pytest.raises(SettingsError, match=r"audit\.by: .* is not a weekday and hour"):
        note_late_audit(books, DUE)
