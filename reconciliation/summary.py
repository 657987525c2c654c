"""A day in figures: what each site received, what became of it and whether it ties; for terminal and report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from lockbox import db
from lockbox.mail.difference import Difference
from lockbox.mail.reason import ABOUT, NOTES, Reason
from lockbox.scopes import BatchScope
from reconciliation.site_day import SiteDay, load_site_day
from reconciliation.tally import Tally, Tie
from reconciliation.totals import BatchTotals, TieOut, total
from reconciliation.unclosed_site_day import unclosed_site_days


class State(StrEnum):
    """How a day stands. Of several sites, the first of these that one of them has is that of the day."""

    OUT_OF_BALANCE = "out of balance"
    CLOSED_OPEN = "closed with open differences"
    WAITING = "open differences"
    OPEN = "open"
    CLOSED_ACCEPTED = "closed, differences accepted"  # by a person; others were found later
    CLOSED_FOUND = "closed, all found later"
    CLOSED = "closed"

    @property
    def is_explained(self) -> bool:
        """Whether it ties with something missing that is accepted or found."""
        return self in (State.CLOSED_ACCEPTED, State.CLOSED_FOUND)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """The number of items with one reason and outcome (review, suspense or reject)."""

    reason: str
    outcome: str
    items: int

    @property
    def label(self) -> str:
        """The reason as operators know it."""
        return ABOUT[Reason(self.reason)].label if self.reason in set(Reason) else self.reason


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a site's mail was processed. Times are sums over its batches, in milliseconds."""

    documents: int  # read
    reading_ms: float  # the readers alone, summed over their processes
    stage_ms: Mapping[str, float]  # ingest, read, decide, post, close -> time on the wall

    @property
    def documents_per_s(self) -> float | None:
        """Documents through all stages per second of wall time; None where nothing was measured."""
        wall_ms = sum(time for name, time in self.stage_ms.items() if name != "close")
        return self.documents / wall_ms * 1000 if wall_ms else None

    @property
    def reading_ms_per_document(self) -> float | None:
        """Mean time that the readers took for a document."""
        return self.reading_ms / self.documents if self.documents else None


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """One site's day."""

    name: str
    day: SiteDay
    totals: BatchTotals  # of all batches
    tie_out: TieOut
    open_batches: tuple[str, ...]  # announced or captured, not posted yet
    reasons: tuple[ReasonCount, ...]
    speed: Speed

    @property
    def state(self) -> State:
        """While batches are in process, nothing is expected to tie."""
        if self.open_batches:
            return State.OPEN
        if not self.tie_out.balanced:
            return State.OUT_OF_BALANCE
        is_closed, differences = self.day.closed_at is not None, self.day.differences
        if any(difference.is_open for difference in differences):
            return State.CLOSED_OPEN if is_closed else State.WAITING
        if not is_closed:
            return State.OPEN
        if any(difference.is_accepted for difference in differences):
            return State.CLOSED_ACCEPTED
        return State.CLOSED_FOUND if differences else State.CLOSED

    @property
    def differences(self) -> tuple[Tie, ...]:
        """What does not tie although its batches are posted."""
        in_process = {
            self.day.scope,
            *(BatchScope(self.day.site_id, self.day.business_date, batch) for batch in self.open_batches),
        }
        bad = self.tie_out.differences
        return tuple(tie for tie in bad if not self.open_batches or tie.scope not in in_process)


@dataclass(frozen=True, slots=True)
class DaySummary:
    """All sites of a day."""

    business_date: date
    lender: str
    sites: tuple[SiteSummary, ...]

    @property
    def totals(self) -> BatchTotals:
        """Of all sites."""
        return total((site.totals for site in self.sites), self.business_date)

    @property
    def accepted(self) -> Tally:
        """The checks that are, or will be, deposited."""
        return sum((site.totals.accepted for site in self.sites), Tally())

    @property
    def deposit(self) -> Tally:
        """Sum of the deposits made."""
        return sum((site.day.ledger.deposit or Tally() for site in self.sites), Tally())

    @property
    def state(self) -> State:
        """The worst of its sites; a day without sites is open."""
        states = {site.state for site in self.sites} or {State.OPEN}
        return next(state for state in State if state in states)

    @property
    def open_differences(self) -> tuple[Difference, ...]:
        """What differs and waits for a person, of all sites."""
        return tuple(each for site in self.sites for each in site.day.differences if each.is_open)

    @property
    def explained_differences(self) -> tuple[Difference, ...]:
        """What differs and was accepted by a person or found later, of all sites."""
        return tuple(each for site in self.sites for each in site.day.differences if not each.is_open)


def straight_through(totals: BatchTotals) -> float | None:
    """Share of decided checks posted with no human touch, 0 to 1; None without any."""
    decided = (totals.posted + totals.suspense + totals.review + totals.rejected).count
    return totals.straight_through / decided if decided else None


def load_summary(connection: sa.Connection, business_date: date, inbox: Path) -> DaySummary:
    """Reads a day. A day that nothing is known of has no sites."""
    waiting = {day.scope: day.open_batches for day in unclosed_site_days(connection, inbox)}
    sites = db.rows(connection, "reports/day_sites", business_date=business_date)
    reasons = db.rows(connection, "reports/day_reasons", business_date=business_date, notes=sorted(NOTES))
    reading = db.rows(connection, "reports/day_reading", business_date=business_date)
    stages = db.rows(connection, "reports/day_stages", business_date=business_date)
    summaries = []
    for site in sites:
        site_id = site["site_id"]
        day = load_site_day(connection, site_id, business_date)
        day = _without(day, waiting.get(day.scope, ()))
        summaries.append(
            SiteSummary(
                name=site["name"],
                day=day,
                totals=total(day.batches, day.scope),
                tie_out=day.tie_out(),
                open_batches=waiting.get(day.scope, ()),
                reasons=tuple(
                    ReasonCount(row["reason"], row["outcome"], row["items"])
                    for row in reasons
                    if row["site_id"] == site_id
                ),
                speed=_speed(site_id, reading, stages),
            )
        )
    return DaySummary(business_date, sites[0]["lender"] if sites else "", tuple(summaries))


def _without(day: SiteDay, open_batches: Collection[str]) -> SiteDay:
    """The day without what differs on batches that are still in process: their paper may yet come."""
    return replace(
        day,
        batches=tuple(replace(each, differences=()) if each.batch_no in open_batches else each for each in day.batches),
        differences=tuple(each for each in day.differences if each.scope.batch_no not in open_batches),
    )


def _speed(site_id: str, reading: list[sa.RowMapping], stages: list[sa.RowMapping]) -> Speed:
    read = [row for row in reading if row["site_id"] == site_id]
    stage_ms: dict[str, float] = {}
    for row in stages:
        if row["site_id"] == site_id and row["duration_ms"] is not None:
            stage_ms[row["stage"]] = stage_ms.get(row["stage"], 0.0) + row["duration_ms"]
    return Speed(sum(row["documents"] for row in read), sum(row["total_ms"] for row in read), stage_ms)
