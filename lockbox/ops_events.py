"""What somebody has to see of running work: the status, the report and the alerts read it, and it closes nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

LONGEST_MESSAGE = 2000  # characters; a person reads them on one screen


def note(connection: sa.Connection, severity: str, kind: str, scope: str, message: str, at: datetime) -> None:
    """Writes an operations event down, in the caller's transaction; the same one again is the same row.

    `severity` is info, warning or error.
    """
    connection.execute(
        sa.text("""
            insert into ops_event (at, severity, kind, scope, message)
            values (:at, :severity, :kind, :scope, :message)
            on conflict do nothing"""),
        {"at": at, "severity": severity, "kind": kind, "scope": scope, "message": message[:LONGEST_MESSAGE]},
    )


def note_alone(engine: sa.Engine, severity: str, kind: str, scope: str, message: str, at: datetime) -> None:
    """The same in a transaction of its own: it stays, whatever becomes of the work that it tells of."""
    with engine.begin() as connection:
        note(connection, severity, kind, scope, message, at)
