"""The amortization of a loan whose installments are all paid on their due dates: a replay is compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract.interest import accrue, numerator
from lockbox.contract.schedule import installments, last_no
from lockbox.contract.terms import DayCount, Run


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One row of an amortization: how an installment splits if all are paid on their due dates."""

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

    An installment below its interest pays interest only. The rest is carried, never added to principal (US Rule).
    """
    rows: list[ScheduleRow] = []
    balance, interest_owed, carry, since = principal_cents, 0, 0, opened_on
    last = last_no(runs)
    for due in installments(runs):
        nights = numerator(balance, rate_ppm, since, due.due_on - timedelta(1), day_count)
        accrued, carry = accrue(carry, nights)
        interest_owed += accrued
        owed = balance + interest_owed
        amount = owed if due.no == last else min(due.amount_cents, owed)
        interest = min(amount, interest_owed)
        interest_owed -= interest
        balance -= amount - interest
        rows.append(ScheduleRow(due.no, due.due_on, amount, interest, amount - interest, balance))
        since = due.due_on
    return rows
