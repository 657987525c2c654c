"""Charge-offs: what is owed becomes a loss, what comes later is recovered, and all of it can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.event import CHARGED_OFF, Event, WriteOff
from lockbox.errors import ConflictError, InputError
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.servicing.actions import already_recorded, raise_flag, stop_lease
from lockbox.servicing.correction import Cause, take_back
from lockbox.servicing.recorded_action import Instruction, RecordedAction, recorded


def charge_off(runtime: Runtime, instruction: Instruction) -> str:
    """Makes all that is owed a loss and flags the contract from that day on; money that comes later is a recovery.

    Raises:
        ConflictError: the contract is charged off already.
    """
    with recorded(runtime, instruction, "charge_off", _facts) as action:
        if action is None:
            return already_recorded(instruction)
        earlier = _newest(action.connection, action.record.contract_id, action.event_id)
        if earlier is not None and not earlier["is_undone"]:
            raise ConflictError(f"{instruction.account_number}: charged off on {earlier['effective_on']} already")
        raise_flag(action, CHARGED_OFF, None)
        if action.is_past:
            if action.terms().lease is not None:
                stop_lease(action)
            corrected = action.post_backdated(WriteOff(action.key, action.day))
            return _message(action) + corrected
        action.rebuild(under_way=True)  # the flag may stop what was charged earlier that day
        action.call("write_off", kind="charge_off", key=action.key, day=action.day, limit=None)
        return _message(action)


def _message(action: RecordedAction) -> str:
    """What the charge-off just posted says of itself."""
    lost, set_off = action.connection.execute(
        sa.text("""
            select
                coalesce(sum(e.amount_cents) filter (where e.account like '%.charge_off.%'), 0)::bigint,
                coalesce(sum(e.amount_cents) filter (where e.account = 'payable.refund'), 0)::bigint
            from journal as j
            inner join entry as e on j.journal_id = e.journal_id
            where j.source_kind = 'charge_off' and j.source_key = :key"""),
        {"key": action.key},
    ).one()
    message = f"{action.instruction.account_number}: {dollars(lost)} charged off"
    return message + (f", after {dollars(set_off)} payable to the customer was set off" if set_off else "")


def undo_charge_off(runtime: Runtime, instruction: Instruction) -> str:
    """Takes a charge-off back, as if it had never been: what was owed is owed again, with the interest and fees since;
    its flag is gone from its first day on, and what was recovered is a payment again.

    Raises:
        InputError: the contract is not charged off.
    """
    with recorded(runtime, instruction, "charge_off_undone", _undone_facts, any_day=True) as action:
        if action is None:
            return already_recorded(instruction)
        undone = _newest(action.connection, action.record.contract_id)
        assert undone is not None
        values = {
            "contract_id": action.record.contract_id,
            "event_id": undone["event_id"],
            "charged_off_on": undone["effective_on"],
        }
        journals = db.rows(action.connection, "queries/charge_off_journals", **values)
        owed_cents = _undo(action, journals, values)
        recovered_cents = sum(journal["recovered_cents"] for journal in journals)
        message = f"{instruction.account_number}: charge-off of {undone['effective_on']} undone, "
        message += f"{dollars(owed_cents)} owed"
        return message + (f"; recoveries of {dollars(recovered_cents)} taken back" if recovered_cents else "")


def _undo(action: RecordedAction, journals: list[sa.RowMapping], values: dict[str, Any]) -> int:
    """Ends the flag, reverses the journals, lets a lease go on; gives what is owed then."""
    end_flag = sa.text("select end_charge_off(:contract_id, :charged_off_on)")
    action.connection.execute(end_flag, values)
    on, instruction = action.record.last_night + timedelta(1), action.instruction
    cause = Cause("event", action.event_id, values["charged_off_on"], on, instruction.as_of, instruction.maker)
    change = take_back(action.connection, action.record.contract_id, journals, cause, instruction.reason)
    if action.record.terms[-1].lease is not None and not change.position.ended:
        action.connection.execute(sa.text("select resume_lease(:contract_id)"), values)
    return change.position.owed_cents


def recover(runtime: Runtime, instruction: Instruction, amount_cents: int | None = None) -> str:
    """Turns money of a charged-off contract into income, all of it or an amount: unapplied first, then payable.

    Raises:
        InputError: the contract is not charged off, or has less money that is unapplied or payable.
    """
    with recorded(runtime, instruction, "recovery", {"amount_cents": amount_cents}) as action:
        if action is None:
            return already_recorded(instruction)
        if not any(flag.flag == CHARGED_OFF and flag.until is None for flag in action.record.flags):
            raise InputError("not charged off", record=instruction.account_number)
        unapplied, payable = _spare(action)
        spare = unapplied + payable
        requested = spare if amount_cents is None else amount_cents
        if not 0 < requested <= spare:
            there = f"{dollars(unapplied)} unapplied" + (f" and {dollars(payable)} payable" if payable else "")
            raise InputError(f"{there}, {dollars(requested)} requested", record=instruction.account_number)
        cents = action.call("recover", key=action.key, business_on=action.on, day=action.day, limit=requested)
        if cents < requested:
            raise InputError(
                f"of the {dollars(requested)} there on {action.day} only {dollars(cents)} are still there",
                record=instruction.account_number,
            )
        return f"{instruction.account_number}: {dollars(cents)} recovered{action.rebuild()}"


def _spare(action: RecordedAction) -> tuple[int, int]:
    """(unapplied, payable) cents on the day of an action. What came after the day before's cut-off is not there yet."""

    def is_there(event: Event) -> bool:
        return event.on < action.day or (event.on == action.day and not getattr(event, "is_ahead", False))

    record = action.record
    events, under_way = filter(is_there, record.events), filter(is_there, record.under_way)
    there = replace(record, events=tuple(events), under_way=tuple(under_way))
    at = replace(action, record=there).position()
    return at.unapplied_cents, at.refund_cents


def _facts(connection: sa.Connection, contract_id: int) -> dict[str, Any]:
    """What tells one charge-off from the one before it, which was undone."""
    newest = _newest(connection, contract_id)
    if newest is None:
        return {}
    return {"after": newest["event_id"]} if newest["is_undone"] else dict(newest["facts"])


def _undone_facts(connection: sa.Connection, contract_id: int) -> dict[str, Any]:
    newest = _newest(connection, contract_id)
    if newest is None or newest["is_undone"]:
        raise InputError("not charged off" if newest is None else "its charge-off was undone already")
    return {"event_id": newest["event_id"]}


def _newest(connection: sa.Connection, contract_id: int, before: int | None = None) -> sa.RowMapping | None:
    rows = db.rows(connection, "queries/newest_charge_off", contract_id=contract_id, before=before)
    return rows[0] if rows else None
