"""What usually comes: by weekday, with enough history, holidays passed over, by the site's clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lockbox.alerts.usual_mail import habit
from lockbox.business_days import SiteHours
from lockbox.lender.alert_rules import UsualMail

ZONE = ZoneInfo("America/Chicago")
HOURS = SiteHours("America/Chicago", time(17), (1, 2, 3, 4, 5), "XFED")
RULE = UsualMail(weeks=8, at_least=4, share_percent=75, minutes=60, look_back_days=7)
MONDAY = date(2026, 11, 16)


def came(*weeks_before: int, day: date = MONDAY, at: time = time(9, 30)) -> dict[date, datetime]:
    days = [day - timedelta(weeks=weeks) for weeks in weeks_before]
    return {day: datetime.combine(day, at, ZONE) for day in days}


def test_mail_is_usual_from_the_fourth_such_day_on_and_an_hour_after_the_latest() -> None:
    three, four = habit(came(1, 2, 3), MONDAY, HOURS, RULE), habit(came(1, 2, 3, 4), MONDAY, HOURS, RULE)
    assert (three.is_known, three.is_usual) == (False, False)
    assert (four.is_known, four.is_usual, four.by) == (True, True, datetime.combine(MONDAY, time(10, 30), ZONE))


def test_a_weekday_on_which_mail_comes_now_and_then_is_not_usual() -> None:
    seldom = habit(came(1, 3, 5, 7), MONDAY, HOURS, RULE)
    assert (seldom.is_known, seldom.is_usual) == (True, False)


def test_other_weekdays_say_nothing_about_a_day() -> None:
    tuesdays = came(1, 2, 3, 4, 5, day=MONDAY - timedelta(6))
    assert not habit(tuesdays, MONDAY, HOURS, RULE).is_usual


def test_a_holiday_in_the_history_is_passed_over() -> None:
    """12 October 2026, the fifth Monday back, is Columbus Day: no mail came, and none was expected."""
    usual = habit(came(1, 2, 3, 4, 6), MONDAY, HOURS, RULE)
    assert usual.is_usual
    assert not HOURS.is_open(MONDAY - timedelta(weeks=5))


def test_the_hour_is_the_sites_over_a_change_of_clocks_and_never_after_the_cut_off() -> None:
    """Clocks went back on 1 November: 9:30 stays 9:30."""
    assert habit(came(1, 2, 3, 4), MONDAY, HOURS, RULE).by.hour == 10
    assert habit(came(1, 2, 3, 4, at=time(16, 45)), MONDAY, HOURS, RULE).by == HOURS.cut_off_at(MONDAY)
