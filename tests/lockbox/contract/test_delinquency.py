"""Delinquency: days from the oldest unpaid due date, and the status that is reported."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.contract.delinquency import metro2_status
from tests.builders.contract import loan, paid, replay


@pytest.mark.parametrize(
    ("days", "status"),
    [(0, "11"), (29, "11"), (30, "71"), (59, "71"), (60, "78"), (90, "80"), (120, "82"), (150, "83"), (180, "84"),
     (2_000, "84")],
)  # fmt: skip
def test_the_reported_status(days: int, status: str) -> None:
    assert metro2_status(days) == status
    assert metro2_status(days, charged_off=True) == "97"
    assert metro2_status(days, repossessed=True) == "96"
    assert metro2_status(days, charged_off=True, repossessed=True) == "97"


@pytest.mark.parametrize(
    ("flags", "status"),
    [((), "13"), (("repossessed",), "63"), (("charged_off",), "64"), (("charged_off", "repossessed"), "64")],
)
def test_the_reported_status_of_what_was_paid(flags: tuple[str, ...], status: str) -> None:
    assert metro2_status(0, paid=True, **dict.fromkeys(flags, True)) == status


def test_days_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="-1 days"):
        metro2_status(-1)


@pytest.mark.parametrize(
    ("until", "days", "past_due"),
    [(date(2026, 3, 1), 0, 0), (date(2026, 3, 2), 1, 37_700), (date(2026, 4, 1), 31, 37_700),
     (date(2026, 4, 2), 32, 75_400)],
)  # fmt: skip
def test_days_count_from_the_oldest_due_date_without_grace(until: date, days: int, past_due: int) -> None:
    at = replay(loan(), [], until).position
    assert (at.days_past_due, at.past_due_cents, at.oldest_due_on) == (
        days, past_due, date(2026, 3, 1) if days else None,
    )  # fmt: skip


def test_one_cent_missing_is_past_due_and_fees_are_not() -> None:
    short = [paid(date(2026, 3, 1), 37_699)]
    assert replay(loan(), short, date(2026, 3, 31)).position.days_past_due == 30
    late = [paid(date(2026, 3, 20), 37_700)]
    at = replay(loan(), late, date(2026, 3, 31)).position
    assert (at.fee_cents, at.days_past_due) == (1_885, 0)
