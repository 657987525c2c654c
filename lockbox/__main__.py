"""The verbs: `python -m lockbox VERB`. Everything the DAGs do can be done, and seen, from here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from lockbox import contract_verbs, customer_verbs, proving_verbs
from lockbox.command import AsOf, console, database, day_of, instant, progress_bar, ready
from lockbox.errors import LockboxError, UsageError
from lockbox.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""**lockbox**: from scanned mail to a posted, balanced ledger.

A day runs `simulate` (sample mail) → `ingest` → `read` → `decide` → `post` → `close` → `report`; then its `night`.
Each verb may run again: what is done is not done twice. Without arguments a verb takes everything that waits for it; a
batch is named `site/YYYY-MM-DD/batch` (dallas/2026-11-16/D001), a site day `site/YYYY-MM-DD`.

Exit codes: 0 done · 1 broken · 2 usage · 3 set-up · 4 bad input · 5 conflict · 6 overtaken by a newer try ·
7 out of balance · 8 not ready · 9 a process does not stay up · 10 a DAG failed. Settings are environment variables,
LOCKBOX_HOME and others (README).""",
)
app.add_typer(contract_verbs.app, name="contract")
app.add_typer(customer_verbs.app)
app.add_typer(proving_verbs.app)
errors = Console(stderr=True)

Scopes = Annotated[list[str] | None, typer.Argument(help="site/YYYY-MM-DD/batch; all that wait if none is named")]
Days = Annotated[list[str] | None, typer.Argument(help="site/YYYY-MM-DD; all that can close if none is named")]


@app.command()
def migrate(
    profile: Annotated[Path | None, typer.Option(help="the lender's profile; default profiles/reference.toml")] = None,
) -> None:
    """Makes or updates the database and loads the lender's profile."""
    from lockbox import db, policy

    settings = Settings()
    with database(settings):
        db.migrate(settings)
        with db.engine(settings).begin() as connection:
            policy.load_profile(connection, profile or settings.profile)
    console.print("database up to date, profile loaded")


