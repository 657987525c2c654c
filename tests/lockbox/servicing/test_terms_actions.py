"""A person changes terms: each decision is recorded once, in force from its day, also from a past one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lockbox.contract.terms import Run
from lockbox.errors import InputError
from lockbox.runtime import Runtime
from lockbox.servicing import actions, terms_actions
from lockbox.servicing.recorded_action import CORRECTED, Instruction
from tests.builders import contract as terms_of
from tests.builders import ledger as make
from tests.builders.nights import closed, pay, positions, run
from tests.lockbox.servicing.test_terms_change import adjustments, assert_in_order, installments, open_contract, rows

EVE, DEC_1, DEC_17, DEC_20 = date(2026, 11, 15), date(2026, 12, 1), date(2026, 12, 17), date(2026, 12, 20)
SAME_WORDS = "recorded before in the same words, nothing to do"


def ask(number: str, on: date, day: date | None = None, reason: str = "letter") -> Instruction:
    """Asked for by kim at noon of a day, with effect from another."""
    return Instruction(number, reason, "kim", datetime(on.year, on.month, on.day, 18, tzinfo=UTC), day)


def loans(runtime: Runtime, count: int) -> list[str]:
    """Loans of 20,000.00 at 14.99 %, 377.00 due on the 1st from December on, in Texas: the fee comes on 17 December."""
    terms = terms_of.loan(first_due_on=DEC_1, rate_ppm=149_900)
    return [open_contract(runtime, no, terms, EVE, 2_000_000) for no in range(1, count + 1)]


def versions(runtime: Runtime, number: str) -> list[tuple[Any, ...]]:
    return rows(
        runtime,
        """select version, valid_from, rate_ppm from contract_terms join contract using (contract_id)
        where account_number = :number order by 1""",
        number=number,
    )


def test_terms_changed_for_a_past_day_undo_what_they_would_have_prevented(runtime: Runtime) -> None:
    """On 18 December: a rate from 20 November, a due date and a deferral from 30 November; the late fees go."""
    rate, moved, deferred, both = numbers = loans(runtime, 4)
    run(runtime, DEC_17)
    assert len(rows(runtime, "select * from late_fee where reversed_by is null")) == 4
    today, nov_20, nov_30 = DEC_17 + timedelta(1), date(2026, 11, 20), date(2026, 11, 30)
    lower = ask(rate, today, nov_20)
    assert terms_actions.change_rate(runtime, lower, 60_000).endswith(f"14.99% to 6% from {nov_20}{CORRECTED}")
    assert terms_actions.change_rate(runtime, lower, 60_000) == f"{rate}: {SAME_WORDS}"
    assert versions(runtime, rate)[1:] == [(2, nov_20, 60_000)]
    message = terms_actions.change_due_date(runtime, ask(moved, today, nov_30), 20, date(2026, 12, 20))
    assert f"next due 2026-12-20, then on day 20 of the month{CORRECTED}" in message
    assert "next due 2027-02-01, last 2032-01-01" in terms_actions.defer(runtime, ask(deferred, today, nov_30), 2)
    terms_actions.defer(runtime, ask(both, today, nov_30), 1)
    terms_actions.change_rate(runtime, ask(both, today, nov_20), 60_000)  # the deferral from later on has it, too
    assert [(no, rate_ppm) for no, _, rate_ppm in versions(runtime, both)] == [
        (1, 149_900),
        (2, 149_900),
        (3, 60_000),
        (4, 60_000),
    ]
    assert_in_order(runtime)
    assert installments(runtime, moved) == [(1, date(2026, 12, 20), 37_700), (2, date(2027, 1, 20), 37_700)]
    assert installments(runtime, deferred)[0] == (1, date(2027, 2, 1), 37_700)
    assert rows(runtime, "select account_number from late_fee join contract using (contract_id) "
                         "where reversed_by is null") == [(rate,)]  # fmt: skip
    assert len(adjustments(runtime)) == 5
    at = positions(runtime)
    assert {at[number]["metro2"] for number in numbers} == {"11"}
    assert at[rate]["interest_cents"] == at[both]["interest_cents"] == 3_285 + 9_206  # 4 nights at 14.99 %, 28 at 6 %
    run(runtime, DEC_20)
    assert_in_order(runtime)


def test_military_service_caps_the_rate_and_lowers_what_is_asked(runtime: Runtime) -> None:
    """From 20 November, told on 18 December, until 19 December; paid on 1 December what was asked then, 377.00."""
    number, other, within = (
        *loans(runtime, 2),
        open_contract(runtime, 3, terms_of.loan(first_due_on=DEC_1, rate_ppm=60_000), EVE, 2_000_000),
    )
    run(runtime, date(2026, 11, 30))
    pay(runtime, DEC_1, [(number, 37_700)])
    closed(runtime, DEC_1)
    run(runtime, DEC_17)
    today, nov_20 = DEC_17 + timedelta(1), date(2026, 11, 20)
    message = terms_actions.begin_service(runtime, ask(number, today, nov_20))
    assert message == (
        f"{number}: military service from 2026-11-20: rate 14.99% to 6%, "
        f"the installment of 2026-12-01 from $377.00 to $322.81{CORRECTED}"  # 20,000.00 for 11 days at 8.99 %: 54.19
    )
    assert "6% is within 6%" in terms_actions.begin_service(runtime, ask(within, today, nov_20))
    whole = ask(other, today, nov_20)
    terms_actions.begin_service(runtime, whole, today)
    assert versions(runtime, other)[1:] == [(2, nov_20, 60_000), (3, today, 149_900)]
    assert installments(runtime, other)[0] == (1, DEC_1, 32_281)
    assert rows(runtime, "select account_number from late_fee join contract using (contract_id) "
                         "where reversed_by is null order by 1") == []  # fmt: skip
    assert_in_order(runtime)
    run(runtime, today)
    message = terms_actions.end_service(runtime, ask(number, today + timedelta(1)))
    assert "military service ends on 2026-12-19: rate 6% to 14.99%" in message
    assert "$377.00" in message
    run(runtime, DEC_20)
    assert_in_order(runtime)
    assert versions(runtime, number)[1:] == [(2, nov_20, 60_000), (3, today + timedelta(1), 149_900)]
    assert rows(runtime, "select flag, valid_from, valid_to from contract_flag order by contract_id") == [
        ("scra", nov_20, today + timedelta(1)),
        ("scra", nov_20, today),
        ("scra", nov_20, None),
    ]


def test_terms_of_the_day_under_way_and_of_a_day_to_come(runtime: Runtime) -> None:
    """A rate for today after today's payment, another one the same day, a due date for tomorrow; rents, too."""
    rate, twice, later = loans(runtime, 3)
    rent = open_contract(runtime, 4, terms_of.lease(first_due_on=date(2026, 12, 10)), EVE)
    run(runtime, EVE + timedelta(1))
    today = EVE + timedelta(2)
    pay(runtime, today, [(rate, 75_400), (rent, 42_500)])
    terms_actions.change_rate(runtime, ask(rate, today), 60_000)
    terms_actions.change_rate(runtime, ask(twice, today), 60_000)
    terms_actions.change_rate(runtime, ask(twice, today), 70_000)
    terms_actions.defer(runtime, ask(rate, today), 1)
    terms_actions.change_due_date(runtime, ask(later, today, today + timedelta(1)), 11)
    assert "extended by 1 months" in actions.extend(runtime, ask(rent, today), 1)
    terms_actions.change_due_date(runtime, ask(rent, today), 28)
    closed(runtime, today)
    run(runtime, today)
    assert_in_order(runtime)
    assert installments(runtime, later) == [(1, DEC_1, 37_700)]
    assert installments(runtime, rent) == [(1, date(2026, 12, 28), 42_500)]
    run(runtime, today + timedelta(1))
    assert installments(runtime, later) == [(1, date(2026, 12, 11), 37_700)]
    assert_in_order(runtime)
    assert positions(runtime)[twice]["interest_cents"] == 821 + 2 * 384 - 1  # 20,000.00 at 14.99 %, then at 7 %


