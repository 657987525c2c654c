"""What a person decides about an item: proposed, confirmed by a second person, made final with its journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.contract.terms import Excess
from lockbox.errors import InputError, LockboxError, NotReady, SettingsError, Unavailable
from lockbox.faults import fault_of, message_of
from lockbox.lender.dated_rules import lender_day, policy_on
from lockbox.mail.books_day import open_days
from lockbox.mail.decision import Outcome
from lockbox.mail.payer_history import note_payers
from lockbox.mail.reason import Reason
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.servicing.correction import adjust_late
from lockbox.servicing.night import nights_before
from ocr.reading import DocumentKind
from reconciliation.exceptions.letter_effect import Effect, do_effects, ensure_possible
from reconciliation.exceptions.look_alikes import true_mark

MONEY = (Outcome.POST, Outcome.SUSPENSE)
READY = "ready"  # to be made final
EVENT = "resolution"  # the kind of event of a resolution that could not be made final


@dataclass(frozen=True, slots=True)
class Part:
    """What goes to one contract; without an account number, the part of which no contract is known."""

    account_number: str
    amount_cents: int
    excess: Excess | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person wants to become of an item. Without an amount, what its decision says stands."""

    outcome: Outcome
    parts: tuple[Part, ...] = ()
    amount_cents: int | None = None
    kind: DocumentKind | None = None  # None: as decided before
    hold_until: date | None = None
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    effect: Effect | None = None  # of a letter that is filed
    same_as: int | None = None  # the item whose check it is once more: it is filed
    is_twin: bool = False  # an honest check that looks like one seen before
    serial: str = ""  # of the check, where it was read wrong


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item that waits for a person."""

    item_id: int
    name: str  # site/YYYY-MM-DD/batch/sequence
    version: int  # of the decision that is seen
    kind: DocumentKind
    outcome: Outcome
    amount_cents: int | None
    reasons: tuple[str, ...]
    site_id: str
    lender_id: str
    time_zone: str
    received_on: date
    business_date: date  # in whose books the decision counts
    hold_until: date | None
    ranked: Mapping[str, Any]  # candidates: accounts (number, name, probability, due_cents), amounts
    resolution_id: int | None
    proposal_state: str | None
    proposed_by: str | None
    worked_by: str | None
    worked_until: datetime | None
    rescan_no: int | None  # entry of the pull list by which it is scanned again

    @property
    def is_money(self) -> bool:
        """Whether it is a check, or may be one."""
        return self.kind in (DocumentKind.CHECK, DocumentKind.OTHER)

    def is_due(self, as_of: datetime) -> bool:
        """Whether it lies in the vault and its date has come."""
        today = as_of.astimezone(ZoneInfo(self.time_zone)).date()
        return self.hold_until is not None and self.hold_until <= today

    def queue(self, as_of: datetime) -> str:
        """Where it waits: in "review", in the "vault" until its date, or "due" there."""
        if self.hold_until is None:
            return "review"
        return "due" if self.is_due(as_of) else "vault"


def open_items(connection: sa.Connection, site_id: str = "", item: str = "") -> list[OpenItem]:
    """What waits for people, oldest first; of one site, or one item by its name or number, if given."""
    rows = db.rows(connection, "queries/open_items", site=site_id, item=item)
    return [
        OpenItem(
            **{key: row[key] for key in row if key not in ("kind", "outcome", "reasons")},
            kind=DocumentKind(row["kind"]),
            outcome=Outcome(row["outcome"]),
            reasons=tuple(row["reasons"]),
        )
        for row in rows
    ]


def open_item(connection: sa.Connection, name: str) -> OpenItem:
    """The item of a name: its number, or site/YYYY-MM-DD/batch/sequence.

    Raises:
        InputError: no such item, or it waits for nobody.
    """
    items = open_items(connection, item=name)
    if not items:
        raise InputError("no such item waits for a person; `exceptions list` names those that do", record=name)
    return items[0]


def take(connection: sa.Connection, item: OpenItem, person: str, as_of: datetime) -> datetime:
    """Gives an item to a person for the minutes that policy says; gives until when.

    Raises:
        Refused: somebody else works on it.
    """
    until = as_of + timedelta(minutes=policy_on(connection, item.site_id, item.received_on).lease_minutes)
    connection.execute(
        sa.text("select lease_item(:item, :person, :until, :as_of)"),
        {"item": item.item_id, "person": person, "until": until, "as_of": as_of},
    )
    return until


def propose(connection: sa.Connection, item: OpenItem, proposal: Proposal, person: str, as_of: datetime) -> int:
    """Proposes what becomes of an item; gives the number of the resolution.

    Raises:
        InputError: an unknown account number, a missing amount, reason or date, or parts that do not add up.
        Refused: the decision that was seen is not the newest, somebody else works on the item, it is the person's own
            contract, or it must be keyed by two people first.
    """
    return int(
        connection.execute(
            sa.text("select propose_resolution(:item, :seen, cast(:proposal as jsonb), :person, :as_of)"),
            {
                "item": item.item_id,
                "seen": item.version,
                "proposal": json.dumps(_facts(connection, item, proposal, as_of), default=str),
                "person": person,
                "as_of": as_of,
            },
        ).scalar_one()
    )


def _facts(connection: sa.Connection, item: OpenItem, proposal: Proposal, as_of: datetime) -> dict[str, Any]:
    kind = proposal.kind or item.kind
    cents = proposal.amount_cents if proposal.amount_cents is not None else item.amount_cents
    contracts = _contracts(connection, item, [part.account_number for part in proposal.parts])
    if len(proposal.parts) == 1 and cents is None:
        cents = proposal.parts[0].amount_cents
    _ensure_whole(item, proposal, kind, cents)
    is_kept = proposal.outcome is Outcome.SUSPENSE
    lines = [
        {
            "contract_id": contracts.get(part.account_number),
            "amount_cents": part.amount_cents or cents,
            "excess": part.excess,
        }
        for part in proposal.parts
    ]
    return {
        "kind": kind,
        "outcome": proposal.outcome,
        "suspense_kind": ("unapplied" if lines else "unidentified") if is_kept else None,
        "amount_cents": cents,
        "lines": lines,
        "hold_until": proposal.hold_until,
        "reasons": list(proposal.reasons),
        "note": proposal.note,
        "same_as": proposal.same_as,
        "is_twin": proposal.is_twin,
        "fingerprint": (
            true_mark(connection, item.item_id, cents, proposal.serial)
            if kind is DocumentKind.CHECK and cents is not None and proposal.outcome in MONEY
            else None
        ),
        "effect": _effect(connection, item, proposal.effect, as_of) if proposal.effect else None,
    }


def _effect(connection: sa.Connection, item: OpenItem, effect: Effect, as_of: datetime) -> dict[str, Any]:
    contract_id = _contracts(connection, item, [effect.account_number]).get(effect.account_number)
    if contract_id is None:
        raise InputError("name the contract that the letter is about", record=item.name, field="account")
    ensure_possible(connection, effect, contract_id, lender_day(connection, item.lender_id, as_of))
    return {"kind": effect.kind, "contract_id": contract_id, "facts": effect.facts}


def _ensure_whole(item: OpenItem, proposal: Proposal, kind: DocumentKind, cents: int | None) -> None:
    outcome = proposal.outcome
    if outcome in MONEY and cents is None:
        raise InputError("give its amount: nobody has read one", record=item.name, field="amount")
    if outcome in MONEY and kind is not DocumentKind.CHECK:
        raise InputError(f"a {kind} is not deposited; say that it is a check", record=item.name, field="kind")
    if outcome is Outcome.POST and not any(part.account_number for part in proposal.parts):
        raise InputError("name the contract that it pays", record=item.name, field="account")
    if outcome is Outcome.SUSPENSE and any(not part.account_number for part in proposal.parts):
        raise InputError("without an account number it is unidentified: give no parts", record=item.name)
    if (outcome is Outcome.HOLD) != (proposal.hold_until is not None):
        raise InputError("an item in the vault has a date, and nothing else has", record=item.name, field="until")
    if proposal.same_as is not None and outcome is not Outcome.FILE:
        raise InputError("the same check once more is filed", record=item.name, field="same-as")
    if proposal.is_twin and outcome not in MONEY:
        raise InputError("an honest twin is deposited", record=item.name, field="twin")
    if outcome in (Outcome.REJECT, Outcome.FORWARD) and not proposal.reasons:
        raise InputError("give a reason for returning it or sending it on", record=item.name, field="reason")
    if len(proposal.parts) > 1 and any(part.amount_cents <= 0 for part in proposal.parts):
        raise InputError("give each part its amount", record=item.name, field="account")


def _contracts(connection: sa.Connection, item: OpenItem, numbers: Sequence[str]) -> dict[str, int]:
    statement = sa.text("""
        select account_number, contract_id from contract
        where account_number = any(:numbers) and lender_id = :lender""")
    values = {"numbers": list(numbers), "lender": item.lender_id}
    known = {row.account_number: row.contract_id for row in connection.execute(statement, values)}
    for number in numbers:
        if number and number not in known:
            raise InputError(f"no such account: {number}", record=item.name, field="account")
    return known


def key(
    connection: sa.Connection, item: OpenItem, amount_cents: int, accounts: Sequence[str], person: str, as_of: datetime
) -> tuple[int, int]:
    """Keys amount and accounts without seeing what others keyed; gives how many did, and how many of them alike.

    Raises:
        InputError: an unknown account number.
        Refused: the person keyed it before, or may not work on it.
    """
    _contracts(connection, item, accounts)
    keyed = connection.execute(
        sa.text("select * from key_item(:item, :seen, :cents, cast(:accounts as text[]), :person, :as_of)"),
        {
            "item": item.item_id,
            "seen": item.version,
            "cents": amount_cents,
            "accounts": list(accounts),
            "person": person,
            "as_of": as_of,
        },
    ).one()
    return keyed.keyed, keyed.alike


def step(
    connection: sa.Connection, resolution_id: int, to_state: str, person: str, as_of: datetime, note: str = ""
) -> None:
    """A second person confirms or refuses a resolution, or its maker takes it back ("undone").

    Raises:
        Refused: the person may not, or it is final already.
    """
    connection.execute(
        sa.text("select step_resolution(:resolution, :state, :person, :note, :as_of)"),
        {"resolution": resolution_id, "state": to_state, "person": person, "note": note, "as_of": as_of},
    )


def state_of(connection: sa.Connection, resolution_id: int) -> str:
    """proposed, ready, refused, undone, failed, or final."""
    state = sa.text("select state from resolution_state where resolution_id = :number")
    return str(connection.execute(state, {"number": resolution_id}).scalar_one())


def note_own_contract(
    connection: sa.Connection, person: str, account: str, reason: str, noted_by: str, as_of: datetime
) -> None:
    """Notes a contract of a person, or of the person's household: the person decides nothing about it.

    Raises:
        InputError: no such account.
    """
    contract = sa.text("select contract_id from contract where account_number = :account")
    contract_id = connection.execute(contract, {"account": account}).scalar()
    if contract_id is None:
        raise InputError("no such account", record=account)
    connection.execute(
        sa.text("select note_own_contract(:person, :contract, :reason, :by, :as_of)"),
        {"person": person, "contract": contract_id, "reason": reason, "by": noted_by, "as_of": as_of},
    )


def finish_ready(runtime: Runtime, as_of: datetime, site: str = "") -> list[str]:
    """Makes final what is ready, of one site if given: decisions and journals in one transaction; a line for each site.

    One that cannot be made final (its contract ended meanwhile ...) is noted and open again; the others go on.
    """
    with runtime.engine.connect() as connection:
        ready = db.rows(connection, "queries/ready_resolutions", site=site)
    lines = []
    for (site_id, _), group in groupby(ready, key=lambda row: (row["site_id"], row["has_effect"])):
        numbers = [row["resolution_id"] for row in group]
        run_nights(runtime, site_id, as_of)
        try:
            done = _finish(runtime, site_id, numbers, as_of)
        except (LockboxError, sa.exc.DBAPIError) as error:
            if not _is_of_one(error):
                raise
            done = [item for number in numbers for item in _finish_alone(runtime, site_id, number, as_of)]
        lines.append(f"{site_id}: {len(done)} of {len(numbers)} resolutions are final")
    return lines


def _finish_alone(runtime: Runtime, site_id: str, number: int, as_of: datetime) -> list[int]:
    try:
        return _finish(runtime, site_id, [number], as_of)
    except (LockboxError, sa.exc.DBAPIError) as error:
        if not _is_of_one(error):
            raise
        with runtime.engine.begin() as connection:
            if state_of(connection, number) != READY:  # taken back, or made final by somebody else, meanwhile
                return []
            words = message_of(error)
            connection.execute(
                sa.text("select fail_resolution(:number, :words, :as_of)"),
                {"number": number, "words": words, "as_of": as_of},
            )
            note(connection, "error", EVENT, f"resolution/{number}", words, as_of)
        return []


def _is_of_one(error: Exception) -> bool:
    """Whether a resolution is to blame, and not surroundings or set-up, which fail all of them for now."""
    return not isinstance(fault_of(error), Unavailable | SettingsError | NotReady)


def _finish(runtime: Runtime, site_id: str, numbers: Sequence[int], as_of: datetime) -> list[int]:
    with telemetry.step("resolve", site=site_id), runtime.engine.begin() as connection:
        made = connection.execute(
            sa.text("select * from finish_resolutions(cast(:numbers as bigint[]), cast(:days as date[]), :as_of)"),
            {"numbers": list(numbers), "days": open_days(connection, site_id, as_of), "as_of": as_of},
        ).all()
        items = [row.item_id for row in made]
        note_payers(connection, items)
        adjust_late(connection, items, as_of)
        do_effects(connection, items, as_of)
        telemetry.count(resolved=len(items))
        return items


def run_nights(runtime: Runtime, site_id: str, as_of: datetime) -> None:
    """The nights before the day in whose books the decisions will count."""
    with runtime.engine.begin() as connection:
        day = connection.execute(
            sa.text("select books_day(:site, cast(:days as date[]))"),
            {"site": site_id, "days": open_days(connection, site_id, as_of)},
        ).scalar_one()
    nights_before(runtime, day, as_of)
