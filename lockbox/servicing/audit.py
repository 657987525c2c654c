"""The audit of contracts: each is replayed from all its events and compared with its books; nothing may differ (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import History
from lockbox.contract.position import Position
from lockbox.contract.terms import Method, Rules, terms_on
from lockbox.lender.dated_rules import rule_book
from lockbox.money import dollars
from lockbox.servicing.adjustment import Adjustment, adjustment
from lockbox.servicing.record import Record, load_records


def differences(connection: sa.Connection, contracts: Iterable[int], night: date | None) -> Iterator[str]:
    """Where the books of these contracts differ from their history after the last night, a line for each contract.

    Splitting nights, making them up or correcting later must leave no trace in where a contract ends.
    """
    rule_books: dict[str, tuple[Rules, IsOpen]] = {}
    for record in load_records(connection, contracts, night):
        if record.lender_id not in rule_books:
            rule_books[record.lender_id] = rule_book(connection, record.lender_id, record.last_night)
        rules, is_open = rule_books[record.lender_id]
        line = difference(connection, record, record.replay(rules, is_open), rules)
        if line:
            yield line


def difference(connection: sa.Connection, record: Record, replayed: History, rules: Rules) -> str:
    """Where the books of a contract differ from its history, in one line; empty if they agree."""
    change = adjustment(record, replayed, rules.bill_days)
    faults = [*_in_the_ledger(change), *_beside_the_ledger(connection, record, change.position)]
    return f"account {record.account_number}: not where its history ends: {', '.join(faults)}" if faults else ""


def _in_the_ledger(change: Adjustment) -> list[str]:
    return [
        *(f"{line.account} off by {-line.amount_cents} cents" for line in change.lines),
        *(f"installment {credit.no} credited {-credit.amount_cents} cents too much" for credit in change.credits),
        *(f"late fee of installment {fee.no} stands without cause" for fee in change.fees_gone),
        *(f"late fee of installment {fee.no} missing" for fee in change.fees_new),
        *(f"unapplied money of item {item} off" for item in change.of_items),
        *(f"installment {no} billed too early" for no in change.unbilled),
        *(f"installment {row.no} is not {dollars(row.amount_cents)} due {row.due_on}" for row in change.rewritten),
    ]


def _beside_the_ledger(connection: sa.Connection, record: Record, at: Position) -> list[str]:
    terms = terms_on(record.terms, record.last_night)
    expected = {"carry": at.carry, "fee_ahead_cents": at.fee_ahead_cents, "terms_version": terms.version}
    if terms.method is Method.SCHEDULED and at.principal_cents:
        expected |= {"base_cents": at.base_cents, "period_cents": at.period_cents}
    rows = connection.execute(
        sa.text("select * from position where contract_id = :contract"), {"contract": record.contract_id}
    )
    row = rows.mappings().one()
    return [f"{name} is {row[name]}, not {value}" for name, value in expected.items() if row[name] != value]


def by_turns(connection: sa.Connection, lender_id: str, day: date, count: int) -> list[int]:
    """Contracts to replay: half had something unusual, the oldest first, or more than interest on the day, the other
    half are the next in turn. What is unusual and more than the number waits for the next night.
    """
    db.rows(connection, "queries/note_unusual", lender_id=lender_id, day=day)
    rows = db.rows(connection, "queries/contracts_by_turns", lender_id=lender_id, day=day, half=(count + 1) // 2)
    chosen = [row["contract_id"] for row in rows]
    settle_waiting(connection, chosen, day)
    return chosen


def settle_waiting(connection: sa.Connection, contracts: Sequence[int], night: date) -> None:
    """These contracts wait no longer for what was unusual until a night: they are replayed after it."""
    statement = sa.text("delete from replay_waiting where contract_id = any(:contracts) and since <= :night")
    connection.execute(statement, {"contracts": list(contracts), "night": night})
