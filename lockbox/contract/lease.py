"""The end of a lease: extension from month to month, buyout, turn-in, and what a lease costs in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from lockbox.contract import schedule
from lockbox.contract.event import EndCharge, LeaseEnd
from lockbox.contract.position import Position
from lockbox.contract.schedule import tax_of
from lockbox.contract.terms import Bucket, LeaseTerms, Product, Run, Terms

# New disclosures at the 7th month of an extension and every 7th after (Reg M 1013.5(b), its commentary).
_DISCLOSED_EVERY = 7


def extend(terms: Terms, months: int, on: date) -> Terms:
    """The next version of a lease's terms: so many months more at the same rent, tax and miles a month.

    Raises:
        ValueError: not a lease, or no months.
    """
    lease = _lease(terms)
    if months < 1:
        raise ValueError(f"extended by {months} months")
    last = terms.schedule[-1]
    first_due_on = schedule.due_on(last.first_due_on, last.due_day, last.count)
    run = Run(
        schedule.last_no(terms.schedule) + 1, first_due_on, last.due_day, months, last.amount_cents, last.tax_cents
    )
    miles = lease.allowed_miles * months // (lease.term_months + extended_months(terms))
    return replace(
        terms,
        version=terms.version + 1,
        valid_from=on,
        schedule=(*terms.schedule, run),
        lease=replace(lease, allowed_miles=lease.allowed_miles + miles),
    )


def extended_months(terms: Terms) -> int:
    """By how many months a lease was extended so far, all extensions together.

    Raises:
        ValueError: not a lease.
    """
    return schedule.last_no(terms.schedule) - _lease(terms).term_months


def disclosures_due(terms: Terms) -> list[tuple[int, date]]:
    """(cumulative month of extension, its first day) at which Reg M wants new disclosures: the 7th, 14th, ..."""
    term = _lease(terms).term_months
    found = []
    for month in range(_DISCLOSED_EVERY, extended_months(terms) + 1, _DISCLOSED_EVERY):
        one = schedule.installment(terms.schedule, term + month)
        if one is not None:
            found.append((month, one.due_on))
    return found


def ends_on(terms: Terms) -> date:
    """The day the vehicle is due back: a month after the last installment, which is paid in advance."""
    last = terms.schedule[-1]
    return schedule.due_on(last.first_due_on, last.due_day, last.count)


def buyout(terms: Terms, position: Position, on: date, event_id: str) -> LeaseEnd:
    """The customer buys the vehicle: rents not billed yet, the residual, the purchase fee, and the taxes on them.

    The position is that of the day before.

    Raises:
        ValueError: not a lease.
    """
    lease = _lease(terms)
    rent, rent_tax = _to_come(terms, position)
    bought = lease.residual_cents + lease.purchase_fee_cents
    return _end(
        event_id,
        on,
        "buyout",
        [
            ("remaining_rent", Bucket.RENT, rent),
            ("residual", Bucket.RENT, lease.residual_cents),
            ("purchase_fee", Bucket.FEE, lease.purchase_fee_cents),
            ("tax", Bucket.TAX, rent_tax + tax_of(bought, lease.tax_ppm)),
        ],
    )


def turn_in(
    terms: Terms, position: Position, on: date, odometer_miles: int, wear_cents: int, event_id: str
) -> LeaseEnd:
    """The customer brings the vehicle back: excess miles, wear, disposition fee, and the tax on them.

    Before the end of the lease the rents not billed yet are charged too.

    Raises:
        ValueError: not a lease, or a negative reading or wear.
    """
    lease = _lease(terms)
    if odometer_miles < 0 or wear_cents < 0:
        raise ValueError(f"{odometer_miles} miles, {wear_cents} cents of wear")
    mileage = max(odometer_miles - lease.allowed_miles, 0) * lease.excess_mile_cents
    rent, rent_tax = _to_come(terms, position)
    charged = mileage + wear_cents + lease.disposition_fee_cents
    return _end(
        event_id,
        on,
        "turn_in",
        [
            ("remaining_rent", Bucket.RENT, rent),
            ("excess_mileage", Bucket.FEE, mileage),
            ("wear", Bucket.FEE, wear_cents),
            ("disposition", Bucket.FEE, lease.disposition_fee_cents),
            ("tax", Bucket.TAX, rent_tax + tax_of(charged, lease.tax_ppm)),
        ],
    )


def buyout_cents(terms: Terms, position: Position, on: date) -> int:
    """What buys the vehicle on a day: all that is owed, and the charges of the buyout, less unapplied money.

    Raises:
        ValueError: not a lease, or more unapplied than owed.
    """
    charges = sum(one.amount_cents for one in buyout(terms, position, on, "quote").charges)
    owed = position.rent_cents + position.tax_cents + position.fee_cents + charges - position.unapplied_cents
    if owed < 0:
        raise ValueError(f"{position.unapplied_cents} cents unapplied, more than all that is owed")
    return owed


@dataclass(frozen=True, slots=True)
class LeaseTotals:
    """What the disclosure of a lease says it costs, in cents."""

    monthly_total_cents: int
    total_of_payments_cents: int


def totals(
    payments: Sequence[int], due_at_signing_cents: int, other_charges_cents: int, deposit_cents: int
) -> LeaseTotals:
    """Total of payments as the Federal Reserve's sample form adds it up: signing, monthly payments and other charges,
    less the first payment and the refundable deposit, which are in the amount due at signing.

    Raises:
        ValueError: no payment.
    """
    if not payments:
        raise ValueError("a lease without payments")
    monthly = sum(payments)
    return LeaseTotals(monthly, due_at_signing_cents + monthly + other_charges_cents - payments[0] - deposit_cents)


def _lease(terms: Terms) -> LeaseTerms:
    if terms.product is not Product.LEASE or terms.lease is None:
        raise ValueError("not a lease")
    return terms.lease


def _to_come(terms: Terms, position: Position) -> tuple[int, int]:
    """(rent, tax) of the installments that are not billed yet."""
    later = [one for one in schedule.installments(terms.schedule) if one.no > position.billed_through]
    return sum(one.amount_cents for one in later), sum(one.tax_cents for one in later)


def _end(event_id: str, on: date, kind: str, charges: Sequence[tuple[str, Bucket, int]]) -> LeaseEnd:
    return LeaseEnd(event_id, on, kind, tuple(EndCharge(*one) for one in charges if one[2]))
