"""What came together in one envelope, and what of it still waits."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from lockbox import db


@dataclass(frozen=True, slots=True)
class Companion:
    """Another document of an item's envelope, as it is decided now."""

    item_id: int
    name: str  # site/YYYY-MM-DD/batch/sequence
    kind: str
    outcome: str  # of its newest decision; "undecided" without one
    amount_cents: int | None
    reasons: tuple[str, ...]
    state: str | None  # of what is proposed for it
    waits: bool


def companions(connection: sa.Connection, item_id: int) -> list[Companion]:
    """The other documents of an item's envelope, in order of scanning."""
    rows = db.rows(connection, "queries/envelope_companions", item=item_id)
    return [Companion(**{**row, "reasons": tuple(row["reasons"])}) for row in rows]


def still_waiting(connection: sa.Connection, item_id: int) -> str:
    """What of the envelope nobody has proposed anything for yet, as the end of a message."""
    names = [f"{other.name} ({other.kind})" for other in companions(connection, item_id) if _is_open(other)]
    return f"; of its envelope still waits: {', '.join(names)}" if names else ""


def _is_open(other: Companion) -> bool:
    return other.waits and other.state is None
