"""When installments are due and how much they are, from compact runs of equal installments; sales tax."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date

from lockbox.contract.terms import Installment, Run


def installments(runs: Sequence[Run]) -> Iterator[Installment]:
    """All installments of a schedule, in order."""
    for run in runs:
        for index in range(run.count):
            yield _installment_of(run, index)


def level(
    first_due_on: date, due_day: int, count: int, level_cents: int, final_cents: int | None = None, tax_cents: int = 0
) -> tuple[Run, ...]:
    """A schedule of `count` equal installments; the last one is `final_cents` if given.

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
    """The installment with a number, or None if the schedule has no such number."""
    for run in runs:
        if run.first_no <= no < run.first_no + run.count:
            return _installment_of(run, no - run.first_no)
    return None


def last_no(runs: Sequence[Run]) -> int:
    """The number of the last installment."""
    return runs[-1].first_no + runs[-1].count - 1


def first_due(runs: Sequence[Run], day: date) -> int:
    """The number of the first installment due on a day or later; one more than the last number if there is none."""
    for run in runs:
        months = (day.year - run.first_due_on.year) * 12 + day.month - run.first_due_on.month
        index = max(months, 0)
        if index < run.count and due_on(run.first_due_on, run.due_day, index) < day:
            index += 1
        if index < run.count:
            return run.first_no + index
    return last_no(runs) + 1


def due_on(first_due_on: date, due_day: int, months: int) -> date:
    """The due date `months` after the first; a due day of 29 to 31 falls on the last day of shorter months."""
    year, month = divmod(first_due_on.year * 12 + first_due_on.month - 1 + months, 12)
    return month_day(year, month + 1, due_day)


def month_day(year: int, month: int, day: int) -> date:
    """A day of a month, or the month's last day if it is shorter."""
    return date(year, month, day if day <= 28 else min(day, monthrange(year, month)[1]))


def _installment_of(run: Run, index: int) -> Installment:
    on = due_on(run.first_due_on, run.due_day, index)
    return Installment(run.first_no + index, on, run.amount_cents, run.tax_cents)


def tax_of(amount_cents: int, tax_ppm: int) -> int:
    """Sales tax on an amount, rounded half up to the cent. `buyout_charges` in sql/functions/060_payoff.sql agrees."""
    return (2 * amount_cents * tax_ppm + 1_000_000) // 2_000_000
