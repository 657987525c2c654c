"""What the characters of a MICR line mean: routing number, account, serial and amount, by their place in the line.

Positions after ANSI X9.100-160: from the right amount 1-12, on-us 14-32, transit 33-43, external processing code 44,
auxiliary on-us 45-65. Every bank lays out the on-us part its own way, so some meanings remain weighted guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum.us import rtn

Weighted = tuple[tuple[str, float], ...]  # values with the chance of each, best first
ROUTING_DIGITS = 9
AUX_SERIAL, OTHER_SERIAL = 0.95, 0.05  # chance that a business check's serial is the auxiliary number, or in on-us
ACCOUNT = 0.98  # chance of the account where the on-us part has a closing symbol or a single group
SERIAL, SHORT_SERIAL, SERIAL_DIGITS = 0.95, 0.8, 3  # chance of what stands right of it, and of one with fewer digits
LEFT_SERIAL_DIGITS = (3, 4, 5, 6)  # of a group left or at the end of the account that may be a serial
LEFT_SERIAL, LEFT_SERIAL_OF_MANY = 0.6, 0.35  # chance that it is one, before one group and before several
END_SERIAL, END_SERIAL_OF_MANY = 0.2, 0.05  # the same for the last group: accounts are printed in groups, too
LEAST_ACCOUNT_DIGITS = 5  # of the groups right of it

_TRANSIT = re.compile(r"A([\dD ]{7,13})A")
_TRANSIT_OPEN = re.compile(r"A *(\d{9})(?!\d)|(?<!\d)(\d{9}) *A")  # one of the two symbols is lost
_AUX = re.compile(r"C?([\dD ]*\d)[ ]*C")
_AMOUNT = re.compile(r"B *(\d{10}) *B?")


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of one MICR line; "" and () where the line has no such part. Numbers are digits only, as printed."""

    routing: str = ""  # 9 digits with a valid check digit
    accounts: Weighted = ()
    serials: Weighted = ()
    aux_on_us: str = ""
    epc: str = ""  # external processing code, one digit
    amount_cents: int | None = None


def parse(line: str) -> Layout:
    """The parts of a line of A (transit), B (amount), C (on-us), D (dash), digits and spaces."""
    transit, routing = _routing(line)
    if transit is None:
        return Layout(amount_cents=_amount(line))
    aux, epc = _before_transit(line[: transit.start()])
    rest = line[transit.end() :]
    accounts, serials = _on_us(rest.split("B", 1)[0], bool(aux))
    if aux:
        serials = ((aux, AUX_SERIAL), *((value, weight * OTHER_SERIAL) for value, weight in serials))
    return Layout(routing, accounts, serials, aux, epc, _amount(rest))


def aba_valid(routing: str) -> bool:
    """Whether nine digits end in a valid check digit of the American Bankers Association."""
    return bool(rtn.is_valid(routing)) and any(char != "0" for char in routing)


def _routing(line: str) -> tuple[re.Match[str] | None, str]:
    """The transit part and its number; the part without a valid number still tells left from right."""
    closed = list(_TRANSIT.finditer(line))
    for match in closed:
        digits = _digits(match[1])
        if len(digits) == ROUTING_DIGITS and aba_valid(digits):
            return match, digits
    if closed:
        return closed[0], ""
    for match in _TRANSIT_OPEN.finditer(line):
        digits = match[1] or match[2]
        if aba_valid(digits):
            return match, digits
    return None, ""


def _before_transit(text: str) -> tuple[str, str]:
    """Auxiliary on-us number and external processing code, left of the transit part."""
    aux = _AUX.search(text)
    after = text[aux.end() :] if aux else text
    epc = after.strip()
    return (_digits(aux[1]) if aux else ""), (epc if len(epc) == 1 and epc.isdigit() else "")


def _on_us(text: str, has_aux: bool) -> tuple[Weighted, Weighted]:
    """Accounts and serials of the on-us part.

    The serial of a personal check stands right of the closing symbol, or left or at the end of the account as a short
    group. Only the bank knows whether a short group is a serial, so it gives several weighted meanings.
    """
    before, closed, after = text.strip(" C").partition("C")
    if not closed:
        before, after = text.strip(), ""
        if "C" in text.rstrip():
            before = text[: text.rstrip().rindex("C")].strip(" C")
    account, serial = _digits(before), _digits(after)
    if not account:
        return (), ()
    if serial and not has_aux:
        return ((account, ACCOUNT),), ((serial, SERIAL if len(serial) >= SERIAL_DIGITS else SHORT_SERIAL),)
    meanings = [] if has_aux else list(_groups(before.split()))
    whole = ACCOUNT if not meanings else 1 - sum(chance for _, _, chance in meanings)
    accounts = [(account, whole), *((rest, chance) for rest, _, chance in meanings)]
    serials = tuple((group, chance) for _, group, chance in meanings)
    return tuple(sorted(accounts, key=lambda weighted: -weighted[1])), serials


def _groups(groups: list[str]) -> Iterator[tuple[str, str, float]]:
    """Account, serial and chance where the first or the last of several groups is a serial."""
    if len(groups) < 2:
        return
    many = len(groups) > 2
    for group, others, chance in (
        (groups[0], groups[1:], LEFT_SERIAL_OF_MANY if many else LEFT_SERIAL),
        (groups[-1], groups[:-1], END_SERIAL_OF_MANY if many else END_SERIAL),
    ):
        rest = _digits("".join(others))
        if len(_digits(group)) in LEFT_SERIAL_DIGITS and len(rest) >= LEAST_ACCOUNT_DIGITS:
            yield rest, _digits(group), chance


def _amount(text: str) -> int | None:
    match = _AMOUNT.search(text)
    return int(match[1]) if match else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
