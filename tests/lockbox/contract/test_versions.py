"""Versions one after the other: what was due before a version's first day stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract import schedule
from lockbox.contract.terms import Run, Terms
from lockbox.contract.versions import in_sequence, part
from tests.builders.contract import RULES, lease, loan, paid, replay

MARCH_15, APRIL_1, APRIL_17, MAY_1 = date(2026, 3, 15), date(2026, 4, 1), date(2026, 4, 17), date(2026, 5, 1)


def moved(version: int, valid_from: date, first_due_on: date, *, level_cents: int = 37_700, count: int = 60) -> Terms:
    """The loan with all due dates other than they were: those that were due already must stay."""
    return replace(
        loan(first_due_on=first_due_on, level_cents=level_cents, count=count), version=version, valid_from=valid_from
    )


def due_dates(terms: Terms, count: int) -> list[tuple[int, date, int]]:
    return [(due.no, due.due_on, due.amount_cents) for due in list(schedule.installments(terms.schedule))[:count]]


def test_what_was_due_stays_and_what_is_not_yet_due_moves() -> None:
    _, second = in_sequence([moved(2, MARCH_15, date(2026, 4, 10), level_cents=30_000), loan()])
    assert due_dates(second, 3) == [
        (1, date(2026, 3, 1), 37_700),
        (2, date(2026, 5, 10), 30_000),
        (3, date(2026, 6, 10), 30_000),
    ]
    assert schedule.last_no(second.schedule) == 60


def test_an_installment_due_on_the_first_day_of_new_terms_moves() -> None:
    _, second = in_sequence([loan(), moved(2, APRIL_1, date(2026, 3, 9))])
    assert due_dates(second, 2)[1] == (2, date(2026, 4, 9), 37_700)


def test_terms_that_change_no_date_are_as_they_came() -> None:
    rate = replace(loan(), version=2, valid_from=MARCH_15, rate_ppm=60_000)
    assert in_sequence([loan(), rate]) == (loan(), rate)
    assert in_sequence([loan()]) == (loan(),)


def test_of_two_versions_of_one_day_the_higher_number_is_in_force() -> None:
    second, third = (replace(loan(), version=no, valid_from=MARCH_15, rate_ppm=no) for no in (2, 3))
    assert [version.version for version in in_sequence([third, second, loan()])] == [1, 3]
    assert replay((loan(), third, second), [], APRIL_1) == replay((loan(), third), [], APRIL_1)


def test_a_version_that_another_one_of_its_day_replaces_moves_nothing() -> None:
    """In April the 2nd comes a month later. From 1 May on one version had it back on 1 April: that one never was."""
    put_off = moved(2, MARCH_15, date(2026, 4, 1))
    back, later = (replace(terms, version=no, valid_from=MAY_1) for no, terms in ((3, loan()), (4, put_off)))
    in_force = in_sequence([loan(), put_off, back, later])[-1]
    assert due_dates(in_force, 2)[1] == (2, date(2026, 5, 1), 37_700)


def test_a_schedule_shorter_than_what_was_due_ends_there() -> None:
    _, second = in_sequence([loan(), moved(2, APRIL_17, date(2026, 3, 1), count=1)])
    assert schedule.last_no(second.schedule) == 2


@pytest.mark.parametrize(("first", "last", "numbers"), [(1, 2, [1, 2]), (2, 4, [2, 3, 4]), (5, 4, [])])
def test_a_part_of_a_schedule(first: int, last: int, numbers: list[int]) -> None:
    runs = (Run(1, date(2026, 1, 31), 31, 3, 100), Run(4, date(2026, 4, 30), 31, 2, 200))
    parts = list(schedule.installments(part(runs, first, last)))
    assert [due.no for due in parts] == numbers
    assert all(due == schedule.installment(runs, due.no) for due in parts)


def test_a_moved_due_date_costs_no_fee_and_no_day_past_due() -> None:
    """Due on 1 April, moved on 15 March to 1 May: on 17 April nothing is late."""
    terms = (loan(), moved(2, MARCH_15, date(2026, 4, 1)))
    past = replay(terms, [paid(date(2026, 3, 1), 37_700)], APRIL_17)
    assert (past.position.days_past_due, past.position.late_fees) == (0, ())
    assert replay(terms, [paid(date(2026, 3, 1), 37_700)], date(2026, 5, 2)).position.days_past_due == 1


@pytest.mark.parametrize(("level", "paid_through", "short"), [(30_000, 2, 0), (40_000, 1, 2_300)])
def test_an_installment_paid_ahead_asks_for_the_new_amount(level: int, paid_through: int, short: int) -> None:
    """Two of 377.00 paid on 1 March; from 15 March on they are 300.00, or 400.00."""
    terms = (loan(), moved(2, MARCH_15, date(2026, 3, 1), level_cents=level))
    past = replay(terms, [paid(date(2026, 3, 1), 75_400)], date(2026, 4, 2))
    assert (past.position.paid_through, past.position.past_due_cents) == (paid_through, short)


@pytest.mark.parametrize(("cents", "rent", "tax", "unapplied"), [(42_500, 0, 0, 2_125), (39_000, 0, 1_375, 0)])
def test_a_billed_rent_is_billed_again_and_what_was_paid_beyond_it_is_unapplied(
    cents: int, rent: int, tax: int, unapplied: int
) -> None:
    """400.00 and 25.00 tax of 1 April, billed on 7 March, paid on the 10th; 380.00 and 23.75 from the 20th on."""
    lower = replace(lease(rent_cents=38_000, tax_cents=2_375), version=2, valid_from=date(2026, 3, 20))
    money = [paid(date(2026, 3, 1), 42_500), paid(date(2026, 3, 10), cents)]
    past = replay((lease(), lower), money, date(2026, 3, 25), rules=replace(RULES, bill_days=25))
    at = past.position
    assert (at.rent_cents, at.tax_cents, at.unapplied_cents) == (rent, tax, unapplied)
    assert sum(line.amount_cents for posting in past.postings for line in posting.lines) == 0
    assert past.billed[1].total_cents == 40_375
