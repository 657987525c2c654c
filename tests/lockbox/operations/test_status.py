"""The status: batches by stage, and the events that need attention."""

from __future__ import annotations

import io

from rich.console import Console

from lockbox.operations import status
from lockbox.ops_events import note
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


def test_an_empty_lockbox_has_nothing_that_needs_attention(runtime: Runtime) -> None:
    assert "Needs attention" not in _text(runtime)
