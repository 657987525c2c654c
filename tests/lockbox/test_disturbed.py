"""Disturbed days: a disk is full, a store is away, or the database freezes in every stage, and the ledger is the same.

Each stage is run as its verb. It tells the fault in one line, goes on with the next batch, and is offered again.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox import __main__ as command_line
from lockbox import db
from lockbox.lender.profile import load_profile
from lockbox.settings import Settings
from lockbox.simulator.day import simulate
from tests.builders import ledger as make
from tests.builders.frozen import freeze, thaw

EVENING, NIGHT, MORNING = "2026-11-16T19:00:00-06:00", "2026-11-17T01:00:00-06:00", "2026-11-17T09:00:00-06:00"
UNAVAILABLE = 12


@dataclass(frozen=True)
class Stage:
    """A stage as its verb, with the table that it fills and the scopes that it works on."""

    verb: tuple[str, ...]
    table: str
    scopes: int  # each batch or site day is tried


STAGES = {
    "ingest": Stage(("ingest", "--as-of", EVENING), "item", 3),
    "read": Stage(("read", "--as-of", EVENING), "reading", 3),
    "decide": Stage(("decide", "--as-of", EVENING), "decision", 3),
    "post": Stage(("post", "--as-of", EVENING), "journal", 3),
    "close": Stage(("close", "--as-of", EVENING), "day_close", 2),
    "night": Stage(("night", "--as-of", NIGHT), "delinquency_status", 1),
    "statements": Stage(("statements", "--as-of", MORNING), "statement", 1),
}
STORES = {"ingest": "images", "read": "images", "statements": "outbox"}  # the stages that use files, and where
WRITES = ("ingest", "statements")
Verb = Callable[..., tuple[int, str, str]]
Fault = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def verb(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    """Runs a verb on a day of sample mail of both sites; gives its exit code and what it printed."""
    monkeypatch.setenv("LOCKBOX_HOME", str(settings.home))
    monkeypatch.setenv("LOCKBOX_DATABASE_URL", db.database_url(settings))
    monkeypatch.setenv("LOCKBOX_DATABASE_PATIENCE_S", "2")
    monkeypatch.setenv("LOCKBOX_WORKERS", "1")
    monkeypatch.setenv("COLUMNS", "300")
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    simulate(settings, seed=3, business_date=make.DAY, envelopes=4, contracts=40)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lockbox", *words])
        with pytest.raises(SystemExit) as end:
            command_line.main()
        out, err = capsys.readouterr()
        return int(str(end.value.code)), out, err

    return run


def lived(verb: Verb, settings: Settings, fault: Fault | None = None, broken: tuple[str, ...] = ()) -> object:
    """The day from intake to statements; each broken stage is first run under the fault. Returns the ledger."""
    for name, stage in STAGES.items():
        if fault is not None and name in broken:
            with fault(name):
                code, out, err = verb(*stage.verb)
            assert code == UNAVAILABLE, (name, code, out, err)
            lines = [line for line in err.splitlines() if line and not line.startswith("{")]
            assert 1 <= len(lines) <= stage.scopes, (name, err)
            for sign in ("Traceback", "select ", "insert ", "[SQL", "psycopg2"):
                assert sign not in out + err, (name, out, err)
        code, out, err = verb(*stage.verb)
        assert code == 0, (name, out, err)
    code, _, err = verb("check")
    assert code == 0, err
    with db.engine(settings).connect() as connection:
        opened = "select kind, scope, message from ops_event where closed_at is null and kind like '%failed'"
        assert list(connection.execute(sa.text(opened))) == []
        counts = "select (select count(*) from journal where source_kind = 'item'), (select count(*) from statement)"
        assert all(connection.execute(sa.text(counts)).one())
        (signature,) = db.rows(connection, "reports/ledger_signature")
        return tuple(signature.values())


@pytest.fixture(scope="module")
def expected() -> list[object]:
    """The ledger of the first day that ended; all others must end in the same."""
    return []


def same(expected: list[object], ledger: object) -> None:
    expected.append(ledger)
    assert ledger == expected[0]


def test_an_undisturbed_day(verb: Verb, settings: Settings, expected: list[object]) -> None:
    same(expected, lived(verb, settings))
    code, out, _ = verb("mail", "--as-of", EVENING)
    assert (code, out.splitlines()[-1]) == (0, "0 of 0 batches posted")


def test_the_disk_of_the_database_is_full_once_in_every_stage(
    verb: Verb, settings: Settings, expected: list[object]
) -> None:
    """The first batch meets it, the second goes through in the same run."""

    @contextmanager
    def full(name: str) -> Iterator[None]:
        table, owner = STAGES[name].table, db.engine(settings, owner=True)
        with owner.begin() as connection:
            db.run_script(
                connection,
                f"""
                create sequence inserts;
                grant usage on inserts to lockbox_app;
                create function full_once() returns trigger language plpgsql security definer as $$ begin
                    if nextval('inserts') = 1 then
                        raise exception 'could not extend file: no space left' using errcode = '53100';
                    end if;
                    return new;
                end $$;
                create trigger full_once before insert on {table} for each row execute function full_once()""",
            )
        try:
            yield
        finally:
            with owner.begin() as connection:
                db.run_script(connection, f"drop trigger full_once on {table}; drop function full_once cascade")
                db.run_script(connection, "drop sequence inserts")
                if name not in ("night", "statements"):
                    done = "select count(*) from stage_run where stage = :stage and state = 'done'"
                    assert connection.execute(sa.text(done), {"stage": name}).scalar() == STAGES[name].scopes - 1

    same(expected, lived(verb, settings, full, tuple(STAGES)))


def test_the_disk_for_files_is_full(verb: Verb, settings: Settings, expected: list[object]) -> None:
    @contextmanager
    def full(_: str) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    same(expected, lived(verb, settings, full, WRITES))
    assert not list(settings.home.rglob("*.part"))


def test_a_store_is_away_or_cannot_be_written(verb: Verb, settings: Settings, expected: list[object]) -> None:
    @contextmanager
    def away(name: str) -> Iterator[None]:
        """A file lies where the folder should be, so that root is refused as well; what was there is out of reach."""
        folder, kept = settings.home / STORES[name], settings.home / "kept"
        if folder.exists():
            folder.rename(kept)
        if name in WRITES:
            folder.write_bytes(b"")
        try:
            yield
        finally:
            folder.unlink(missing_ok=True)
            if kept.exists():
                kept.rename(folder)

    same(expected, lived(verb, settings, away, tuple(STORES)))


# Each freeze waits for the deadline several times: three days of two or three are each quicker than one of seven.
@pytest.mark.parametrize("broken", [("ingest", "read"), ("decide", "post"), ("close", "night", "statements")])
def test_the_database_freezes(
    verb: Verb, server: Settings, settings: Settings, expected: list[object], broken: tuple[str, ...]
) -> None:
    """It stops (SIGSTOP) before the stage's first row: the verb ends by itself, tells it once, and leaves the rest."""

    @contextmanager
    def frozen(name: str) -> Iterator[None]:
        table = STAGES[name].table

        def stop(*event: object) -> None:
            if f"insert into {table} " in str(event[2]) or f"{name}_" in str(event[2]):
                freeze(server)

        engine = db.engine(settings.model_copy(update={"database_patience_s": 2}))
        sa.event.listen(engine, "before_cursor_execute", stop)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", stop)
            thaw(server)

    same(expected, lived(verb, settings, frozen, broken))


def test_what_is_set_aside_is_named_when_nothing_else_waits(verb: Verb, settings: Settings) -> None:
    """A run after a refusal must not look as if all were through."""
    index = next(Path(settings.inbox_path).glob("dallas/*/*/index.csv"))
    index.write_bytes(b"")
    assert verb("mail", "--as-of", EVENING)[0] == 4
    code, out, _ = verb("mail", "--as-of", EVENING)
    assert (code, out.splitlines()[-1]) == (0, "0 of 0 batches posted; 1 set aside until corrected, see `events`")
    out = verb("ingest", "--as-of", EVENING)[1]
    assert out.splitlines()[-1] == "no batch waits; 1 set aside until corrected, see `events`"
