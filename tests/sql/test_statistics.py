"""refresh_statistics: the planner learns of a table that has grown, and one that has hardly grown is left alone."""

from __future__ import annotations

import sqlalchemy as sa

from lockbox import db
from lockbox.settings import Settings


def counted(connection: sa.Connection, first: int, last: int) -> int:
    """How many credits the planner knows of, once those from `first` to `last` are there as well."""
    connection.execute(
        sa.text("insert into installment_credit select 1, 1, n, 1, '2026-11-16' from generate_series(:first, :last) n"),
        {"first": first, "last": last},
    )
    connection.execute(sa.text("select refresh_statistics()"))
    known = connection.execute(sa.text("select reltuples from pg_class where relname = 'installment_credit'"))
    return int(known.scalar_one())


def test_what_grew_by_more_than_a_tenth_is_counted_again(settings: Settings) -> None:
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(sa.text("set session_replication_role = replica"))  # without the ledger's guards
        assert counted(connection, 1, 5_000) == 5_000
        assert counted(connection, 5_001, 5_200) == 5_000
        assert counted(connection, 5_201, 8_000) == 8_000
        connection.execute(sa.text("set session_replication_role = origin"))
