"""The coupon's numbers: what its scan line and barcode say, and whether their check digits hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from stdnum.iso7064 import mod_97_10

PREFIX = "LBX1"
GROUPS = (10, 8, 6, 2)  # account number, amount due in cents, due date MMDDYY, check digits
DIGITS = sum(GROUPS)
LEAST_TOO_LARGE_CENTS = 10 ** GROUPS[1]
# The box that asks for principal only: how far below the left end of the barcode it stands, and how large it is.
TICK_BELOW_IN, TICK_IN = 0.06, 0.11
CENTURY = 2000  # of the due date's two-digit year
_LINE = re.compile("".join(f"([0-9]{{{length}}})" for length in GROUPS))


@dataclass(frozen=True, slots=True)
class CouponLine:
    """What one scan line or barcode says; only made when the check digits hold. `digits` has no spaces."""

    digits: str
    account_number: str
    amount_due_cents: int
    due_on: date


def compose(account_number: str, amount_cents: int, due_on: date) -> str:
    """The printed scan line: `AAAAAAAAAA CCCCCCCC MMDDYY KK`, ISO 7064 mod 97-10 over all 26 digits.

    Raises:
        ValueError: the account number is not 10 digits or the amount does not fit 8.
    """
    if not re.fullmatch(r"[0-9]{10}", account_number):
        raise ValueError(f"account number {account_number!r} is not 10 digits")
    if not 0 <= amount_cents < LEAST_TOO_LARGE_CENTS:
        raise ValueError(f"amount of {amount_cents} cents does not fit 8 digits")
    body = f"{account_number}{amount_cents:08d}{due_on:%m%d%y}"
    return f"{account_number} {amount_cents:08d} {due_on:%m%d%y} {mod_97_10.calc_check_digits(body)}"


def barcode_payload(line: str) -> str:
    """The PDF417 payload that says the same as the scan line."""
    return PREFIX + re.sub(r"\s", "", line)


def parse(text: str) -> CouponLine | None:
    """What a scan line (spaces anywhere) or barcode payload says, or None if a digit or the check is wrong."""
    digits = re.sub(r"\s", "", text).removeprefix(PREFIX)
    groups = _LINE.fullmatch(digits)
    if groups is None or not mod_97_10.is_valid(digits):
        return None
    account_number, cents, due, _ = groups.groups()
    try:
        due_on = date(CENTURY + int(due[4:]), int(due[:2]), int(due[2:4]))
    except ValueError:
        return None
    return CouponLine(digits, account_number, int(cents), due_on)
