"""What a change of terms makes of every installment, by plain stepping: another due day, months put off, SCRA's cap."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from lockbox.contract.interest import DENOMINATOR
from lockbox.contract.position import Position
from lockbox.contract.terms import Terms
from tests.oracles.slow_model import Planned, written


def put_off(terms: Terms, day: date, months: int) -> list[Planned]:
    """Every installment that is not yet due on the day comes so many months later, on its day of the month."""
    rows = []
    for no, on, amount, tax in written(terms):
        for _ in range(months if on >= day else 0):
            on = month_later(on, day_of_month(terms, no))
        rows.append((no, on, amount, tax))
    return rows


def moved(terms: Terms, day: date, due_day: int) -> list[Planned]:
    """The next installment is due on that day of its own month, or of the next one; then month by month."""
    rows: list[Planned] = []
    last: date | None = None
    for no, on, amount, tax in written(terms):
        if on >= day:
            on = month_later(last, due_day) if last else in_month(on.year, on.month, due_day)
            on = month_later(on, due_day) if on < day else on
            last = on
        rows.append((no, on, amount, tax))
    return rows


def capped(terms: Terms, at: Position, day: date, cap_ppm: int) -> list[Planned]:
    """Each installment asks for less by the interest that is forgiven in its period (50 USC 3937(a)(3)).

    What is past due on the day is left aside. The loan is followed as if everything asked for were paid on its day.
    """
    year = 366 if terms.day_count == "actual_actual" else 365
    past_due_principal = max(0, at.past_due_cents - at.interest_cents)
    principal = max(0, (at.base_cents if terms.method == "scheduled" else at.principal_cents) - past_due_principal)
    owed_interest = max(0, at.interest_cents - at.past_due_cents)
    credits = {credit.no: credit.amount_cents for credit in at.credits}
    full = lower = Fraction(at.carry, DENOMINATOR)
    posted_full = posted_lower = 0
    rows, night = [], day
    for no, on, amount, tax in written(terms):
        if on < day:
            rows.append((no, on, amount, tax))
            continue
        before = posted_full, posted_lower
        while night < on:
            days = year if year == 365 or calendar.isleap(night.year) else 365
            full += Fraction(principal * terms.rate_ppm, 1_000_000 * days)
            lower += Fraction(principal * cap_ppm, 1_000_000 * days)
            night += timedelta(1)
        posted_full, posted_lower = floor(full + Fraction(1, 2)), floor(lower + Fraction(1, 2))
        accrued = posted_full - before[0]
        forgiven = max(0, accrued - (posted_lower - before[1]))
        owed_interest += accrued
        paid = max(0, amount - credits.get(no, 0))
        on_interest = min(paid, owed_interest)
        owed_interest -= on_interest
        principal -= min(paid - on_interest, principal)
        rows.append((no, on, max(amount - forgiven, 1), tax))
    return rows


def day_of_month(terms: Terms, no: int) -> int:
    """The day of the month on which an installment is due, 29 to 31 where the month has it."""
    return next(run.due_day for run in terms.schedule if run.first_no <= no < run.first_no + run.count)


def month_later(on: date, due_day: int) -> date:
    return in_month(on.year + on.month // 12, on.month % 12 + 1, due_day)


def in_month(year: int, month: int, due_day: int) -> date:
    return date(year, month, min(due_day, calendar.monthrange(year, month)[1]))
