"""Faults of the surroundings: one line that says what happened, without SQL and without what was read."""

from __future__ import annotations

import errno
from concurrent.futures.process import BrokenProcessPool

import pytest
import sqlalchemy as sa

from lockbox.errors import DatabaseAway, InputError, LockboxError, Unavailable
from lockbox.faults import fault_of, message_of, named
from lockbox.runtime import Runtime

READ = "Ann Smith 4417123"


def raised(runtime: Runtime, statement: str) -> LockboxError:
    """What becomes of an error of the database."""
    with pytest.raises(LockboxError) as caught, named(), runtime.engine.connect() as connection:
        connection.execute(sa.text(statement), {"read": READ})
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("53100", Unavailable, "the disk of the database is full"),
        ("40P01", Unavailable, "the database could not do it now (SQLSTATE 40P01)"),
        ("57P01", DatabaseAway, "the database does not answer"),
        ("23514", LockboxError, "the database refused the work: SQLSTATE 23514; the log says where"),
    ],
)
def test_an_error_of_the_database_is_told_by_its_code(
    runtime: Runtime, code: str, kind: type[LockboxError], message: str
) -> None:
    statement = f"do $$ begin raise exception '{READ}' using errcode = '{code}'; end $$"
    error = raised(runtime, statement)
    assert (type(error), str(error)) == (kind, message)


def test_no_message_has_sql_or_what_was_read(runtime: Runtime) -> None:
    error = raised(runtime, "select cast(:read as int)")
    assert str(error) == "the database refused the work: SQLSTATE 22P02; the log says where"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/home/images/ab"), "/home/images/ab: the disk is full"),
        (OSError(errno.EFBIG, "File too large"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/inbox"), "/inbox: Permission denied"),
        (BrokenProcessPool(), "a reader process was ended from outside"),
        (MemoryError(), "not enough memory"),
        (sa.exc.TimeoutError(), "no connection to the database became free in time"),
    ],
)
def test_a_fault_of_the_machine_may_pass(error: Exception, message: str) -> None:
    fault = fault_of(error)
    assert isinstance(fault, Unavailable)
    assert (str(fault), message_of(error)) == (message, message)


def test_of_an_error_of_our_own_its_kind_and_place_are_told() -> None:
    with pytest.raises(ValueError, match=READ) as caught:
        int(READ)
    assert fault_of(caught.value) is None
    assert message_of(caught.value).startswith("something is broken: ValueError in test_faults.py, line ")
    assert READ not in message_of(caught.value)
    assert message_of(InputError("is empty", "index.csv")) == "index.csv: is empty"
