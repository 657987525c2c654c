"""Charge-offs: what each part of a loss is booked to, what is recovered, and that an undone one leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.contract.position import Position
from lockbox.contract.terms import Terms
from lockbox.errors import ConflictError, InputError
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs, refunds
from lockbox.servicing.refunds_waiting import waiting_refunds
from tests.builders import corrections, nights
from tests.builders import ledger as make
from tests.builders.decided import DAY, contract, instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
RATE = {"rate_ppm": 50_000}
LOST = "income.charge_off|expense.charge_off|income.recovery|expense.interest_waiver"


def a_loan(**more: Any) -> tuple[Terms, Position]:
    """9,000.00 at 5 %: 1.2329 of interest a night."""
    return make.loan(principal_cents=900_000, count=48, terms=RATE, **more)


def lost(runtime: Runtime, contract_id: int | None = None) -> dict[str, int]:
    """What the accounts of losses and recoveries hold, of one contract or of all; those at 0 are left out."""
    statement = sa.text("""
        select account, sum(amount_cents)::bigint from entry
        where account ~ :lost and (contract_id = :contract or cast(:contract as bigint) is null)
        group by account having sum(amount_cents) <> 0""")
    with runtime.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(statement, {"lost": LOST, "contract": contract_id})}


def status(runtime: Runtime, number: str) -> object:
    return nights.positions(runtime)[number]["metro2"]


def test_a_loan_loses_its_principal_and_its_interest_and_fees_leave_income(runtime: Runtime) -> None:
    number = contract(runtime, *a_loan(fee_cents=1_500))
    nights.run(runtime, make.DAY)
    day = make.DAY + DAY
    message = charge_offs.charge_off(runtime, instruction_for(number, day))
    assert message == f"{number}: $9,016.23 charged off"
    assert lost(runtime) == {
        "expense.charge_off.principal": 900_000,
        "income.charge_off.interest": 123,
        "income.charge_off.fee": 1_500,
    }
    corrections.assert_in_order(runtime, [1])


def test_a_lease_loses_rent_tax_and_fees_apart_and_an_earlier_day_too(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease())
    nights.run(runtime, make.DAY + DAY)
    charge_offs.charge_off(runtime, instruction_for(number, make.DAY, known=make.DAY + DAY * 2))
    assert lost(runtime) == {"income.charge_off.rent": make.INSTALLMENT_CENTS, "expense.charge_off.tax": 2_578}
    corrections.assert_in_order(runtime, [1])


def twins(runtime: Runtime, terms: Terms, position: Position) -> tuple[str, str]:
    """Two contracts that have all in common."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        for number in (1, 2):
            make.open_contract(connection, number, terms, position)
    first, second = nights.positions(runtime)
    return first, second


def days(runtime: Runtime, numbers: tuple[str, str], first: date, last: date, paid: dict[date, int]) -> None:
    """Both get the same payments; each night is run."""
    for ahead in range((last - first).days + 1):
        day = first + DAY * ahead
        if day in paid:
            nights.pay(runtime, day, [(number, paid[day]) for number in numbers])
            nights.closed(runtime, day)
        nights.run(runtime, day)


def assert_twins_end_alike(runtime: Runtime) -> None:
    assert corrections.state(runtime, 1) == corrections.state(runtime, 2)
    assert lost(runtime, 1) == lost(runtime, 2) == {}
    with runtime.engine.connect() as connection:
        flags = connection.execute(sa.text("select count(*) from contract_flag")).scalar_one()
        next_bills = connection.execute(sa.text("select count(distinct (next_no, next_due_on)) from position"))
        assert (flags, next_bills.scalar_one()) == (0, 1)
    corrections.assert_in_order(runtime, [1, 2])


@pytest.mark.parametrize("kind", [a_loan, make.lease])
def test_undone_after_nights_payments_and_a_recovery_it_has_never_been(
    runtime: Runtime, kind: Callable[[], tuple[Terms, Position]]
) -> None:
    """Charged off on 20 November, 300.00 recovered on the 28th, undone on 20 December: late fees and bills come."""
    numbers = twins(runtime, *kind())
    first, off, recovered, undone = make.DAY, date(2026, 11, 20), date(2026, 11, 28), date(2026, 12, 20)
    paid = {date(2026, 11, 25): 30_000, date(2026, 12, 10): 20_000}
    days(runtime, numbers, first, off - DAY, paid)
    charge_offs.charge_off(runtime, instruction_for(numbers[0], off))
    days(runtime, numbers, off, recovered - DAY, paid)
    charge_offs.recover(runtime, instruction_for(numbers[0], recovered), 30_000)
    days(runtime, numbers, recovered, undone - DAY, paid)
    assert status(runtime, numbers[0]) == "97"
    message = charge_offs.undo_charge_off(runtime, instruction_for(numbers[0], undone))
    assert message.startswith(f"{numbers[0]}: charge-off of 2026-11-20 undone, ")
    assert message.endswith(" owed; recoveries of $300.00 taken back")
    assert_twins_end_alike(runtime)
    days(runtime, numbers, undone, undone + DAY * 40, paid)
    assert_twins_end_alike(runtime)
    assert status(runtime, numbers[0]) == status(runtime, numbers[1])


