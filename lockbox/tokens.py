"""Bank accounts as keyed tokens: the same account gives the same token, and a token cannot be reversed."""

from __future__ import annotations

import hashlib
import hmac


def account_token(key: bytes, routing: str, bank_account: str) -> str:
    """Token of a payer's bank account: 32 hex digits of HMAC-SHA256 (Nacha data security: unreadable at rest)."""
    digits = "".join(character for character in bank_account if character.isdigit())
    return hmac.new(key, f"{routing}:{digits}".encode(), hashlib.sha256).hexdigest()[:32]


def fingerprint(routing: str, token: str, serial: str, amount_cents: int) -> str:
    """Identifies a check, in 64 hex digits: equal if it is scanned twice; serial numbers tell equal payments apart."""
    return hashlib.sha256(f"{routing}|{token}|{serial.lstrip('0')}|{amount_cents}".encode()).hexdigest()
