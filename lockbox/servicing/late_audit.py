"""A weekly audit that has not run by its hour, shell: an event until that week, or a later one, is audited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox.errors import SettingsError
from lockbox.lender.alert_rules import WeeklyHour, audit_by
from lockbox.lender.dated_rules import lender_day, lender_served, lender_zone
from lockbox.ops_events import note, settle_all_but
from lockbox.runtime import Runtime
from lockbox.scopes import AuditScope
from lockbox.servicing.weekly_audit import PART, STAGE

KIND = "late_audit"
WEEK = timedelta(weeks=1)


def note_late_audit(runtime: Runtime, as_of: datetime) -> list[str]:
    """Notes the newest week whose hour is past and that was not audited; settles what was audited since. Gives texts.

    A part that failed has its event already, and is not told of again.
    """
    with runtime.engine.begin() as connection:
        lender_id = lender_served(connection, runtime.settings.profile)
        try:
            zone, today = lender_zone(connection, lender_id), lender_day(connection, lender_id, as_of)
        except SettingsError:
            return []  # a lender without a site has no books
        by = audit_by(connection, lender_id, today)
        newest = by.newest_week(as_of.astimezone(zone))
        weeks = {newest, *_weeks_told(connection)}
        done = _done_parts(connection, min(weeks))
        missing = {week: _missing(connection, week, by, done) for week in weeks}
        late = {week: parts for week, parts in missing.items() if parts}
        if newest in late:
            note(connection, "error", KIND, _scope(newest), _message(late[newest], by), as_of)
        settle_all_but(connection, KIND, list(map(_scope, late)), as_of)
    return [f"{_scope(week)}: {_message(parts, by)}" for week, parts in late.items()]


def _missing(
    connection: sa.Connection, week: date, by: WeeklyHour, done: Mapping[date, frozenset[str]]
) -> frozenset[str]:
    """The parts of a week that nobody did and that do not say why; none if a later week was audited."""
    due = _due_parts(connection, by.day_of(week))
    later = [other for other in done if other > week]
    if any(_due_parts(connection, by.day_of(other)) <= done[other] for other in later):
        return frozenset()
    return due - done.get(week, frozenset()) - _failed_parts(connection, week)


def _due_parts(connection: sa.Connection, day: date) -> frozenset[str]:
    """The parts that an audit on a day has; none before the first night."""
    rows = connection.execute(
        sa.text("""
            select part.first
            from generate_series(1, (select max(o.contract_id) from opening as o), :part) as part (first)
            where exists (select from night as n where n.business_date < :day)
                and exists (
                    select from opening as o
                    where o.contract_id between part.first and part.first + :part - 1 and o.opened_on < :day
                )"""),
        {"part": PART, "day": day},
    )
    parts = [str(first) for first in rows.scalars()]
    return frozenset([*parts, AuditScope.CHECKS] if parts else [])


def _done_parts(connection: sa.Connection, since: date) -> Mapping[date, frozenset[str]]:
    """The parts that were done, by the Monday of their week."""
    rows = connection.execute(
        sa.text("select scope from stage_run where stage = :stage and state = 'done' and scope >= :since"),
        {"stage": STAGE, "since": f"{_scope(since)}/"},
    )
    parts: dict[date, set[str]] = defaultdict(set)
    for scope in map(AuditScope.parse, rows.scalars()):
        parts[date.fromisocalendar(scope.year, scope.week, 1)].add(scope.part)
    return {week: frozenset(done) for week, done in parts.items()}


def _failed_parts(connection: sa.Connection, week: date) -> frozenset[str]:
    rows = connection.execute(
        sa.text("select scope from ops_event where closed_at is null and starts_with(scope, :week)"),
        {"week": f"{_scope(week)}/"},
    )
    return frozenset(AuditScope.parse(scope).part for scope in rows.scalars())


def _weeks_told(connection: sa.Connection) -> list[date]:
    rows = connection.execute(
        sa.text("select scope from ops_event where kind = :kind and closed_at is null"), {"kind": KIND}
    )
    return [datetime.strptime(f"{scope}-1", "audit/%G-W%V-%u").date() for scope in rows.scalars()]  # noqa: DTZ007


def _scope(week: date) -> str:
    return f"audit/{week:%G-W%V}"


def _message(parts: frozenset[str], by: WeeklyHour) -> str:
    numbers = sorted(int(part) for part in parts if part != AuditScope.CHECKS)
    contracts = [f"contracts {first:,} to {first + PART - 1:,}" for first in numbers]
    named = [*(["the checks"] if AuditScope.CHECKS in parts else []), *contracts]
    return f"not audited by {by}: {', '.join(named[:3])}" + (f" and {len(named) - 3} more" if len(named) > 3 else "")
