"""The days on which a site receives mail, and the effective date of a receipt."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays


@dataclass(frozen=True, slots=True)
class SiteHours:
    """When mail counts as received at one site, by its dated policy."""

    time_zone: str
    cut_off: time
    open_weekdays: tuple[int, ...]  # ISO, 1 = Monday
    calendar: str  # a financial calendar of the `holidays` library; "XFED" is the Federal Reserve's

    def is_open(self, day: date) -> bool:
        """Whether the site receives mail on a day."""
        return day.isoweekday() in self.open_weekdays and day not in _holidays(self.calendar, day.year)

    def cut_off_at(self, day: date) -> datetime:
        """The instant after which mail counts for the next open day."""
        return datetime.combine(day, self.cut_off, ZoneInfo(self.time_zone))


def effective_date(received_at: datetime, hours: SiteHours) -> date:
    """The date that a receipt is credited as of: the same day up to the cut-off of an open day, else the next open day.

    Receipt at the address given counts, not the postmark or the day of processing (12 CFR 1026.10).
    """
    local = received_at.astimezone(ZoneInfo(hours.time_zone))
    day = local.date()
    if hours.is_open(day) and local <= hours.cut_off_at(day):
        return day
    return next_open_day(day, hours)


def next_open_day(day: date, hours: SiteHours) -> date:
    """The first open day after `day`.

    Raises:
        ValueError: there is none within a year, because the site has no open weekdays.
    """
    for ahead in range(1, 367):
        candidate = day + timedelta(days=ahead)
        if hours.is_open(candidate):
            return candidate
    raise ValueError(f"no open day in the year after {day}")


@lru_cache(maxsize=256)
def _holidays(calendar: str, year: int) -> Collection[date]:
    # A holiday may be observed in the neighboring year.
    return frozenset(holidays.financial_holidays(calendar, years=(year - 1, year, year + 1)))


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or that month's last day if the month is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
