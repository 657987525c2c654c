"""Records without a database: a contract replayed from values, and books to compare it with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from lockbox.contract.event import Event, Payment
from lockbox.contract.history import History
from lockbox.contract.position import Position, opened
from lockbox.contract.schedule import installments, last_no
from lockbox.contract.terms import Product, Terms
from lockbox.servicing.books import BilledRow, Books, PostedFee
from lockbox.servicing.record import Record
from tests.builders.contract import RULES, is_open

NO_BOOKS = Books({}, {}, {}, (), {}, {})


def record(terms: Terms, events: list[Event], last_night: date, opening: Position | None = None) -> Record:
    """The record of contract 1 with empty books; each payment is of an item of its own, numbered from 1."""
    payments = [event for event in events if isinstance(event, Payment)]
    principal = 2_000_000 if terms.product is Product.LOAN else 0
    return Record(
        contract_id=1,
        account_number="1000000138",
        lender_id="meridian",
        terms=(terms,),
        opening=opening or opened(principal, date(2026, 1, 30)),
        events=tuple(events),
        under_way=(),
        items={payment.event_id: number for number, payment in enumerate(payments, 1)},
        flags=(),
        last_night=last_night,
        books=NO_BOOKS,
    )


def replayed(contract: Record) -> History:
    """The history of a record under the rules of the builders."""
    return contract.replay(RULES, is_open)


def with_books_of(contract: Record, past: History) -> Record:
    """The record with books that say what a history says."""
    accounts: Counter[str] = Counter()
    credits: Counter[int] = Counter()
    unapplied: Counter[int | None] = Counter()
    for posting in past.postings:
        credits.update({credit.no: credit.amount_cents for credit in posting.credits})
        for line in posting.lines:
            accounts[line.account] += line.amount_cents
            if line.account == "suspense.unapplied":
                unapplied[contract.items.get(posting.key)] -= line.amount_cents
    fees = tuple(
        PostedFee(int(posting.key.removeprefix("late/")), posting.on, posting.lines[0].amount_cents)
        for posting in past.postings
        if posting.kind == "late_fee"
    )
    runs, product = contract.terms[0].schedule, contract.terms[0].product
    billed = {
        due.no: BilledRow(
            due.no, due.due_on, due.total_cents, due.tax_cents, product is Product.LOAN and due.no == last_no(runs)
        )
        for due in installments(runs)
        if due.no <= max(credits, default=0)
    }
    return replace(contract, books=Books(accounts, unapplied, credits, fees, billed, {}))
