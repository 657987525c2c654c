"""How Airflow's processes are started: secrets, port and environment."""

from __future__ import annotations

import json
import os
import socket
import stat
from configparser import ConfigParser
from pathlib import Path

import pytest

from lockbox.errors import SettingsError
from lockbox.operations import airflow_setup
from lockbox.settings import ROOT, Settings

URL = "postgresql+psycopg2://postgres@/airflow?host=/run/x"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", airflow_database_url=URL)


@pytest.fixture
def config() -> ConfigParser:
    """airflow.cfg of the checkout."""
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "airflow.cfg")
    return parser


def test_secrets_are_made_once_and_only_their_owner_reads_them(settings: Settings) -> None:
    airflow_setup.make_secrets(settings)
    folder = settings.home / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == {"fernet_key", "jwt_key", "api_key", "passwords.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    airflow_setup.make_secrets(settings)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first


def test_a_missing_secret_is_made_and_the_others_stay(settings: Settings) -> None:
    airflow_setup.make_secrets(settings)
    kept = (settings.home / "secrets" / "fernet_key").read_text()
    (settings.home / "secrets" / "jwt_key").unlink()
    airflow_setup.make_secrets(settings)
    assert len((settings.home / "secrets" / "jwt_key").read_text()) == 64
    assert (settings.home / "secrets" / "fernet_key").read_text() == kept


def test_the_environment_says_where_airflow_runs(settings: Settings) -> None:
    environment = airflow_setup.environment(settings, 8123, schedules=False)
    assert environment["AIRFLOW_HOME"] == str(ROOT)
    assert environment["LOCKBOX_HOME"] == str(settings.home.resolve())
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == URL
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
    assert environment["OMP_THREAD_LIMIT"] == "1"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_process_that_reads_the_environment_gets_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Settings(
        home=tmp_path, inbox=tmp_path / "in", airflow_database_url=URL, max_image_bytes=7, schedules=True
    )
    environment = airflow_setup.environment(original, 8123, schedules=False)
    for name, value in environment.items():
        if name.startswith("LOCKBOX_"):
            monkeypatch.setenv(name, value)
    # A task reads with one process; the pool's slots are the number of tasks that read at once.
    assert Settings() == original.model_copy(update={"schedules": False, "workers": 1})


def test_a_port_in_use_is_skipped() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with airflow_setup.reserved_port(port) as free:
            assert port < free <= port + 100


def test_port_0_means_any_free_port() -> None:
    with airflow_setup.reserved_port(0) as free:
        assert free > 1023


def test_two_homes_that_start_together_get_two_ports() -> None:
    """The first server does not listen yet while the second launcher looks for its port."""
    with airflow_setup.reserved_port(0) as preferred:
        pass
    with airflow_setup.reserved_port(preferred) as first, airflow_setup.reserved_port(preferred) as second:
        assert first == preferred
        assert second > first
    with airflow_setup.reserved_port(preferred) as again:
        assert again == preferred


def test_the_error_for_no_free_port_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="LOCKBOX_WEB_PORT"), airflow_setup.reserved_port(65536):
        pass


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


def test_airflow_listens_on_this_machine_only_and_has_no_examples(config: ConfigParser) -> None:
    assert config["api"]["host"] == "127.0.0.1"
    assert config["core"]["load_examples"] == "False"
    assert "--skip-serve-logs" in airflow_setup.scheduler_command()


def test_both_users_can_sign_in_with_their_passwords(settings: Settings, config: ConfigParser) -> None:
    airflow_setup.make_secrets(settings)
    passwords = json.loads((settings.home / "secrets" / "passwords.json").read_text())
    users = dict(user.split(":") for user in config["core"]["simple_auth_manager_users"].split(","))
    assert set(passwords) == set(users)
    assert users == {"admin": "admin", "viewer": "viewer"}
    assert all(len(password) >= 16 for password in passwords.values())
