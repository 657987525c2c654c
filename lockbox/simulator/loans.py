"""Made-up loans: rate, schedule, and a history of payments that leaves exactly what is owed at the opening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lockbox.contract.interest import DENOMINATOR
from lockbox.contract.position import Credit, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import LOAN_ORDER, DayCount, Excess, Method, Product, Terms
from lockbox.simulator.schedule_state import Frame, Ints, Lender, Standing, due_ordinals, fees_of, month_date, place

COUNTS, COUNT_SHARES = (36, 48, 60, 72, 75, 84), (0.08, 0.14, 0.24, 0.36, 0.06, 0.12)
_FIRST_YEAR, _LAST_YEAR = 1990, 2060


@dataclass(frozen=True, slots=True)
class _Loans:
    """All loans of a part, an array each."""

    first_months: Ints
    counts: Ints
    rates: Ints  # ppm
    actual: NDArray[np.bool_]  # actual/actual
    scheduled: NDArray[np.bool_]
    opened: Ints  # ordinals
    original: Ints  # cents


def make_loans(rng: np.random.Generator, frame: Frame, lender: Lender) -> list[Standing]:
    """One loan for each place of the frame."""
    n = len(frame)
    counts = rng.choice(COUNTS, n, p=COUNT_SHARES)
    first_months, next_no, paid = place(frame, counts)
    rates = np.clip(rng.normal(89_000, 38_000, n), 0, 239_000).round(-2).astype(np.int64)
    gaps = rng.integers(28, 46, n)
    opened = due_ordinals(first_months, frame.due_days) - gaps
    monthly = np.maximum(rates / 12e6, 1e-9)
    worth = frame.installments * (1 - (1 + monthly) ** -counts) / monthly / (1 + rates / 1e6 * (gaps - 30.4) / 365)
    loans = _Loans(
        first_months, counts, rates, rng.random(n) < 0.2, rng.random(n) < 0.08, opened, worth.round().astype(np.int64)
    )
    early = rng.integers(-7, 8, (n, int(counts.max()) + 1))
    shares = np.where((next_no - 1 > paid) & (rng.random(n) < 0.2), rng.uniform(0.2, 0.8, n), 0.0)
    parts = (frame.installments * shares).astype(np.int64) // 100 * 100
    now = _paid_history(frame, loans, paid, early, parts)
    finals = _finals(frame, loans)
    return [
        _standing(frame, loans, lender, at, int(paid[at]), int(next_no[at]), int(finals[at]), int(parts[at]), now)
        for at in range(n)
    ]


@dataclass(frozen=True, slots=True)
class _Now:
    """Balances at the opening."""

    principal: Ints
    interest: Ints
    carry: Ints
    base: Ints
    period: Ints


class _Books:
    """Balances of all loans while their history runs; days are ordinals."""

    def __init__(self, loans: _Loans) -> None:
        n = len(loans.counts)
        self.loans = loans
        self.principal, self.base = loans.original.copy(), loans.original.copy()
        self.interest, self.carry, self.period = np.zeros((3, n), np.int64)
        self.through = loans.opened - 1  # nights accrued
        days = np.arange(date(_FIRST_YEAR, 1, 1).toordinal(), date(_LAST_YEAR, 1, 1).toordinal())
        self.first_day = int(days[0])
        leap = np.array([_is_leap(date.fromordinal(day).year) for day in days.tolist()])
        self.factors = np.concatenate([[0], np.cumsum(np.where(leap, 365, 366))])

    def accrue(self, through: Ints, active: NDArray[np.bool_]) -> None:
        """The nights up to and including `through`, of the loans that are active."""
        days = np.maximum(through - self.through, 0)
        start, end = self.through + 1 - self.first_day, through + 1 - self.first_day
        factor = np.where(self.loans.actual, self.factors[np.maximum(end, start)] - self.factors[start], days * 366)
        total = self.carry + np.where(active, self.base * self.loans.rates * factor, 0)
        cents = (total + DENOMINATOR // 2) // DENOMINATOR
        self.carry = np.where(active, total - cents * DENOMINATOR, self.carry)
        cents = np.where(active, cents, 0)
        self.interest += cents
        self.period += cents
        self.through = np.where(active & (through > self.through), through, self.through)

    def pay(self, cents: Ints, active: NDArray[np.bool_]) -> None:
        """Interest first, the rest off the principal."""
        interest = np.where(active, np.minimum(cents, self.interest), 0)
        principal = np.where(active, np.minimum(cents - interest, self.principal), 0)
        self.interest -= interest
        self.principal -= principal
        self.base = np.where(self.loans.scheduled, self.base, self.principal)

    def step(self, cents: Ints, active: NDArray[np.bool_]) -> None:
        """A due date of the scheduled method: the installment's principal part leaves the base, paid or not."""
        stepped = active & self.loans.scheduled
        fall = np.minimum(self.base, np.maximum(cents - self.period, 0))
        self.base = np.where(stepped, self.base - fall, self.base)
        self.period = np.where(stepped, 0, self.period)


