"""The bank account a check is drawn on, where its MICR line can be read in two ways: learned per routing number.

A short group left of the account may be the check's serial number or a part of the account; only the bank knows. Both
readings are kept as tokens. Where one comes back for the same contract on another check, it was right: under the wrong
one the serial number would have changed the token. Such confirmations are counted per routing number (`bank_layout`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lockbox.tokens import account_token
from ocr.reading import Candidate, Field, FieldReading, Reading, ranked

SURE, LEFT, WHOLE = "sure", "left", "whole"  # only one layout; serial left of the account; all of it the account
Layouts = Mapping[str, Mapping[str, int]]  # by routing number, then layout: how often confirmed
NO_LAYOUTS: Layouts = {}


@dataclass(frozen=True, slots=True)
class PayerAccount:
    """The token of the payer's bank account under one layout of the on-us field."""

    layout: str
    routing: str
    token: str


@dataclass(frozen=True, slots=True)
class _OnUs:
    """The account under both layouts, and the serial number that `left` leaves over."""

    whole: str
    left: str
    serial: str


def payer_accounts(reading: Reading, key: bytes) -> tuple[PayerAccount, ...]:
    """The account under every possible layout, likeliest first; none if routing number or account were not read."""
    routing, account = reading.best(Field.ROUTING), reading.best(Field.BANK_ACCOUNT)
    if routing is None or account is None:
        return ()
    on_us = _ambiguous_on_us(reading)
    if on_us is None:
        return (PayerAccount(SURE, routing.value, account_token(key, routing.value, account.value)),)
    accounts = {LEFT: on_us.left, WHOLE: on_us.whole}
    layouts = sorted(accounts, key=lambda layout: accounts[layout] != account.value)
    return tuple(
        PayerAccount(layout, routing.value, account_token(key, routing.value, accounts[layout])) for layout in layouts
    )


def apply_layouts(reading: Reading, layouts: Layouts) -> Reading:
    """The reading with both layouts weighed by what is known of the bank; account and serial number change together."""
    routing, on_us = reading.best(Field.ROUTING), _ambiguous_on_us(reading)
    counts = layouts.get(routing.value, {}) if routing else {}
    if on_us is None or not counts:
        return reading
    chances = {candidate.value: candidate.probability for candidate in reading.candidates(Field.BANK_ACCOUNT)}
    left = chances[on_us.left] * (1 + counts.get(LEFT, 0))
    whole = chances[on_us.whole] * (1 + counts.get(WHOLE, 0))
    both = chances[on_us.left] + chances[on_us.whole]
    accounts = {on_us.left: both * left / (left + whole), on_us.whole: both * whole / (left + whole)}
    fields = dict(reading.fields)
    fields[Field.BANK_ACCOUNT] = _reweighed(fields[Field.BANK_ACCOUNT], accounts)
    fields[Field.SERIAL] = _reweighed(fields[Field.SERIAL], {on_us.serial: accounts[on_us.left]})
    return replace(reading, fields=fields)


def _reweighed(field: FieldReading, chances: Mapping[str, float]) -> FieldReading:
    candidates = (
        replace(candidate, probability=chances.get(candidate.value, candidate.probability))
        for candidate in field.candidates
    )
    return replace(field, candidates=ranked(candidates))


def _ambiguous_on_us(reading: Reading) -> _OnUs | None:
    """Both layouts of the likeliest account, if it has two: all of it, and a serial number with the rest of it."""
    accounts = [candidate.value for candidate in reading.candidates(Field.BANK_ACCOUNT)]
    serials: tuple[Candidate, ...] = reading.candidates(Field.SERIAL)
    for serial in (candidate.value for candidate in serials):
        for whole in accounts:
            left = whole.removeprefix(serial)
            if left != whole and left in accounts and accounts[0] in (left, whole):
                return _OnUs(whole, left, serial)
    return None
