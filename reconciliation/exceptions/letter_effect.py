"""What a letter asks for, and how it is done: in the transaction that files the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from lockbox import db
from lockbox.customer import contacts
from lockbox.customer.contacts import CONSENTS, Consent
from lockbox.errors import InputError, Refused
from lockbox.lender.dated_rules import lender_day
from lockbox.servicing import actions, disputes, terms_actions
from lockbox.servicing.recorded_action import Instruction, record_action

FLAGS = ("bankruptcy", "deceased", "scra")  # that letters tell of; others are set with `contract flag`
Kind = Literal["address", "contact", "flag", "dispute", "information"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a letter asks for on a contract."""

    kind: Kind
    account_number: str
    facts: Mapping[str, Any]


def new_address(account_number: str, lines: Sequence[str]) -> Effect:
    """The customer's mail goes elsewhere from the day of the letter's receipt on.

    Raises:
        InputError: no street, or no last line with state and ZIP code.
    """
    return Effect("address", account_number, {"lines": contacts.address_lines(lines)})


def new_contact(account_number: str, addresses: Mapping[str, str], consent: Consent | None) -> Effect:
    """Email, mobile number, a consent or its withdrawal, in force from the instant of the letter's receipt on.

    Raises:
        InputError: nothing is given, or no such consent.
    """
    given = {channel: address for channel, address in addresses.items() if address}
    if not given and consent is None:
        raise InputError("give an address, email, mobile number, or consent", field="address")
    if consent is not None and consent.kind not in CONSENTS:
        raise InputError(f"{consent.kind!r} is none of {', '.join(CONSENTS)}", field="consent")
    facts = {"kind": consent.kind, "given": consent.given, "version": consent.version} if consent else None
    return Effect("contact", account_number, {"addresses": given, "consent": facts})


def new_flag(account_number: str, flag: str, since: date, until: date | None = None) -> Effect:
    """A flag from the day of the petition, the death, or the beginning of the service on.

    Raises:
        InputError: no flag of which letters tell, or it ends before it begins.
    """
    if flag not in FLAGS:
        raise InputError(f"a letter tells of {', '.join(FLAGS)}, not of {flag}", field="flag")
    if until is not None and until <= since:
        raise InputError(f"from {since} until {until}", field="until")
    return Effect("flag", account_number, {"flag": flag, "since": str(since), "until": str(until) if until else None})


def new_dispute(account_number: str, subject: str) -> Effect:
    """A direct dispute: a case with its deadline.

    Raises:
        InputError: nothing is said.
    """
    if not subject.strip():
        raise InputError("say what is disputed", field="subject")
    return Effect("dispute", account_number, {"subject": subject.strip()})


def more_information(account_number: str, case_id: int, words: str) -> Effect:
    """What a customer adds to an open dispute.

    Raises:
        InputError: nothing is said.
    """
    if not words.strip():
        raise InputError("say what the letter adds", field="subject")
    return Effect("information", account_number, {"case": case_id, "words": words.strip()})


def ensure_possible(connection: sa.Connection, effect: Effect, contract_id: int, as_of: date) -> None:
    """Refuses at once what could not be done later.

    Raises:
        InputError: a day to come of a bankruptcy or death, no such dispute, or one of another contract.
        Refused: the contract has the flag on that day already.
    """
    if effect.kind == "information":
        case = disputes.dispute(connection, effect.facts["case"])
        if case.account_number != effect.account_number:
            raise InputError(f"dispute {case.case_id} is about {case.account_number}", record=effect.account_number)
    if effect.kind != "flag":
        return
    flag, since = effect.facts["flag"], date.fromisoformat(effect.facts["since"])
    if since > as_of and flag != "scra":
        raise InputError(f"{since} is to come", record=effect.account_number, field="since")
    has_flag = sa.text("select has_flag(:contract, array[:flag], :day)")
    if connection.execute(has_flag, {"contract": contract_id, "flag": flag, "day": since}).scalar_one():
        raise Refused(f"{effect.account_number} has the flag {flag} on {since} already; file the letter")


