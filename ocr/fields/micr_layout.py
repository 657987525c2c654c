"""What the characters of a MICR line mean: routing number, account, serial and amount by their place in the line.

Positions after ANSI X9.100-160: from the right amount 1-12, on-us 14-32, transit 33-43, external processing code 44,
auxiliary on-us 45-65. Banks use the on-us part as they like, so that some meanings stay weighted guesses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stdnum.us import rtn

Weighted = tuple[tuple[str, float], ...]  # values with the chance that they are meant, best first

_TRANSIT = re.compile(r"A([\dD ]{7,13})A")
_TRANSIT_OPEN = re.compile(r"A *(\d{9})(?!\d)|(?<!\d)(\d{9}) *A")  # one of the two symbols lost
_AUX = re.compile(r"C?([\dD ]*\d)[ ]*C")
_AMOUNT = re.compile(r"B *(\d{10}) *B?")


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of one MICR line; "" and () where the line has no such part. Numbers are digits only, as printed."""

    routing: str = ""  # 9 digits, check digit holds
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
    aux, epc = _left(line[: transit.start()])
    rest = line[transit.end() :]
    accounts, serials = _on_us(rest.split("B", 1)[0], bool(aux))
    if aux:
        serials = ((aux, 0.95), *((value, weight * 0.05) for value, weight in serials))
    return Layout(routing, accounts, serials, aux, epc, _amount(rest))


def aba_valid(routing: str) -> bool:
    """Whether nine digits carry the check digit of the American Bankers Association."""
    return bool(rtn.is_valid(routing)) and any(char != "0" for char in routing)


def _routing(line: str) -> tuple[re.Match[str] | None, str]:
    """The transit part and its number; without a sound number the part alone still tells left from right."""
    whole = list(_TRANSIT.finditer(line))
    for match in whole:
        digits = _digits(match[1])
        if len(digits) == 9 and aba_valid(digits):
            return match, digits
    if whole:
        return whole[0], ""
    for match in _TRANSIT_OPEN.finditer(line):
        digits = match[1] or match[2]
        if aba_valid(digits):
            return match, digits
    return None, ""


def _left(text: str) -> tuple[str, str]:
    """Auxiliary on-us number and external processing code, left of the transit part."""
    aux = _AUX.search(text)
    after = text[aux.end() :] if aux else text
    epc = after.strip()
    return (_digits(aux[1]) if aux else ""), (epc if len(epc) == 1 and epc.isdigit() else "")


def _on_us(text: str, has_aux: bool) -> tuple[Weighted, Weighted]:
    """Accounts and serials of the on-us part.

    The serial of a personal check stands right of the closing symbol, or left of the account as a short group; which
    of the two only the bank knows, so the second gives two weighted meanings.
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
        return ((account, 0.98),), ((serial, 0.95 if len(serial) >= 3 else 0.8),)
    groups = before.split()
    if len(groups) > 1 and len(_digits(groups[0])) in (3, 4, 5, 6) and not has_aux:
        rest = _digits("".join(groups[1:]))
        if len(rest) >= 5:
            sure = 0.6 if len(groups) == 2 else 0.35
            accounts = sorted(((rest, sure), (account, 1 - sure)), key=lambda one: -one[1])
            return tuple(accounts), ((_digits(groups[0]), sure),)
    return ((account, 0.98),), ()


def _amount(text: str) -> int | None:
    found = _AMOUNT.search(text)
    return int(found[1]) if found else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
