"""Debt: what is owed, and how money that comes for it is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from lockbox.contract.debt import Debt
from lockbox.contract.grace import Shortage
from lockbox.contract.position import OpenBill, OpenFee, opened
from lockbox.contract.schedule import installment
from tests.builders.contract import lease, loan

DAY = date(2026, 3, 1)
OPENED = date(2026, 1, 30)


def loan_debt(**fields: Any) -> Debt:
    return Debt(replace(opened(2_000_000, OPENED), **fields), loan())


def lines(debt: Debt) -> list[tuple[str, int]]:
    return [(line.account, line.amount_cents) for line in debt.postings[-1].lines]


def test_a_payment_is_split_and_its_installment_credited() -> None:
    debt = loan_debt(interest_cents=8_219)
    debt.pay(DAY, "p", 37_700)
    assert lines(debt) == [("clearing", 37_700), ("receivable.interest", -8_219), ("receivable.principal", -29_481)]
    assert (debt.principal, debt.interest, debt.base) == (1_970_519, 0, 1_970_519)
    assert (debt.paid_through, debt.credits_on(date(2026, 3, 1))) == (1, ())


def test_money_kept_unapplied_pays_nothing_until_it_is_applied() -> None:
    debt = loan_debt()
    debt.keep_unapplied(DAY, "p", 50_000)
    assert (debt.unapplied, debt.principal) == (50_000, 2_000_000)
    debt.apply(DAY, "a", 20_000)
    assert (debt.unapplied, debt.principal, debt.credits) == (30_000, 1_980_000, {1: 20_000})


def test_money_beyond_all_that_is_owed_is_unapplied() -> None:
    debt = loan_debt(principal_cents=10_000, base_cents=10_000, fees=(OpenFee(OPENED, "late/1", 1_885),))
    debt.pay(DAY, "p", 12_000)
    assert (debt.is_paid_off(), debt.fees, debt.unapplied) == (True, [], 115)


def test_what_is_payable_to_the_customer_pays_what_is_owed() -> None:
    debt = loan_debt(principal_cents=0, refund_cents=5_000, fees=(OpenFee(DAY, "f", 3_000),))
    debt.net_refund(DAY, "n")
    assert lines(debt) == [("payable.refund", 3_000), ("receivable.fee", -3_000)]
    assert debt.refund == 2_000


def test_rent_is_paid_before_its_tax() -> None:
    debt = Debt(replace(opened(0, OPENED), bills=(OpenBill(1, DAY, 40_000, 2_500),)), lease())
    due = installment(debt.terms.schedule, 1)
    assert due is not None
    debt.pay(DAY, "p", 41_000)
    assert debt.bills == [OpenBill(1, DAY, 0, 1_500)]
    assert debt.shortage(DAY, due) == Shortage(42_500, 1_500, 1_500, 0)
