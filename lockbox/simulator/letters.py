"""What senders write in letters and memo lines in their own words: bodies from a file, by what they are about.

`letters.tsv` was written for this project; no network was trained on it (those learn from `training/letters`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from textwrap import wrap

from ocr.reading import Topic

BODIES_FILE = Path(__file__).with_suffix(".tsv")
ON_BACKS = 0.25  # share of the restrictive phrases that stand on the back of the check
ON_BACK_LETTERS, BACK_ROW_LETTERS = 96, 24  # at most in all, and at most a row
OWN_WORDS = 0.2  # share of the worded memo lines that come from the file
MEMO_LETTERS = 26  # more would not fit on a memo line by hand


@dataclass(frozen=True, slots=True)
class Body:
    """A letter without date, greeting and name, or a memo line."""

    about: frozenset[str]  # of `ocr.nets.wording.LABELS`
    lines: tuple[str, ...]
    is_memo: bool


@cache
def bodies(path: Path = BODIES_FILE) -> tuple[Body, ...]:
    """All bodies of a file; its columns: `letter` or `memo`, the topics (`-`: none), the lines separated by ` / `."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, "excel-tab", quoting=csv.QUOTE_NONE))
    return tuple(
        Body(frozenset(about.split(",")) - {"-"}, tuple(text.split(" / ")), kind == "memo")
        for kind, about, text in rows
    )


@cache
def _lines_about(topic: str, memos: bool) -> tuple[tuple[str, ...], ...]:
    about = frozenset({topic} if topic else ())
    return tuple(
        body.lines
        for body in bodies()
        if body.is_memo == memos and body.about == about and (not memos or len(body.lines[0]) <= MEMO_LETTERS)
    )


def letter_body(rng: Random, topic: str) -> tuple[str, ...]:
    """The lines of a body about this topic and nothing else; "" stands for any other matter."""
    return rng.choice(_lines_about(topic, False))


def memo(rng: Random, topic: str) -> str:
    """A memo line that would settle the debt, or one without a topic ("")."""
    return rng.choice(_lines_about(topic, True))[0]


def on_back(rng: Random) -> tuple[str, ...]:
    """A phrase that would settle the debt, in one to five rows for the back of a check."""
    phrases = [" ".join(lines) for lines in (*_lines_about(Topic.SETTLES, False), *_lines_about(Topic.SETTLES, True))]
    short = [phrase for phrase in phrases if len(phrase) <= ON_BACK_LETTERS]
    return tuple(wrap(rng.choice(short), BACK_ROW_LETTERS))
