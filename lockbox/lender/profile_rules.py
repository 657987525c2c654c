"""The dated rules of servicing in a profile: late fees by state, allocation orders, what flags stop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from lockbox.business_days import SiteHours
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import (
    AllocationOrder,
    BillDays,
    Bucket,
    Cell,
    FeeBase,
    FeeChoice,
    FlagRule,
    LateFeeRule,
    LienReleaseRule,
    ReturnFeeRule,
    Rules,
    SmallShortage,
    Stop,
    Timing,
    order_of,
)
from lockbox.errors import ConflictError, InputError

Kind = TypeVar("Kind", LateFeeRule, ReturnFeeRule, LienReleaseRule)

BILL_DAYS, SMALL_SHORTAGE = "bill.days_before", "late.small_shortage_cents"
ORDER_FIELDS = ("steps_when_current", "most_ahead", "principal_only")
TABLES = {
    "late_fee": "late_fee_rule",
    "return_fee": "return_fee_rule",
    "lien_release": "lien_release_rule",
    "unclaimed": "unclaimed_rule",
}
UNCLAIMED_NUMBERS = ("dormancy_months", "letter_from_cents", "letter_days")


def rules_of(profile: Mapping[str, Any]) -> Rules:
    """The rules in a profile as `read_profile` gives it.

    Raises:
        InputError: a row is not a rule; names its table and number.
    """
    _check_unclaimed(profile)
    return Rules(
        late_fees=tuple(_late_fee(row, at) for at, row in enumerate(profile.get("late_fee", ()), 1)),
        return_fees=tuple(_row(ReturnFeeRule, row, "return_fee", at) for at, row in _numbered(profile, "return_fee")),
        flags={
            row["flag"]: FlagRule(row["flag"], frozenset(Stop(stop) for stop in row["stops"]), row.get("source", ""))
            for row in profile.get("flag", ())
        },
        lien_releases=tuple(
            _row(LienReleaseRule, row, "lien_release", at) for at, row in _numbered(profile, "lien_release")
        ),
        bill_days=next((row["value"] for row in profile["policy"] if row["rule"] == BILL_DAYS), 0),
        bill_days_rows=tuple(
            BillDays(row["valid_from"], row["value"]) for row in profile["policy"] if row["rule"] == BILL_DAYS
        ),
        small_shortages=tuple(_small_shortage(row) for row in profile["policy"] if row["rule"] == SMALL_SHORTAGE),
    )


def orders_of(profile: Mapping[str, Any]) -> dict[str, AllocationOrder]:
    """The allocation orders in a profile, by name.

    Raises:
        SettingsError: a cell is unknown or named twice.
        InputError: an order that cannot be applied: it puts fees of the day now before older ones, now after them, pays
            in advance while an installment is due, takes a tax before its rent, or has a field that no order has.
    """
    orders = {row["order"]: _order(row) for row in profile.get("allocation", ())}
    for name, order in orders.items():
        _check_fees(name, order)
        _check_due_first(name, order.ranks)
        _check_rent_first(name, order.ranks)
        _check_rent_first(name, order.current_ranks)
    return orders


def _order(row: Mapping[str, Any]) -> AllocationOrder:
    unknown = row.keys() - {"order", "steps", *ORDER_FIELDS}
    if unknown:
        raise InputError("an allocation order has no such field", "profile", row["order"], ", ".join(sorted(unknown)))
    return order_of(row["order"], row["steps"], **{name: row[name] for name in ORDER_FIELDS if name in row})


def _check_fees(name: str, order: AllocationOrder) -> None:
    """One order takes fees of the day first, or older ones, whatever else is due: balances do not keep fees by age."""
    ranks_of_fees = [
        [ranks.get((timing, Bucket.FEE)) for timing in (Timing.DUE, Timing.PAST_DUE)]
        for ranks in (order.ranks, order.current_ranks)
    ]
    day_first = {
        day is not None and (older is None or day < older)
        for day, older in ranks_of_fees
        if (day, older) != (None, None)
    }
    if len(day_first) > 1:
        raise InputError("due.fee comes before past_due.fee in some of the steps only", file="profile", record=name)


def _check_due_first(name: str, ranks: Mapping[Cell, int]) -> None:
    """Nobody's money reduces principal while an installment is due, which then is reported late (CFPB, Oct 2024)."""
    ahead = ranks.get((Timing.ADVANCE, Bucket.PRINCIPAL))
    due = [ranks.get((timing, Bucket.PRINCIPAL)) for timing in (Timing.PAST_DUE, Timing.DUE)]
    if ahead is not None and any(rank is None or rank > ahead for rank in due):
        raise InputError("advance.principal comes before what is due", file="profile", record=name)


def _check_rent_first(name: str, ranks: Mapping[Cell, int]) -> None:
    """An installment keeps one sum of what was paid of it: its rent first, then its tax."""
    for timing in Timing:
        rent, tax = ranks.get((timing, Bucket.RENT)), ranks.get((timing, Bucket.TAX))
        if tax is not None and (rent is None or tax < rent):
            raise InputError(f"{timing}.tax comes before {timing}.rent", file="profile", record=name)


def mail_calendar_of(profile: Mapping[str, Any]) -> IsOpen:
    """Whether customers' mail is received on a day: the calendar of the site that regular mail goes to."""
    site = next((site for site in profile["site"] if not site["overnight"]), profile["site"][0])
    rows = sorted(site["cut_off"], key=lambda row: row["valid_from"])

    def is_open(day: date) -> bool:
        row = next((row for row in reversed(rows) if row["valid_from"] <= day), rows[0])
        cut_off = time.fromisoformat(row["time"])
        return SiteHours(site["time_zone"], cut_off, tuple(row["weekdays"]), row["calendar"]).is_open(day)

    return is_open


