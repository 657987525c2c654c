"""Fences for stages: each attempt takes the next fence, and only the attempt with the newest fence can commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from lockbox.errors import ConflictError, Fenced, InputError, LockboxError
from lockbox.faults import message_of, named
from lockbox.ops_events import note_failure, settle_failures
from lockbox.scopes import Scope
from lockbox.telemetry import step


@contextmanager
def stage(
    engine: sa.Engine,
    scope: Scope,
    name: str,
    as_of: datetime,
    input_mark: str = "",
    failures: Mapping[type[Exception], str] = MappingProxyType({}),
    refused: Callable[[sa.Connection, LockboxError], None] | None = None,
) -> Iterator[sa.Connection]:
    """One transaction for one stage of one scope (a batch or a site day), committed only by its newest attempt.

    Airflow runs a task at least once and may run two attempts at the same time. An attempt that finds at its end that a
    newer one has begun writes nothing. A failure is noted in stage_run and as an operations event, and raised again;
    the event is closed when the stage is done. `failures` names the kinds of events of some errors, and `refused` notes
    more about those, at once with the failure. Unless the input is to blame, `input_mark` is forgotten: the same input
    may succeed later.

    Raises:
        Fenced: a newer attempt took over.
        Unavailable: the surroundings failed, as a full disk does.
    """
    begun = time.monotonic()
    with named():
        fence = _take(engine, scope, name, as_of, input_mark)
    try:
        with step(name, scope=str(scope)), named(), engine.begin() as connection:
            yield connection
            _finish(connection, scope, name, fence, as_of, (time.monotonic() - begun) * 1000)
    except Fenced:
        raise
    except Exception as error:
        kind = next((kind for cause, kind in failures.items() if isinstance(error, cause)), "")
        note = refused if kind and isinstance(error, LockboxError) else None
        with suppress(sa.exc.SQLAlchemyError):  # a database that is away cannot note it; the error itself is raised
            _note_failure(engine, scope, name, fence, as_of, error, kind, note)
        raise


def is_done(connection: sa.Connection, scope: Scope, name: str) -> bool:
    """Whether a stage has been committed."""
    state = connection.execute(
        sa.text("select state from stage_run where scope = :scope and stage = :stage"),
        {"scope": str(scope), "stage": name},
    ).scalar()
    return bool(state == "done")


def _take(engine: sa.Engine, scope: Scope, name: str, as_of: datetime, input_mark: str) -> int:
    with engine.begin() as connection:
        return int(
            connection.execute(
                sa.text("""
                    insert into stage_run (scope, stage, fence, state, started_at, input_mark)
                    values (:scope, :stage, 1, 'running', :as_of, :input_mark)
                    on conflict (scope, stage) do update
                    set fence = stage_run.fence + 1, state = 'running', started_at = excluded.started_at,
                        message = '', finished_at = null, input_mark = excluded.input_mark
                    returning fence"""),
                {"scope": str(scope), "stage": name, "as_of": as_of, "input_mark": input_mark},
            ).scalar_one()
        )


def _finish(
    connection: sa.Connection, scope: Scope, name: str, fence: int, as_of: datetime, duration_ms: float
) -> None:
    """The update locks the row: a newer attempt waits for our commit, or already has the row and we match nothing."""
    changed = connection.execute(
        sa.text("""
            update stage_run set state = 'done', finished_at = :as_of, duration_ms = :duration_ms
            where scope = :scope and stage = :stage and fence = :fence"""),
        {"scope": str(scope), "stage": name, "fence": fence, "as_of": as_of, "duration_ms": duration_ms},
    ).rowcount
    if changed != 1:
        raise Fenced(f"{scope} {name}: attempt {fence} was superseded by a newer one and wrote nothing")
    settle_failures(connection, str(scope), name, as_of)


def _note_failure(
    engine: sa.Engine,
    scope: Scope,
    name: str,
    fence: int,
    as_of: datetime,
    error: Exception,
    kind: str,
    refused: Callable[[sa.Connection, LockboxError], None] | None,
) -> None:
    message = message_of(error)
    with engine.begin() as connection:
        is_newest = connection.execute(
            sa.text("""
                update stage_run
                set
                    state = 'failed', message = :message, finished_at = :as_of,
                    input_mark = case when :is_refused then input_mark else '' end
                where scope = :scope and stage = :stage and fence = :fence"""),
            {
                "scope": str(scope),
                "stage": name,
                "fence": fence,
                "as_of": as_of,
                "message": message[:2000],
                "is_refused": isinstance(error, InputError | ConflictError),
            },
        ).rowcount
        if is_newest:
            note_failure(connection, kind or "stage_failed", str(scope), name, error, as_of)
            if refused is not None and isinstance(error, LockboxError):
                refused(connection, error)
