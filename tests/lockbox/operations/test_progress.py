"""The progress of a day: on a terminal a table of batches by stage, elsewhere one line per change."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from lockbox import db
from lockbox.operations.dag_runs import DagRun
from lockbox.operations.progress import Progress
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.settings import Settings
from lockbox.stages import stage
from tests.builders import ledger as make

RUN = DagRun("lockbox_mail_dallas", "run_1")
FIRST, SECOND = BatchScope("dallas", make.DAY, "D001"), BatchScope("dallas", make.DAY, "D002")


def shown(settings: Settings, terminal: bool, *updates: dict[DagRun, str]) -> str:
    out = StringIO()
    with Progress(settings, Console(file=out, force_terminal=terminal, width=100, color_system=None)) as progress:
        for runs in updates:
            progress.update([FIRST, SECOND], runs)
    return out.getvalue()


@pytest.fixture
def started(runtime: Runtime) -> Runtime:
    with stage(runtime.engine, FIRST, "ingest", make.EVENING):
        pass
    with pytest.raises(ZeroDivisionError), stage(runtime.engine, SECOND, "ingest", make.EVENING):
        raise ZeroDivisionError
    return runtime


def test_a_log_file_gets_one_line_per_change(started: Runtime) -> None:
    lines = shown(started.settings, False, {RUN: "running"}, {RUN: "running"}, {RUN: "failed"}).splitlines()
    assert sorted(line.split(" ", 1)[1] for line in lines) == [
        "dallas/2026-11-16/D001 ingest done",
        "dallas/2026-11-16/D002 ingest failed",
        "lockbox_mail_dallas failed",
        "lockbox_mail_dallas running",
    ]


def test_a_terminal_shows_every_batch_by_stage_and_how_much_is_done(started: Runtime) -> None:
    text = shown(started.settings, True, {RUN: "running"})
    (first,) = {line.rstrip() for line in text.splitlines() if str(FIRST) in line}
    (second,) = {line.rstrip() for line in text.splitlines() if str(SECOND) in line}
    assert first.split()[1:] == ["✓", "·", "·", "·"]
    assert second.split()[1:] == ["✗", "·", "·", "·"]
    assert "1 of 8 stages" in text
    assert "lockbox_mail_dallas running" in text


def test_the_last_state_stays_while_the_database_does_not_answer(started: Runtime) -> None:
    away = Settings(home=started.settings.home, database_url=f"{db.database_url(started.settings)}_gone")
    assert "ingest" not in shown(away, False, {RUN: "running"})
    assert "lockbox_mail_dallas running" in shown(away, False, {RUN: "running"})
