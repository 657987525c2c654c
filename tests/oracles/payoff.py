"""What ends a contract on a day, by replay: a loan's quote, a lease's buyout, the last day for the lien release.

`payoff_cents` and `note_liens` in sql/functions, and the quotes that customers get, are tested against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import interest
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import history
from lockbox.contract.lease import buyout
from lockbox.contract.position import Position
from lockbox.contract.terms import Product, Rules, Terms, terms_on

_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class PayoffQuote:
    """What pays a loan off if it is received by `good_through`. All amounts are cents."""

    quoted_on: date
    good_through: date
    principal_cents: int
    interest_cents: int  # unpaid, for all nights before `quoted_on`
    fee_cents: int  # owed on `quoted_on`
    per_diem_cents: int  # of one day, rounded; shown in the letter
    days: int  # of interest from `quoted_on` to `good_through`
    interest_to_come_cents: int  # exactly what those days accrue
    fees_to_come_cents: int  # late fees that are charged before `good_through`
    total_cents: int


def payoff_quote(
    terms: Sequence[Terms], rules: Rules, position: Position, good_through: date, is_open: IsOpen
) -> PayoffQuote:
    """The quote for a loan as it stands at the end of the day before `quoted_on`.

    A payment received on the good-through date owes the nights before it. Late fees that would be charged until then
    are in the quote, so that paying it by its date leaves exactly 0.00 (I13). An overpayment is refunded.

    Raises:
        ValueError: a lease, or a good-through date before the day of the quote.
    """
    quoted_on = position.on + _DAY
    in_force = terms_on(terms, quoted_on)
    if in_force.product is not Product.LOAN:
        raise ValueError("a lease ends by its buyout")
    if good_through < quoted_on:
        raise ValueError(f"good through {good_through}, quoted on {quoted_on}")
    later = history(terms, rules, position, (), good_through - _DAY, is_open).position
    night = interest.numerator(position.base_cents, in_force.rate_ppm, quoted_on, quoted_on, in_force.day_count)
    return PayoffQuote(
        quoted_on=quoted_on,
        good_through=good_through,
        principal_cents=position.principal_cents,
        interest_cents=position.interest_cents,
        fee_cents=position.fee_cents,
        per_diem_cents=interest.accrue(0, night)[0],
        days=(good_through - quoted_on).days,
        interest_to_come_cents=later.interest_cents - position.interest_cents,
        fees_to_come_cents=later.fee_cents - position.fee_cents,
        total_cents=later.owed_cents,
    )


def buyout_cents(terms: Terms, position: Position, on: date) -> int:
    """What buys the vehicle on a day: all that is owed, and the charges of the buyout, less unapplied money.

    Raises:
        ValueError: not a lease, or more unapplied than owed.
    """
    charges = sum(charge.amount_cents for charge in buyout(terms, position, on, "quote").charges)
    owed = position.rent_cents + position.tax_cents + position.fee_cents + charges - position.unapplied_cents
    if owed < 0:
        raise ValueError(f"{position.unapplied_cents} cents unapplied, more than all that is owed")
    return owed


def lien_release_due_on(state: str, paid_on: date, rules: Rules) -> date:
    """The last day for releasing the lien (Texas: 10 days after receipt of the final payment).

    Raises:
        SettingsError: no rule of the state in force.
    """
    return paid_on + timedelta(rules.lien_release(state, paid_on).days)
