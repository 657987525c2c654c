"""The rules in force on a day, from the rows of the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.lender.dated_rules import (
    lender_day,
    lender_served,
    mail_calendar,
    policy_on,
    rule_book,
    rule_on,
    rules_under,
)
from lockbox.lender.profile import load_profile, read_profile
from lockbox.lender.profile_rules import rules_of
from lockbox.settings import ROOT, Settings

REFERENCE = ROOT / "profiles" / "reference.toml"
DAY = date(2026, 11, 16)


@pytest.fixture
def connection(settings: Settings) -> Iterator[sa.Connection]:
    """A connection to a database with the reference profile."""
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        yield connection


def test_a_policy_has_the_rules_of_its_site(connection: sa.Connection) -> None:
    policy = policy_on(connection, "richardson", DAY)
    assert policy.overnight
    assert policy.stale_months == 6
    assert policy.payee_products["Meridian Motor Leasing"] == "lease"
    assert policy.hours.time_zone == "America/Chicago"


def test_a_newer_row_is_in_force_from_its_day_on(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "insert into policy (lender_id, rule, valid_from, value, source)"
        " values ('meridian', 'date.stale_months', '2026-11-16', '3', '')"
    )
    assert policy_on(connection, "dallas", date(2026, 11, 15)).stale_months == 6
    assert policy_on(connection, "dallas", DAY).stale_months == 3
    assert rule_on(connection, "meridian", "date.stale_months", DAY) == 3


def test_what_has_no_value_on_a_day_is_named(connection: sa.Connection) -> None:
    with pytest.raises(SettingsError, match="site dallas"):
        policy_on(connection, "dallas", date(2019, 1, 1))
    with pytest.raises(SettingsError, match=r"no value on 2019-01-01 for date\.stale_months"):
        rule_on(connection, "meridian", "date.stale_months", date(2019, 1, 1))


def test_the_rule_book_is_what_the_profile_says(connection: sa.Connection) -> None:
    rules, is_open = rule_book(connection, "meridian", DAY)
    expected = rules_of(read_profile(REFERENCE))
    assert set(rules.late_fees) == set(expected.late_fees)
    assert set(rules.return_fees) == set(expected.return_fees)
    assert set(rules.lien_releases) == set(expected.lien_releases)
    assert (rules.flags, rules.bill_days) == (expected.flags, 25)
    assert rules.small_shortages == expected.small_shortages
    assert rules.bill_days_rows == expected.bill_days_rows
    assert is_open(DAY)


def test_a_missing_small_shortage_is_named(settings: Settings) -> None:
    with db.engine(settings, owner=True).begin() as connection:
        load_profile(connection, REFERENCE)
        connection.exec_driver_sql("delete from policy where rule = 'late.small_shortage_cents'")
        with pytest.raises(SettingsError, match=r"no value on 2026-11-16 for late\.small_shortage_cents"):
            rule_book(connection, "meridian", DAY)


def test_mail_is_received_on_the_open_days_of_the_regular_site(connection: sa.Connection) -> None:
    is_open = mail_calendar(connection, "meridian")
    assert is_open(date(2026, 7, 3))  # a holiday on a Saturday leaves Friday open
    assert not is_open(date(2026, 11, 11))  # Veterans Day
    assert not is_open(date(2026, 11, 15))  # a Sunday


def test_the_lender_is_the_only_one_or_the_one_of_the_profile(connection: sa.Connection) -> None:
    assert lender_served(connection, REFERENCE) == "meridian"
    connection.exec_driver_sql("insert into lender values ('another', 'Another Lender')")
    assert lender_served(connection, REFERENCE) == "meridian"


def test_without_a_profile_there_is_no_lender(settings: Settings) -> None:
    with db.engine(settings).connect() as connection:
        with pytest.raises(SettingsError, match="load a profile first"):
            lender_served(connection, REFERENCE)
        with pytest.raises(SettingsError, match="lender meridian: no site"):
            lender_day(connection, "meridian", datetime(2026, 11, 16, tzinfo=UTC))


def test_a_day_is_that_of_the_regular_site(connection: sa.Connection) -> None:
    assert lender_day(connection, "meridian", datetime(2026, 11, 17, 5, 59, tzinfo=UTC)) == DAY  # 11:59 p.m. in Dallas
    assert lender_day(connection, "meridian", datetime(2026, 11, 17, 6, 0, tzinfo=UTC)) == date(2026, 11, 17)


def test_rules_of_a_family_come_by_the_rest_of_their_names(connection: sa.Connection) -> None:
    sites = rules_under(connection, "meridian", "site.", DAY)
    assert list(sites) == ["dallas", "richardson"]
    assert (sites["dallas"]["overnight"], sites["richardson"]["overnight"]) == (False, True)
    assert rules_under(connection, "meridian", "site.", date(2019, 1, 1)) == {}
