"""The dated rules of a lender as the tables hold them, and the days on which its mail is received."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from lockbox.business_days import SiteHours
from lockbox.grace import OpenDay
from lockbox.policy import rule_on
from lockbox.terms import FeeBase, FeeChoice, FlagRule, LateFeeRule, LienReleaseRule, ReturnFeeRule, Rules, Stop


def rule_book(connection: sa.Connection, lender_id: str, day: date) -> tuple[Rules, OpenDay]:
    """All rows of a lender; of what is one value at a time (days of billing), the one in force on a day.

    Raises:
        SettingsError: a value is missing on that day.
    """

    def rows(table: str) -> list[sa.Row[tuple[object, ...]]]:
        statement = sa.text(f"select * from {table} where lender_id = :lender")
        return list(connection.execute(statement, {"lender": lender_id}).all())

    rules = Rules(
        late_fees=tuple(
            LateFeeRule(
                one.state, one.valid_from, one.grace_days, FeeChoice(one.choice), one.percent_ppm, one.fixed_cents,
                FeeBase(one.base), one.own_window, one.source,
            )
            for one in rows("late_fee_rule")
        ),
        return_fees=tuple(
            ReturnFeeRule(one.state, one.valid_from, one.fee_cents, one.source) for one in rows("return_fee_rule")
        ),
        flags={
            one.flag: FlagRule(one.flag, frozenset(Stop(stop) for stop in one.stops), one.source)
            for one in rows("flag_rule")
        },
        lien_releases=tuple(
            LienReleaseRule(one.state, one.valid_from, one.days, one.source) for one in rows("lien_release_rule")
        ),
        bill_days=int(rule_on(connection, lender_id, "bill.days_before", day)),
    )  # fmt: skip
    return rules, open_days(connection, lender_id)


def open_days(connection: sa.Connection, lender_id: str) -> OpenDay:
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
        return next((one for since, one in hours if since <= day), hours[-1][1]).is_open(day)

    return is_open


def _hours(row: Any) -> SiteHours:
    return SiteHours(row.time_zone, row.cut_off, tuple(row.open_weekdays), row.calendar)
