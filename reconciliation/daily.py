"""The day close: lists the site days that can be closed, closes them, notes late work, writes the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lockbox import telemetry
from lockbox.checks import run_checks
from lockbox.errors import NotReady, OpenDifferences, OutOfBalance
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.difference import Difference, close_words, open_words
from lockbox.mail.noted_differences import is_closed, load_differences, note_differences
from lockbox.money import dollars
from lockbox.ops_events import note, settle, settle_all_but
from lockbox.scopes import SiteDayScope
from lockbox.stages import stage
from reconciliation.deposits import make_deposit
from reconciliation.exceptions import suspense
from reconciliation.exceptions.resolution import finish_ready
from reconciliation.exceptions.vault import note_due
from reconciliation.site_day import SiteDay, load_site_day
from reconciliation.summary import DaySummary, load_summary
from reconciliation.totals import TieOut, total
from reconciliation.unclosed_site_day import UnclosedSiteDay, unclosed_site_days

if TYPE_CHECKING:
    from lockbox.runtime import Runtime

MAX_LISTED = 10  # differences spelled out in one message


@dataclass(frozen=True, slots=True)
class LateWork:
    """Work that was not finished by the cut-off."""

    scope: SiteDayScope
    message: str


def close(runtime: Runtime, scope: SiteDayScope, as_of: datetime) -> str:
    """Closes a site day: ties it out, makes its deposit, runs every check. Returns one line for the log.

    All in one transaction: a day that does not balance is not closed, and no deposit is made. Closing a closed day
    changes nothing. What is missing against the site's own words is put on record by name. The day waits until a person
    accepted all of it, or, from the hour that the lender's policy names, closes with open differences.

    Raises:
        NotReady: before the cut-off, batches are not posted yet, or differences are open; the message names them.
        OutOfBalance: totals differ; the message says where and by how many pieces and cents.
    """
    with runtime.engine.connect() as connection:
        before = load_site_day(connection, scope.site_id, scope.business_date)
        if before.closed_at:
            return _closed_before(before)
    finish_ready(runtime, as_of, scope.site_id)  # what people decided and nobody took back counts on this day
    suspense.finish_ready(runtime, as_of, scope.site_id)
    site_day = next((day for day in _compared_days(runtime, as_of) if day.scope == scope), None)
    _ensure_ready(site_day, scope, as_of)
    with stage(runtime.engine, scope, "close", as_of, failures={OutOfBalance: "out_of_balance"}) as connection:
        return _close(connection, scope, as_of)


def closable_days(runtime: Runtime, as_of: datetime) -> list[SiteDayScope]:
    """Site days past their cut-off whose batches are all posted, and on which nothing is missing, a manifest neither,
    that a person did not accept (or policy closes them anyway), oldest first.

    Days of one site close in order: a day after one that can be closed is listed as well.
    """
    closable: list[SiteDayScope] = []
    for day in _compared_days(runtime, as_of):
        if not day.obstacles(as_of, after=closable):
            closable.append(day.scope)
    return closable


def ensure_nothing_open(runtime: Runtime, scopes: Iterable[SiteDayScope]) -> None:
    """Tells of closed site days whose differences are open.

    Raises:
        OpenDifferences: there are some; the message names them.
    """
    with runtime.engine.connect() as connection:
        lines = [
            f"{scope}: closed with open differences: {words}"
            for scope in scopes
            if is_closed(connection, scope) and (words := open_words(load_differences(connection, scope)))
        ]
    if lines:
        raise OpenDifferences("; ".join(lines))


def _compared_days(runtime: Runtime, as_of: datetime) -> list[UnclosedSiteDay]:
    """The site days that are not closed. From the cut-off on, what differs on them is on record."""
    with runtime.engine.begin() as connection:
        for day in unclosed_site_days(connection, runtime.settings.inbox_path):
            if day.is_comparable and as_of >= day.cut_off_at:
                note_differences(connection, day.scope, as_of, day.awaited(as_of))
        return list(unclosed_site_days(connection, runtime.settings.inbox_path))


def unreported_dates(runtime: Runtime) -> list[date]:
    """Business dates with a closed site day but no report: a run was interrupted between the two."""
    with runtime.engine.connect() as connection:
        closed = connection.execute(sa.text("select distinct business_date from day_close order by 1")).scalars()
        return [day for day in closed if not (runtime.settings.reports_path / f"{day}.html").exists()]


def late_work(runtime: Runtime, as_of: datetime) -> list[LateWork]:
    """What was not through by its site's cut-off: an event for each site day that is late, one for each that waits for
    a person, and one for checks of the vault that came due, until it is done."""
    with runtime.engine.begin() as connection:
        days = [day for day in unclosed_site_days(connection, runtime.settings.inbox_path) if as_of >= day.cut_off_at]
        works = {
            "late": [_late(day, obstacle) for day in days for obstacle in day.late()],
            "close_waits": [_late(day, obstacle) for day in days for obstacle in day.waiting_for_people()],
        }
        for kind, late in works.items():
            _note_late(connection, kind, late, as_of)
        note_due(connection, as_of)
    return [work for late in works.values() for work in late]


def _late(day: UnclosedSiteDay, obstacle: str) -> LateWork:
    return LateWork(day.scope, f"past the {day.cut_off_at:%H:%M %Z} cut-off; {obstacle}")


def _note_late(connection: sa.Connection, kind: str, works: Sequence[LateWork], as_of: datetime) -> None:
    by_scope = {str(scope): list(group) for scope, group in groupby(works, key=lambda work: work.scope)}
    for scope, group in by_scope.items():
        note(connection, "warning", kind, scope, "; ".join(work.message for work in group), as_of)
    settle_all_but(connection, kind, by_scope, as_of)


def day_summary(runtime: Runtime, business_date: date) -> DaySummary:
    """The day in figures, by site."""
    with runtime.engine.connect() as connection:
        return load_summary(connection, business_date, runtime.settings.inbox_path)


def report(runtime: Runtime, business_date: date, as_of: datetime) -> Path:
    """Writes the day's report and returns its path; a report can be written again at any time."""
    from reconciliation import reports  # imports Pillow and Jinja2, which a close does not need

    _compared_days(runtime, as_of)
    return reports.write(runtime, business_date, as_of)


