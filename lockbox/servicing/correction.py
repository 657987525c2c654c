"""Corrections, shell: a payment taken back or posted late, and its contracts adjusted to where their history ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.contract.event import Backdated, FeeCharge
from lockbox.contract.history import History
from lockbox.contract.terms import Stop
from lockbox.errors import ConflictError, InputError
from lockbox.lender.dated_rules import rule_book
from lockbox.money import dollars
from lockbox.servicing.adjustment import Adjustment, adjustment
from lockbox.servicing.correction_journals import (
    JournalRow,
    adjusting_journals,
    beside_the_ledger,
    charge_back,
    event_journal,
    fee_journal,
    reversing_journal,
)
from lockbox.servicing.payoff_returns import payoffs_of
from lockbox.servicing.record import Record, last_night, load_record
from lockbox.servicing.sender_refunds import ensure_returned

Key = TypeVar("Key")
RETURNED = "returned"  # the reason that costs the customer a fee and the lender its deposit


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a contract is corrected."""

    kind: str  # "reversal", "late", "event", "terms", "flag" or "takeover"
    journal_id: int  # of the payment; of an event its own number, of terms their version, of others their first day
    effective_on: date
    day: date  # business date of the correction
    as_of: datetime
    maker: str
    flag: str = ""
    night: date | None = None  # that makes up for something posted too early: the next one may have to do it again


def reverse_item(
    connection: sa.Connection, item_id: int, reason: str, day: date, as_of: datetime, maker: str
) -> list[str]:
    """Takes a posted check back, in the caller's transaction; gives a line for each contract.

    The payment and the uses of its unapplied money are reversed with their own effective dates. What else changes
    because it never came (interest, later payments, late fees, due dates) is an adjustment. What it had ended as a
    payoff goes on. For a returned check the bank takes its money back, and the customer owes one fee, at most that of
    the state (Texas: $30), unless a flag stops it; the line says so.

    Raises:
        InputError: no such check in the ledger.
        ConflictError: it was taken back already.
        NotReady: a night broke off half way.
    """
    payment, open_journals = _open_journals(connection, item_id)
    ensure_returned(connection, open_journals, is_returned=reason == RETURNED, as_of=as_of)
    cause = Cause("reversal", payment["journal_id"], payment["effective_date"], day, as_of, maker)
    contracts = _contracts(connection, [journal["journal_id"] for journal in open_journals])
    night = last_night(connection)
    ended = payoffs_of(connection, open_journals, day, as_of, maker)
    open_journals += ended.journals
    taken_back = [journal["journal_id"] for journal in open_journals]
    journals = [reversing_journal(connection, journal, reason) for journal in open_journals]
    if reason == RETURNED and payment["deposit_journal_id"] is not None:
        journals.append(charge_back(payment, day))
    changes = []
    stops = _fee_stops(connection, contracts[0], day) if reason == RETURNED and contracts else []
    for place, contract_id in enumerate(contracts):
        fee = _return_fee(connection, contract_id, payment, day) if reason == RETURNED and not place else None
        if fee is not None and stops:
            _note_stopped(connection, contract_id, fee, cause)
            fee = None
        record = load_record(connection, contract_id, night, taken_back, fee)
        if fee is not None:
            journals.append(fee_journal(record, fee, payment))
        changes.append((record, _change(connection, record, day)))
    _post(connection, cause, journals, changes)
    ended.reopen()
    for record, change in changes:
        if change.position.owed_cents:
            ended.payoffs[0].note_paid_refunds(record.contract_id, record.account_number)
    telemetry.log.info("reverse", item_id=item_id, day=str(day), journals=len(journals), contracts=len(changes))
    if not changes:
        return [f"item {item_id}: taken back, no contract had it"]
    lines = [_summary(record, change) for record, change in changes]
    return [f"{lines[0]}; no returned-check fee: {', '.join(stops)}", *lines[1:]] if stops else lines


def _open_journals(connection: sa.Connection, item_id: int) -> tuple[sa.RowMapping, list[sa.RowMapping]]:
    """(the payment of a check, all its journals that are not reversed)."""
    journals = db.rows(connection, "queries/item_journals", item_id=item_id)
    if not journals:
        raise InputError("no such check in the ledger", record=f"item {item_id}")
    payment = next(journal for journal in reversed(journals) if journal["source_kind"] == "item")
    if payment["is_reversed"]:
        raise ConflictError(f"item {item_id}: taken back already")
    return payment, [journal for journal in journals if not journal["is_reversed"]]


def adjust_late(connection: sa.Connection, items: Sequence[int], as_of: datetime) -> int:
    """Corrects the contracts that got a payment by these items for a day whose night was run; gives how many changed.

    They end where posting on that day would have ended (I10).
    """
    late = db.rows(connection, "queries/late_payments", items=list(items))
    return _adjust(connection, late, last_night(connection), as_of) if late else 0


