"""The runtime: what the settings name, opened, and a key that is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.errors import SettingsError
from lockbox.runtime import open_runtime
from lockbox.settings import Settings


def test_a_runtime_has_the_database_and_images_of_its_settings(settings: Settings) -> None:
    runtime = open_runtime(settings)
    assert runtime.images.url == str(settings.home / "images")
    assert runtime.images.get(runtime.images.put(b"image")) == b"image"
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select current_user")).scalar_one() == "lockbox_app"


def test_the_key_is_not_shown(settings: Settings) -> None:
    runtime = open_runtime(settings)
    assert runtime.key == settings.token_key()
    assert runtime.key.decode() not in repr(runtime)


def test_without_a_database_there_is_no_runtime(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the embedded PostgreSQL does not run"):
        open_runtime(Settings(home=tmp_path, database_url=""))
