"""Posting: the decided checks of a batch become journals, set-based, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from lockbox import db


def post_batch(connection: sa.Connection, batch_id: int, as_of: datetime) -> None:
    """Writes the journals that a batch's decisions ask for and that are not there yet.

    The split over what a contract owes is the rule of `lockbox.allocation`, for all payments at once.
    """
    for table, parameters in (("due", {"batch_id": batch_id}), ("payment", {}), ("owed", {})):
        connection.execute(db.query(f"posting/{table}"), parameters)
        connection.execute(sa.text(f"analyze post_{table}"))
    connection.execute(db.query("posting/journals"), {"as_of": as_of})
    connection.execute(sa.text("drop table post_due, post_payment, post_owed"))
