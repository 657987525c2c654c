"""Schedules: due days in short months, installments by number and by date, sales tax."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.contract import schedule
from lockbox.contract.terms import Run


def test_due_day_31_falls_on_the_last_day_of_shorter_months() -> None:
    runs = schedule.level(date(2027, 12, 31), 31, 5, 37_700, 37_650)
    assert [(due.no, due.due_on, due.amount_cents) for due in schedule.installments(runs)] == [
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
    """Against a linear search, over two runs with months between them and another due day in the second."""
    first = schedule.month_day(month.year, month.month, due_day)
    second_day = 32 - due_day
    second = schedule.due_on(first, second_day, count + gap)
    second = second if second > schedule.due_on(first, due_day, count - 1) else schedule.due_on(second, second_day, 1)
    runs = (Run(1, first, due_day, count, 100), Run(count + 1, second, second_day, 3, 90))
    whole = list(schedule.installments(runs))
    day = first + timedelta(later)
    assert [due.no for due in whole] == list(range(1, count + 4))
    assert schedule.first_due(runs, day) == min((due.no for due in whole if due.due_on >= day), default=count + 4)
    assert [schedule.installment(runs, due.no) for due in whole] == whole
    assert schedule.installment(runs, 0) is schedule.installment(runs, count + 4) is None
    assert schedule.last_no(runs) == count + 3


def test_sales_tax_rounds_half_a_cent_up() -> None:
    assert schedule.tax_of(25_694, 62_500) == 1_606
    assert schedule.tax_of(100, 5_000) == 1  # half a cent goes up
    assert schedule.tax_of(99, 5_000) == 0
