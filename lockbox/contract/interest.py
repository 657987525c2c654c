"""Simple interest in whole numbers: what nights accrue, as cents and a carry so that nothing is lost."""

from __future__ import annotations

from calendar import isleap
from datetime import date

from lockbox.contract.terms import DayCount

# One cent of interest in the unit in which nights accrue: parts per million, and a year of 365 or of 366 days.
DENOMINATOR = 1_000_000 * 365 * 366
_HALF = DENOMINATOR // 2


def accrue(carry: int, numerator: int) -> tuple[int, int]:
    """(cents to post, new carry) when `numerator` more has accrued. Cents round half up over all that ever accrued.

    The carry lies in [-DENOMINATOR/2, DENOMINATOR/2). Splitting a period into parts changes neither the total of the
    cents nor the last carry (I9).
    """
    total = carry + numerator
    cents = (total + _HALF) // DENOMINATOR
    return cents, total - cents * DENOMINATOR


def numerator(base_cents: int, rate_ppm: int, first: date, last: date, day_count: DayCount) -> int:
    """The interest of the nights of `first` to `last`, both included, on a principal, in units of 1/DENOMINATOR cents.

    0 if `last` is before `first`.

    Simple interest, no compounding (Tex. Fin. Code 342.002, 348).
    """
    return base_cents * rate_ppm * _day_factor(first, last, day_count)


def _day_factor(first: date, last: date, day_count: DayCount) -> int:
    days = (last - first).days + 1
    if days <= 0:
        return 0
    if day_count is DayCount.ACTUAL_365:
        return days * 366
    leap_days = sum(
        (min(last, date(year, 12, 31)) - max(first, date(year, 1, 1))).days + 1
        for year in range(first.year, last.year + 1)
        if isleap(year)
    )
    return (days - leap_days) * 366 + leap_days * 365
