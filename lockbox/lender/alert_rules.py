"""Who is told what, when, and how often: the lender's dated rules for alerts."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox.errors import SettingsError
from lockbox.lender.alert_routes import Route, routes_of
from lockbox.lender.dated_rules import rule_on


@dataclass(frozen=True, slots=True)
class AlertRules:
    """The rules in force on a day."""

    sender: str
    routes: tuple[Route, ...]
    hold_minutes: Mapping[str, int]  # by kind: what passes sooner by itself is not told
    remind_hours: Mapping[str, float]  # by severity
    digest_above: int  # more than so many within an hour come as one message
    retry_minutes: tuple[int, ...]  # the last one repeats
    keep_hours: int  # what did not go out by then is stale

    def hold(self, kind: str) -> timedelta:
        """How long an event of a kind must last before anybody is told."""
        return timedelta(minutes=self.hold_minutes.get(kind, 0))

    def retry(self, tries: int) -> timedelta:
        """How long to wait after so many tries."""
        return timedelta(minutes=self.retry_minutes[min(tries, len(self.retry_minutes)) - 1])


@dataclass(frozen=True, slots=True)
class UsualMail:
    """From which history on mail is expected of a site or box on a weekday."""

    weeks: int  # so many open days of the weekday are looked at
    at_least: int  # with fewer, nothing is expected yet
    share_percent: int  # on so many of them mail must have come
    minutes: int  # after the latest hour at which it came
    look_back_days: int


@dataclass(frozen=True, slots=True)
class WeeklyHour:
    """An hour of a weekday, by the lender's clock."""

    weekday: int  # 0 is Monday
    hour: time

    def __str__(self) -> str:
        return f"{calendar.day_name[self.weekday]} {self.hour:%H:%M}"

    def day_of(self, week: date) -> date:
        """Its day in a week that is named by its Monday."""
        return week + timedelta(self.weekday)

    def newest_week(self, now: datetime) -> date:
        """The Monday of the newest week in which the hour is past."""
        monday = now.date() - timedelta(now.weekday())
        is_past = (now.weekday(), now.time()) >= (self.weekday, self.hour)
        return monday if is_past else monday - timedelta(weeks=1)


def alert_rules(connection: sa.Connection, lender_id: str, day: date) -> AlertRules:
    """The rules for alerts on a day.

    Raises:
        SettingsError: a rule has no value, or one that cannot be used.
    """

    def rule(name: str) -> Any:
        return rule_on(connection, lender_id, name, day)

    try:
        made = AlertRules(
            sender=rule("alert.from"),
            routes=routes_of(rule("alert.routes")),
            hold_minutes={kind: int(minutes) for kind, minutes in rule("alert.hold_minutes").items()},
            remind_hours={severity: float(hours) for severity, hours in rule("alert.remind_hours").items()},
            digest_above=int(rule("alert.digest_above")),
            retry_minutes=tuple(int(minutes) for minutes in rule("alert.retry_minutes")),
            keep_hours=int(rule("alert.keep_hours")),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise SettingsError(f"lender {lender_id}: a rule of alerts cannot be used: {error}") from error
    if not made.retry_minutes or min(made.retry_minutes) <= 0:
        raise SettingsError(f"lender {lender_id}: alert.retry_minutes: give minutes above 0")
    return made


def usual_mail(connection: sa.Connection, lender_id: str, day: date) -> UsualMail:
    """The rule for mail that usually comes.

    Raises:
        SettingsError: it has no value, or one that cannot be used.
    """
    value = rule_on(connection, lender_id, "alert.usual_mail", day)
    try:
        return UsualMail(**value)
    except TypeError as error:
        raise SettingsError(f"lender {lender_id}: alert.usual_mail: {error}") from error


def audit_by(connection: sa.Connection, lender_id: str, day: date) -> WeeklyHour:
    """The hour by which the audit of a week is done.

    Raises:
        SettingsError: it has no value, or one that is no weekday and hour.
    """
    value = str(rule_on(connection, lender_id, "audit.by", day))
    name, _, hour = value.partition(" ")
    try:
        return WeeklyHour(list(calendar.day_name).index(name), time.fromisoformat(hour))
    except ValueError as error:
        raise SettingsError(
            f"lender {lender_id}: audit.by: {value!r} is not a weekday and hour, such as 'Sunday 23:00'"
        ) from error
