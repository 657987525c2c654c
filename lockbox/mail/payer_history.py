"""Who paid which contract: recorded when checks are posted, used when the next ones are read and decided."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from lockbox import db


def note_payers(connection: sa.Connection, items: Sequence[int]) -> None:
    """Records who paid what with posted checks, and how their banks lay out MICR lines.

    Running it again changes nothing. The view `payer_known` leaves out wrong postings.
    """
    for name in ("note_payers", "note_layouts"):
        connection.execute(db.query(f"queries/{name}"), {"items": list(items)})


def bank_layouts(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """How often checks of a bank have confirmed a layout of its MICR line: by routing number and layout."""
    counts = connection.execute(sa.text("select routing, layout, count(*) as n from bank_layout group by 1, 2"))
    layouts: dict[str, dict[str, int]] = {}
    for row in counts:
        layouts.setdefault(row.routing, {})[row.layout] = row.n
    return layouts
