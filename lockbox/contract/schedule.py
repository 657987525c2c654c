"""When installments are due and how much they are: compact runs, amortization, a lease's payment and its tax."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract.interest import accrue, numerator
from lockbox.contract.terms import DayCount, Installment, Run


def installments(runs: Sequence[Run]) -> Iterator[Installment]:
    """All installments of a schedule, in order."""
    for run in runs:
        for index in range(run.count):
            yield _of(run, index)


def level(
    first_due_on: date, due_day: int, count: int, level_cents: int, final_cents: int | None = None, tax_cents: int = 0
) -> tuple[Run, ...]:
    """A schedule of `count` equal installments, the last one `final_cents` if that is given.

    Raises:
        ValueError: no installment, or a first due date that is not the due day of its month.
    """
    if count < 1 or month_day(first_due_on.year, first_due_on.month, due_day) != first_due_on:
        raise ValueError(f"{count} installments from {first_due_on} on day {due_day}")
    if final_cents is None or final_cents == level_cents:
        return (Run(1, first_due_on, due_day, count, level_cents, tax_cents),)
    last_on = due_on(first_due_on, due_day, count - 1)
    last = Run(count, last_on, due_day, 1, final_cents, tax_cents)
    return (Run(1, first_due_on, due_day, count - 1, level_cents, tax_cents), last) if count > 1 else (last,)


def installment(runs: Sequence[Run], no: int) -> Installment | None:
    """The installment of a number, or None beyond either end."""
    for run in runs:
        if run.first_no <= no < run.first_no + run.count:
            return _of(run, no - run.first_no)
    return None


def last_no(runs: Sequence[Run]) -> int:
    """The number of the last installment."""
    return runs[-1].first_no + runs[-1].count - 1


def first_due(runs: Sequence[Run], day: date) -> int:
    """The number of the first installment due on a day or later; one more than the last if there is none."""
    for run in runs:
        months = (day.year - run.first_due_on.year) * 12 + day.month - run.first_due_on.month
        index = max(months, 0)
        if index < run.count and due_on(run.first_due_on, run.due_day, index) < day:
            index += 1
        if index < run.count:
            return run.first_no + index
    return last_no(runs) + 1


def due_on(first_due_on: date, due_day: int, months: int) -> date:
    """The due date so many months after the first; day 29 to 31 falls on the last day of shorter months."""
    year, month = divmod(first_due_on.year * 12 + first_due_on.month - 1 + months, 12)
    return month_day(year, month + 1, due_day)


def month_day(year: int, month: int, day: int) -> date:
    """A day of a month, or its last day if it is shorter."""
    return date(year, month, day if day <= 28 else min(day, monthrange(year, month)[1]))


def _of(run: Run, index: int) -> Installment:
    on = due_on(run.first_due_on, run.due_day, index)
    return Installment(run.first_no + index, on, run.amount_cents, run.tax_cents)


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One line of an amortization: how an installment splits if every one comes on its due date."""

    no: int
    due_on: date
    amount_cents: int
    interest_cents: int
    principal_cents: int
    balance_cents: int  # principal left after it


def amortize(
    principal_cents: int, rate_ppm: int, day_count: DayCount, opened_on: date, runs: Sequence[Run]
) -> list[ScheduleRow]:
    """The split of every installment paid on its due date; the last one is what is left, whatever its run says.

    An installment below its interest pays interest only; the rest is carried, never added to principal (US Rule).
    """
    rows: list[ScheduleRow] = []
    balance, owed, carry, since = principal_cents, 0, 0, opened_on
    last = last_no(runs)
    for one in installments(runs):
        nights = numerator(balance, rate_ppm, since, one.due_on - timedelta(1), day_count)
        cents, carry = accrue(carry, nights)
        owed += cents
        amount = balance + owed if one.no == last else min(one.amount_cents, balance + owed)
        interest = min(amount, owed)
        owed -= interest
        balance -= amount - interest
        rows.append(ScheduleRow(one.no, one.due_on, amount, interest, amount - interest, balance))
        since = one.due_on
    return rows


def level_payment(
    principal_cents: int, rate_ppm: int, day_count: DayCount, opened_on: date, first_due_on: date, due_day: int,
    count: int,
) -> tuple[int, int]:  # fmt: skip
    """(level, final): the smallest equal installment in cents whose last one is not above it, and that last one.

    Raises:
        ValueError: see `level`.
    """

    def final(level_cents: int) -> int:
        runs = level(first_due_on, due_day, count, level_cents)
        return amortize(principal_cents, rate_ppm, day_count, opened_on, runs)[-1].amount_cents

    low, high = 0, principal_cents + 1
    while final(high) > high:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if final(middle) <= middle else (middle, high)
    return high, final(high)


def lease_payment(
    adjusted_cost_cents: int, residual_cents: int, rent_charge_cents: int, count: int, tax_ppm: int
) -> tuple[int, int]:
    """(base payment, its sales tax) a month: depreciation and rent charge over the term (Reg M 1013.4(f)), in cents."""
    total = adjusted_cost_cents - residual_cents + rent_charge_cents
    base = (2 * total + count) // (2 * count)
    return base, tax_of(base, tax_ppm)


def tax_of(amount_cents: int, tax_ppm: int) -> int:
    """Sales tax on an amount, rounded half up to the cent."""
    return (2 * amount_cents * tax_ppm + 1_000_000) // 2_000_000
