"""The status: batches with their stages, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox import db
from lockbox.settings import Settings

MARKS = {"done": "[green]done[/]", "running": "[yellow]running[/]", "failed": "[red]failed[/]", None: "·"}
SHOWN = 100  # events of one state on a screen
STATES = ("open", "acknowledged", "closed")
TITLES = {"open": "Needs attention", "acknowledged": "Acknowledged", "closed": "Closed"}


def tables(settings: Settings) -> list[Table]:
    """Tables for a terminal: stages of the newest 40 scopes; open differences; open events, errors first; acknowledged
    events."""
    with db.engine(settings).connect() as connection:
        stages = _stages(db.rows(connection, "reports/stage_status"))
        differences = db.rows(connection, "reports/open_differences")
        events = event_tables(connection, ["open", "acknowledged"])
    return [stages, *([_differences(differences)] if differences else []), *events]


def event_tables(connection: sa.Connection, states: Sequence[str], shown: int = SHOWN) -> list[Table]:
    """A table for each of these states that has events; it says how many there are if it does not show all."""
    by_state = {state: db.rows(connection, "reports/events", states=[state], shown=shown) for state in states}
    return [_events(state, events) for state, events in by_state.items() if events]


def _stages(runs: Sequence[sa.RowMapping]) -> Table:
    stages = ("ingest", "read", "decide", "post", "close")
    table = Table("scope", *stages, title="Stages", box=SIMPLE)
    for run in runs:
        table.add_row(run["scope"], *(MARKS[run[name]] for name in stages))
    return table


def _differences(differences: Sequence[sa.RowMapping]) -> Table:
    table = Table(
        Column("number", justify="right"), "site, day", "severity", Column("difference", overflow="fold", ratio=1),
        title="Open differences", box=SIMPLE,
    )  # fmt: skip
    for row in differences:
        state = "[red]error[/]: closed with it" if row["is_closed"] else "[red]error[/]: the day waits"
        table.add_row(str(row["difference_id"]), row["scope"], state, escape(row["text"]))
    return table


def _events(state: str, events: Sequence[sa.RowMapping]) -> Table:
    number = events[0]["number"]
    title = TITLES[state] + (f": {len(events)} of {number:,}" if number > len(events) else "")
    table = Table("no.", "time", "severity", Column("event", overflow="fold", ratio=1), title=title, box=SIMPLE)
    for event in events:
        said = _acknowledged(event) if state == "acknowledged" else _said(event)
        last = event["closed_at"] if state == "closed" else event["last_at"]
        table.add_row(str(event["event_id"]), f"{last:%Y-%m-%d %H:%M}", event["severity"], escape(said))
    return table


def _said(event: sa.RowMapping) -> str:
    scope, message = event["scope"], event["message"]
    times = f" ({event['times']} times since {event['at']:%Y-%m-%d %H:%M})" if event["times"] > 1 else ""
    return (message if message.startswith(scope) else f"{scope}: {message}") + times


def _acknowledged(event: sa.RowMapping) -> str:
    """In short: who knows of it, and until when it stays."""
    remark = f" ({event['acknowledge_note']})" if event["acknowledge_note"] else ""
    kind = event["kind"].replace("_", " ")
    return f"{event['scope']}: {kind}, {event['acknowledged_by']}{remark}; open until {event['closes_when']}"
