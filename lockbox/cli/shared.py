"""Shared by the verbs: the console, a running database, and days and instants as typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from lockbox.errors import DatabaseAway, LockboxError, SettingsError, UsageError
from lockbox.faults import fault_of, message_of
from lockbox.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

Scope = TypeVar("Scope")
console = Console()
errors = Console(stderr=True)
AsOf = Annotated[str, typer.Option(help="date and time to work as of, ISO 8601 with UTC offset; now if not given")]


@contextmanager
def database(settings: Settings) -> Iterator[None]:
    """The embedded server, started for this verb unless it runs; the last verb that uses it stops it."""
    from lockbox import telemetry
    from lockbox.operations import server_users

    telemetry.write_to(settings.log_path, settings.log_level)
    with server_users.used(settings):
        yield


@contextmanager
def reading(settings: Settings) -> Iterator[None]:
    """A running database for a verb that only looks: nothing is made anew, nothing is written, not even a log.

    Raises:
        SettingsError: the database was never made, or by a version with another schema.
    """
    from lockbox import db
    from lockbox.operations import server_users

    if not settings.database_url and not settings.database_path.is_dir():
        raise SettingsError(f"{settings.database_path}: no database yet; `python -m lockbox migrate` makes it")
    with server_users.used(settings):
        db.ensure_schema(settings)
        yield


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


def cents_of(text: str) -> int:
    """Dollars as typed, in cents. Raises UsageError if it is not an amount."""
    try:
        cents = Decimal(text.replace(",", "").removeprefix("$")) * 100
    except InvalidOperation as error:
        raise UsageError(f"{text!r} is not an amount in dollars") from error
    if not cents.is_finite() or cents != cents.to_integral_value() or cents < 0:
        raise UsageError(f"{text!r} is not an amount in dollars and cents")
    return int(cents)


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


def each(title: str, scopes: Sequence[Scope], work: Callable[[Scope], str]) -> list[int]:
    """Does the work for every scope and prints what it returns; a failure is one line, and the next scope follows.

    Without the database nothing else is tried. Returns the exit codes of the failures.
    """
    failed: list[int] = []
    if not scopes:
        return failed
    with progress_bar() as bar:
        task = bar.add_task(title, total=len(scopes))
        for scope in scopes:
            bar.update(task, description=f"{title} {escape(str(scope))}")
            try:
                bar.console.print(escape(work(scope)), soft_wrap=True, highlight=False)
            except Exception as error:
                failed.append(told(scope, error))
                if isinstance(error, DatabaseAway):
                    break
            bar.advance(task)
    return failed


def told(scope: object, error: Exception) -> int:
    """Prints a failure in one line; returns its exit code."""
    message = message_of(error).removeprefix(f"{scope}: ")
    errors.print(f"[red]{escape(str(scope))}[/]: {escape(message)}", soft_wrap=True, highlight=False)
    fault = fault_of(error)
    return fault.exit_code if fault else LockboxError.exit_code


def end(failed: Sequence[int]) -> None:
    """Ends the verb with the code of the first failure, if there is one; each was told already."""
    if failed:
        raise typer.Exit(failed[0])


def progress_bar() -> Progress:
    """Shows what is in process, how much is done, and the time elapsed."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