def test_rents_due_days_apart_are_billed_in_one_night(runtime: Runtime) -> None:
    """Extended and moved on 30 November: rents of 28 November and 1 December, neither billed before.

    Told that day, told a day late, taken over with them the evening before, and so taken over a day late.
    """
    nov_28, nov_29, nov_30 = (date(2026, 11, day) for day in (28, 29, 30))
    billed: dict[str, Any] = {"billed_through": 1, "paid_through": 1}
    ending = terms_of.lease(first_due_on=date(2026, 10, 28), count=1)
    run_1 = ending.schedule[0]
    apart = replace(
        ending, schedule=(run_1, replace(run_1, first_no=2, first_due_on=nov_28), Run(3, DEC_1, 1, 1, 40_000, 2_500))
    )
    in_time, late = (open_contract(runtime, no, ending, EVE, **billed) for no in (1, 2))
    taken = open_contract(runtime, 3, apart, nov_29, **billed)
    run(runtime, nov_29)
    for number, today in ((in_time, nov_30), (late, DEC_1)):
        run(runtime, today - timedelta(1))
        actions.extend(runtime, ask(number, today, nov_30), 2)
        terms_actions.change_due_date(runtime, ask(number, today, nov_30), 1)
    both = [(2, nov_28, 42_500), (3, DEC_1, 42_500)]
    numbers = [in_time, late, taken, open_contract(runtime, 4, apart, nov_29, **billed)]
    assert [installments(runtime, number) for number in numbers] == [both] * 4
    assert_in_order(runtime)
    night_of = "select account_number, billed_on from installment join contract using (contract_id) order by 1"
    assert [on for number, on in rows(runtime, night_of) if number in (in_time, taken)] == [nov_30] * 4
    run(runtime, DEC_1)
    assert {at["rent_cents"] for at in positions(runtime).values()} == {80_000}
    assert_in_order(runtime)


