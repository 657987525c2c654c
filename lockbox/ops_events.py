"""Operations events: what people should know about running work, for the status, the report and the alerts.

A cause is told by kind, scope, and, where these do not suffice, a text `cause`. It is one event while it lasts: noted
again, the event counts up. Whoever sees that the cause is gone settles it; a cause that comes back is a new event. The
kinds, and what closes them, are rows of `ops_event_kind`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from lockbox.errors import InputError, NotReady, Unavailable, UsageError
from lockbox.faults import message_of

LONGEST_MESSAGE = 2000  # characters; fits on one screen
# What a stage or task that failed becomes; the cause is the name of the stage or task.
FAILURES = ("stage_failed", "task_failed", "batch_set_aside", "out_of_balance", "night_failed", "audit_failed")
_NOTED = "operations_event"  # an attribute of errors


def note(
    connection: sa.Connection, severity: str, kind: str, scope: str, message: str, at: datetime, cause: str = ""
) -> int:
    """Notes an operations event in the caller's transaction and returns its number; a cause that is known adds no row.

    `severity` is info, warning or error. Information is closed from the start, and settles what was wrong before.
    """
    return int(
        connection.execute(
            sa.text("select note_event(:severity, :kind, :scope, :cause, :message, :at)"),
            {
                "severity": severity,
                "kind": kind,
                "scope": scope,
                "cause": cause,
                "message": message[:LONGEST_MESSAGE],
                "at": at,
            },
        ).scalar_one()
    )


def note_alone(
    engine: sa.Engine, severity: str, kind: str, scope: str, message: str, at: datetime, cause: str = ""
) -> int:
    """Notes an event in its own transaction: it stays even if the work that it is about is rolled back."""
    with engine.begin() as connection:
        return note(connection, severity, kind, scope, message, at, cause)


def settle(connection: sa.Connection, kind: str, scope: str, at: datetime, cause: str | None = None) -> int:
    """Closes the open events of a kind and scope, in the caller's transaction: their cause is gone.

    Those of all causes, unless one is named. Returns how many.
    """
    return _settle(connection, [kind], scope, at, cause)


def settle_older(connection: sa.Connection, kind: str, scope: str, at: datetime, cause: str, before: datetime) -> int:
    """Closes an open event that was noted last before an instant, in the caller's transaction. Returns how many."""
    noted = connection.execute(
        sa.text("""
            select 1 from ops_event
            where (kind, scope, cause) = (:kind, :scope, :cause) and closed_at is null and last_at < :before"""),
        {"kind": kind, "scope": scope, "cause": cause, "before": before},
    )
    return settle(connection, kind, scope, at, cause) if noted.first() else 0


def settle_failures(connection: sa.Connection, scope: str, cause: str, at: datetime) -> None:
    """Closes the failures of a stage or task, which is done now."""
    _settle(connection, FAILURES, scope, at, cause)


def _settle(connection: sa.Connection, kinds: Sequence[str], scope: str, at: datetime, cause: str | None) -> int:
    return int(
        connection.execute(
            sa.text("select settle_events(:kinds, :scope, :at, :cause)"),
            {"kinds": list(kinds), "scope": scope, "at": at, "cause": cause},
        ).scalar_one()
    )


def settle_all_but(
    connection: sa.Connection, kind: str, scopes: Collection[str], at: datetime, within: str = ""
) -> int:
    """Closes the open events of a kind, except those of scopes for which the cause lasts. Returns how many.

    `within` limits it to scopes that begin so, such as those of one site.
    """
    return int(
        connection.execute(
            sa.text("select settle_all_but(:kind, :within, :scopes, :at)"),
            {"kind": kind, "within": within, "scopes": list(scopes), "at": at},
        ).scalar_one()
    )


def note_failure(connection: sa.Connection, kind: str, scope: str, cause: str, error: Exception, at: datetime) -> None:
    """Notes an error as an event, and on the error that this is done: what handles it further up adds no second one."""
    severity = "warning" if isinstance(error, NotReady | Unavailable) else "error"  # it is tried again later
    mark_noted(error, note(connection, severity, kind, scope, message_of(error), at, cause))


def mark_noted(error: Exception, event_id: int) -> None:
    """Notes on an error which event it is."""
    vars(error)[_NOTED] = event_id


def is_noted(error: BaseException | None) -> bool:
    """Whether an error is an event already."""
    return error is not None and _NOTED in vars(error)


def acknowledge(
    connection: sa.Connection, event_ids: Sequence[int], by: str, remark: str, at: datetime, *, is_gone: bool = False
) -> list[sa.RowMapping]:
    """A person has seen these open events. An event that nothing else would close, or whose cause the person says is
    gone, is closed. The first name stays. Returns the events.

    Raises:
        UsageError: nobody is named.
        InputError: there is no such event, or it is closed.
    """
    if not by.strip():
        raise UsageError("name the person who acknowledges it")
    values = {"by": by.strip(), "remark": remark.strip(), "at": at, "is_gone": is_gone}
    for event_id in event_ids:
        seen = sa.text("select acknowledge_event(:event, :by, :remark, :at, :is_gone)")
        if not connection.execute(seen, values | {"event": event_id}).scalar_one():
            raise InputError("no open event has this number", record=f"event {event_id}")
    events = sa.text("select * from ops_event where event_id = any(:events) order by event_id")
    return list(connection.execute(events, {"events": list(event_ids)}).mappings())
