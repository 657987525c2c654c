"""Tokens of bank accounts, and fingerprints of checks."""

from __future__ import annotations

import hashlib
import hmac

from lockbox.tokens import account_token, fingerprint

KEY = b"k" * 32


def test_a_token_is_a_keyed_hash_of_the_digits() -> None:
    expected = hmac.new(KEY, b"111000025:4321", hashlib.sha256).hexdigest()[:32]
    assert account_token(KEY, "111000025", "4321") == account_token(KEY, "111000025", "43-2 1") == expected


def test_another_account_bank_or_key_gives_another_token() -> None:
    tokens = {
        account_token(KEY, "111000025", "4321"),
        account_token(KEY, "111000025", "4322"),
        account_token(KEY, "111000026", "4321"),
        account_token(b"x" * 32, "111000025", "4321"),
    }
    assert len(tokens) == 4


def test_a_fingerprint_ignores_leading_zeros_of_the_serial_number() -> None:
    first = fingerprint("111000025", "t", "001001", 41_250)
    assert first == fingerprint("111000025", "t", "1001", 41_250)
    assert len(first) == 64


def test_a_check_with_another_serial_number_or_amount_is_another_check() -> None:
    prints = {fingerprint("111000025", "t", serial, cents) for serial in ("1001", "1002") for cents in (1, 2)}
    assert len(prints) == 4
