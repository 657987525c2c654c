"""What ends a loan: the quote to a good-through date, what a tender does, when the lien is to be released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lockbox.contract import interest
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import history
from lockbox.contract.position import Position
from lockbox.contract.terms import DayCount, Product, Rules, Terms, terms_on

_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class PayoffQuote:
    """What pays a loan off, received by `good_through`. All amounts in cents."""

    quoted_on: date
    good_through: date
    principal_cents: int
    interest_cents: int  # unpaid, for all nights before `quoted_on`
    fee_cents: int  # owed on `quoted_on`
    per_diem_cents: int  # of one day, rounded; shown in the letter
    days: int  # of interest from `quoted_on` to `good_through`
    interest_to_come_cents: int  # exactly what those days accrue
    fees_to_come_cents: int  # late fees that fall due before `good_through`
    total_cents: int


def payoff_quote(
    terms: Sequence[Terms], rules: Rules, position: Position, good_through: date, is_open: IsOpen
) -> PayoffQuote:
    """The quote for a loan as it stands at the end of the day before `quoted_on`.

    A payment received on the good-through date owes the nights before it. Late fees that would be charged until then
    are in the quote, so that paying it by its date leaves exactly 0.00 (I13); what is over is refunded.

    Raises:
        ValueError: a lease, or a good-through date before the day of the quote.
    """
    quoted_on = position.on + _DAY
    now = terms_on(terms, quoted_on)
    if now.product is not Product.LOAN:
        raise ValueError("the payoff of a lease comes from its terms, see lockbox.contract.lease")
    if good_through < quoted_on:
        raise ValueError(f"good through {good_through}, quoted on {quoted_on}")
    later = history(terms, rules, position, (), good_through - _DAY, is_open).position
    factor = interest.numerator(position.base_cents, now.rate_ppm, quoted_on, quoted_on, DayCount(now.day_count))
    return PayoffQuote(
        quoted_on=quoted_on,
        good_through=good_through,
        principal_cents=position.principal_cents,
        interest_cents=position.interest_cents,
        fee_cents=position.fee_cents,
        per_diem_cents=interest.accrue(0, factor)[0],
        days=(good_through - quoted_on).days,
        interest_to_come_cents=later.interest_cents - position.interest_cents,
        fees_to_come_cents=later.fee_cents - position.fee_cents,
        total_cents=later.owed_cents,
    )


class TenderResult(StrEnum):
    """What a payoff check does."""

    PAID = "paid"
    SHORT_ACCEPTED = "short_accepted"  # within the lender's tolerance: the rest is waived
    SHORT = "short"  # an ordinary payment; the customer is told what is missing


@dataclass(frozen=True, slots=True)
class Tender:
    """A payoff check against what is owed on its day."""

    result: TenderResult
    short_cents: int
    over_cents: int  # a refund is payable


def tender(amount_cents: int, owed_on_day_cents: int, tolerance_cents: int) -> Tender:
    """What becomes of a payoff check; the tolerance is the lender's dated rule."""
    short, over = max(owed_on_day_cents - amount_cents, 0), max(amount_cents - owed_on_day_cents, 0)
    if not short:
        return Tender(TenderResult.PAID, 0, over)
    return Tender(TenderResult.SHORT_ACCEPTED if short <= tolerance_cents else TenderResult.SHORT, short, over)


def lien_release_due_on(state: str, tendered_on: date, rules: Rules) -> date:
    """The last day for releasing the lien (Texas: 10 days after receipt of the final payment).

    Raises:
        SettingsError: no rule of the state in force.
    """
    return tendered_on + timedelta(rules.lien_release(state, tendered_on).days)
