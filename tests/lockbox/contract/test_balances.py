"""Balances: what single moves do to them, and the postings that they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from lockbox.contract.balances import Balances
from lockbox.contract.event import WriteOff
from lockbox.contract.grace import Shortage
from lockbox.contract.position import OpenBill, OpenFee, opened
from lockbox.contract.posting import LedgerLine
from lockbox.contract.schedule import installment
from lockbox.contract.terms import Method
from tests.builders.contract import lease, loan

DAY = date(2026, 3, 1)
OPENED = date(2026, 1, 30)


def loan_balances(**fields: Any) -> Balances:
    return Balances(replace(opened(2_000_000, OPENED), **fields), loan())


def lines(balances: Balances) -> list[tuple[str, int]]:
    return [(line.account, line.amount_cents) for line in balances.postings[-1].lines]


def test_money_kept_unapplied_pays_nothing_until_it_is_applied() -> None:
    balances = loan_balances()
    balances.keep_unapplied(DAY, "p", 50_000)
    assert (balances.unapplied, balances.principal) == (50_000, 2_000_000)
    balances.apply(DAY, "a", 20_000)
    assert (balances.unapplied, balances.principal, balances.credits) == (30_000, 1_980_000, {1: 20_000})
    balances.refund_unapplied(DAY, "r", 99_999)
    assert (balances.unapplied, balances.refund) == (0, 30_000)
    assert lines(balances) == [("suspense.unapplied", 30_000), ("payable.refund", -30_000)]
    balances.apply(DAY, "nothing left", 1)
    assert balances.postings[-1].key == "r"


def test_a_refund_is_netted_paid_out_and_payable_again() -> None:
    """Paid beyond what is payable, it is owed back as a fee, which bears no interest."""
    balances = loan_balances(principal_cents=0, refund_cents=5_000, fees=(OpenFee(DAY, "f", 3_000),))
    balances.net_refund(DAY, "n")
    assert lines(balances) == [("payable.refund", 3_000), ("receivable.fee", -3_000)]
    balances.pay_refund(DAY, "r", 2_500)
    assert (balances.refund, balances.fees) == (0, [OpenFee(DAY, "r", 500)])
    paid = [("payable.refund", 2_000), ("receivable.fee", 500), ("payable.refund_outstanding", -2_500)]
    assert lines(balances) == paid
    balances.net_refund(DAY, "nothing left")
    assert balances.postings[-1].key == "r"
    balances.stop_refund(DAY, "s", 2_500)
    assert (balances.refund, lines(balances)) == (
        2_500,
        [("payable.refund_outstanding", 2_500), ("payable.refund", -2_500)],
    )


def test_nights_accrue_cents_and_carry_the_rest() -> None:
    balances = loan_balances()
    balances.accrue(OPENED, OPENED)
    assert lines(balances) == [("receivable.interest", 274), ("income.interest", -274)]
    assert balances.carry < 0  # 273.97 was rounded up


def test_the_scheduled_base_steps_down_by_the_principal_part() -> None:
    balances = Balances(opened(2_000_000, OPENED), replace(loan(), method=Method.SCHEDULED))
    balances.period = 8_219
    due = installment(balances.terms.schedule, 1)
    assert due is not None
    balances.step_base(due)
    assert (balances.base, balances.period, balances.principal) == (1_970_519, 0, 2_000_000)


def test_a_waiver_takes_the_oldest_fee_first() -> None:
    balances = loan_balances(fees=(OpenFee(OPENED, "late/1", 1_885), OpenFee(DAY, "returned", 3_000)))
    balances.waive(DAY, "w", 2_000, None)
    assert balances.fees == [OpenFee(DAY, "returned", 2_885)]
    assert lines(balances) == [("expense.waiver", 2_000), ("receivable.fee", -2_000)]


def test_a_bill_is_owed_with_its_tax_and_paid_rent_first() -> None:
    balances = Balances(opened(0, OPENED), lease())
    due = installment(balances.terms.schedule, 1)
    assert due is not None
    balances.bill(DAY, due)
    assert balances.billed_through == 1
    balances.pay(DAY, "p", 41_000)
    assert balances.bills == [OpenBill(1, DAY, 0, 1_500)]
    assert balances.shortage(DAY, due) == Shortage(42_500, 1_500, 1_500, 0)


@pytest.mark.parametrize(("limit", "left"), [(None, 0), (2_000_000, 0), (1_999_999, 2_000_000)])
def test_a_write_off_takes_all_or_nothing(limit: int | None, left: int) -> None:
    balances = loan_balances()
    balances.write_off(WriteOff("w", DAY, "payoff", limit))
    assert balances.principal == left
    assert balances.is_paid_off() is (left == 0)
    if not left:
        posting = balances.postings[0]
        assert posting.lines == (
            LedgerLine("expense.payoff", 2_000_000),
            LedgerLine("receivable.principal", -2_000_000),
        )


def test_a_charge_off_of_a_loan_loses_principal_and_takes_interest_and_fees_out_of_income() -> None:
    balances = loan_balances(interest_cents=8_219, fees=(OpenFee(OPENED, "late/1", 1_885),))
    balances.write_off(WriteOff("w", DAY))
    assert lines(balances) == [
        ("expense.charge_off.principal", 2_000_000),
        ("income.charge_off.interest", 8_219),
        ("income.charge_off.fee", 1_885),
        ("receivable.principal", -2_000_000),
        ("receivable.interest", -8_219),
        ("receivable.fee", -1_885),
    ]


def test_a_charge_off_of_a_lease_separates_rent_tax_and_fees() -> None:
    bills, fees = (OpenBill(1, DAY, 39_000, 2_500),), (OpenFee(OPENED, "late/1", 1_885),)
    balances = Balances(replace(opened(0, OPENED), bills=bills, fees=fees), lease())
    balances.write_off(WriteOff("w", DAY))
    assert lines(balances)[:3] == [
        ("income.charge_off.fee", 1_885),
        ("income.charge_off.rent", 39_000),
        ("expense.charge_off.tax", 2_500),
    ]


@pytest.mark.parametrize(("cents", "left"), [(8_000, 219), (8_219, 0), (9_999, 0)])
def test_waived_interest_is_no_more_than_is_owed(cents: int, left: int) -> None:
    balances = loan_balances(interest_cents=8_219)
    balances.waive_interest(DAY, "w", cents)
    assert (balances.interest, balances.principal) == (left, 2_000_000)
    assert lines(balances) == [("expense.interest_waiver", 8_219 - left), ("receivable.interest", left - 8_219)]
    balances.waive_interest(DAY, "again", cents)
    assert sum(cents for _, cents in lines(balances) if cents > 0) <= 8_219


def test_a_recovery_turns_unapplied_money_into_income() -> None:
    balances = loan_balances(unapplied_cents=700)
    balances.recover(DAY, "r", 500)
    assert balances.unapplied == 200
    assert lines(balances) == [("suspense.unapplied", 500), ("income.recovery", -500)]


def test_daily_terms_accrue_on_the_real_principal_again() -> None:
    balances = loan_balances(base_cents=5, period_cents=9)
    balances.take_terms(loan(rate_ppm=60_000))
    assert (balances.base, balances.period, balances.terms.rate_ppm) == (2_000_000, 0, 60_000)
