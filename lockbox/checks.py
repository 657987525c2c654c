"""Runs the checks of sql/checks. Each returns the bad rows; a check without rows passes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from lockbox import db


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that found bad rows."""

    check: str  # "i06_batch_ties"
    rows: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        first = ", ".join(f"{name} {value}" for name, value in self.rows[0].items())
        more = f" and {len(self.rows) - 1} more" if len(self.rows) > 1 else ""
        return f"check {self.check}: {first}{more}"


def run_checks(
    connection: sa.Connection, since: date | None = None, only: Collection[str] | None = None
) -> list[Finding]:
    """Runs all checks, or `only` those named; returns the ones that found something, in order.

    With `since`, they cover what was received or written for that business date and later, which is what a day's close
    can have broken. Without it, they cover everything.
    """
    connection.execute(sa.text("select refresh_statistics()"))
    names = [name.removeprefix("checks/") for name in db.check_names()]
    selected = [name for name in names if only is None or name in only]
    results = [(name, db.rows(connection, f"checks/{name}", since=since)) for name in selected]
    return [Finding(name, tuple(dict(row) for row in rows)) for name, rows in results if rows]


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What a check verifies, from the comment of its file."""

    check: str
    title: str  # its first sentence
    rules: tuple[str, ...]  # the numbered invariants behind it: ("I6", "I7")


@lru_cache
def check_infos() -> tuple[CheckInfo, ...]:
    """What all checks verify, in order."""
    return tuple(_about(name) for name in db.check_names())


def _about(name: str) -> CheckInfo:
    lines = (db.SQL / f"{name}.sql").read_text().splitlines()
    words = " ".join(line.removeprefix("--").strip() for line in lines if line.startswith("--"))
    title, _, why = words.partition(" Why: ")
    return CheckInfo(name.removeprefix("checks/"), title, tuple(re.findall(r"\bI\d+\b", why)))
