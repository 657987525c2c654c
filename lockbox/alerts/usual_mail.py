"""Mail that usually comes: what a site or box sends on a weekday and by which hour, from the days on which it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lockbox.business_days import SiteHours
from lockbox.lender.alert_rules import UsualMail


@dataclass(frozen=True, slots=True)
class Habit:
    """What is known of a weekday: whether there is enough history, whether mail usually comes, and by when."""

    is_known: bool
    is_usual: bool
    by: datetime  # on the day in question, at the cut-off at the latest


def habit(first_at: Mapping[date, datetime], day: date, hours: SiteHours, rule: UsualMail) -> Habit:
    """The habit for an open day, from the instants at which mail was first taken in on earlier days.

    Days before the first mail do not count: a new site or box is not expected to send anything.
    """
    weekdays = _earlier_weekdays(min(first_at, default=day), day, hours, rule.weeks)
    came = [earlier for earlier in weekdays if earlier in first_at]
    is_known = len(weekdays) >= rule.at_least
    is_usual = is_known and 100 * len(came) >= rule.share_percent * len(weekdays)
    return Habit(
        is_known, is_usual, _by(first_at, came, day, hours, rule.minutes) if is_usual else hours.cut_off_at(day)
    )


def _earlier_weekdays(first: date, day: date, hours: SiteHours, weeks: int) -> list[date]:
    """The newest open days of the same weekday before a day; holidays are passed over."""
    days: list[date] = []
    earlier = day - timedelta(weeks=1)
    while earlier >= first and len(days) < weeks:
        if hours.is_open(earlier):
            days.append(earlier)
        earlier -= timedelta(weeks=1)
    return days


def _by(first_at: Mapping[date, datetime], came: list[date], day: date, hours: SiteHours, minutes: int) -> datetime:
    """So many minutes after the latest hour at which mail first came, by the site's clock; never after the cut-off."""
    zone = ZoneInfo(hours.time_zone)
    latest = max(first_at[earlier].astimezone(zone).replace(tzinfo=None) - _midnight(earlier) for earlier in came)
    at = (_midnight(day) + latest + timedelta(minutes=minutes)).replace(tzinfo=zone)
    return min(at, hours.cut_off_at(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
