"""The dated rules of a lender as the tables hold them, and the days on which its mail is received."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox.business_days import SiteHours
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import (
    BillDays,
    FeeBase,
    FeeChoice,
    FlagRule,
    LateFeeRule,
    LienReleaseRule,
    ReturnFeeRule,
    Rules,
    SmallShortage,
    Stop,
)
from lockbox.errors import SettingsError
from lockbox.lender.policy import POLICY_RULES, Policy, attributes, is_policy_rule
from lockbox.lender.profile import read_profile
from lockbox.lender.profile_rules import BILL_DAYS, SMALL_SHORTAGE


def lender_served(connection: sa.Connection, profile: Path) -> str:
    """The id of the lender in the database; of several, the one that the profile file names.

    Raises:
        SettingsError: no profile has been loaded.
    """
    lenders = list(connection.execute(sa.text("select lender_id from lender")).scalars())
    if not lenders:
        raise SettingsError(f"no lender in the database: load a profile first, for example {profile}")
    return lenders[0] if len(lenders) == 1 else str(read_profile(profile)["lender"]["id"])


def lender_day(connection: sa.Connection, lender_id: str, at: datetime) -> date:
    """The date of an instant at the site that regular mail goes to.

    Raises:
        SettingsError: the lender has no site.
    """
    return at.astimezone(lender_zone(connection, lender_id)).date()


def lender_zone(connection: sa.Connection, lender_id: str) -> ZoneInfo:
    """The time zone of the site that regular mail goes to.

    Raises:
        SettingsError: the lender has no site.
    """
    zone = connection.execute(
        sa.text("select time_zone from site where lender_id = :lender order by overnight, site_id limit 1"),
        {"lender": lender_id},
    ).scalar()
    if zone is None:
        raise SettingsError(f"lender {lender_id}: no site")
    return ZoneInfo(zone)


def rule_book(connection: sa.Connection, lender_id: str, day: date) -> tuple[Rules, IsOpen]:
    """All dated rows of a lender; of rules with one value at a time (days of billing), the one in force on a day.

    Raises:
        SettingsError: a value is missing on that day.
    """

    def rows(table: str) -> list[sa.Row[Any]]:
        statement = sa.text(f"select * from {table} where lender_id = :lender")
        return list(connection.execute(statement, {"lender": lender_id}).all())

    rules = Rules(
        late_fees=tuple(_late_fee(row) for row in rows("late_fee_rule")),
        return_fees=tuple(
            ReturnFeeRule(row.state, row.valid_from, row.fee_cents, row.source) for row in rows("return_fee_rule")
        ),
        flags={
            row.flag: FlagRule(row.flag, frozenset(Stop(stop) for stop in row.stops), row.source)
            for row in rows("flag_rule")
        },
        lien_releases=tuple(
            LienReleaseRule(row.state, row.valid_from, row.days, row.source) for row in rows("lien_release_rule")
        ),
        bill_days=int(rule_on(connection, lender_id, BILL_DAYS, day)),
        bill_days_rows=tuple(BillDays(*row) for row in _dated_numbers(connection, lender_id, BILL_DAYS, day)),
        small_shortages=tuple(
            SmallShortage(*row) for row in _dated_numbers(connection, lender_id, SMALL_SHORTAGE, day)
        ),
    )
    return rules, mail_calendar(connection, lender_id)


def _late_fee(row: sa.Row[Any]) -> LateFeeRule:
    return LateFeeRule(
        row.state,
        row.valid_from,
        row.grace_days,
        FeeChoice(row.choice),
        row.percent_ppm,
        row.fixed_cents,
        FeeBase(row.base),
        row.own_window,
        row.source,
    )


def _dated_numbers(connection: sa.Connection, lender_id: str, rule: str, day: date) -> list[tuple[date, int]]:
    """(first day, value) of every row of a rule that has a value on a day."""
    rule_on(connection, lender_id, rule, day)  # must not be forgotten because a row is missing
    rows = connection.execute(
        sa.text("select valid_from, value from policy where lender_id = :lender and rule = :rule order by valid_from"),
        {"lender": lender_id, "rule": rule},
    )
    return [(row.valid_from, int(row.value)) for row in rows]


def mail_calendar(connection: sa.Connection, lender_id: str) -> IsOpen:
    """Whether customers' mail is received on a day, by the calendar of the site that regular mail goes to."""
    rows = connection.execute(
        sa.text("""
            select s.time_zone, c.valid_from, c.cut_off, c.open_weekdays, c.calendar
            from site as s join site_cut_off as c using (site_id)
            where s.lender_id = :lender
                and s.site_id = (select site_id from site where lender_id = :lender order by overnight, site_id limit 1)
            order by c.valid_from desc"""),
        {"lender": lender_id},
    ).all()
    hours = [(row.valid_from, _hours(row)) for row in rows]

    def is_open(day: date) -> bool:
        return next((in_force for since, in_force in hours if since <= day), hours[-1][1]).is_open(day)

    return is_open


