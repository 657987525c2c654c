"""In whose books a decision counts that is made after its item's own day was closed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox.lender.dated_rules import policy_on

AHEAD = timedelta(days=30)  # in which a site is open at least once


def open_days(connection: sa.Connection, site_id: str, as_of: datetime) -> list[date]:
    """The days from that of `as_of` on, oldest first, on which a site is open."""
    hours = policy_on(connection, site_id, as_of.date()).hours
    today = as_of.astimezone(ZoneInfo(hours.time_zone)).date()
    days = (today + timedelta(ahead) for ahead in range(AHEAD.days))
    return [day for day in days if hours.is_open(day)]


def books_day(connection: sa.Connection, site_id: str, as_of: datetime) -> date:
    """A site's first business day that is not closed, held against its close until the transaction ends.

    Raises:
        Refused: there is none within a month.
    """
    days = open_days(connection, site_id, as_of)
    day: date = connection.execute(
        sa.text("select books_day(:site, cast(:days as date[]))"), {"site": site_id, "days": days}
    ).scalar_one()
    return day
