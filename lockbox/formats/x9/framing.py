"""Where each record of an X9 file begins and ends, even after damage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import unpack_from

from lockbox.errors import InputError
from lockbox.formats.x9.fields import IMAGE_DATA, KNOWN
from lockbox.formats.x9.types import Problem, Record

CODECS = {"ebcdic": "cp037", "ascii": "latin-1"}  # latin-1 shows a stray byte as one character and never fails
MAX_RECORDS = 10_000_000
FILLER = b"\0 \r\n\x40\x1a"
SHORTEST = 22  # characters of the shortest known record (27 and 34 without their variable parts)


def _lead_pattern(codec: str) -> re.Pattern[bytes]:
    """A length below 16 MB, followed by a known record type."""
    codes = b"|".join(re.escape(code.encode(codec)) for code in sorted(KNOWN))
    return re.compile(b"(?=(\\x00[\\x00-\\xff]{3}(?:" + codes + b")))")


LEADS = {name: _lead_pattern(codec) for name, codec in CODECS.items()}


@dataclass(frozen=True, slots=True)
class Frames:
    """The records of a file and how they were told apart."""

    encoding: str
    framing: str
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]
    damaged_before: frozenset[int]  # numbers of records that come right after something unreadable


def frames(data: bytes, name: str) -> Frames:
    """The records of `data`; damaged stretches are left out and listed as problems.

    Raises:
        InputError: neither length prefixes nor lines separate the records.
    """
    encoding, framing = detect(data, name)
    walk = _by_length if framing == "length" else _by_line
    problems: list[Problem] = []
    records: list[Record] = []
    damaged: set[int] = set()

    def lost(reason: str) -> None:
        problems.append(Problem(len(records) + 1, "", reason))
        damaged.add(len(records) + 1)

    for offset, size in walk(data, encoding, lost):
        code = data[offset : offset + 2].decode(CODECS[encoding])
        if len(records) >= MAX_RECORDS:
            raise InputError(f"more than {MAX_RECORDS:,} records", name)
        records.append(Record(len(records) + 1, code if code in KNOWN else "", offset, size))
    if not records:
        raise InputError("no record can be read", name)
    return Frames(encoding, framing, tuple(records), tuple(problems), frozenset(damaged))


def detect(data: bytes, name: str) -> tuple[str, str]:
    """Encoding ("ebcdic", "ascii") and framing ("length", "newline").

    Raises:
        InputError: not an X9 file.
    """
    if not data.strip(b"\0 \r\n"):
        raise InputError("empty file", name)
    for encoding, codec in CODECS.items():
        if data[4:6] == "01".encode(codec) and _size(data, 0) >= SHORTEST:
            return encoding, "length"
    if data[:2] == b"01" and b"\n" in data[:256]:
        return "ascii", "newline"
    for encoding in CODECS:  # the first record is damaged: do later ones have length prefixes?
        if _next_frame(data, 0, encoding) is not None:
            return encoding, "length"
    raise InputError("not an X9.37 or X9.100-187 file: no file header, no records with a length before them", name)


def _by_length(data: bytes, encoding: str, lost: Callable[[str], None]) -> Iterator[tuple[int, int]]:
    """Start and size of each record behind a 4-byte big-endian length; `lost` is called with what had to be skipped."""
    at = 0
    while at < len(data):
        if _is_filler(data, at):
            return
        size = _size(data, at)
        end = at + 4 + size
        fits = size >= SHORTEST and end <= len(data)
        if fits and _starts(data, end, encoding):
            yield at + 4, size
            at = end
            continue
        next_at = _next_frame(data, at + 1, encoding)
        if fits and _is_code(data, at + 4, encoding) and (next_at is None or next_at >= end):
            yield at + 4, size  # this record is whole: the damage comes after it
            at = end
            continue
        if next_at is None:
            lost(_ending(data, at, size))
            return
        lost(f"bytes {at} to {next_at - 1} are no record")
        at = next_at


def _by_line(data: bytes, encoding: str, lost: Callable[[str], None]) -> Iterator[tuple[int, int]]:
    """Start and size of each line; an image in record 52 may hold line ends, so its own lengths are used to skip it."""
    at = 0
    while at < len(data):
        inside = at + _image_record_size(data, at, encoding) if data[at : at + 2] == b"52" else at
        stop = data.find(b"\n", min(inside, len(data)))
        stop = len(data) if stop < 0 else stop
        if inside > len(data):
            lost(f"the file ends inside a record 52: {len(data) - at} of {inside - at} bytes are there")
            return
        size = len(data[at:stop].rstrip(b"\r")) if stop > inside else stop - at
        if size:
            yield at, size
        at = stop + 1


def _image_record_size(data: bytes, at: int, encoding: str) -> int:
    """Bytes of the record 52 at `at` by its own three lengths, or 0 if they make no sense."""
    position = at + IMAGE_DATA.length - 4
    for width in (4, 5, 7):
        text = data[position : position + width].decode(CODECS[encoding]).strip(" \0") or "0"
        if not (text.isascii() and text.isdigit()):
            return 0
        position += width + int(text)
    return position - at


def _size(data: bytes, at: int) -> int:
    return int(unpack_from(">I", data, at)[0]) if at + 4 <= len(data) else 0


def _is_code(data: bytes, at: int, encoding: str) -> bool:
    return data[at : at + 2].decode(CODECS[encoding]) in KNOWN


def _starts(data: bytes, at: int, encoding: str) -> bool:
    """Whether a record with a length that fits starts here, or the file ends here."""
    if at == len(data):
        return True
    size = _size(data, at)
    return SHORTEST <= size <= len(data) - at - 4 and _is_code(data, at + 4, encoding)


def _next_frame(data: bytes, at: int, encoding: str) -> int | None:
    """Start of the next record that is itself followed by a record or by the end."""
    for lead in LEADS[encoding].finditer(data, at):
        start = lead.start()
        if _starts(data, start, encoding) and _starts(data, start + 4 + _size(data, start), encoding):
            return start
    return None


def _is_filler(data: bytes, at: int) -> bool:
    """Nothing but zeros, blanks or line ends from here on: some senders pad the last block."""
    return len(data) - at < 65_536 and data[at] in FILLER and not data[at:].strip(FILLER)


def _ending(data: bytes, at: int, size: int) -> str:
    left = len(data) - at - 4
    if size >= SHORTEST and size > left >= 0:
        return f"the file ends inside a record: {left} of {size} bytes are there"
    return f"{len(data) - at} bytes at the end are no record"