@pytest.mark.parametrize("back", [0, 3])
def test_undone_on_its_own_day_or_after_it_was_recorded_for_an_earlier_one(runtime: Runtime, back: int) -> None:
    numbers = twins(runtime, *a_loan(fee_cents=1_500))
    nights.run(runtime, make.DAY + DAY * 5)
    today = make.DAY + DAY * 6
    charge_offs.charge_off(runtime, instruction_for(numbers[0], today - DAY * back, known=today))
    charge_offs.undo_charge_off(runtime, instruction_for(numbers[0], today))
    assert_twins_end_alike(runtime)
    nights.run(runtime, today)
    assert_twins_end_alike(runtime)


def test_only_a_charge_off_that_stands_is_undone_and_it_can_come_again(runtime: Runtime) -> None:
    number = contract(runtime, *a_loan())
    with pytest.raises(InputError, match="not charged off"):
        charge_offs.undo_charge_off(runtime, instruction_for(number))
    charge_offs.charge_off(runtime, instruction_for(number))
    with pytest.raises(ConflictError, match="charged off on 2026-11-16 already"):
        charge_offs.charge_off(runtime, instruction_for(number, reason="once more"))
    charge_offs.undo_charge_off(runtime, instruction_for(number))
    for _ in range(2):
        with pytest.raises(InputError, match="its charge-off was undone already"):
            charge_offs.undo_charge_off(runtime, instruction_for(number))
    message = charge_offs.charge_off(runtime, instruction_for(number))  # in the same words, on the same day
    assert message == f"{number}: $9,000.00 charged off"
    assert charge_offs.charge_off(runtime, instruction_for(number)).endswith("nothing to do")
    nights.run(runtime, make.DAY)
    assert status(runtime, number) == "97"
    assert lost(runtime) == {"expense.charge_off.principal": 900_000}
    charge_offs.undo_charge_off(runtime, instruction_for(number, make.DAY + DAY))
    assert lost(runtime) == {}
    corrections.assert_in_order(runtime, [1])


def test_a_charge_off_of_nothing_is_undone_too(runtime: Runtime) -> None:
    """A lease that owes nothing is charged off without a journal, and goes on."""
    numbers = twins(runtime, *make.lease(bills=(), paid_through=22))
    charge_offs.charge_off(runtime, instruction_for(numbers[0]))
    nights.run(runtime, make.DAY + DAY * 10)
    charge_offs.undo_charge_off(runtime, instruction_for(numbers[0], make.DAY + DAY * 11))
    assert_twins_end_alike(runtime)
    nights.run(runtime, make.DAY + DAY * 60)
    assert_twins_end_alike(runtime)


