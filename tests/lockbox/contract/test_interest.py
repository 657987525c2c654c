"""Interest: the worked example, both day counts, and that no way of splitting a period changes a cent."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.contract.interest import DENOMINATOR, accrue, numerator
from lockbox.contract.terms import DayCount

DAY = timedelta(1)


@pytest.mark.parametrize(("days", "interest", "principal"), [(30, 8_219, 29_481), (25, 6_849, 30_851)])
def test_the_worked_example(days: int, interest: int, principal: int) -> None:
    """20,000 at 5 %, paying 377 (RULES: worked examples)."""
    opened_on, paid_on = date(2026, 1, 30), date(2026, 1, 30) + timedelta(days)
    nights = numerator(2_000_000, 50_000, opened_on, paid_on - DAY, DayCount.ACTUAL_365)
    assert accrue(0, nights)[0] == interest
    assert 37_700 - interest == principal


def test_a_leap_year_has_shorter_days_only_in_actual_actual() -> None:
    years = {
        (year, count): accrue(0, numerator(2_000_000, 50_000, date(year, 1, 1), date(year, 12, 31), count))
        for year in (2027, 2028)
        for count in DayCount
    }
    assert years[2027, DayCount.ACTUAL_365] == years[2027, DayCount.ACTUAL_ACTUAL] == (100_000, 0)
    assert years[2028, DayCount.ACTUAL_ACTUAL] == (100_000, 0)
    assert years[2028, DayCount.ACTUAL_365][0] == 100_274  # 366 / 365 of it


def test_half_a_cent_rounds_up_and_less_is_carried() -> None:
    half = DENOMINATOR // 2
    assert accrue(0, half) == (1, -half)
    assert accrue(0, half - 1) == (0, half - 1)
    assert accrue(-half, half) == (0, 0)


def test_no_nights_accrue_nothing() -> None:
    assert numerator(2_000_000, 50_000, date(2026, 3, 2), date(2026, 3, 1), DayCount.ACTUAL_365) == 0


@given(
    st.integers(0, 10**9),
    st.integers(0, 400_000),
    st.dates(date(2019, 1, 1), date(2033, 1, 1)),
    st.lists(st.integers(1, 500), min_size=1, max_size=8),
    st.sampled_from(DayCount),
)
def test_however_a_period_is_split_the_cents_and_the_carry_are_the_same(
    principal: int, rate: int, start: date, spans: list[int], count: DayCount
) -> None:
    """I9; and the total is the exact one, rounded half up once."""
    end = start + timedelta(sum(spans)) - DAY
    at_once = accrue(0, numerator(principal, rate, start, end, count))
    cents, carry, day = 0, 0, start
    for span in spans:
        more, carry = accrue(carry, numerator(principal, rate, day, day + timedelta(span - 1), count))
        cents, day = cents + more, day + timedelta(span)
    assert (cents, carry) == at_once
    assert -DENOMINATOR // 2 <= carry < DENOMINATOR // 2
    exact = Fraction(0)
    for offset in range(sum(spans)):
        year = (start + timedelta(offset)).year
        leap = count is DayCount.ACTUAL_ACTUAL and year % 4 == 0
        exact += Fraction(principal * rate, 1_000_000 * (366 if leap else 365))
    assert exact == cents + Fraction(carry, DENOMINATOR)
