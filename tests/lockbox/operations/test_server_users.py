"""The embedded server: its last user stops it, a killed one is no user, and a launcher keeps it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockbox import db
from lockbox.operations.server_users import LAUNCHER, used
from lockbox.postgres import server_folder
from lockbox.settings import Settings

USE = """
import sys, time
from pathlib import Path
from lockbox.operations.server_users import used
from lockbox.settings import Settings
with used(Settings(home=Path(sys.argv[1]), database_url=""), sys.argv[2]):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(home=tmp_path / "home", database_url="")
    yield settings
    db.stop_server(settings)


def runs(settings: Settings) -> bool:
    """Whether the server runs; the database in it is not made yet."""
    return server_folder.is_of(settings.database_path, settings.database_path / "postmaster.pid")


def user(settings: Settings, by: str = "verb") -> subprocess.Popen[str]:
    """Another process that uses the server until it is told to leave."""
    command = [sys.executable, "-c", USE, str(settings.home), by]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)


@pytest.mark.thorough
def test_the_one_that_started_it_leaves_it_to_the_other(home: Settings) -> None:
    first = user(home)
    with used(home):
        leave(first)
        assert runs(home)
    assert not runs(home)


@pytest.mark.thorough
def test_a_killed_user_keeps_nothing_and_a_launcher_keeps_it_for_all(home: Settings) -> None:
    killed = user(home)
    killed.kill()
    killed.communicate()
    assert runs(home)
    with used(home):
        assert runs(home)
    assert not runs(home)  # the killed one is not waited for
    launcher = user(home, LAUNCHER)
    with used(home):
        pass
    assert runs(home)
    with used(home):
        leave(launcher)
        assert runs(home)
    assert not runs(home)
