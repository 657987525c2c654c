"""The annual percentage rate of advances and payments, by the actuarial method of Regulation Z, Appendix J."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise

from lockbox.business_days import months_before


@dataclass(frozen=True, slots=True)
class Flow:
    """Money on a day: an advance to the customer, or a payment by the customer, in cents."""

    on: date
    amount_cents: int


def annual_percentage_rate(advances: Sequence[Flow], payments: Sequence[Flow]) -> Decimal:
    """The rate in percent, rounded to two decimals, for monthly unit periods (Appendix J (b)(5), (b)(8), (c)).

    A single payment of one advance within a year is its own unit period. Every other unit period (weeks, half months,
    quarters, years) is refused: no contract here has one.

    Raises:
        ValueError: no advance, no payment, a payment before the first advance, less paid than advanced, or a schedule
            whose unit period is not the month.
    """
    if not advances or not payments:
        raise ValueError("no advance or no payment")
    start = min(advance.on for advance in advances)
    paid = sum(payment.amount_cents for payment in payments)
    advanced = sum(advance.amount_cents for advance in advances)
    if paid < advanced or any(payment.on < start for payment in payments):
        raise ValueError(f"{paid} cents repay {advanced}, from {start}")
    with localcontext() as context:
        context.prec = 40
        days = (payments[0].on - start).days
        if len(payments) == len(advances) == 1 and 0 < days <= 365:
            rate = (Decimal(paid) / advanced - 1) * 365 / days
        else:
            _require_months(sorted({payment.on for payment in payments}))
            rate = _solve(_points(advances, start), _points(payments, start)) * 12
        return (rate * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _require_months(days: Sequence[date]) -> None:
    """Refuses payments whose most frequent interval is not a month, or that are not whole months apart (J (b)(4))."""
    intervals = [_months_between(earlier, later) for earlier, later in pairwise(days)]
    common = Counter(intervals).most_common(1)
    if None in intervals or not common or common[0][0] != 1:
        raise ValueError(f"{len(days)} payments from {days[0]}: the unit period is not the month")


def _months_between(earlier: date, later: date) -> int | None:
    """The whole months between two days, the last days of months being alike; None: not whole months."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    if months_before(later, months) == earlier or earlier.day == later.day:
        return months
    is_last = all((day + timedelta(1)).month != day.month for day in (earlier, later))
    is_cut = (later + timedelta(1)).month != later.month and later.day < earlier.day  # the 30th, then 28 February
    is_back = (earlier + timedelta(1)).month != earlier.month and earlier.day < later.day
    return months if months and (is_last or is_cut or is_back) else None


Points = list[tuple[int, int, Decimal]]  # cents, whole unit periods from the start, fraction of a unit period


def _points(flows: Sequence[Flow], start: date) -> Points:
    return [(flow.amount_cents, *_distance(start, flow.on)) for flow in flows]


def _distance(start: date, day: date) -> tuple[int, Decimal]:
    """Whole months counted back from a day, and the odd days before them in thirtieths (J (b)(5)(iv))."""
    months = 0
    while months_before(day, months + 1) >= start:
        months += 1
    return months, Decimal((months_before(day, months) - start).days) / 30


def _solve(advances: Points, payments: Points) -> Decimal:
    """The rate per unit period at which payments and advances have the same present value, by bisection."""

    def excess(rate: Decimal) -> Decimal:
        return _present_value(payments, rate) - _present_value(advances, rate)

    low, high = Decimal(0), Decimal(1)
    while excess(high) > 0:
        low, high = high, high * 2
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return low


def _present_value(points: Points, rate: Decimal) -> Decimal:
    return sum(
        (cents / ((1 + fraction * rate) * (1 + rate) ** periods) for cents, periods, fraction in points), Decimal(0)
    )
