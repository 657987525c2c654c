"""A database that stops answering ends what waits for it; a long statement is left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import DatabaseAway
from lockbox.faults import named
from lockbox.patience import connect_args
from lockbox.settings import Settings
from tests.builders.frozen import freeze, thaw


@contextmanager
def froze(server: Settings, after_s: float) -> Iterator[None]:
    """The server is frozen after so many seconds, and goes on in the end."""
    timer = Timer(after_s, freeze, [server])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        thaw(server)


def test_a_statement_under_way_and_the_next_connection_end_in_time(server: Settings, settings: Settings) -> None:
    engine = db.engine(settings.model_copy(update={"database_patience_s": 2}))
    with froze(server, 0.2):
        begun = time.monotonic()
        with pytest.raises(DatabaseAway), named(), engine.begin() as connection:
            connection.execute(sa.text("select pg_sleep(20)"))
        assert time.monotonic() - begun < 8
        with pytest.raises(DatabaseAway), named(), engine.begin():
            pass
        with pytest.raises(DatabaseAway):  # it must not be taken for one that is to be started
            db.is_running(settings.model_copy(update={"database_patience_s": 2}))
        assert time.monotonic() - begun < 14
    with engine.begin() as connection:
        assert connection.execute(sa.text("select 1")).scalar() == 1
    engine.dispose()


def test_a_statement_that_takes_longer_than_the_patience_is_no_fault(settings: Settings) -> None:
    engine = db.engine(settings.model_copy(update={"database_patience_s": 2}))
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_sleep(3.2)"))
    engine.dispose()


def test_over_a_network_a_silent_server_is_given_up_as_soon() -> None:
    limits = connect_args(20)
    assert (limits["connect_timeout"], limits["tcp_user_timeout"], limits["keepalives_idle"]) == (20, 20_000, 20)
