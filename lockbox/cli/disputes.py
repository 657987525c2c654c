"""The verbs of disputes: listed with their deadlines, answered or rejected as frivolous, closed by a second person."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli.shared import AsOf, console, instant, ready
from lockbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from lockbox.servicing.disputes import Dispute

app = typer.Typer(
    help="""Direct disputes of customers (12 CFR 1022.43): list, show, answer, close.

    A letter opens one (`letters dispute`). One person answers it, or rejects it as frivolous; once the customer was
    told, another closes it.""",
    no_args_is_help=True,
)
Number = Annotated[int, typer.Argument(help="number of the dispute")]
By = Annotated[str, typer.Option(help="the person who does it")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")]


@app.command("list")
def list_disputes(
    closed: Annotated[bool, typer.Option("--all", help="closed ones, too")] = False,
    as_json: AsJson = False,
    as_of: AsOf = "",
) -> None:
    """Lists open disputes, what is due first."""
    from lockbox import db
    from lockbox.servicing import disputes

    settings, day = Settings(), instant(as_of).date()
    with ready(settings), db.engine(settings).connect() as connection:
        cases = disputes.listed(connection, closed=closed)
    if as_json:
        console.print_json(json.dumps([asdict(case) for case in cases], default=str))
        return
    table = Table("no", "account", "received", "state", "due", Column("about", overflow="fold"), box=SIMPLE)
    for case in cases:
        due = f"{case.due_on}{', overdue' if case.is_overdue(day) else ''}" if case.due_on else ""
        cells = (str(case.case_id), case.account_number, str(case.received_on), case.state, due)
        table.add_row(*cells, escape(case.subject))
    console.print(table)


@app.command()
def show(number: Number, as_json: AsJson = False, as_of: AsOf = "") -> None:
    """Shows one dispute: its steps with who took them, its deadline, and its Metro 2 compliance condition code."""
    from lockbox import db
    from lockbox.servicing import disputes

    settings = Settings()
    instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        case, steps = disputes.dispute(connection, number), disputes.steps(connection, number)
    if as_json:
        document = {"dispute": asdict(case), "steps": [asdict(step) for step in steps]}
        console.print_json(json.dumps(document, default=str))
        return
    console.print(_told(case), soft_wrap=True, highlight=False, markup=False)
    table = Table("day", "step", "due", "who", Column("what", overflow="fold", ratio=1), box=SIMPLE)
    for step in steps:
        words = f"{step.words} ({step.item})" if step.item else step.words
        table.add_row(str(step.on_day), step.state, str(step.due_on or ""), escape(step.taken_by), escape(words))
    console.print(table)


@app.command()
def answer(
    number: Number,
    by: By,
    words: Annotated[str, typer.Option(help="what was found and corrected, or why it is frivolous")],
    frivolous: Annotated[bool, typer.Option(help="rejects it; the customer is told within five business days")] = False,
    as_of: AsOf = "",
) -> None:
    """Records what was found, or that the dispute is frivolous. Tell the customer, then somebody else closes it."""
    from lockbox.servicing import disputes

    at = instant(as_of)
    _on_dispute(lambda connection: disputes.answer(connection, number, words, by, at, frivolous=frivolous))


@app.command()
def close(
    number: Number,
    by: By,
    words: Annotated[str, typer.Option(help="what was sent to the customer, and how")],
    as_of: AsOf = "",
) -> None:
    """Closes a dispute once the customer was told. Whoever decided it cannot."""
    from lockbox.servicing import disputes

    at = instant(as_of)
    _on_dispute(lambda connection: disputes.close(connection, number, words, by, at))


def _on_dispute(do: Callable[[sa.Connection], Dispute]) -> None:
    from lockbox import db

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        case = do(connection)
    console.print(_told(case), soft_wrap=True, highlight=False, markup=False)


def _told(case: Dispute) -> str:
    due = f", due on {case.due_on}" if case.due_on else ""
    code = f"Metro 2 compliance condition {case.compliance_code}"
    return f"dispute {case.case_id} on {case.account_number}: {case.state}{due}; {code}"
