"""What a person decides about a contract: each action is recorded once with its reason, and posted to the ledger."""

from __future__ import annotations

import json
from datetime import date

import sqlalchemy as sa

from lockbox.contract import lease
from lockbox.contract.event import InterestWaiver, LeaseEnd, Waiver
from lockbox.contract.terms import Terms
from lockbox.errors import ConflictError, InputError
from lockbox.money import dollars
from lockbox.ops_events import settle
from lockbox.runtime import Runtime
from lockbox.servicing.contract_terms import save_terms
from lockbox.servicing.recorded_action import ALREADY_RECORDED, Instruction, RecordedAction, recorded

FLAGS = ("bankruptcy", "deceased", "charged_off", "litigation", "repossessed", "scra", "accelerated", "closed")


def extend(runtime: Runtime, instruction: Instruction, months: int) -> str:
    """Extends a lease by some months at the same rent; month to month is one month each time.

    Rents that should have been billed by now are billed.

    Raises:
        InputError: no such account, not a lease, or one that has ended.
        ConflictError: its terms change on that day or later already.
    """
    with recorded(runtime, instruction, "extension", {"months": months}) as action:
        if action is None:
            return already_recorded(instruction)
        old, newest = _open_lease(action), action.record.terms[-1]
        if newest.valid_from >= action.day:
            raise ConflictError(f"{instruction.account_number}: its terms change from {newest.valid_from} on already")
        new = lease.extend(old, months, action.day)
        save_terms(action.connection, action.record.contract_id, new, instruction.as_of)
        message = f"{instruction.account_number}: extended by {months} months, to {lease.ends_on(new)}"
        message += action.rebuild()
        for month, on in lease.disclosures_due(new):
            if month > lease.extended_months(old):
                message += f"; new disclosures by {on} (month {month} of the extension, Reg M 1013.5)"
                action.note(f"new disclosures are due by {on}: month {month} of the extension (Reg M 1013.5)")
        return message


def buy_out(runtime: Runtime, instruction: Instruction) -> str:
    """Ends a lease by purchase: rents to come, residual, purchase fee and taxes are owed."""
    with recorded(runtime, instruction, "buyout", {}) as action:
        if action is None:
            return already_recorded(instruction)
        return _end(action, lease.buyout(_open_lease(action), action.position(), action.day, action.key))


def turn_in(runtime: Runtime, instruction: Instruction, odometer_miles: int, wear_cents: int) -> str:
    """Ends a lease by return of the vehicle: excess miles, wear, disposition and rents to come are owed."""
    facts = {"odometer_miles": odometer_miles, "wear_cents": wear_cents}
    with recorded(runtime, instruction, "turn_in", facts) as action:
        if action is None:
            return already_recorded(instruction)
        terms = _open_lease(action)
        return _end(action, lease.turn_in(terms, action.position(), action.day, odometer_miles, wear_cents, action.key))


def waive(runtime: Runtime, instruction: Instruction, amount_cents: int) -> str:
    """Waives an amount of the fees owed.

    Raises:
        InputError: fewer fees are owed.
    """
    with recorded(runtime, instruction, "waiver", {"amount_cents": amount_cents}) as action:
        if action is None:
            return already_recorded(instruction)
        event = Waiver(action.key, action.day, amount_cents)
        return _waive(action, event, action.position().fee_cents, "fees")


def waive_interest(runtime: Runtime, instruction: Instruction, amount_cents: int) -> str:
    """Waives an amount of the interest that is accrued and owed.

    Raises:
        InputError: less interest is owed, or it is a lease, which bears none.
    """
    with recorded(runtime, instruction, "interest_waiver", {"amount_cents": amount_cents}) as action:
        if action is None:
            return already_recorded(instruction)
        if action.terms().lease is not None:
            raise InputError("a lease bears no interest", record=instruction.account_number)
        event = InterestWaiver(action.key, action.day, amount_cents)
        return _waive(action, event, action.position().interest_cents, "interest")


def _waive(action: RecordedAction, event: Waiver | InterestWaiver, owed_cents: int, what: str) -> str:
    account_number, cents = action.instruction.account_number, event.amount_cents
    if not 0 < cents <= owed_cents:
        fault = f"{what} of {dollars(owed_cents)} owed, {dollars(cents)} to waive"
        raise InputError(fault, record=account_number)
    message = f"{account_number}: {dollars(cents)} of {what} waived, {dollars(owed_cents - cents)} left"
    if action.is_past:
        return message + action.post_backdated(event)
    _post_waiver(action, cents)
    return message + action.rebuild(under_way=True)  # what fees took may be short no more


def _post_waiver(action: RecordedAction, amount_cents: int) -> None:
    owed_on = "receivable.interest" if action.kind == "interest_waiver" else "receivable.fee"
    lines = [
        {"account": f"expense.{action.kind}", "amount_cents": amount_cents},
        {"account": owed_on, "amount_cents": -amount_cents, "contract_id": action.record.contract_id},
    ]
    action.connection.execute(
        sa.text("""
            select post_journal(
                :kind, :key, null, null, :day, :day, :as_of, :maker, null, cast(:lines as jsonb)
            )"""),
        {
            "kind": action.kind,
            "key": action.key,
            "day": action.day,
            "as_of": action.instruction.as_of,
            "maker": action.instruction.maker,
            "lines": json.dumps(lines),
        },
    )


