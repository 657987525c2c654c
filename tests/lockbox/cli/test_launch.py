"""The verbs that start and stop Airflow; tests/dags/test_airflow.py runs a whole day through the launcher."""

from __future__ import annotations

import os

from lockbox.operations.processes import locked_home
from lockbox.settings import Settings
from tests.builders.command_line import verb


def test_stopping_an_idle_home_does_nothing(settings: Settings) -> None:
    process = verb(settings, "stop")
    assert (process.returncode, process.stderr) == (0, "")


def test_two_launchers_cannot_use_one_home(settings: Settings) -> None:
    with locked_home(settings.home):
        process = verb(settings, "up")
    assert process.returncode == 9
    assert f"in use by the launcher with process id {os.getpid()}" in " ".join(process.stderr.split())


def test_a_run_needs_a_date(settings: Settings) -> None:
    process = verb(settings, "run", "--day", "Monday")
    assert (process.returncode, "is not a date" in process.stderr) == (2, True)
    assert list(settings.home.iterdir()) == []