def adjust_identified(connection: sa.Connection, journals: Sequence[int], as_of: datetime) -> int:
    """The same for money that was identified by these journals, and no others of its checks."""
    late = db.rows(connection, "queries/late_identified", journals=list(journals))
    return _adjust(connection, late, last_night(connection), as_of) if late else 0


def adjust_made_up(connection: sa.Connection, lender_id: str, day: date, as_of: datetime) -> int:
    """Corrects the contracts on which something was posted before the night ahead of its day was run (I9).

    Mail does not wait for a night that is late: a payment was split before its interest was there, a lease was charged
    though the money of a later day lay there already.
    """
    early = db.rows(connection, "queries/early_payments", lender_id=lender_id, day=day)
    return _adjust(connection, early, day, as_of, day)


def rebuild_after(
    connection: sa.Connection, contract_id: int, event_id: int, key: str, day: date, as_of: datetime
) -> bool:
    """Corrects one contract after an event of a day whose night was run (a flag); gives whether anything changed.

    What the event itself posts on the day under way, by its key, is still to come.
    """
    record = load_record(connection, contract_id, last_night(connection)).without(key)
    on = record.last_night + timedelta(1)
    cause = Cause("event", event_id, day, on, as_of, "engine")
    return _post(connection, cause, [], [(record, _change(connection, record, on))]) > 0


def post_backdated(
    connection: sa.Connection,
    contract_id: int,
    event_id: int,
    event: Backdated,
    kind: str,
    as_of: datetime,
    maker: str,
) -> None:
    """Posts what a person decided for a day whose night was run, as of that day, and what it changes since (I10).

    The event's id is the name of its journal. An event that is recorded already without a journal is this one.
    """
    record = load_record(connection, contract_id, last_night(connection)).with_event(event)
    on = record.last_night + timedelta(1)
    rules, is_open = rule_book(connection, record.lender_id, on)
    replayed = record.replay(rules, is_open)
    moved, credits = _moved_by(event, replayed)
    books = replace(
        record.books,
        accounts=_sum(record.books.accounts, moved),
        credits=_sum(record.books.credits, credits),
    )
    change = adjustment(replace(record, books=books), replayed, rules.bill_days)
    journals = [event_journal(record, event, kind, moved, credits)] if moved else []
    cause = Cause("event", event_id, event.on, on, as_of, maker)
    _post(connection, cause, journals, [(record, change)])


def take_back(
    connection: sa.Connection, contract_id: int, journals: Sequence[sa.RowMapping], cause: Cause, reason: str
) -> Adjustment:
    """Reverses what a person had decided on a contract, and corrects it to where it would have ended without (I11).

    Gives what changed besides.
    """
    taken_back = [journal["journal_id"] for journal in journals]
    record = load_record(connection, contract_id, last_night(connection), taken_back)
    change = _change(connection, record, cause.day)
    rows = [reversing_journal(connection, journal, reason) for journal in journals]
    _post(connection, cause, rows, [(record, change)])
    return change


def _moved_by(event: Backdated, replayed: History) -> tuple[Counter[str], dict[int, int]]:
    """(account -> cents, installment -> cents credited) of an event's own postings."""
    own = [
        posting
        for posting in replayed.postings
        if posting.key == event.event_id or posting.key.startswith(f"{event.event_id}/")
    ]
    moved = Counter[str]()
    for line in (line for posting in own for line in posting.lines):
        moved[line.account] += line.amount_cents
    return moved, {credit.no: credit.amount_cents for posting in own for credit in posting.credits}


def _sum(cents: Mapping[Key, int], more: Mapping[Key, int]) -> dict[Key, int]:
    return {key: cents.get(key, 0) + more.get(key, 0) for key in {*cents, *more}}


def _adjust(
    connection: sa.Connection,
    payments: Sequence[sa.RowMapping],
    night: date | None,
    as_of: datetime,
    made_up: date | None = None,
) -> int:
    lock_contracts(connection, [payment["contract_id"] for payment in payments])
    changed = 0
    for payment in payments:
        day = payment["business_date"]
        record = load_record(connection, payment["contract_id"], night)
        change = _change(connection, record, day)
        cause = Cause("late", payment["journal_id"], payment["effective_date"], day, as_of, "engine", night=made_up)
        changed += _post(connection, cause, [], [(record, change)]) > 0
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
    item_id = connection.execute(statement, {"name": name}).scalar()
    if item_id is None:
        raise InputError("no such item; name its number, or site/YYYY-MM-DD/batch/sequence", record=name)
    return int(item_id)


