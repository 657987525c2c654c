"""An inbox that is away, and batch numbers that two deliveries claim, are told of until that is over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.errors import Unavailable
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from tests.builders import ledger as make
from tests.builders.command_line import verb
from tests.builders.deliveries import DAY, deliver, deliver_x9, x9_check

SCOPE = BatchScope("dallas", make.DAY, "D001")


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def told(runtime: Runtime) -> list[tuple[str, str, str, int]]:
    """Kind, scope, message and how often, of what is told of now."""
    with runtime.engine.connect() as connection:
        rows = connection.execute(
            sa.text("select kind, scope, message, times from ops_event where closed_at is null order by event_id")
        )
        return [tuple(row) for row in rows]


def waiting(runtime: Runtime) -> list[BatchScope]:
    return pipeline.waiting_batches(runtime, "dallas", make.WORKED)


def test_an_inbox_that_is_away_is_one_event_until_it_is_back(line: Runtime, tmp_path: Path) -> None:
    share = line.settings.inbox_path
    deliver(share)
    pipeline.ingest(line, SCOPE, make.WORKED)
    share.rename(tmp_path / "unmounted")
    for _ in range(2):
        with pytest.raises(Unavailable, match="is not there: is its share mounted"):
            waiting(line)
    share.mkdir()
    (share / ".DS_Store").touch()
    with pytest.raises(Unavailable, match="is empty, though mail came from it before: is its share mounted"):
        waiting(line)
    [(kind, scope, message, times)] = told(line)
    assert (kind, scope, times) == ("inbox_away", "inbox", 3)
    assert message.startswith(f"the inbox {share} is empty")
    process = verb(line.settings, "mail")
    assert (process.returncode, "is empty, though mail" in process.stderr) == (12, True)
    (share / ".DS_Store").unlink()
    share.rmdir()
    (tmp_path / "unmounted").rename(share)
    assert (waiting(line), told(line)) == ([SCOPE], [])


def test_an_inbox_of_its_own_place_must_be_there_from_the_start(line: Runtime, tmp_path: Path) -> None:
    assert (waiting(line), told(line)) == ([], [])  # a new home has none before its first mail
    elsewhere = replace(line, settings=line.settings.model_copy(update={"inbox": tmp_path / "share"}))
    with pytest.raises(Unavailable, match="is not there"):
        waiting(elsewhere)
    (tmp_path / "share").write_text("")
    with pytest.raises(Unavailable, match="is no folder"):
        waiting(elsewhere)
    (tmp_path / "share").unlink()
    (tmp_path / "share").mkdir()
    assert (waiting(elsewhere), told(line)) == ([], [])


def test_a_number_that_a_folder_and_a_file_claim_is_an_event_and_neither_is_taken_in(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    deliver(inbox)
    file = deliver_x9(inbox, x9_check(1), name="D001.x9")
    deliver_x9(inbox, x9_check(2), name="D002.x9")
    assert waiting(line) == [replace(SCOPE, batch_no="D002")]
    [(kind, scope, message, _)] = told(line)
    assert (kind, scope) == ("claimed_twice", f"dallas/{DAY}/D001")
    assert message.startswith("D001 and D001.x9 claim the same batch number: neither is taken in")
    assert pipeline.set_aside_batches(line) == 1
    for path in (file, file.with_name("D001.x9.done")):
        path.rename(path.with_name(path.name.replace("D001", "D003")))
    assert set(waiting(line)) == {replace(SCOPE, batch_no=batch_no) for batch_no in ("D001", "D002", "D003")}
    assert told(line) == []
