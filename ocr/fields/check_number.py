"""The check's number printed in its upper corner: it tells which short group of the MICR line is the serial."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from ocr.fields.lines import TextLine
from ocr.reading import Candidate, Field, FieldReading, ranked

CORNER_LEFT, CORNER_FOOT = 0.6, 0.3  # shares of width and height: right of and above them the number is printed
NUMBER = re.compile(r"(?i)(?:no\.?|check|#)?\s*#?\s*(\d{3,6})")
LEGIBLE = 0.8  # of the number's text
SHOWN = 0.98  # chance that a group is the serial where the corner shows the same number
LOST = 0.5  # factor of a line whose serial is only the beginning of the number in the corner
NOT_SHOWN = 0.3  # factor of the chance that a group is the serial where the corner shows another number


class _Split(NamedTuple):
    """An account, and what it is without a serial."""

    whole: Candidate
    rest: Candidate
    group: Candidate


def printed(lines: Iterable[TextLine]) -> set[str]:
    """The numbers in the upper right corner that may be the check's, without leading zeros."""
    corner = [line for line in lines if line.x > CORNER_LEFT and line.y < CORNER_FOOT]
    matches = (NUMBER.fullmatch(line.value.strip()) for line in corner if line.text.probability >= LEGIBLE)
    return {match[1].lstrip("0") for match in matches if match}


def told_apart(fields: Mapping[Field, FieldReading], numbers: set[str]) -> tuple[FieldReading, FieldReading]:
    """Bank account and serial of a line with several meanings, weighed by the numbers printed in the corner."""
    account, serial = fields[Field.BANK_ACCOUNT], fields[Field.SERIAL]
    splits = list(_splits(account.candidates, serial.candidates))
    if not splits or not numbers:
        return account, serial
    shown = [split for split in splits if split.group.value.lstrip("0") in numbers]
    return _weighed(account, serial, (shown or splits)[0], is_shown=bool(shown))


def cut_short(fields: Mapping[Field, FieldReading], numbers: set[str]) -> dict[Field, FieldReading]:
    """Line and serial, doubted where the number in the corner goes on after the line's serial: its end was lost."""
    best = fields[Field.SERIAL].best
    serial = best.value.lstrip("0") if best else ""
    longer = [number for number in numbers if number.startswith(serial)]
    if not serial or serial in numbers or not longer:
        return {}
    names = (Field.MICR_LINE, Field.SERIAL, Field.AUX_ON_US)
    return {
        name: _with(fields[name], {known.value: LOST * known.probability for known in fields[name].candidates})
        for name in names
    }


def _splits(accounts: Iterable[Candidate], serials: Iterable[Candidate]) -> Iterator[_Split]:
    """The ways to part an account into a shorter one and a serial, first or last."""
    known = {account.value: account for account in accounts}
    for group, whole in product(serials, known.values()):
        for rest in (whole.value.removeprefix(group.value), whole.value.removesuffix(group.value)):
            if rest != whole.value and rest in known:
                yield _Split(whole, known[rest], group)


def _weighed(
    account: FieldReading, serial: FieldReading, split: _Split, *, is_shown: bool
) -> tuple[FieldReading, FieldReading]:
    """The chances of both meanings of one split; together they keep what they had."""
    both = split.whole.probability + split.rest.probability
    apart = SHOWN * both if is_shown else NOT_SHOWN * split.rest.probability
    chances = {split.rest.value: apart, split.whole.value: both - apart}
    return _with(account, chances), _with(serial, {split.group.value: apart})


def _with(field: FieldReading, chances: Mapping[str, float]) -> FieldReading:
    return replace(
        field,
        candidates=ranked(
            replace(candidate, probability=chances.get(candidate.value, candidate.probability))
            for candidate in field.candidates
        ),
    )
