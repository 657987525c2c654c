"""The verbs for operations events, run as an operator runs them."""

from __future__ import annotations

import os
import subprocess
import sys

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


def test_a_test_alert_goes_out_and_is_over(runtime: Runtime) -> None:
    """Without a mail server, alerts are files in the outbox."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
    process = verb(runtime.settings, "alerts", "--test", "--as-of", make.EVENING.isoformat())
    assert "1 alert messages made; 1 sent" in process.stdout
    assert "the test is over: 1 alert messages made; 1 sent" in process.stdout
    mails = [path.read_text() for path in (runtime.settings.outbox_path / "alerts").glob("*.eml")]
    assert len(mails) == 2
    assert any("Over: This is a test" in mail for mail in mails)
    shown = verb(runtime.settings, "status")
    assert shown.returncode == 0
    assert "2026-11-17 01:00 UTC" in shown.stdout


def test_the_status_works_on_a_full_disk(runtime: Runtime) -> None:
    """No byte can be written to any file."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
    note_alone(runtime.engine, "warning", "late", "dallas/2026-11-16", "not posted: D001", make.EVENING)
    environment = os.environ | {
        "LOCKBOX_HOME": str(runtime.settings.home),
        "LOCKBOX_DATABASE_URL": runtime.settings.database_url,
        "COLUMNS": "200",
    }
    command = f"ulimit -f 0; exec {sys.executable} -m lockbox status"
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not posted: D001" in done.stdout
    assert not runtime.settings.log_path.exists()
