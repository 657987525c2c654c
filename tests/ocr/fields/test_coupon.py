"""The coupon's numbers: composed, read back, and refused when a digit is wrong."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.fields.coupon import barcode_payload, compose, parse

DATES = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@given(st.from_regex(r"\A[0-9]{10}\Z"), st.integers(0, 10**8 - 1), DATES)
def test_line_and_barcode_say_the_same(account_number: str, amount_cents: int, due_on: date) -> None:
    line = compose(account_number, amount_cents, due_on)
    assert [len(group) for group in line.split(" ")] == [10, 8, 6, 2]
    read = parse(line)
    assert read is not None
    assert (read.account_number, read.amount_due_cents, read.due_on) == (account_number, amount_cents, due_on)
    assert parse(barcode_payload(line)) == read


def test_every_single_wrong_digit_and_every_swap_of_neighbors_is_seen() -> None:
    digits = compose("1234567869", 41250, date(2026, 12, 1)).replace(" ", "")
    for at in range(len(digits)):
        for wrong in set("0123456789") - {digits[at]}:
            assert parse(digits[:at] + wrong + digits[at + 1 :]) is None
        if at and digits[at] != digits[at - 1]:
            assert parse(digits[: at - 1] + digits[at] + digits[at - 1] + digits[at + 1 :]) is None


@pytest.mark.parametrize("text", ["", "LBX1", "12", "1" * 26, "LBX2" + "1" * 26, "A" * 26])
def test_what_is_no_line_reads_as_nothing(text: str) -> None:
    assert parse(text) is None


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="10 digits"):
        compose("123", 1, date(2026, 1, 1))
    with pytest.raises(ValueError, match="8"):
        compose("1234567869", 10**8, date(2026, 1, 1))
