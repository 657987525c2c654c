"""The verbs of the vault: what waits there for its date, released, returned, and counted."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from lockbox.cli.exceptions import Accounts, AsJson, By, Name, parts_of, reasons_of
from lockbox.cli.shared import AsOf, cents_of, console, instant, ready
from lockbox.money import dollars
from lockbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from reconciliation.exceptions.resolution import OpenItem

app = typer.Typer(help="Postdated checks: list, release, return, count.", no_args_is_help=True)


@app.command("list")
def list_checks(
    site: Annotated[str, typer.Option(help="of one site")] = "", as_json: AsJson = False, as_of: AsOf = ""
) -> None:
    """Lists the checks in the vault, those that come due first at the top."""
    from lockbox import db
    from reconciliation.exceptions import vault

    settings, at = Settings(), instant(as_of)
    with ready(settings), db.engine(settings).connect() as connection:
        checks = vault.vault_checks(connection, site)
    if as_json:
        console.print_json(json.dumps([{**asdict(check), "queue": check.queue(at)} for check in checks], default=str))
        return
    table = Table("item", "date", Column("amount", justify="right"), "state", box=SIMPLE)
    for check in checks:
        amount = "not known" if check.amount_cents is None else dollars(check.amount_cents)
        table.add_row(check.name, str(check.hold_until), amount, "due" if check.is_due(at) else "waits for its date")
    console.print(table)
    known = dollars(sum(check.amount_cents or 0 for check in checks))
    due = sum(check.is_due(at) for check in checks)
    console.print(f"{len(checks)} checks in the vault, {known}; {due} of them due", highlight=False)


@app.command()
def release(
    item: Name,
    by: By,
    account: Accounts = None,
    amount: Annotated[str, typer.Option(help="dollars; what was read if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Proposes to post a check whose date has come. It is credited as of its date.

    \b
    vault release dallas/2026-11-16/D001/7 --account 4990110011 --by ann
    """
    from reconciliation.exceptions import vault

    at, parts, cents = instant(as_of), parts_of(account or []), cents_of(amount) if amount else None
    _propose(item, "post", lambda connection, check: vault.release(connection, check, parts, cents, by, at))


@app.command("return")
def send_back(
    item: Name,
    by: By,
    reason: Annotated[list[str] | None, typer.Option(help="why; post_dated if not given")] = None,
    note: Annotated[str, typer.Option(help="in your own words")] = "",
    as_of: AsOf = "",
) -> None:
    """Proposes to send a check back to whoever sent it."""
    from reconciliation.exceptions import vault

    at, reasons = instant(as_of), reasons_of(reason or [])
    _propose(item, "reject", lambda connection, check: vault.send_back(connection, check, reasons, note, by, at))


@app.command()
def count(
    site: Annotated[str, typer.Option(help="whose vault was counted")],
    checks: Annotated[int, typer.Option(min=0, help="how many checks lie there")],
    by: By,
    second: Annotated[str, typer.Option(help="the other person who counted")],
    as_of: AsOf = "",
) -> None:
    """Records what two people counted in a vault, against the books. A difference is an event until one agrees."""
    from lockbox import db
    from reconciliation.exceptions import vault

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        booked = vault.count(connection, site, checks, by, second, instant(as_of))
    words = "as the books say" if booked == checks else f"the books have {booked}: an event until a count agrees"
    console.print(f"{site}: {checks} checks counted in the vault, {words}", soft_wrap=True, highlight=False)


def _propose(name: str, outcome: str, do: Callable[[sa.Connection, OpenItem], int]) -> None:
    from lockbox import db
    from reconciliation.exceptions import resolution, vault

    settings = Settings()
    with ready(settings), db.engine(settings).begin() as connection:
        check = vault.vault_check(connection, name)
        number = do(connection, check)
        state = resolution.state_of(connection, number)
    words = "needs a second person" if state == "proposed" else "can be undone until it is made final"
    console.print(f"{check.name}: resolution {number}, {outcome}; {words}", soft_wrap=True, highlight=False)
