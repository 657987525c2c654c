"""Operations events: noted once, in the caller's transaction or in their own."""

from __future__ import annotations

import sqlalchemy as sa

from lockbox.ops_events import LONGEST_MESSAGE, note, note_alone
from lockbox.runtime import Runtime
from tests.builders import ledger as make


def _messages(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select message from ops_event order by event_id")).scalars())


def test_the_same_event_is_noted_once(runtime: Runtime) -> None:
    for message in ("not posted: D001", "not posted: D001", "not posted: D002"):
        note_alone(runtime.engine, "warning", "late", "dallas/2026-11-16", message, make.EVENING)
    assert _messages(runtime) == ["not posted: D001", "not posted: D002"]


def test_a_note_is_rolled_back_with_its_transaction(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection, connection.begin() as transaction:
        note(connection, "info", "late", "dallas/2026-11-16", "gone", make.EVENING)
        note_alone(runtime.engine, "info", "late", "dallas/2026-11-16", "kept", make.EVENING)
        transaction.rollback()
    assert _messages(runtime) == ["kept"]


def test_a_long_message_is_cut(runtime: Runtime) -> None:
    note_alone(runtime.engine, "error", "task_failed", "x", "a" * 5_000, make.EVENING)
    assert [len(message) for message in _messages(runtime)] == [LONGEST_MESSAGE]