def _contracts(connection: sa.Connection, journals: Sequence[int]) -> list[int]:
    """The contracts that these journals touch, locked; the one that got most comes first."""
    statement = sa.text("""
        select e.contract_id from entry as e
        where e.journal_id = any(:journals) and e.contract_id is not null
        group by e.contract_id order by sum(e.amount_cents), e.contract_id""")
    contracts = list(connection.execute(statement, {"journals": list(journals)}).scalars())
    lock_contracts(connection, contracts)
    return contracts


def lock_contracts(connection: sa.Connection, contracts: Sequence[int]) -> None:
    """Locks contracts, in order: nothing else is posted on them until the transaction ends."""
    connection.execute(sa.text("select lock_contracts(cast(:contracts as bigint []))"), {"contracts": list(contracts)})


def _change(connection: sa.Connection, record: Record, day: date) -> Adjustment:
    rules, is_open = rule_book(connection, record.lender_id, day)
    return adjustment(record, record.replay(rules, is_open), rules.bill_days)


def _return_fee(connection: sa.Connection, contract_id: int, payment: sa.RowMapping, day: date) -> FeeCharge | None:
    state, lender = connection.execute(
        sa.text("select state, lender_id from contract where contract_id = :contract"), {"contract": contract_id}
    ).one()
    cents = rule_book(connection, lender, day)[0].return_fee(state, day).fee_cents
    return FeeCharge(f"returned_check/{payment['source_key']}", day, cents) if cents else None


def _note_stopped(connection: sa.Connection, contract_id: int, fee: FeeCharge, cause: Cause) -> None:
    """Keeps a fee that a flag stops: if that flag turns out to have never been, a replay charges the fee (I11)."""
    connection.execute(
        sa.text("""
            insert into contract_event (contract_id, kind, effective_on, facts, reason, maker, noted_at)
            values (:contract, 'return_fee_stopped', :day, cast(:facts as jsonb), :reason, :maker, :as_of)"""),
        {
            "contract": contract_id,
            "day": fee.on,
            "facts": json.dumps({"amount_cents": fee.amount_cents, "payment": cause.journal_id}),
            "reason": "a check was returned",
            "maker": cause.maker,
            "as_of": cause.as_of,
        },
    )


def _fee_stops(connection: sa.Connection, contract_id: int, day: date) -> list[str]:
    """The flags of a contract that stop the fee for a returned check on a day."""
    statement = sa.text("""
        select f.flag
        from contract_flag as f
        join contract as c using (contract_id)
        join flag_rule as r on r.lender_id = c.lender_id and r.flag = f.flag and :stop = any(r.stops)
        where f.contract_id = :contract and in_force(f.valid_from, f.valid_to, :day)
        order by f.flag""")
    values = {"contract": contract_id, "day": day, "stop": str(Stop.RETURN_FEE)}
    return list(connection.execute(statement, values).scalars())


def _post(
    connection: sa.Connection,
    cause: Cause,
    journals: Iterable[JournalRow],
    changes: Iterable[tuple[Record, Adjustment]],
) -> int:
    """Posts a cause's own journals with what they change; gives how many journals."""
    return post_changes(connection, [(cause, record, change) for record, change in changes], journals, cause)


def post_changes(
    connection: sa.Connection,
    changes: Sequence[tuple[Cause, Record, Adjustment]],
    journals: Iterable[JournalRow] = (),
    first: Cause | None = None,
) -> int:
    """Posts everything in one call, because balances are checked once all of it is there; gives how many journals.

    All causes have the same business date, instant and maker.
    """
    rows, contracts = list(journals), []
    for cause, record, change in changes:
        key = "/".join(
            str(part) for part in (cause.kind, cause.journal_id, record.account_number, cause.flag, cause.night) if part
        )
        rows += adjusting_journals(key, cause.effective_on, record, change)
        contracts.append(beside_the_ledger(key, record, change))
    cause = first or changes[0][0]
    if not rows and not contracts:
        return 0
    posted = connection.execute(
        sa.text("select post_correction(cast(:journals as jsonb), cast(:contracts as jsonb), :day, :as_of, :maker)"),
        {
            "journals": json.dumps(rows, default=str),
            "contracts": json.dumps(contracts, default=str),
            "day": cause.day,
            "as_of": cause.as_of,
            "maker": cause.maker,
        },
    ).scalar_one()
    return int(posted)


def _summary(record: Record, change: Adjustment) -> str:
    at = change.position
    gone, new = len(change.fees_gone), len(change.fees_new)
    fees = f"; {gone} late fees taken back, {new} charged" if gone or new else ""
    behind = f"{at.days_past_due} days past due" if at.days_past_due else "not past due"
    return f"{record.account_number}: owes {dollars(at.owed_cents)}, {behind}{fees}"
