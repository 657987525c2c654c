"""The status: what failed, what is late, what waits for people, with what to do; and batches by stage."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from rich.console import Console

from lockbox.operations import status
from lockbox.ops_events import acknowledge, note, settle
from lockbox.runtime import Runtime
from tests.builders import ledger as make


def _text(runtime: Runtime) -> str:
    console = Console(width=320, record=True, file=io.StringIO())
    for table in status.tables(runtime.settings):
        console.print(table)
    return " ".join(console.export_text().split())


def test_each_batch_shows_its_stages(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.stages_done(connection, "dallas/2026-11-16/D001", ("ingest", "read"))
    assert "dallas/2026-11-16/D001 done done · · ·" in _text(runtime)


def test_a_person_sees_what_is_late_what_failed_and_what_waits(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        note(connection, "warning", "late", "dallas/2026-11-16", "past the [17:00] cut-off", make.EVENING)
        note(connection, "error", "out_of_balance", "richardson/2026-11-16", "richardson/2026-11-16: off", make.EVENING)
        note(connection, "warning", "close_waits", "dallas/2026-11-13", "3 documents are missing", make.EVENING)
        note(connection, "info", "expectations", "2026-11-16", "all met", make.EVENING)
    text = _text(runtime)
    places = [text.index(title) for title in ("Failed: 1", "Late: 1", "Waits for people: 1", "Stages")]
    assert places == sorted(places)
    assert "dallas/2026-11-16: past the [17:00] cut-off" in text
    assert "Mail was not fully processed by the cut-off" in text
    assert "Run `differences`." in text
    assert text.count("richardson/2026-11-16") == 1
    assert "all met" not in text
    assert "0 of 3 never" in text  # nobody was told, and nobody has looked


def test_items_in_review_wait_for_people(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        batch = make.batch(connection, documents=2)
        make.decision(connection, make.item(connection, batch), "review", 41_250, reasons=["wrong_payee"])
        make.decision(connection, make.item(connection, batch, 2), "reject", reasons=["wrong_payee"])
    text = _text(runtime)
    assert "In review site day items checks amounts read" in text
    assert "dallas 2026-11-16 1 1 $412.50" in text


def test_errors_come_first_then_warnings_then_what_somebody_knows_of(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        known = note(connection, "error", "out_of_balance", "dallas/2026-11-13", "off by $1.00", make.EVENING, "close")
        acknowledge(connection, [known], "Ann", "the bank is asked", make.EVENING)
        note(connection, "warning", "stage_failed", "dallas/2026-11-16", "not posted", make.EVENING)
        for _ in range(3):
            note(connection, "error", "stage_failed", "dallas/2026-11-16/D001", "broken", make.WORKED, "read")
        settled = note(connection, "error", "manifest", "dallas/2026-11-17", "not JSON", make.WORKED)
        settle(connection, "manifest", "dallas/2026-11-17", make.EVENING)
    text = _text(runtime)
    order = ("D001: broken", "2026-11-16: not posted", "2026-11-13: out of balance, Ann (the bank is asked)")
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "(3 times since" in text
    assert "open until the day is closed" in text
    assert f" {settled} " not in text


def test_very_many_events_are_counted(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        for number in range(status.SHOWN + 2):
            note(connection, "warning", "contract", f"contract/{number}", "new disclosures are due", make.EVENING)
    assert "About customers: 100 of 102" in _text(runtime)


def test_an_empty_lockbox_has_nothing_that_needs_attention(runtime: Runtime) -> None:
    assert "Failed:" not in _text(runtime)
    assert "0 0 0 0 0 0 of 0 never" in _text(runtime)


def test_airflow_shows_the_same_list(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        note(connection, "warning", "late", "dallas/2026-11-16", "not posted: D002", make.EVENING)
        (line,) = status.attention_lines(connection)
    assert line.startswith(
        "late, warning: Mail was not fully processed by the cut-off: dallas/2026-11-16: not posted: D002 [1]"
    )
    assert line.split("] ")[1].split()[0] in _text(runtime)


def test_the_status_reads_only_and_needs_no_room(runtime: Runtime) -> None:
    """It works on a database that refuses every write, and makes nothing anew."""
    readable = "select max(xmin::text::bigint) from pg_class"
    with runtime.engine.connect() as connection:
        before = connection.execute(sa.text(readable)).scalar()
    _text(runtime)
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text(readable)).scalar() == before
    with status.read_only(runtime.engine) as connection, pytest.raises(sa.exc.InternalError, match="read-only"):
        note(connection, "warning", "late", "dallas/2026-11-16", "x", make.EVENING)
