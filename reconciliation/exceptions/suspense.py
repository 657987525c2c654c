"""The way out of suspense: money is identified, moved to another contract, or refunded to its sender."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.errors import InputError, LockboxError
from lockbox.faults import message_of
from lockbox.mail.books_day import open_days
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.servicing.correction import adjust_identified
from lockbox.servicing.identification import take_back_identified
from reconciliation.exceptions.resolution import EVENT, Part, run_nights


class Action(StrEnum):
    """What a person does with money in suspense."""

    IDENTIFY = "identify"
    MOVE = "move"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class SuspenseItem:
    """A check with money in suspense, or once there."""

    item_id: int
    name: str  # site/YYYY-MM-DD/batch/sequence
    version: int  # of the decision that deposited it
    site_id: str
    lender_id: str
    received_on: date
    amount_cents: int | None
    unidentified_cents: int
    unapplied_cents: int
    contracts: tuple[dict[str, Any], ...]  # account_number, identified_cents, unapplied_cents
    work_id: int | None
    proposal_state: str | None
    proposed_action: str | None
    proposed_by: str | None

    def identified_cents(self, account_number: str) -> int:
        """What people identified of it for a contract."""
        return sum(row["identified_cents"] for row in self.contracts if row["account_number"] == account_number)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent money that nobody knows the contract of, as a person found out."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person wants. `parts` say where money goes (no account number: back to unidentified); one without an
    amount is all of it. `from_account`: of money that moves. A refund has a sender, and an amount or all."""

    action: Action
    parts: tuple[Part, ...] = ()
    from_account: str = ""
    sender: Sender | None = None
    amount_cents: int = 0
    note: str = ""


def items(connection: sa.Connection, site_id: str = "", item: str = "") -> list[SuspenseItem]:
    """Checks with money in suspense, oldest first; of one site, or one check by its name or number, if given."""
    rows = db.rows(connection, "queries/suspense_items", site=site_id, item=item)
    return [SuspenseItem(**{**row, "contracts": tuple(row["contracts"])}) for row in rows]


def item(connection: sa.Connection, name: str) -> SuspenseItem:
    """The check of a name: its number, or site/YYYY-MM-DD/batch/sequence.

    Raises:
        InputError: no such item.
    """
    for shown in items(connection, item=name):
        return shown
    raise InputError("no such item was decided; `suspense list` names those with money in suspense", record=name)


def works(connection: sa.Connection, item_id: int) -> list[dict[str, Any]]:
    """All that was proposed for the money of one check, oldest first."""
    return [dict(row) for row in db.rows(connection, "queries/suspense_works", site="", item=item_id)]


def propose(connection: sa.Connection, shown: SuspenseItem, proposal: Proposal, person: str, as_of: datetime) -> int:
    """Proposes what becomes of money in suspense; gives the number of the proposal.

    Raises:
        InputError: an unknown account number, no sender, or an amount that is missing.
        Refused: the money is not there, somebody proposed something already, or it is the person's own contract.
    """
    if not person.strip():
        raise InputError("name the person who does it", field="by")
    statement = sa.text("select propose_suspense(:item, :seen, cast(:proposal as jsonb), :person, :as_of)")
    values = {
        "item": shown.item_id,
        "seen": shown.version,
        "proposal": json.dumps(_facts(connection, shown, proposal)),
        "person": person,
        "as_of": as_of,
    }
    return int(connection.execute(statement, values).scalar_one())


def _facts(connection: sa.Connection, shown: SuspenseItem, proposal: Proposal) -> dict[str, Any]:
    _ensure_whole(shown, proposal)
    is_move = proposal.action is Action.MOVE
    there = shown.identified_cents(proposal.from_account) if is_move else shown.unidentified_cents
    contracts = _contracts(
        connection, shown, [proposal.from_account, *(part.account_number for part in proposal.parts)]
    )
    amounts = [part.amount_cents or there for part in proposal.parts]
    cents = sum(amounts) if amounts else proposal.amount_cents or there
    if cents <= 0:
        raise InputError("nothing of it is there", record=shown.name)
    return {
        "action": proposal.action,
        "contract_id": contracts.get(proposal.from_account),
        "amount_cents": cents,
        "lines": [
            {"contract_id": contracts.get(part.account_number), "amount_cents": amount, "excess": part.excess}
            for part, amount in zip(proposal.parts, amounts, strict=True)
        ],
        "payee_name": proposal.sender.name.strip() if proposal.sender else None,
        "payee_address": list(proposal.sender.address) if proposal.sender else [],
        "note": proposal.note,
    }


