"""Corrections, shell: a payment taken back or posted late, and its contracts brought to where their history ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.contract import schedule
from lockbox.contract.balances import LedgerLine
from lockbox.contract.event import FeeCharge, LeaseEnd, Waiver, WriteOff
from lockbox.contract.terms import Method, Product, terms_on
from lockbox.errors import ConflictError, InputError
from lockbox.lender.dated_rules import rule_book
from lockbox.money import dollars
from lockbox.servicing.adjustment import TRANSFER, Adjustment, adjustment
from lockbox.servicing.record import Record, last_night, load_record

K = TypeVar("K")
RETURNED = "returned"  # the reason that costs the customer a fee and the lender its deposit


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a contract is corrected."""

    kind: str  # "reversal", "late" or "event"
    journal_id: int  # of the payment; of an event its own number
    effective_on: date
    day: date  # business date of the correction
    as_of: datetime
    maker: str


def reverse_item(
    connection: sa.Connection, item_id: int, reason: str, day: date, as_of: datetime, maker: str
) -> list[str]:
    """Takes a posted check back, in the caller's transaction; gives a line for each contract.

    The payment and what its unapplied money did are reversed with their own effective dates; what else changes
    because it never came (interest, later payments, late fees, due dates) is an adjustment. For a returned check the
    bank takes its money back, and the customer owes one fee, at most that of the state (Texas: $30).

    Raises:
        InputError: no such check in the ledger.
        ConflictError: it was taken back already.
        NotReady: a night broke off half way.
    """
    journals = db.rows(connection, "queries/item_journals", item_id=item_id)
    if not journals:
        raise InputError("no such check in the ledger", record=f"item {item_id}")
    payment = next(one for one in journals if one["source_kind"] == "item")
    if payment["is_reversed"]:
        raise ConflictError(f"item {item_id}: taken back already")
    open_journals = [one for one in journals if not one["is_reversed"]]
    taken_back = [one["journal_id"] for one in open_journals]
    cause = Cause("reversal", payment["journal_id"], payment["effective_date"], day, as_of, maker)
    contracts = _contracts(connection, taken_back)
    night = last_night(connection)
    written = [_reversal(connection, one) for one in open_journals]
    if reason == RETURNED and payment["deposit_journal_id"] is not None:
        written.append(_charge_back(payment, day))
    kept = []
    for place, contract_id in enumerate(contracts):
        fee = _return_fee(connection, contract_id, payment, day) if reason == RETURNED and not place else None
        record = load_record(connection, contract_id, night, taken_back, fee)
        if fee is not None:
            written.append(_fee_journal(record, fee, payment))
        kept.append((record, _adjusted(connection, record, day)))
    _write(connection, cause, written, kept)
    telemetry.log.info("reverse", item_id=item_id, day=str(day), journals=len(written), contracts=len(kept))
    return [_summary(record, change) for record, change in kept] or [f"item {item_id}: taken back, no contract had it"]


def adjust_late(connection: sa.Connection, batch_id: int, as_of: datetime) -> int:
    """Corrects the contracts that got a payment of a batch for a day whose night was run; gives how many changed.

    They end where posting on that day would have ended (I10).
    """
    late = db.rows(connection, "queries/late_payments", batch_id=batch_id)
    return _adjust(connection, late, last_night(connection), as_of) if late else 0


def adjust_made_up(connection: sa.Connection, lender_id: str, day: date, as_of: datetime) -> int:
    """Corrects the contracts whose payment of a day was posted before the night ahead of it was run (I9).

    Mail does not wait for a night that is late: such a payment was split before its interest was there.
    """
    early = db.rows(connection, "queries/early_payments", lender_id=lender_id, day=day)
    return _adjust(connection, early, day, as_of)


def rebuild_after(connection: sa.Connection, contract_id: int, event_id: int, day: date, as_of: datetime) -> bool:
    """Corrects one contract after an event of a day whose night was run (a flag); whether anything had to change."""
    record = load_record(connection, contract_id, last_night(connection))
    on = record.last_night + timedelta(1)
    cause = Cause("event", event_id, day, on, as_of, "engine")
    return _write(connection, cause, [], [(record, _adjusted(connection, record, on))]) > 0


