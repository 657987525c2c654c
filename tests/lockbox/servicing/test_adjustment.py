"""Adjustments: what is posted so that the books agree with a changed history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.contract.position import Credit
from lockbox.contract.posting import LedgerLine
from lockbox.errors import ConflictError
from lockbox.servicing.adjustment import TRANSFER, adjustment, billed_by
from lockbox.servicing.books import PostedFee
from tests.builders.contract import loan, paid
from tests.builders.records import record, replayed, with_books_of

MARCH_1, MARCH_17, MARCH_20 = date(2026, 3, 1), date(2026, 3, 17), date(2026, 3, 20)
ON_TIME = paid(MARCH_1, 37_700, "p")


def test_books_that_agree_need_no_adjustment() -> None:
    contract = record(loan(), [ON_TIME], MARCH_20)
    history = replayed(contract)
    change = adjustment(with_books_of(contract, history), history, 0)
    assert change.is_empty
    assert change.to_bill == ()
    assert change.position == history.position


def test_a_late_fee_that_only_a_delay_caused_goes() -> None:
    """I10: posted on the 20th as of the 1st; the fee of the 17th goes and its interest is corrected."""
    on_time = record(loan(), [ON_TIME], MARCH_20)
    delayed = replayed(record(loan(), [], MARCH_20))
    books = with_books_of(on_time, delayed).books
    posted = {"clearing": 37_700, "receivable.interest": -13_699, "receivable.principal": -24_001}
    accounts = {account: books.accounts[account] + posted.get(account, 0) for account in {*books.accounts, *posted}}
    change = adjustment(replace(on_time, books=replace(books, accounts=accounts)), replayed(on_time), 0)
    assert change.fees_gone == (PostedFee(1, MARCH_17, 1_885),)
    assert change.fees_new == ()
    assert change.credits == (Credit(1, 37_700),)
    assert [due.no for due in change.to_bill] == [1]
    cents = {line.account: line.amount_cents for line in change.lines}
    assert (cents["receivable.fee"], cents["income.fee"]) == (-1_885, 1_885)
    assert cents["receivable.principal"] == -29_481 + 24_001
    assert sum(cents.values()) == 0


def test_a_late_fee_that_a_return_uncovers_comes() -> None:
    """I11."""
    returned = record(loan(), [], MARCH_20)
    kept = record(loan(), [ON_TIME], MARCH_20)
    books = with_books_of(kept, replayed(kept)).books
    accounts = {**books.accounts, "clearing": 0, "receivable.principal": 0, "receivable.interest": 0}
    change = adjustment(replace(returned, books=replace(books, accounts=accounts, credits={})), replayed(returned), 0)
    assert change.fees_new == (PostedFee(1, MARCH_17, 1_885),)


def test_unapplied_money_moves_check_by_check_through_the_transfer_account() -> None:
    unapplied = paid(MARCH_1, 500, "kept", keep_unapplied=True)
    contract = record(loan(), [unapplied], MARCH_1)
    history = replayed(contract)
    books = with_books_of(contract, history).books
    change = adjustment(replace(contract, books=replace(books, unapplied={})), history, 0)
    assert change.of_items == {1: (LedgerLine("suspense.unapplied", -500), LedgerLine(TRANSFER, 500))}
    assert change.lines == (LedgerLine("suspense.unapplied", 500), LedgerLine(TRANSFER, -500))


def test_other_money_in_the_ledger_cannot_be_adjusted() -> None:
    contract = record(loan(), [ON_TIME], MARCH_20)
    with pytest.raises(ConflictError, match="1000000138: the ledger holds other payments"):
        adjustment(contract, replayed(contract), 0)


@pytest.mark.parametrize(("day", "no"), [(date(2026, 2, 28), 0), (MARCH_1, 1), (date(2026, 4, 30), 2)])
def test_the_last_installment_due_by_a_day(day: date, no: int) -> None:
    assert billed_by(loan().schedule, day) == no
