"""Random books: the ledger that SQL writes, against the rule and the slow model, contract by contract.

Short by default. `LOCKBOX_TEST_BOOKS=100000` takes that many contracts through a season each, 2,000 at a time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.event import FeeCharge, Payment
from lockbox.lender.dated_rules import rule_book
from lockbox.runtime import Runtime
from lockbox.servicing.audit import differences as audited
from lockbox.servicing.record import Record, last_night, load_record
from tests.builders.contract import Case
from tests.builders.corrections import CHECKS
from tests.builders.random_books import LENDER, Money, RandomBooks, money
from tests.oracles.model_comparison import differences

BOOKS = int(os.environ.get("LOCKBOX_TEST_BOOKS", "150"))
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "1"))
DAYS = 100 if BOOKS > 150 else int(os.environ.get("LOCKBOX_TEST_DAYS", "35"))
AT_ONCE = 2_000
SHOWN = 5
PARTS = range(-(-BOOKS // AT_ONCE))


@pytest.mark.usefixtures("quiet")
@pytest.mark.timeout(0 if BOOKS > 150 else 600)
@pytest.mark.parametrize("part", PARTS)
def test_books_agree_with_the_rule_and_the_slow_model(runtime: Runtime, part: int) -> None:
    chance = Random(SEED + part)
    opening_on = date(2026, 1, 31) + timedelta(chance.randint(0, 900))
    books = RandomBooks(runtime, chance, opening_on, min(AT_ONCE, BOOKS), DAYS)
    books.open()
    books.live()
    print(opening_on, dict(books.done), flush=True)
    lines = list(faults(books))
    print(*lines, sep="\n\n", flush=True)
    assert not lines


def faults(books: RandomBooks) -> Iterator[str]:
    """What is not in order, contract by contract; a few lines at most."""
    shown = 0
    with books.runtime.engine.connect() as connection:
        night = last_night(connection)
        yield from (str(finding) for finding in run_checks(connection) if finding.check in CHECKS)
        for number, contract_id in sorted(books.ids.items()):
            record = load_record(connection, contract_id, night)
            found = [*audited(connection, [contract_id], night), *against_the_model(connection, record)]
            if money_of(record) != +books.expected[number]:
                found.append(
                    f"account {number}: its history has other money: {money_of(record)}, {books.expected[number]}"
                )
            if found and shown < SHOWN:
                shown += 1
                yield "\n".join([*found, str(record.terms), str(record.opening), *map(str, record.events)])


def against_the_model(connection: sa.Connection, record: Record) -> Iterator[str]:
    """Where the slow model ends otherwise than the rule, of the events that the ledger tells."""
    rules, is_open = rule_book(connection, LENDER, record.last_night)
    case = Case(record.terms, record.opening, record.events, record.last_night, rules, is_open)
    yield from (f"account {record.account_number}: {difference}" for difference in differences(case))


def money_of(record: Record) -> Counter[Money]:
    """The money that came and the fees that were charged by hand."""
    return Counter(
        money(type(event), event.on, event.amount_cents, event.excess if isinstance(event, Payment) else None)
        for event in (*record.events, *record.under_way)
        if isinstance(event, (Payment, FeeCharge))
    )
