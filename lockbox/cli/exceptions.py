"""The verbs about what waits for people: listed, taken, decided, confirmed by a second person, made final."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from lockbox.cli import exception_words
from lockbox.cli.shared import AsOf, cents_of, console, day_of, instant, ready
from lockbox.errors import UsageError
from lockbox.mail.reason import Reason
from lockbox.money import dollars
from lockbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from lockbox.contract.terms import Excess
    from reconciliation.exceptions.resolution import OpenItem, Part

Choice = TypeVar("Choice", bound=StrEnum)
app = typer.Typer(help="What waits for people: list, take, resolve, second, undo, finish.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="the item: its number, or site/YYYY-MM-DD/batch/sequence")]
By = Annotated[str, typer.Option(help="the person who does it")]
Number = Annotated[int, typer.Argument(help="number of the resolution")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document instead of a table")]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", help="account number, or ACCOUNT=DOLLARS for a part; '=DOLLARS' for an unknown part"),
]


@app.command("list")
def list_items(
    site: Annotated[str, typer.Option(help="of one site")] = "", as_json: AsJson = False, as_of: AsOf = ""
) -> None:
    """Lists what waits for people, oldest first, with what is proposed and who works on it."""
    from reconciliation.exceptions import resolution

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        from lockbox import db

        with db.engine(settings).connect() as connection:
            items = resolution.open_items(connection, site)
    if as_json:
        listed = [{**asdict(item), "queue": item.queue(at)} for item in items]
        console.print_json(json.dumps(listed, default=str))
        return
    number, name = Column("number", justify="right"), Column("item", no_wrap=True)
    what = Column("what, and why it waits", overflow="fold", ratio=1)
    table = Table(number, name, Column("amount", justify="right", no_wrap=True), what, box=SIMPLE)
    for item in items:
        words = f"{item.kind}: {exception_words.labels_of(item.reasons)}; {exception_words.state_of(item, at)}"
        table.add_row(str(item.item_id), item.name, exception_words.amount_of(item), escape(words))
    console.print(table)
    known = sum(item.amount_cents or 0 for item in items if item.is_money)
    console.print(
        f"{len(items)} items wait, {sum(item.is_money for item in items)} of them checks: {dollars(known)} known",
        highlight=False,
    )


@app.command()
def show(item: Name, as_json: AsJson = False, as_of: AsOf = "") -> None:
    """Shows one item: why it waits, and what the engine and people did with it so far."""
    from lockbox.servicing.correction import find_item
    from reconciliation.exceptions import envelope, item_history, legal_review, look_alikes, pull_list, resolution

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        from lockbox import db

        with db.engine(settings).connect() as connection:
            item_id = find_item(connection, item)
            shown = next(iter(resolution.open_items(connection, item=str(item_id))), None)
            steps = item_history.history(connection, item_id)
            others = envelope.companions(connection, item_id)
            reviews = legal_review.reviews(connection, item_id)
            alike = look_alikes.look_alikes(connection, item_id)
            papers = pull_list.entries(connection, item_id=item_id)
    if as_json:
        document = {
            "item": asdict(shown) if shown else None,
            "history": [asdict(step) for step in steps],
            "envelope": [asdict(other) for other in others],
            "legal_reviews": [asdict(each) for each in reviews],
            "look_alikes": [asdict(other) for other in alike],
            "paper": [asdict(paper) for paper in papers],
        }
        console.print_json(json.dumps(document, default=str))
        return
    console.print(
        exception_words.facts_of(shown, at) if shown else f"{item}: waits for nobody", soft_wrap=True, markup=False
    )
    if shown and (shown.ranked.get("accounts") or shown.ranked.get("amounts")):
        console.print(exception_words.candidates(shown))
    for other in others:
        state = "waits" if other.waits else other.outcome
        console.print(f"with it came {other.name}: {other.kind}, {state}", soft_wrap=True, highlight=False)
    for each in reviews:
        console.print(exception_words.review_words(each), soft_wrap=True, highlight=False, markup=False)
    for other_check in alike:
        state = "returned to its sender" if other_check.has_left else other_check.outcome
        console.print(f"looks the same as {other_check.name}: {state}", soft_wrap=True, highlight=False)
    for paper in papers:
        console.print(f"its paper is {paper.words} (pull list {paper.entry_no})", soft_wrap=True, highlight=False)
    table = Table("when", "who", Column("what", overflow="fold", ratio=1), box=SIMPLE)
    for step in steps:
        table.add_row(f"{step.at:%Y-%m-%d %H:%M %Z}", escape(step.person), escape(step.text))
    console.print(table)


@app.command()
def take(item: Name, by: By, as_of: AsOf = "") -> None:
    """Takes an item for some minutes, so that nobody else works on it."""
    from reconciliation.exceptions import resolution

    at = instant(as_of)
    _on_item(
        item,
        lambda connection, taken: f"{taken.name}: yours until {resolution.take(connection, taken, by, at):%H:%M %Z}",
    )


@app.command()
def resolve(
    item: Name,
    outcome: Annotated[str, typer.Argument(help="post, suspense, hold, reject, forward, or file")],
    by: By,
    account: Accounts = None,
    amount: Annotated[str, typer.Option(help="dollars; what was read if not given")] = "",
    kind: Annotated[str, typer.Option(help="check, coupon, letter, other: if it is no such thing")] = "",
    until: Annotated[str, typer.Option(help="hold: in the vault until this day, YYYY-MM-DD")] = "",
    reason: Annotated[list[str] | None, typer.Option(help="reject, forward: why, such as wrong_payee")] = None,
    excess: Annotated[str, typer.Option(help="principal or advance: what the payer asked to do with the rest")] = "",
    same_as: Annotated[str, typer.Option(help="file: the item whose check it is once more")] = "",
    twin: Annotated[bool, typer.Option("--twin", help="post: an honest check that looks like one seen before")] = False,
    serial: Annotated[str, typer.Option(help="number of the check, if it was read wrong")] = "",
    note: Annotated[str, typer.Option(help="in your own words")] = "",
    as_of: AsOf = "",
) -> None:
    """Proposes what becomes of an item. It can be undone until it is made final (`exceptions finish`).

    \b
    exceptions resolve dallas/2026-11-16/D001/7 post --account 4990110011 --by ann          as it was read
    exceptions resolve 118 post --account 4990110011 --amount 412.50 --by ann               amount corrected
    exceptions resolve 118 post --account 4990110011=300.00 --account =112.50 --by ann      split, a part unknown
    exceptions resolve 118 suspense --by ann                                                deposited, unidentified
    exceptions resolve 118 file --same-as dallas/2026-11-16/D001/7 --by ann                 the same check once more
    exceptions resolve 118 reject --reason wrong_payee --note "payable to the county" --by ann
    """
    from lockbox.contract.terms import Excess
    from lockbox.mail.decision import Outcome
    from lockbox.servicing.correction import find_item
    from ocr.reading import DocumentKind
    from reconciliation.exceptions import envelope, resolution

    at = instant(as_of)
    proposal = resolution.Proposal(
        outcome=_choice(Outcome, outcome, "outcome"),
        parts=parts_of(account or [], _choice(Excess, excess, "excess") if excess else None),
        amount_cents=cents_of(amount) if amount else None,
        kind=_choice(DocumentKind, kind, "kind") if kind else None,
        hold_until=day_of(until) if until else None,
        reasons=reasons_of(reason or []),
        note=note,
        is_twin=twin,
        serial=serial,
    )

    def do(connection: sa.Connection, shown: OpenItem) -> str:
        same = find_item(connection, same_as) if same_as else None
        number = resolution.propose(connection, shown, replace(proposal, same_as=same), by, at)
        state = resolution.state_of(connection, number)
        words = "needs a second person" if state == "proposed" else "can be undone until it is made final"
        waiting = envelope.still_waiting(connection, shown.item_id)
        return f"{shown.name}: resolution {number}, {outcome}; {words}{waiting}"

    _on_item(item, do)


@app.command("key")
def key_item(
    item: Name,
    by: By,
    amount: Annotated[str, typer.Option(help="dollars, as the check shows them")],
    account: Annotated[list[str] | None, typer.Option(help="account number; once for each contract")] = None,
    as_of: AsOf = "",
) -> None:
    """Keys a large check without seeing what others keyed. Where two differ, a third person keys it."""
    from reconciliation.exceptions import resolution

    at, cents = instant(as_of), cents_of(amount)

    def do(connection: sa.Connection, shown: OpenItem) -> str:
        keyed, alike = resolution.key(connection, shown, cents, account or [], by, at)
        words = "two agree: it can be resolved" if alike > 1 else "somebody else keys it next"
        return f"{shown.name}: keyed by {keyed}; {words}"

    _on_item(item, do)


@app.command("legal-review")
def legal_review_item(
    item: Name,
    word: Annotated[str, typer.Argument(help="deposit or return")],
    by: By,
    known_by: Annotated[str, typer.Option(help="who, with direct responsibility, knew of the tender; or nobody")],
    known: Annotated[str, typer.Option(help="what was known of it before collection")],
    known_on: Annotated[str, typer.Option(help="since when, YYYY-MM-DD")],
    as_of: AsOf = "",
) -> None:
    """Records legal's word on a check "paid in full" (UCC 3-311): deposit it, or return it uncollected.

    Without it such a check cannot be deposited, and the reviewer neither proposes nor confirms that. To return it, run
    exceptions resolve ITEM reject --reason paid_in_full.
    """
    from typing import cast

    from reconciliation.exceptions import legal_review

    if word not in ("deposit", "return"):
        raise UsageError(f"word {word!r} is none of: deposit, return")
    at = instant(as_of)
    statement = legal_review.LegalReview(cast("legal_review.Word", word), known_by, known, day_of(known_on))

    def do(connection: sa.Connection, shown: OpenItem) -> str:
        legal_review.review(connection, shown, statement, by, at)
        return f"{shown.name}: {exception_words.review_words(legal_review.reviews(connection, shown.item_id)[-1])}"

    _on_item(item, do)


@app.command()
def repay(item: Name, by: By, as_of: AsOf = "") -> None:
    """Begins to give a deposited check "paid in full" back, so that the claim stands (UCC 3-311(c)(2)).

    Only where the lender sends no notice of a disputes address, and within 90 days. The payment is taken back, and its
    money is unidentified until its sender is refunded.
    """
    from lockbox import db
    from reconciliation.exceptions import repayment

    settings, at = Settings(), instant(as_of)
    with ready(settings), db.engine(settings).begin() as connection:
        for line in repayment.start(connection, item, by, at):
            console.print(line, soft_wrap=True, highlight=False)


@app.command()
def second(number: Number, by: By, as_of: AsOf = "") -> None:
    """Confirms a resolution as a second person. Whoever proposed it cannot."""
    _step(number, "confirmed", by, as_of, "confirmed")


@app.command()
def refuse(number: Number, by: By, note: Annotated[str, typer.Option(help="why")], as_of: AsOf = "") -> None:
    """Refuses a resolution as a second person; its item waits again."""
    _step(number, "refused", by, as_of, "refused, its item waits again", note)


@app.command()
def undo(number: Number, by: By, as_of: AsOf = "") -> None:
    """Takes a resolution back that is not final yet; its item waits again."""
    _step(number, "undone", by, as_of, "undone, its item waits again")


@app.command()
def reopen(item: Name, by: By, note: Annotated[str, typer.Option(help="why")] = "", as_of: AsOf = "") -> None:
    """Takes up again what was returned, sent on, or filed, as long as its paper has not left."""
    from lockbox import db
    from reconciliation.exceptions import pull_list

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        day = pull_list.reopen(connection, item, by, note, instant(as_of))
    console.print(f"{item}: waits again, in the books of {day}", soft_wrap=True, highlight=False)


@app.command()
def finish(as_of: AsOf = "") -> None:
    """Makes final what is ready, suspense included, in the books of each site's first day that is not closed."""
    from lockbox.runtime import open_runtime
    from reconciliation.exceptions import resolution, suspense

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        runtime = open_runtime(settings)
        lines = [*resolution.finish_ready(runtime, at), *suspense.finish_ready(runtime, at)]
    for line in lines or ["nothing is ready"]:
        console.print(line, soft_wrap=True, highlight=False)


