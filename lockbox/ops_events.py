"""Operations events: what people should know about running work, for the status, the report and the alerts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

LONGEST_MESSAGE = 2000  # characters; fits on one screen


def note(connection: sa.Connection, severity: str, kind: str, scope: str, message: str, at: datetime) -> None:
    """Notes an operations event in the caller's transaction; the same event again adds no row.

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
    """Notes an event in its own transaction: it stays even if the work that it is about is rolled back."""
    with engine.begin() as connection:
        note(connection, severity, kind, scope, message, at)
