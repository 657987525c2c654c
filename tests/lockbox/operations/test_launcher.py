"""The launcher: secrets, ports, the environment of Airflow, and how long it waits."""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from configparser import ConfigParser
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
from lockbox.settings import ROOT, Settings

URL = "postgresql+psycopg2://postgres@/airflow?host=/run/x"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", airflow_database_url=URL)


@pytest.fixture
def config() -> ConfigParser:
    """airflow.cfg, as it stands in the tree."""
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "airflow.cfg")
    return parser


def test_secrets_are_made_once_and_only_their_owner_reads_them(settings: Settings) -> None:
    launcher.make_secrets(settings)
    folder = settings.home / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == {"fernet_key", "jwt_key", "api_key", "passwords.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    launcher.make_secrets(settings)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first


def test_a_secret_that_is_missing_is_made_beside_those_that_stay(settings: Settings) -> None:
    launcher.make_secrets(settings)
    kept = (settings.home / "secrets" / "fernet_key").read_text()
    (settings.home / "secrets" / "jwt_key").unlink()
    launcher.make_secrets(settings)
    assert len((settings.home / "secrets" / "jwt_key").read_text()) == 64
    assert (settings.home / "secrets" / "fernet_key").read_text() == kept


def test_airflow_is_told_where_it_runs(settings: Settings) -> None:
    told = launcher.environment(settings, 8123, schedules=False)
    assert told["AIRFLOW_HOME"] == str(ROOT)
    assert told["LOCKBOX_HOME"] == str(settings.home.resolve())
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == URL
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
    assert told["OMP_THREAD_LIMIT"] == "1"
    assert told["PATH"] == os.environ["PATH"]


def test_a_process_that_reads_the_environment_gets_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Settings(home=tmp_path, inbox=tmp_path / "in", airflow_database_url=URL, max_image_bytes=7, schedules=True)
    told = launcher.environment(given, 8123, schedules=False)
    for name, value in told.items():
        if name.startswith("LOCKBOX_"):
            monkeypatch.setenv(name, value)
    # A task reads with one process: as many tasks read at once as the pool has slots.
    assert Settings() == given.model_copy(update={"schedules": False, "workers": 1})


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < launcher.free_port(port) <= port + 100


def test_any_free_port_will_do_when_none_is_wanted() -> None:
    assert launcher.free_port(0) > 1023


def test_no_free_port_is_told_with_the_setting() -> None:
    with pytest.raises(SettingsError, match="LOCKBOX_WEB_PORT"):
        launcher.free_port(65536)


def test_the_dags_are_those_of_the_profile(settings: Settings) -> None:
    assert launcher.dag_ids(settings) == [
        "lockbox_mail_dallas",
        "lockbox_mail_richardson",
        "lockbox_day_close",
        "lockbox_grace_period_and_delinquency",
        "lockbox_statements_and_notices",
        "lockbox_audit",
    ]


def test_a_home_that_runs_nothing_is_stopped_at_no_cost(settings: Settings) -> None:
    assert launcher.running(settings) is None
    assert launcher.stop(settings) == 0


def test_airflow_writes_under_the_home_and_keeps_no_secret_in_the_tree(config: ConfigParser) -> None:
    paths = {
        ("logging", "base_log_folder"),
        ("logging", "dag_processor_child_process_log_directory"),
        ("dag_processor", "dag_bundle_storage_path"),
        ("core", "simple_auth_manager_passwords_file"),
    }
    assert all(config[section][key].startswith("$LOCKBOX_HOME/") for section, key in paths)
    secret = {("core", "fernet_key"), ("api", "secret_key"), ("api_auth", "jwt_secret")}
    for section, key in secret:
        assert key not in config[section]
        name = config[section][f"{key}_cmd"].split("/secrets/")[1].rstrip("\"'")
        assert name in {"fernet_key", "api_key", "jwt_key"}


def test_airflow_listens_on_this_machine_alone_and_has_no_examples(config: ConfigParser) -> None:
    assert config["api"]["host"] == "127.0.0.1"
    assert config["core"]["load_examples"] == "False"
    assert "--skip-serve-logs" in launcher.scheduler_command()


def test_both_users_can_sign_in_with_the_passwords_that_were_made(settings: Settings, config: ConfigParser) -> None:
    launcher.make_secrets(settings)
    passwords = json.loads((settings.home / "secrets" / "passwords.json").read_text())
    users = dict(user.split(":") for user in config["core"]["simple_auth_manager_users"].split(","))
    assert set(passwords) == set(users)
    assert users == {"admin": "admin", "viewer": "viewer"}
    assert all(len(password) >= 16 for password in passwords.values())


def test_a_long_day_is_waited_for_as_long_as_something_comes_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=URL, airflow_database_url=URL)
    runs, supervisor = Runs("http://127.0.0.1:9", ""), Supervisor(tmp_path, print)
    stack = launcher.Stack("", runs, supervisor, TaskQueue(runs, supervisor, "scheduler"), settings, print)
    looks = iter(range(100))
    stack.wait(lambda: next(looks) == 12, "the mail", limit_s=0.2, pause_s=0.05, moved=lambda: time.monotonic())
    with pytest.raises(RunFailed, match="the mail: nothing new within 0 s"):
        stack.wait(lambda: False, "the mail", limit_s=0.2, pause_s=0.05, moved=lambda: "as before")


def test_an_instant_without_its_zone_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="zone"):
        launcher.run(settings, datetime(2026, 11, 16, 19, 0))  # noqa: DTZ001


class _Forgetful:
    """Airflow's API when the scheduler answered the first of two asset events and forgot the second."""

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
