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
