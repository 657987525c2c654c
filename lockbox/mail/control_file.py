"""The small JSON files that come with a delivery: batch.json, manifest.json and done markers."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lockbox.errors import InputError
from lockbox.scopes import BatchScope

LATEST_DAYS = 1  # after its business date: mail of the night
EARLIEST_DAYS = 60  # before it: mail that was missed and comes with a later day


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
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", name) from error
    if not isinstance(plain, dict):
        raise InputError("not a JSON object", name)
    return plain


def read_small(path: Path, name: str, max_bytes: int) -> bytes:
    """The bytes of a regular file of at most `max_bytes`.

    Raises:
        InputError: missing, not a regular file, too large, empty.
    """
    if path.is_symlink():
        raise InputError("is a link, not a file", name)
    if not path.is_file():
        raise InputError("is missing", name)
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


def text(plain: dict[str, Any], name: str, key: str) -> str:
    """A required text, stripped.

    Raises:
        InputError: missing, blank or not text.
    """
    value = plain.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError("missing" if value is None else f"{value!r} is not text", name, field=key)
    return value.strip()


def count(value: object, name: str, key: str, record: str = "") -> int:
    """A whole number of zero or more.

    Raises:
        InputError: missing or something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("missing" if value is None else f"{value!r} is not a count", name, record, key)
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
            raise InputError(f"{scope!r} {reason}", name, f"entry {number}", "settles")
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
        raise InputError(f"{value!r} is not a date", name, field=key) from error


def receipt(value: str, name: str, business_date: date) -> datetime:
    """When a delivery of a business date was received.

    Raises:
        InputError: not a time, without a zone, or so far from the business date that a clock must have been wrong.
    """
    moment = instant(value, name, "received_at")
    days = (moment.date() - business_date).days
    if days > LATEST_DAYS or days < -EARLIEST_DAYS:
        reason = (
            f"{value!r} is {abs(days):,} days {'after' if days > 0 else 'before'} the business date {business_date}"
        )
        raise InputError(reason, name, field="received_at")
    return moment


def instant(value: str, name: str, key: str) -> datetime:
    """A time with its zone in ISO 8601.

    Raises:
        InputError: not a time, or without a zone.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{value!r} is not a time", name, field=key) from error
    if moment.tzinfo is None:
        raise InputError(f"{value!r} has no time zone", name, field=key)
    return moment
