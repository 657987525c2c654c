"""The annual percentage rate of advances and payments, by the actuarial method of Regulation Z, Appendix J."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lockbox.business_days import months_before


@dataclass(frozen=True, slots=True)
class Flow:
    """Money on a day: an advance to the customer, or a payment by the customer."""

    on: date
    amount_cents: int


def annual_percentage_rate(advances: Sequence[Flow], payments: Sequence[Flow]) -> Decimal:
    """The rate in percent, rounded to two decimals, for monthly unit-periods; a single payment of one advance within
    a year is its own unit-period (Appendix J (b)(5), (b)(8), (c)).

    Raises:
        ValueError: no advance, no payment, a payment before the first advance, or less paid than advanced.
    """
    if not advances or not payments:
        raise ValueError("no advance or no payment")
    start = min(one.on for one in advances)
    paid, advanced = sum(one.amount_cents for one in payments), sum(one.amount_cents for one in advances)
    if paid < advanced or any(one.on < start for one in payments):
        raise ValueError(f"{paid} cents repay {advanced}, from {start}")
    with localcontext() as context:
        context.prec = 40
        days = (payments[0].on - start).days
        if len(payments) == len(advances) == 1 and 0 < days <= 365:
            rate = (Decimal(paid) / advanced - 1) * 365 / days
        else:
            rate = _solve(_points(advances, start), _points(payments, start)) * 12
        return (rate * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


Points = list[tuple[int, int, Decimal]]  # cents, whole unit-periods from the start, fraction of one


def _points(flows: Sequence[Flow], start: date) -> Points:
    return [(one.amount_cents, *_distance(start, one.on)) for one in flows]


def _distance(start: date, day: date) -> tuple[int, Decimal]:
    """Whole months stepped back from a day, and the odd days before them in thirtieths (J (b)(5)(iv))."""
    months = 0
    while months_before(day, months + 1) >= start:
        months += 1
    return months, Decimal((months_before(day, months) - start).days) / 30


def _solve(advances: Points, payments: Points) -> Decimal:
    """The rate of a unit-period at which payments are worth the advances; their worth falls as the rate rises."""

    def excess(rate: Decimal) -> Decimal:
        return _worth(payments, rate) - _worth(advances, rate)

    low, high = Decimal(0), Decimal(1)
    while excess(high) > 0:
        low, high = high, high * 2
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return low


def _worth(points: Points, rate: Decimal) -> Decimal:
    return sum(
        (cents / ((1 + fraction * rate) * (1 + rate) ** periods) for cents, periods, fraction in points), Decimal(0)
    )