def _hours(row: Any) -> SiteHours:
    return SiteHours(row.time_zone, row.cut_off, tuple(row.open_weekdays), row.calendar)


def policy_on(connection: sa.Connection, site_id: str, day: date) -> Policy:
    """The rules of a site as they stood on a day.

    Raises:
        SettingsError: the site is unknown, or a rule has no value on that day.
    """
    sites = connection.execute(
        sa.text("""
            select s.*, c.cut_off, c.open_weekdays, c.calendar
            from site as s join site_cut_off as c using (site_id)
            where s.site_id = :site and c.valid_from <= :day
            order by c.valid_from desc limit 1"""),
        {"site": site_id, "day": day},
    ).mappings()
    site = sites.first()
    if site is None:
        raise SettingsError(f"site {site_id}: unknown, or without a cut-off on {day}")
    return Policy(
        site_id=site_id,
        overnight=site["overnight"],
        hours=SiteHours(site["time_zone"], site["cut_off"], tuple(site["open_weekdays"]), site["calendar"]),
        **_payees(connection, site["lender_id"], day),
        **_rules(connection, site["lender_id"], day),
    )


def rule_on(connection: sa.Connection, lender_id: str, rule: str, day: date) -> Any:
    """The value of a rule on a day.

    Raises:
        SettingsError: the rule has no value on that day.
    """
    row = connection.execute(
        sa.text("""
            select value from policy where lender_id = :lender and rule = :rule and valid_from <= :day
            order by valid_from desc limit 1"""),
        {"lender": lender_id, "rule": rule, "day": day},
    ).first()
    if row is None:
        raise SettingsError(f"lender {lender_id}: no value on {day} for {rule}")
    return row.value


def rules_under(connection: sa.Connection, lender_id: str, prefix: str, day: date) -> dict[str, Any]:
    """The values on a day of all rules whose names begin with a prefix ("site."), by the rest of the name, sorted."""
    rows = connection.execute(
        sa.text("""
            select distinct on (rule) rule, value from policy
            where lender_id = :lender and starts_with(rule, :prefix) and valid_from <= :day
            order by rule, valid_from desc"""),
        {"lender": lender_id, "prefix": prefix, "day": day},
    )
    return {row.rule.removeprefix(prefix): row.value for row in rows}


def _payees(connection: sa.Connection, lender_id: str, day: date) -> dict[str, Any]:
    rows = connection.execute(
        sa.text("""
            select name, product from payee
            where lender_id = :lender and valid_from <= :day and (valid_to is null or valid_to > :day)
            order by name"""),
        {"lender": lender_id, "day": day},
    ).all()
    return {"payees": tuple(row.name for row in rows), "payee_products": {row.name: row.product for row in rows}}


def _rules(connection: sa.Connection, lender_id: str, day: date) -> dict[str, Any]:
    rows = connection.execute(
        sa.text("""
            select distinct on (rule) rule, value from policy
            where lender_id = :lender and valid_from <= :day order by rule, valid_from desc"""),
        {"lender": lender_id, "day": day},
    )
    values = {row.rule: row.value for row in rows}
    missing = sorted({*POLICY_RULES, "box.products"} - set(values))
    if missing:
        raise SettingsError(f"lender {lender_id}: no value on {day} for {', '.join(missing)}")
    return attributes({rule: value for rule, value in values.items() if is_policy_rule(rule)}) | {
        "box_products": {box: tuple(products) for box, products in values["box.products"].items()}
    }
