"""The verbs about money in suspense: listed, identified, moved, refunded to its sender, confirmed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli.shared import AsOf, cents_of, console, instant, ready
from lockbox.errors import UsageError
from lockbox.money import dollars
from lockbox.settings import Settings

if TYPE_CHECKING:
    from lockbox.contract.terms import Excess
    from reconciliation.exceptions.resolution import Part
    from reconciliation.exceptions.suspense import Proposal, SuspenseItem

app = typer.Typer(
    help="""Money that is deposited and not applied: list, identify, move, refund.

    A proposal becomes final with `exceptions finish`, or with the close of the day; until then its maker may undo it.
    Then it counts as of the receipt of the check, as if it had been posted then.""",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="the check: its number, or site/YYYY-MM-DD/batch/sequence")]
By = Annotated[str, typer.Option(help="the person who does it")]
Number = Annotated[int, typer.Argument(help="number of the proposal")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")]
Note = Annotated[str, typer.Option(help="in your own words")]
WhichExcess = Annotated[str, typer.Option(help="principal or advance: what the payer asked to do with the rest")]


@app.command("list")
def list_items(site: Annotated[str, typer.Option(help="of one site")] = "", as_json: AsJson = False) -> None:
    """Lists checks with money in suspense, oldest first, with what is proposed."""
    from lockbox import db
    from reconciliation.exceptions import suspense

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        items = suspense.items(connection, site)
    if as_json:
        console.print_json(json.dumps([asdict(item) for item in items], default=str))
        return
    right = [Column(name, justify="right") for name in ("unidentified", "unapplied")]
    table = Table("check", "received", *right, "state", box=SIMPLE)
    for item in items:
        cents = dollars(item.unidentified_cents), dollars(item.unapplied_cents)
        table.add_row(item.name, str(item.received_on), *cents, escape(_state(item)))
    console.print(table)
    unidentified = sum(item.unidentified_cents for item in items)
    unapplied = sum(item.unapplied_cents for item in items)
    console.print(
        f"{len(items)} checks: {dollars(unidentified)} unidentified, {dollars(unapplied)} unapplied", highlight=False
    )


@app.command()
def show(item: Name, as_json: AsJson = False) -> None:
    """Shows one check: what of it is in suspense, for whom it was identified, and all that was proposed."""
    from lockbox import db
    from reconciliation.exceptions import suspense

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        shown = suspense.item(connection, item)
        works = suspense.works(connection, shown.item_id)
    if as_json:
        console.print_json(json.dumps({"item": asdict(shown), "proposals": works}, default=str))
        return
    cents = f"{dollars(shown.unidentified_cents)} unidentified, {dollars(shown.unapplied_cents)} unapplied"
    console.print(f"{shown.name}: received {shown.received_on}, {cents}", soft_wrap=True, highlight=False)
    for row in shown.contracts:
        words = f"{dollars(row['identified_cents'])} identified, {dollars(row['unapplied_cents'])} of it unapplied"
        console.print(f"  {row['account_number']}: {words}", soft_wrap=True, highlight=False)
    table = Table("no", "what", Column("amount", justify="right"), "to", "by", "state", box=SIMPLE)
    for work in works:
        goes_to = work["payee_name"] or ", ".join(line["account_number"] or "nobody known" for line in work["lines"])
        people = " / ".join(name for name in (work["maker"], work["checker"]) if name)
        state = work["state"] + (f": {work['step_note']}" if work["step_note"] else "")
        cells = (str(work["work_id"]), work["action"], dollars(work["amount_cents"]), goes_to, people, state)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


@app.command()
def identify(
    item: Name,
    account: Annotated[list[str], typer.Option(help="account number, or ACCOUNT=DOLLARS for a part of it")],
    by: By,
    excess: WhichExcess = "",
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Says whose unidentified money is: all of it, or parts. It is applied as of the receipt of the check."""
    from reconciliation.exceptions.suspense import Action, Proposal

    _propose(item, Proposal(Action.IDENTIFY, _parts(account, excess), note=note), by, as_of)


