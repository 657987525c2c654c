"""Corrected contracts: opened, paid, their checks taken back, and compared with their history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.contract.position import Position, opened
from lockbox.contract.terms import Terms
from lockbox.lender.dated_rules import rule_book
from lockbox.mail.pipeline import items_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing.adjustment import adjustment
from lockbox.servicing.correction import adjust_late, reverse_item
from lockbox.servicing.record import last_night, load_record
from tests.builders import ledger as make
from tests.builders import nights as nights_

FIRST = date(2026, 11, 1)  # a Sunday; installments are due on the first of the month
OPENED = date(2026, 10, 2)
LATER = make.EVENING + timedelta(90)


def contract(runtime: Runtime, no: int, terms: Terms, position: Position | None = None) -> int:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        return make.open_contract(connection, no, terms, position or opened(2_000_000, OPENED))


def pay(
    runtime: Runtime,
    day: date,
    payments: Iterable[tuple[int, int]],
    effective_on: date | None = None,
    excess: str | None = None,
) -> list[int]:
    """A batch of checks (contract, cents) of a day, posted and adjusted if it is late; gives the items."""
    nights(runtime, day - timedelta(1))
    with runtime.engine.begin() as connection:
        on = effective_on or day
        batch = make.batch(connection, f"B{on:%m%d}", day=day, effective_date=on)
        items = []
        for sequence, (number, cents) in enumerate(payments, 1):
            items.append(make.item(connection, batch, sequence))
            make.decision(connection, items[-1], amount_cents=cents, lines=[(number, cents)], excess=excess)
        post_batch(connection, batch, make.WORKED)
        adjust_late(connection, items_of(connection, batch), make.WORKED)
    return items


def nights(runtime: Runtime, until: date) -> None:
    with runtime.engine.connect() as connection:
        waiting = {row["business_date"] for row in db.rows(connection, "queries/close_open_days")}
    for day in sorted(waiting):
        if day <= until:
            nights_.closed(runtime, day)
    nights_.run(runtime, until)


def take_back(runtime: Runtime, item: int, day: date, reason: str = "returned") -> list[str]:
    with runtime.engine.begin() as connection:
        return reverse_item(connection, item, reason, day, LATER, "ann")


def state(runtime: Runtime, number: int) -> dict[str, Any]:
    """Everything that the tables hold of a contract, except its journals."""
    with runtime.engine.connect() as connection:
        key = {"c": number}

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(sa.text(statement), key)]

        position = connection.execute(sa.text("select * from position where contract_id = :c"), key).mappings().one()
        left_out = ("contract_id", "metro2", "next_no", "next_due_on")  # of the next night, or of what was billed
        return {
            **{name: value for name, value in position.items() if name not in left_out},
            "credits": rows("""select installment_no, credited_cents from installment
                where contract_id = :c and credited_cents > 0 order by 1"""),
            "late fees": rows("""select installment_no, charged_on, amount_cents from late_fee
                where contract_id = :c and reversed_by is null order by 1"""),
            "assessed": rows("""select installment_no, on_time_until, f.fee_cents from late_fee_assessed as f
                join position as p using (contract_id)
                where contract_id = :c and on_time_until = (select max(business_date) from night) order by 1"""),
        }


def assert_in_order(runtime: Runtime, numbers: Iterable[int]) -> None:
    """The books agree with the history, and no check of money finds anything."""
    with runtime.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection) if finding.check in CHECKS] == []
        for number in numbers:
            record = load_record(connection, number, last_night(connection))
            rules, is_open = rule_book(connection, record.lender_id, record.last_night)
            change = adjustment(record, record.replay(rules, is_open), rules.bill_days)
            assert change.is_empty, change
            assert change.to_bill == ()


CHECKS = (
    "i01_journal_balances",
    "i02_ledger_balances",
    "i03_reversals_mirror",
    "i03_adjustments_name_their_cause",
    "i04_one_journal_per_item",
    "i07_suspense_items",
    "i08_allocation_adds_up",
    "i08_entries_in_place",
    "i08_installments_match",
    "i08_positions_match",
    "i12_one_late_fee",
    "i14_chain",
)
