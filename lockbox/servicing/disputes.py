"""Direct disputes (12 CFR 1022.43), shell: answered or rejected by one person, closed by another, in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.grace import IsOpen
from lockbox.errors import InputError
from lockbox.lender.dated_rules import lender_day, lender_served, mail_calendar, rule_on
from lockbox.ops_events import note, settle_all_but
from lockbox.runtime import Runtime

EVENT = "dispute"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A case with its newest step."""

    case_id: int
    account_number: str
    lender_id: str
    item: str  # the letter: site/YYYY-MM-DD/batch/sequence
    subject: str
    received_on: date
    state: str  # opened, information, answered, frivolous, closed
    due_on: date | None  # None: closed
    determination: str | None  # answered or frivolous
    maker: str | None  # who decided that
    checker: str | None  # who closed it
    compliance_code: str  # Metro 2, field 20: XB while it is open, XH after

    def is_overdue(self, day: date) -> bool:
        """Whether its deadline has passed."""
        return self.due_on is not None and day > self.due_on


@dataclass(frozen=True, slots=True)
class DisputeStep:
    """One step of a case."""

    state: str
    on_day: date
    due_on: date | None
    words: str
    item: str | None  # the letter that brought it
    taken_by: str
    taken_at: datetime


def listed(connection: sa.Connection, *, closed: bool = False, case_id: int = 0) -> list[Dispute]:
    """Open cases, what is due first; with `closed` all of them, with a number that one."""
    rows = db.rows(connection, "queries/disputes", closed=closed or bool(case_id), dispute=case_id)
    return [Dispute(**row) for row in rows]


def dispute(connection: sa.Connection, case_id: int) -> Dispute:
    """The case of a number.

    Raises:
        InputError: there is none.
    """
    cases = listed(connection, case_id=case_id)
    if not cases:
        raise InputError("no such dispute", record=f"dispute {case_id}")
    return cases[0]


def steps(connection: sa.Connection, case_id: int) -> list[DisputeStep]:
    """What happened to a case, oldest first."""
    return [DisputeStep(**row) for row in db.rows(connection, "queries/dispute_steps", dispute=case_id)]


def open_case(
    connection: sa.Connection, item_id: int, contract_id: int, subject: str, by: str, as_of: datetime
) -> Dispute:
    """Opens a case for a letter: its clock begins on the day of receipt."""
    number = connection.execute(
        sa.text("select open_dispute(:item, :contract, :subject, :by, :as_of)"),
        {"item": item_id, "contract": contract_id, "subject": subject, "by": by, "as_of": as_of},
    ).scalar_one()
    return dispute(connection, int(number))


def answer(
    connection: sa.Connection, case_id: int, words: str, by: str, as_of: datetime, *, frivolous: bool = False
) -> Dispute:
    """Records what was found, or why the dispute is frivolous; the customer is told, and a second person closes it.

    Raises:
        InputError: no such case.
        Refused: it is decided already, or it is the person's own contract.
    """
    case = dispute(connection, case_id)
    day = lender_day(connection, case.lender_id, as_of)
    due = None
    if frivolous:
        days = int(rule_on(connection, case.lender_id, "dispute.frivolous_business_days", day))
        due = business_days_after(day, days, mail_calendar(connection, case.lender_id))
    _step(connection, case_id, "frivolous" if frivolous else "answered", day, words, by, as_of, due=due)
    return dispute(connection, case_id)


def close(connection: sa.Connection, case_id: int, words: str, by: str, as_of: datetime) -> Dispute:
    """Closes a case once the customer was told: by somebody else than the person who decided it.

    Raises:
        InputError: no such case.
        Refused: it is not decided, or by the same person.
    """
    case = dispute(connection, case_id)
    _step(connection, case_id, "closed", lender_day(connection, case.lender_id, as_of), words, by, as_of)
    note_due(connection, case.lender_id, as_of)
    return dispute(connection, case_id)


def add_information(
    connection: sa.Connection, case_id: int, item_id: int, words: str, by: str, as_of: datetime
) -> Dispute:
    """What a customer adds by a letter: within the first period it extends the deadline.

    Raises:
        InputError: no such case.
        Refused: it is decided already.
    """
    received = connection.execute(sa.text("select receipt_date(:item)"), {"item": item_id}).scalar_one()
    _step(connection, case_id, "information", received, words, by, as_of, item_id=item_id)
    return dispute(connection, case_id)


def _step(
    connection: sa.Connection, case_id: int, state: str, day: date, words: str, by: str, as_of: datetime,
    due: date | None = None, item_id: int | None = None,
) -> None:  # fmt: skip
    if not words.strip():
        raise InputError("say in words what was found, or what was sent", record=f"dispute {case_id}")
    connection.execute(
        sa.text("select step_dispute(:dispute, :state, :day, :due, :words, :item, :by, :as_of)"),
        {
            "dispute": case_id,
            "state": state,
            "day": day,
            "due": due,
            "words": words,
            "item": item_id,
            "by": by,
            "as_of": as_of,
        },
    )


def business_days_after(day: date, days: int, is_open: IsOpen) -> date:
    """So many open days after a day."""
    for _ in range(days):
        day += DAY
        while not is_open(day):
            day += DAY
    return day


def note_disputes(runtime: Runtime, as_of: datetime) -> None:
    """Tells of every open dispute whose deadline is near or has passed."""
    with runtime.engine.begin() as connection:
        note_due(connection, lender_served(connection, runtime.settings.profile), as_of)


def note_due(connection: sa.Connection, lender_id: str, as_of: datetime) -> None:
    """The same, for one lender; events of what is closed, or has more time now, are closed."""
    day = lender_day(connection, lender_id, as_of)
    ahead = timedelta(days=int(rule_on(connection, lender_id, "dispute.warn_days", day)))
    scopes = []
    for case in listed(connection):
        if case.lender_id != lender_id or case.due_on is None or case.due_on > day + ahead:
            continue
        scopes.append(f"dispute/{lender_id}/{case.case_id}")
        late = case.is_overdue(day)
        words = f"dispute {case.case_id} {'was' if late else 'is'} due on {case.due_on}; it is {case.state}"
        note(connection, "error" if late else "warning", EVENT, scopes[-1], words, as_of)
    settle_all_but(connection, EVENT, scopes, as_of, within=f"dispute/{lender_id}/")
