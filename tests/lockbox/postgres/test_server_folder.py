"""The server's folder: a copied home says whose it is or is mended, and never reaches the original's server."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import pytest

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.postgres import server_folder
from lockbox.settings import Settings

OTHER = 54_321  # nobody has this number


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18")
    return folder


def test_a_home_of_another_owner_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path / "home" / "postgres")
    us = os.getuid()
    monkeypatch.setattr(os, "geteuid", lambda: OTHER)
    with pytest.raises(SettingsError) as error:
        server_folder.own(folder)
    message = str(error.value)
    assert f"belongs to {pwd.getpwuid(us).pw_name}, and PostgreSQL runs as user {OTHER}" in message
    assert f"chown -R user {OTHER} {tmp_path / 'home'}" in message
    assert "\n" not in message


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a folder away")
@pytest.mark.thorough
def test_root_gives_a_copied_home_to_the_servers_user(tmp_path: Path) -> None:
    original, copied = (Settings(home=tmp_path / name, database_url="") for name in ("original", "copied"))
    db.start_server(original)
    db.stop_server(original)
    shutil.copytree(original.home, copied.home, symlinks=True)
    assert (copied.database_path / "PG_VERSION").stat().st_uid == 0
    db.start_server(copied)
    assert server_folder.is_of(copied.database_path, copied.database_path / "postmaster.pid")
    db.stop_server(copied)


def test_a_home_copied_from_a_running_one_does_not_reach_the_original(tmp_path: Path, server: Settings) -> None:
    copied = Settings(home=tmp_path / "copied", database_url="")
    folder = made(copied.database_path)
    shutil.copy(server.database_path / "postmaster.pid", folder)
    (folder / ".s.PGSQL.5432.lock").touch()
    assert server_folder.is_of(server.database_path, server.database_path / "postmaster.pid")
    assert not db.is_running(copied)
    db.stop_server(copied)
    assert (server.database_path / "postmaster.pid").exists()
    server_folder.forget_other_server(folder)
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]
