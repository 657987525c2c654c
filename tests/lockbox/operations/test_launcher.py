"""The launcher: its DAGs, how long it waits, and the day closes that it follows."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest

from lockbox.errors import SettingsError
from lockbox.operations import launcher
from lockbox.operations.dag_runs import DagRun, RunFailed, Runs
from lockbox.operations.processes import Supervisor
from lockbox.operations.task_queue import TaskQueue
from lockbox.settings import Settings

URL = "postgresql+psycopg2://postgres@/airflow?host=/run/x"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", airflow_database_url=URL)


def test_the_dags_are_those_of_the_profile(settings: Settings) -> None:
    assert launcher.dag_ids(settings) == [
        "lockbox_mail_dallas",
        "lockbox_mail_richardson",
        "lockbox_exceptions",
        "lockbox_day_close",
        "lockbox_grace_period_and_delinquency",
        "lockbox_statements_and_notices",
        "lockbox_audit",
        "lockbox_alerts",
    ]


def test_stopping_an_idle_home_does_nothing(settings: Settings) -> None:
    assert launcher.running(settings) is None
    assert launcher.stop(settings) == 0


def test_a_long_day_is_waited_for_while_it_makes_progress(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=URL, airflow_database_url=URL)
    runs, supervisor = Runs("http://127.0.0.1:9", ""), Supervisor(tmp_path, print)
    stack = launcher.Stack("", runs, supervisor, TaskQueue(runs, supervisor, "scheduler"), settings, print)
    looks = iter(range(100))
    stack.wait(lambda: next(looks) == 12, "the mail", limit_s=0.2, pause_s=0.05, progress=lambda: time.monotonic())
    with pytest.raises(RunFailed, match="the mail: no progress within 0 s"):
        stack.wait(lambda: False, "the mail", limit_s=0.2, pause_s=0.05, progress=lambda: "as before")


def test_an_instant_without_a_time_zone_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="zone"):
        launcher.run(settings, datetime(2026, 11, 16, 19, 0))  # noqa: DTZ001


class _Forgetful:
    """Airflow's API after the scheduler handled the first of two asset events and lost the second."""

    started = DagRun(launcher.CLOSE_DAG, "asset_triggered_1")

    def caused(self, run: DagRun) -> tuple[int, list[DagRun]]:
        return (0, [self.started]) if run.dag_id.endswith("dallas") else (1, [])

    def trigger(self, dag_id: str, run_id: str, _conf: dict[str, str]) -> DagRun:
        return DagRun(dag_id, run_id)


def test_a_day_close_whose_asset_event_was_lost_is_started_by_the_launcher(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "LOST_EVENT_S", 0.0)
    stack = launcher.Stack("", cast(Runs, _Forgetful()), Mock(), Mock(), settings, print)
    mail = [DagRun("lockbox_mail_dallas", "r"), DagRun("lockbox_mail_richardson", "r")]
    assert launcher._closes(stack, mail, "r", {}) == [_Forgetful.started, DagRun(launcher.CLOSE_DAG, "r")]
    assert launcher._closes(stack, mail[:1], "r", {}) == [_Forgetful.started]
