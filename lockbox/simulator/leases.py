"""Made-up leases: rent and its tax, residual and miles, and which rents are paid, billed and missed at the opening."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from lockbox.contract.position import OpenBill, Position
from lockbox.contract.schedule import due_on, level, tax_of
from lockbox.contract.terms import LEASE_ORDER, DayCount, LeaseTerms, Method, Product, Terms
from lockbox.simulator.schedule_state import Frame, Lender, Standing, fees_of, month_date, place

COUNTS, COUNT_SHARES = (24, 36, 39, 48), (0.15, 0.5, 0.2, 0.15)
TAX_PPM = {"TX": 62_500, "PA": 90_000, "CO": 71_500, "OK": 47_500, "KS": 86_500}  # on a rent; elsewhere 6 %


def make_leases(rng: np.random.Generator, frame: Frame, lender: Lender) -> list[Standing]:
    """One lease for each place of the frame."""
    counts = rng.choice(COUNTS, len(frame), p=COUNT_SHARES)
    first_months, next_no, paid = place(frame, counts)
    return [
        _standing(frame, lender, at, *(int(one[at]) for one in (first_months, counts, paid, next_no)))
        for at in range(len(frame))
    ]


def _standing(frame: Frame, lender: Lender, at: int, first_month: int, count: int, paid: int, next_no: int) -> Standing:
    rent, day, state = int(frame.installments[at]), int(frame.due_days[at]), str(frame.states[at])
    tax_ppm = TAX_PPM.get(state, 60_000)
    tax = tax_of(rent, tax_ppm)
    first_due_on = month_date(first_month, day)
    residual = round(600_000 + float(frame.luck[at, 1]) * 1_600_000)
    terms = Terms(
        version=1,
        valid_from=first_due_on - timedelta(30),
        product=Product.LEASE,
        state=state,
        rate_ppm=0,
        day_count=DayCount.ACTUAL_365,
        method=Method.DAILY,
        schedule=level(first_due_on, day, count, rent, tax_cents=tax),
        order=LEASE_ORDER,
        lease=LeaseTerms(
            term_months=count,
            residual_cents=residual,
            disposition_fee_cents=39_500,
            purchase_fee_cents=30_000,
            allowed_miles=count * 1_000,
            excess_mile_cents=20,
            tax_ppm=tax_ppm,
        ),
    )
    fees, late_fees = fees_of(frame, at, terms, lender, paid, next_no, 0)
    bills = []
    for no in range(paid + 1, count + 1):
        on = due_on(first_due_on, day, no - 1)
        if on - timedelta(lender.rules.bill_days) > frame.opening_on:
            break
        bills.append(OpenBill(no, on, rent, tax))
    position = Position(
        on=frame.opening_on,
        paid_through=paid,
        billed_through=bills[-1].no if bills else paid,
        fees=fees,
        bills=tuple(bills),
        late_fees=late_fees,
    )
    return Standing(terms, residual + round(rent * count * 0.82), position)
