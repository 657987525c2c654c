"""Errors raised on purpose: one tree, each with its own exit code, and messages that say where."""

from __future__ import annotations

import pytest

from lockbox import errors
from lockbox.errors import InputError, LockboxError, printable


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("LockboxError", 1),
        ("UsageError", 2),
        ("SettingsError", 3),
        ("InputError", 4),
        ("ConflictError", 5),
        ("Fenced", 6),
        ("OutOfBalance", 7),
        ("NotReady", 8),
        ("OpenDifferences", 11),
        ("Unavailable", 12),
        ("DatabaseAway", 12),
    ],
)
def test_each_error_has_its_exit_code(name: str, code: int) -> None:
    error = getattr(errors, name)
    assert issubclass(error, LockboxError)
    assert error.exit_code == code
    assert f"{name} " in str(errors.__doc__)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InputError("empty"), "empty"),
        (InputError("empty", "index.csv"), "index.csv: empty"),
        (InputError("no date", "index.csv", 7, "received"), "index.csv, record 7, field received: no date"),
        (InputError("no date", record=0), "record 0: no date"),
    ],
)
def test_an_input_error_says_where(error: InputError, message: str) -> None:
    assert str(error) == message


def test_control_characters_are_written_out() -> None:
    error = InputError("\0 is no number", "a\nb.tif", field="amount")
    assert str(error) == "a\\nb.tif, field amount: \\x00 is no number"
    assert (error.file, error.reason) == ("a\\nb.tif", "\\x00 is no number")
    assert printable("caf\u00e9 \udcff") == "caf\u00e9 \\udcff"
