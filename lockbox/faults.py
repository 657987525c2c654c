"""Faults of the surroundings as errors of one line: a full disk, a store or a database that does not answer.

What they say has neither SQL nor anything that was read from a paper.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from lockbox import telemetry
from lockbox.errors import DatabaseAway, LockboxError, Unavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SAID = {  # SQLSTATE: what people read
    "53100": "the disk of the database is full",
    "53200": "the database is out of memory",
    "53300": "the database has too many connections",
    "57014": "the database broke off what took too long",
    "25006": "the database takes nothing in: it is read-only",
}
PASSING = ("40", "53", "55", "58", "25006", "57014")  # beginnings of SQLSTATE: the same work may succeed later
AWAY = ("08", "57")


@contextmanager
def named() -> Iterator[None]:
    """Turns faults of the surroundings into errors that say what happened, in one line."""
    try:
        yield
    except LockboxError:
        raise
    except Exception as error:
        fault = fault_of(error)
        if fault is None:
            raise
        if not isinstance(fault, Unavailable):  # a bug: where it is, without the values that the message may have
            telemetry.log.error("defect", reason=str(fault), frames=traceback.format_tb(error.__traceback__))
        raise fault from error


def fault_of(error: BaseException) -> LockboxError | None:
    """The fault that an exception stands for; None for an exception of our own code."""
    if isinstance(error, LockboxError):
        return error
    if isinstance(error, sa.exc.DBAPIError):
        return _database_fault(getattr(error.orig, "pgcode", None) or "", error)
    if isinstance(error, sa.exc.TimeoutError):
        return Unavailable("no connection to the database became free in time")
    if isinstance(error, BrokenProcessPool):
        return Unavailable("a reader process was ended from outside")
    if isinstance(error, MemoryError):
        return Unavailable("not enough memory")
    return _file_fault(error) if isinstance(error, OSError) else None


def message_of(error: BaseException) -> str:
    """What people read of an error: of one in our own code its kind and place, never the values in its text."""
    fault = fault_of(error)
    if fault is not None:
        return str(fault)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"something is broken: {type(error).__name__}{place}; the log says more"


def _database_fault(code: str, error: sa.exc.DBAPIError) -> LockboxError:
    if code in SAID:
        return Unavailable(SAID[code])
    if code.startswith(PASSING):
        return Unavailable(f"the database could not do it now (SQLSTATE {code})")
    if code.startswith(AWAY) or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return DatabaseAway("the database does not answer")
    return LockboxError(f"the database refused the work: SQLSTATE {code or 'unknown'}; the log says where")


def _file_fault(error: OSError) -> Unavailable:
    reason = "the disk is full" if error.errno in FULL else error.strerror or type(error).__name__
    return Unavailable(f"{error.filename}: {reason}" if isinstance(error.filename, str) else reason)
