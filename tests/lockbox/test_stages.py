"""Stages: of two attempts at once, only the newest writes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import Fenced, InputError
from lockbox.scopes import NightScope
from lockbox.settings import Settings
from lockbox.stages import is_done, stage

SCOPE = NightScope(date(2026, 11, 16))
NOW = datetime(2026, 11, 16, 18, tzinfo=UTC)
ADD = sa.text("insert into ops_event (at, severity, kind, scope, message) values (:at, 'info', 'test', 's', :message)")


def messages(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("select message from ops_event order by 1")).scalars())


def test_an_old_attempt_that_ends_after_a_newer_one_began_writes_nothing(settings: Settings) -> None:
    engine = db.engine(settings)
    old = stage(engine, SCOPE, "post", NOW)
    with pytest.raises(Fenced, match="attempt 1 was superseded"), old as connection:
        connection.execute(ADD, {"at": NOW, "message": "old"})
        with stage(engine, SCOPE, "post", NOW) as newer:
            newer.execute(ADD, {"at": NOW, "message": "new"})
    assert messages(engine) == ["new"]
    with engine.connect() as connection:
        assert is_done(connection, SCOPE, "post")


def test_an_old_attempt_cannot_commit_while_the_newer_one_runs(settings: Settings) -> None:
    engine = db.engine(settings)
    with stage(engine, SCOPE, "post", NOW) as newer_after_old_began:
        del newer_after_old_began
    with pytest.raises(Fenced), stage(engine, SCOPE, "post", NOW) as old:
        old.execute(ADD, {"at": NOW, "message": "old"})
        newer = stage(engine, SCOPE, "post", NOW)
        newer.__enter__()  # the newer attempt has begun and is still running
    assert messages(engine) == []


def test_a_failure_is_noted_and_raised_and_nothing_else_is_kept(settings: Settings) -> None:
    engine = db.engine(settings)
    with (
        pytest.raises(InputError, match=r"x\.csv, record 7, field amount: not a number"),
        stage(engine, SCOPE, "ingest", NOW, "mark") as connection,
    ):
        connection.execute(ADD, {"at": NOW, "message": "half"})
        raise InputError("not a number", file="x.csv", record=7, field="amount")
    with engine.connect() as connection:
        run = connection.execute(sa.text("select * from stage_run")).mappings().one()
    assert (run["state"], run["input_mark"]) == ("failed", "mark")
    assert run["message"] == "x.csv, record 7, field amount: not a number"
    assert messages(engine) == []
