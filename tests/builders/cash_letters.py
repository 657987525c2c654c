"""Image cash letters: checks, files, and files with damage."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from struct import pack, unpack_from
from typing import Any

from PIL import Image

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Check, X9Credit, X9File, X9Image
from lockbox.formats.x9.writer import cash_letter, write_x9

G4 = {"strip_size": 10**7, "tiffinfo": {262: 0, 266: 1, 274: 1, 277: 1, 296: 2}}


def routing(base: str) -> str:
    """Eight digits with the ABA check digit; numbers from 57 on belong to no bank."""
    return base + str(-sum(w * int(d) for w, d in zip((3, 7, 1, 3, 7, 1, 3, 7), base, strict=True)) % 10)


def scan(mark: int) -> bytes:
    """A Group 4 TIFF, a different one for each `mark`."""
    image = Image.new("1", (160, 70), 1)
    image.paste(0, (2, 2, 10 + mark % 140, 9 + mark % 50))
    target = io.BytesIO()
    image.save(target, "TIFF", compression="group4", dpi=(200, 200), **G4)
    return target.getvalue()


def check(number: int = 1, amount_cents: int | None = 41_250, **more: Any) -> X9Check:
    """A check with front and back."""
    values: dict[str, Any] = {
        "routing": routing("57000001"),
        "on_us": f"60{number:06}/{100 + number}",
        "amount_cents": amount_cents,
        "sequence": f"44{number:06}",
        "images": (
            X9Image("front", scan(number), creator_routing=routing("57123456"), created_on=date(2026, 11, 16)),
            X9Image("back", scan(number + 70), creator_routing=routing("57123456"), created_on=date(2026, 11, 16)),
        ),
    }
    return X9Check(**{**values, **more})


def letter_of(*checks: X9Check, **more: Any) -> X9File:
    """A file with one cash letter."""
    values: dict[str, Any] = {
        "destination_routing": routing("57123456"),
        "origin_routing": routing("57000001"),
        "business_date": date(2026, 11, 16),
        "created_at": datetime(2026, 11, 16, 17, 30),  # noqa: DTZ001  the format has no time zone
        "origin_name": "LOCKBOX",
        "name": "deposit.x9",
    }
    return cash_letter(checks, **{**values, **more})


def deposit_ticket(layout: str, amount_cents: int | None = 82_500) -> X9Credit:
    """The credit of two checks of 412.50 each."""
    return X9Credit(layout, routing("57000001"), "5558881", amount_cents, "1")


def records(data: bytes) -> list[bytes]:
    """The records of a file, without their length prefixes."""
    parts, at = [], 0
    while at < len(data):
        (size,) = unpack_from(">I", data, at)
        parts.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def joined(parts: list[bytes]) -> bytes:
    """A file of these records, each after its length."""
    return b"".join(pack(">I", len(part)) + part for part in parts)


def damaged(change: Callable[[list[bytes]], None], *checks: X9Check) -> X9File:
    """An ASCII file read after `change`: records 01 10 20, for each check 25 50 52 50 52, then 70 90 99."""
    parts = records(write_x9(letter_of(*(checks or (check(1), check(2)))), "ascii"))
    change(parts)
    return read_x9(joined(parts), "deposit.x9")


def put(parts: list[bytes], index: int, position: int, text: str) -> None:
    """Overwrite a record from a position counted from 1."""
    record = parts[index]
    parts[index] = record[: position - 1] + text.encode() + record[position - 1 + len(text) :]


def problem_fields(file: X9File) -> list[tuple[int, str]]:
    """Record and field of every problem."""
    return [(problem.record, problem.field) for problem in file.problems]
