"""The verbs for operations events, run as an operator runs them."""

from __future__ import annotations

from lockbox.ops_events import note_alone
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.command_line import verb


def test_an_event_is_listed_acknowledged_with_a_name_and_closed(runtime: Runtime) -> None:
    """One that closes itself stays until its cause is gone, or until a person says so."""
    event = note_alone(runtime.engine, "warning", "late", "dallas/2026-11-16", "not posted: D001", make.EVENING)

    def said(*words: str) -> str:
        process = verb(runtime.settings, *words)
        return " ".join((process.stdout + process.stderr).split())

    assert "Needs attention no. time severity event" in said("events", "--state", "open")
    assert said("events", "--state", "closed") == "no events"
    assert said("acknowledge", str(event), "--by", "Ann", "--note", "called the site") == "event 1: acknowledged by Ann"
    assert "Acknowledged" in said("events")
    assert said("acknowledge", str(event), "--by", "Bob", "--gone") == "event 1: acknowledged by Ann, closed by Bob"
    assert "Closed no. time severity event" in said("events")
    assert said("acknowledge", str(event), "--by", "Ann") == "error: event 1: no open event has this number"
    assert "'shut' is none of open, acknowledged, closed, all" in said("events", "--state", "shut")
