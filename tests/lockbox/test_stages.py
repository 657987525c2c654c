"""Stages: of two attempts at once, only the newest writes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import Fenced, InputError
from lockbox.scopes import NightScope
from lockbox.settings import Settings
from lockbox.stages import is_done, stage

SCOPE = NightScope(date(2026, 11, 16))
NOW = datetime(2026, 11, 16, 18, tzinfo=UTC)
ADD = sa.text("select note_event('warning', 'contract', 'contract/1', :message, :message, :at)")


def messages(engine: sa.Engine) -> list[str]:
    texts = sa.text("select message from ops_event where kind = 'contract' order by 1")
    with engine.connect() as connection:
        return list(connection.execute(texts).scalars())


def failures(engine: sa.Engine) -> list[tuple[Any, ...]]:
    texts = sa.text("select kind, cause, times, closed_at is null from ops_event where kind <> 'contract' order by 1")
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(texts)]


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


def test_tries_that_fail_are_one_event_which_the_stage_closes_when_it_is_done(settings: Settings) -> None:
    engine = db.engine(settings)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), stage(engine, SCOPE, "post", NOW):
            raise ValueError("broken")
    assert failures(engine) == [("stage_failed", "post", 3, True)]
    with stage(engine, SCOPE, "decide", NOW):
        pass
    assert failures(engine) == [("stage_failed", "post", 3, True)]
    with stage(engine, SCOPE, "post", NOW):
        pass
    assert failures(engine) == [("stage_failed", "post", 3, False)]


def test_a_failure_is_of_the_kind_that_its_stage_names(settings: Settings) -> None:
    engine = db.engine(settings)
    kinds: dict[type[Exception], str] = {InputError: "batch_set_aside"}
    for error in (InputError("is empty"), ValueError("broken")):
        with pytest.raises(type(error)), stage(engine, SCOPE, "ingest", NOW, failures=kinds):
            raise error
    assert [kind for kind, *_ in failures(engine)] == ["batch_set_aside", "stage_failed"]


def test_an_old_attempt_that_fails_after_a_newer_one_began_makes_no_event(settings: Settings) -> None:
    engine = db.engine(settings)
    with pytest.raises(ValueError, match="broken"), stage(engine, SCOPE, "post", NOW):
        with stage(engine, SCOPE, "post", NOW):
            pass
        raise ValueError("broken")
    assert failures(engine) == []
