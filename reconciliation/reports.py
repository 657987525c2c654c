"""The day report: one self-contained HTML file, made from the database and the image store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jinja2
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import Finding, check_infos, run_checks
from lockbox.files import write_whole
from lockbox.mail.difference import explained_words, headline
from lockbox.mail.noted_differences import EVENT
from lockbox.money import dollars
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.telemetry import step
from reconciliation import day_chart
from reconciliation.exceptions.card import Card, Group, card_of, group_cards, label_of
from reconciliation.summary import DaySummary, load_summary, straight_through
from reconciliation.tally import Tie
from reconciliation.unclosed_site_day import unclosed_site_days

if TYPE_CHECKING:
    from lockbox.runtime import Runtime

Rows = tuple[Mapping[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class DayReport:
    """Everything that the page shows."""

    summary: DaySummary
    as_of: datetime
    time_zone: str
    obstacles: tuple[str, ...]  # why a day is still open
    review: tuple[Group, ...]
    suspense: tuple[Card, ...]
    rejected: tuple[Card, ...]
    set_aside: Rows
    aging: Rows
    trial_balance: Rows
    stages: Rows
    reading: Rows
    events: Rows
    expectations: Mapping[Any, Any] | None  # the event with the result of the day's validation
    is_closed: bool  # all its sites: the trial balance is that of the last close
    findings: tuple[Finding, ...]

    @property
    def differences(self) -> tuple[Tie, ...]:
        """Every total that does not tie although its batches are posted."""
        return tuple(tie for site in self.summary.sites for tie in site.differences)

    def tied(self, scope: BatchScope | SiteDayScope) -> bool:
        """Whether every total of a batch or site day ties."""
        return not any(tie.scope == scope for tie in self.differences)


def write(runtime: Runtime, business_date: date, as_of: datetime) -> Path:
    """Writes the report of a day, all or nothing. The same day and `as_of` give the same page."""
    path = runtime.settings.reports_path / f"{business_date}.html"
    with step("report", day=str(business_date)):
        with runtime.engine.connect() as connection:
            report = load_report(connection, runtime, business_date, as_of)
        write_whole(path, render(report).encode(), tidy=True)
    return path


def load_report(connection: sa.Connection, runtime: Runtime, business_date: date, as_of: datetime) -> DayReport:
    """Reads everything the page shows."""

    def rows(name: str, **values: Any) -> Rows:
        return tuple(db.rows(connection, f"reports/{name}", business_date=business_date, **values))

    cards = [card_of(row) for row in rows("day_exceptions")]
    events = rows("day_events")
    validated = [event for event in events if event["kind"] == "expectations"]
    sites = rows("day_sites")
    through = _last_journal(connection, business_date, sites)
    return DayReport(
        summary=load_summary(connection, business_date, runtime.settings.inbox_path),
        as_of=as_of,
        time_zone=sites[0]["time_zone"] if sites else "UTC",
        obstacles=tuple(
            f"{day.scope.site_id}: {obstacle}"
            for day in unclosed_site_days(connection, runtime.settings.inbox_path)
            if day.scope.business_date == business_date
            for obstacle in day.obstacles(as_of)
        ),
        review=group_cards([card for card in cards if card.outcome == "review"], runtime.images.get),
        suspense=tuple(card for card in cards if card.outcome == "suspense"),
        rejected=tuple(card for card in cards if card.outcome == "reject"),
        set_aside=rows("day_set_aside"),
        aging=rows("suspense_aging", through=through),
        trial_balance=rows("trial_balance", through=through),
        stages=rows("day_stages"),
        reading=rows("day_reading"),
        # What differs is shown in full, and not again as an event.
        events=tuple(
            event for event in events if event["kind"] not in ("expectations", EVENT) and event["severity"] != "info"
        ),
        # A failed validation is open until one passes, which is information and closed from the start.
        expectations=min(
            validated, key=lambda event: (event["closed_at"] is not None, event["severity"] != "info"), default=None
        ),
        is_closed=through is not None,
        findings=tuple(run_checks(connection)),
    )


def _last_journal(connection: sa.Connection, business_date: date, sites: Rows) -> int | None:
    """The last journal at the last close of a day; None while one of its sites is open."""
    closes = sa.text("""
        select count(*) as sites, max(cast(totals ->> 'through_journal' as bigint)) as journal
        from day_close where business_date = :day""")
    closed = connection.execute(closes, {"day": business_date}).one()
    return closed.journal if closed.sites == len(sites) else None


def render(report: DayReport) -> str:
    """The page."""
    template = _environment().get_template("day.html.j2")
    zone = ZoneInfo(report.time_zone)
    return template.render(
        report=report,
        summary=report.summary,
        checks=check_infos(),
        failed={finding.check: finding for finding in report.findings},
        review_count=sum(len(group.cards) for group in report.review),
        queues={queue: list(groups) for queue, groups in groupby(report.review, key=lambda group: group.queue)},
        site_tones=day_chart.site_tones(report.summary),
        stage_colors=day_chart.STAGES,
        charts=day_chart.charts(report.summary, report.stages),
        sites={site.day.site_id: site.name for site in report.summary.sites},
        local=lambda at: at.astimezone(zone),
    )


@lru_cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reconciliation"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "dollars": lambda cents: dollars(cents or 0),
        "percent": lambda share: "–" if share is None else f"{share:.1%}",
        "count": lambda number: f"{number:,}",
        "reason": label_of,
        "seconds": lambda ms: "–" if ms is None else f"{ms / 1000:,.1f} s",
    }
    environment.globals |= {
        "straight_through": straight_through,
        "headline": headline,
        "explained_words": explained_words,
    }
    return environment
