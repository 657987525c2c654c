"""Business days: what counts as received when."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from lockbox.business_days import SiteHours, effective_date, months_before, next_open_day

CHICAGO = ZoneInfo("America/Chicago")
HOURS = SiteHours("America/Chicago", time(17), (1, 2, 3, 4, 5), "XFED")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("received", "counts_for"),
    [
        ("2026-11-16T09:00", date(2026, 11, 16)),
        ("2026-11-16T17:00", date(2026, 11, 16)),  # at the cut-off is in time
        ("2026-11-16T17:00:01", date(2026, 11, 17)),
        ("2026-11-14T10:00", date(2026, 11, 16)),  # Saturday
        ("2026-11-26T10:00", date(2026, 11, 27)),  # Thanksgiving; the Friday after is open
        ("2026-07-03T10:00", date(2026, 7, 3)),  # 4 July is a Saturday: the Federal Reserve keeps Friday open
        ("2027-07-05T10:00", date(2027, 7, 6)),  # 4 July is a Sunday: Monday is closed
        ("2026-12-31T18:00", date(2027, 1, 4)),
    ],
)
def test_receipt_counts_for_the_open_day_up_to_the_cut_off(received: str, counts_for: date) -> None:
    assert effective_date(at(received), HOURS) == counts_for


def test_the_cut_off_is_local_to_the_site() -> None:
    in_utc = datetime(2026, 11, 16, 22, 30, tzinfo=ZoneInfo("UTC"))  # 16:30 in Dallas
    assert effective_date(in_utc, HOURS) == date(2026, 11, 16)


def test_a_site_that_never_opens_is_an_error() -> None:
    with pytest.raises(ValueError, match="no open day"):
        next_open_day(date(2026, 1, 1), SiteHours("America/Chicago", time(17), (), "XFED"))


def test_six_months_before_the_end_of_august_is_the_end_of_february() -> None:
    assert months_before(date(2026, 8, 31), 6) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 6) == date(2025, 7, 15)
