"""Files that are written completely or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED_S = 86_400.0  # no writer takes a day: what is as old is left of a process that was killed


def write_whole(path: Path, data: bytes, mode: int = 0o640, *, tidy: bool = False) -> None:
    """Writes to a hidden file and renames it: a crash never leaves half a file under `path`.

    Missing folders are created. `mode` is the file's mode whatever the umask. The hidden file of a killed process is
    taken over when the file is written again; `tidy` also removes those beside it that are a day old, in a folder that
    is ours alone.

    Raises:
        OSError: the disk is full or writing is not permitted; an existing file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with _alone(part) as handle:
        try:
            os.ftruncate(handle, 0)
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.fchmod(handle, mode)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if tidy:
            _remove_unfinished(path.parent, os.fstat(handle).st_mtime - UNFINISHED_S)


def _remove_unfinished(folder: Path, before: float) -> None:
    """Removes hidden files that killed processes left, but none that somebody writes right now."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(".part")]
    for name in names:
        with suppress(OSError):  # gone meanwhile, or not ours to remove: the file itself is written
            handle = os.open(folder / name, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_mtime < before:
                    (folder / name).unlink()
            finally:
                os.close(handle)


@contextmanager
def _alone(part: Path) -> Iterator[int]:
    """The file, opened and locked: whoever writes the same one at the same time waits, and then has one of its own."""
    while True:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), part.lstat()):
                    yield handle
                    return
        finally:
            os.close(handle)
