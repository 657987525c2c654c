"""Unidentified money that goes back to its sender, and what a check that comes back means for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from lockbox.errors import ConflictError
from lockbox.money import dollars
from lockbox.ops_events import note

KIND = "sender_refund"


def ensure_returned(
    connection: sa.Connection, journals: Iterable[sa.RowMapping], *, is_returned: bool, as_of: datetime
) -> None:
    """A check whose money goes back to its sender is taken back only by its bank; then a person is told of the refund.

    Raises:
        ConflictError: its bank did not return it.
    """
    for journal in journals:
        if journal["source_kind"] != KIND:
            continue
        name, cents = connection.execute(
            sa.text("select payee_name, amount_cents from suspense_work where work_id = :work"),
            {"work": int(journal["source_key"].partition("/")[0])},
        ).one()
        if not is_returned:
            raise ConflictError(f"{dollars(cents)} of it was refunded to {name}")
        message = f"{dollars(cents)} was to be refunded to {name}, whose check came back: do not pay it, or claim it"
        note(connection, "warning", "refund", f"suspense/{journal['source_key']}", message, as_of)