def _paid_history(frame: Frame, loans: _Loans, paid: Ints, early: Ints, parts: Ints) -> _Now:
    """Every installment up to `paid` came within a week of its due date; `parts` of the one after it came too."""
    books, opening = _Books(loans), frame.opening_on.toordinal()
    for no in range(1, int(paid.max()) + 4):
        due = due_ordinals(loans.first_months + no - 1, frame.due_days)
        on = np.minimum(np.where(loans.scheduled, due, due + early[:, min(no, early.shape[1] - 1)]), opening)
        pays: NDArray[np.bool_] = np.less_equal(no, paid)
        partly = (no == paid + 1) & (parts > 0) & (due <= opening)
        moves = pays | partly
        on = np.where(partly, np.minimum(due + 5, opening), on)
        before = np.where(loans.scheduled, due, on) - 1
        books.accrue(before, moves | (loans.scheduled & (due <= opening)))
        books.pay(frame.installments, pays)
        # A part that came late is paid out of the interest of the days before it.
        books.step(frame.installments, due <= opening)
        books.accrue(on - 1, partly)
        books.pay(parts, partly)
    books.accrue(np.full(len(frame), opening), np.ones(len(frame), bool))
    return _Now(books.principal, books.interest, books.carry, books.base, books.period)


def _finals(frame: Frame, loans: _Loans) -> Ints:
    """The last installment if all came on their due dates: what is left then, in cents."""
    books, finals = _Books(loans), np.zeros(len(frame), np.int64)
    for no in range(1, int(loans.counts.max()) + 1):
        active: NDArray[np.bool_] = np.less_equal(no, loans.counts)
        books.accrue(due_ordinals(loans.first_months + no - 1, frame.due_days) - 1, active)
        last: NDArray[np.bool_] = np.equal(no, loans.counts)
        finals = np.where(last, books.principal + books.interest, finals)
        books.pay(frame.installments, np.logical_and(active, ~last))
        books.base = books.principal  # paid on time both methods are one
    return np.maximum(finals, 100)


def _standing(
    frame: Frame, loans: _Loans, lender: Lender, at: int, paid: int, next_no: int, final: int, part: int, now: _Now
) -> Standing:
    cents, day = int(frame.installments[at]), int(frame.due_days[at])
    first_due_on = month_date(int(loans.first_months[at]), day)
    scheduled = bool(loans.scheduled[at])
    terms = Terms(
        version=1,
        valid_from=date.fromordinal(int(loans.opened[at])),
        product=Product.LOAN,
        state=str(frame.states[at]),
        rate_ppm=int(loans.rates[at]),
        day_count=DayCount.ACTUAL_ACTUAL if loans.actual[at] else DayCount.ACTUAL_365,
        method=Method.SCHEDULED if scheduled else Method.DAILY,
        schedule=level(first_due_on, day, int(loans.counts[at]), cents, final),
        order=LOAN_ORDER,
        excess=Excess.PRINCIPAL if frame.luck[at, 0] < 0.1 else Excess.ADVANCE,
    )
    fees, late_fees = fees_of(frame, at, terms, lender, paid, next_no, part)
    principal = int(now.principal[at])
    position = Position(
        on=frame.opening_on,
        principal_cents=principal,
        interest_cents=int(now.interest[at]),
        carry=int(now.carry[at]),
        base_cents=int(now.base[at]) if scheduled else principal,
        period_cents=int(now.period[at]),
        paid_through=paid,
        credits=(Credit(paid + 1, part),) if part else (),
        fees=fees,
        late_fees=late_fees,
    )
    return Standing(terms, int(loans.original[at]), position)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
