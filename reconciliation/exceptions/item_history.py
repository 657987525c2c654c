"""What happened to one item: decisions of the engine, and what people keyed, proposed, confirmed and decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lockbox import db


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One thing that happened to an item."""

    at: datetime
    person: str  # or "engine"
    text: str


def history(connection: sa.Connection, item_id: int) -> list[HistoryStep]:
    """All that happened to an item, oldest first. What people keyed blindly is told as a fact, not as a number."""
    return [HistoryStep(**row) for row in db.rows(connection, "queries/item_history", item_id=item_id)]
