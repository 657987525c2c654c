"""A business date as a table for a terminal, one column per site."""

from __future__ import annotations

from collections.abc import Callable

from rich.markup import escape
from rich.table import Table

from lockbox.mail.difference import explained_words
from lockbox.money import dollars
from reconciliation.summary import DaySummary, SiteSummary, State, straight_through
from reconciliation.tally import Tally
from reconciliation.totals import BatchTotals


def render_summary(summary: DaySummary) -> Table:
    """The day as a terminal table: a row per measure, a column per site, and a column for all sites."""
    title = f"{summary.lender}, {summary.business_date:%A %Y-%m-%d}"
    table = Table(
        title=title,
        title_style="bold",
        caption=None if summary.sites else "no mail or manifest is on record for this day",
    )
    table.add_column("", no_wrap=True)
    columns = [site.totals for site in summary.sites]
    for site in summary.sites:
        table.add_column(site.name, justify="right")
    together = len(columns) > 1
    if together:
        table.add_column("all", justify="right", style="bold")
        columns.append(summary.totals)
    for label, show in MEASURES:
        table.add_row(label, *(show(column) for column in columns))
    table.add_row("deposit", *_across(summary, _deposit, _tally(summary.deposit)))
    table.add_section()
    table.add_row("in review, by reason")
    for row in _reason_rows(summary, together):
        table.add_row(*row)
    table.add_section()
    speeds = [_per_s(site.speed.documents_per_s) for site in summary.sites]
    table.add_row("documents per second", *speeds, *([""] if together else []))
    table.add_row("day close", *_across(summary, lambda site: STATES[site.state], STATES[summary.state]))
    return table


def difference_lines(summary: DaySummary) -> list[str]:
    """What differs on the day, one line each; what waits for a person is red."""
    lines = [
        f"[red]open difference {each.difference_id or ''}[/] {each.scope.site_day} {escape(each.text)}"
        for each in summary.open_differences
    ]
    explained = explained_words(summary.explained_differences)
    return [*lines, f"[green]ties[/], {escape(explained)}"] if explained and not lines else lines


def _deposit(site: SiteSummary) -> str:
    if site.day.ledger.deposit is None:
        return "none" if site.day.closed_at else "not yet made"
    return _tally(site.day.ledger.deposit)


def _tally(tally: Tally) -> str:
    return f"{tally.count:,} {dollars(tally.cents or 0):>12}"


def _share(totals: BatchTotals) -> str:
    rate = straight_through(totals)
    return f"{rate:.1%}" if rate is not None else "no checks"


def _reason_rows(summary: DaySummary, together: bool) -> list[list[str]]:
    """Items in review by reason, the most frequent first."""
    counts: dict[str, list[int]] = {}
    for place, site in enumerate(summary.sites):
        for reason in site.reasons:
            if reason.outcome == "review":
                counts.setdefault(reason.label, [0] * len(summary.sites))[place] += reason.items
    return [
        [f"· {label}", *(str(items or "") for items in row), *([str(sum(row))] if together else [])]
        for label, row in sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))
    ]


def _across(summary: DaySummary, show: Callable[[SiteSummary], str], together: str) -> list[str]:
    shown = [show(site) for site in summary.sites]
    return [*shown, together] if len(shown) > 1 else shown


def _per_s(value: float | None) -> str:
    return f"{value:.1f}" if value is not None else ""


STATES = {
    State.CLOSED: "[green]closed in balance ✔[/]",
    State.CLOSED_ACCEPTED: "[green]closed, differences accepted ✔[/]",
    State.CLOSED_FOUND: "[green]closed, all found later ✔[/]",
    State.CLOSED_OPEN: "[red]closed with open differences ✘[/]",
    State.WAITING: "[red]open, differences to accept ✘[/]",
    State.OPEN: "[yellow]open[/]",
    State.OUT_OF_BALANCE: "[red]out of balance ✘[/]",
}


MEASURES: tuple[tuple[str, Callable[[BatchTotals], str]], ...] = (
    ("envelopes", lambda totals: f"{totals.envelopes:,}"),
    ("documents", lambda totals: f"{totals.documents:,}"),
    ("· missing", lambda totals: f"[red]{totals.missing_documents:,}[/]" if totals.missing_documents else "0"),
    ("files set aside", lambda totals: f"{totals.set_aside_files:,}"),
    ("checks", lambda totals: _tally(totals.captured)),
    ("· posted", lambda totals: _tally(totals.posted)),
    ("· suspense", lambda totals: _tally(totals.suspense)),
    ("· in review", lambda totals: _tally(totals.review)),
    ("· rejected", lambda totals: _tally(totals.rejected)),
    ("other documents in review", lambda totals: f"{totals.papers:,}"),
    ("straight-through rate", _share),
)
