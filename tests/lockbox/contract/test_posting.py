"""Postings: the ledger lines of a move."""

from __future__ import annotations

from datetime import date

from lockbox.contract.posting import LedgerLine, posting


def test_a_line_of_nothing_is_left_out() -> None:
    lines = [("clearing", 500), ("receivable.fee", 0), ("suspense.unapplied", -500)]
    made = posting(date(2026, 3, 1), "payment", "p", lines)
    assert made.lines == (LedgerLine("clearing", 500), LedgerLine("suspense.unapplied", -500))
    assert made.credits == ()
