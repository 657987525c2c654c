"""Made-up loans: rate, schedule, and a payment history that leaves exactly what is owed at the opening."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lockbox.contract.interest import DENOMINATOR
from lockbox.contract.position import Credit, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import LOAN_ORDER, DayCount, Excess, Method, Product, Terms
from lockbox.simulator.schedule_state import (
    Frame,
    Ints,
    Lender,
    MadeUpContract,
    due_ordinals,
    fees_of,
    locate_in_schedule,
    month_date,
)

COUNTS, COUNT_SHARES = (36, 48, 60, 72, 75, 84), (0.08, 0.14, 0.24, 0.36, 0.06, 0.12)
_FIRST_YEAR, _LAST_YEAR = 1990, 2060


@dataclass(frozen=True, slots=True)
class _Loans:
    """All loans of a part, one array for each attribute."""

    first_months: Ints
    counts: Ints
    rates: Ints  # ppm
    actual: NDArray[np.bool_]  # actual/actual
    scheduled: NDArray[np.bool_]
    opened: Ints  # ordinals
    original: Ints  # cents


def make_loans(rng: np.random.Generator, frame: Frame, lender: Lender) -> list[MadeUpContract]:
    """One loan for each place of the frame."""
    n = len(frame)
    counts = rng.choice(COUNTS, n, p=COUNT_SHARES)
    first_months, next_no, paid = locate_in_schedule(frame, counts)
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
    balances = _paid_history(frame, loans, paid, early, parts)
    finals = _finals(frame, loans)
    return [
        _loan(frame, loans, lender, at, int(paid[at]), int(next_no[at]), int(finals[at]), int(parts[at]), balances)
        for at in range(n)
    ]


@dataclass(frozen=True, slots=True)
class _OpeningBalances:
    """Balances of all loans at the opening, in cents; `carry` as in `lockbox.contract.interest`."""

    principal: Ints
    interest: Ints
    carry: Ints
    base: Ints
    period: Ints


class _RunningBalances:
    """Balances of all loans while their history is replayed; days are ordinals."""

    def __init__(self, loans: _Loans) -> None:
        n = len(loans.counts)
        self.loans = loans
        self.principal, self.base = loans.original.copy(), loans.original.copy()
        self.interest, self.carry, self.period = np.zeros((3, n), np.int64)
        self.through = loans.opened - 1  # nights accrued
        days = np.arange(date(_FIRST_YEAR, 1, 1).toordinal(), date(_LAST_YEAR, 1, 1).toordinal())
        self.first_day = int(days[0])
        leap = np.array([isleap(date.fromordinal(day).year) for day in days.tolist()])
        self.factors = np.concatenate([[0], np.cumsum(np.where(leap, 365, 366))])

    def accrue(self, through: Ints, active: NDArray[np.bool_]) -> None:
        """Accrues the nights up to and including `through` for the active loans."""
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
        """Pays the interest first; the rest reduces the principal."""
        interest = np.where(active, np.minimum(cents, self.interest), 0)
        principal = np.where(active, np.minimum(cents - interest, self.principal), 0)
        self.interest -= interest
        self.principal -= principal
        self.base = np.where(self.loans.scheduled, self.base, self.principal)

    def step(self, cents: Ints, active: NDArray[np.bool_]) -> None:
        """A due date by the scheduled method: the installment's principal part leaves the base, paid or not."""
        stepped = active & self.loans.scheduled
        fall = np.minimum(self.base, np.maximum(cents - self.period, 0))
        self.base = np.where(stepped, self.base - fall, self.base)
        self.period = np.where(stepped, 0, self.period)


def _paid_history(frame: Frame, loans: _Loans, paid: Ints, early: Ints, parts: Ints) -> _OpeningBalances:
    """Replays the payments: installments up to `paid` within a week of their due dates, then `parts` of the next."""
    balances, opening = _RunningBalances(loans), frame.opening_on.toordinal()
    for no in range(1, int(paid.max()) + 4):
        due = due_ordinals(loans.first_months + no - 1, frame.due_days)
        on = np.minimum(np.where(loans.scheduled, due, due + early[:, min(no, early.shape[1] - 1)]), opening)
        pays: NDArray[np.bool_] = np.less_equal(no, paid)
        partly = (no == paid + 1) & (parts > 0) & (due <= opening)
        moves = pays | partly
        on = np.where(partly, np.minimum(due + 5, opening), on)
        before = np.where(loans.scheduled, due, on) - 1
        balances.accrue(before, moves | (loans.scheduled & (due <= opening)))
        balances.pay(frame.installments, pays)
        # A late part payment first pays the interest of the days before it.
        balances.step(frame.installments, due <= opening)
        balances.accrue(on - 1, partly)
        balances.pay(parts, partly)
    balances.accrue(np.full(len(frame), opening), np.ones(len(frame), bool))
    return _OpeningBalances(balances.principal, balances.interest, balances.carry, balances.base, balances.period)


def _finals(frame: Frame, loans: _Loans) -> Ints:
    """The last installment, in cents: what is left if all before it come on their due dates."""
    balances, finals = _RunningBalances(loans), np.zeros(len(frame), np.int64)
    for no in range(1, int(loans.counts.max()) + 1):
        active: NDArray[np.bool_] = np.less_equal(no, loans.counts)
        balances.accrue(due_ordinals(loans.first_months + no - 1, frame.due_days) - 1, active)
        last: NDArray[np.bool_] = np.equal(no, loans.counts)
        finals = np.where(last, balances.principal + balances.interest, finals)
        balances.pay(frame.installments, np.logical_and(active, ~last))
        balances.base = balances.principal  # paid on time, both methods give the same
    return np.maximum(finals, 100)


def _loan(
    frame: Frame,
    loans: _Loans,
    lender: Lender,
    at: int,
    paid: int,
    next_no: int,
    final_cents: int,
    part_cents: int,
    balances: _OpeningBalances,
) -> MadeUpContract:
    terms = _terms(frame, loans, at, final_cents)
    fees, late_fees = fees_of(frame, at, terms, lender, paid, next_no, part_cents)
    principal_cents = int(balances.principal[at])
    position = Position(
        on=frame.opening_on,
        principal_cents=principal_cents,
        interest_cents=int(balances.interest[at]),
        carry=int(balances.carry[at]),
        base_cents=int(balances.base[at]) if loans.scheduled[at] else principal_cents,
        period_cents=int(balances.period[at]),
        paid_through=paid,
        credits=(Credit(paid + 1, part_cents),) if part_cents else (),
        fees=fees,
        late_fees=late_fees,
    )
    return MadeUpContract(terms, int(loans.original[at]), position)


def _terms(frame: Frame, loans: _Loans, at: int, final_cents: int) -> Terms:
    cents, day = int(frame.installments[at]), int(frame.due_days[at])
    first_due_on = month_date(int(loans.first_months[at]), day)
    return Terms(
        version=1,
        valid_from=date.fromordinal(int(loans.opened[at])),
        product=Product.LOAN,
        state=str(frame.states[at]),
        rate_ppm=int(loans.rates[at]),
        day_count=DayCount.ACTUAL_ACTUAL if loans.actual[at] else DayCount.ACTUAL_365,
        method=Method.SCHEDULED if loans.scheduled[at] else Method.DAILY,
        schedule=level(first_due_on, day, int(loans.counts[at]), cents, final_cents),
        order=LOAN_ORDER,
        excess=Excess.PRINCIPAL if frame.draws[at, 0] < 0.1 else Excess.ADVANCE,
    )
