"""Amortization: the worked example, the last installment, and interest that an installment does not cover."""

from __future__ import annotations

from datetime import date

from lockbox.contract.schedule import level
from lockbox.contract.terms import DayCount
from tests.oracles.amortization import amortize

OPENED = date(2026, 1, 30)


def test_amortization_splits_the_worked_example() -> None:
    """20,000 at 5 %, 377 after 30 days: 82.19 interest and 294.81 principal (RULES: worked examples)."""
    runs = level(date(2026, 3, 1), 1, 60, 37_700)
    rows = amortize(2_000_000, 50_000, DayCount.ACTUAL_365, OPENED, runs)
    assert (rows[0].interest_cents, rows[0].principal_cents, rows[0].balance_cents) == (8_219, 29_481, 1_970_519)
    assert sum(row.principal_cents for row in rows) == 2_000_000
    assert rows[-1].balance_cents == 0


def test_an_installment_below_its_interest_adds_nothing_to_principal() -> None:
    """US Rule: the unpaid interest is carried and bears none."""
    runs = level(date(2026, 3, 1), 1, 3, 1_000)
    rows = amortize(2_000_000, 50_000, DayCount.ACTUAL_365, OPENED, runs)
    assert [row.balance_cents for row in rows] == [2_000_000, 2_000_000, 0]
    assert sum(row.interest_cents for row in rows) == 24_932  # 91 days of 2.739726, rounded once
