"""The log: one line per step, as JSON in a file, or through Airflow in a task's log.

A line has scopes, counts and durations, and nothing personal: no names, account numbers or readings.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import WrappedLogger

from lockbox.errors import LockboxError

LARGEST_BYTES = 50 * 2**20  # then a new file begins, and the previous one is kept beside it
LONG_NUMBER = re.compile(r"\d{8,}")  # an account number, in the reason of a failure


def mask(text: str) -> str:
    """The text with the last four digits of its long numbers."""
    return LONG_NUMBER.sub(lambda number: "•" * (len(number[0]) - 4) + number[0][-4:], text)


def _masked(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: mask(value) if isinstance(value, str) else value for name, value in line.items()}


PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,  # tracebacks without the values of variables
    _masked,
    structlog.processors.JSONRenderer(ensure_ascii=False),
]

log: structlog.stdlib.BoundLogger = structlog.get_logger("lockbox")
_counts: ContextVar[Counter[str] | None] = ContextVar("counts", default=None)
_stream: TextIO | None = None


def write_to(path: Path, level: str) -> None:
    """Appends lines of this level and above to a file, which other processes may also write.

    `level` is debug, info, warning, error or critical.
    """
    global _stream
    stop()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST_BYTES:
            path.replace(path.with_name(path.name + ".1"))
        _stream = path.open("a", encoding="utf-8", buffering=1)
    except OSError:  # a full disk, a folder that is not ours: work goes on without the file
        return
    _configure(_Lines, level)


class _Lines:
    """Lines to the file. One that cannot be written, as on a full disk, is lost; no work stops for it."""

    def __init__(self, *_: object) -> None: ...

    def msg(self, line: str) -> None:
        """Writes one line."""
        if _stream is not None:
            with suppress(OSError):
                _stream.write(line + "\n")

    debug = info = warning = error = critical = msg


def stop() -> None:
    """Closes the file; from now on, only warnings are logged, to standard error."""
    global _stream
    if _stream is not None:
        with suppress(OSError):
            _stream.close()
        _stream = None
    _configure(_on_stderr, "warning")


def written_to() -> Path | None:
    """The file that lines go to, so that worker processes can write to it, too; None if this process has no file."""
    return Path(_stream.name) if _stream is not None else None


@contextmanager
def step(name: str, **facts: object) -> Iterator[None]:
    """Logs one line when a step ends: its facts, its counts, its duration and the version.

    A failed step logs its failure and raises again. An error raised on purpose is logged without a traceback.
    """
    begun, counts = time.monotonic(), Counter[str]()
    token = _counts.set(counts)
    try:
        yield
    except LockboxError as error:
        log.warning(
            f"{name} failed", **facts, error=type(error).__name__, reason=mask(str(error)), **_ended(begun, counts)
        )
        raise
    except Exception:
        log.exception(f"{name} failed", **facts, **_ended(begun, counts))
        raise
    else:
        log.info(name, **facts, **_ended(begun, counts))
    finally:
        _counts.reset(token)


def count(**numbers: int) -> None:
    """Adds to the counts of the current step; outside a step, it does nothing."""
    counts = _counts.get()
    if counts is not None:
        counts.update(numbers)


def _ended(begun: float, counts: Counter[str]) -> dict[str, object]:
    return {**counts, "duration_ms": round((time.monotonic() - begun) * 1000), "version": _version()}


@cache
def _version() -> str:
    try:
        return version("lockbox-batch")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"


def _configure(factory: Callable[..., WrappedLogger], level: str) -> None:
    structlog.configure(
        processors=PROCESSORS, wrapper_class=structlog.make_filtering_bound_logger(level), logger_factory=factory
    )


def _on_stderr(*_: object) -> WrappedLogger:
    return structlog.PrintLogger(sys.stderr)


# Airflow's tasks have configured it by now; elsewhere only warnings are logged until `write_to` names a file.
if not structlog.is_configured():
    stop()