@app.command()
def move(
    item: Name,
    from_account: Annotated[str, typer.Option("--from", help="account number that it was identified for")],
    account: Annotated[
        list[str], typer.Option(help="account number, or ACCOUNT=DOLLARS for a part; '' or '=DOLLARS': unidentified")
    ],
    by: By,
    excess: WhichExcess = "",
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Moves money that was identified for a wrong contract to the right one, or back to unidentified.

    The wrong contract is as if it had never come. A check that was posted wrong from the start is taken back with
    `reverse`, and identified then.
    """
    from reconciliation.exceptions.suspense import Action, Proposal

    _propose(item, Proposal(Action.MOVE, _parts(account, excess), from_account, note=note), by, as_of)


@app.command()
def refund(
    item: Name,
    name: Annotated[str, typer.Option(help="who sent it")],
    address: Annotated[list[str], typer.Option(help="a line of the sender's address; once for each line")],
    by: By,
    amount: Annotated[str, typer.Option(help="dollars; all that is unidentified if not given")] = "",
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Pays unidentified money back to who sent it: it is owed to the sender from then on."""
    from reconciliation.exceptions.suspense import Action, Proposal, Sender

    sender, cents = Sender(name, tuple(address)), cents_of(amount) if amount else 0
    _propose(item, Proposal(Action.REFUND, sender=sender, amount_cents=cents, note=note), by, as_of)


@app.command()
def second(number: Number, by: By, as_of: AsOf = "") -> None:
    """Confirms a proposal as a second person. Whoever made it cannot."""
    _step(number, "confirmed", by, as_of, "confirmed")


@app.command()
def refuse(number: Number, by: By, note: Annotated[str, typer.Option(help="why")], as_of: AsOf = "") -> None:
    """Refuses a proposal as a second person."""
    _step(number, "refused", by, as_of, "refused, the money stays where it is", note)


@app.command()
def undo(number: Number, by: By, as_of: AsOf = "") -> None:
    """Takes a proposal back that is not final yet."""
    _step(number, "undone", by, as_of, "undone, the money stays where it is")


def _state(item: SuspenseItem) -> str:
    if item.work_id is None:
        return "open"
    words = "for a second person" if item.proposal_state == "proposed" else "ready"
    return f"{item.proposed_action} {item.work_id} by {item.proposed_by}: {words}"


def _parts(accounts: list[str], excess: str) -> tuple[Part, ...]:
    from reconciliation.exceptions.resolution import Part

    asked = _excess(excess)
    parts = []
    for text in accounts:
        number, is_part, cents = text.partition("=")
        parts.append(Part(number.strip(), cents_of(cents) if is_part else 0, asked if number.strip() else None))
    return tuple(parts)


def _excess(text: str) -> Excess | None:
    from lockbox.contract.terms import Excess

    try:
        return Excess(text) if text else None
    except ValueError as error:
        raise UsageError(f"excess {text!r} is none of: {', '.join(sorted(Excess))}") from error


def _propose(name: str, proposal: Proposal, by: str, as_of: str) -> None:
    from lockbox import db
    from reconciliation.exceptions import suspense

    settings, at = Settings(), instant(as_of)
    with ready(settings), db.engine(settings).begin() as connection:
        shown = suspense.item(connection, name)
        number = suspense.propose(connection, shown, proposal, by, at)
        state = suspense.state_of(connection, number)
    words = "needs a second person" if state == "proposed" else "can be undone until it is made final"
    console.print(f"{shown.name}: proposal {number}, {proposal.action}; {words}", soft_wrap=True, markup=False)


def _step(number: int, state: str, by: str, as_of: str, words: str, note: str = "") -> None:
    from lockbox import db
    from reconciliation.exceptions import suspense

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        suspense.step(connection, number, state, by, instant(as_of), note)
    console.print(f"proposal {number}: {words}", highlight=False)
