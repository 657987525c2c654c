"""A business date as a table for a terminal, one column a site."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table

from lockbox.money import dollars
from reconciliation.summary import DaySummary, SiteSummary, straight_through
from reconciliation.totals import BatchTotals, Tally


def render_summary(summary: DaySummary) -> Table:
    """The day as a terminal table: measures down, sites across, and all sites together."""
    title = f"{summary.lender}, {summary.business_date:%A %Y-%m-%d}"
    table = Table(title=title, title_style="bold", caption=None if summary.sites else "nothing is known of this day")
    table.add_column("", no_wrap=True)
    columns = [site.whole for site in summary.sites]
    for site in summary.sites:
        table.add_column(site.name, justify="right")
    together = len(columns) > 1
    if together:
        table.add_column("all", justify="right", style="bold")
        columns.append(summary.whole)
    for label, show in MEASURES:
        table.add_row(label, *(show(column) for column in columns))
    table.add_row("deposit", *_across(summary, lambda site: _tally(site.day.ledger.deposit), _tally(summary.deposit)))
    table.add_section()
    table.add_row("in review, by reason")
    for row in _reason_rows(summary, together):
        table.add_row(*row)
    table.add_section()
    speeds = [_per_s(site.speed.documents_per_s) for site in summary.sites]
    table.add_row("documents per second", *speeds, *([""] if together else []))
    table.add_row("tie-out", *_across(summary, lambda site: STATES[site.state], STATES[summary.state]))
    return table


def _tally(tally: Tally | None) -> str:
    if tally is None:
        return "not made"
    return f"{tally.count:,} {dollars(tally.cents or 0):>12}"


def _share(totals: BatchTotals) -> str:
    rate = straight_through(totals)
    return f"{rate:.1%}" if rate is not None else "no checks"


def _reason_rows(summary: DaySummary, together: bool) -> list[list[str]]:
    """Items in review by reason, the most frequent first."""
    counts: dict[str, list[int]] = {}
    for place, site in enumerate(summary.sites):
        for one in site.reasons:
            if one.outcome == "review":
                counts.setdefault(one.label, [0] * len(summary.sites))[place] += one.items
    return [
        [f"· {label}", *(str(n or "") for n in row), *([str(sum(row))] if together else [])]
        for label, row in sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))
    ]


def _across(summary: DaySummary, show: Callable[[SiteSummary], str], together: str) -> list[str]:
    shown = [show(site) for site in summary.sites]
    return [*shown, together] if len(shown) > 1 else shown


def _per_s(value: float | None) -> str:
    return f"{value:.1f}" if value is not None else ""


STATES = {
    "closed": "[green]ties, closed ✔[/]",
    "open": "[yellow]ties, open[/]",
    "out of balance": "[red]does not tie ✘[/]",
}


MEASURES: tuple[tuple[str, Callable[[BatchTotals], str]], ...] = (
    ("envelopes", lambda totals: f"{totals.envelopes:,}"),
    ("items", lambda totals: f"{totals.documents:,}"),
    ("set aside, files", lambda totals: f"{totals.set_aside_files:,}"),
    ("checks", lambda totals: _tally(totals.captured)),
    ("· posted", lambda totals: _tally(totals.posted)),
    ("· suspense", lambda totals: _tally(totals.suspense)),
    ("· in review", lambda totals: _tally(totals.review)),
    ("· rejected", lambda totals: _tally(totals.rejected)),
    ("other papers for people", lambda totals: f"{totals.papers:,}"),
    ("straight-through", _share),
)
