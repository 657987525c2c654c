"""The annual percentage rate: the worked examples of Regulation Z, Appendix J (c), to the hundredth of a percent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lockbox.contract.schedule import due_on
from tests.oracles.apr import Flow, annual_percentage_rate

JANUARY, FEBRUARY = date(1978, 1, 10), date(1978, 2, 10)


def monthly(first: date, dollars: list[int]) -> list[Flow]:
    return [Flow(due_on(first, first.day, index), amount * 100) for index, amount in enumerate(dollars)]


@pytest.mark.parametrize(
    ("advance", "payments", "percent"),
    [
        (Flow(JANUARY, 500_000), monthly(FEBRUARY, [230] * 24), "9.69"),
        (Flow(FEBRUARY, 600_000), monthly(date(1978, 4, 1), [200] * 36), "11.82"),  # 1 month and 19 days
        (Flow(JANUARY, 500_000), monthly(FEBRUARY, [250] + [230] * 23), "10.08"),
        (Flow(JANUARY, 500_000), monthly(FEBRUARY, [250] + [230] * 22 + [280]), "10.90"),
        (Flow(JANUARY, 100_000), [Flow(JANUARY + timedelta(255), 108_000)], "11.45"),
    ],
)
def test_the_worked_examples(advance: Flow, payments: list[Flow], percent: str) -> None:
    assert annual_percentage_rate([advance], payments) == Decimal(percent)


def test_two_advances_are_the_same_as_one_when_they_come_on_one_day() -> None:
    payments = monthly(FEBRUARY, [230] * 24)
    parts = [Flow(JANUARY, 200_000), Flow(JANUARY, 300_000)]
    assert annual_percentage_rate(parts, payments) == Decimal("9.69")


def test_paying_back_just_the_advance_costs_nothing() -> None:
    assert annual_percentage_rate([Flow(JANUARY, 230_000)], monthly(FEBRUARY, [230] * 10)) == 0


@pytest.mark.parametrize(
    ("advances", "payments"),
    [
        ([], monthly(FEBRUARY, [230])),
        ([Flow(JANUARY, 100)], []),
        ([Flow(JANUARY, 23_001)], monthly(FEBRUARY, [230])),
        ([Flow(FEBRUARY, 100)], monthly(JANUARY, [230])),
    ],
)
def test_what_cannot_have_a_rate_is_refused(advances: list[Flow], payments: list[Flow]) -> None:
    with pytest.raises(ValueError, match=r"no advance|repay"):
        annual_percentage_rate(advances, payments)


@pytest.mark.parametrize("days", [7, 14, 15, 28, 91])
def test_unit_periods_other_than_the_month_are_refused(days: int) -> None:
    payments = [Flow(JANUARY + timedelta(days * number), 23_000) for number in range(1, 25)]
    with pytest.raises(ValueError, match="the unit period is not the month"):
        annual_percentage_rate([Flow(JANUARY, 500_000)], payments)


@pytest.mark.parametrize("months", [2, 3, 6, 12])
def test_quarters_and_years_are_refused(months: int) -> None:
    payments = [Flow(due_on(JANUARY, 10, months * number), 23_000) for number in range(1, 25)]
    with pytest.raises(ValueError, match="the unit period is not the month"):
        annual_percentage_rate([Flow(JANUARY, 500_000)], payments)


def test_one_payment_after_more_than_a_year_has_the_year_as_its_unit_period() -> None:
    with pytest.raises(ValueError, match="the unit period is not the month"):
        annual_percentage_rate([Flow(JANUARY, 100_000)], [Flow(JANUARY + timedelta(400), 108_000)])


def test_the_last_days_of_months_are_a_month_apart() -> None:
    payments = [Flow(due_on(date(1978, 1, 31), 31, index), 23_000) for index in range(24)]
    assert annual_percentage_rate([Flow(date(1977, 12, 31), 500_000)], payments) == Decimal("9.69")
