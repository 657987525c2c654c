"""Terms as a person changes them: another rate, other due dates, installments put off, the cap on interest of SCRA."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lockbox.contract import interest, schedule
from lockbox.contract.position import Position
from lockbox.contract.terms import Installment, Method, Run, Terms
from lockbox.contract.versions import part

_DAY = timedelta(1)


def moved(terms: Terms, day: date, next_due_on: date, due_day: int) -> Terms:
    """The installments not yet due on a day: the next one due on another date, the others on that day of the month.

    Raises:
        ValueError: nothing is due any more, the next date is before the day, or is not that day of its month.
    """
    if next_due_on < day or schedule.month_day(next_due_on.year, next_due_on.month, due_day) != next_due_on:
        raise ValueError(f"next due {next_due_on}, on day {due_day} of the month, from {day}")
    first = _first_open(terms, day)
    runs = (
        replace(run, first_due_on=schedule.due_on(next_due_on, due_day, run.first_no - first), due_day=due_day)
        for run in part(terms.schedule, first, schedule.last_no(terms.schedule))
    )
    return replace(terms, schedule=(*part(terms.schedule, 1, first - 1), *runs))


def next_on_day(terms: Terms, day: date, due_day: int) -> date:
    """When the next installment is due if its day of the month changes: in its own month, or if that is past, the next.

    Raises:
        ValueError: nothing is due any more.
    """
    due = schedule.installment(terms.schedule, _first_open(terms, day))
    assert due is not None
    on = schedule.month_day(due.due_on.year, due.due_on.month, due_day)
    return on if on >= day else schedule.due_on(on, due_day, 1)


def put_off(terms: Terms, day: date, months: int) -> Terms:
    """The installments not yet due on a day come some months later: so many are moved to the end. Interest goes on.

    Raises:
        ValueError: nothing is due any more, or no months.
    """
    if months < 1:
        raise ValueError(f"put off by {months} months")
    first = _first_open(terms, day)
    runs = (
        replace(run, first_due_on=schedule.due_on(run.first_due_on, run.due_day, months))
        for run in part(terms.schedule, first, schedule.last_no(terms.schedule))
    )
    return replace(terms, schedule=(*part(terms.schedule, 1, first - 1), *runs))


def capped(terms: Terms, at: Position, day: date, cap_ppm: int) -> Terms:
    """The terms of a loan in military service: no more than the cap, and lower installments, from a day on.

    Interest above 6 percent a year is forgiven (50 USC 3937(a)(1) and (2)), and each periodic payment is reduced by
    the interest forgiven that is allocable to its period (a)(3). So the loan is followed on its schedule from its
    position, twice over the same principal: what accrues at the rate of the terms and what accrues at the cap between
    two due dates differ by what is forgiven, and that much less is asked for. Cents are those that nights will post,
    rounded once over all that accrues. The same principal is paid as before, month by month, and the loan ends when it
    would have ended; that is why the reduced installments differ by some cents from one to the next.
    """
    if terms.rate_ppm <= cap_ppm:
        return terms
    first = schedule.first_due(terms.schedule, day)
    rows = [
        (replace(due, amount_cents=max(due.amount_cents - cents, 1)), due_day)
        for (due, due_day), cents in zip(_rows(terms.schedule, first), _forgiven(terms, at, day, cap_ppm), strict=True)
    ]
    return replace(terms, rate_ppm=cap_ppm, schedule=(*part(terms.schedule, 1, first - 1), *_runs(rows)))


def restored(terms: Terms, before: Terms, day: date) -> Terms:
    """The terms with the rate that they had before, and of what is not yet due on a day the installments, too."""
    first = schedule.first_due(terms.schedule, day)
    rows = []
    for due, due_day in _rows(terms.schedule, first):
        old = schedule.installment(before.schedule, due.no)
        rows.append((due if old is None else replace(due, amount_cents=old.amount_cents), due_day))
    return replace(terms, rate_ppm=before.rate_ppm, schedule=(*part(terms.schedule, 1, first - 1), *_runs(rows)))


@dataclass
class _OnSchedule:
    """A loan that pays what its terms ask for, from a day on: what would accrue at its rate, and at the cap."""

    terms: Terms
    cap_ppm: int
    principal: int
    unpaid_interest: int
    carry: int
    capped_carry: int

    def forgiven(self, first: date, last: date) -> int:
        """The cents that nights would post at the rate of the terms beyond those at the cap; interest is owed."""
        day_count = self.terms.day_count
        full = interest.numerator(self.principal, self.terms.rate_ppm, first, last, day_count)
        at_cap = interest.numerator(self.principal, self.cap_ppm, first, last, day_count)
        cents, self.carry = interest.accrue(self.carry, full)
        capped_cents, self.capped_carry = interest.accrue(self.capped_carry, at_cap)
        self.unpaid_interest += cents
        return cents - capped_cents

    def pay(self, cents: int) -> None:
        """Pays interest first, then principal."""
        on_interest = min(cents, self.unpaid_interest)
        self.unpaid_interest -= on_interest
        self.principal -= min(cents - on_interest, self.principal)


def _forgiven(terms: Terms, at: Position, day: date, cap_ppm: int) -> Iterator[int]:
    """Cents of interest forgiven in the period of each installment from the first one not yet due; never below 0."""
    past_due_principal = max(at.past_due_cents - at.interest_cents, 0)
    base = at.base_cents if terms.method is Method.SCHEDULED else at.principal_cents
    unpaid_interest = max(at.interest_cents - at.past_due_cents, 0)
    loan = _OnSchedule(terms, cap_ppm, max(base - past_due_principal, 0), unpaid_interest, at.carry, at.carry)
    credits = {credit.no: credit.amount_cents for credit in at.credits}
    start = day
    for due, _ in _rows(terms.schedule, schedule.first_due(terms.schedule, day)):
        yield max(loan.forgiven(start, due.due_on - _DAY), 0)
        loan.pay(max(due.amount_cents - credits.get(due.no, 0), 0))
        start = max(due.due_on, start)


def _first_open(terms: Terms, day: date) -> int:
    first = schedule.first_due(terms.schedule, day)
    if first > schedule.last_no(terms.schedule):
        raise ValueError(f"the last installment was due before {day}")
    return first


def _rows(runs: Iterable[Run], first_no: int) -> Iterator[tuple[Installment, int]]:
    """(installment, its day of the month) from a number on."""
    for run in runs:
        for due in schedule.installments([run]):
            if due.no >= first_no:
                yield due, run.due_day


def _runs(rows: Iterable[tuple[Installment, int]]) -> list[Run]:
    """Installments as runs of equal ones."""
    runs: list[Run] = []
    for due, due_day in rows:
        last = runs[-1] if runs else None
        if (
            last is not None
            and (last.due_day, last.amount_cents, last.tax_cents) == (due_day, due.amount_cents, due.tax_cents)
            and schedule.due_on(last.first_due_on, due_day, last.count) == due.due_on
        ):
            runs[-1] = replace(last, count=last.count + 1)
        else:
            runs.append(Run(due.no, due.due_on, due_day, 1, due.amount_cents, due.tax_cents))
    return runs