@app.command("own-contract")
def own_contract(
    person: Annotated[str, typer.Argument(help="who must not decide")],
    account: Annotated[str, typer.Argument(help="account number of that person or the person's household")],
    by: By,
    reason: Annotated[str, typer.Option(help="whose contract it is")],
    as_of: AsOf = "",
) -> None:
    """Notes a contract about which a person decides nothing: it is their own, or of their household."""
    from lockbox import db
    from reconciliation.exceptions import resolution

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        resolution.note_own_contract(connection, person, account, reason, by, instant(as_of))
    console.print(f"{person} decides nothing about {account}", highlight=False)


def parts_of(accounts: list[str], excess: Excess | None = None) -> tuple[Part, ...]:
    """ACCOUNT, ACCOUNT=DOLLARS, or =DOLLARS for a part of which no contract is known."""
    from reconciliation.exceptions.resolution import Part

    parts = []
    for text in accounts:
        number, is_part, cents = text.partition("=")
        parts.append(Part(number.strip(), cents_of(cents) if is_part else 0, excess if number.strip() else None))
    return tuple(parts)


def reasons_of(codes: list[str]) -> tuple[Reason, ...]:
    """Reasons by their codes. Raises UsageError for one that is none."""
    return tuple(_choice(Reason, code, "reason") for code in codes)


def _choice(choices: type[Choice], text: str, name: str) -> Choice:
    try:
        return choices(text)
    except ValueError as error:
        known = ", ".join(sorted(str(choice) for choice in choices))
        raise UsageError(f"{name} {text!r} is none of: {known}") from error


def _on_item(name: str, do: Callable[[sa.Connection, OpenItem], str]) -> None:
    from lockbox import db
    from reconciliation.exceptions import resolution

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        line = do(connection, resolution.open_item(connection, name))
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def _step(number: int, state: str, by: str, as_of: str, words: str, note: str = "") -> None:
    from lockbox import db
    from reconciliation.exceptions import resolution

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        resolution.step(connection, number, state, by, instant(as_of), note)
    console.print(f"resolution {number}: {words}", highlight=False)
