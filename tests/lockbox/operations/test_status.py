"""The status: batches by stage, and the events that need attention."""

from __future__ import annotations

import io

from rich.console import Console

from lockbox.operations import status
from lockbox.ops_events import acknowledge, note, settle
from lockbox.runtime import Runtime
from tests.builders import ledger as make


def _text(runtime: Runtime) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    for table in status.tables(runtime.settings):
        console.print(table)
    return " ".join(console.export_text().split())


def test_each_batch_shows_its_stages(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.stages_done(connection, "dallas/2026-11-16/D001", ("ingest", "read"))
    assert "dallas/2026-11-16/D001 done done · · ·" in _text(runtime)


def test_a_warning_needs_attention_and_names_its_scope_once(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        note(connection, "warning", "late", "dallas/2026-11-16", "past the [17:00] cut-off", make.EVENING)
        note(connection, "error", "out_of_balance", "richardson/2026-11-16", "richardson/2026-11-16: off", make.EVENING)
        note(connection, "info", "expectations", "2026-11-16", "all met", make.EVENING)
    text = _text(runtime)
    assert "Needs attention" in text
    assert "2026-11-17 01:00 warning dallas/2026-11-16: past the [17:00] cut-off" in text
    assert text.count("richardson/2026-11-16") == 1
    assert "all met" not in text


def test_errors_come_first_then_warnings_then_what_somebody_knows_of(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        known = note(connection, "error", "out_of_balance", "dallas/2026-11-13", "off by $1.00", make.EVENING, "close")
        acknowledge(connection, [known], "Ann", "the bank is asked", make.EVENING)
        note(connection, "warning", "late", "dallas/2026-11-16", "not posted", make.EVENING)
        for _ in range(3):
            note(connection, "error", "stage_failed", "dallas/2026-11-16/D001", "broken", make.WORKED, "read")
        settled = note(connection, "error", "manifest", "dallas/2026-11-17", "not JSON", make.WORKED)
        settle(connection, "manifest", "dallas/2026-11-17", make.EVENING)
    text = _text(runtime)
    order = (
        "D001: broken (3 times since",
        "2026-11-16: not posted",
        "2026-11-13: out of balance, Ann (the bank is asked)",
    )
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "open until the day is closed" in text
    assert f" {settled} " not in text


def test_very_many_events_are_counted(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        for number in range(status.SHOWN + 2):
            note(connection, "warning", "contract", f"contract/{number}", "new disclosures are due", make.EVENING)
    assert "Needs attention: 100 of 102" in _text(runtime)


def test_an_empty_lockbox_has_nothing_that_needs_attention(runtime: Runtime) -> None:
    assert "Needs attention" not in _text(runtime)
