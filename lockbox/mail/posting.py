"""Posting: the decided checks of a batch become journals, set-based, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa


def post_batch(connection: sa.Connection, batch_id: int, as_of: datetime) -> None:
    """Writes the journals that a batch's decisions call for and that do not exist yet (sql/functions/030_posting.sql).

    Payments are allocated by the rule of `lockbox.contract.allocation`, all at once. A payment that counts from a later
    day than the batch's own is unapplied money until that day's night.
    """
    connection.execute(sa.text("select post_batch(:batch_id, :as_of)"), {"batch_id": batch_id, "as_of": as_of})
