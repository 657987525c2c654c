"""The verbs that start, stop and run Airflow with its scheduler, web UI and database."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from lockbox.cli.day import draw_mail, print_day
from lockbox.cli.shared import console, day_of, instant
from lockbox.settings import Settings

app = typer.Typer()


@app.command()
def up() -> None:
    """Starts Airflow with its web UI, the scheduler and the database, and keeps them running until Ctrl-C."""
    from lockbox.operations import launcher

    launcher.up(Settings())


@app.command()
def stop() -> None:
    """Stops Airflow and the embedded database of this home, including what a killed launch left behind."""
    from lockbox.operations import launcher

    launcher.stop(Settings())


@app.command()
def run(
    day: Annotated[str, typer.Option(help="business date of the sample mail")] = "2026-11-16",
    seed: Annotated[int, typer.Option(help="seed of the sample mail")] = 1,
    envelopes: Annotated[int, typer.Option(min=1, help="envelopes across all sites")] = 200,
    contracts: Annotated[int, typer.Option(min=10, help="contracts in the master")] = 2000,
    as_of: Annotated[str, typer.Option(help="date and time to work as of; 7 p.m. on the day if not given")] = "",
) -> None:
    """Runs a whole day of sample mail through Airflow: simulates it, posts it, closes it, runs its night, makes
    statements and notices, and shows the result."""
    from lockbox import db
    from lockbox.customer import service
    from lockbox.lender import profile as profile_
    from lockbox.operations import launcher
    from lockbox.servicing import night

    settings, business_date = Settings(), day_of(day)

    def before() -> None:
        with db.engine(settings).begin() as connection:
            profile_.load_profile(connection, settings.profile)
        draw_mail(settings, business_date, seed, envelopes, contracts)

    def after() -> None:
        print_day(settings, business_date)
        with db.engine(settings).connect() as connection:
            console.print(
                f"night of {night.summary_line_of(connection, business_date)}", soft_wrap=True, highlight=False
            )
            for line in service.summary_lines(connection, settings, business_date):
                console.print(line, soft_wrap=True, highlight=False)

    evening = datetime.combine(business_date, time(19), ZoneInfo("America/Chicago"))  # after the cut-off of both sites
    launcher.run(settings, instant(as_of) if as_of else evening, before, after, console=console)
    console.print(f"report: {settings.reports_path / f'{day}.html'}", soft_wrap=True)
