"""The verbs of letters: listed, shown with their envelope, worked; each proposes a resolution that files the letter."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli.shared import AsOf, console, day_of, instant, ready
from lockbox.mail.reason import ABOUT, Reason
from lockbox.settings import Settings

if TYPE_CHECKING:
    from reconciliation.exceptions.letter_effect import Effect

app = typer.Typer(
    help="""Letters that wait for a person: list, show, file, address, contact, flag, dispute.

    What a letter asks for is done when its resolution is made final (`exceptions finish`), in the transaction that
    files the letter; until then `exceptions undo` takes it back. Flags and addresses need a second person
    (`exceptions second`).""",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="the letter: its number, or site/YYYY-MM-DD/batch/sequence")]
Account = Annotated[str, typer.Option(help="account number of the contract that it is about")]
By = Annotated[str, typer.Option(help="the person who does it")]
Note = Annotated[str, typer.Option(help="what the letter says, in a few words")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")]


@app.command("list")
def list_letters(
    site: Annotated[str, typer.Option(help="of one site")] = "", as_json: AsJson = False, as_of: AsOf = ""
) -> None:
    """Lists the letters that wait, oldest first, with what they seem to be about and what is proposed."""
    from lockbox import db
    from ocr.reading import DocumentKind
    from reconciliation.exceptions import resolution

    settings = Settings()
    instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        waiting = [item for item in resolution.open_items(connection, site) if item.kind is DocumentKind.LETTER]
    if as_json:
        console.print_json(json.dumps([asdict(letter) for letter in waiting], default=str))
        return
    table = Table("letter", "received", "state", Column("about", overflow="fold"), box=SIMPLE)
    for letter in waiting:
        state = f"resolution {letter.resolution_id} by {letter.proposed_by}" if letter.resolution_id else "waits"
        about = ", ".join(ABOUT[Reason(reason)].label for reason in letter.reasons)
        table.add_row(letter.name, str(letter.received_on), escape(state), about)
    console.print(table)
    console.print(f"{len(waiting)} letters wait", highlight=False)


@app.command()
def show(letter: Name, as_json: AsJson = False, as_of: AsOf = "") -> None:
    """Shows one letter: what came with it, what happened to it, and what it led to."""
    from lockbox import db
    from lockbox.servicing.correction import find_item
    from reconciliation.exceptions import envelope, item_history, letter_effect

    settings = Settings()
    instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        item_id = find_item(connection, letter)
        document: dict[str, Any] = {
            "item_id": item_id,
            "envelope": [asdict(other) for other in envelope.companions(connection, item_id)],
            "history": [asdict(step) for step in item_history.history(connection, item_id)],
            "effects": [asdict(effect) for effect in letter_effect.effects(connection, item_id)],
        }
    if as_json:
        console.print_json(json.dumps(document, default=str))
        return
    for other in document["envelope"]:
        state = "waits" if other["waits"] else other["outcome"]
        console.print(f"with it came {other['name']}: {other['kind']}, {state}", highlight=False, soft_wrap=True)
    table = Table("when", "who", Column("what", overflow="fold", ratio=1), box=SIMPLE)
    for step in document["history"]:
        table.add_row(f"{step['at']:%Y-%m-%d %H:%M %Z}", escape(step["person"]), escape(step["text"]))
    console.print(table)
    for effect in document["effects"]:
        message = effect["message"] or f"{effect['account_number']}: {effect['kind']} is proposed"
        console.print(message, highlight=False, soft_wrap=True, markup=False)


@app.command("file")
def file_letter(letter: Name, by: By, note: Note = "", as_of: AsOf = "") -> None:
    """Files a letter: nothing to do."""
    _propose(letter, None, by, note, as_of)


@app.command()
def address(
    letter: Name,
    account: Account,
    line: Annotated[list[str], typer.Option(help="a line of the address; repeat: street, then city, state and ZIP")],
    by: By,
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Changes the customer's mail address, from the day of the letter's receipt on.

    letters address 118 --account 4990000001 --line "9 Oak Ave" --line "Plano, TX 75023" --by ann
    """
    from reconciliation.exceptions.letter_effect import new_address

    _propose(letter, new_address(account, line), by, note, as_of)


@app.command()
def contact(
    letter: Name,
    account: Account,
    by: By,
    email: Annotated[str, typer.Option(help="new email address")] = "",
    text: Annotated[str, typer.Option(help="new mobile number, as +12145550100")] = "",
    consent: Annotated[str, typer.Option(help="electronic_statements or text_messages")] = "",
    withdraw: Annotated[bool, typer.Option(help="withdraws the consent")] = False,
    version: Annotated[str, typer.Option(help="version of the consent text that was signed")] = "letter",
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Records email, mobile number, a consent or its withdrawal, from the instant of the letter's receipt on."""
    from lockbox.customer.contacts import Consent
    from reconciliation.exceptions.letter_effect import new_contact

    agreement = Consent(consent, not withdraw, version, "") if consent else None
    _propose(letter, new_contact(account, {"email": email, "text": text}, agreement), by, note, as_of)


@app.command()
def flag(
    letter: Name,
    flag: Annotated[str, typer.Argument(help="bankruptcy, deceased or scra")],
    account: Account,
    since: Annotated[str, typer.Option(help="day of the petition, the death, or the service's beginning, YYYY-MM-DD")],
    by: By,
    until: Annotated[str, typer.Option(help="day on which the service ends (not included), YYYY-MM-DD")] = "",
    note: Note = "",
    as_of: AsOf = "",
) -> None:
    """Sets a flag from the day on that the letter tells of; fees that it bars since then are undone.

    Military service also caps the interest rate of a loan (50 USC 3937).
    """
    from reconciliation.exceptions.letter_effect import new_flag

    effect = new_flag(account, flag, day_of(since), day_of(until) if until else None)
    _propose(letter, effect, by, note, as_of)


@app.command()
def dispute(
    letter: Name,
    account: Account,
    subject: Annotated[str, typer.Option(help="what the customer disputes, or adds, in a few words")],
    by: By,
    case: Annotated[int, typer.Option(help="number of the open dispute to which the letter adds information")] = 0,
    as_of: AsOf = "",
) -> None:
    """Opens a dispute, or adds information to one. Its deadline runs from the letter's receipt (12 CFR 1022.43)."""
    from reconciliation.exceptions.letter_effect import more_information, new_dispute

    effect = more_information(account, case, subject) if case else new_dispute(account, subject)
    _propose(letter, effect, by, subject, as_of)


def _propose(letter: str, effect: Effect | None, by: str, note: str, as_of: str) -> None:
    from lockbox import db
    from lockbox.mail.decision import Outcome
    from ocr.reading import DocumentKind
    from reconciliation.exceptions import envelope, resolution

    settings, at = Settings(), instant(as_of)
    proposal = resolution.Proposal(Outcome.FILE, kind=DocumentKind.LETTER, note=note, effect=effect)
    with ready(settings), db.engine(settings).begin() as connection:
        item = resolution.open_item(connection, letter)
        number = resolution.propose(connection, item, proposal, by, at)
        state = resolution.state_of(connection, number)
        waiting = envelope.still_waiting(connection, item.item_id)
    words = "needs a second person" if state == "proposed" else "can be undone until it is made final"
    what = effect.kind if effect else "file"
    console.print(f"{item.name}: resolution {number}, {what}; {words}{waiting}", soft_wrap=True, highlight=False)
