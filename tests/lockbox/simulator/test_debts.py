"""Debts: what a contract owes on a day, and in which order contracts pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lockbox.contract.position import Credit, OpenFee, Position
from lockbox.errors import UsageError
from lockbox.simulator.debts import SORTS, Debts, debt_on
from tests.builders import simulated
from tests.builders.contract import lease, loan
from tests.builders.simulated import DAY, SEED

OPENING = Position(on=DAY - timedelta(1), principal_cents=1_500_000, interest_cents=1_234, paid_through=8)


def test_a_loan_owes_what_is_billed_less_credits_plus_fees() -> None:
    """Installments 9 (1 November) and 10 (1 December, billed 25 days ahead) of 377.00."""
    opening = replace(OPENING, credits=(Credit(9, 10_000),), fees=(OpenFee(date(2026, 11, 1), "late/8", 1_885),))
    debt = debt_on(loan(), opening, DAY, simulated.terms())
    assert debt
    assert debt.due_cents == 2 * 37_700 - 10_000 + 1_885
    assert debt.installment_cents == 37_700
    assert debt.balance_cents == 1_500_000 + 1_234 + 1_885
    assert (debt.behind, debt.due_on) == (True, date(2026, 12, 1))


def test_a_loan_paid_ahead_owes_nothing_yet() -> None:
    assert debt_on(loan(), replace(OPENING, paid_through=10), DAY, simulated.terms()) is None


def test_interest_of_the_nights_since_the_opening_is_part_of_the_balance() -> None:
    """5 % on 15,000.00 is 2.0548 a day."""
    opening = replace(OPENING, on=DAY - timedelta(11), base_cents=1_500_000)
    debt = debt_on(loan(), opening, DAY, simulated.terms())
    assert debt
    assert debt.balance_cents == 1_500_000 + 1_234 + 2_055


def test_a_lease_ends_for_all_rents_and_the_taxed_price_of_the_vehicle() -> None:
    """36 rents of 400.00 + 25.00 less the 8 paid; residual 15,000.00 + fee 300.00, taxed at 6.25 %."""
    opening = Position(on=DAY - timedelta(1), paid_through=8)
    debt = debt_on(lease(), opening, DAY, simulated.terms())
    assert debt
    assert debt.due_cents == 2 * 42_500
    assert debt.balance_cents == 28 * 42_500 + 1_530_000 + 95_625


def test_an_installment_a_few_days_old_is_not_behind() -> None:
    terms = loan(first_due_on=date(2026, 3, 10))
    debt = debt_on(terms, OPENING, DAY, simulated.terms())
    assert debt
    assert not debt.behind


@pytest.mark.parametrize("sort", SORTS)
def test_the_next_contract_is_of_the_sort(sort: str) -> None:
    debts = simulated.debts()
    owed = debts.next(sort)
    assert owed
    assert SORTS[sort](owed)
    assert not owed.firm
    assert owed not in debts.waiting
    assert (owed.due_cents, owed.installment_cents, owed.due_on) == (
        owed.debt.due_cents,
        owed.debt.installment_cents,
        owed.debt.due_on,
    )


def test_firms_wait_in_the_same_queue() -> None:
    owed = simulated.debts().next("current", firm=True)
    assert owed
    assert owed.firm


def test_further_contracts_are_of_the_same_customer_and_product_and_leave_the_queue() -> None:
    debts = simulated.debts()
    owed = debts.next("several")
    assert owed
    further = debts.further_contracts(owed)
    assert 1 <= len(further) <= 2
    for contract in (more.contract for more in further):
        assert contract.customer_no == owed.contract.customer_no
        assert contract.product == owed.contract.product
    assert not any(more in debts.waiting for more in further)


def test_a_contract_of_another_product_is_not_paid_with_the_same_check() -> None:
    debts = simulated.debts()
    owed = debts.next("several")
    assert owed
    other_product = {"loan": "lease", "lease": "loan"}[owed.contract.product]
    debts.waiting = [replace(more, contract=replace(more.contract, product=other_product)) for more in debts.waiting]
    assert debts.further_contracts(owed) == []


def test_the_next_day_takes_the_next_stretch_of_contracts() -> None:
    first, second = (
        {owed.contract.account_number for owed in simulated.debts(day).waiting}
        for day in (DAY, DAY + timedelta(days=1))
    )
    assert len(first) > 300
    assert not first & second


def test_flags_count_only_while_they_are_valid() -> None:
    master = simulated.portfolio()
    flagged = {flag.account_number for flag in master.flags}
    assert all(bool(owed.flags) == (owed.contract.account_number in flagged) for owed in simulated.debts().waiting)
    ended = tuple(replace(flag, valid_to=DAY) for flag in master.flags)
    debts = Debts(replace(master, flags=ended), SEED, DAY, 100, simulated.terms())
    assert debts.next("flagged") is None


def test_an_empty_queue_is_an_error() -> None:
    debts = simulated.debts()
    debts.waiting.clear()
    with pytest.raises(UsageError, match="contracts"):
        debts.next("current")
