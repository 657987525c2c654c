"""An action of a person on a contract, shell: written down once with its reason, in one transaction with its effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import telemetry
from lockbox.contract.event import Backdated
from lockbox.contract.position import Position
from lockbox.contract.terms import Terms, terms_on
from lockbox.errors import InputError, NotReady
from lockbox.lender.dated_rules import lender_day, lender_served, rule_book
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.servicing.correction import lock_contracts, post_backdated, rebuild_after
from lockbox.servicing.night import nights_before
from lockbox.servicing.record import Record, last_night, load_record

CORRECTED = "; the nights since then are corrected"
ALREADY_RECORDED = "recorded before in the same words, nothing to do"
CHARGES_CORRECTED = "; what was charged on that day is corrected"


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
    """An action that was just written down, in the transaction under way."""

    connection: sa.Connection
    record: Record
    instruction: Instruction
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
        """Whether the night of its day was run, so that all that happened since must be decided again."""
        return self.day <= self.record.last_night

    def terms(self) -> Terms:
        """The terms in force on its day."""
        return terms_on(self.record.terms, self.day)

    def position(self) -> Position:
        """The contract's position on its day, with the day's own events so far."""
        rules, is_open = rule_book(self.connection, self.record.lender_id, self.day)
        if self.is_past:
            return self.record.position_on(rules, is_open, self.day)
        return self.record.replay(rules, is_open).position

    def call(self, function: str, **parameters: Any) -> Any:
        """Runs a function of sql/functions/110_servicing.sql on the contract; gives its result."""
        whose = {"as_of": self.instruction.as_of, "maker": self.instruction.maker}
        values = {"contract": self.record.contract_id, **parameters, **whose}
        arguments = ", ".join(f":{name}" for name in values)
        return self.connection.execute(sa.text(f"select {function}({arguments})"), values).scalar_one()

    def rebuild(self, *, under_way: bool = False) -> str:
        """Corrects the nights that were run without knowing of a flag or of other terms; gives the end of a message.

        With `under_way`, also what was charged on a day whose night is still to come.
        """
        if not self.is_past and not under_way:
            return ""
        changed = rebuild_after(
            self.connection, self.record.contract_id, self.event_id, self.key, self.day, self.instruction.as_of
        )
        corrected = CORRECTED if self.is_past else CHARGES_CORRECTED
        return corrected if changed else ""

    def post_backdated(self, event: Backdated) -> str:
        """Posts an event of a day whose night was run, and what it changes since; gives the end of a message."""
        as_of, maker = self.instruction.as_of, self.instruction.maker
        post_backdated(self.connection, self.record.contract_id, self.event_id, event, self.kind, as_of, maker)
        return CORRECTED

    def note(self, message: str) -> None:
        """Writes an event for people to see."""
        scope = f"contract/{self.record.account_number}"
        note(self.connection, "warning", "contract", scope, message, self.instruction.as_of)


@contextmanager
def recorded(
    runtime: Runtime,
    instruction: Instruction,
    kind: str,
    facts: Mapping[str, Any] | Callable[[sa.Connection, int], Mapping[str, Any]],
    *,
    any_day: bool = False,
) -> Iterator[RecordedAction | None]:
    """Writes an action down, in one transaction with its effect; None if the same action was recorded before.

    An action that moves money happens on the day under way, after the nights before it; or on an earlier day, and
    then all that came since is decided again. Facts that hang on the contract are found once it is locked.

    Raises:
        InputError: no such account, no reason, or a day before the contract was taken over.
        NotReady: nights before the day cannot be run yet.
    """
    if not instruction.reason.strip():
        raise InputError("a reason is required", record=instruction.account_number)
    with runtime.engine.connect() as connection:
        lender_id = lender_served(connection, runtime.settings.profile)
        today = lender_day(connection, lender_id, instruction.as_of)
    nights_before(runtime, instruction.day or today, instruction.as_of)
    with runtime.engine.begin() as connection:
        yield record_action(connection, lender_id, today, instruction, kind, facts, any_day=any_day)


def record_action(
    connection: sa.Connection,
    lender_id: str,
    today: date,
    instruction: Instruction,
    kind: str,
    facts: Mapping[str, Any] | Callable[[sa.Connection, int], Mapping[str, Any]],
    *,
    any_day: bool = False,
) -> RecordedAction | None:
    """Writes an action down in the caller's transaction; see `recorded`. The nights before its day have been run."""
    contract_id = _contract_id(connection, lender_id, instruction.account_number)
    lock_contracts(connection, [contract_id])
    record = load_record(connection, contract_id, last_night(connection))
    day = instruction.day or max(today, record.last_night + timedelta(1))
    known = facts(connection, contract_id) if callable(facts) else facts
    event_id = _save(connection, instruction, contract_id, kind, day, known)
    if event_id is not None and not any_day:
        _ensure_day_under_way_or_past(record, day)
    telemetry.log.info("action", kind=kind, day=str(day), contract_id=contract_id, is_new=event_id is not None)
    return None if event_id is None else RecordedAction(connection, record, instruction, kind, day, event_id)


def _contract_id(connection: sa.Connection, lender_id: str, account_number: str) -> int:
    contract_id = connection.execute(
        sa.text("select contract_id from contract where account_number = :n and lender_id = :lender"),
        {"n": account_number, "lender": lender_id},
    ).scalar()
    if contract_id is None:
        raise InputError("no such account", record=account_number)
    return int(contract_id)


def _save(
    connection: sa.Connection,
    instruction: Instruction,
    contract_id: int,
    kind: str,
    day: date,
    facts: Mapping[str, Any],
) -> int | None:
    """The number of the new event; None if it was there."""
    event_id: int | None = connection.execute(
        sa.text("""
            insert into contract_event (contract_id, kind, effective_on, facts, reason, maker, noted_at)
            values (:contract, :kind, :day, cast(:facts as jsonb), :reason, :maker, :as_of)
            on conflict do nothing returning event_id"""),
        {
            "contract": contract_id,
            "kind": kind,
            "day": day,
            "facts": json.dumps(facts),
            "reason": instruction.reason,
            "maker": instruction.maker,
            "as_of": instruction.as_of,
        },
    ).scalar()
    return event_id


def _ensure_day_under_way_or_past(record: Record, day: date) -> None:
    under_way = record.last_night + timedelta(1)
    if day <= record.opening.on:
        known = record.opening.on + timedelta(1)
        raise InputError(f"{day}: nothing is known before {known}, no earlier than that", record=record.account_number)
    if day > under_way:
        raise NotReady(f"{record.account_number}: {day} comes after nights that were not run, from {under_way} on")