def load_rules(connection: sa.Connection, profile: Mapping[str, Any], path: Path) -> None:
    """Writes the rules into the database; existing rows stay as they are.

    Raises:
        ConflictError: a dated row, an order, or a flag exists with other content.
        InputError: see `rules_of` and `orders_of`.
    """
    lender = profile["lender"]["id"]
    rules_of(profile)
    for name, order in orders_of(profile).items():
        _load_order(connection, lender, name, order, path)
    for key, table in TABLES.items():
        for row in profile.get(key, ()):
            add_rule(
                connection,
                table,
                {"lender_id": lender, "source": "", **row},
                f"{path}: {key} of {row['state']} from {row['valid_from']}",
            )
    for row in profile.get("flag", ()):
        add_rule(connection, "flag_rule", {"lender_id": lender, "source": "", **row}, f"{path}: flag {row['flag']}")


def add_rule(connection: sa.Connection, table: str, row: Mapping[str, Any], where: str) -> None:
    """Adds a dated row; the same row again changes nothing.

    Raises:
        ConflictError: there with other content; names the place in the file.
    """
    names = list(row)
    connection.execute(
        sa.text(
            f"insert into {table} ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
            " on conflict do nothing"
        ),
        row,
    )
    same = " and ".join(f"{name} is not distinct from :{name}" for name in names)
    if not connection.execute(sa.text(f"select 1 from {table} where {same}"), row).first():
        raise ConflictError(f"{where}: there with other content; a rule changes by a new row with a later date")


def _load_order(connection: sa.Connection, lender: str, name: str, order: AllocationOrder, path: Path) -> None:
    added = connection.execute(
        sa.text("""
            insert into allocation_order (order_id, lender_id, has_current, most_ahead, principal_only)
            values (:name, :lender, :has_current, :most_ahead, :principal_only) on conflict do nothing"""),
        {
            "name": name,
            "lender": lender,
            "has_current": bool(order.current_ranks),
            "most_ahead": order.most_ahead,
            "principal_only": order.principal_only,
        },
    ).rowcount
    if added:
        cells = [
            {"timing": timing, "bucket": bucket, "rank": rank, "is_current": is_current}
            for is_current, ranks in ((False, order.ranks), (True, order.current_ranks))
            for (timing, bucket), rank in ranks.items()
        ]
        connection.execute(
            sa.text("""
                insert into allocation_cell (order_id, timing, bucket, rank, is_current)
                select :name, c.timing, c.bucket, c.rank, c.is_current
                from jsonb_to_recordset(cast(:cells as jsonb)) as c (
                    timing text, bucket text, rank smallint, is_current boolean
                )"""),
            {"name": name, "cells": json.dumps(cells)},
        )
    if load_order(connection, name) != order:
        raise ConflictError(f"{path}: allocation order {name} is there with other steps; another order is another name")


def load_order(connection: sa.Connection, order_id: str) -> AllocationOrder:
    """An allocation order as the tables hold it."""
    order = connection.execute(
        sa.text("select most_ahead, principal_only from allocation_order where order_id = :order"), {"order": order_id}
    ).one()
    ranks: dict[bool, dict[Cell, int]] = {False: {}, True: {}}
    for cell in connection.execute(
        sa.text("select timing, bucket, rank, is_current from allocation_cell where order_id = :order"),
        {"order": order_id},
    ):
        ranks[cell.is_current][Timing(cell.timing), Bucket(cell.bucket)] = cell.rank
    return AllocationOrder(order_id, ranks[False], ranks[True], order.most_ahead, order.principal_only)


def _check_unclaimed(profile: Mapping[str, Any]) -> None:
    for at, row in _numbered(profile, "unclaimed"):
        if row.keys() - {"source"} != {"state", "valid_from", *UNCLAIMED_NUMBERS}:
            needed = ", ".join(UNCLAIMED_NUMBERS)
            raise InputError(f"needs state, valid_from, {needed}", file="profile", record=f"unclaimed {at}")
        for name in UNCLAIMED_NUMBERS:
            if type(row[name]) is not int or row[name] < (name != "letter_from_cents"):
                raise InputError(f"{row[name]!r} is no number of them", "profile", f"unclaimed {at}", name)


def _numbered(profile: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    return list(enumerate(profile.get(key, ()), 1))


def _late_fee(row: Mapping[str, Any], at: int) -> LateFeeRule:
    try:
        more = {
            "choice": FeeChoice(row.get("choice", "")),
            "base": FeeBase(row.get("base", FeeBase.INSTALLMENT)),
        }
    except ValueError as error:
        raise InputError(str(error), file="profile", record=f"late_fee {at}") from error
    return _row(LateFeeRule, {**row, **more}, "late_fee", at)


def _small_shortage(row: Mapping[str, Any]) -> SmallShortage:
    cents = row["value"]
    if type(cents) is not int or cents < 0:
        raise InputError(f"{cents!r} is not an amount in cents", file="profile", record=SMALL_SHORTAGE, field="value")
    return SmallShortage(row["valid_from"], cents)


def _row(kind: type[Kind], row: Mapping[str, Any], key: str, at: int) -> Kind:
    try:
        return kind(**row)
    except TypeError as error:
        raise InputError(str(error), file="profile", record=f"{key} {at}") from error
