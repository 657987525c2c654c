"""Checks that look the same as one that waits, and the fingerprint of a check as a person reads it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from lockbox import db
from lockbox.mail.decision_basis import mark_of


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another item with the same fingerprint."""

    item_id: int
    name: str  # site/YYYY-MM-DD/batch/sequence
    outcome: str
    amount_cents: int | None
    has_left: bool  # returned to its sender, as two people confirmed: mailed again, it is no duplicate


def look_alikes(connection: sa.Connection, item_id: int) -> list[LookAlike]:
    """The items that look the same, oldest first."""
    return [LookAlike(**row) for row in db.rows(connection, "queries/look_alikes", item=item_id)]


def true_mark(connection: sa.Connection, item_id: int, amount_cents: int, serial: str = "") -> str | None:
    """The fingerprint of a check with the amount, and the serial number if given, that a person read; None where its
    bank account was not read."""
    (row,) = db.rows(connection, "queries/item_marks", item=item_id)
    return mark_of(row, amount_cents, serial)
