"""The verbs of a business day: mail in, payments posted, the day closed and reported, its night run."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockbox.cli.shared import AsOf, console, database, day_of, each, end, instant, progress_bar, reading, ready, told
from lockbox.errors import UsageError
from lockbox.faults import named
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.settings import Settings

if TYPE_CHECKING:
    from lockbox.runtime import Runtime

app = typer.Typer()

Scopes = Annotated[list[str] | None, typer.Argument(help="site/YYYY-MM-DD/batch; all waiting batches if none is given")]
Days = Annotated[list[str] | None, typer.Argument(help="site/YYYY-MM-DD; all days that can be closed if none is given")]


@app.command()
def migrate(
    profile: Annotated[Path | None, typer.Option(help="the lender's profile; default profiles/reference.toml")] = None,
) -> None:
    """Creates or updates the database and loads the lender's profile."""
    from lockbox import db
    from lockbox.lender.profile import load_profile

    settings = Settings()
    with database(settings):
        db.migrate(settings)
        with db.engine(settings).begin() as connection:
            load_profile(connection, profile or settings.profile)
    console.print("database is up to date, profile loaded")


@app.command()
def simulate(
    day: Annotated[str, typer.Option(help="business date of the mail")] = "2026-11-16",
    seed: Annotated[int, typer.Option(help="the same seed gives the same mail, byte for byte")] = 1,
    envelopes: Annotated[int, typer.Option(min=1, help="envelopes across all sites")] = 200,
    contracts: Annotated[int, typer.Option(min=10, help="contracts in the master")] = 2000,
) -> None:
    """Makes sample contracts and a day of sample mail with its ground truth, and delivers the mail to the inbox."""
    settings = Settings()
    with ready(settings):
        draw_mail(settings, day_of(day), seed, envelopes, contracts)
    console.print(f"{envelopes} envelopes of {day} delivered to {settings.inbox_path}")


