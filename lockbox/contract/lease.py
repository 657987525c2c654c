"""The end of a lease: extension from month to month, buyout, turn-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lockbox.contract import schedule
from lockbox.contract.event import EndCharge, LeaseEnd
from lockbox.contract.position import Position
from lockbox.contract.schedule import tax_of
from lockbox.contract.terms import Bucket, LeaseTerms, Product, Run, Terms

# New disclosures at the 7th month of an extension and every 7th after (Reg M 1013.5(b), its commentary).
_DISCLOSED_EVERY = 7


def extend(terms: Terms, months: int, on: date) -> Terms:
    """The next version of a lease's terms: `months` more at the same rent, tax and miles a month.

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
    """The months by which a lease was extended so far, all extensions together.

    Raises:
        ValueError: not a lease.
    """
    return schedule.last_no(terms.schedule) - _lease(terms).term_months


def disclosures_due(terms: Terms) -> list[tuple[int, date]]:
    """(cumulative month of extension, its first day) for which Reg M requires new disclosures: the 7th, 14th, ..."""
    term = _lease(terms).term_months
    disclosures = []
    for month in range(_DISCLOSED_EVERY, extended_months(terms) + 1, _DISCLOSED_EVERY):
        due = schedule.installment(terms.schedule, term + month)
        if due is not None:
            disclosures.append((month, due.due_on))
    return disclosures


def ends_on(terms: Terms) -> date:
    """The day the vehicle is due back: a month after the last installment, because rent is paid in advance."""
    last = terms.schedule[-1]
    return schedule.due_on(last.first_due_on, last.due_day, last.count)


def buyout(terms: Terms, position: Position, on: date, event_id: str) -> LeaseEnd:
    """The end by purchase: rents not billed yet, the residual, the purchase fee, and the taxes on them.

    The position is that of the day before.

    Raises:
        ValueError: not a lease.
    """
    lease = _lease(terms)
    rent, rent_tax = _unbilled(terms, position)
    price = lease.residual_cents + lease.purchase_fee_cents
    return _end(
        event_id,
        on,
        "buyout",
        [
            ("remaining_rent", Bucket.RENT, rent),
            ("residual", Bucket.RENT, lease.residual_cents),
            ("purchase_fee", Bucket.FEE, lease.purchase_fee_cents),
            ("tax", Bucket.TAX, rent_tax + tax_of(price, lease.tax_ppm)),
        ],
    )


def turn_in(
    terms: Terms, position: Position, on: date, odometer_miles: int, wear_cents: int, event_id: str
) -> LeaseEnd:
    """The end by return of the vehicle: excess miles, wear, disposition fee, and the tax on them.

    Before the end of the term, the rents not billed yet are charged too.

    Raises:
        ValueError: not a lease, or a negative odometer reading or wear.
    """
    lease = _lease(terms)
    if odometer_miles < 0 or wear_cents < 0:
        raise ValueError(f"{odometer_miles} miles, {wear_cents} cents of wear")
    mileage = max(odometer_miles - lease.allowed_miles, 0) * lease.excess_mile_cents
    rent, rent_tax = _unbilled(terms, position)
    taxable = mileage + wear_cents + lease.disposition_fee_cents
    return _end(
        event_id,
        on,
        "turn_in",
        [
            ("remaining_rent", Bucket.RENT, rent),
            ("excess_mileage", Bucket.FEE, mileage),
            ("wear", Bucket.FEE, wear_cents),
            ("disposition", Bucket.FEE, lease.disposition_fee_cents),
            ("tax", Bucket.TAX, rent_tax + tax_of(taxable, lease.tax_ppm)),
        ],
    )


def _lease(terms: Terms) -> LeaseTerms:
    if terms.product is not Product.LEASE or terms.lease is None:
        raise ValueError("not a lease")
    return terms.lease


def _unbilled(terms: Terms, position: Position) -> tuple[int, int]:
    """(rent, tax) of the installments that are not billed yet, in cents."""
    unbilled = [due for due in schedule.installments(terms.schedule) if due.no > position.billed_through]
    return sum(due.amount_cents for due in unbilled), sum(due.tax_cents for due in unbilled)


def _end(event_id: str, on: date, kind: str, charges: Sequence[tuple[str, Bucket, int]]) -> LeaseEnd:
    nonzero = (EndCharge(charge, bucket, cents) for charge, bucket, cents in charges if cents)
    return LeaseEnd(event_id, on, kind, tuple(nonzero))
