"""Files are written completely or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lockbox.files import write_whole


def test_a_file_is_written_with_its_folders_and_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "key"
    write_whole(path, b"secret", 0o600)
    assert path.read_bytes() == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_what_a_killed_process_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    part = tmp_path / ".report.html.part"
    part.write_bytes(b"half of a much longer report")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["report.html"]


def test_two_that_write_one_file_at_once_both_write_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "image"
    texts = [bytes([65 + number]) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_whole(path, text), texts * 4))
    assert path.read_bytes() in texts
    assert os.listdir(tmp_path) == ["image"]


def test_what_killed_processes_left_goes_after_a_day_unless_somebody_writes_it(tmp_path: Path) -> None:
    left, fresh, written, senders = (tmp_path / name for name in (".a.part", ".b.part", ".c.part", "d.part"))
    for path in (left, fresh, written, senders):
        path.write_bytes(b"half")
    now = fresh.stat().st_mtime
    for path in (left, written, senders):
        os.utime(path, (now - 90_000, now - 90_000))
    with written.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_whole(tmp_path / "report.html", b"new", tidy=True)
    assert sorted(os.listdir(tmp_path)) == [".b.part", ".c.part", "d.part", "report.html"]
    write_whole(tmp_path / "report.html", b"newer")
    assert written.exists()
    write_whole(tmp_path / "report.html", b"newest", tidy=True)
    assert sorted(os.listdir(tmp_path)) == [".b.part", "d.part", "report.html"]
