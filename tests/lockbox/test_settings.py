"""Settings: defaults under the home, overrides from the environment, and the token key."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from lockbox.errors import SettingsError
from lockbox.settings import REFERENCE_PROFILE, Settings, resource


def test_everything_is_under_the_home_by_default(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    paths = (
        settings.inbox_path,
        settings.database_path,
        settings.log_path,
        settings.reports_path,
        settings.outbox_path,
    )
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert settings.image_url == str(tmp_path / "images")


def test_an_environment_variable_overrides_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKBOX_INBOX", str(tmp_path / "in"))
    monkeypatch.setenv("LOCKBOX_IMAGE_STORE", "s3://bucket/images")
    monkeypatch.setenv("LOCKBOX_WORKERS", "7")
    settings = Settings(home=tmp_path)
    assert settings.inbox_path == tmp_path / "in"
    assert (settings.image_url, settings.workers) == ("s3://bucket/images", 7)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().workers = 3


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(smtp_url="smtp://user:password@mail.example.com", text_gateway_token="token-123"))
    assert "password" not in shown
    assert "token-123" not in shown


def test_the_token_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = settings.token_key()
    assert (len(key), settings.token_key()) == (64, key)
    assert stat.S_IMODE((tmp_path / "secrets" / "token_key").stat().st_mode) == 0o600


def test_a_short_token_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token_key").write_text("short")
    with pytest.raises(SettingsError, match="at least 32 characters"):
        Settings(home=tmp_path).token_key()


def test_the_folders_that_ship_with_the_code_are_there() -> None:
    assert (resource("sql") / "checks" / "i06_batch_ties.sql").is_file()
    assert REFERENCE_PROFILE.is_file()
