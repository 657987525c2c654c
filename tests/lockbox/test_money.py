"""Money as people read it."""

from __future__ import annotations

import pytest

from lockbox.money import dollars, last_four


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "$0.00"),
        (5, "$0.05"),
        (123_456, "$1,234.56"),
        (-123_456, "($1,234.56)"),
        (10**14 + 1, "$1,000,000,000,000.01"),
    ],
)
def test_cents_are_shown_in_dollars(cents: int, text: str) -> None:
    assert dollars(cents) == text


@pytest.mark.parametrize(("number", "masked"), [("1000000123", "…0123"), ("12345", "…2345"), ("1234", "…"), ("", "…")])
def test_a_number_shows_its_last_four_characters_at_most(number: str, masked: str) -> None:
    assert last_four(number) == masked
