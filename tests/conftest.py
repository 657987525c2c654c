"""What the tests share: one embedded server a session, a fresh migrated database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as budget

from lockbox import db
from lockbox.settings import Settings

if TYPE_CHECKING:
    from lockbox.runtime import Runtime


MEMORY_PREFIX = "lockbox-tests-"
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 3_000_000_000  # three servers at once take a third of it
_count = itertools.count(1)
# Machines are shared: how long an example takes says nothing.
budget.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
budget.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    """A temporary folder of our own: other sessions clear the numbered ones of pytest while a server lies in them."""
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.option.basetemp = tempfile.mkdtemp(prefix="lockbox-tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what wants a database, so that `make quick` can leave it out; Airflow's day is worked by one process."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)
        if item.get_closest_marker("airflow"):
            item.add_marker(pytest.mark.xdist_group("airflow"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a running embedded server whose lockbox database is migrated, and stays empty as the template."""
    _free_memory()
    home = _memory_folder() or tmp_path_factory.mktemp("server")
    settings = Settings(home=home, database_url="")
    db.start_server(settings)
    with _admin(settings).connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the session
            connection.execute(sa.text(f"alter system set {setting} = off"))
        connection.execute(sa.text("select pg_reload_conf()"))
    db.migrate(settings)
    _forget(settings)
    yield settings
    db.stop_server(settings)
    shutil.rmtree(home, ignore_errors=True)


def _memory_folder() -> Path | None:
    """A folder in memory, where there is room: tests make and drop some 100,000 files of tables."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        return None
    return Path(tempfile.mkdtemp(prefix=f"{MEMORY_PREFIX}{os.getpid()}-", dir=MEMORY))


def _free_memory() -> None:
    """Stops the servers of test runs that were killed, and gives back the memory that they lie in."""
    for home in MEMORY.glob(f"{MEMORY_PREFIX}*"):
        if not psutil.pid_exists(int(home.name.removeprefix(MEMORY_PREFIX).partition("-")[0])):
            db.stop_server(Settings(home=home, database_url=""))
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def settings(server: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings with an empty home and a fresh copy of the migrated database."""
    name = f"test_{next(_count)}"
    admin = _admin(server)
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name} template {db.LOCKBOX} strategy file_copy"))
    url = sa.make_url(db.database_url(server)).set(database=name)
    fresh = Settings(home=tmp_path / "home", database_url=url.render_as_string(hide_password=False))
    fresh.home.mkdir()
    yield fresh
    _forget(fresh)
    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))


@pytest.fixture
def runtime(settings: Settings) -> Runtime:
    """An open runtime on a fresh database."""
    from lockbox.runtime import open_runtime

    return open_runtime(settings)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only money is looked at here: the checks of mail that was never closed properly stay out."""
    from lockbox.servicing import night

    monkeypatch.setitem(night.STEPS, "check", lambda _: 0)


def _admin(settings: Settings) -> sa.Engine:
    url = sa.make_url(db.database_url(settings)).set(database="postgres")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _forget(settings: Settings) -> None:
    """Closes pooled connections: a database with connections is no template."""
    for owner in (True, False):
        db.engine(settings, owner=owner).dispose()
