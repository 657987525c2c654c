"""A deposited check "paid in full" that is given back in time, so that the claim stands (UCC 3-311(c)(2))."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError
from lockbox.lender.dated_rules import lender_day, lender_served, rule_on
from lockbox.mail.taken_back import take_back
from lockbox.money import dollars
from lockbox.ops_events import note, settle_all_but
from lockbox.runtime import Runtime
from lockbox.servicing.correction import find_item

EVENT = "repayment"


def start(connection: sa.Connection, name: str, by: str, as_of: datetime) -> list[str]:
    """Begins a repayment: the payment is taken back, and its money waits, unidentified, to be refunded to its sender.

    Raises:
        InputError: no such item, or nobody is named.
        Refused: it is not deposited, was not meant to settle a debt, or the way is not open, or no longer.
    """
    if not by.strip():
        raise InputError("name the person who does it", field="by")
    item_id = find_item(connection, name)
    lender_id = connection.execute(
        sa.text("select lender_id from site join batch using (site_id) join item using (batch_id) where item_id = :i"),
        {"i": item_id},
    ).scalar_one()
    last_on = connection.execute(
        sa.text("select start_repayment(:item, :day, :by, :as_of)"),
        {"item": item_id, "day": lender_day(connection, lender_id, as_of), "by": by, "as_of": as_of},
    ).scalar_one()
    decided = connection.execute(sa.text("select suspense_kind from newest_decision(:item)"), {"item": item_id})
    lines = []
    if decided.scalar_one() != "unidentified":
        lines = take_back(connection, item_id, "repaid under UCC 3-311(c)(2)", None, as_of, by.strip())
    return [*lines, f"{name}: its sender is refunded by {last_on}, or the claim may be discharged"]


def note_repayments(runtime: Runtime, as_of: datetime) -> None:
    """Tells of every repayment that is not made and whose last day is near or has passed."""
    with runtime.engine.begin() as connection:
        lender_id = lender_served(connection, runtime.settings.profile)
        day = lender_day(connection, lender_id, as_of)
        ahead = timedelta(days=int(rule_on(connection, lender_id, "disputes.repay_warn_days", day)))
        scopes = []
        for row in db.rows(connection, "queries/open_repayments", lender=lender_id, until=day + ahead):
            scopes.append(f"repayment/{lender_id}/{row['item_id']}")
            is_late = day > row["last_on"]
            verb = "was to be" if is_late else "is to be"
            words = f"{row['name']}: {dollars(row['amount_cents'])} {verb} repaid by {row['last_on']}"
            note(connection, "error" if is_late else "warning", EVENT, scopes[-1], words, as_of)
        settle_all_but(connection, EVENT, scopes, as_of, within=f"repayment/{lender_id}/")
