"""Schedules: due days of short months, numbers by date, amortization to the last cent, a lease's payment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.contract import schedule
from lockbox.contract.terms import DayCount, Run

COUNT = DayCount.ACTUAL_365


def test_due_day_31_falls_on_the_last_day_of_shorter_months() -> None:
    runs = schedule.level(date(2027, 12, 31), 31, 5, 37_700, 37_650)
    assert [(one.no, one.due_on, one.amount_cents) for one in schedule.installments(runs)] == [
        (1, date(2027, 12, 31), 37_700),
        (2, date(2028, 1, 31), 37_700),
        (3, date(2028, 2, 29), 37_700),
        (4, date(2028, 3, 31), 37_700),
        (5, date(2028, 4, 30), 37_650),
    ]


def test_the_first_due_date_is_the_due_day() -> None:
    with pytest.raises(ValueError, match="2027-12-30"):
        schedule.level(date(2027, 12, 30), 31, 5, 37_700)
    with pytest.raises(ValueError, match="0 installments"):
        schedule.level(date(2027, 12, 31), 31, 0, 37_700)


def test_a_single_installment_is_the_final_one() -> None:
    assert schedule.level(date(2027, 12, 31), 31, 1, 37_700, 40_000) == (Run(1, date(2027, 12, 31), 31, 1, 40_000),)


@given(
    st.dates(date(2023, 1, 1), date(2030, 1, 1)),
    st.integers(1, 30),
    st.integers(0, 3),
    st.integers(1, 31),
    st.integers(-40, 1500),
)
def test_an_installment_is_found_by_number_and_by_date(
    month: date, count: int, gap: int, due_day: int, later: int
) -> None:
    """Against a plain search, over two runs with months between them and another due day in the second."""
    first = schedule.month_day(month.year, month.month, due_day)
    other_day = 32 - due_day
    second = schedule.due_on(first, other_day, count + gap)
    second = second if second > schedule.due_on(first, due_day, count - 1) else schedule.due_on(second, other_day, 1)
    runs = (Run(1, first, due_day, count, 100), Run(count + 1, second, other_day, 3, 90))
    everything = list(schedule.installments(runs))
    day = first + timedelta(later)
    assert [one.no for one in everything] == list(range(1, count + 4))
    assert schedule.first_due(runs, day) == min((one.no for one in everything if one.due_on >= day), default=count + 4)
    assert [schedule.installment(runs, one.no) for one in everything] == everything
    assert schedule.installment(runs, 0) is schedule.installment(runs, count + 4) is None
    assert schedule.last_no(runs) == count + 3


@pytest.mark.parametrize("count", [1, 2, 24, 72])
def test_the_level_payment_is_the_smallest_that_leaves_no_larger_last_one(count: int) -> None:
    opened, first = date(2026, 1, 15), date(2026, 2, 28)
    level, final = schedule.level_payment(2_000_000, 50_000, COUNT, opened, first, 31, count)
    rows = schedule.amortize(2_000_000, 50_000, COUNT, opened, schedule.level(first, 31, count, level))
    assert final == rows[-1].amount_cents <= level
    assert rows[-1].balance_cents == 0
    assert sum(row.principal_cents for row in rows) == 2_000_000
    less = schedule.amortize(2_000_000, 50_000, COUNT, opened, schedule.level(first, 31, count, level - 1))
    assert less[-1].amount_cents > level - 1


def test_amortization_splits_the_worked_example() -> None:
    """20,000 at 5 %, 377 after 30 days: 82.19 interest and 294.81 principal (RULES: worked examples)."""
    runs = schedule.level(date(2026, 3, 1), 1, 60, 37_700)
    first = schedule.amortize(2_000_000, 50_000, COUNT, date(2026, 1, 30), runs)[0]
    assert (first.interest_cents, first.principal_cents, first.balance_cents) == (8_219, 29_481, 1_970_519)


def test_an_installment_below_its_interest_adds_nothing_to_principal() -> None:
    """US Rule: the unpaid interest is carried and bears none."""
    runs = schedule.level(date(2026, 3, 1), 1, 3, 1_000)
    rows = schedule.amortize(2_000_000, 50_000, COUNT, date(2026, 1, 30), runs)
    assert [row.balance_cents for row in rows] == [2_000_000, 2_000_000, 0]
    assert sum(row.interest_cents for row in rows) == 24_932  # 91 days of 2.739726, rounded once


def test_a_lease_payment_is_depreciation_and_rent_over_the_term_and_its_tax_beside_it() -> None:
    assert schedule.lease_payment(2_200_000, 1_200_000, 233_312, 48, 62_500) == (25_694, 1_606)
    assert schedule.tax_of(100, 5_000) == 1  # half a cent goes up
    assert schedule.tax_of(99, 5_000) == 0
