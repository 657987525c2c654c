"""A lender's account numbers: their check digits, and how surely a number must be read to be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_10

CHECK_DIGITS: dict[str, Callable[[str], bool]] = {
    "mod_97_10": lambda number: int(number) % 97 == 1,  # ISO 7064, two digits; hundreds are tested per slip
    "mod_11_10": lambda number: bool(mod_11_10.is_valid(number)),  # ISO 7064, one digit
    "luhn": lambda number: bool(luhn.is_valid(number)),
    "verhoeff": lambda number: bool(verhoeff.is_valid(number)),
    "damm": lambda number: bool(damm.is_valid(number)),
    "none": str.isdigit,
}


SUPPORT_NATS = 5.0  # how much of a poor image other evidence can make up for


@dataclass(frozen=True)
class NumberRule:
    """The rule of one lender on one day. Nats are natural logarithms of ratios of probabilities.

    A number is accepted where the image gives it a log probability of at least `-within_nats`, where it is
    `ahead_nats` more likely than the next contract, and where the rest of the check (payer's name and address, bank
    account, amount) supports that contract by `second_factor_nats`; 0 asks for no support. Support makes up for a poor
    image, by `SUPPORT_NATS` at most: where a stranger's number is misread as one of ours, there is no support.
    """

    check_digits: str = "mod_97_10"  # a key of CHECK_DIGITS
    within_nats: float = 1.0
    ahead_nats: float = 4.0
    second_factor_nats: float = 0.0

    @property
    def has_check_digits(self) -> bool:
        """Whether a wrong digit can be detected."""
        return self.check_digits != "none"

    def is_valid(self, number: str) -> bool:
        """Whether a number has the form of the lender's numbers."""
        return number.isdigit() and CHECK_DIGITS[self.check_digits](number)