def _close(connection: sa.Connection, scope: SiteDayScope, as_of: datetime) -> str:
    site_id, day = scope.site_id, scope.business_date
    # Capturing and posting for this day take the same lock in share mode (trigger refuse_closed_day): no overlap.
    connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:scope, 0))"), {"scope": str(scope)})
    site_day = load_site_day(connection, site_id, day)
    if site_day.closed_at:
        return _closed_before(site_day)
    # Again, alone: something may have come since the day was found ready.
    differences = note_differences(connection, scope, as_of)
    _ensure_closable(connection, scope, differences, as_of)
    _ensure_tied(load_site_day(connection, site_id, day).tie_out())
    make_deposit(connection, site_id, day, as_of)
    site_day = load_site_day(connection, site_id, day)
    _ensure_tied(site_day.tie_out())
    newest = connection.execute(sa.text("select coalesce(max(journal_id), 0) from journal")).scalar_one()
    totals = closing_totals(site_day, newest)
    connection.execute(
        sa.text("insert into day_close values (:site_id, :day, cast(:totals as jsonb), :as_of, :state)"),
        {
            "site_id": site_id,
            "day": day,
            "totals": json.dumps(totals),
            "as_of": as_of,
            "state": _state(differences),
        },
    )
    settle(connection, "late", str(scope), as_of)
    note_differences(connection, scope, as_of)  # of a closed day, open ones are an event
    findings = run_checks(connection, since=day)
    if findings:
        raise OutOfBalance(f"{scope}: not closed. " + "; ".join(str(finding) for finding in findings[:MAX_LISTED]))
    telemetry.count(
        **{name: totals[name] for name in ("documents", "checks", "posted", "suspense", "review", "deposit")}
    )
    return (
        f"{scope}: {close_words(differences)}: {totals['checks']} checks captured, {totals['posted']} posted, "
        f"{totals['suspense']} to suspense, {totals['review']} in review, {totals['rejected']} rejected; "
        f"deposit of {totals['deposit']} checks, {dollars(totals['deposit_cents'])}{_carried_words(site_day)}"
    )


