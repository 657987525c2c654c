"""A database that stopped answering: statements under way are ended from this side, so that no verb hangs.

The server's own limits do not help: a frozen server keeps none. A long statement is no fault; the server is asked on
another connection whether it is there, and only if it is not, the connection is cut.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psycopg2 import OperationalError, connect, extensions

SHORTEST_S = 2  # libpq takes no shorter time to connect


def connect_args(patience_s: int) -> dict[str, Any]:
    """What makes a connection of psycopg2 end when its server gives no sign of life for so long."""
    seconds = max(SHORTEST_S, patience_s)
    return {
        "connection_factory": WatchedConnection,
        "connect_timeout": seconds,
        # over a network; a local socket has neither
        "keepalives_idle": seconds,
        "keepalives_interval": max(1, seconds // 3),
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }


class WatchedCursor(extensions.cursor):  # type: ignore[misc]
    """A cursor whose statements are watched."""

    def execute(self, *statement: Any) -> None:
        """Runs a statement."""
        with _watched(self.connection):
            super().execute(*statement)

    def executemany(self, *statement: Any) -> None:
        """Runs a statement for each of several values."""
        with _watched(self.connection):
            super().executemany(*statement)

    def copy_expert(self, *statement: Any) -> None:
        """Copies rows."""
        with _watched(self.connection):
            super().copy_expert(*statement)


class WatchedConnection(extensions.connection):  # type: ignore[misc]
    """A connection whose statements, commits, and rollbacks are watched."""

    def __init__(self, dsn: str, **more: Any) -> None:
        super().__init__(dsn, **more)
        self.cursor_factory = WatchedCursor
        self.dsn_in_full = dsn  # with the password, which `dsn` hides

    def commit(self) -> None:
        """Commits."""
        with _watched(self):
            super().commit()

    def rollback(self) -> None:
        """Rolls back."""
        with _watched(self):
            super().rollback()


class _Watch:
    """The connections that wait for the server, and one thread that looks at them."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.since: dict[extensions.connection, float] = {}
        threading.Thread(target=self._look, name="database watch", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(SHORTEST_S / 4)
            for connection, since in list(self.since.items()):
                patience_s = int(connection.info.dsn_parameters["connect_timeout"])
                if time.monotonic() - since < patience_s / 2:
                    continue
                if _answers(connection):
                    self.since.update({connection: time.monotonic()} if connection in self.since else {})
                elif self.since.get(connection) == since:
                    _cut(connection)
                    self.since.pop(connection, None)


_watch: _Watch | None = None


@contextmanager
def _watched(connection: Any) -> Iterator[None]:
    global _watch
    if _watch is None or _watch.process != os.getpid():  # threads do not live on in a forked process
        _watch = _Watch()
    since = _watch.since
    since[connection] = time.monotonic()
    try:
        yield
    finally:
        since.pop(connection, None)


def _answers(connection: Any) -> bool:
    """Whether the server takes a new connection within the time that the old one has for it."""
    try:
        connect(connection.dsn_in_full).close()
    except OperationalError as error:
        # too many connections, shutting down: it speaks
        return bool(error.pgcode) or "FATAL" in str(error)
    return True


def _cut(connection: Any) -> None:
    """Ends the wait for the server: what waits gets the error of a closed connection."""
    with suppress(OSError, OperationalError):
        handle = socket.socket(fileno=os.dup(connection.fileno()))
        try:
            handle.shutdown(socket.SHUT_RDWR)
        finally:
            handle.close()
