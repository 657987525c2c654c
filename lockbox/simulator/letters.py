"""What senders put in letters and memo lines, in words of their own: bodies from a file, by what they are about.

`letters.tsv` is worded for this project; nothing that reads has learnt from it (`training/letters` has others).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from textwrap import wrap

from ocr.reading import Topic

OURS = Path(__file__).with_suffix(".tsv")
ON_BACKS = 0.25  # of the phrases on checks
ON_BACK_LETTERS, BACK_ROW_LETTERS = 96, 24  # altogether, and about as many a row
OWN_WORDS = 0.2  # of the memo lines that are words
MEMO_LETTERS = 26  # more would not fit on a memo line by hand


@dataclass(frozen=True, slots=True)
class Body:
    """A letter without date, greeting and name, or a memo line of one line."""

    about: frozenset[str]  # of `ocr.nets.wording.LABELS`
    lines: tuple[str, ...]
    is_memo: bool


@cache
def bodies(path: Path = OURS) -> tuple[Body, ...]:
    """All of a file: `letter` or `memo`, what it is about (`-`: nothing), its lines parted by ` / `."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, "excel-tab", quoting=csv.QUOTE_NONE))
    return tuple(
        Body(frozenset(about.split(",")) - {"-"}, tuple(text.split(" / ")), what == "memo")
        for what, about, text in rows
    )


@cache
def _of(about: str, memos: bool) -> tuple[tuple[str, ...], ...]:
    wanted = frozenset({about} if about else ())
    return tuple(
        one.lines
        for one in bodies()
        if one.is_memo == memos and one.about == wanted and (not memos or len(one.lines[0]) <= MEMO_LETTERS)
    )


def letter_body(rng: Random, about: str) -> tuple[str, ...]:
    """The lines of a body that is about this and nothing else; "" for any other matter."""
    return rng.choice(_of(about, False))


def memo(rng: Random, about: str) -> str:
    """A memo line that would settle the debt, or one that is about nothing ("")."""
    return rng.choice(_of(about, True))[0]


def on_back(rng: Random) -> tuple[str, ...]:
    """What would settle the debt, in one to five rows on the back of a check."""
    said = [" ".join(lines) for lines in (*_of(Topic.SETTLES, False), *_of(Topic.SETTLES, True))]
    return tuple(wrap(rng.choice([one for one in said if len(one) <= ON_BACK_LETTERS]), BACK_ROW_LETTERS))
