"""Delinquency: days counted from the oldest unpaid due date."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders.contract import loan, paid, replay

MARCH_1 = date(2026, 3, 1)


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


def test_one_cent_missing_is_past_due_and_fees_are_not() -> None:
    short = [paid(MARCH_1, 37_699)]
    assert replay(loan(), short, date(2026, 3, 31)).position.days_past_due == 30
    late = [paid(date(2026, 3, 20), 37_700)]
    at = replay(loan(), late, date(2026, 3, 31)).position
    assert (at.fee_cents, at.days_past_due) == (1_885, 0)
