"""Made-up leases: rent and tax, residual and miles, and which rents are paid, billed or past due at the opening."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from lockbox.contract.position import OpenBill, Position
from lockbox.contract.schedule import installments, level, tax_of
from lockbox.contract.terms import LEASE_ORDER, DayCount, LeaseTerms, Method, Product, Terms
from lockbox.simulator.schedule_state import Frame, Lender, MadeUpContract, fees_of, locate_in_schedule, month_date

COUNTS, COUNT_SHARES = (24, 36, 39, 48), (0.15, 0.5, 0.2, 0.15)
TAX_PPM = {"TX": 62_500, "PA": 90_000, "CO": 71_500, "OK": 47_500, "KS": 86_500}  # on a rent; elsewhere 6 %


def make_leases(rng: np.random.Generator, frame: Frame, lender: Lender) -> list[MadeUpContract]:
    """One lease for each place of the frame."""
    counts = rng.choice(COUNTS, len(frame), p=COUNT_SHARES)
    first_months, next_no, paid = locate_in_schedule(frame, counts)
    rows = np.stack([first_months, counts, paid, next_no], axis=1).tolist()
    return [_lease(frame, lender, at, *row) for at, row in enumerate(rows)]


def _lease(
    frame: Frame, lender: Lender, at: int, first_month: int, count: int, paid: int, next_no: int
) -> MadeUpContract:
    rent = int(frame.installments[at])
    residual = round(600_000 + float(frame.draws[at, 1]) * 1_600_000)
    terms = _terms(frame, at, month_date(first_month, int(frame.due_days[at])), count, residual)
    fees, late_fees = fees_of(frame, at, terms, lender, paid, next_no, 0)
    bills = _open_bills(terms, paid, frame.opening_on + timedelta(lender.rules.bill_days))
    position = Position(
        on=frame.opening_on,
        paid_through=paid,
        billed_through=bills[-1].no if bills else paid,
        fees=fees,
        bills=bills,
        late_fees=late_fees,
    )
    return MadeUpContract(terms, residual + round(rent * count * 0.82), position)


def _terms(frame: Frame, at: int, first_due_on: date, count: int, residual_cents: int) -> Terms:
    rent, day, state = int(frame.installments[at]), int(frame.due_days[at]), str(frame.states[at])
    tax_ppm = TAX_PPM.get(state, 60_000)
    return Terms(
        version=1,
        valid_from=first_due_on - timedelta(30),
        product=Product.LEASE,
        state=state,
        rate_ppm=0,
        day_count=DayCount.ACTUAL_365,
        method=Method.DAILY,
        schedule=level(first_due_on, day, count, rent, tax_cents=tax_of(rent, tax_ppm)),
        order=LEASE_ORDER,
        lease=LeaseTerms(
            term_months=count,
            residual_cents=residual_cents,
            disposition_fee_cents=39_500,
            purchase_fee_cents=30_000,
            allowed_miles=count * 1_000,
            excess_mile_cents=20,
            tax_ppm=tax_ppm,
        ),
    )


def _open_bills(terms: Terms, paid: int, billed_until: date) -> tuple[OpenBill, ...]:
    """The rents after number `paid` that are due on or before `billed_until`."""
    return tuple(
        OpenBill(rent.no, rent.due_on, rent.amount_cents, rent.tax_cents)
        for rent in installments(terms.schedule)
        if rent.no > paid and rent.due_on <= billed_until
    )