def post_backdated(
    connection: sa.Connection, contract_id: int, event_id: int, event: LeaseEnd | WriteOff | Waiver, kind: str,
    as_of: datetime, maker: str,
) -> None:  # fmt: skip
    """Posts what a person decided for a day whose night was run, as of that day, and what it changes since (I10).

    The event's id is the name of its journal. An event that is already noted without a journal is this one.
    """
    record = load_record(connection, contract_id, last_night(connection)).with_event(event)
    on = record.last_night + timedelta(1)
    rules, is_open = rule_book(connection, record.lender_id, on)
    found = record.replay(rules, is_open)
    own = [one for one in found.postings if one.key == event.event_id or one.key.startswith(f"{event.event_id}/")]
    moved = Counter[str]()
    for line in (line for posting in own for line in posting.lines):
        moved[line.account] += line.amount_cents
    credits = {one.no: one.amount_cents for posting in own for one in posting.credits}
    books = replace(
        record.books,
        accounts=_sum(record.books.accounts, moved),
        credits=_sum(record.books.credits, credits),
    )
    change = adjustment(replace(record, books=books), found, rules.bill_days)
    written = [_event_journal(record, event, kind, moved, credits)] if moved else []
    cause = Cause("event", event_id, event.on, on, as_of, maker)
    _write(connection, cause, written, [(record, change)])


def _event_journal(
    record: Record, event: LeaseEnd | WriteOff | Waiver, kind: str, moved: Mapping[str, int], credits: Mapping[int, int]
) -> dict[str, Any]:
    """Its own journal, with the lines that it would have had on its day."""
    source = "lease_end" if isinstance(event, LeaseEnd) else kind
    lines = [
        {
            "account": account,
            "amount_cents": cents,
            # Whose loss it is is known; income and what is waived stand for all.
            "contract_id": record.contract_id if account.startswith("receivable.") or kind == "charge_off" else None,
        }
        for account, cents in sorted(moved.items(), key=lambda one: -one[1])
        if cents
    ]
    settled = [
        {"contract_id": record.contract_id, "installment_no": no, "amount_cents": cents, "credited_on": event.on}
        for no, cents in credits.items()
    ]
    return {"kind": source, "key": event.event_id, "effective_on": event.on, "lines": lines, "credits": settled}


def _sum(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {*one, *other}}


def _adjust(connection: sa.Connection, late: Sequence[sa.RowMapping], night: date | None, as_of: datetime) -> int:
    hold(connection, [one["contract_id"] for one in late])
    changed = 0
    for one in late:
        record = load_record(connection, one["contract_id"], night)
        change = _adjusted(connection, record, one["business_date"])
        cause = Cause("late", one["journal_id"], one["effective_date"], one["business_date"], as_of, "engine")
        changed += _write(connection, cause, [], [(record, change)]) > 0
    return changed


def find_item(connection: sa.Connection, name: str) -> int:
    """The item of a name: its number, or site/YYYY-MM-DD/batch/sequence.

    Raises:
        InputError: no such item.
    """
    statement = sa.text("""
        select i.item_id from item as i join batch as b using (batch_id)
        where cast(i.item_id as text) = :name
            or b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence = :name""")
    found = connection.execute(statement, {"name": name}).scalar()
    if found is None:
        raise InputError("no such item; name its number, or site/YYYY-MM-DD/batch/sequence", record=name)
    return int(found)


def _contracts(connection: sa.Connection, journals: Sequence[int]) -> list[int]:
    """The contracts these journals touch, locked in order; the one that got most comes first."""
    statement = sa.text("""
        select e.contract_id from entry as e
        where e.journal_id = any(:journals) and e.contract_id is not null
        group by e.contract_id order by sum(e.amount_cents), e.contract_id""")
    found = [int(one) for one in connection.execute(statement, {"journals": list(journals)}).scalars()]
    hold(connection, found)
    return found


def hold(connection: sa.Connection, contracts: Sequence[int]) -> None:
    """Nothing else is posted on them until the transaction ends."""
    connection.execute(sa.text("select hold_contracts(cast(:contracts as bigint []))"), {"contracts": list(contracts)})


def _adjusted(connection: sa.Connection, record: Record, day: date) -> Adjustment:
    rules, is_open = rule_book(connection, record.lender_id, day)
    return adjustment(record, record.replay(rules, is_open), rules.bill_days)


def _return_fee(connection: sa.Connection, contract_id: int, payment: Any, day: date) -> FeeCharge | None:
    state, lender = connection.execute(
        sa.text("select state, lender_id from contract where contract_id = :contract"), {"contract": contract_id}
    ).one()
    cents = rule_book(connection, lender, day)[0].return_fee(state, day).fee_cents
    return FeeCharge(f"returned_check/{payment['source_key']}", day, cents) if cents else None


def _reversal(connection: sa.Connection, journal: Any) -> dict[str, Any]:
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
        "lines": [dict(row) for row in lines.mappings()],
        "credits": [dict(row) for row in credits.mappings()],
    }


def _charge_back(payment: Any, day: date) -> dict[str, Any]:
    """What was deposited for a check is taken back by the bank."""
    cents = payment["clearing_cents"]
    lines = [LedgerLine(f"clearing.{payment['site_id']}", cents), LedgerLine("bank.deposits", -cents)]
    return _journal("deposit", f"returned/{payment['source_key']}", day, lines, None, site=payment["site_id"])


