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


def tables(settings: Settings) -> list[Table]:
    """Tables for a terminal: stages of the newest 40 scopes, and the newest 20 warnings and errors."""
    with db.engine(settings).connect() as connection:
        runs = db.rows(connection, "reports/stage_status")
        events = db.rows(connection, "reports/open_events")
    return [_stages(runs), *([_events(events)] if events else [])]


def _stages(runs: Sequence[sa.RowMapping]) -> Table:
    stages = ("ingest", "read", "decide", "post", "close")
    table = Table("scope", *stages, title="Stages", box=SIMPLE)
    for run in runs:
        table.add_row(run["scope"], *(MARKS[run[name]] for name in stages))
    return table


def _events(events: Sequence[sa.RowMapping]) -> Table:
    table = Table("time", "severity", Column("event", overflow="fold", ratio=1), title="Needs attention", box=SIMPLE)
    for event in events:
        table.add_row(
            f"{event['at']:%Y-%m-%d %H:%M}", event["severity"], escape(_with_scope(event["scope"], event["message"]))
        )
    return table


def _with_scope(scope: str, message: str) -> str:
    return message if message.startswith(scope) else f"{scope}: {message}"
