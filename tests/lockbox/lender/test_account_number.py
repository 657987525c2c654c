"""A lender's check digits: which numbers are valid."""

from __future__ import annotations

from random import Random

from stdnum.iso7064 import mod_97_10

from lockbox.lender.account_number import NumberRule


def test_mod_97_10_agrees_with_the_standard() -> None:
    chance = Random(7)
    numbers = [f"{chance.randrange(10**10):010d}" for _ in range(5000)]
    given = [number[:8] + mod_97_10.calc_check_digits(number[:8]) for number in numbers]
    assert all(NumberRule("mod_97_10").is_valid(number) for number in given)
    assert [NumberRule("mod_97_10").is_valid(number) for number in numbers] == list(map(mod_97_10.is_valid, numbers))
    assert not NumberRule("mod_97_10").is_valid("40512367AB")


def test_without_check_digits_every_number_is_valid() -> None:
    assert NumberRule("none").is_valid("4051236721")
    assert not NumberRule("none").is_valid("40512O6721")
