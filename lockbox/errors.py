"""Every error the product raises on purpose, in one tree, each with its exit code.

LockboxError                 1  something is wrong; the message says what and where
├── UsageError               2  a verb was called with invalid arguments
├── SettingsError            3  the setup is incomplete: folder, database, key
├── InputError               4  a received file cannot be used; the message names file, record, field
├── ConflictError            5  the same key arrived again with different content
├── Fenced                   6  a newer attempt at this stage took over; this one must stop
├── OutOfBalance             7  totals that must tie differ; the message says where
├── NotReady                 8  what this step needs is not there yet; try again later
├── OpenDifferences         11  a day was closed although something is missing that nobody accepted
├── Refused                 13  a person may not do this, or somebody else was first; the message says why
└── Unavailable             12  a disk is full, a store or a server does not answer; try again later
    └── DatabaseAway        12  the database does not answer: nothing else can be done, either
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Text from a received file as people can read and databases store it: control characters are written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


class LockboxError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class UsageError(LockboxError):
    """A verb was called with invalid arguments."""

    exit_code = 2


class SettingsError(LockboxError):
    """The setup is incomplete."""

    exit_code = 3


class InputError(LockboxError):
    """A received file cannot be used.

    `file` is its name, `record` a record number or where else in the file ("row 7"), or "" for the whole file, `field`
    the field's name or "".
    """

    exit_code = 4

    def __init__(self, reason: str, file: str = "", record: str | int = "", field: str = "") -> None:
        self.reason, self.file, self.record, self.field = map(printable, (reason, file, str(record), field))
        place = self.record if " " in self.record or not self.record else f"record {self.record}"
        where = ", ".join(part for part in (self.file, place, f"field {field}" if field else "") if part)
        super().__init__(f"{where}: {self.reason}" if where else self.reason)


class ConflictError(LockboxError):
    """The same key arrived again with different content."""

    exit_code = 5


class Fenced(LockboxError):
    """A newer attempt at this stage took over; this one must stop and has written nothing."""

    exit_code = 6


class OutOfBalance(LockboxError):
    """Totals that must tie differ."""

    exit_code = 7


class NotReady(LockboxError):
    """What this step needs is not there yet."""

    exit_code = 8


class OpenDifferences(LockboxError):
    """A day was closed although something is missing that nobody accepted."""

    exit_code = 11


class Refused(LockboxError):
    """A person may not do this, or somebody else was first: the rules of who may do what are the database's."""

    exit_code = 13


class Unavailable(LockboxError):
    """The surroundings fail for now: a full disk, a store or a server that does not answer."""

    exit_code = 12


class DatabaseAway(Unavailable):
    """The database does not answer; whatever else was to be done would fail alike."""
