"""What a person decides about a contract, shell: noted once with its reason, and in the ledger as history wants it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox import telemetry
from lockbox.contract import lease
from lockbox.contract.event import LeaseEnd, Waiver, WriteOff
from lockbox.contract.position import Position
from lockbox.contract.terms import Terms, terms_on
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.lender.dated_rules import rule_book
from lockbox.lender.profile import read_profile
from lockbox.money import dollars
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.servicing.correction import hold, post_backdated, rebuild_after
from lockbox.servicing.night import nights_before
from lockbox.servicing.record import Record, last_night, load_record

FLAGS = ("bankruptcy", "deceased", "charged_off", "litigation", "repossessed", "scra", "accelerated", "closed")
RIGHT = "; the nights since are put right"


@dataclass(frozen=True, slots=True)
class Instruction:
    """Who asks for something on which contract, why, and from which day on (None: the day under way)."""

    account_number: str
    reason: str
    maker: str
    as_of: datetime
    day: date | None = None


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """An event that was written down just now, in the transaction under way."""

    connection: sa.Connection
    record: Record
    order: Instruction
    kind: str
    day: date
    event_id: int

    @property
    def key(self) -> str:
        """The name of its journals."""
        return f"{self.kind}/{self.event_id}"

    @property
    def on(self) -> date:
        """The business date of its journals."""
        return max(self.day, self.record.last_night + timedelta(1))

    @property
    def is_past(self) -> bool:
        """Whether the night of its day was run: all that happened since is decided again."""
        return self.day <= self.record.last_night

    def terms(self) -> Terms:
        """The terms in force on its day."""
        return terms_on(self.record.terms, self.day)

    def position(self) -> Position:
        """Where the contract stands, or stood, on its day, with what came on the day so far."""
        rules, is_open = rule_book(self.connection, self.record.lender_id, self.day)
        if self.is_past:
            return self.record.position_on(rules, is_open, self.day)
        return self.record.replay(rules, is_open).position

    def call(self, function: str, **more: Any) -> Any:
        """Runs a function of sql/functions/110_servicing.sql on the contract; gives what it gives."""
        wanted = {"contract": self.record.contract_id, **more, "as_of": self.order.as_of, "maker": self.order.maker}
        arguments = ", ".join(f":{name}" for name in wanted)
        return self.connection.execute(sa.text(f"select {function}({arguments})"), wanted).scalar_one()


def extend(runtime: Runtime, order: Instruction, months: int) -> str:
    """A lease goes on for so many months at the same rent, from month to month if it is one; what should have been
    billed by now is.

    Raises:
        InputError: no such account, not a lease, or one that has ended; ConflictError: its terms change later already.
    """
    with _noted(runtime, order, "extension", {"months": months}) as noted:
        if noted is None:
            return _already_recorded(order)
        old = _going_on(noted)
        if noted.record.terms[-1].valid_from > noted.day:
            raise ConflictError(f"{order.account_number}: its terms change again from {old.valid_from} on")
        new = lease.extend(old, months, noted.day)
        assert new.lease is not None
        noted.connection.execute(
            sa.text("select extend_lease(:contract, :day, cast(:run as jsonb), :miles)"),
            {"contract": noted.record.contract_id, "day": noted.day, "miles": new.lease.allowed_miles,
             "run": json.dumps(asdict(new.schedule[-1]), default=str)},
        )  # fmt: skip
        told = f"{order.account_number}: extended by {months} months, to {lease.ends_on(new)}{_right(noted)}"
        for month, on in lease.disclosures_due(new):
            if month > lease.extended_months(old):
                told += f"; new disclosures by {on} (month {month} of the extension, Reg M 1013.5)"
                _tell(noted, f"new disclosures are due by {on}: month {month} of the extension (Reg M 1013.5)")
        return told


def buy_out(runtime: Runtime, order: Instruction) -> str:
    """The customer buys the vehicle: the lease ends, rents to come, residual, purchase fee and taxes are owed."""
    with _noted(runtime, order, "buyout", {}) as noted:
        if noted is None:
            return _already_recorded(order)
        return _end(noted, lease.buyout(_going_on(noted), noted.position(), noted.day, noted.key))


def turn_in(runtime: Runtime, order: Instruction, odometer_miles: int, wear_cents: int) -> str:
    """The vehicle is brought back: the lease ends, excess miles, wear, disposition and rents to come are owed."""
    with _noted(runtime, order, "turn_in", {"odometer_miles": odometer_miles, "wear_cents": wear_cents}) as noted:
        if noted is None:
            return _already_recorded(order)
        terms = _going_on(noted)
        return _end(noted, lease.turn_in(terms, noted.position(), noted.day, odometer_miles, wear_cents, noted.key))


def charge_off(runtime: Runtime, order: Instruction) -> str:
    """All that is owed becomes a loss, and the contract carries the flag from that day on; what comes is a recovery."""
    with _noted(runtime, order, "charge_off", {}) as noted:
        if noted is None:
            return _already_recorded(order)
        owed = noted.position().owed_cents
        _flag(noted, "charged_off", None)
        if not noted.is_past:
            noted.call("write_off", kind="charge_off", key=noted.key, day=noted.day, limit=None)
            return f"{order.account_number}: {dollars(owed)} charged off"
        if noted.terms().lease is not None:
            _stop_lease(noted)
        return f"{order.account_number}: {dollars(owed)} charged off{_put_in(noted, WriteOff(noted.key, noted.day))}"


def recover(runtime: Runtime, order: Instruction, amount_cents: int | None = None) -> str:
    """Money held for a charged-off contract becomes income: all of it, or so much.

    Raises:
        InputError: the contract is not charged off, or so much is not held for it.
    """
    with _noted(runtime, order, "recovery", {"amount_cents": amount_cents}) as noted:
        if noted is None:
            return _already_recorded(order)
        if not any(flag.flag == "charged_off" and flag.until is None for flag in noted.record.flags):
            raise InputError("not charged off", record=order.account_number)
        held = noted.position().unapplied_cents
        wanted = held if amount_cents is None else amount_cents
        if not 0 < wanted <= held:
            raise InputError(f"{dollars(held)} held, {dollars(wanted)} asked for", record=order.account_number)
        cents = noted.call("recover", key=noted.key, business_on=noted.on, day=noted.day, limit=wanted)
        if cents < wanted:
            raise InputError(
                f"{dollars(cents)} of the {dollars(wanted)} held on {noted.day} are still there",
                record=order.account_number,
            )
        return f"{order.account_number}: {dollars(cents)} recovered{_right(noted)}"


def waive(runtime: Runtime, order: Instruction, amount_cents: int) -> str:
    """So much of the fees owed is let go.

    Raises:
        InputError: fewer fees are owed.
    """
    with _noted(runtime, order, "waiver", {"amount_cents": amount_cents}) as noted:
        if noted is None:
            return _already_recorded(order)
        owed = noted.position().fee_cents
        if not 0 < amount_cents <= owed:
            raise InputError(
                f"fees of {dollars(owed)} owed, {dollars(amount_cents)} to waive", record=order.account_number
            )
        told = f"{order.account_number}: {dollars(amount_cents)} of fees waived, {dollars(owed - amount_cents)} left"
        if noted.is_past:
            return told + _put_in(noted, Waiver(noted.key, noted.day, amount_cents))
        lines = [
            {"account": "expense.waiver", "amount_cents": amount_cents},
            {"account": "receivable.fee", "amount_cents": -amount_cents, "contract_id": noted.record.contract_id},
        ]
        noted.connection.execute(
            sa.text("""
                select post_journal('waiver', :key, null, null, :day, :day, :as_of, :maker, null,
                    cast(:lines as jsonb))"""),
            {"key": noted.key, "day": noted.day, "as_of": order.as_of, "maker": order.maker,
             "lines": json.dumps(lines)},
        )  # fmt: skip
        return told


def set_flag(runtime: Runtime, order: Instruction, flag: str, until: date | None = None) -> str:
    """A flag from a day on, until a day (not included). One that holds since before the last night puts the nights
    since right: no late fee stands that it bars.

    Raises:
        InputError: no such flag, or it ends before it begins; ConflictError: the contract has it on that day.
    """
    if flag not in FLAGS:
        raise InputError(f"no such flag: {flag}; there are {', '.join(FLAGS)}")
    facts = {"flag": flag, "until": str(until) if until else None}
    with _noted(runtime, order, "flag_set", facts, any_day=True) as noted:
        if noted is None:
            return _already_recorded(order)
        if until is not None and until <= noted.day:
            raise InputError(f"from {noted.day} until {until}", record=order.account_number)
        _flag(noted, flag, until)
        return f"{order.account_number}: {flag} from {noted.day}{f' until {until}' if until else ''}{_right(noted)}"


def clear_flag(runtime: Runtime, order: Instruction, flag: str) -> str:
    """A flag holds no more from a day on.

    Raises:
        InputError: the contract does not have it on the day before.
    """
    with _noted(runtime, order, "flag_cleared", {"flag": flag}, any_day=True) as noted:
        if noted is None:
            return _already_recorded(order)
        cleared = noted.connection.execute(
            sa.text("""
                update contract_flag set valid_to = :day
                where contract_id = :contract and flag = :flag and valid_from < :day
                    and (valid_to is null or valid_to > :day)"""),
            {"contract": noted.record.contract_id, "flag": flag, "day": noted.day},
        ).rowcount
        if not cleared:
            raise InputError(f"no flag {flag} to clear from {noted.day} on", record=order.account_number)
        return f"{order.account_number}: {flag} cleared from {noted.day} on{_right(noted)}"


def release_lien(runtime: Runtime, order: Instruction) -> str:
    """The lien on a vehicle that was paid for is released.

    Raises:
        InputError: no lien of the contract stands to be released.
    """
    with _noted(runtime, order, "lien_released", {}, any_day=True) as noted:
        if noted is None:
            return _already_recorded(order)
        named = {"contract": noted.record.contract_id, "day": noted.day}
        if not noted.connection.execute(sa.text("select release_lien(:contract, :day)"), named).scalar_one():
            raise InputError("no lien stands to be released", record=order.account_number)
        return f"{order.account_number}: lien released on {noted.day}"


@contextmanager
def _noted(
    runtime: Runtime, order: Instruction, kind: str, facts: Mapping[str, Any], *, any_day: bool = False
) -> Iterator[RecordedAction | None]:
    """Writes the event down, in one transaction with what it does; None if it was noted before in the same words.

    What moves money happens on the day under way, the nights before it are run first; or on an earlier day, and then
    all that came since is decided again.

    Raises:
        InputError: no such account, no reason, or a day before the contract was taken over.
        NotReady: nights before the day cannot be run yet.
    """
    if not order.reason.strip():
        raise InputError("a reason is wanted", record=order.account_number)
    profile = read_profile(runtime.settings.profile)
    today = order.as_of.astimezone(ZoneInfo(profile["site"][0]["time_zone"])).date()
    nights_before(runtime, order.day or today, order.as_of)
    with runtime.engine.begin() as connection:
        contract_id = connection.execute(
            sa.text("select contract_id from contract where account_number = :n and lender_id = :lender"),
            {"n": order.account_number, "lender": profile["lender"]["id"]},
        ).scalar()
        if contract_id is None:
            raise InputError("no such account", record=order.account_number)
        hold(connection, [contract_id])
        record = load_record(connection, contract_id, last_night(connection))
        under_way = record.last_night + timedelta(1)
        day = order.day or max(today, under_way)
        event_id = connection.execute(
            sa.text("""
                insert into contract_event (contract_id, kind, effective_on, facts, reason, maker, noted_at)
                values (:contract, :kind, :day, cast(:facts as jsonb), :reason, :maker, :as_of)
                on conflict do nothing returning event_id"""),
            {"contract": contract_id, "kind": kind, "day": day, "facts": json.dumps(facts), "reason": order.reason,
             "maker": order.maker, "as_of": order.as_of},
        ).scalar()  # fmt: skip
        if event_id is not None and not any_day and day <= record.opening.on:
            known = record.opening.on + timedelta(1)
            raise InputError(
                f"{day}: nothing is known before {known}, no earlier than that", record=order.account_number
            )
        if event_id is not None and not any_day and day > under_way:
            raise NotReady(f"{order.account_number}: {day} comes after nights that were not run, from {under_way} on")
        telemetry.log.info("action", kind=kind, day=str(day), contract_id=contract_id, is_new=event_id is not None)
        yield None if event_id is None else RecordedAction(connection, record, order, kind, day, event_id)


def _going_on(noted: RecordedAction) -> Terms:
    terms = noted.terms()
    ended = noted.connection.execute(
        sa.text("select ended_on from position where contract_id = :contract"),
        {"contract": noted.record.contract_id},
    ).scalar()
    if terms.lease is None or ended is not None:
        wrong = "not a lease" if terms.lease is None else f"the lease ended on {ended}"
        raise InputError(wrong, record=noted.order.account_number)
    return terms


def _end(noted: RecordedAction, event: LeaseEnd) -> str:
    cents = dict.fromkeys(("rent", "fee", "tax"), 0)
    for charge in event.charges:
        cents[charge.bucket] += charge.amount_cents
    parts = ", ".join(f"{one.kind.replace('_', ' ')} {dollars(one.amount_cents)}" for one in event.charges)
    told = f"{noted.order.account_number}: {noted.kind.replace('_', '-')} on {noted.day}: {parts or 'nothing to pay'}"
    if noted.is_past:
        _stop_lease(noted, cents["rent"], cents["tax"])
        return told + _put_in(noted, event)
    noted.call("end_lease", key=noted.key, day=noted.day, **cents)
    return told


def _stop_lease(noted: RecordedAction, rent_cents: int = 0, tax_cents: int = 0) -> None:
    noted.connection.execute(
        sa.text("select stop_lease(:contract, :day, :rent, :tax)"),
        {"contract": noted.record.contract_id, "day": noted.day, "rent": rent_cents, "tax": tax_cents},
    )


def _flag(noted: RecordedAction, flag: str, until: date | None) -> None:
    named = {"contract": noted.record.contract_id, "flag": flag, "day": noted.day, "until": until}
    held = sa.text("""
        select 1 from contract_flag
        where contract_id = :contract and flag = :flag and in_force(valid_from, valid_to, :day)""")
    if noted.connection.execute(held, named).first():
        if noted.kind == "charge_off":
            return
        raise ConflictError(f"{noted.order.account_number}: has the flag {flag} on {noted.day} already")
    noted.connection.execute(sa.text("insert into contract_flag values (:contract, :flag, :day, :until)"), named)


def _right(noted: RecordedAction) -> str:
    """What nights that were run did without knowing of a flag or of other terms is put right."""
    if not noted.is_past:
        return ""
    changed = rebuild_after(noted.connection, noted.record.contract_id, noted.event_id, noted.day, noted.order.as_of)
    return RIGHT if changed else ""


def _put_in(noted: RecordedAction, event: LeaseEnd | WriteOff | Waiver) -> str:
    """An event of a day whose night was run is posted, and with it what would have come otherwise since."""
    order = noted.order
    post_backdated(
        noted.connection, noted.record.contract_id, noted.event_id, event, noted.kind, order.as_of, order.maker
    )
    return RIGHT


def _tell(noted: RecordedAction, message: str) -> None:
    """An event for people to see."""
    scope = f"contract/{noted.record.account_number}"
    note(noted.connection, "warning", "contract", scope, message, noted.order.as_of)


def _already_recorded(order: Instruction) -> str:
    return f"{order.account_number}: noted before in the same words, nothing to do"
