"""Money as integer cents, formatted and never rounded."""

from __future__ import annotations


def dollars(cents: int) -> str:
    """`123456` as "$1,234.56"; negative amounts in parentheses, as in a ledger."""
    whole, rest = divmod(abs(cents), 100)
    text = f"${whole:,}.{rest:02d}"
    return f"({text})" if cents < 0 else text


def last_four(number: str) -> str:
    """A number masked to its last four characters, for screens and logs (RULES: I16)."""
    return "…" + number[-4:] if len(number) > 4 else "…"
