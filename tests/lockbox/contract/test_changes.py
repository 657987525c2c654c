"""Terms as a person changes them: other dates, months put off, the cap on interest in military service."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lockbox.contract import schedule
from lockbox.contract.changes import capped, moved, next_on_day, put_off, restored
from lockbox.contract.event import Payment
from lockbox.contract.position import Position
from lockbox.contract.terms import Method, Terms
from tests.builders.contract import loan, paid, replay

MARCH_15, APRIL_1, CAP = date(2026, 3, 15), date(2026, 4, 1), 60_000


def dates(terms: Terms, count: int = 3) -> list[date]:
    return [due.due_on for due in list(schedule.installments(terms.schedule))[:count]]


@pytest.mark.parametrize(
    ("day", "due_day", "on"),
    [
        (MARCH_15, 15, date(2026, 4, 15)),
        (date(2026, 3, 1), 20, date(2026, 3, 20)),
        (date(2026, 3, 31), 31, date(2026, 4, 30)),
        (APRIL_1, 1, APRIL_1),
    ],
)
def test_the_next_due_date_is_in_its_own_month(day: date, due_day: int, on: date) -> None:
    assert next_on_day(loan(), day, due_day) == on


def test_a_due_day_that_is_past_in_its_month_comes_in_the_next_one() -> None:
    late_in_the_month = loan(first_due_on=date(2026, 3, 20))
    assert next_on_day(late_in_the_month, MARCH_15, 5) == date(2026, 4, 5)


def test_what_was_due_stays_and_the_others_move_to_the_new_day() -> None:
    terms = moved(loan(), MARCH_15, date(2026, 4, 15), 15)
    assert dates(terms) == [date(2026, 3, 1), date(2026, 4, 15), date(2026, 5, 15)]
    assert schedule.last_no(terms.schedule) == 60
    for on, due_day in ((date(2026, 3, 14), 14), (date(2026, 4, 15), 16)):
        with pytest.raises(ValueError, match="next due"):
            moved(loan(), MARCH_15, on, due_day)


def test_months_put_off_come_at_the_end() -> None:
    terms = put_off(loan(), MARCH_15, 2)
    assert dates(terms) == [date(2026, 3, 1), date(2026, 6, 1), date(2026, 7, 1)]
    last = schedule.installment(terms.schedule, 60)
    assert last is not None
    assert last.due_on == date(2031, 4, 1)  # 60 months from March 2026 end in February 2031
    for months, day in ((0, MARCH_15), (1, date(2031, 3, 1))):
        with pytest.raises(ValueError, match=r"put off by 0|the last installment was due"):
            put_off(loan(), day, months)


@pytest.mark.parametrize("method", list(Method))
def test_a_capped_loan_pays_the_same_principal_with_lower_installments(method: Method) -> None:
    """50 USC 3937(a)(3): each installment is lower by what is forgiven of its period, so the principal is as it was."""
    before = loan(rate_ppm=149_900, level_cents=47_500, count=48, method=method)
    at = replay(before, [paid(date(2026, 3, 1), 47_500)], date(2026, 3, 14)).position
    after = replace(capped(before, at, MARCH_15, CAP), version=2, valid_from=MARCH_15)
    assert after.rate_ppm == CAP
    days = [due.due_on for due in schedule.installments(before.schedule)][:30]

    def principal_by_day(terms: tuple[Terms, ...]) -> list[tuple[int, int]]:
        asked = {due.due_on: due.amount_cents for due in schedule.installments(terms[-1].schedule)}
        money = [Payment("p0", days[0], 47_500), *(Payment(f"p{on}", on, asked[on]) for on in days[1:])]
        ends = (replay(terms, money, on).position for on in days)
        return [(end.principal_cents, end.past_due_cents) for end in ends]

    assert principal_by_day((before, after)) == principal_by_day((before,))
    amounts = [due.amount_cents for due in schedule.installments(after.schedule)]
    assert amounts[0] == 47_500  # was due already
    assert amounts[1] == 47_500 - 8_279  # 19,771.41 over 17 days at 8.99 %: 82.79 forgiven
    assert 30_000 < min(amounts) < max(amounts[2:]) < 47_500


def test_a_rate_within_the_cap_changes_nothing() -> None:
    assert capped(loan(rate_ppm=CAP), Position(MARCH_15), MARCH_15, CAP) == loan(rate_ppm=CAP)


def test_after_the_service_rate_and_installments_are_as_before_on_the_dates_of_now() -> None:
    before = loan(rate_ppm=149_900)
    at = replay(before, [], date(2026, 3, 14)).position
    in_service = moved(capped(before, at, MARCH_15, CAP), MARCH_15, date(2026, 4, 10), 10)
    after = restored(in_service, before, date(2026, 6, 1))
    due = list(schedule.installments(after.schedule))
    assert after.rate_ppm == 149_900
    assert [row.due_on for row in due[:4]] == [date(2026, 3, 1), *(date(2026, month, 10) for month in (4, 5, 6))]
    assert due[1].amount_cents == next(
        row.amount_cents for row in schedule.installments(in_service.schedule) if row.no == 2
    )
    assert {row.amount_cents for row in due[3:]} == {37_700}
    assert len(after.schedule) < 10
    assert timedelta(0) < due[-1].due_on - due[0].due_on
