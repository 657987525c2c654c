"""What a person decides about the terms of a contract: rate, due date, deferral, military service; backdated, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa

from lockbox.contract import changes, schedule
from lockbox.contract.terms import Product, Terms, terms_on
from lockbox.errors import InputError
from lockbox.lender.dated_rules import rule_on
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.servicing.contract_terms import save_terms
from lockbox.servicing.payoff_terms import withdraw_payoffs
from lockbox.servicing.recorded_action import ALREADY_RECORDED, Instruction, RecordedAction, recorded

Change = Callable[[Terms], Terms]


def change_rate(runtime: Runtime, instruction: Instruction, rate_ppm: int) -> str:
    """Another rate of interest from a day on; the installments stay, the last one takes what differs.

    Raises:
        InputError: no such account, a lease, a loan that owes nothing, or a rate above 100 %.
    """
    if not 0 <= rate_ppm <= 1_000_000:
        raise InputError(f"a rate of {percent(rate_ppm)}", record=instruction.account_number, field="rate")
    with recorded(runtime, instruction, "rate_change", {"rate_ppm": rate_ppm}, any_day=True) as action:
        if action is None:
            return f"{instruction.account_number}: {ALREADY_RECORDED}"
        old = _open_loan(action)
        _change(action, lambda terms: replace(terms, rate_ppm=rate_ppm))
        rates = f"{percent(old.rate_ppm)} to {percent(rate_ppm)}"
        return f"{instruction.account_number}: rate {rates} from {action.day}{_rebuild(action)}"


def change_due_date(runtime: Runtime, instruction: Instruction, due_day: int, next_due_on: date | None = None) -> str:
    """Another day of the month for what is not yet due; the next date is in the same month, or the one given.

    Raises:
        InputError: no such account, no such day, nothing is due any more, or the date given is too early or another
            day of its month.
    """
    if not 1 <= due_day <= 31:
        raise InputError(f"day {due_day} of the month", record=instruction.account_number, field="day of month")
    facts = {"due_day": due_day, "next_due_on": str(next_due_on) if next_due_on else None}
    with recorded(runtime, instruction, "due_date_change", facts, any_day=True) as action:
        if action is None:
            return f"{instruction.account_number}: {ALREADY_RECORDED}"
        old = _open_contract(action)
        try:
            on = next_due_on or changes.next_on_day(old, action.day, due_day)
            _change(action, lambda terms: changes.moved(terms, action.day, on, due_day))
        except ValueError as error:
            raise InputError(str(error), record=instruction.account_number) from error
        return f"{instruction.account_number}: next due {on}, then on day {due_day} of the month{_rebuild(action)}"


def defer(runtime: Runtime, instruction: Instruction, months: int) -> str:
    """Puts off what is not yet due by some months: so many installments are moved to the end, and interest goes on.

    Backdated to before an installment was due, it puts that off, too: its late fee goes.

    Raises:
        InputError: no such account, a lease, a loan that owes nothing, or nothing is due any more.
    """
    with recorded(runtime, instruction, "deferral", {"months": months}, any_day=True) as action:
        if action is None:
            return f"{instruction.account_number}: {ALREADY_RECORDED}"
        _open_loan(action)
        try:
            new = _change(action, lambda terms: changes.put_off(terms, action.day, months))
        except ValueError as error:
            raise InputError(str(error), record=instruction.account_number) from error
        due = schedule.installment(new.schedule, schedule.first_due(new.schedule, action.day))
        last = schedule.installment(new.schedule, schedule.last_no(new.schedule))
        assert due is not None
        assert last is not None
        message = f"{instruction.account_number}: {months} months deferred, next due {due.due_on}, last {last.due_on}"
        return message + _rebuild(action)


def begin_service(runtime: Runtime, instruction: Instruction, until: date | None = None) -> str:
    """Military service from a day on, until a day (not included): flag, capped rate, lower installments (SCRA).

    Raises:
        InputError: no such account, a lease, a loan that owes nothing, or an end before the beginning.
    """
    with recorded(runtime, instruction, "scra", {"until": str(until) if until else None}, any_day=True) as action:
        return service_begun(action, instruction, until)


def service_begun(action: RecordedAction | None, instruction: Instruction, until: date | None) -> str:
    """Begins military service in the transaction of an action; see `begin_service`."""
    if action is None:
        return f"{instruction.account_number}: {ALREADY_RECORDED}"
    if until is not None and until <= action.day:
        raise InputError(f"from {action.day} until {until}", record=instruction.account_number)
    old = _open_loan(action)
    cap_ppm = int(rule_on(action.connection, action.record.lender_id, "scra.rate_cap_ppm", action.day))
    _flag(action, until)
    message = f"{instruction.account_number}: military service from {action.day}"
    if old.rate_ppm <= cap_ppm:
        return f"{message}; {percent(old.rate_ppm)} is within {percent(cap_ppm)}{action.rebuild()}"
    after = terms_on(action.record.terms, until) if until else None
    at = action.position()
    new = _change(action, lambda terms: changes.capped(terms, at, action.day, cap_ppm), until)
    if until is not None and after is not None:
        _save(action, replace(after, valid_from=until))
    message += f": rate {percent(old.rate_ppm)} to {percent(cap_ppm)}, {_asked(old, new, action.day)}"
    return message + _rebuild(action)


def end_service(runtime: Runtime, instruction: Instruction) -> str:
    """Military service ends on a day: from then on rate and installments are those from before it.

    Raises:
        InputError: no such account, or no service is recorded for the day before.
    """
    with recorded(runtime, instruction, "scra_end", {}, any_day=True) as action:
        if action is None:
            return f"{instruction.account_number}: {ALREADY_RECORDED}"
        in_service = _open_loan(action)
        began = _end_flag(action)
        before = terms_on(action.record.terms, began - timedelta(1))
        message = f"{instruction.account_number}: military service ends on {action.day}"
        if before.rate_ppm <= in_service.rate_ppm:
            return message + action.rebuild()
        new = _change(action, lambda terms: changes.restored(terms, before, action.day))
        message += f": rate {percent(in_service.rate_ppm)} to {percent(new.rate_ppm)}"
        return message + f", {_asked(in_service, new, action.day)}{_rebuild(action)}"


def percent(rate_ppm: int) -> str:
    """A rate as people write it: 6%, 14.99%."""
    return f"{rate_ppm / 10_000:.4f}".rstrip("0").rstrip(".") + "%"


def _change(action: RecordedAction, change: Change, until: date | None = None) -> Terms:
    """Adds the changed terms from the action's day on; versions that come into force later are changed as well.

    Gives the terms in force on the day.
    """
    later = sorted({version.valid_from for version in action.record.terms if version.valid_from > action.day})
    days = [action.day, *(day for day in later if until is None or day < until)]
    changed = [replace(change(terms_on(action.record.terms, day)), valid_from=day) for day in days]
    for terms in changed:
        _save(action, terms)
    return changed[0]


def _rebuild(action: RecordedAction) -> str:
    """Corrects the nights since the action's day; what was quoted before is withdrawn. Gives the end of a message."""
    corrected = action.rebuild()
    starts = [(action.record.contract_id, action.day)]
    if withdraw_payoffs(action.connection, starts, action.instruction.as_of):
        corrected += "; a payoff does not stand any more, see its event"
    return corrected


