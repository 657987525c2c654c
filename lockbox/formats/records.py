"""Fixed-width records as tables of fields: which position holds what, for reading and writing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lockbox.errors import InputError

ROW = re.compile(r"(\d+)(?:-(\d+))?\s+([NAB])\s+(\w+)(?:\s+=\s+(\S+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `start` and `end` count characters from 1, both included, as the standards print them."""

    name: str
    start: int
    end: int
    kind: str  # N digits, zero-filled on the left; A text, blank-filled on the right; B blank-filled on the left
    default: str = ""

    @property
    def width(self) -> int:
        """Characters."""
        return self.end - self.start + 1

    def pack(self, value: str | int) -> str:
        """The value, filled to the width of the field.

        Raises:
            ValueError: too long, or not a number where the field needs one.
        """
        text = str(value)
        if len(text) > self.width:
            raise ValueError(f"{text!r} does not fit {self.width} characters")
        if self.kind == "N":
            if text and not is_number(text):
                raise ValueError(f"{text!r} is not a number")
            return text.rjust(self.width, "0") if text else " " * self.width
        return text.rjust(self.width) if self.kind == "B" else text.ljust(self.width)

    def unpack(self, record: str) -> str:
        """The field's text, trimmed. Zero bytes alone are blanks, as mainframes fill.

        What is filled on the left ends where its field ends: of such a field that is cut off nothing is known, and
        digits with a blank behind them, or with one before their first zero, are no number: one of them is lost.
        """
        text = record[self.start - 1 : self.end]
        if not text.strip(" \0") or (self.kind != "A" and len(text) < self.width):
            return ""
        plain = text.strip(" ")
        if self.kind != "N":
            return plain
        has_gap = text[-1] == " " or (text[0] == " " and plain[0] == "0" and len(plain) > 1)
        return text if has_gap else plain


@dataclass(frozen=True, slots=True)
class Layout:
    """All fields of one record type, in order and without gaps."""

    code: str
    title: str
    fields: tuple[Field, ...]

    @property
    def length(self) -> int:
        """Characters."""
        return self.fields[-1].end

    def unpack(self, text: str) -> dict[str, str]:
        """Every field's text, trimmed; a record that is too short gives "" for the missing fields."""
        return {field.name: field.unpack(text) for field in self.fields}

    def pack(self, values: Mapping[str, str | int]) -> str:
        """One record of exactly `length` characters; fields not named take their default.

        Raises:
            InputError: a value does not fit its field, or there is no such field.
        """
        unknown = values.keys() - {field.name for field in self.fields}
        if unknown:
            raise InputError("no such field", record=self.code, field=min(unknown))
        return "".join(self._pack(field, values.get(field.name, field.default)) for field in self.fields)

    def _pack(self, field: Field, value: str | int) -> str:
        try:
            return field.pack(value)
        except ValueError as error:
            raise InputError(str(error), record=self.code, field=field.name) from error


def layout(code: str, title: str, table: str) -> Layout:
    """A layout from rows `start-end kind name [= default]`; the first row is `1-2 N code`.

    Raises:
        ValueError: the rows leave a gap or overlap, so the table has a typo.
    """
    fields = []
    at = 1
    for line in table.strip().splitlines():
        row = ROW.fullmatch(line.strip())
        if not row:
            raise ValueError(f"record {code}: cannot read {line.strip()!r}")
        start, end, kind, name, default = row.groups()
        if int(start) != at:
            raise ValueError(f"record {code}: {name} starts at {start}, expected {at}")
        field = Field(name, int(start), int(end or start), kind, default or "")
        fields.append(field)
        at = field.end + 1
    return Layout(code, title, tuple(fields))


def is_number(text: str) -> bool:
    """Only the digits 0-9, at least one; str.isdigit alone also takes superscripts and other scripts."""
    return text.isascii() and text.isdigit()