def _ensure_whole(shown: SuspenseItem, proposal: Proposal) -> None:
    action, parts, sender = proposal.action, proposal.parts, proposal.sender
    if action is not Action.REFUND and not parts:
        raise InputError("name the contract that it goes to", record=shown.name, field="account")
    if action is Action.IDENTIFY and any(not part.account_number for part in parts):
        raise InputError("name the contract of each part", record=shown.name, field="account")
    if (action is Action.MOVE) != bool(proposal.from_account):
        raise InputError("name the contract that it is moved from", record=shown.name, field="from")
    if action is Action.REFUND and (sender is None or not sender.name.strip() or not "".join(sender.address).strip()):
        raise InputError("give the name and the address of the sender", record=shown.name, field="name")
    if len(parts) > 1 and any(part.amount_cents <= 0 for part in parts):
        raise InputError("give each part its amount", record=shown.name, field="account")


def _contracts(connection: sa.Connection, shown: SuspenseItem, numbers: Sequence[str]) -> dict[str, int]:
    statement = sa.text("""
        select account_number, contract_id from contract
        where account_number = any(:numbers) and lender_id = :lender""")
    values = {"numbers": list(numbers), "lender": shown.lender_id}
    known = {row.account_number: row.contract_id for row in connection.execute(statement, values)}
    for number in numbers:
        if number and number not in known:
            raise InputError(f"no such account: {number}", record=shown.name, field="account")
    return known


def step(connection: sa.Connection, work_id: int, to_state: str, person: str, as_of: datetime, words: str = "") -> None:
    """A second person confirms or refuses a proposal, or its maker takes it back ("undone").

    Raises:
        Refused: the person may not, or it is final already.
    """
    if not person.strip():
        raise InputError("name the person who does it", field="by")
    connection.execute(
        sa.text("select step_suspense(:work, :state, :person, :words, :as_of)"),
        {"work": work_id, "state": to_state, "person": person, "words": words, "as_of": as_of},
    )


def state_of(connection: sa.Connection, work_id: int) -> str:
    """proposed, ready, refused, undone, failed, or final."""
    state = sa.text("select state from suspense_work_state where work_id = :work")
    return str(connection.execute(state, {"work": work_id}).scalar_one())


def finish_ready(runtime: Runtime, as_of: datetime, site: str = "") -> list[str]:
    """Makes final what is ready, of one site if given; a line for each site.

    One that cannot be made final is noted, and can be proposed anew; the others go on. Money that counts from a later
    day waits for that day.
    """
    with runtime.engine.connect() as connection:
        ready = db.rows(connection, "queries/suspense_works", site=site, item=0)
    lines = []
    for site_id, group in groupby(ready, key=lambda row: row["site_id"]):
        numbers = [row["work_id"] for row in group]
        run_nights(runtime, site_id, as_of)
        try:
            done = _finish(runtime, site_id, numbers, as_of)
        except LockboxError:
            if len(numbers) == 1:
                done = _finish_alone(runtime, site_id, numbers[0], as_of)
            else:
                done = sum(_finish_alone(runtime, site_id, number, as_of) for number in numbers)
        lines.append(f"{site_id}: {done} of {len(numbers)} proposals about suspense are final")
    return lines


def _finish_alone(runtime: Runtime, site_id: str, number: int, as_of: datetime) -> int:
    try:
        return _finish(runtime, site_id, [number], as_of)
    except LockboxError as error:
        words = message_of(error)
        with runtime.engine.begin() as connection:
            connection.execute(
                sa.text("select fail_suspense(:work, :words, :as_of)"),
                {"work": number, "words": words, "as_of": as_of},
            )
            note(connection, "error", EVENT, f"suspense/{number}", words, as_of)
        return 0


def _finish(runtime: Runtime, site_id: str, numbers: Sequence[int], as_of: datetime) -> int:
    """In one transaction: final, what is moved taken back, the journals, their contracts as if posted then (I10)."""
    with telemetry.step("suspense", site=site_id), runtime.engine.begin() as connection:
        statement = sa.text("select * from finish_suspense(cast(:works as bigint[]), cast(:days as date[]), :as_of)")
        days = open_days(connection, site_id, as_of)
        made = connection.execute(statement, {"works": list(numbers), "days": days, "as_of": as_of}).all()
        for row in made:
            if row.action == Action.MOVE:
                take_back_identified(connection, row.item_id, row.contract_id, row.business_date, as_of, row.maker)
        journals = connection.execute(
            sa.text("select post_suspense(cast(:works as bigint[]), :as_of)"),
            {"works": [row.work_id for row in made], "as_of": as_of},
        ).scalar_one()
        adjust_identified(connection, journals, as_of)
        telemetry.count(proposals=len(made))
        return len(made)
