"""Where made-up contracts are in their schedules: due dates, installments to come, late fees."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lockbox.simulator.schedule_state import Frame, Lender, due_ordinals, fees_of, locate_in_schedule, month_date
from tests.builders import contract

OPENING_ON = date(2026, 11, 15)
LENDER = Lender(contract.RULES, contract.is_open)


def frame(count: int = 300, past_due: float = 0.3, fee_alone: float = 0.0) -> Frame:
    return Frame.draw(np.random.default_rng(5), OPENING_ON, ["TX"] * count, past_due, fee_alone)


@pytest.mark.parametrize(("month", "day"), [(2026 * 12, 1), (2026 * 12 + 11, 28), (1999 * 12 + 1, 28)])
def test_due_dates_are_counted_in_months(month: int, day: int) -> None:
    due_on = date.fromordinal(int(due_ordinals(np.array([month]), np.array([day]))[0]))
    assert due_on == month_date(month, day) == date(month // 12, month % 12 + 1, day)


def test_a_frame_has_plausible_contracts() -> None:
    drawn = frame()
    assert len(drawn) == 300
    assert drawn.installments.min() >= 18_000 - 99
    assert drawn.installments.max() <= 140_000
    assert {*drawn.due_days.tolist()} <= {*range(1, 29)}
    assert 0.2 < float((drawn.behind > 0).mean()) < 0.4


def test_a_part_of_a_frame_keeps_the_order() -> None:
    drawn = frame()
    late = drawn.only(drawn.behind > 0)
    assert late.installments.tolist() == [
        cents for cents, behind in zip(drawn.installments.tolist(), drawn.behind.tolist(), strict=True) if behind
    ]
    assert late.opening_on == OPENING_ON


def test_the_next_installment_is_the_first_one_after_the_opening() -> None:
    drawn = frame()
    counts = np.full(len(drawn), 36)
    first_months, next_no, paid = locate_in_schedule(drawn, counts)
    before, after = (
        [
            month_date(first + no - shift, day)
            for first, no, day in zip(first_months.tolist(), next_no.tolist(), drawn.due_days.tolist(), strict=True)
        ]
        for shift in (2, 1)
    )
    assert max(before) <= OPENING_ON < min(after)
    assert next_no.max() <= 35  # two installments to come
    assert paid.min() >= 1
    missed = next_no - 1 - paid
    assert (missed[drawn.behind > 0] >= 1).all()
    assert missed.max() <= 4


def test_even_a_short_contract_has_two_installments_to_come() -> None:
    _, next_no, paid = locate_in_schedule(frame(), np.full(300, 3))
    assert {*next_no.tolist()} == {2}
    assert {*paid.tolist()} == {1}


def test_a_missed_installment_has_its_late_fee_after_its_grace_period() -> None:
    """Texas: 15 days, 5 % of 377.00. Due 1 September and 1 October; the one of 1 November is still in its grace."""
    terms = contract.loan(first_due_on=date(2026, 3, 1))
    fees, numbers = fees_of(frame(1), 0, terms, LENDER, 6, 10, 0)
    assert numbers == (7, 8)
    assert [(fee.key, fee.open_cents) for fee in fees] == [("late/7", 1_885), ("late/8", 1_885)]
    assert [fee.on for fee in fees] == [date(2026, 9, 17), date(2026, 10, 17)]


def test_a_fee_may_be_open_although_nothing_is_past_due() -> None:
    terms = contract.loan(first_due_on=date(2026, 3, 1))
    assert fees_of(frame(1, fee_alone=1.0), 0, terms, LENDER, 9, 10, 0)[1] == (8,)
    assert fees_of(frame(1, fee_alone=0.0), 0, terms, LENDER, 9, 10, 0) == ((), ())
