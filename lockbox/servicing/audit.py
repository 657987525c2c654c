"""Contracts replayed from all that ever happened to them, and laid beside the books: nothing may differ (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import Method, Rules, terms_on
from lockbox.lender.dated_rules import rule_book
from lockbox.servicing.adjustment import adjustment
from lockbox.servicing.record import load_record


def differences(connection: sa.Connection, contracts: Iterable[int], night: date | None) -> Iterator[str]:
    """What the books of these contracts say otherwise than their history, after the last night that was run.

    Splitting nights, catching them up or correcting later may leave no trace in where a contract ends.
    """
    books: dict[str, tuple[Rules, IsOpen]] = {}
    for contract_id in contracts:
        record = load_record(connection, contract_id, night)
        if record.lender_id not in books:
            books[record.lender_id] = rule_book(connection, record.lender_id, record.last_night)
        rules, is_open = books[record.lender_id]
        found = record.replay(rules, is_open)
        change, at = adjustment(record, found, rules.bill_days), found.position
        wrong = [f"{line.account} off by {-line.amount_cents} cents" for line in change.lines]
        wrong += [f"installment {one.no} credited {-one.amount_cents} cents too much" for one in change.credits]
        wrong += [f"late fee of installment {one.no} stands without cause" for one in change.fees_gone]
        wrong += [f"late fee of installment {one.no} missing" for one in change.fees_new]
        wrong += [f"unapplied money of item {item} off" for item in change.of_items]
        wanted = {"carry": at.carry, "fee_ahead_cents": at.fee_ahead_cents}
        if terms_on(record.terms, record.last_night).method is Method.SCHEDULED and at.principal_cents:
            wanted |= {"base_cents": at.base_cents, "period_cents": at.period_cents}
        kept = connection.execute(
            sa.text("select * from position where contract_id = :contract"), {"contract": contract_id}
        ).mappings()
        row = kept.one()
        wrong += [f"{name} is {row[name]}, not {value}" for name, value in wanted.items() if row[name] != value]
        if wrong:
            yield f"account {record.account_number}: not where its history ends: {', '.join(wrong)}"


def by_turns(connection: sa.Connection, lender_id: str, day: date, count: int) -> list[int]:
    """Half of them contracts that something but interest happened to on a day, half of them the next in turn."""
    found = db.rows(connection, "queries/contracts_by_turns", lender_id=lender_id, day=day, half=(count + 1) // 2)
    return [row["contract_id"] for row in found]