@app.command()
def ingest(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Takes in deliveries: stores images, lists documents, sets unusable files aside with the reason."""
    _stage("ingest", batches, as_of)


@app.command()
def read(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Reads checks, coupons and letters, with a probability for each candidate."""
    _stage("read", batches, as_of)


@app.command()
def decide(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Decides each item: post, suspense, review or reject, with every reason."""
    _stage("decide", batches, as_of)


@app.command()
def post(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Posts decided items to the ledger, exactly once."""
    _stage("post", batches, as_of)


@app.command()
def mail(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Runs waiting batches from ingest to post without Airflow. A bad batch does not stop the others."""
    from lockbox.mail import pipeline
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        scopes, failed = _scopes(runtime, batches, at)

        def line(scope: BatchScope) -> str:
            return [stage(runtime, scope, at) for stage in pipeline.STAGES.values()][-1]

        unposted = each("mail", scopes, line)
        aside = pipeline.set_aside_batches(runtime) if not failed + unposted else 0
    console.print(f"{len(scopes) - len(unposted)} of {len(scopes)} batches posted{_aside(aside)}")
    end(failed + unposted)


@app.command()
def close(days: Days = None, as_of: AsOf = "") -> None:
    """Closes site days: ties out mail, decisions, ledger and deposit. A day out of balance stays open.

    A day on which something is missing waits until a person accepted it; from the hour that policy names it closes with
    open differences.
    """
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        scopes = [SiteDayScope.parse(day) for day in days or ()] or daily.closable_days(runtime, at)
        failed = each("close", scopes, lambda scope: daily.close(runtime, scope, at))
        end(failed)
        daily.ensure_nothing_open(runtime, scopes)


@app.command()
def reverse(
    item: Annotated[str, typer.Option(help="the check: its item number, or site/YYYY-MM-DD/batch/sequence")],
    reason: Annotated[str, typer.Option(help="'returned' if the bank returned it; otherwise why it is corrected")],
    day: Annotated[
        str, typer.Option(help="business date of the reversal; if not given, the first one that is not closed")
    ] = "",
    maker: Annotated[str, typer.Option(help="the person who reverses it")] = "operator",
    as_of: AsOf = "",
) -> None:
    """Reverses a posted check as if it had never been received; if the bank returned it, assesses its fee."""
    from lockbox.mail import taken_back
    from lockbox.runtime import open_runtime
    from lockbox.servicing import correction

    settings, at = Settings(), instant(as_of)
    with ready(settings), open_runtime(settings).engine.begin() as connection:
        item_id = correction.find_item(connection, item)
        if not reason.strip():
            raise UsageError("give a reason: returned, or why it is corrected")
        on = day_of(day) if day else None
        for line in taken_back.take_back(connection, item_id, reason, on, at, maker):
            console.print(line, soft_wrap=True)


@app.command()
def night(
    day: Annotated[str, typer.Option(help="run nights through this date; all that can run if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Runs the nights of closed dates, oldest first: bills, interest, late fees, delinquency, seal, checks."""
    from lockbox.runtime import open_runtime
    from lockbox.servicing import night as nightly

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        last = day_of(day) if day else max(nightly.waiting_nights(runtime, at), default=None)
        if day and last:
            nightly.ensure_date_is_over(runtime, last, at)
        for line in nightly.night(runtime, last, at) if last else ["no night can run yet"]:
            console.print(line, soft_wrap=True)


@app.command("trial-balance")
def trial_balance(as_of: AsOf = "") -> None:
    """Shows every ledger account with its balance at the end of a date; the total is 0."""
    from lockbox import db
    from lockbox.cli import account_tables
    from lockbox.lender.dated_rules import lender_day, lender_served

    settings, at = Settings(), instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        day = lender_day(connection, lender_served(connection, settings.profile), at)
        console.print(account_tables.trial_balance(connection, day))


@app.command()
def report(
    day: Annotated[str, typer.Argument(help="business date, YYYY-MM-DD")],
    as_of: AsOf = "",
) -> None:
    """Writes the day's report as one HTML file and prints the day's table."""
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    settings = Settings()
    with ready(settings):
        runtime = open_runtime(settings)
        path = daily.report(runtime, day_of(day), instant(as_of))
        print_day(settings, day_of(day))
    console.print(f"report: {path}")


@app.command()
def status() -> None:
    """Shows what failed, what is late, what waits for people, and the stage of every batch. Changes nothing."""
    from lockbox.operations import status as status_of

    settings = Settings()
    with reading(settings):
        for table in status_of.tables(settings):
            console.print(table)


def _stage(name: str, batches: list[str] | None, as_of: str) -> None:
    from lockbox.mail import pipeline
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        scopes, failed = _scopes(runtime, batches, at)
        failed += each(name, scopes, lambda scope: pipeline.STAGES[name](runtime, scope, at))
        if not scopes and not failed:
            console.print(f"no batch waits{_aside(pipeline.set_aside_batches(runtime))}")
    end(failed)


def _scopes(runtime: Runtime, batches: list[str] | None, at: datetime) -> tuple[list[BatchScope], list[int]]:
    """The batches that are named, else all that wait; and the exit codes of sites that could not be looked at."""
    from lockbox.lender.profile import site_ids
    from lockbox.mail import pipeline

    if batches:
        return [BatchScope.parse(batch) for batch in batches], []
    scopes: list[BatchScope] = []
    failed = []
    for site in site_ids(runtime.settings.profile):
        try:
            with named():
                scopes += pipeline.waiting_batches(runtime, site, at)
        except Exception as error:
            failed.append(told(site, error))
    return scopes, failed


def _aside(number: int) -> str:
    return f"; {number} set aside until corrected, see `events`" if number else ""


def draw_mail(settings: Settings, day: date, seed: int, envelopes: int, contracts: int) -> None:
    """Draws a day of sample mail with a progress bar and delivers it to the inbox."""
    from lockbox.simulator.day import simulate as draw

    with progress_bar() as bar:
        task = bar.add_task(f"drawing {envelopes} envelopes of {day}", total=None)
        draw(
            settings,
            seed=seed,
            business_date=day,
            envelopes=envelopes,
            contracts=contracts,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def print_day(settings: Settings, day: date) -> None:
    """Prints the table of a business date and, for sample mail, how it compares with the ground truth."""
    from lockbox.cli import day_table
    from lockbox.runtime import open_runtime
    from lockbox.simulator import day as simulated
    from reconciliation import daily

    runtime = open_runtime(settings)
    summary = daily.day_summary(runtime, day)
    console.print(day_table.render_summary(summary))
    for line in day_table.difference_lines(summary):
        console.print(line, soft_wrap=True, highlight=False)
    for line in simulated.score_lines(runtime.engine, settings, day):
        console.print(line, soft_wrap=True)