@app.command()
def simulate(
    day: Annotated[str, typer.Option(help="business date of the mail")] = "2026-11-16",
    seed: Annotated[int, typer.Option(help="the same seed gives the same mail, to the byte")] = 1,
    envelopes: Annotated[int, typer.Option(min=1, help="envelopes over all sites")] = 200,
    contracts: Annotated[int, typer.Option(min=10, help="contracts in the master")] = 2000,
) -> None:
    """Makes a contract master and a day's mail with its ground truth, and delivers it to the inbox."""
    from lockbox.simulator.day import simulate as run

    settings = Settings()
    with ready(settings), progress_bar() as bar:
        task = bar.add_task("drawing mail", total=None)
        run(
            settings,
            seed=seed,
            business_date=day_of(day),
            envelopes=envelopes,
            contracts=contracts,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    console.print(f"{envelopes} envelopes of {day} lie in {settings.inbox_path}")


@app.command()
def ingest(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Takes deliveries in: images stored, documents listed, what is unusable set aside with its reason."""
    _stage("ingest", batches, as_of)


@app.command()
def read(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Reads checks, coupons and letters: candidates with probabilities."""
    _stage("read", batches, as_of)


@app.command()
def decide(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Decides each item: post, suspense, or review with all reasons."""
    _stage("decide", batches, as_of)


@app.command()
def post(batches: Scopes = None, as_of: AsOf = "") -> None:
    """Posts what was decided to the ledger, exactly once."""
    _stage("post", batches, as_of)


@app.command()
def mail(batches: Scopes = None, as_of: AsOf = "") -> None:
    """The whole line for waiting batches, ingest to post, without Airflow; a bad batch stops no other."""
    from lockbox import pipeline

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        box = pipeline.open_lockbox(settings)
        scopes = batches or _waiting(box, at)
        failed: list[LockboxError] = []
        with progress_bar() as bar:
            task = bar.add_task("batches", total=len(scopes))
            for scope in scopes:
                try:
                    for name in pipeline.STAGES:
                        bar.update(task, description=f"{scope} {name}")
                        getattr(pipeline, name)(box, scope, at)
                except LockboxError as error:
                    failed.append(error)
                    errors.print(f"[red]{scope}[/]: {escape(str(error))}", soft_wrap=True)
                bar.advance(task)
    console.print(f"{len(scopes) - len(failed)} of {len(scopes)} batches through")
    if failed:
        raise failed[0]


@app.command()
def close(days: Days = None, as_of: AsOf = "") -> None:
    """Ties mail, decisions, ledger and deposit of a site day; a day that does not balance does not close."""
    from lockbox.pipeline import open_lockbox
    from reconciliation import daily

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        box = open_lockbox(settings)
        for scope in days or daily.closable_days(box, at):
            console.print(daily.close(box, scope, at), soft_wrap=True)


@app.command()
def reverse(
    item: Annotated[str, typer.Option(help="the check: its number, or site/YYYY-MM-DD/batch/sequence")],
    reason: Annotated[str, typer.Option(help="returned: the bank sent it back; any other word: a correction")],
    day: Annotated[str, typer.Option(help="business date it is posted on; the day of --as-of if not given")] = "",
    maker: Annotated[str, typer.Option(help="who does it")] = "operator",
    as_of: AsOf = "",
) -> None:
    """Takes a posted check back: its contracts end as if it had never come, with the fee for a returned check."""
    from lockbox import correction
    from lockbox.pipeline import open_lockbox

    settings, at = Settings(), instant(as_of)
    with ready(settings), open_lockbox(settings).engine.begin() as connection:
        item_id = correction.find_item(connection, item)
        on = day_of(day) if day else at.date()
        if not reason.strip():
            raise UsageError("a reason is wanted: returned, or why it is corrected")
        for line in correction.reverse_item(connection, item_id, reason, on, at, maker):
            console.print(line, soft_wrap=True)


@app.command()
def night(
    day: Annotated[str, typer.Option(help="run up to the night of this date; all that can run if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Runs the nights of closed dates, missed ones first: bills, interest, late fees, delinquency, seal, checks."""
    from lockbox import nightly
    from lockbox.pipeline import open_lockbox

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        box = open_lockbox(settings)
        last = day_of(day) if day else max(nightly.waiting_nights(box, at), default=None)
        if day and last:
            nightly.refuse_to_come(box, last, at)
        for line in nightly.night(box, last, at) if last else ["no night can be run yet"]:
            console.print(line, soft_wrap=True)


@app.command("trial-balance")
def trial_balance(as_of: AsOf = "") -> None:
    """Every ledger account with its balance at the end of a date; together they are 0."""
    from lockbox import account, db

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        console.print(account.trial_balance(connection, instant(as_of)))


@app.command()
def report(
    day: Annotated[str, typer.Argument(help="business date, YYYY-MM-DD")],
    as_of: AsOf = "",
) -> None:
    """Writes the day's report, one HTML file, and prints its table."""
    from lockbox.pipeline import open_lockbox
    from reconciliation import daily

    settings = Settings()
    with ready(settings):
        box = open_lockbox(settings)
        path = daily.report(box, day_of(day), instant(as_of))
        _print_day(settings, day_of(day))
    console.print(f"report: {path}")


@app.command()
def status() -> None:
    """What runs, which batches are where, and what somebody has to look at."""
    from lockbox import status as status_of

    settings = Settings()
    with ready(settings):
        for table in status_of.tables(settings):
            console.print(table)


@app.command()
def up() -> None:
    """Starts Airflow with its web UI, the scheduler and the database, and keeps them running until Ctrl-C."""
    from lockbox import launcher

    launcher.up(Settings())


@app.command()
def stop() -> None:
    """Stops the launcher of this home, or ends what a killed one left behind, and the embedded database."""
    from lockbox import launcher

    launcher.stop(Settings())


@app.command()
def run(
    day: Annotated[str, typer.Option(help="business date of the sample mail")] = "2026-11-16",
    seed: Annotated[int, typer.Option(help="seed of the sample mail")] = 1,
    envelopes: Annotated[int, typer.Option(min=1, help="envelopes over all sites")] = 200,
    contracts: Annotated[int, typer.Option(min=10, help="contracts in the master")] = 2000,
    as_of: Annotated[str, typer.Option(help="instant to work as of; 7 pm of the day if not given")] = "",
) -> None:
    """The main job on sample mail: simulate a day, run it through Airflow, close it, run its night, write to customers,
    show it."""
    from lockbox import correspondence, db, launcher, nightly, policy
    from lockbox.simulator.day import simulate as draw

    settings, date_ = Settings(), day_of(day)

    def before() -> None:
        with db.engine(settings).begin() as connection:
            policy.load_profile(connection, settings.profile)
        with progress_bar() as bar:
            task = bar.add_task(f"drawing {envelopes} envelopes of {day}", total=None)
            draw(
                settings,
                seed=seed,
                business_date=date_,
                envelopes=envelopes,
                contracts=contracts,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )

    def after() -> None:
        _print_day(settings, date_)
        with db.engine(settings).connect() as connection:
            console.print(f"night of {nightly.told_of(connection, date_)}", soft_wrap=True, highlight=False)
            for line in correspondence.told_of(connection, settings, date_):
                console.print(line, soft_wrap=True, highlight=False)

    evening = datetime.combine(date_, time(19), ZoneInfo("America/Chicago"))  # after the cut-off of both sites
    launcher.run(
        settings,
        as_of=instant(as_of) if as_of else evening,
        before=before,
        after=after,
        console=console,
    )
    console.print(f"report: {settings.reports_path / f'{day}.html'}")


def main() -> None:
    """Runs a verb; an error that was raised on purpose is one line and its own exit code."""
    try:
        app(standalone_mode=False)
    except LockboxError as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        errors.print(f"[bold red]usage:[/] {escape(error.format_message())}", highlight=False, soft_wrap=True)
        sys.exit(UsageError.exit_code)


def _stage(name: str, batches: list[str] | None, as_of: str) -> None:
    from lockbox import pipeline

    run: Callable[[pipeline.Lockbox, str, datetime], str] = getattr(pipeline, name)
    settings, at = Settings(), instant(as_of)
    with ready(settings):
        box = pipeline.open_lockbox(settings)
        scopes = batches or _waiting(box, at)
        with progress_bar() as bar:
            task = bar.add_task(name, total=len(scopes))
            for scope in scopes:
                bar.update(task, description=f"{name} {scope}")
                bar.console.print(run(box, scope, at), soft_wrap=True)
                bar.advance(task)


def _waiting(box: object, at: datetime) -> list[str]:
    from lockbox import pipeline, policy

    assert isinstance(box, pipeline.Lockbox)
    return [
        scope for site in policy.site_ids(box.settings.profile) for scope in pipeline.waiting_batches(box, site, at)
    ]


def _print_day(settings: Settings, day: date) -> None:
    from lockbox.pipeline import open_lockbox
    from lockbox.simulator import day as simulated
    from reconciliation import daily, summary

    box = open_lockbox(settings)
    console.print(summary.render_summary(daily.day_summary(box, day)))
    for line in simulated.score_lines(box.engine, settings, day):
        console.print(line, soft_wrap=True)


if __name__ == "__main__":
    main()