def _save(action: RecordedAction, terms: Terms) -> None:
    save_terms(action.connection, action.record.contract_id, terms, action.instruction.as_of)


def _open_contract(action: RecordedAction) -> Terms:
    """The terms of a contract that goes on, on the action's day."""
    if action.day <= action.record.opening.on:
        known = action.record.opening.on + timedelta(1)
        raise InputError(f"{action.day}: nothing is known before {known}", record=action.record.account_number)
    terms, at = action.terms(), action.position()
    owes = at.principal_cents or at.interest_cents if terms.product is Product.LOAN else not at.ended
    if not owes:
        raise InputError("the contract has ended", record=action.record.account_number)
    return terms


def _open_loan(action: RecordedAction) -> Terms:
    terms = _open_contract(action)
    if terms.product is not Product.LOAN:
        raise InputError("a lease has no interest and no principal", record=action.record.account_number)
    return terms


def _asked(old: Terms, new: Terms, day: date) -> str:
    no = schedule.first_due(new.schedule, day)
    before, after = schedule.installment(old.schedule, no), schedule.installment(new.schedule, no)
    if before is None or after is None:
        return "nothing is due any more"
    return f"the installment of {after.due_on} from {dollars(before.amount_cents)} to {dollars(after.amount_cents)}"


def _flag(action: RecordedAction, until: date | None) -> None:
    """Flags the contract for the time of the service, unless it is flagged already."""
    action.connection.execute(
        sa.text("""
            insert into contract_flag
            select :contract, 'scra', :day, cast(:until as date)
            where not exists (
                select from contract_flag as f
                where f.contract_id = :contract and f.flag = 'scra' and in_force(f.valid_from, f.valid_to, :day)
            )"""),
        {"contract": action.record.contract_id, "day": action.day, "until": until},
    )


def _end_flag(action: RecordedAction) -> date:
    """Ends the flag; gives the day of its beginning."""
    began: date | None = action.connection.execute(
        sa.text("""
            update contract_flag set valid_to = :day
            where contract_id = :contract and flag = 'scra' and valid_from < :day
                and (valid_to is null or valid_to > :day)
            returning valid_from"""),
        {"contract": action.record.contract_id, "day": action.day},
    ).scalar()
    if began is None:
        raise InputError(f"no military service to end on {action.day}", record=action.record.account_number)
    return began
