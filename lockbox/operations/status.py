"""The status: what failed, what is late, what waits for people; and batches with their stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox import db
from lockbox.money import dollars
from lockbox.settings import Settings

MARKS = {"done": "[green]done[/]", "running": "[yellow]running[/]", "failed": "[red]failed[/]", None: "·"}
SHOWN = 100  # events of one state on a screen
STATES = ("open", "acknowledged", "closed")
TOPICS = {
    "failed": "Failed",
    "late": "Late",
    "people": "Waits for people",
    "customers": "About customers",
}
TITLES = {"open": "Needs attention", "acknowledged": "Acknowledged", "closed": "Closed"}


def tables(settings: Settings) -> list[Table]:
    """Tables for a terminal: what failed, what is late, what waits for people, each with what to do next; what somebody
    has acknowledged; open differences; stages of the newest 40 scopes.

    Only reads: it works on a full disk, and beside whatever else runs.
    """
    with read_only(db.engine(settings)) as connection:
        attention = db.rows(connection, "reports/attention", shown=SHOWN)
        differences = db.rows(connection, "reports/open_differences")
        review = db.rows(connection, "reports/in_review")
        stages = db.rows(connection, "reports/stage_status")
        swept_at = connection.execute(sa.text("select swept_at from alert_sweep")).scalar()
    shown = [
        _summary(attention, review, swept_at),
        *_by_topic(attention),
        *([_differences(differences)] if differences else []),
        *([_in_review(review)] if review else []),
    ]
    acknowledged = [row for row in attention if row["is_acknowledged"]]
    return [*shown, *([_events("acknowledged", acknowledged)] if acknowledged else []), _stages(stages)]


@contextmanager
def read_only(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that can change nothing."""
    with engine.connect() as connection:
        connection.execute(sa.text("set transaction read only"))
        yield connection


def attention_lines(connection: sa.Connection) -> list[str]:
    """What needs attention, a line each, as Airflow shows it: the same list as the tables."""
    rows = db.rows(connection, "reports/attention", shown=SHOWN)
    return [
        f"{row['topic']}, {row['severity']}: {row['title']}: {_said(row)} [{row['event_id']}] {row['next_step']}"
        for row in rows
        if not row["is_acknowledged"]
    ]


def _summary(attention: Sequence[sa.RowMapping], review: Sequence[sa.RowMapping], swept_at: datetime | None) -> Table:
    """One line that says what there is, whether anybody outside was told, and when somebody last looked."""
    counts = {row["topic"]: row["number"] for row in attention if not row["is_acknowledged"]}
    waiting = [row for row in attention if not row["is_acknowledged"]]
    informed = sum(row["told_at"] is not None for row in waiting)
    swept = f"{swept_at:%Y-%m-%d %H:%M} UTC" if swept_at else "never"
    table = Table("failed", "late", "people", "customers", "in review", "told outside", "last looked", box=SIMPLE)
    table.add_row(
        *(str(counts.get(topic, 0)) for topic in TOPICS),
        str(sum(row["items"] for row in review)),
        f"{informed} of {len(waiting)}",
        swept,
    )
    return table


def _by_topic(attention: Sequence[sa.RowMapping]) -> list[Table]:
    tables = []
    for topic, title in TOPICS.items():
        rows = [row for row in attention if row["topic"] == topic and not row["is_acknowledged"]]
        if rows:
            tables.append(_attention(title, rows))
    return tables


def _attention(title: str, rows: Sequence[sa.RowMapping]) -> Table:
    number = rows[0]["number"]
    counted = f"{len(rows)} of {number:,}" if number > len(rows) else f"{number}"
    table = Table(
        "no.", "since", "severity", Column("event", overflow="fold", ratio=2),
        Column("what to do", overflow="fold", ratio=1), title=f"{title}: {counted}", box=SIMPLE,
    )  # fmt: skip
    for row in rows:
        severity = "[red]error[/]" if row["severity"] == "error" else row["severity"]
        words = f"[bold]{escape(row['title'])}[/]\n{escape(_said(row))}"
        table.add_row(str(row["event_id"]), f"{row['at']:%Y-%m-%d %H:%M}", severity, words, escape(row["next_step"]))
    return table


def _in_review(review: Sequence[sa.RowMapping]) -> Table:
    table = Table("site", "day", Column("items", justify="right"), Column("checks", justify="right"),
                  Column("amounts read", justify="right"), title="In review", box=SIMPLE)  # fmt: skip
    for row in review:
        table.add_row(
            row["site_id"], str(row["business_date"]), str(row["items"]), str(row["checks"]), dollars(row["cents"])
        )
    return table


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
    if event.get("topic") in ("late", "people"):  # counts how often somebody looked
        return message if message.startswith(scope) else f"{scope}: {message}"
    times = f" ({event['times']} times since {event['at']:%Y-%m-%d %H:%M})" if event["times"] > 1 else ""
    return (message if message.startswith(scope) else f"{scope}: {message}") + times


def _acknowledged(event: sa.RowMapping) -> str:
    """In short: who knows of it, and until when it stays."""
    remark = f" ({event['acknowledge_note']})" if event["acknowledge_note"] else ""
    kind = event["kind"].replace("_", " ")
    return f"{event['scope']}: {kind}, {event['acknowledged_by']}{remark}; open until {event['closes_when']}"
