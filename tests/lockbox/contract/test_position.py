"""Positions: what the open fees and bills add up to."""

from __future__ import annotations

from datetime import date

from lockbox.contract.position import OpenBill, OpenFee, Position, opened

DAY = date(2026, 3, 1)


def test_what_is_owed_is_the_sum_of_its_buckets() -> None:
    at = Position(
        DAY,
        principal_cents=100_000,
        interest_cents=2_000,
        unapplied_cents=9_999,
        fees=(OpenFee(DAY, "late/1", 300), OpenFee(DAY, "late/2", 40)),
        bills=(OpenBill(1, DAY, 5, 1), OpenBill(2, DAY, 10, 2)),
    )
    assert (at.fee_cents, at.rent_cents, at.tax_cents) == (340, 15, 3)
    assert at.owed_cents == 102_358  # unapplied money is not netted


def test_a_new_contract_accrues_from_the_day_it_was_opened() -> None:
    at = opened(2_000_000, DAY)
    assert (at.on, at.principal_cents, at.base_cents) == (date(2026, 2, 28), 2_000_000, 2_000_000)
    assert at.owed_cents == 2_000_000
