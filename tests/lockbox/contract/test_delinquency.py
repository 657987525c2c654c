"""Delinquency: days counted from the first due date with which more than a small amount is past due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract.terms import Rules, SmallShortage
from tests.builders.contract import FIRST, RULES, lease, loan, paid, replay

MARCH_1, MAY_1 = date(2026, 3, 1), date(2026, 5, 1)


@pytest.mark.parametrize(
    ("until", "days", "past_due", "oldest_due_on"),
    [
        (MARCH_1, 0, 0, None),
        (date(2026, 3, 2), 1, 37_700, MARCH_1),
        (date(2026, 4, 1), 31, 37_700, MARCH_1),
        (date(2026, 4, 2), 32, 75_400, MARCH_1),
    ],
)
def test_days_count_from_the_oldest_due_date_without_grace(
    until: date, days: int, past_due: int, oldest_due_on: date | None
) -> None:
    at = replay(loan(), [], until).position
    assert (at.days_past_due, at.past_due_cents, at.oldest_due_on) == (days, past_due, oldest_due_on)


def test_more_than_the_small_amount_missing_is_past_due_and_fees_are_not() -> None:
    until = date(2026, 3, 31)
    assert replay(loan(), [paid(MARCH_1, 37_200)], until).position.days_past_due == 0
    assert replay(loan(), [paid(MARCH_1, 37_199)], until).position.days_past_due == 30
    late = [paid(date(2026, 3, 20), 37_700)]
    at = replay(loan(), late, until).position
    assert (at.fee_cents, at.days_past_due) == (1_885, 0)


def test_376_99_once_is_never_past_due_and_stays_owed() -> None:
    """One cent once, then 377.00 on every due date: no fee, no days past due, and the cent is still asked for."""
    payments = [paid(MARCH_1, 37_699), *(paid(date(2026, month, 1), 37_700) for month in range(4, 9))]
    for until in (date(2026, 3, 2), date(2026, 4, 30), date(2026, 8, 31)):
        past = replay(loan(), [payment for payment in payments if payment.on <= until], until)
        at = past.position
        assert (at.days_past_due, at.past_due_cents, at.oldest_due_on, at.late_fees) == (0, 0, None, ())
    assert at.paid_through == 5
    assert [(credit.no, credit.amount_cents) for credit in at.credits] == [(6, 37_699)]


@pytest.mark.parametrize(
    ("until", "days", "past_due", "oldest_due_on", "fees"),
    [
        (date(2026, 4, 1), 0, 0, None, ()),  # 4.99
        (date(2026, 4, 2), 1, 998, date(2026, 4, 1), ()),
        (date(2026, 4, 30), 29, 998, date(2026, 4, 1), (2,)),
        (date(2026, 5, 31), 30, 1_497, MAY_1, (2, 3)),  # May's money paid the older shortages first
    ],
)
def test_4_99_short_every_month_does_not_add_up_unseen(
    until: date, days: int, past_due: int, oldest_due_on: date | None, fees: tuple[int, ...]
) -> None:
    """April's due date is the first with which more than 5.00 is past due; then all of it is."""
    payments = [paid(date(2026, month, 1), 37_700 - 499) for month in (3, 4, 5)]
    at = replay(loan(), [payment for payment in payments if payment.on <= until], until).position
    assert (at.days_past_due, at.past_due_cents, at.oldest_due_on, at.late_fees) == (
        days,
        past_due,
        oldest_due_on,
        fees,
    )


def test_another_small_amount_is_in_force_from_its_first_day() -> None:
    rules = replace(RULES, small_shortages=(SmallShortage(FIRST, 500), SmallShortage(date(2026, 3, 20), 100)))
    short = [paid(MARCH_1, 37_700 - 102)]
    days = [replay(loan(), short, date(2026, 3, day), rules=rules).position.days_past_due for day in (19, 20)]
    assert days == [0, 19]
    assert replay(loan(), short, date(2026, 3, 31), rules=rules).position.late_fees == ()  # assessed on the 16th
    assert Rules(()).small_shortage_cents(MARCH_1) == 0


@pytest.mark.parametrize(("small", "days"), [(2_500, 0), (2_499, 1)])
def test_a_lease_adds_rent_and_tax(small: int, days: int) -> None:
    """The rent of 400.00 came, its tax of 25.00 did not."""
    rules = replace(RULES, small_shortages=(SmallShortage(FIRST, small),))
    paid_rent = [paid(MARCH_1, 40_000)]
    assert replay(lease(), paid_rent, date(2026, 3, 2), rules=rules).position.days_past_due == days