def _carried_words(day: SiteDay) -> str:
    """What was brought forward and what is carried forward, where anything was."""
    brought, carried = day.work.brought, day.work.carried
    if not (brought.checks.count or brought.vault.count or carried.checks.count or carried.vault.count):
        return ""
    vault = f", {carried.vault.count} in the vault" if carried.vault.count else ""
    return f"; brought forward {brought.checks.count}, carried forward {carried.checks.count}{vault}"


def _state(differences: Sequence[Difference]) -> str:
    """The state that a close keeps on record."""
    if any(difference.is_open for difference in differences):
        return "open_differences"
    return "differences_accepted" if differences else "in_balance"


def _ensure_closable(
    connection: sa.Connection, scope: SiteDayScope, differences: Sequence[Difference], as_of: datetime
) -> None:
    anyway_at = policy_on(connection, scope.site_id, scope.business_date).open_differences_at(scope.business_date)
    if (anyway_at is None or as_of < anyway_at) and any(difference.is_open for difference in differences):
        raise NotReady(f"{scope}: cannot be closed yet: {open_words(differences)}")


def closing_totals(day: SiteDay, through_journal: int) -> dict[str, Any]:
    """What a close keeps on record: counts and cents of the site day and of its batches, and the last journal then."""
    deposit = asdict(day.ledger.deposit) if day.ledger.deposit else {"count": 0, "cents": 0}
    parts = [total(day.batches, day.scope), *day.batches]
    first, *batches = (
        {
            "documents": part.documents,
            "missing": part.missing_documents,
            "checks": part.captured.count,
            "checks_cents": part.captured.cents,
            "posted": part.posted.count,
            "posted_cents": part.posted.cents,
            "suspense": part.suspense.count,
            "suspense_cents": part.suspense.cents,
            "review": part.review.count,
            "review_cents": part.review.cents,
            "rejected": part.rejected.count,
            "rejected_cents": part.rejected.cents,
            "straight_through": part.straight_through,
        }
        for part in parts
    )
    by_batch_no = {batch.batch_no: totals for batch, totals in zip(day.batches, batches, strict=True)}
    return {
        **first,
        "deposit": deposit["count"],
        "deposit_cents": deposit["cents"],
        "carried": day.work.carried.to_store(),
        "suspense_roll": day.suspense.to_store(),
        "through_journal": through_journal,
        "batches": by_batch_no,
    }


def _ensure_tied(tie_out: TieOut) -> None:
    differences = tie_out.differences
    if not differences:
        return
    more = f"; and {len(differences) - MAX_LISTED} more" if len(differences) > MAX_LISTED else ""
    raise OutOfBalance(
        f"{SiteDayScope(tie_out.site_id, tie_out.business_date)}: not closed, {len(differences)} totals do not tie. "
        + "; ".join(str(tie) for tie in differences[:MAX_LISTED])
        + more
    )


def _closed_before(day: SiteDay) -> str:
    words = f"{day.scope}: already closed on {day.closed_at:%Y-%m-%d %H:%M %Z}, nothing to do"
    return f"{words}; {close_words(day.differences)}" if day.differences else words


def _ensure_ready(site_day: UnclosedSiteDay | None, scope: SiteDayScope, as_of: datetime) -> None:
    if site_day is None:
        raise NotReady(f"{scope}: no mail or manifest is on record for this day")
    obstacles = site_day.obstacles(as_of)
    if obstacles:
        raise NotReady(f"{scope}: cannot be closed yet: {'; '.join(obstacles)}")
