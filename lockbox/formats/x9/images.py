"""One image view of a cash letter: what record 50 says about it and what record 52 holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from lockbox.formats.records import is_number
from lockbox.formats.tiff import header_problem
from lockbox.formats.x9 import fields as layouts
from lockbox.formats.x9.types import Problem, Record, X9Image

SIDES = {"0": "front", "1": "back"}


def read_view(
    data: bytes, codec: str, record: Record, detail_record: Record, detail: Mapping[str, str]
) -> tuple[X9Image | None, list[Problem]]:
    """The image in record 52 of the file `data`, or None; and every problem with it.

    `detail` holds the fields of its record 50. Image and signature are bytes and never transcoded; the rest is text in
    `codec`.
    """
    parts = _parts(data, codec, record)
    if isinstance(parts, Problem):
        return None, [parts]
    key, signature, start, size = parts
    image = data[start : start + size]
    problems = list(_size_problems(record, detail_record, detail["size"], start, size))
    side = SIDES.get(detail["side"])
    if side is None:
        reason = "neither 0 (front) nor 1 (back); left out"
        return None, [*problems, Problem(detail_record.number, "side", reason)]
    reason = header_problem(image) or ""
    if reason:
        return None, [*problems, Problem(record.number, "image", f"{side}: {reason}; left out")]
    created_on = day(detail["created_on"])
    if created_on is None and detail["created_on"]:
        problems.append(Problem(detail_record.number, "created_on", "not a date"))
    return X9Image(
        side=side,
        data=image,
        format=detail["format"],
        compression=detail["compression"],
        creator_routing=detail["creator_routing"],
        created_on=created_on,
        descriptor=detail["descriptor"],
        reference_key=key,
        signature=signature,
        record=record.number,
        offset=start,
    ), problems


def _size_problems(record: Record, detail_record: Record, stated_size: str, start: int, size: int) -> Iterator[Problem]:
    if stated_size and not is_number(stated_size):
        yield Problem(detail_record.number, "size", f"not a number; the image has {size} bytes")
    elif stated_size and int(stated_size) != size:
        yield Problem(detail_record.number, "size", f"says {int(stated_size)} bytes, the image has {size}")
    trailing = record.offset + record.size_bytes - start - size
    if trailing:
        yield Problem(record.number, "image_length", f"{trailing} bytes follow the image")


def day(text: str) -> date | None:
    """The date in YYYYMMDD, or None if it is not a date."""
    if not (is_number(text) and len(text) == 8):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def moment(day_text: str, time_text: str) -> datetime | None:
    """The sender's local time in YYYYMMDD and HHMM, or None if it is not a time; the standard has no time zone."""
    sent_on = day(day_text)
    if sent_on is None or not (is_number(time_text) and len(time_text) == 4):
        return None
    hour, minute = int(time_text[:2]), int(time_text[2:])
    return datetime(sent_on.year, sent_on.month, sent_on.day, hour, minute) if hour < 24 and minute < 60 else None  # noqa: DTZ001


def _parts(data: bytes, codec: str, record: Record) -> tuple[str, bytes, int, int] | Problem:
    """Key, signature, start and size of the image: each part of a record 52 has its length before it. Blank is 0."""
    at, end = record.offset + layouts.IMAGE_DATA.length - 4, record.offset + record.size_bytes
    parts = []
    for name, width in (("key_length", 4), ("signature_length", 5), ("image_length", 7)):
        text = data[at : min(at + width, end)].decode(codec).strip(" \0") or "0"
        if not is_number(text):
            return Problem(record.number, name, "not a number; image left out")
        parts.append((at + width, int(text)))
        at += width + int(text)
    if at > end:
        return Problem(record.number, "image_length", f"{at - end} bytes are missing; image left out")
    (key_at, key_size), (signature_at, signature_size), (start, size) = parts
    key = data[key_at : key_at + key_size].decode(codec).strip()
    return key, data[signature_at : signature_at + signature_size], start, size
