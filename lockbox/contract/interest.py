"""Simple interest in whole numbers: what nights accrue, as cents and a carry that loses nothing."""

from __future__ import annotations

from calendar import isleap
from datetime import date

from lockbox.contract.terms import DayCount

# One cent of interest in the unit that nights accrue in: parts per million, and a year of 365 or of 366 days.
DENOMINATOR = 1_000_000 * 365 * 366
_HALF = DENOMINATOR // 2


def accrue(carry: int, numerator: int) -> tuple[int, int]:
    """(cents to post, new carry) when `numerator` more has accrued; cents round half up over all that ever accrued.

    The carry lies in [-DENOMINATOR/2, DENOMINATOR/2): splitting a period into parts changes neither the total of the
    cents nor the last carry (I9).
    """
    total = carry + numerator
    cents = (total + _HALF) // DENOMINATOR
    return cents, total - cents * DENOMINATOR


def numerator(base_cents: int, rate_ppm: int, first: date, last: date, day_count: DayCount) -> int:
    """What the nights of `first` to `last`, both included, accrue on a principal; 0 if `last` is before `first`.

    Simple interest, no compounding (Tex. Fin. Code 342.002, 348).
    """
    return base_cents * rate_ppm * _factor(first, last, day_count)


def interest_cents(principal_cents: int, rate_ppm: int, days: int) -> int:
    """The interest of so many days, rounded once, on the 365-day basis."""
    return accrue(0, principal_cents * rate_ppm * days * 366)[0]


def _factor(first: date, last: date, day_count: DayCount) -> int:
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
