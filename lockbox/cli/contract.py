"""The verbs for one contract: its account, and the actions that a person takes on it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from lockbox.cli.shared import AsOf, cents_of, console, day_of, instant, ready
from lockbox.errors import UsageError
from lockbox.settings import Settings

if TYPE_CHECKING:
    from lockbox.runtime import Runtime
    from lockbox.servicing.recorded_action import Instruction

app = typer.Typer(no_args_is_help=True, help="One contract: show its account, or take an action on it.")
Account = Annotated[str, typer.Argument(help="account number, as customers write it")]
Reason = Annotated[str, typer.Option(help="the reason; it is kept with the event")]
Day = Annotated[str, typer.Option(help="effective date, YYYY-MM-DD; the current business date if not given")]
Maker = Annotated[str, typer.Option(help="the person who decides")]


@app.command()
def show(
    account_number: Account,
    as_of: AsOf = "",
    nights: Annotated[bool, typer.Option("--nights", help="one line for every night of interest")] = False,
) -> None:
    """Shows a contract's account: its terms, every journal with the balance after it, and every installment."""
    from lockbox import db
    from lockbox.cli import account_tables
    from lockbox.servicing import account_view

    settings = Settings()
    with ready(settings), db.engine(settings).connect() as connection:
        view = account_view.load_account(connection, account_number, instant(as_of))
        for table in account_tables.tables(view, every_accrual=nights):
            console.print(table)


