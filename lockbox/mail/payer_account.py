"""The bank account a check is drawn on, where its MICR line can be read in several ways: learned per routing number.

A short group left or at the end of the account may be the check's serial number or a part of the account; only the bank
knows. All readings are kept as tokens. Where one comes back for the same contract on another check, it was right: under
the wrong one the serial number would have changed the token. Such confirmations are counted per routing number
(`bank_layout`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from lockbox.tokens import account_token
from ocr.reading import Field, FieldReading, Reading, ranked

SURE, LEFT, END, WHOLE = "sure", "left", "end", "whole"  # one layout only; serial first; serial last; all of it account
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
    """The account under each layout, and the serial number that a layout leaves over."""

    accounts: Mapping[str, str]
    serials: Mapping[str, str]


def payer_accounts(reading: Reading, key: bytes) -> tuple[PayerAccount, ...]:
    """The account under every possible layout, likeliest first; none if routing number or account were not read."""
    routing, account = reading.best(Field.ROUTING), reading.best(Field.BANK_ACCOUNT)
    if routing is None or account is None:
        return ()
    on_us = _ambiguous_on_us(reading)
    if on_us is None:
        return (PayerAccount(SURE, routing.value, account_token(key, routing.value, account.value)),)
    accounts = on_us.accounts
    layouts = sorted(accounts, key=lambda layout: accounts[layout] != account.value)
    return tuple(
        PayerAccount(layout, routing.value, account_token(key, routing.value, accounts[layout])) for layout in layouts
    )


def apply_layouts(reading: Reading, layouts: Layouts) -> Reading:
    """The reading with all layouts weighed by what is known of the bank; account and serial number change together."""
    routing, on_us = reading.best(Field.ROUTING), _ambiguous_on_us(reading)
    counts = layouts.get(routing.value, {}) if routing else {}
    if on_us is None or not counts:
        return reading
    chances = {candidate.value: candidate.probability for candidate in reading.candidates(Field.BANK_ACCOUNT)}
    weights = {layout: chances[account] * (1 + counts.get(layout, 0)) for layout, account in on_us.accounts.items()}
    share = sum(chances[account] for account in on_us.accounts.values()) / sum(weights.values())
    accounts = {on_us.accounts[layout]: share * weight for layout, weight in weights.items()}
    serials = {serial: share * weights[layout] for layout, serial in on_us.serials.items()}
    fields = dict(reading.fields)
    fields[Field.BANK_ACCOUNT] = _reweighed(fields[Field.BANK_ACCOUNT], accounts)
    fields[Field.SERIAL] = _reweighed(fields[Field.SERIAL], serials)
    return replace(reading, fields=fields)


def _reweighed(field: FieldReading, chances: Mapping[str, float]) -> FieldReading:
    candidates = (
        replace(candidate, probability=chances.get(candidate.value, candidate.probability))
        for candidate in field.candidates
    )
    return replace(field, candidates=ranked(candidates))


def _ambiguous_on_us(reading: Reading) -> _OnUs | None:
    """All layouts of the likeliest account, if it has several: all of it, and a serial number with the rest of it."""
    accounts = [candidate.value for candidate in reading.candidates(Field.BANK_ACCOUNT)]
    serials = [candidate.value for candidate in reading.candidates(Field.SERIAL)]
    for whole in accounts:
        of_whole = {layout: (rest, serial) for layout, rest, serial in _split(whole, serials) if rest in accounts}
        if of_whole and accounts[0] in (whole, *(rest for rest, _ in of_whole.values())):
            parts = {layout: rest for layout, (rest, _) in of_whole.items()}
            return _OnUs({**parts, WHOLE: whole}, {layout: serial for layout, (_, serial) in of_whole.items()})
    return None


def _split(whole: str, serials: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Layout, account and serial where a serial stands first or last; the likeliest of each layout comes last."""
    for serial in reversed(list(serials)):
        for layout, rest in ((LEFT, whole.removeprefix(serial)), (END, whole.removesuffix(serial))):
            if serial and rest not in ("", whole):
                yield layout, rest, serial
