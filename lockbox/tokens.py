"""Bank accounts as keyed tokens: the same account gives the same token, and nobody reads it back."""

from __future__ import annotations

import hashlib
import hmac


def account_token(key: bytes, routing: str, bank_account: str) -> str:
    """Token of a payer's bank account: 32 hex digits of HMAC-SHA256 (Nacha data security: unreadable at rest)."""
    digits = "".join(c for c in bank_account if c.isdigit())
    return hmac.new(key, f"{routing}:{digits}".encode(), hashlib.sha256).hexdigest()[:32]


def fingerprint(routing: str, token: str, serial: str, amount_cents: int) -> str:
    """What makes a check itself: 64 hex digits. Equal for a check scanned twice; serials tell honest twins apart."""
    return hashlib.sha256(f"{routing}|{token}|{serial.lstrip('0')}|{amount_cents}".encode()).hexdigest()
