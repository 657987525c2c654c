"""Money of customers that nobody claims, shell: since when, when its owner gets a letter, when it goes to the state."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.money import dollars
from lockbox.ops_events import note, settle_all_but


def unclaimed_money(connection: sa.Connection, lender_id: str, day: date) -> list[sa.RowMapping]:
    """What is issued and not cleared, or payable, with its days; the oldest first.

    Raises:
        SettingsError: a state has no rule on the day.
    """
    return db.rows(connection, "queries/unclaimed_money", lender_id=lender_id, day=day)


def note_due(connection: sa.Connection, lender_id: str, day: date, as_of: datetime) -> None:
    """Tells finance what is due to a state; the event closes itself when the money is claimed."""
    prefix, scopes = f"unclaimed/{lender_id}/", []
    for row in unclaimed_money(connection, lender_id, day):
        if row["goes_on"] > day:
            continue
        name = f"refund-{row['refund_no']}" if row["refund_no"] else f"payable-{row['since_on']}"
        scopes.append(f"{prefix}{row['account_number']}/{name}")
        note(connection, "warning", "unclaimed", scopes[-1], _due_message(row), as_of)
    settle_all_but(connection, "unclaimed", scopes, as_of, within=prefix)


def _due_message(row: sa.RowMapping) -> str:
    what = f"refund {row['refund_no']}, not cashed" if row["refund_no"] else "payable, not claimed"
    letter = f"letter of {row['letter_made_on']}" if row["letter_made_on"] else "no letter"
    return (
        f"{row['account_number']}: {dollars(row['amount_cents'])}, {what} since {row['since_on']}, "
        f"is due to {row['state']} since {row['goes_on']}; {letter}"
    )
