"""Fresh processes to share work among."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from lockbox import telemetry


def fresh(workers: int, begin: Callable[..., object] | None = None, *given: Any) -> ProcessPoolExecutor:
    """A pool of new processes of one thread each, which call `begin(*given)` first and end when their parent does.

    Forked ones would take along the parent's database connections and threads. Left to themselves, the workers of a
    parent that was killed would wait for work for ever, each with its networks in memory.
    """
    return ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_begun, initargs=(telemetry.written_to(), begin, given)
    )


def _begun(log_file: Path | None, begin: Callable[..., object] | None, given: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    os.putenv("OPENCV_FOR_THREADS_NUM", "1")  # there are as many processes as cores already
    if log_file is not None:
        telemetry.write_to(log_file, "warning")
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None  # a spawned process has one
    parent.join()
    os._exit(1)
