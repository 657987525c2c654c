"""The bank account a check is drawn on, where its MICR line can be meant in two ways: learnt per routing number.

A short group left of the account may be the check's serial number or a part of the account; only the bank knows. Both
meanings are kept as tokens. Where a meaning comes back for the same contract on another check, it was right: under the
wrong one the serial would have changed the token. Such confirmations are counted per routing number (`bank_layout`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lockbox.tokens import account_token
from ocr.reading import Candidate, Field, FieldReading, Reading, ranked

SURE, LEFT, WHOLE = "sure", "left", "whole"  # one meaning; serial left of the account; all of it the account
Layouts = Mapping[str, Mapping[str, int]]  # by routing number, then layout: how often confirmed
NONE_LEARNT: Layouts = {}


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to take the on-us part. `token` is the bank account's."""

    layout: str
    routing: str
    token: str


@dataclass(frozen=True, slots=True)
class _Ways:
    whole: str
    left: str
    serial: str


def meanings(reading: Reading, key: bytes) -> tuple[Meaning, ...]:
    """All ways to take the line, likeliest first; none where routing number or account were not read."""
    routing, account = reading.best(Field.ROUTING), reading.best(Field.BANK_ACCOUNT)
    if routing is None or account is None:
        return ()
    ways = _ways(reading)
    if ways is None:
        return (Meaning(SURE, routing.value, account_token(key, routing.value, account.value)),)
    found = {LEFT: ways.left, WHOLE: ways.whole}
    order = sorted(found, key=lambda layout: found[layout] != account.value)
    return tuple(Meaning(one, routing.value, account_token(key, routing.value, found[one])) for one in order)


def settled(reading: Reading, learnt: Layouts) -> Reading:
    """The reading with the two meanings weighed by what was learnt of the bank; account and serial change together."""
    routing, ways = reading.best(Field.ROUTING), _ways(reading)
    counts = learnt.get(routing.value, {}) if routing else {}
    if ways is None or not counts:
        return reading
    chances = {one.value: one.probability for one in reading.candidates(Field.BANK_ACCOUNT)}
    left = chances[ways.left] * (1 + counts.get(LEFT, 0))
    whole = chances[ways.whole] * (1 + counts.get(WHOLE, 0))
    both = chances[ways.left] + chances[ways.whole]
    accounts = {ways.left: both * left / (left + whole), ways.whole: both * whole / (left + whole)}
    fields = dict(reading.fields)
    fields[Field.BANK_ACCOUNT] = _weighed(fields[Field.BANK_ACCOUNT], accounts)
    fields[Field.SERIAL] = _weighed(fields[Field.SERIAL], {ways.serial: accounts[ways.left]})
    return replace(reading, fields=fields)


def _weighed(field: FieldReading, chances: Mapping[str, float]) -> FieldReading:
    changed = (replace(one, probability=chances.get(one.value, one.probability)) for one in field.candidates)
    return replace(field, candidates=ranked(changed))


def _ways(reading: Reading) -> _Ways | None:
    """The two meanings of the likeliest account, if it has two: an account, and a serial with the rest of it."""
    accounts: tuple[Candidate, ...] = reading.candidates(Field.BANK_ACCOUNT)
    values = [one.value for one in accounts]
    for serial in (one.value for one in reading.candidates(Field.SERIAL)):
        for whole in values:
            left = whole.removeprefix(serial)
            if left != whole and left in values and values[0] in (left, whole):
                return _Ways(whole, left, serial)
    return None
