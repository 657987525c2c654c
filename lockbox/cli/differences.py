"""The verbs about what differs from a site's own words: listed by number, and accepted by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli.shared import AsOf, console, instant, ready
from lockbox.mail.difference import Difference, headline
from lockbox.scopes import SiteDayScope
from lockbox.settings import Settings

SHOWN_DAYS = 30  # accepted ones of older days are listed only where their day is given

app = typer.Typer()


@app.command()
def differences(
    day: Annotated[str, typer.Argument(help="site/YYYY-MM-DD; all open ones and the last 30 days' if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Lists what is missing, or too much, against the sites' own words: open, accepted, or found later."""
    from lockbox.mail.noted_differences import load_differences, noted_since
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    settings, at = Settings(), instant(as_of)
    scope = SiteDayScope.parse(day) if day else None
    with ready(settings):
        runtime = open_runtime(settings)
        daily.closable_days(runtime, at)  # puts on record what differs on days past their cut-off
        with runtime.engine.connect() as connection:
            if scope:
                listed = [each for each in load_differences(connection, scope) if each.difference_id is not None]
            else:
                listed = noted_since(connection, at.date() - timedelta(SHOWN_DAYS))
    console.print(_table(listed) if listed else "no differences are on record")
    still_open = [each for each in listed if each.is_open]
    if still_open:
        console.print(f"open: {headline(still_open)}", style="red", highlight=False, soft_wrap=True)


@app.command("accept-difference")
def accept_difference(
    numbers: Annotated[list[int], typer.Argument(help="numbers of differences, as `differences` lists them")],
    by: Annotated[str, typer.Option(help="the person who accepts")],
    reason: Annotated[str, typer.Option(help="why: what the person found out")],
    as_of: AsOf = "",
) -> None:
    """Accepts differences by name and reason, as they stand. With other numbers it would be another difference.

    What waited for a control of its file that did not hold is decided and posted now.
    """
    from lockbox.mail.noted_differences import accept
    from lockbox.mail.pipeline import release
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        with runtime.engine.begin() as connection:
            lines = accept(connection, numbers, by, reason, at)
        for line in lines + release(runtime, at):
            console.print(line, soft_wrap=True, highlight=False, markup=False)


def _table(listed: list[Difference]) -> Table:
    table = Table(
        Column("number", justify="right"), "site, day", Column("difference", overflow="fold", ratio=1),
        Column("state", overflow="fold"), box=SIMPLE,
    )  # fmt: skip
    for difference in listed:
        state = _state(difference)
        number = str(difference.difference_id)
        table.add_row(number, str(difference.scope.site_day), escape(difference.text), state)
    return table


def _state(difference: Difference) -> str:
    if difference.is_open:
        part = f", {difference.settled:,} found in {', '.join(difference.settled_by)}" if difference.settled else ""
        return f"[red]open[/]{part}"
    if difference.is_settled:
        return f"[green]found in {', '.join(difference.settled_by)}[/]"
    return f"[green]accepted[/] by {escape(difference.accepted_by or '')}: {escape(difference.reason)}"