def set_flag(runtime: Runtime, instruction: Instruction, flag: str, until: date | None = None) -> str:
    """Sets a flag from a day on, until a day (not included).

    If the night of its first day was run, the nights since then are corrected: late fees that the flag bars go.

    Raises:
        InputError: no such flag, or it ends before it begins.
        ConflictError: the contract has the flag on that day.
    """
    if flag not in FLAGS:
        raise InputError(f"no such flag: {flag}; there are {', '.join(FLAGS)}")
    facts = {"flag": flag, "until": str(until) if until else None}
    with recorded(runtime, instruction, "flag_set", facts, any_day=True) as action:
        return flag_set(action, instruction, flag, until)


def flag_set(action: RecordedAction | None, instruction: Instruction, flag: str, until: date | None) -> str:
    """Sets a flag in the transaction of an action; see `set_flag`."""
    if action is None:
        return already_recorded(instruction)
    if until is not None and until <= action.day:
        raise InputError(f"from {action.day} until {until}", record=instruction.account_number)
    raise_flag(action, flag, until)
    end = f" until {until}" if until else ""
    return f"{instruction.account_number}: {flag} from {action.day}{end}{action.rebuild(under_way=True)}"


def clear_flag(runtime: Runtime, instruction: Instruction, flag: str) -> str:
    """Ends a flag from a day on.

    Raises:
        InputError: the contract does not have the flag on the day before.
    """
    with recorded(runtime, instruction, "flag_cleared", {"flag": flag}, any_day=True) as action:
        if action is None:
            return already_recorded(instruction)
        cleared = action.connection.execute(
            sa.text("""
                update contract_flag set valid_to = :day
                where contract_id = :contract and flag = :flag and valid_from < :day
                    and (valid_to is null or valid_to > :day)"""),
            {"contract": action.record.contract_id, "flag": flag, "day": action.day},
        ).rowcount
        if not cleared:
            raise InputError(f"no flag {flag} to clear from {action.day} on", record=instruction.account_number)
        return f"{instruction.account_number}: {flag} cleared from {action.day} on{action.rebuild(under_way=True)}"


def release_lien(runtime: Runtime, instruction: Instruction) -> str:
    """Records that the lien on a vehicle that was paid for is released.

    Raises:
        InputError: the contract has no lien to be released.
    """
    with recorded(runtime, instruction, "lien_released", {}, any_day=True) as action:
        if action is None:
            return already_recorded(instruction)
        values = {"contract": action.record.contract_id, "day": action.day}
        if not action.connection.execute(sa.text("select release_lien(:contract, :day)"), values).scalar_one():
            raise InputError("no lien stands to be released", record=instruction.account_number)
        settle(action.connection, "lien_overdue", f"contract/{instruction.account_number}", instruction.as_of)
        return f"{instruction.account_number}: lien released on {action.day}"


def _open_lease(action: RecordedAction) -> Terms:
    terms = action.terms()
    ended_on = action.connection.execute(
        sa.text("select ended_on from position where contract_id = :contract"),
        {"contract": action.record.contract_id},
    ).scalar()
    if terms.lease is None or ended_on is not None:
        fault = "not a lease" if terms.lease is None else f"the lease ended on {ended_on}"
        raise InputError(fault, record=action.instruction.account_number)
    return terms


def _end(action: RecordedAction, event: LeaseEnd) -> str:
    cents = dict.fromkeys(("rent", "fee", "tax"), 0)
    for charge in event.charges:
        cents[charge.bucket] += charge.amount_cents
    charges = ", ".join(f"{charge.kind.replace('_', ' ')} {dollars(charge.amount_cents)}" for charge in event.charges)
    message = f"{action.instruction.account_number}: {action.kind.replace('_', '-')} on {action.day}: "
    message += charges or "nothing to pay"
    if action.is_past:
        stop_lease(action, cents["rent"], cents["tax"])
        return message + action.post_backdated(event)
    action.call("end_lease", key=action.key, day=action.day, **cents)
    return message


def stop_lease(action: RecordedAction, rent_cents: int = 0, tax_cents: int = 0) -> None:
    """Ends a lease on the day of an action, with what its end costs."""
    action.connection.execute(
        sa.text("select stop_lease(:contract, :day, :rent, :tax)"),
        {"contract": action.record.contract_id, "day": action.day, "rent": rent_cents, "tax": tax_cents},
    )


def raise_flag(action: RecordedAction, flag: str, until: date | None) -> None:
    """Sets a flag from the day of an action on. A charge-off takes one that is set already.

    Raises:
        ConflictError: the contract has the flag on that day.
    """
    values = {"contract": action.record.contract_id, "flag": flag, "day": action.day, "until": until}
    same_flag = sa.text("""
        select 1 from contract_flag
        where contract_id = :contract and flag = :flag and in_force(valid_from, valid_to, :day)""")
    if action.connection.execute(same_flag, values).first():
        if action.kind == "charge_off":
            return
        raise ConflictError(f"{action.instruction.account_number}: has the flag {flag} on {action.day} already")
    action.connection.execute(sa.text("insert into contract_flag values (:contract, :flag, :day, :until)"), values)


def already_recorded(instruction: Instruction) -> str:
    """What a verb says that does nothing, because the same was recorded before."""
    return f"{instruction.account_number}: {ALREADY_RECORDED}"