def test_a_loan_that_is_paid_after_its_charge_off_was_undone_gets_its_lien_release(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    charge_offs.charge_off(runtime, instruction_for(number))
    charge_offs.undo_charge_off(runtime, instruction_for(number))
    nights.pay(runtime, make.DAY, [(number, 900_000)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY + timedelta(1))
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from lien_release")).scalar_one() == 1
    assert status(runtime, number) == "13"


def payable(runtime: Runtime, cents: int, day: date = make.DAY) -> None:
    """A person makes unapplied money of contract 1 payable to its customer."""
    with runtime.engine.begin() as connection:
        lines = [("suspense.unapplied", cents, 1), ("payable.refund", -cents, 1)]
        make.journal(connection, lines, "refund", f"by_hand/{day}", site_id=None, day=day)


@pytest.mark.parametrize(
    ("flag", "set_off"), [(None, 7_250), ("charged_off", 7_250), ("scra", 7_250), ("bankruptcy", 0), ("deceased", 0)]
)
@pytest.mark.parametrize("back", [0, 2])
def test_a_charge_off_first_takes_what_is_payable_unless_a_flag_stops_it(
    runtime: Runtime, flag: str | None, set_off: int, back: int
) -> None:
    """500.00 payable: what is due (412.50, a fee of 15.00) goes in the night, 72.50 at the charge-off; undone, it is
    payable again."""
    number = contract(runtime, *a_loan(fee_cents=1_500, unapplied_cents=50_000))
    payable(runtime, 50_000)
    nights.run(runtime, make.DAY + DAY * back)
    day, known = make.DAY + DAY, make.DAY + DAY * (back + 1)
    if flag:
        actions.set_flag(runtime, instruction_for(number, day, known=known), flag)
    before = nights.positions(runtime)[number]
    assert before["refund_cents"] == 7_250
    message = charge_offs.charge_off(runtime, instruction_for(number, day, known=known))
    taken = f", after {dollars(set_off)} payable to the customer was set off" if set_off else ""
    assert f" charged off{taken}" in message
    at = nights.positions(runtime)[number]
    assert (at["refund_cents"], at["principal_cents"] + at["interest_cents"]) == (7_250 - set_off, 0)
    assert sum(lost(runtime).values()) == 900_123 + 1_500 - 50_000 + 7_250 - set_off
    corrections.assert_in_order(runtime, [1])
    nights.run(runtime, known)
    corrections.assert_in_order(runtime, [1])
    charge_offs.undo_charge_off(runtime, instruction_for(number, known + DAY))
    assert lost(runtime) == {}
    assert nights.positions(runtime)[number]["refund_cents"] == 7_250
    nights.run(runtime, known + DAY * 40)
    corrections.assert_in_order(runtime, [1])


def test_the_rent_that_a_set_off_pays_is_not_lost(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease(unapplied_cents=42_000))
    payable(runtime, 42_000)
    message = charge_offs.charge_off(runtime, instruction_for(number))
    assert message.endswith("$18.28 charged off, after $420.00 payable to the customer was set off")
    assert lost(runtime) == {"expense.charge_off.tax": 1_828}
    nights.run(runtime, make.DAY)
    corrections.assert_in_order(runtime, [1])


def test_a_set_off_takes_a_refund_that_was_approved_with_it(runtime: Runtime) -> None:
    """What is more than owed stays payable, and nothing is lost; a person proposes it again."""
    number = contract(runtime, *a_loan(unapplied_cents=950_000, paid_through=22))
    payable(runtime, 950_000)
    nights.run(runtime, make.DAY)  # nothing is due: it is not held, so the night proposes it
    step = refunds.Step("bo", make.EVENING + DAY * 2)
    refunds.approve(runtime, 1, step)
    charge_offs.charge_off(runtime, instruction_for(number, make.DAY + DAY))
    assert lost(runtime) == {}
    with runtime.engine.connect() as connection:
        (row,) = refunds.listed(connection)
        left = nights.positions(runtime)[number]["refund_cents"]
        assert (row["state"], row["amount_cents"]) == ("proposed", left)
    corrections.assert_in_order(runtime, [1])


@pytest.mark.parametrize(("cents", "left"), [(3_000, (1_000, 5_000)), (6_000, (0, 3_000)), (None, (0, 0))])
def test_a_recovery_takes_unapplied_money_and_then_what_is_payable(
    runtime: Runtime, cents: int | None, left: tuple[int, int]
) -> None:
    """50.00 payable that a bankruptcy kept from the set-off, 40.00 that came later; undone, all is there again."""
    number = contract(runtime, *a_loan(unapplied_cents=5_000))
    actions.set_flag(runtime, instruction_for(number), "bankruptcy")
    payable(runtime, 5_000)
    charge_offs.charge_off(runtime, instruction_for(number))
    nights.pay(runtime, make.DAY, [(number, 4_000)])
    corrections.nights(runtime, make.DAY)
    day = make.DAY + DAY
    with pytest.raises(InputError, match=r"\$40.00 unapplied and \$50.00 payable, \$90.01 requested"):
        charge_offs.recover(runtime, instruction_for(number, day), 9_001)
    message = charge_offs.recover(runtime, instruction_for(number, day), cents)
    assert message == f"{number}: {dollars(cents or 9_000)} recovered"
    at = nights.positions(runtime)[number]
    assert (at["unapplied_cents"], at["refund_cents"]) == left
    corrections.assert_in_order(runtime, [1])
    nights.run(runtime, day)
    message = charge_offs.undo_charge_off(runtime, instruction_for(number, day + DAY))
    assert message.endswith(f"; recoveries of {dollars(cents or 9_000)} taken back")
    assert nights.positions(runtime)[number]["refund_cents"] == 5_000
    corrections.assert_in_order(runtime, [1])


def test_what_is_payable_on_a_charged_off_contract_is_listed_with_the_reason_and_not_proposed(
    runtime: Runtime,
) -> None:
    """Also where the lender's rule of the flag stops nothing."""
    number = contract(runtime, *a_loan(unapplied_cents=5_000))
    actions.set_flag(runtime, instruction_for(number), "bankruptcy", make.DAY + DAY)
    payable(runtime, 5_000)
    charge_offs.charge_off(runtime, instruction_for(number))
    make.altered(runtime, "update flag_rule set stops = '{late_fee}' where flag = 'charged_off'")
    nights.run(runtime, make.DAY + DAY * 2)
    with runtime.engine.connect() as connection:
        assert refunds.listed(connection) == []
        (waiting,) = waiting_refunds(connection, "meridian", make.EVENING)
    assert (waiting.amount_cents, waiting.why) == (5_000, "charged off: a recovery takes it, or a person proposes it")


def test_a_flag_of_the_same_day_that_ends_or_begins_later_changes_the_set_off(runtime: Runtime) -> None:
    """A bankruptcy known after the charge-off of that day forbids it; cleared from that day on, it does not."""
    number = contract(runtime, *a_loan(unapplied_cents=5_000, paid_through=22))
    payable(runtime, 5_000)
    nights.run(runtime, make.DAY)
    day = make.DAY + DAY
    charge_offs.charge_off(runtime, instruction_for(number, day))
    assert nights.positions(runtime)[number]["refund_cents"] == 0
    actions.set_flag(runtime, instruction_for(number, make.DAY, known=day), "bankruptcy")
    assert nights.positions(runtime)[number]["refund_cents"] == 5_000
    corrections.assert_in_order(runtime, [1])
    actions.clear_flag(runtime, instruction_for(number, day), "bankruptcy")
    assert nights.positions(runtime)[number]["refund_cents"] == 0
    corrections.assert_in_order(runtime, [1])


def test_a_flag_of_an_earlier_day_stays_when_the_charge_off_is_undone(runtime: Runtime) -> None:
    number = contract(runtime, *a_loan())
    actions.set_flag(runtime, instruction_for(number), "charged_off")
    nights.run(runtime, make.DAY)
    charge_offs.charge_off(runtime, instruction_for(number, make.DAY + DAY))
    charge_offs.undo_charge_off(runtime, instruction_for(number, make.DAY + DAY))
    with runtime.engine.connect() as connection:
        flags = connection.execute(sa.text("select flag, valid_from from contract_flag"))
        assert [tuple(flag) for flag in flags] == [("charged_off", make.DAY)]
    corrections.assert_in_order(runtime, [1])


def test_a_charge_off_takes_back_the_fee_for_a_check_that_was_returned_on_its_day(runtime: Runtime) -> None:
    """The flag bars the fee on all of that day: it is not lost, it is not there."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    nights.pay(runtime, make.DAY, [(number, 10_000)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY)
    day = make.DAY + DAY
    corrections.take_back(runtime, 1, day)
    assert nights.positions(runtime)[number]["fee_cents"] == 3_000
    message = charge_offs.charge_off(runtime, instruction_for(number, day))
    assert message == f"{number}: $9,000.00 charged off"
    assert lost(runtime) == {"expense.charge_off.principal": 900_000}
    nights.run(runtime, day)
    corrections.assert_in_order(runtime, [1])


def test_what_came_after_the_cut_off_is_recovered_the_day_after_its_own(runtime: Runtime) -> None:
    """Monday's check counts from Tuesday: on Monday, and before Tuesday's night, there is nothing to recover."""
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    tuesday = make.DAY + DAY
    charge_offs.charge_off(runtime, instruction_for(number, make.DAY))
    nights.pay(runtime, make.DAY, [(number, 30_000)], tuesday)
    with pytest.raises(InputError, match=r"\$0.00 unapplied"):
        charge_offs.recover(runtime, instruction_for(number, make.DAY))
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY)
    with pytest.raises(InputError, match=r"\$0.00 unapplied"):
        charge_offs.recover(runtime, instruction_for(number, tuesday))
    nights.run(runtime, tuesday)
    charge_offs.recover(runtime, instruction_for(number, tuesday + DAY))
    assert lost(runtime)["income.recovery"] == -30_000
    nights.run(runtime, tuesday + DAY)
    corrections.assert_in_order(runtime, [1])


@pytest.mark.parametrize("nights_after", [0, 3])
def test_a_check_returned_during_a_charge_off_that_is_undone_costs_its_fee(runtime: Runtime, nights_after: int) -> None:
    """As on its twin, which was never charged off."""
    numbers = twins(runtime, *a_loan())
    first = make.DAY + DAY
    items = corrections.pay(runtime, first, [(1, 10_000), (2, 10_000)])
    corrections.nights(runtime, first)
    charge_offs.charge_off(runtime, instruction_for(numbers[0], first + DAY))
    lines = [corrections.take_back(runtime, item, first + DAY)[0] for item in items]
    assert [line.endswith("; no returned-check fee: charged_off") for line in lines] == [True, False]
    corrections.nights(runtime, first + DAY * nights_after)
    known = first + DAY * (nights_after + 1)
    charge_offs.undo_charge_off(runtime, instruction_for(numbers[0], known))
    assert [nights.positions(runtime)[number]["fee_cents"] for number in numbers] == [3_000, 3_000]
    corrections.assert_in_order(runtime, [1, 2])
