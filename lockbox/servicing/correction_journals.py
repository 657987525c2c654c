"""The journals of a correction, as rows for the SQL function post_correction, and what is kept beside the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from lockbox.contract import schedule
from lockbox.contract.event import Backdated, FeeCharge, LeaseEnd
from lockbox.contract.posting import LedgerLine
from lockbox.contract.terms import Method, Product, terms_on
from lockbox.servicing.adjustment import TRANSFER, Adjustment
from lockbox.servicing.record import Record

JournalRow = dict[str, Any]


def event_journal(
    record: Record, event: Backdated, kind: str, moved: Mapping[str, int], credits: Mapping[int, int]
) -> JournalRow:
    """The event's own journal, with the lines that it would have had on its day."""
    lines = [
        {
            "account": account,
            "amount_cents": cents,
            # A loss belongs to its contract; income and what is waived are totals of all.
            "contract_id": record.contract_id if account.startswith("receivable.") or kind == "charge_off" else None,
        }
        for account, cents in sorted(moved.items(), key=lambda line: -line[1])
        if cents
    ]
    settled = [_credit(record, no, cents, event.on) for no, cents in credits.items()]
    source = "lease_end" if isinstance(event, LeaseEnd) else kind
    return {"kind": source, "key": event.event_id, "effective_on": event.on, "lines": lines, "credits": settled}


def reversing_journal(connection: sa.Connection, journal: sa.RowMapping, reason: str) -> JournalRow:
    """The mirror of a journal, with its effective date, and why it is reversed."""
    lines = connection.execute(
        sa.text("""
            select account, -amount_cents as amount_cents, contract_id from entry
            where journal_id = :journal order by line_no"""),
        {"journal": journal["journal_id"]},
    )
    credits = connection.execute(
        sa.text("""
            select contract_id, installment_no, -amount_cents as amount_cents, credited_on from installment_credit
            where journal_id = :journal and contract_id in (
                select e.contract_id from entry as e where e.journal_id = :journal
            )"""),
        {"journal": journal["journal_id"]},
    )
    return {
        "kind": "reversal",
        "key": f"{journal['source_kind']}/{journal['source_key']}",
        "site": journal["site_id"],
        "effective_on": journal["effective_date"],
        "reverses": journal["journal_id"],
        "reason": reason,
        "lines": [dict(row) for row in lines.mappings()],
        "credits": [dict(row) for row in credits.mappings()],
    }


def charge_back(payment: sa.RowMapping, day: date) -> JournalRow:
    """The bank takes back what was deposited for a check."""
    cents = payment["clearing_cents"]
    lines = [LedgerLine(f"clearing.{payment['site_id']}", cents), LedgerLine("bank.deposits", -cents)]
    return _journal("deposit", f"returned/{payment['source_key']}", day, lines, None, site=payment["site_id"])


def fee_journal(record: Record, fee: FeeCharge, payment: sa.RowMapping) -> JournalRow:
    """The charge of a returned-check fee."""
    lines = [LedgerLine("receivable.fee", fee.amount_cents), LedgerLine("income.fee", -fee.amount_cents)]
    return _journal("fee", fee.event_id, fee.on, lines, record.contract_id, site=payment["site_id"])


def adjusting_journals(key: str, effective_on: date, record: Record, change: Adjustment) -> list[JournalRow]:
    """The journals of an adjustment: one for the contract, one for each check whose unapplied money moves."""
    if change.is_empty:
        return []
    journals = []
    lines = change.lines or _transfer_lines(change)
    if lines:
        journal = _journal("adjustment", key, effective_on, lines, record.contract_id)
        credits = [_credit(record, credit.no, credit.amount_cents, effective_on) for credit in change.credits]
        journals.append(journal | {"credits": credits})
    journals += [
        _journal("adjustment", f"{key}/{item}", effective_on, lines, record.contract_id, item=item)
        for item, lines in change.of_items.items()
    ]
    return journals


def beside_the_ledger(key: str, record: Record, change: Adjustment) -> dict[str, Any]:
    """What the contract keeps beside the ledger after an adjustment."""
    at, terms = change.position, terms_on(record.terms, record.last_night)
    is_scheduled = terms.method is Method.SCHEDULED
    last = schedule.last_no(terms.schedule)
    return {
        "contract_id": record.contract_id,
        "key": key,
        "last_night": record.last_night,
        "carry": at.carry,
        "base_cents": at.base_cents if is_scheduled else 0,
        "period_cents": at.period_cents if is_scheduled else 0,
        "fee_ahead_cents": at.fee_ahead_cents,
        "terms_version": change.terms_version,
        "rewritten": [
            {
                "no": row.no,
                "due_on": row.due_on,
                "amount_cents": row.amount_cents,
                "tax_cents": row.tax_cents,
                "is_last": row.is_last,
            }
            for row in change.rewritten
        ],
        "unbilled": change.unbilled,
        "fees_gone": [{"no": fee.no, "on": fee.on} for fee in change.fees_gone],
        "fees_new": [{"no": fee.no, "on": fee.on, "cents": fee.amount_cents} for fee in change.fees_new],
        "to_bill": [
            {
                "no": due.no,
                "due_on": due.due_on,
                "amount_cents": due.total_cents,
                "tax_cents": due.tax_cents,
                "is_last": terms.product is Product.LOAN and due.no == last,
            }
            for due in change.to_bill
        ],
        "assessed": [
            {"no": fee.no, "on_time_until": fee.on_time_until, "fee_cents": fee.amount_cents} for fee in change.assessed
        ],
    }


def _journal(
    kind: str, key: str, on: date, lines: Iterable[LedgerLine], contract_id: int | None, **source: Any
) -> JournalRow:
    rows = [
        {
            "account": line.account,
            "amount_cents": line.amount_cents,
            "contract_id": None if kind == "fee" and line.account == "income.fee" else contract_id,
        }
        for line in lines
    ]
    return {"kind": kind, "key": key, "effective_on": on, "lines": rows, "credits": [], **source}


def _credit(record: Record, no: int, cents: int, on: date) -> dict[str, Any]:
    return {"contract_id": record.contract_id, "installment_no": no, "amount_cents": cents, "credited_on": on}


def _transfer_lines(change: Adjustment) -> tuple[LedgerLine, ...]:
    """The lines of what goes from one installment or late fee to another and moves no balance."""
    cents = sum(abs(credit.amount_cents) for credit in change.credits)
    cents += sum(fee.amount_cents for fee in (*change.fees_gone, *change.fees_new))
    return (LedgerLine(TRANSFER, cents), LedgerLine(TRANSFER, -cents)) if cents else ()
