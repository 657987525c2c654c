"""The small JSON files that come with a delivery: batch.json, manifest.json and done markers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from reprlib import repr as shown  # a value, in short
from typing import Any

from lockbox.errors import InputError
from lockbox.scopes import BatchScope

LARGEST_COUNT = 999_999_999  # fits the database; no site sends as much
LONGEST_TEXT = 100  # characters of a box, a batch number, a scanner's name


@dataclass(frozen=True, slots=True)
class Doubts:
    """When a day or a time in a delivery is not believed: a clock must have been wrong."""

    now: datetime | None = None  # aware; None: only the distance of the receipt from the business date is judged
    days_ahead: int = 7  # a business date may lie after now
    days_behind: int = 60  # ... and before it
    receipt_days_after: int = 1  # its business date: mail of the night
    receipt_days_before: int = 60  # it: mail that was missed and comes with a later day
    clock_minutes: int = 15  # a site's clock may be ahead of ours


NO_DOUBTS = Doubts()


def read_json(path: Path, name: str, max_bytes: int) -> dict[str, Any]:
    """The JSON object in the file; `name` is what messages call the file.

    Raises:
        InputError: missing, a link, too large, not UTF-8, not a JSON object.
    """
    return parse_json(read_small(path, name, max_bytes), name)


def parse_json(data: bytes, name: str) -> dict[str, Any]:
    """The JSON object in the bytes.

    Raises:
        InputError: not UTF-8, not a JSON object.
    """
    text = utf8(data, name)
    try:
        plain = json.loads(text, object_pairs_hook=lambda pairs: _distinct(pairs, name))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", name) from error
    if not isinstance(plain, dict):
        raise InputError("not a JSON object", name)
    return plain


def _distinct(pairs: Iterable[tuple[str, Any]], name: str) -> dict[str, Any]:
    """The object of these pairs. Of a name that comes twice, nobody can say which value is meant."""
    plain: dict[str, Any] = {}
    for key, value in pairs:
        if key in plain:
            raise InputError("is given twice", name, field=shown(key)[1:-1])
        plain[key] = value
    return plain


def read_small(path: Path, name: str, max_bytes: int) -> bytes:
    """The bytes of a regular file of at most `max_bytes`.

    Raises:
        InputError: missing, not a regular file, too large, empty.
    """
    if path.is_symlink():
        raise InputError("is a link, not a file", name)
    if not path.is_file():
        raise InputError("is no regular file" if path.exists() else "is missing", name)
    size = path.stat().st_size
    if size > max_bytes:
        raise InputError(f"{size:,} bytes; at most {max_bytes:,} are read", name)
    data = path.read_bytes()
    if not data.strip():
        raise InputError("is empty", name)
    return data


def utf8(data: bytes, name: str) -> str:
    """The text. Only UTF-8 (with or without a byte order mark) is read; anything else would be a guess.

    Raises:
        InputError: another encoding.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise InputError("is UTF-16 or binary, not UTF-8", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: byte 0x{data[error.start]:02x} (perhaps Latin-1 or Windows-1252)"
        raise InputError(reason, name, f"row {line}") from error


def text(plain: dict[str, Any], name: str, key: str, record: str = "") -> str:
    """A required text of at most `LONGEST_TEXT` characters, stripped.

    Raises:
        InputError: missing, blank, too long or not text.
    """
    value = plain.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError("missing" if value is None else f"{shown(value)} is not text", name, record, key)
    if len(value) > LONGEST_TEXT:
        raise InputError(f"{len(value):,} characters; at most {LONGEST_TEXT} are read", name, record, key)
    return value.strip()


def count(value: object, name: str, key: str, record: str = "") -> int:
    """A whole number from 0 to `LARGEST_COUNT`.

    Raises:
        InputError: missing or something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("missing" if value is None else f"{shown(value)} is not a count", name, record, key)
    if value > LARGEST_COUNT:
        raise InputError(f"{shown(value)} is more than {LARGEST_COUNT:,}: no count", name, record, key)
    return value


def settles(plain: dict[str, Any], name: str, own: BatchScope) -> tuple[str, ...]:
    """The earlier batches whose missing documents this one brings, as scopes; none if it does not say.

    Raises:
        InputError: not a list of batches, or one of another site, of a later day, named twice, or the batch itself.
    """
    named = plain.get("settles", [])
    if not isinstance(named, list):
        raise InputError("not a list", name, field="settles")
    for number, scope in enumerate(named, 1):
        reason = _not_settled(scope, own) or ("is named twice" if scope in named[: number - 1] else "")
        if reason:
            raise InputError(f"{shown(scope)} {reason}", name, f"entry {number}", "settles")
    return tuple(named)


def _not_settled(text: object, own: BatchScope) -> str:
    """Why a batch cannot bring what is missing of the one named, or ""."""
    try:
        scope = BatchScope.parse(text if isinstance(text, str) else "")
    except InputError:
        return "is not site/YYYY-MM-DD/batch"
    if str(scope) != text:
        return "is not site/YYYY-MM-DD/batch"
    if scope.site_id != own.site_id:
        return f"is not a batch of {own.site_id}"
    if scope == own:
        return "is the batch itself"
    return f"is of a day after {own.business_date}" if scope.business_date > own.business_date else ""


def day(value: str, name: str, key: str) -> date:
    """A date in ISO 8601.

    Raises:
        InputError: not a date.
    """
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{shown(value)} is not a date", name, field=key) from error


def believable_day(business_date: date, name: str, doubts: Doubts) -> date:
    """The business date of a delivery.

    Raises:
        InputError: so far from now that a clock or a name must be wrong.
    """
    days = (business_date - doubts.now.date()).days if doubts.now else 0
    if days > doubts.days_ahead or -days > doubts.days_behind:
        reason = f"{business_date} is {_days(days)} today, {doubts.now:%Y-%m-%d}"
        raise InputError(f"{reason}; rename the folder if its day is wrong", name, field="business_date")
    return business_date


def receipt(value: str, name: str, business_date: date, doubts: Doubts = NO_DOUBTS) -> datetime:
    """When a delivery of a business date was received.

    Raises:
        InputError: not a time, without a zone, or one that is not believed.
    """
    return believable_receipt(instant(value, name, "received_at"), name, business_date, doubts)


def believable_receipt(moment: datetime, name: str, business_date: date, doubts: Doubts) -> datetime:
    """The time of receipt.

    Raises:
        InputError: it lies after now, or so far from the business date that a clock must have been wrong.
    """
    days = (moment.date() - business_date).days
    reason = ""
    if days > doubts.receipt_days_after or -days > doubts.receipt_days_before:
        reason = f"is {_days(days)} the business date {business_date}"
    elif doubts.now and moment > doubts.now + timedelta(minutes=doubts.clock_minutes):
        reason = f"lies after now, {doubts.now.astimezone(moment.tzinfo):%Y-%m-%d %H:%M %z}"
    if reason:
        raise InputError(f"{moment.isoformat()!r} {reason}; a clock was wrong: correct it", name, field="received_at")
    return moment


def _days(days: int) -> str:
    return f"{abs(days):,} {'day' if abs(days) == 1 else 'days'} {'after' if days > 0 else 'before'}"


def instant(value: str, name: str, key: str) -> datetime:
    """A time with its zone in ISO 8601.

    Raises:
        InputError: not a time, or without a zone.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{shown(value)} is not a time", name, field=key) from error
    if moment.tzinfo is None:
        raise InputError(f"{shown(value)} has no time zone", name, field=key)
    return moment
