"""The verbs of refunds: what waits, what is proposed, approved by somebody else, issued, cleared, stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lockbox.cli.shared import AsOf, console, instant, ready
from lockbox.money import dollars
from lockbox.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import RowMapping

    from lockbox.runtime import Runtime
    from lockbox.servicing.refunds import Payee, Step

app = typer.Typer()

Number = Annotated[int, typer.Argument(help="number of the refund")]
By = Annotated[str, typer.Option(help="the person who does it")]
PayeeKind = Annotated[str, typer.Option(help="customer, co_buyer, insurer, estate, or trustee")]
PayeeName = Annotated[str, typer.Option(help="name of a payee other than the customer")]
PayeeAddress = Annotated[
    list[str] | None, typer.Option(help="a line of that payee's address; give it once for each line")
]
Entitled = Annotated[str, typer.Option(help="why that payee is entitled")]


@app.command()
def refunds(
    every: Annotated[bool, typer.Option("--all", help="closed refunds, too")] = False, as_of: AsOf = ""
) -> None:
    """Lists refunds: what is payable and not proposed yet; proposed, approved, issued and not cleared, stopped."""
    from lockbox import db
    from lockbox.lender.dated_rules import lender_day, lender_served
    from lockbox.servicing import refunds as register
    from lockbox.servicing.refunds_waiting import waiting_refunds
    from lockbox.servicing.unclaimed import unclaimed_money

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        lender_id, at = lender_served(connection, settings.profile), instant(as_of)
        rows = register.listed(connection, closed=every)
        waiting = waiting_refunds(connection, lender_id, at)
        today = lender_day(connection, lender_id, at)
        unclaimed = unclaimed_money(connection, lender_id, today)
    table = Table(
        "no", "account", "amount", "state", "since", "by", "payee", "maker", "checker", "instead of", "reason"
    )
    table.columns[2].justify = "right"
    for row in rows:
        table.add_row(
            str(row["refund_no"]),
            row["account_number"],
            dollars(row["amount_cents"]),
            row["state"],
            str(row["taken_on"]),
            row["method"],
            f"{row['payee_name']} ({row['payee_kind'].replace('_', ' ')})",
            row["maker"],
            row["checker"] or "",
            str(row["replaces"] or ""),
            row["reason"],
        )
    console.print(table)
    if waiting:
        payable = Table("account", "payable", "held until", "not proposed yet because")
        payable.columns[1].justify = "right"
        for refund in waiting:
            until = str(refund.held_until or "")
            payable.add_row(refund.account_number, dollars(refund.amount_cents), until, refund.why)
        console.print(payable)
    if unclaimed:
        console.print(_unclaimed_table(unclaimed, today))


def _unclaimed_table(rows: list[RowMapping], today: date) -> Table:
    """Money that is out and not cashed, or payable and not claimed: its age, its letter, its day with the state."""
    table = Table("account", "refund", "unclaimed", "since", "days", "letter", "state", "due to the state")
    for column in (2, 4):
        table.columns[column].justify = "right"
    for row in rows:
        planned = f"from {row['letter_on']}" if row["wants_letter"] else "none: too little"
        table.add_row(
            row["account_number"],
            str(row["refund_no"] or "not issued"),
            dollars(row["amount_cents"]),
            str(row["since_on"]),
            str((today - row["since_on"]).days),
            str(row["letter_made_on"] or planned),
            row["state"],
            str(row["goes_on"]),
        )
    return table


@app.command("propose-refund")
def propose_refund(
    account: Annotated[str, typer.Argument(help="account number")],
    by: By,
    payee: PayeeKind = "customer",
    name: PayeeName = "",
    address: PayeeAddress = None,
    entitled: Entitled = "",
    method: Annotated[str, typer.Option(help="check or ach")] = "check",
    as_of: AsOf = "",
) -> None:
    """Proposes to pay out what is payable on a contract, to the customer or to somebody else who is entitled."""
    from lockbox.servicing import refunds as register

    to = register.Payee(payee, name, tuple(address or ()), entitled)
    _do(lambda runtime, step: register.propose(runtime, account, to, method, step), by, as_of)


@app.command("approve-refund")
def approve_refund(number: Number, by: By, as_of: AsOf = "") -> None:
    """Approves a proposed refund. Whoever proposed it cannot."""
    from lockbox.servicing import refunds as register

    _do(lambda runtime, step: register.approve(runtime, number, step), by, as_of)


@app.command("issue-refund")
def issue_refund(number: Number, by: By, as_of: AsOf = "") -> None:
    """Issues an approved refund, once."""
    from lockbox.servicing import refunds as register

    _do(lambda runtime, step: register.issue(runtime, number, step), by, as_of)


@app.command("clear-refund")
def clear_refund(number: Number, by: By, as_of: AsOf = "") -> None:
    """Records that the bank paid an issued refund."""
    from lockbox.servicing import refunds as register

    _do(lambda runtime, step: register.clear(runtime, number, step), by, as_of)


@app.command("stop-refund")
def stop_refund(
    number: Number,
    by: By,
    reason: Annotated[str, typer.Option(help="why: lost, sent to an old address, returned by the bank ...")],
    as_of: AsOf = "",
) -> None:
    """Stops an issued refund, or records that a cleared one came back. Its money is payable again."""
    from lockbox.servicing import refunds as register

    _do(lambda runtime, step: register.stop(runtime, number, reason, step), by, as_of)


@app.command("reissue-refund")
def reissue_refund(
    number: Number,
    by: By,
    payee: Annotated[str, typer.Option(help="another payee than before: customer, co_buyer, insurer ...")] = "",
    name: PayeeName = "",
    address: PayeeAddress = None,
    entitled: Entitled = "",
    method: Annotated[str, typer.Option(help="check or ach; as before if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Proposes a stopped refund again under a new number."""
    from lockbox.servicing import refunds as register

    to: Payee | None = register.Payee(payee, name, tuple(address or ()), entitled) if payee else None
    _do(lambda runtime, step: register.reissue(runtime, number, to, method or None, step), by, as_of)


def _do(verb: Callable[[Runtime, Step], str], by: str, as_of: str) -> None:
    from lockbox.runtime import open_runtime
    from lockbox.servicing.refunds import Step

    settings = Settings()
    with ready(settings):
        console.print(verb(open_runtime(settings), Step(by, instant(as_of))), soft_wrap=True)
