"""The verbs for operations events: list them, acknowledge them, and tell who has to know."""

from __future__ import annotations

from typing import Annotated

import typer

from lockbox.cli.shared import AsOf, console, instant, reading, ready
from lockbox.errors import UsageError
from lockbox.settings import Settings

app = typer.Typer()
ALL = "all"


@app.command()
def events(
    state: Annotated[str, typer.Option(help="open, acknowledged, closed, or all")] = ALL,
    shown: Annotated[int, typer.Option(min=1, help="events of one state, the newest of each severity first")] = 100,
) -> None:
    """Lists operations events: open ones, acknowledged ones, and those whose cause is gone."""
    from lockbox import db
    from lockbox.operations import status

    if state not in (ALL, *status.STATES):
        raise UsageError(f"{state!r} is none of {', '.join(status.STATES)}, {ALL}")
    settings = Settings()
    with reading(settings), status.read_only(db.engine(settings)) as connection:
        tables = status.event_tables(connection, status.STATES if state == ALL else [state], shown)
        for table in tables:
            console.print(table)
    if not tables:
        console.print("no events")


@app.command()
def acknowledge(
    events: Annotated[list[int], typer.Argument(help="numbers of events, as `status` shows them")],
    by: Annotated[str, typer.Option(help="the person who has seen them")],
    note: Annotated[str, typer.Option(help="a remark, such as what is done about it")] = "",
    gone: Annotated[bool, typer.Option("--gone", help="the cause is gone: close them")] = False,
    as_of: AsOf = "",
) -> None:
    """Acknowledges open events. An event that nothing else would close is closed."""
    from lockbox import db, ops_events

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        for event in ops_events.acknowledge(connection, events, by, note, instant(as_of), is_gone=gone):
            closed = f", closed by {event['closed_by']}" if event["closed_at"] else ""
            console.print(
                f"event {event['event_id']}: acknowledged by {event['acknowledged_by']}{closed}", soft_wrap=True
            )


@app.command()
def alerts(
    test: Annotated[bool, typer.Option("--test", help="also send a test to everybody who is told of failures")] = False,
    as_of: AsOf = "",
) -> None:
    """Looks for what is late or has not come, and tells who has to know, by email and webhook. Airflow does it every
    few minutes."""
    from lockbox.alerts.alert_outbox import tell
    from lockbox.alerts.sweep import sweep
    from lockbox.ops_events import note_alone, settle
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        if test:
            note_alone(runtime.engine, "warning", "alert_test", "test", "a test of the alerts", at)
        console.print(sweep(runtime, at), soft_wrap=True)
        if test:
            with runtime.engine.begin() as connection:
                settle(connection, "alert_test", "test", at)
            console.print(f"the test is over: {tell(runtime, at)}", soft_wrap=True)
