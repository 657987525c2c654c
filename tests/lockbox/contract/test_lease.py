"""The end of a lease, and what it costs in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract.lease import (
    buyout,
    buyout_cents,
    disclosures_due,
    ends_on,
    extend,
    extended_months,
    totals,
    turn_in,
)
from lockbox.contract.position import Position
from lockbox.contract.schedule import installments
from tests.builders.contract import lease, loan, paid, replay

MARCH = date(2026, 3, 1)
AT1, AT2 = (Position(date(2026, 4, 9), billed_through=billed) for billed in (1, 2))


def test_the_federal_reserves_sample() -> None:
    """48 x 256.94, due at signing 4,241.94 with the first payment and a deposit of 350.00, disposition fee 400.00."""
    found = totals([25_694] * 48, 424_194, 40_000, 35_000)
    assert (found.monthly_total_cents, found.total_of_payments_cents) == (1_233_312, 1_636_812)
    with pytest.raises(ValueError, match="without payments"):
        totals([], 424_194, 40_000, 35_000)


def test_a_lease_is_extended_from_month_to_month() -> None:
    short = lease(count=3)
    assert ends_on(short) == date(2026, 6, 1)
    long = extend(short, 1, date(2026, 5, 20))
    longer = extend(long, 1, date(2026, 6, 20))
    assert [one.due_on for one in installments(longer.schedule)][3:] == [date(2026, 6, 1), date(2026, 7, 1)]
    assert (longer.version, extended_months(longer), ends_on(longer)) == (3, 2, date(2026, 8, 1))
    assert longer.lease is not None
    assert longer.lease.allowed_miles == 36_000 * 5 // 3
    at = replay((short, long, longer), [paid(MARCH, 42_500 * 3)], date(2026, 7, 1)).position
    assert (at.rent_cents, at.tax_cents) == (80_000, 5_000)


@pytest.mark.parametrize(("months", "wanted"), [(6, []), (7, [7]), (13, [7]), (14, [7, 14]), (21, [7, 14, 21])])
def test_new_disclosures_at_the_seventh_month_and_every_seventh_after(months: int, wanted: list[int]) -> None:
    """Reg M 1013.5, all extensions counted together."""
    terms = lease(count=3)
    for _ in range(months):
        terms = extend(terms, 1, date(2026, 5, 20))
    found = disclosures_due(terms)
    assert [month for month, _ in found] == wanted
    if wanted:
        assert found[0][1] == date(2026, 12, 1)  # the first extended month starts on 1 June


def test_a_buyout_is_the_rents_to_come_the_residual_and_its_taxes() -> None:
    terms = lease(count=4)
    end = buyout(terms, AT2, date(2026, 4, 10), "end")
    assert {one.kind: one.amount_cents for one in end.charges} == {
        "remaining_rent": 80_000,
        "residual": 1_500_000,
        "purchase_fee": 30_000,
        "tax": 2 * 2_500 + 95_625,
    }
    at = replay(terms, [paid(MARCH, 42_500)], date(2026, 4, 9)).position
    cents = buyout_cents(terms, at, date(2026, 4, 10))
    assert cents == 42_500 + 80_000 + 1_500_000 + 30_000 + 100_625
    done = replay(terms, [paid(MARCH, 42_500), end, paid(date(2026, 4, 10), cents, seq=1)], date(2026, 12, 31)).position
    assert (done.rent_cents, done.tax_cents, done.fee_cents, done.unapplied_cents) == (0, 0, 0, 0)
    assert (done.ended, done.days_past_due) == (True, 0)


def test_rent_due_on_the_day_of_the_buyout_is_paid_once() -> None:
    terms = lease(count=4)
    end = buyout(terms, AT1, date(2026, 4, 1), "end")
    assert {one.kind: one.amount_cents for one in end.charges}["remaining_rent"] == 120_000
    at = replay(terms, [paid(MARCH, 42_500), end], date(2026, 4, 1)).position
    assert at.rent_cents == 120_000 + 1_500_000


def test_money_held_lowers_the_buyout_down_to_nothing() -> None:
    terms = lease(count=1)
    at = replay(terms, [paid(MARCH, 2_000_000)], date(2026, 3, 31)).position
    cents = buyout_cents(terms, replace(at, unapplied_cents=1_000), date(2026, 4, 1))
    assert cents == 1_500_000 + 30_000 + 95_625 - 1_000
    with pytest.raises(ValueError, match="more than all that is owed"):
        buyout_cents(terms, at, date(2026, 4, 1))


def test_a_turn_in_charges_miles_wear_and_disposition() -> None:
    terms = lease(count=1)
    end = turn_in(terms, AT1, date(2026, 4, 1), 36_100, 12_345, "end")
    assert {one.kind: one.amount_cents for one in end.charges} == {
        "excess_mileage": 2_500,
        "wear": 12_345,
        "disposition": 39_500,
        "tax": 3_397,  # 6.25 % of 543.45
    }
    assert "excess_mileage" not in {one.kind for one in turn_in(terms, AT1, date(2026, 4, 1), 36_000, 0, "end").charges}
    with pytest.raises(ValueError, match="-1 miles"):
        turn_in(terms, AT1, date(2026, 4, 1), -1, 0, "end")


def test_what_is_over_at_the_end_goes_back() -> None:
    terms = lease(count=1)
    end = turn_in(terms, AT1, date(2026, 4, 1), 0, 0, "end")
    done = replay(terms, [paid(MARCH, 42_500), end, paid(date(2026, 4, 2), 50_000)], date(2026, 4, 2)).position
    assert (done.fee_cents, done.tax_cents, done.refund_cents) == (0, 0, 50_000 - 39_500 - 2_469)


def test_a_loan_has_no_lease_end() -> None:
    for call in (lambda: buyout(loan(), AT1, MARCH, "e"), lambda: extend(loan(), 1, MARCH)):
        with pytest.raises(ValueError, match="not a lease"):
            call()
    with pytest.raises(ValueError, match="0 months"):
        extend(lease(), 0, MARCH)