@app.command()
def extend(
    account: Account,
    reason: Reason,
    months: Annotated[int, typer.Option(min=1, help="number of months")] = 1,
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Extends a lease by one or more months at the same rent; says when new disclosures are due."""
    from lockbox.servicing import actions

    _do(lambda runtime, instruction: actions.extend(runtime, instruction, months), account, reason, day, maker, as_of)


@app.command("change-rate")
def change_rate(
    account: Account,
    rate: Annotated[str, typer.Argument(metavar="PERCENT", help="annual rate in percent, such as 6 or 14.99")],
    reason: Reason,
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Changes a loan's interest rate; an earlier effective date corrects the nights since then."""
    from lockbox.servicing import terms_actions

    rate_ppm = _rate_ppm(rate)
    _do(
        lambda runtime, instruction: terms_actions.change_rate(runtime, instruction, rate_ppm),
        account,
        reason,
        day,
        maker,
        as_of,
    )


@app.command("change-due-date")
def change_due_date(
    account: Account,
    due_day: Annotated[int, typer.Argument(metavar="DAY_OF_MONTH", min=1, max=31, help="new due day of the month")],
    reason: Reason,
    next_due: Annotated[
        str, typer.Option("--next", help="next due date, YYYY-MM-DD; in the same month if not given")
    ] = "",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Moves the due dates of all installments that are not yet due, billed or not."""
    from lockbox.servicing import terms_actions

    on = day_of(next_due) if next_due else None
    _do(
        lambda runtime, instruction: terms_actions.change_due_date(runtime, instruction, due_day, on),
        account,
        reason,
        day,
        maker,
        as_of,
    )


@app.command()
def defer(
    account: Account,
    months: Annotated[int, typer.Argument(min=1, help="number of months")],
    reason: Reason,
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Moves a loan's next installments to the end of its term; interest goes on.

    With an effective date before an installment was due, that installment is deferred too, and its late fee reversed.
    """
    from lockbox.servicing import terms_actions

    _do(
        lambda runtime, instruction: terms_actions.defer(runtime, instruction, months),
        account,
        reason,
        day,
        maker,
        as_of,
    )


@app.command()
def scra(
    account: Account,
    reason: Reason,
    begins: Annotated[str, typer.Option("--from", help="first day of military service, YYYY-MM-DD")] = "",
    until: Annotated[str, typer.Option(help="day on which the service ends (not included), YYYY-MM-DD")] = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Records military service: caps the interest rate and lowers the installments (50 USC 3937).

    --from begins it, also in the past; --until alone ends it and restores rate and installments.
    """
    from lockbox.servicing import terms_actions

    if not begins and not until:
        raise UsageError("give --from, --until, or both")
    end = day_of(until) if until else None

    def run(runtime: Runtime, instruction: Instruction) -> str:
        if begins:
            return terms_actions.begin_service(runtime, instruction, end)
        return terms_actions.end_service(runtime, instruction)

    _do(run, account, reason, begins or until, maker, as_of)


@app.command()
def buyout(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """Sells the leased vehicle to the customer: bills remaining rent, residual value, purchase fee and taxes."""
    from lockbox.servicing import actions

    _do(actions.buy_out, account, reason, day, maker, as_of)


@app.command("turn-in")
def turn_in(
    account: Account,
    reason: Reason,
    odometer: Annotated[int, typer.Option(min=0, help="miles on the odometer")],
    wear: Annotated[str, typer.Option(help="charge for excess wear, in dollars")] = "0",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Records the return of a leased vehicle: bills excess miles, wear, disposition fee and remaining rent."""
    from lockbox.servicing import actions

    cents = cents_of(wear)
    _do(
        lambda runtime, instruction: actions.turn_in(runtime, instruction, odometer, cents),
        account,
        reason,
        day,
        maker,
        as_of,
    )


@app.command("charge-off")
def charge_off(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """Charges off the whole balance; later payments stay unapplied until they are recorded as recoveries."""
    from lockbox.servicing import charge_offs

    _do(charge_offs.charge_off, account, reason, day, maker, as_of)


@app.command("undo-charge-off")
def undo_charge_off(account: Account, reason: Reason, maker: Maker = "operator", as_of: AsOf = "") -> None:
    """Takes a charge-off back as if it had never been, with its flag and the recoveries since."""
    from lockbox.servicing import charge_offs

    _do(charge_offs.undo_charge_off, account, reason, "", maker, as_of)


@app.command()
def recover(
    account: Account,
    reason: Reason,
    amount: Annotated[str, typer.Option(help="dollars; all that is unapplied or payable if not given")] = "",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Records money of a charged-off contract as a recovery: what is unapplied, then what is payable."""
    from lockbox.servicing import charge_offs

    cents = cents_of(amount) if amount else None
    _do(
        lambda runtime, instruction: charge_offs.recover(runtime, instruction, cents),
        account,
        reason,
        day,
        maker,
        as_of,
    )


@app.command()
def waive(
    account: Account,
    reason: Reason,
    amount: Annotated[str, typer.Option(help="dollars to waive")],
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Waives fees."""
    from lockbox.servicing import actions

    cents = cents_of(amount)
    _do(lambda runtime, instruction: actions.waive(runtime, instruction, cents), account, reason, day, maker, as_of)


@app.command("waive-interest")
def waive_interest(
    account: Account,
    amount: Annotated[str, typer.Argument(help="dollars to waive")],
    reason: Reason,
    by: Annotated[str, typer.Option(help="the person who decides")],
    day: Day = "",
    as_of: AsOf = "",
) -> None:
    """Waives accrued interest, also as of an earlier date."""
    from lockbox.servicing import actions

    cents = cents_of(amount)
    _do(
        lambda runtime, instruction: actions.waive_interest(runtime, instruction, cents),
        account,
        reason,
        day,
        by,
        as_of,
    )


@app.command()
def flag(
    account: Account,
    name: Annotated[str, typer.Argument(help="bankruptcy, scra, litigation, repossessed, accelerated ...")],
    reason: Reason,
    clear: Annotated[bool, typer.Option("--clear", help="ends the flag on the effective date")] = False,
    until: Annotated[str, typer.Option(help="date on which the flag ends by itself, YYYY-MM-DD")] = "",
    day: Day = "",
    maker: Maker = "operator",
    as_of: AsOf = "",
) -> None:
    """Sets or clears a flag. A flag set as of an earlier date reverses the late fees that it bars."""
    from lockbox.servicing import actions

    def run(runtime: Runtime, instruction: Instruction) -> str:
        if clear:
            return actions.clear_flag(runtime, instruction, name)
        return actions.set_flag(runtime, instruction, name, day_of(until) if until else None)

    _do(run, account, reason, day, maker, as_of)


@app.command("release-lien")
def release_lien(account: Account, reason: Reason, day: Day = "", maker: Maker = "operator", as_of: AsOf = "") -> None:
    """Records the release of the lien on a paid-off vehicle."""
    from lockbox.servicing import actions

    _do(actions.release_lien, account, reason, day, maker, as_of)


def _do(
    verb: Callable[[Runtime, Instruction], str], account: str, reason: str, day: str, maker: str, as_of: str
) -> None:
    from lockbox.runtime import open_runtime
    from lockbox.servicing.recorded_action import Instruction

    settings = Settings()
    instruction = Instruction(account, reason, maker, instant(as_of), day_of(day) if day else None)
    with ready(settings):
        console.print(verb(open_runtime(settings), instruction), soft_wrap=True)


def _rate_ppm(text: str) -> int:
    """A rate in percent as typed, in parts per million. Raises UsageError if it is not one."""
    try:
        ppm = Decimal(text.removesuffix("%")) * 10_000
    except InvalidOperation as error:
        raise UsageError(f"{text!r} is not a rate in percent") from error
    if not ppm.is_finite() or ppm != ppm.to_integral_value() or not 0 <= ppm <= 1_000_000:
        raise UsageError(f"{text!r} is not a rate between 0 and 100 percent with at most four decimals")
    return int(ppm)
