"""A server that answers nothing, because its processes are stopped."""

from __future__ import annotations

import psutil

from lockbox.settings import Settings


def freeze(server: Settings) -> None:
    """Stops (SIGSTOP) the embedded server with all of its processes."""
    for process in _processes(server):
        process.suspend()


def thaw(server: Settings) -> None:
    """Lets it go on (SIGCONT)."""
    for process in _processes(server):
        process.resume()


def _processes(server: Settings) -> list[psutil.Process]:
    postmaster = psutil.Process(int((server.database_path / "postmaster.pid").read_text().split()[0]))
    return [postmaster, *postmaster.children(recursive=True)]
