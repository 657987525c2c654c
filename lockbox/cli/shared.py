"""Shared by the verbs: the console, a running database, and days and instants as typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lockbox.errors import UsageError
from lockbox.settings import Settings

console = Console()
AsOf = Annotated[str, typer.Option(help="date and time to work as of, ISO 8601 with UTC offset; now if not given")]


@contextmanager
def database(settings: Settings) -> Iterator[None]:
    """The embedded server, started for this verb unless it is already running."""
    from lockbox import db, telemetry

    telemetry.write_to(settings.log_path, settings.log_level)
    is_ours = not db.is_running(settings)
    if is_ours:
        db.start_server(settings)
    try:
        yield
    finally:
        if is_ours:
            db.stop_server(settings)


@contextmanager
def ready(settings: Settings) -> Iterator[None]:
    """A running, migrated database with the lender's profile in it."""
    from lockbox import db
    from lockbox.lender import profile

    with database(settings):
        db.migrate(settings)
        with db.engine(settings).begin() as connection:
            profile.load_profile(connection, settings.profile)
        yield


def day_of(text: str) -> date:
    """A date as typed. Raises UsageError if it is not a date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date (YYYY-MM-DD)") from error


def instant(text: str) -> datetime:
    """An instant as typed; now if empty. Raises UsageError if it is not an instant or has no UTC offset."""
    if not text:
        return datetime.now(UTC)  # the edge of the system: from here on, time is an argument
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date and time, such as 2026-11-16T18:00:00-06:00") from error
    if at.tzinfo is None:
        raise UsageError(f"{text!r} has no UTC offset")
    return at


def progress_bar() -> Progress:
    """Shows what is in process, how much is done, and the time elapsed."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
