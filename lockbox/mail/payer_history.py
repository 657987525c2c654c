"""Who paid which contract: kept when checks are posted, asked when the next ones are read and decided."""

from __future__ import annotations

import sqlalchemy as sa

from lockbox import db


def note_payers(connection: sa.Connection, batch_id: int) -> None:
    """Keeps who paid what by a batch's posted checks, and what they show of how their banks lay out MICR lines.

    Running it again changes nothing. The view `payer_known` leaves out postings that were wrong.
    """
    for name in ("note_payers", "note_layouts"):
        connection.execute(db.query(f"queries/{name}"), {"batch_id": batch_id})


def bank_layouts(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """How often checks of a bank have borne out a way to lay out its MICR line: by routing number and layout."""
    counts = connection.execute(sa.text("select routing, layout, count(*) as n from bank_layout group by 1, 2"))
    learnt: dict[str, dict[str, int]] = {}
    for row in counts:
        learnt.setdefault(row.routing, {})[row.layout] = row.n
    return learnt
