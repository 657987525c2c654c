"""Operations events: one row for a cause while it lasts; settled when it is gone, acknowledged by a person."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.errors import InputError, UsageError
from lockbox.ops_events import (
    LONGEST_MESSAGE,
    acknowledge,
    is_noted,
    note,
    note_alone,
    note_failure,
    settle,
    settle_all_but,
)
from lockbox.runtime import Runtime
from tests.builders import ledger as make

SCOPE = "dallas/2026-11-16"
LATER = make.EVENING + timedelta(hours=1)


def _rows(runtime: Runtime) -> list[sa.RowMapping]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select * from ops_event order by event_id")).mappings())


def _late(runtime: Runtime, message: str = "not posted: D001", **options: Any) -> int:
    return note_alone(runtime.engine, "warning", "late", SCOPE, message, make.EVENING, **options)


def test_a_cause_is_one_event_that_counts_up_and_says_what_was_said_last(runtime: Runtime) -> None:
    for message in ("not posted: D001", "not posted: D001", "not posted: D001, D002"):
        _late(runtime, message)
    note_alone(runtime.engine, "error", "late", SCOPE, "not posted: D002", LATER)
    (event,) = _rows(runtime)
    assert (event["message"], event["severity"], event["times"]) == ("not posted: D002", "error", 4)
    assert (event["at"], event["last_at"]) == (make.EVENING, LATER)


def test_causes_of_one_kind_and_scope_are_told_apart(runtime: Runtime) -> None:
    for cause in ("read", "post", "read"):
        note_alone(runtime.engine, "error", "stage_failed", SCOPE, "broken", make.EVENING, cause)
    assert [(event["cause"], event["times"]) for event in _rows(runtime)] == [("read", 2), ("post", 1)]


def test_a_cause_that_comes_back_is_a_new_event(runtime: Runtime) -> None:
    _late(runtime)
    with runtime.engine.begin() as connection:
        assert settle(connection, "late", SCOPE, LATER) == 1
        assert settle(connection, "late", SCOPE, LATER) == 0
    _late(runtime)
    assert [event["closed_at"] for event in _rows(runtime)] == [LATER, None]


def test_only_the_named_cause_is_settled(runtime: Runtime) -> None:
    for cause in ("read", "post"):
        note_alone(runtime.engine, "error", "stage_failed", SCOPE, "broken", make.EVENING, cause)
    with runtime.engine.begin() as connection:
        settle(connection, "stage_failed", SCOPE, LATER, "read")
        settle(connection, "late", SCOPE, LATER)
    assert [event["closed_at"] for event in _rows(runtime)] == [LATER, None]


def test_what_is_no_longer_among_the_causes_is_settled(runtime: Runtime) -> None:
    for scope in (SCOPE, "dallas/2026-11-17", "richardson/2026-11-16"):
        note_alone(runtime.engine, "error", "manifest", scope, "not JSON", make.EVENING)
    with runtime.engine.begin() as connection:
        assert settle_all_but(connection, "manifest", [SCOPE], LATER, within="dallas/") == 1
    assert [event["closed_at"] for event in _rows(runtime)] == [None, LATER, None]


def test_two_processes_that_note_a_cause_at_once_make_one_event(runtime: Runtime) -> None:
    """The second waits for the first, whether that one commits or not."""
    with runtime.engine.begin() as first:
        note(first, "warning", "late", SCOPE, "not posted: D001", make.EVENING)
        second = threading.Thread(target=_late, args=(runtime,))
        second.start()
        second.join(0.3)
        assert second.is_alive()
    second.join()
    assert [event["times"] for event in _rows(runtime)] == [2]


def test_information_is_closed_from_the_start_and_one_row(runtime: Runtime) -> None:
    for message in ("15 of 15 on 58 checks", "15 of 15 on 203 checks"):
        note_alone(runtime.engine, "info", "expectations", "2026-11-16", message, make.EVENING)
    (event,) = _rows(runtime)
    assert (event["message"], event["closed_at"]) == ("15 of 15 on 203 checks", make.EVENING)


def test_good_news_settles_what_was_wrong_before(runtime: Runtime) -> None:
    note_alone(runtime.engine, "error", "expectations", "2026-11-16", "14 of 15", make.EVENING)
    note_alone(runtime.engine, "info", "expectations", "2026-11-16", "15 of 15", LATER)
    note_alone(runtime.engine, "error", "expectations", "2026-11-16", "13 of 15", LATER)
    rows = [(event["message"], event["closed_at"]) for event in _rows(runtime)]
    assert rows == [("14 of 15", LATER), ("15 of 15", LATER), ("13 of 15", None)]


def test_a_note_is_rolled_back_with_its_transaction(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection, connection.begin() as transaction:
        note(connection, "warning", "late", "dallas/2026-11-17", "gone", make.EVENING)
        _late(runtime, "kept")
        transaction.rollback()
    assert [event["message"] for event in _rows(runtime)] == ["kept"]


def test_a_long_message_is_cut(runtime: Runtime) -> None:
    note_alone(runtime.engine, "error", "task_failed", "x", "a" * 5_000, make.EVENING)
    assert [len(event["message"]) for event in _rows(runtime)] == [LONGEST_MESSAGE]


def test_a_kind_that_does_not_say_what_closes_it_is_refused(runtime: Runtime) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="ops_event_kind"):
        note_alone(runtime.engine, "error", "unheard_of", SCOPE, "?", make.EVENING)


def test_events_are_written_by_their_functions_alone(runtime: Runtime) -> None:
    _late(runtime)
    for statement in ("delete from ops_event", "update ops_event set closed_at = at"):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), runtime.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_an_error_is_noted_once_however_far_it_goes(runtime: Runtime) -> None:
    error = InputError("is empty", "index.csv")
    assert not is_noted(error)
    with runtime.engine.begin() as connection:
        note_failure(connection, "batch_set_aside", f"{SCOPE}/D001", "ingest", error, make.EVENING)
    assert is_noted(error)
    assert not is_noted(None)
    (event,) = _rows(runtime)
    assert (event["severity"], event["message"]) == ("error", "index.csv: is empty")


def test_an_acknowledged_event_stays_open_until_its_cause_is_gone(runtime: Runtime) -> None:
    event_id = _late(runtime)
    with runtime.engine.begin() as connection:
        acknowledge(connection, [event_id], "Ann", "called the site", LATER)
        acknowledge(connection, [event_id], "Bob", "", LATER)  # the first name stays
    _late(runtime)
    (event,) = _rows(runtime)
    assert (event["acknowledged_by"], event["acknowledge_note"], event["times"]) == ("Ann", "called the site", 2)
    assert event["closed_at"] is None
    with runtime.engine.begin() as connection:
        settle(connection, "late", SCOPE, LATER)
    assert _rows(runtime)[0]["closed_at"] == LATER


def test_an_acknowledged_event_that_says_something_else_is_a_new_one(runtime: Runtime) -> None:
    """Who knew of one batch does not know of two."""
    event_id = _late(runtime, "not posted: D001")
    with runtime.engine.begin() as connection:
        acknowledge(connection, [event_id], "Ann", "", LATER)
    _late(runtime, "not posted: D001, D002")
    rows = [(event["acknowledged_by"], event["closed_at"] is None) for event in _rows(runtime)]
    assert rows == [("Ann", False), (None, True)]


def test_acknowledging_closes_what_nothing_else_would_close(runtime: Runtime) -> None:
    event_id = note_alone(runtime.engine, "warning", "contract", "contract/1", "new disclosures are due", make.EVENING)
    with runtime.engine.begin() as connection:
        (event,) = acknowledge(connection, [event_id], " Ann ", "sent", LATER)
    assert (event["acknowledged_by"], event["closed_at"]) == ("Ann", LATER)
    for message in ("new disclosures are due", "new disclosures are due in May"):
        note_alone(runtime.engine, "warning", "contract", "contract/1", message, LATER)
    rows = [
        (event["message"], event["times"], event["closed_at"]) for event in _rows(runtime)
    ]  # not again in those words
    assert rows == [("new disclosures are due", 2, LATER), ("new disclosures are due in May", 1, None)]


def test_a_person_may_say_that_a_cause_is_gone(runtime: Runtime) -> None:
    event_id = _late(runtime)
    with runtime.engine.begin() as connection:
        (event,) = acknowledge(connection, [event_id], "Ann", "", LATER, is_gone=True)
    assert event["closed_at"] == LATER


@pytest.mark.parametrize(
    ("number", "by", "error", "words"),
    [
        (0, " ", UsageError, "name the person"),
        (1, "Ann", InputError, "event 2: no open event"),
    ],
)
def test_only_an_open_event_is_acknowledged_and_by_somebody(
    runtime: Runtime, number: int, by: str, error: type[Exception], words: str
) -> None:
    event_id = _late(runtime)
    with pytest.raises(error, match=words), runtime.engine.begin() as connection:
        acknowledge(connection, [event_id, event_id + number], by, "", LATER)
    assert _rows(runtime)[0]["acknowledged_at"] is None  # all or none
