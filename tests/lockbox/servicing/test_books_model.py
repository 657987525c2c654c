"""Random books: the ledger that SQL writes, against the rule and the slow model, contract by contract.

Short by default. `LOCKBOX_TEST_BOOKS=100000` takes that many contracts through a season each, 5,000 at a time; the
first seed is `LOCKBOX_TEST_SEED`, each book has the next one.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.event import FeeCharge, Payment
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import AllocationOrder, Product, Rules
from lockbox.lender import dated_rules, profile_rules
from lockbox.runtime import Runtime
from lockbox.servicing import audit, contract_terms, correction, recorded_action, refunds, terms_change
from lockbox.servicing.record import Record, last_night, load_records
from tests.builders import random_books
from tests.builders.contract import Case
from tests.builders.corrections import CHECKS
from tests.builders.random_books import BALANCES, Money, RandomBooks, money, rules_of
from tests.oracles.metro2 import metro2_status
from tests.oracles.model_comparison import compared
from tests.oracles.slow_model import SlowModel

BOOKS = int(os.environ.get("LOCKBOX_TEST_BOOKS", "150"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
DAYS = 100 if BOOKS > 150 else int(os.environ.get("LOCKBOX_TEST_DAYS", "35"))
AT_ONCE = 5_000
SHOWN = 5
Late = tuple[int, int, str]  # cents past due, days past due, Metro 2 status
PARTS = range(-(-BOOKS // AT_ONCE))


@pytest.fixture
def unhurried_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and orders are read once, and a decision does not look for nights to make up: the books never change them
    and run these nights themselves.
    """
    rules: dict[tuple[str, date], tuple[Rules, IsOpen]] = {}
    orders: dict[str, AllocationOrder] = {}

    def rule_book(connection: sa.Connection, lender: str, day: date) -> tuple[Rules, IsOpen]:
        if (lender, day) not in rules:
            rules[lender, day] = dated_rules.rule_book(connection, lender, day)
        return rules[lender, day]

    def load_order(connection: sa.Connection, order_id: str) -> AllocationOrder:
        if order_id not in orders:
            orders[order_id] = profile_rules.load_order(connection, order_id)
        return orders[order_id]

    for module in (audit, correction, recorded_action, terms_change, random_books):
        monkeypatch.setattr(module, "rule_book", rule_book)
    monkeypatch.setattr(contract_terms, "load_order", load_order)
    for module in (recorded_action, refunds):
        monkeypatch.setattr(module, "nights_before", lambda *_: [])


@pytest.mark.usefixtures("quiet", "unhurried_rules")
@pytest.mark.timeout(0 if BOOKS > 150 else 600)
@pytest.mark.parametrize("part", PARTS)
def test_books_agree_with_the_rule_and_the_slow_model(runtime: Runtime, part: int) -> None:
    begun, chance = time.monotonic(), Random(SEED + part)
    opening_on = date(2026, 1, 31) + timedelta(chance.randint(0, 900))
    books = RandomBooks(runtime, chance, opening_on, min(AT_ONCE, BOOKS), DAYS)
    books.open()
    books.live()
    lived = time.monotonic()
    print(f"seed {SEED + part}, from {opening_on}: {dict(sorted(books.done.items()))}", flush=True)
    nights, lines = Counter[str](), []
    lines = list(faults(books, nights))
    print(*lines, sep="\n\n", flush=True)
    print(
        f"seed {SEED + part}: {len(books.ids)} contracts, {nights['compared']} of their nights and "
        f"{len(books.quotes)} quotes compared, {lived - begun:.0f} s lived, {time.monotonic() - lived:.0f} s compared",
        flush=True,
    )
    assert not lines


def faults(books: RandomBooks, nights: Counter[str]) -> Iterator[str]:
    """What is not in order, contract by contract; a few whole histories at most, then only how many more."""
    shown = 0
    with books.runtime.engine.connect() as connection:
        night = last_night(connection)
        yield from (str(finding) for finding in run_checks(connection) if finding.check in CHECKS)
        for quote in books.quotes:
            model = SlowModel(quote.case, quote.case.rules).run()
            owed = model.owed() - model.unapplied
            if quote.cents != owed:
                yield f"account {quote.account_number}: quoted {quote.cents} until {quote.case.until}, {owed} are owed"
        lateness = late(connection, night)
        for record in load_records(connection, sorted(books.ids.values()), night):
            found = list(of_a_contract(connection, books, record, nights, lateness[record.contract_id]))
            shown += bool(found)
            if found and shown <= SHOWN:
                yield "\n".join([f"account {record.account_number}", *found, *told(connection, record)])
    if shown > SHOWN:
        yield f"and {shown - SHOWN} more contracts"