def _fee_journal(record: Record, fee: FeeCharge, payment: Any) -> dict[str, Any]:
    lines = [LedgerLine("receivable.fee", fee.amount_cents), LedgerLine("income.fee", -fee.amount_cents)]
    return _journal("fee", fee.event_id, fee.on, lines, record.contract_id, site=payment["site_id"])


def _journal(
    kind: str, key: str, on: date, lines: Iterable[LedgerLine], contract_id: int | None, **more: Any
) -> dict[str, Any]:
    named = [
        {
            "account": line.account,
            "amount_cents": line.amount_cents,
            "contract_id": None if kind == "fee" and line.account == "income.fee" else contract_id,
        }
        for line in lines
    ]
    return {"kind": kind, "key": key, "effective_on": on, "lines": named, "credits": [], **more}


def _write(
    connection: sa.Connection, cause: Cause, journals: list[dict[str, Any]], kept: list[tuple[Record, Adjustment]]
) -> int:
    """Everything in one call: balances are looked at when all of it is there."""
    contracts = []
    for record, change in kept:
        key = f"{cause.kind}/{cause.journal_id}/{record.account_number}"
        journals = journals + _adjustments(cause, key, record, change)
        contracts.append(_beside(key, record, change))
    if not journals and not any(one["to_bill"] for one in contracts):
        return 0
    made = connection.execute(
        sa.text("select post_correction(cast(:journals as jsonb), cast(:contracts as jsonb), :day, :as_of, :maker)"),
        {
            "journals": json.dumps(journals, default=str),
            "contracts": json.dumps(contracts, default=str),
            "day": cause.day,
            "as_of": cause.as_of,
            "maker": cause.maker,
        },
    ).scalar_one()
    return int(made)


def _adjustments(cause: Cause, key: str, record: Record, change: Adjustment) -> list[dict[str, Any]]:
    if change.is_empty:
        return []
    credits = [
        {
            "contract_id": record.contract_id,
            "installment_no": one.no,
            "amount_cents": one.amount_cents,
            "credited_on": cause.effective_on,
        }
        for one in change.credits
    ]
    made = []
    lines = change.lines or _moved(change)
    if lines:
        main = _journal("adjustment", key, cause.effective_on, lines, record.contract_id)
        made.append(main | {"credits": credits})
    made += [
        _journal("adjustment", f"{key}/{item}", cause.effective_on, lines, record.contract_id, item=item)
        for item, lines in change.of_items.items()
    ]
    return made


def _moved(change: Adjustment) -> tuple[LedgerLine, ...]:
    """What goes from one installment to another, or from one day's late fee to another's, and moves no balance."""
    cents = sum(abs(one.amount_cents) for one in change.credits)
    cents += sum(one.amount_cents for one in (*change.fees_gone, *change.fees_new))
    return (LedgerLine(TRANSFER, cents), LedgerLine(TRANSFER, -cents)) if cents else ()


def _beside(key: str, record: Record, change: Adjustment) -> dict[str, Any]:
    """What is kept beside the ledger."""
    at, terms = change.position, terms_on(record.terms, record.last_night)
    scheduled = terms.method is Method.SCHEDULED
    last = schedule.last_no(terms.schedule)
    return {
        "contract_id": record.contract_id,
        "key": key,
        "last_night": record.last_night,
        "carry": at.carry,
        "base_cents": at.base_cents if scheduled else 0,
        "period_cents": at.period_cents if scheduled else 0,
        "fee_ahead_cents": at.fee_ahead_cents,
        "fees_gone": [{"no": one.no, "on": one.on} for one in change.fees_gone],
        "fees_new": [{"no": one.no, "on": one.on, "cents": one.amount_cents} for one in change.fees_new],
        "to_bill": [
            {
                "no": one.no,
                "due_on": one.due_on,
                "amount_cents": one.total_cents,
                "tax_cents": one.tax_cents,
                "is_last": terms.product is Product.LOAN and one.no == last,
            }
            for one in change.to_bill
        ],
        "assessed": [
            {"no": one.no, "on_time_until": one.on_time_until, "fee_cents": one.amount_cents} for one in change.assessed
        ],
    }


def _summary(record: Record, change: Adjustment) -> str:
    at = change.position
    gone, new = len(change.fees_gone), len(change.fees_new)
    fees = f"; {gone} late fees taken back, {new} charged" if gone or new else ""
    behind = f"{at.days_past_due} days past due" if at.days_past_due else "not past due"
    owed = at.principal_cents + at.interest_cents + at.fee_cents + at.rent_cents + at.tax_cents
    return f"{record.account_number}: owes {dollars(owed)}, {behind}{fees}"
