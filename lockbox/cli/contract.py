"""The verbs about one contract: its account, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from lockbox.cli.shared import AsOf, console, day_of, instant, ready
from lockbox.errors import UsageError
from lockbox.settings import Settings

if TYPE_CHECKING:
    from lockbox.runtime import Runtime
    from lockbox.servicing.recorded_action import Instruction

app = typer.Typer(no_args_is_help=True, help="One contract: its account, and what is decided about it.")
Account = Annotated[str, typer.Argument(help="account number, as customers write it")]
Reason = Annotated[str, typer.Option(help="why; kept with the event")]
Day = Annotated[str, typer.Option(help="from which day on, YYYY-MM-DD; the day under way if not given")]
Maker = Annotated[str, typer.Option(help="who decides it")]


@app.command()
def show(
    account_number: Account,
    as_of: AsOf = "",
    nights: Annotated[bool, typer.Option("--nights", help="a line for every night of interest")] = False,
) -> None:
    """A contract's account: what it says, every journal with the balance after it, every installment."""
    from lockbox import db
    from lockbox.cli import account_tables
    from lockbox.servicing import account_view as account

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        found = account.load_account(connection, account_number, instant(as_of))
        for table in account_tables.tables(found, every_accrual=nights):
            console.print(table)


@app.command()
def extend(
    account: Account,
    reason: Reason,
    months: Annotated[int, typer.Option(min=1, help="so many months more")] = 1,
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """A lease goes on, from month to month or for several, at the same rent; says when new disclosures are due."""
    from lockbox.servicing import actions

    _do(lambda runtime, order: actions.extend(runtime, order, months), account, reason, day, maker, as_of)


@app.command()
def buyout(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """The customer buys the leased vehicle: rents to come, residual, purchase fee and taxes are owed."""
    from lockbox.servicing import actions

    _do(actions.buy_out, account, reason, day, maker, as_of)


@app.command("turn-in")
def turn_in(
    account: Account,
    reason: Reason,
    odometer: Annotated[int, typer.Option(min=0, help="miles on the odometer")],
    wear: Annotated[str, typer.Option(help="excess wear, in dollars")] = "0",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """The leased vehicle is brought back: excess miles, wear, disposition fee and rents to come are owed."""
    from lockbox.servicing import actions

    cents = _cents(wear)
    _do(lambda runtime, order: actions.turn_in(runtime, order, odometer, cents), account, reason, day, maker, as_of)


@app.command("charge-off")
def charge_off(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """All that is owed becomes a loss; what comes in later waits unapplied until it is recovered."""
    from lockbox.servicing import actions

    _do(actions.charge_off, account, reason, day, maker, as_of)


@app.command()
def recover(
    account: Account,
    reason: Reason,
    amount: Annotated[str, typer.Option(help="dollars; all that is held if not given")] = "",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Money held for a charged-off contract becomes income."""
    from lockbox.servicing import actions

    cents = _cents(amount) if amount else None
    _do(lambda runtime, order: actions.recover(runtime, order, cents), account, reason, day, maker, as_of)


@app.command()
def waive(
    account: Account,
    reason: Reason,
    amount: Annotated[str, typer.Option(help="dollars of the fees owed")],
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Fees are let go."""
    from lockbox.servicing import actions

    cents = _cents(amount)
    _do(lambda runtime, order: actions.waive(runtime, order, cents), account, reason, day, maker, as_of)


@app.command()
def flag(
    account: Account,
    name: Annotated[str, typer.Argument(help="bankruptcy, scra, litigation, repossessed, accelerated ...")],
    reason: Reason,
    clear: Annotated[bool, typer.Option("--clear", help="it holds no more from the day on")] = False,
    until: Annotated[str, typer.Option(help="the day on which it ends by itself")] = "",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Sets a flag, or clears it; one that holds since an earlier day takes back late fees that it bars."""
    from lockbox.servicing import actions

    def run(runtime: Runtime, order: Instruction) -> str:
        if clear:
            return actions.clear_flag(runtime, order, name)
        return actions.set_flag(runtime, order, name, day_of(until) if until else None)

    _do(run, account, reason, day, maker, as_of)


@app.command("release-lien")
def release_lien(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """The lien on a vehicle that was paid for is released."""
    from lockbox.servicing import actions

    _do(actions.release_lien, account, reason, day, maker, as_of)


def _do(
    verb: Callable[[Runtime, Instruction], str], account: str, reason: str, day: str, maker: str, as_of: str
) -> None:
    from lockbox.runtime import open_runtime
    from lockbox.servicing.recorded_action import Instruction

    settings = Settings()
    order = Instruction(account, reason, maker, instant(as_of), day_of(day) if day else None)
    with ready(settings):
        console.print(verb(open_runtime(settings), order), soft_wrap=True)


def _cents(text: str) -> int:
    """Dollars as typed, in cents. Raises UsageError when it is no amount."""
    try:
        cents = Decimal(text.replace(",", "").removeprefix("$")) * 100
    except InvalidOperation as error:
        raise UsageError(f"{text!r} is not an amount of dollars") from error
    if cents != cents.to_integral_value() or cents < 0:
        raise UsageError(f"{text!r} is not an amount of dollars and cents")
    return int(cents)