def of_a_contract(
    connection: sa.Connection, books: RandomBooks, record: Record, nights: Counter[str], lateness: Late
) -> Iterator[str]:
    """Where ledger, rule and slow model differ about a contract, at its end and at the end of every night."""
    number = record.account_number
    rules, is_open = rules_of(connection, record.last_night)
    replayed = record.replay(rules, is_open)
    yield from filter(None, [audit.difference(connection, record, replayed, rules)])
    case = Case(record.terms, record.opening, record.events, record.last_night, rules, is_open)
    model = SlowModel(case, rules).run()
    yield from compared(replayed if not record.under_way else case.replay(), model)
    model_lateness = model.past_due, model.days_past_due, status(record, model)
    if lateness != model_lateness:
        yield f"past due, days, status: {lateness} instead of {model_lateness}"
    if money_of(record) != +books.expected[number]:
        yield f"its history has other money: {money_of(record)}, {books.expected[number]}"
    for night, balances in books.nights.items():
        if books.is_settled(number, night):
            nights["compared"] += 1
            if balances[record.contract_id] != model.by_night[night]:
                pairs = zip(BALANCES, balances[record.contract_id], model.by_night[night], strict=True)
                yield f"night of {night}: " + ", ".join(
                    f"{name} {sql}, {slow}" for name, sql, slow in pairs if sql != slow
                )
                break


def late(connection: sa.Connection, night: date | None) -> dict[int, Late]:
    """Contract -> what the ledger says of it after a night: cents and days past due, Metro 2 status."""
    rows = connection.execute(
        sa.text("""
            select p.contract_id, coalesce(d.past_due_cents, 0), coalesce(:night - d.oldest_due_on, 0), p.metro2
            from position as p left join past_due(:night) as d using (contract_id)"""),
        {"night": night},
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def status(record: Record, model: SlowModel) -> str:
    """The Metro 2 status that the model leads to. A charge-off is paid once the whole loss was recovered."""
    night = record.last_night
    flags = {flag.flag for flag in record.flags if flag.on <= night and (flag.until is None or night < flag.until)}
    is_paid = model.owed() == 0 and (record.terms[-1].product is Product.LOAN or model.ended)
    is_charged_off = "charged_off" in flags
    return metro2_status(
        model.days_past_due,
        paid=is_paid and (model.lost <= 0 or not is_charged_off),
        charged_off=is_charged_off,
        repossessed="repossessed" in flags,
    )


def told(connection: sa.Connection, record: Record) -> Iterator[str]:
    """The whole history of a contract."""
    tables = {
        "contract_event": "effective_on, kind, facts, noted_at::date",
        "contract_flag": "flag, valid_from, valid_to",
        "contract_terms": "version, valid_from, rate_ppm, method, order_id, excess, from_no, noted_at::date",
        "schedule_run": "version, first_no, first_due_on, due_day, count, amount_cents, tax_cents",
        "installment": "installment_no, due_on, amount_cents, tax_cents, is_last, billed_on, credited_cents",
    }
    for table, columns in tables.items():
        statement = sa.text(f"select {columns} from {table} where contract_id = :contract order by 1")
        for row in connection.execute(statement, {"contract": record.contract_id}):
            yield f"{table} " + " ".join(map(str, row))
    journals = sa.text("""
        select j.journal_id, j.source_kind, j.source_key, j.business_date, j.effective_date, j.reverses,
            string_agg(e.account || ' ' || e.amount_cents, ', ' order by e.line_no)
        from journal as j join entry as e using (journal_id)
        where e.contract_id = :contract and j.source_kind <> 'accrual'
        group by j.journal_id order by j.journal_id""")
    for row in connection.execute(journals, {"contract": record.contract_id}):
        yield " ".join(map(str, row))
    yield from (f"{record.terms[0]}", str(record.opening), *map(str, record.events))


def money_of(record: Record) -> Counter[Money]:
    """The money that came and the fees that were charged by hand."""
    return Counter(
        money(type(event), event.on, event.amount_cents, event.excess if isinstance(event, Payment) else None)
        for event in (*record.events, *record.under_way)
        if isinstance(event, (Payment, FeeCharge))
    )
