"""The charts of a day: where the checks went, straight-through rate by site, reasons, time by stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from lockbox.money import dollars
from reconciliation.chart import Bar, Node, bars, flow
from reconciliation.exceptions.card import label_of
from reconciliation.summary import DaySummary, straight_through
from reconciliation.tally import Tally

POSTED, SUSPENSE, REVIEW, REJECTED = "#2a7d5f", "#c08a1e", "#3f6fb5", "#b0413e"
SITE = "#4a5a6a"
TONES = ("#3f6fb5", "#9bb8dd", "#27496f", "#c9d8ec")
STAGES = {"ingest": "#8aa4b8", "read": "#3f6fb5", "decide": "#7b62a3", "post": "#2a7d5f", "close": "#c08a1e"}


def charts(summary: DaySummary, stages: Iterable[Mapping[Any, Any]]) -> dict[str, Markup]:
    """The charts of the day report, by name."""
    return {
        "flow": _flow(summary),
        "rates": _rates(summary),
        "reasons": _reasons(summary),
        "stages": _stages(summary, list(stages)),
    }


def site_tones(summary: DaySummary) -> dict[str, str]:
    """A color for each site, by name."""
    return {site.name: TONES[place % len(TONES)] for place, site in enumerate(summary.sites)}


def _flow(summary: DaySummary) -> Markup:
    """Checks from the sites to their outcomes, and on to the bank or to a person."""
    totals = summary.totals
    outcomes = [
        ("posted", "Posted", totals.posted, POSTED, "bank"),
        ("suspense", "Suspense", totals.suspense, SUSPENSE, "bank"),
        ("review", "In review", totals.review, REVIEW, "people"),
        ("rejected", "Rejected", totals.rejected, REJECTED, "returned"),
    ]
    shown = [outcome for outcome in outcomes if outcome[2].count]
    links: dict[tuple[str, str], float] = {}
    for site in summary.sites:
        for key, *_ in shown:
            links[site.day.site_id, key] = getattr(site.totals, key).count
    for key, _, tally, _, target in shown:
        links[key, target] = tally.count
    accepted = totals.posted + totals.suspense
    ends = [
        Node("bank", "Deposit", _note(accepted), SITE),
        Node("people", "Needs review", _checks(totals.review.count), REVIEW),
        Node("returned", "Not deposited", _checks(totals.rejected.count), REJECTED),
    ]
    reached = {target for *_, target in shown}
    columns = [
        [Node(site.day.site_id, site.name, _checks(site.totals.captured.count), SITE) for site in summary.sites],
        [Node(key, label, _note(tally), color) for key, label, tally, color, _ in shown],
        [node for node in ends if node.key in reached],
    ]
    return flow("Where the checks went", columns, links) if shown else Markup()


def _rates(summary: DaySummary) -> Markup:
    """Each site's checks as shares of one bar."""
    rows = []
    for name, totals in [(site.name, site.totals) for site in summary.sites]:
        rate = straight_through(totals)
        if rate is None:
            continue
        parts = (
            (POSTED, totals.posted),
            (SUSPENSE, totals.suspense),
            (REVIEW, totals.review),
            (REJECTED, totals.rejected),
        )
        shares = tuple((color, tally.count / totals.captured.count) for color, tally in parts)
        rows.append(Bar(name, shares, f"{rate:.1%}"))
    return bars("Straight-through rate by site", rows, label_px=100, width_px=460) if rows else Markup()


def _reasons(summary: DaySummary) -> Markup:
    """Items in review by every reason that they have, sites stacked: one with two reasons counts under both."""
    tones = list(site_tones(summary).values())
    counts: dict[str, dict[str, int]] = {}
    for site in summary.sites:
        for reason_count in site.reasons:
            if reason_count.outcome == "review":
                counts.setdefault(reason_count.reason, {})[site.day.site_id] = reason_count.items
    rows = [
        Bar(
            label_of(reason),
            tuple((tone, by_site.get(site.day.site_id, 0)) for tone, site in zip(tones, summary.sites, strict=True)),
            str(sum(by_site.values())),
        )
        for reason, by_site in sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    ]
    return bars("In review, by every reason given", rows, label_px=205, width_px=560) if rows else Markup()


def _stages(summary: DaySummary, stages: Sequence[Mapping[Any, Any]]) -> Markup:
    """Processing time of each batch, stage by stage."""
    names = {site.day.site_id: site.name for site in summary.sites}
    scopes: dict[str, list[Mapping[Any, Any]]] = {}
    for row in stages:
        if row["duration_ms"] and row["stage"] in STAGES and row["batch_no"]:
            scopes.setdefault(row["scope"], []).append(row)
    rows = [
        Bar(
            f"{names.get(members[0]['site_id'], members[0]['site_id'])} {members[0]['batch_no']}",
            tuple((STAGES[row["stage"]], row["duration_ms"]) for row in members),
            f"{sum(row['duration_ms'] for row in members) / 1000:.1f} s",
        )
        for members in scopes.values()
    ]
    return bars("Processing time by batch and stage", rows, label_px=150, width_px=540) if rows else Markup()


def _checks(count: int) -> str:
    return f"{count:,} check" if count == 1 else f"{count:,} checks"


def _note(tally: Tally) -> str:
    return f"{tally.count:,} · {dollars(tally.cents or 0)}"
