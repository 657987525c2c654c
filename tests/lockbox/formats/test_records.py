"""Fixed-width records."""

from __future__ import annotations

import pytest

from lockbox.errors import InputError
from lockbox.formats.records import is_number, layout

SAMPLE = layout(
    "77",
    "sample",
    """
    1-2 N code = 77
    3-8 N amount
    9-12 A name
    13-16 B on_us
    17 A flag = Y
    """,
)


def test_packs_each_kind_of_field_to_its_width() -> None:
    assert SAMPLE.pack({"amount": 123, "name": "AB", "on_us": "9/"}) == "77000123AB    9/Y"


def test_unpacks_what_it_packed() -> None:
    values = {"code": "77", "amount": "000123", "name": "AB", "on_us": "9/", "flag": "N"}
    assert SAMPLE.unpack(SAMPLE.pack(values)) == values


def test_a_short_record_lacks_its_last_fields() -> None:
    assert SAMPLE.unpack("77000123A") == {"code": "77", "amount": "000123", "name": "A", "on_us": "", "flag": ""}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("   123", "123"),
        ("00012 ", "00012 "),  # a digit is gone
        (" 00123", " 00123"),
        ("     0", "0"),
        ("      ", ""),
        ("\0" * 6, ""),
        ("00012\0", "00012\0"),
    ],
)
def test_a_number_of_which_a_digit_may_be_lost_stays_none(text: str, amount: str) -> None:
    assert SAMPLE.unpack(f"77{text}AB    9/Y")["amount"] == amount


def test_nothing_is_known_of_a_number_or_account_that_is_cut_off() -> None:
    assert SAMPLE.unpack("77000123"[:7])["amount"] == ""
    assert SAMPLE.unpack("77000123AB   9/")["on_us"] == ""


def test_an_empty_number_stays_blank() -> None:
    assert SAMPLE.pack({"amount": ""})[2:8] == " " * 6


@pytest.mark.parametrize(
    ("field", "value"), [("amount", 1_234_567), ("amount", "12a"), ("amount", -1), ("name", "ABCDE")]
)
def test_refuses_what_does_not_fit_and_names_the_field(field: str, value: str | int) -> None:
    with pytest.raises(InputError) as caught:
        SAMPLE.pack({field: value})
    assert (caught.value.record, caught.value.field) == ("77", field)


def test_refuses_a_field_it_does_not_have() -> None:
    with pytest.raises(InputError, match="no such field"):
        SAMPLE.pack({"amonut": 1})


@pytest.mark.parametrize(
    "table", ["1-2 N code\n4-5 N gap", "1-2 N code\n2-5 N overlap", "1-2 X code", "1-2 N code\n3 -4 N b"]
)
def test_a_table_with_a_typo_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match="record 00"):
        layout("00", "wrong", table)


@pytest.mark.parametrize("text", ["", " ", "-1", "+1", "1.0", "²", "१", "1 2"])
def test_only_plain_digits_are_numbers(text: str) -> None:
    assert not is_number(text)
    assert is_number("007")
