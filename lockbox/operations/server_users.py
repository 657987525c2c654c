"""Who uses the embedded server: the last to leave stops it, unless a launcher keeps it running.

Each user holds a shared lock on one file, which ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from lockbox import db
from lockbox.errors import DatabaseAway
from lockbox.settings import Settings

VERB, LAUNCHER = "verb", "launcher"


@contextmanager
def used(settings: Settings, by: str = VERB) -> Iterator[None]:
    """The embedded server, started unless it runs; a server elsewhere is not ours to start or stop.

    A verb leaves a server running that a launcher started, and that others still use.

    Raises:
        SettingsError: the server did not start.
    """
    if settings.database_url:
        yield
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "postgres.users").open("a+") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while the last user stops it
        _enter(settings, users, by)
        try:
            yield
        finally:
            _leave(settings, users, by)


def _enter(settings: Settings, users: TextIO, by: str) -> None:
    """A verb that finds a server running leaves it to whoever started it."""
    if by == LAUNCHER or not db.is_running(settings):
        db.start_server(settings)
        _sign(users, by)


def _leave(settings: Settings, users: TextIO, by: str) -> None:
    if by == LAUNCHER:
        _sign(users, VERB)  # a verb may still use it; the last one stops it
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    users.seek(0)
    if users.read() != LAUNCHER:
        with suppress(DatabaseAway):  # a frozen server does not stop, either
            db.is_running(settings)
            db.stop_server(settings)


def _sign(users: TextIO, by: str) -> None:
    """Notes who keeps the server; on a full disk it stays with the last one who could."""
    with suppress(OSError):
        users.seek(0)
        users.truncate(0)
        users.write(by)
        users.flush()
