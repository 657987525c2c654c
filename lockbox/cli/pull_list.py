"""The verbs of the pull list: what a site's people do with papers, confirmed by two, and what may be destroyed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli.exception_words import labels_of
from lockbox.cli.exceptions import AsJson, By, Name
from lockbox.cli.shared import AsOf, console, instant, ready
from lockbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

app = typer.Typer(
    help="Papers to send back, send on, or scan again: list, confirm by two people, fail.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(help="number of the entry")]
Site = Annotated[str, typer.Option(help="of one site")]


@app.command("list")
def list_entries(
    site: Site = "",
    every: Annotated[bool, typer.Option("--all", help="what is done or withdrawn, too")] = False,
    as_json: AsJson = False,
) -> None:
    """Lists what is to be done with which paper, by site, day, and batch (the tray)."""
    from lockbox import db
    from reconciliation.exceptions import pull_list

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        entries = pull_list.entries(connection, site, closed=every)
    if as_json:
        console.print_json(json.dumps([asdict(entry) for entry in entries], default=str))
        return
    table = Table("no.", "paper", "what", Column("to", overflow="fold"), Column("why", overflow="fold"), box=SIMPLE)
    for entry in entries:
        to = ", ".join((entry.to_name, *entry.to_address)) if entry.to_name else ""
        needs = "" if entry.to_name or entry.action == "rescan" else "[red]give name and address[/]"
        why = labels_of(entry.reasons) + (f": {entry.note}" if entry.note else "")
        table.add_row(str(entry.entry_no), entry.name, entry.words, escape(to) or needs, escape(why))
    console.print(table)
    console.print(f"{len(entries)} entries", highlight=False)


@app.command()
def rescan(
    item: Name, by: By, why: Annotated[str, typer.Option(help="what is wrong with the image")], as_of: AsOf = ""
) -> None:
    """Asks that an item is scanned again; it waits meanwhile."""
    from reconciliation.exceptions import pull_list

    at = instant(as_of)

    def do(connection: sa.Connection) -> str:
        return f"{item}: pull list {pull_list.ask_rescan(connection, item, why, by, at)}, to be scanned again"

    _do(do)


@app.command()
def address(
    number: Number,
    by: By,
    name: Annotated[str, typer.Option(help="to whom it goes")],
    line: Annotated[list[str], typer.Option(help="a line of the address; give it once for each line")],
    as_of: AsOf = "",
) -> None:
    """Says to whom a paper goes, if that was not read, or read wrong."""
    from reconciliation.exceptions import pull_list

    at = instant(as_of)

    def do(connection: sa.Connection) -> str:
        pull_list.address(connection, number, name, line, by, at)
        return f"pull list {number}: goes to {name}"

    _do(do)


@app.command()
def confirm(number: Number, by: By, as_of: AsOf = "") -> None:
    """Confirms that an entry is done. Two people confirm each; after that, nothing can be decided any more."""
    from reconciliation.exceptions import pull_list

    at = instant(as_of)

    def do(connection: sa.Connection) -> str:
        state = pull_list.confirm(connection, number, by, at)
        return f"pull list {number}: " + ("done" if state == "confirmed" else "somebody else confirms it, too")

    _do(do)


@app.command()
def fail(number: Number, by: By, note: Annotated[str, typer.Option(help="where you looked")], as_of: AsOf = "") -> None:
    """Says that a paper cannot be found: an event, until it is found and confirmed."""
    from reconciliation.exceptions import pull_list

    at = instant(as_of)

    def do(connection: sa.Connection) -> str:
        pull_list.fail(connection, number, by, note, at)
        return f"pull list {number}: not found; `events` tells of it until it is confirmed"

    _do(do)


@app.command()
def destruction(
    site: Site = "",
    every: Annotated[bool, typer.Option("--all", help="what must be kept, too")] = False,
    as_json: AsJson = False,
    as_of: AsOf = "",
) -> None:
    """Lists the paper that may be destroyed, by day and batch (paper.keep_days)."""
    from lockbox import db
    from lockbox.lender.dated_rules import lender_day, lender_served
    from reconciliation.exceptions import pull_list

    settings, at = Settings(), instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        lender_id = lender_served(connection, settings.profile)
        today = lender_day(connection, lender_id, at)
        trays = pull_list.trays(connection, lender_id, at, site)
    shown = [tray for tray in trays if every or tray.may_be_destroyed(today)]
    if as_json:
        console.print_json(json.dumps([asdict(tray) for tray in shown], default=str))
        return
    table = Table("site", "day", "batch", "papers", "deposited", "gone", "waiting", "may be destroyed", box=SIMPLE)
    for tray in shown:
        counts = map(str, (tray.papers, tray.deposited, tray.papers_gone, tray.waiting))
        day = f"from {tray.destroy_from}" if tray.destroy_from else "not yet"
        table.add_row(tray.site_id, str(tray.business_date), tray.batch_no, *counts, day)
    console.print(table)


def _do(do: Callable[[sa.Connection], str]) -> None:
    from lockbox import db

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        line = do(connection)
    console.print(line, soft_wrap=True, highlight=False, markup=False)