@dataclass(frozen=True, slots=True)
class FiledLetter:
    """A letter whose resolution was just made final, with what it asks for."""

    resolution_id: int
    item_id: int
    name: str  # site/YYYY-MM-DD/batch/sequence
    received_on: date
    received_at: datetime
    kind: Kind
    contract_id: int
    account_number: str
    customer_id: int
    product: str
    lender_id: str
    facts: Mapping[str, Any]
    maker: str
    note: str


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """What a letter asks for, as its resolution stands."""

    resolution_id: int
    state: str
    kind: str
    account_number: str
    facts: Mapping[str, Any]
    message: str | None  # once it is done


def effects(connection: sa.Connection, item_id: int) -> list[ShownEffect]:
    """All that was ever proposed for a letter, oldest first."""
    return [ShownEffect(**row) for row in db.rows(connection, "queries/letter_effects", item=item_id)]


def do_effects(connection: sa.Connection, items: Sequence[int], as_of: datetime) -> None:
    """Does what the letters among items ask for, in the transaction that made their resolutions final.

    Raises:
        InputError, ConflictError, Refused: it cannot be done; the letter waits again.
    """
    for row in db.rows(connection, "queries/letters_to_do", items=list(items)):
        letter = FiledLetter(**row)
        connection.execute(
            sa.text("select note_letter_done(:resolution, :message, :as_of)"),
            {"resolution": letter.resolution_id, "message": _do(connection, letter, as_of), "as_of": as_of},
        )


def _do(connection: sa.Connection, letter: FiledLetter, as_of: datetime) -> str:
    facts, by = letter.facts, letter.maker
    match letter.kind:
        case "address":
            contacts.change_address(
                connection, letter.customer_id, facts["lines"], letter.received_on, letter.item_id, by, as_of
            )
            return f"{letter.account_number}: mail goes to {', '.join(facts['lines'])} from {letter.received_on} on"
        case "contact":
            return _contact(connection, letter)
        case "flag":
            return _flag(connection, letter, as_of)
        case "dispute":
            case = disputes.open_case(connection, letter.item_id, letter.contract_id, facts["subject"], by, as_of)
            return f"{letter.account_number}: dispute {case.case_id}, to be answered by {case.due_on}"
        case "information":
            case = disputes.add_information(connection, facts["case"], letter.item_id, facts["words"], by, as_of)
            return f"{letter.account_number}: dispute {case.case_id}, to be answered by {case.due_on}"


def _contact(connection: sa.Connection, letter: FiledLetter) -> str:
    for channel, address in letter.facts["addresses"].items():
        contacts.set_contact(connection, letter.customer_id, channel, address, letter.received_at)
    if consent := letter.facts["consent"]:
        signed = Consent(**consent, shown=f"letter {letter.name}")
        contacts.note_consent(connection, letter.customer_id, signed, letter.received_at)
    changes = [*letter.facts["addresses"]]
    if consent:
        changes.append(f"{consent['kind']} {'given' if consent['given'] else 'withdrawn'}")
    return f"{letter.account_number}: {', '.join(changes)}, in force from {letter.received_at:%Y-%m-%d %H:%M %Z} on"


def _flag(connection: sa.Connection, letter: FiledLetter, as_of: datetime) -> str:
    flag, since = letter.facts["flag"], date.fromisoformat(letter.facts["since"])
    until = date.fromisoformat(letter.facts["until"]) if letter.facts["until"] else None
    words = f"letter {letter.name}" + (f": {letter.note}" if letter.note else "")
    instruction = Instruction(letter.account_number, words, letter.maker, as_of, since)
    is_service = flag == "scra" and letter.product == "loan"  # a lease bears no interest that could be capped
    facts = {"until": letter.facts["until"], "item": letter.name} | ({} if is_service else {"flag": flag})
    action = record_action(
        connection,
        letter.lender_id,
        lender_day(connection, letter.lender_id, as_of),
        instruction,
        "scra" if is_service else "flag_set",
        facts,
        any_day=True,
    )
    if is_service:
        return terms_actions.service_begun(action, instruction, until)
    return actions.flag_set(action, instruction, flag, until)
