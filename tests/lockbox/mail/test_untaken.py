"""What lies in the inbox and is never taken in is told of, with what to rename, until it is gone."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.inbox import meant_day
from lockbox.mail.untaken import SHOWN
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.deliveries import DAY, deliver, deliver_x9, scan, x9_check

TOLD = "select scope, message from ops_event where kind = 'untaken' and closed_at is null order by 1"


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def aged(folder: Path, minutes: int) -> None:
    """Sets the time of all that lies in a folder."""
    moment = (make.WORKED - timedelta(minutes=minutes)).timestamp()
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (moment, moment), follow_symlinks=False)


def told(runtime: Runtime, minutes: int = 60) -> dict[str, str]:
    """What is told of after the inbox has lain so long, by scope."""
    aged(runtime.settings.inbox_path, minutes)
    pipeline.waiting_batches(runtime, "dallas", make.WORKED)
    with runtime.engine.connect() as connection:
        return {row.scope: row.message for row in connection.execute(sa.text(TOLD))}


@pytest.mark.parametrize("marker", ["done", "DONE.txt", "Done", "DONE.DONE"])
def test_a_folder_whose_marker_has_another_name(line: Runtime, marker: str) -> None:
    folder = deliver(line.settings.inbox_path)
    (folder / "DONE").rename(folder / marker)
    assert told(line, 59) == {}
    assert told(line) == {f"dallas/{DAY}/D001": f"D001 is not taken in: its marker is {marker!r}: rename that 'DONE'"}
    (folder / marker).rename(folder / "DONE")
    assert told(line) == {}


@pytest.mark.parametrize("marker", ["D900.x9.DONE", "D900.done", "D900.x9.done.txt", "D900.ok"])
def test_a_file_whose_marker_has_another_name(line: Runtime, marker: str) -> None:
    path = deliver_x9(line.settings.inbox_path, x9_check(1))
    path.with_name("D900.x9.done").rename(path.with_name(marker))
    message = told(line)[f"dallas/{DAY}/D900.x9"]
    assert message == f"D900.x9 is not taken in: its marker is {marker!r}: rename that 'D900.x9.done'"
    path.with_name(marker).rename(path.with_name("D900.x9.done"))
    assert told(line) == {}


def test_a_site_is_told_apart_by_case_and_an_unknown_one_is_named(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    deliver(inbox)
    shutil.copytree(inbox / "dallas", inbox / "Dallas")
    (inbox / "dallas").rename(inbox / "houston")
    (inbox / "D001.x9").touch()
    assert told(line) == {
        "inbox/D001.x9": "D001.x9 is not taken in: it lies outside the folders of the sites: move it to "
        "<site>/<YYYY-MM-DD>/",
        "inbox/Dallas": "Dallas is not taken in: sites are told apart by case: rename it dallas",
        "inbox/houston": "houston is not taken in: no site has this name; known are dallas, richardson: move what is "
        "in it, or add the site",
    }
    for name in ("Dallas", "houston"):
        shutil.rmtree(inbox / name)
    (inbox / "D001.x9").unlink()
    assert told(line) == {}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20261130", "2026-11-30"),
        ("11-30-2026", "2026-11-30"),
        ("30.11.2026", "2026-11-30"),
        ("2026_11_30", "2026-11-30"),
        ("2026-11-30 copy", "2026-11-30"),
        ("11-12-2026", ""),  # of November or of December
        ("2026-11-31", ""),
        ("archive", ""),
        ("9" * 5_000, ""),
    ],
)
def test_a_day_in_other_words(name: str, day: str) -> None:
    assert meant_day(name) == day


def test_a_folder_of_no_day(line: Runtime) -> None:
    site = line.settings.inbox_path / "dallas"
    folder = deliver(line.settings.inbox_path)
    for name in ("2026_11_17", "tuesday", "_archive"):
        shutil.copytree(folder, site / name / "D001")
    assert told(line) == {
        "dallas/2026_11_17": "2026_11_17 is not taken in: a day is written YYYY-MM-DD: rename it 2026-11-17",
        "dallas/tuesday": "tuesday is not taken in: it is no day: name it YYYY-MM-DD, or begin it with _ to have it "
        "left alone",
    }


def test_each_thing_in_a_day_says_why(line: Runtime) -> None:
    """Everything else that the field drops into a folder."""
    inbox = line.settings.inbox_path
    day = deliver(inbox).parent
    no_marker, done_folder = deliver(inbox, batch="D002"), deliver(inbox, batch="D003")
    (no_marker / "DONE").unlink()
    (no_marker / "index.csv").unlink()
    (done_folder / "DONE").unlink()
    (done_folder / "DONE").mkdir()
    (deliver(inbox, batch="D004") / "DONE").unlink()
    (day / "D004.done").touch()
    deliver(inbox, batch="D005.tmp")
    deliver(inbox, batch="D006\u200b")
    (day / "D007").symlink_to(day / "D001")
    (day / "D008").mkdir()
    (day / "D901.icl").write_bytes(b"x")
    for name in ("D902.x9.gz", "Manifest.json", "D903.done", "~$index.csv", "Thumbs.db", ".DS_Store"):
        (day / name).write_bytes(b"x")
    for number in range(SHOWN + 2):
        (day / f"{number}F.tif").write_bytes(scan(number))
    assert told(line) == {
        f"dallas/{DAY}/{scope}": f"{message}"
        for scope, message in {
            "D002": "D002 is not taken in: its marker 'DONE' is missing, and index.csv: the sender broke off, or "
            "forgot it",
            "D003": "D003 is not taken in: DONE in it is no file",
            "D004": "D004 is not taken in: its marker lies beside it: put a file 'DONE' into the folder",
            "D005.tmp": "D005.tmp is not taken in: its name has signs that cannot be stored, or marks it as "
            "unfinished: rename it",
            "D006\\u200b": "D006\\u200b is not taken in: its name has signs that cannot be stored, or marks it as "
            "unfinished: rename it",
            "D007": "D007 is not taken in: it is a link: deliver the thing itself",
            "D008": "D008 is not taken in: it is empty",
            "D901.icl": "D901.icl is not taken in: its marker 'D901.icl.done' is missing",
            "*.gz": "D902.x9.gz is not taken in: X9 files end in .x9, .x937, .icl, with a marker NAME.x9.done; all "
            "else comes in a folder",
            "*.json": "Manifest.json is not taken in: a manifest is called manifest.json",
            "*.done": "D004.done, D903.done are not taken in: no file belongs to the marker: both are called NAME.x9 "
            "and NAME.x9.done",
            "*.tif": "0F.tif, 1F.tif, 2F.tif and 2 more are not taken in: images belong into the folder of a batch, "
            "with index.csv, batch.json and DONE",
        }.items()
    }
