"""The books: accounts with their contra lines, unapplied money by check, credits, late fees, bills."""

from __future__ import annotations

from datetime import date
from typing import Any

from lockbox.servicing.books import BilledRow, PostedFee, contract_books

DAY = date(2026, 11, 16)


def line(account: str, cents: int, kind: str = "item", **fields: Any) -> dict[str, Any]:
    plain = {"source_kind": kind, "reversed_kind": None, "unapplied_item_id": None}
    return {"account": account, "amount_cents": cents, **plain, **fields}


def test_a_check_moves_clearing_by_what_it_paid() -> None:
    books = contract_books(
        [line("receivable.principal", -29_481), line("suspense.unapplied", -500, unapplied_item_id=7)], [], []
    )
    assert books.accounts == {"clearing": 29_981, "receivable.principal": -29_481, "suspense.unapplied": -500}
    assert books.unapplied == {7: 500}


def test_a_charge_has_its_contra_line_and_so_has_its_reversal() -> None:
    fee = line("receivable.fee", 1_885, "late_fee")
    assert contract_books([fee], [], []).accounts == {"receivable.fee": 1_885, "income.fee": -1_885}
    reversal = line("receivable.fee", -1_885, "reversal", reversed_kind="late_fee")
    assert contract_books([fee, reversal], [], []).accounts == {}


def test_a_waiver_is_an_expense() -> None:
    books = contract_books([line("receivable.fee", -300, "waiver")], [], [])
    assert books.accounts == {"receivable.fee": -300, "expense.waiver": 300}
    books = contract_books([line("receivable.interest", -300, "interest_waiver")], [], [])
    assert books.accounts == {"receivable.interest": -300, "expense.interest_waiver": 300}


def test_the_opening_counts_only_for_unapplied_money() -> None:
    opening = [line("receivable.principal", 900, "opening"), line("suspense.unapplied", -40, "opening")]
    books = contract_books(opening, [], [])
    assert (books.accounts, books.unapplied) == ({}, {None: 40})


def test_credits_and_fees_of_the_opening_are_left_out() -> None:
    row = {"due_on": DAY, "amount_cents": 500, "tax_cents": 0, "is_last": False, "is_billed": True}
    installments: list[dict[str, Any]] = [
        {**row, "installment_no": 1, "credited_cents": 500, "opening_cents": 500},
        {**row, "installment_no": 2, "credited_cents": 300, "opening_cents": 100},
        {**row, "installment_no": 3, "credited_cents": 50, "opening_cents": None},
    ]
    fees = [{"installment_no": no, "charged_on": DAY, "amount_cents": 25, "is_opening": no == 1} for no in (1, 2)]
    books = contract_books([], installments, fees)
    assert books.credits == {2: 200, 3: 50}
    assert books.late_fees == (PostedFee(2, DAY, 25),)
    assert books.billed == {no: BilledRow(no, DAY, 500, 0, False) for no in (1, 2, 3)}
    assert books.opening_credits == {1: 500, 2: 100}
