"""The on-us field, split into account and serial number."""

from __future__ import annotations

import pytest

from lockbox.formats.x9.types import split_on_us
from tests.builders.cash_letters import check


@pytest.mark.parametrize(
    ("on_us", "expected"),
    [
        ("12345678/101", ("12345678", "101")),
        ("209 153 53/111", ("209 153 53", "111")),
        ("1211-1234-56789/", ("1211-1234-56789", "")),
        ("31086035/000001", ("31086035", "000001")),
        ("  12345678", ("12345678", "")),
        ("/12345678/101", ("12345678", "101")),
        ("12/345/678", ("12/345", "678")),
        ("", ("", "")),
        ("/", ("", "")),
    ],
)
def test_on_us_is_account_and_serial(on_us: str, expected: tuple[str, str]) -> None:
    assert split_on_us(on_us) == expected


def test_the_serial_of_a_business_check_is_its_auxiliary_field() -> None:
    assert check(1).serial == "101"
    assert check(1, aux_on_us="004711").serial == "004711"
    assert check(1, on_us="60000001/", aux_on_us="004711").serial == "004711"
