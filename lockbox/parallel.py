"""Pools of fresh worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from lockbox import telemetry


def fresh(workers: int, begin: Callable[..., object] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """A pool of new single-threaded processes that first call `begin(*arguments)` and end when their parent ends.

    Forked processes would inherit the parent's database connections and threads. Workers of a killed parent would
    otherwise wait for work forever, each with its networks in memory.
    """
    return ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_begin_worker, initargs=(telemetry.written_to(), begin, arguments)
    )


def _begin_worker(log_file: Path | None, begin: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    os.putenv("OPENCV_FOR_THREADS_NUM", "1")  # there is one process per core already
    if log_file is not None:
        telemetry.write_to(log_file, "warning")
    if begin is not None:
        begin(*arguments)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None  # a spawned process has one
    parent.join()
    os._exit(1)
