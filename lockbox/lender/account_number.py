"""A lender's account numbers: which check digits they carry, and how surely one must be read to be taken as meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_10

CHECK_DIGITS: dict[str, Callable[[str], bool]] = {
    "mod_97_10": lambda number: int(number) % 97 == 1,  # ISO 7064, two digits; hundreds are tried for each slip
    "mod_11_10": lambda number: bool(mod_11_10.is_valid(number)),  # ISO 7064, one digit
    "luhn": lambda number: bool(luhn.is_valid(number)),
    "verhoeff": lambda number: bool(verhoeff.is_valid(number)),
    "damm": lambda number: bool(damm.is_valid(number)),
    "none": str.isdigit,
}


SUPPORT_NATS = 5.0  # what speaks for a contract makes up for so much of the image


@dataclass(frozen=True)
class NumberRule:
    """The rule of one lender on one day. Nats are natural logarithms of ratios of probabilities.

    A number is taken as meant where the image gives it a log probability of at least `-within_nats`, where it stands
    `ahead_nats` before the next contract that could be meant, and where what else the check says (payer's name and
    address, bank account, amount) speaks for that contract by `second_factor_nats`; 0 asks for nothing else. What
    speaks for the contract makes up for the image, by `SUPPORT_NATS` at most: nothing speaks for a contract that a
    number of somebody else's is misread as.
    """

    check_digits: str = "mod_97_10"  # a key of CHECK_DIGITS
    within_nats: float = 1.0
    ahead_nats: float = 4.0
    second_factor_nats: float = 0.0

    @property
    def has_check_digits(self) -> bool:
        """Whether a wrong digit shows."""
        return self.check_digits != "none"

    def holds(self, number: str) -> bool:
        """Whether a number could be one of the lender's."""
        return number.isdigit() and CHECK_DIGITS[self.check_digits](number)