def test_what_cannot_be_changed_is_refused_and_not_recorded(runtime: Runtime) -> None:
    (number,) = loans(runtime, 1)
    rent = open_contract(runtime, 2, *_lease())
    run(runtime, make.DAY)
    today = make.DAY + timedelta(1)
    with pytest.raises(InputError, match="a lease has no interest"):
        terms_actions.defer(runtime, ask(rent, today), 1)
    with pytest.raises(InputError, match="2026-11-15: nothing is known before 2026-11-16"):
        terms_actions.change_rate(runtime, ask(number, today, EVE), 60_000)
    with pytest.raises(InputError, match="field rate: a rate of 101%"):
        terms_actions.change_rate(runtime, ask(number, today), 1_010_000)
    with pytest.raises(InputError, match="field day of month: day 32"):
        terms_actions.change_due_date(runtime, ask(number, today), 32)
    with pytest.raises(InputError, match="no military service to end"):
        terms_actions.end_service(runtime, ask(number, today))
    with pytest.raises(InputError, match="from 2026-11-17 until 2026-11-17"):
        terms_actions.begin_service(runtime, ask(number, today), today)
    assert rows(runtime, "select * from contract_event") == []
    assert len(versions(runtime, number)) == 1


def _lease() -> tuple[Any, date]:
    return terms_of.lease(first_due_on=date(2026, 12, 10)), EVE


@pytest.mark.parametrize(("ppm", "text"), [(60_000, "6%"), (149_900, "14.99%"), (0, "0%"), (5_025, "0.5025%")])
def test_rates_as_people_write_them(ppm: int, text: str) -> None:
    assert terms_actions.percent(ppm) == text
