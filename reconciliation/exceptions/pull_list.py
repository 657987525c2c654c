"""The pull list: which papers a site's people send back, send on, or scan again; and when paper may be destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError
from lockbox.lender.dated_rules import lender_day, rule_on
from lockbox.mail.books_day import open_days
from lockbox.ops_events import note, settle
from lockbox.servicing.correction import find_item

MISSING = "paper_missing"  # kind of event
KEEP_DAYS = "paper.keep_days"
TO_DO = {"return": "to be returned", "forward": "to be sent on", "rescan": "to be scanned again"}
STATES = {
    "open": "",
    "signed": ", confirmed by one person",
    "missing": ", not found",
    "confirmed": ", done",
    "withdrawn": ", withdrawn",
}


@dataclass(frozen=True, slots=True)
class PullEntry:
    """A paper, and what is to be done with it."""

    entry_no: int
    name: str  # of its item
    item_id: int
    site_id: str
    received_on: date
    batch_no: str  # the tray
    sequence: int
    action: str  # return, forward, rescan
    state: str  # open, signed (by one person), confirmed (by two), missing, withdrawn
    kind: str
    amount_cents: int | None
    reasons: tuple[str, ...]
    note: str
    asked_by: str
    asked_at: datetime
    to_name: str | None  # None: not read, and nobody has given it yet
    to_address: tuple[str, ...]
    recipient_by: str | None  # who gave it; 'engine': as read
    taken_by: str | None  # of the last step
    taken_at: datetime | None
    step_note: str | None
    has_letter: bool  # printed

    @property
    def words(self) -> str:
        """What is to be done, and how far it is."""
        return f"{TO_DO[self.action]}{STATES[self.state]}"


@dataclass(frozen=True, slots=True)
class TrayPaper:
    """The paper of a batch, and from when on it may be destroyed."""

    site_id: str
    business_date: date
    batch_no: str
    papers: int
    deposited: int
    papers_gone: int  # returned or sent on
    waiting: int  # for a person, or on the pull list
    destroy_from: date | None  # None: not yet known

    def may_be_destroyed(self, day: date) -> bool:
        """Whether its day has come."""
        return self.destroy_from is not None and self.destroy_from <= day


def entries(
    connection: sa.Connection, site_id: str = "", *, item_id: int = 0, entry_no: int = 0, closed: bool = False
) -> list[PullEntry]:
    """The pull list, by site, day, and batch; of one site or item, and with what is done, if asked for."""
    rows = db.rows(connection, "queries/pull_list", site=site_id, item=item_id, entry=entry_no, closed=closed)
    return [
        PullEntry(
            **{key: row[key] for key in row if key not in ("reasons", "to_address")},
            reasons=tuple(row["reasons"]),
            to_address=tuple(row["to_address"] or ()),
        )
        for row in rows
    ]


def ask_rescan(connection: sa.Connection, item: str, why: str, person: str, as_of: datetime) -> int:
    """Asks that an item is scanned again; it waits meanwhile. Gives the number of the entry.

    Raises:
        InputError: no such item, nobody is named, or no reason is given.
        Refused: it does not wait for a person, or is to be scanned again already.
    """
    _ensure_said(person, why, item)
    statement = sa.text("select ask_rescan(:item, :why, :person, :as_of)")
    values = {"item": find_item(connection, item), "why": why.strip(), "person": person.strip(), "as_of": as_of}
    return int(connection.execute(statement, values).scalar_one())


def address(
    connection: sa.Connection, entry_no: int, name: str, lines: Sequence[str], person: str, as_of: datetime
) -> None:
    """Says to whom a paper goes.

    Raises:
        InputError: a name, a line of the address, or the person is empty.
        Refused: somebody has confirmed already that it went, or it is to be scanned again.
    """
    kept = [line.strip() for line in lines if line.strip()]
    if not name.strip() or not kept or not person.strip():
        raise InputError("give name, address, and who gives them", record=f"entry {entry_no}")
    statement = sa.text("select address_paper(:entry, :name, cast(:lines as text[]), :person, :as_of)")
    values = {"entry": entry_no, "name": name.strip(), "lines": kept, "person": person.strip(), "as_of": as_of}
    connection.execute(statement, values)


def confirm(connection: sa.Connection, entry_no: int, person: str, as_of: datetime) -> str:
    """One of two people confirms that an entry is done; gives its state: "signed", then "confirmed".

    Raises:
        InputError: nobody is named.
        Refused: the same person confirmed it, it is done, or nobody knows to whom it goes.
    """
    _ensure_said(person, "done", f"entry {entry_no}")
    state = _step(connection, entry_no, "confirmed", person, "", as_of)
    settle(connection, MISSING, _scope(connection, entry_no), as_of)
    return state


def fail(connection: sa.Connection, entry_no: int, person: str, where: str, as_of: datetime) -> None:
    """A person cannot find the paper: an event, until two people confirm the entry after all.

    Raises:
        InputError: nobody is named, or it is not said where they looked.
        Refused: the entry is done.
    """
    _ensure_said(person, where, f"entry {entry_no}")
    _step(connection, entry_no, "missing", person, where.strip(), as_of)
    (entry,) = entries(connection, entry_no=entry_no)
    words = f"pull list {entry_no}: the paper cannot be found; it is {TO_DO[entry.action]}"
    note(connection, "error", MISSING, entry.name, words, as_of)


def reopen(connection: sa.Connection, item: str, person: str, remark: str, as_of: datetime) -> date:
    """Takes up again what was returned, sent on, or filed, while its paper is here; gives the day in whose books.

    Raises:
        InputError: no such item, or nobody is named.
        Refused: its paper has left, or it is none of these.
    """
    _ensure_said(person, "again", item)
    item_id = find_item(connection, item)
    place = sa.text("""
        select site_id, site_id || '/' || business_date || '/' || batch_no || '/' || sequence as name
        from batch join item using (batch_id) where item_id = :item""")
    at = connection.execute(place, {"item": item_id}).one()
    day: date = connection.execute(
        sa.text("select reopen_paper(:item, :person, :note, cast(:days as date[]), :as_of)"),
        {
            "item": item_id,
            "person": person.strip(),
            "note": remark.strip(),
            "days": open_days(connection, at.site_id, as_of),
            "as_of": as_of,
        },
    ).scalar_one()
    settle(connection, MISSING, at.name, as_of)
    return day


def trays(connection: sa.Connection, lender_id: str, as_of: datetime, site_id: str = "") -> list[TrayPaper]:
    """The paper of every batch, by site and day, with the day from which it may be destroyed.

    Raises:
        SettingsError: `paper.keep_days` has no value.
    """
    keep_days = rule_on(connection, lender_id, KEEP_DAYS, lender_day(connection, lender_id, as_of))
    rows = db.rows(connection, "queries/paper_to_destroy", lender=lender_id, site=site_id, keep_days=int(keep_days))
    return [TrayPaper(**row) for row in rows]


def _step(connection: sa.Connection, entry_no: int, to_state: str, person: str, words: str, as_of: datetime) -> str:
    statement = sa.text("select step_paper(:entry, :state, :person, :words, :as_of)")
    values = {"entry": entry_no, "state": to_state, "person": person.strip(), "words": words, "as_of": as_of}
    return str(connection.execute(statement, values).scalar_one())


def _scope(connection: sa.Connection, entry_no: int) -> str:
    (entry,) = entries(connection, entry_no=entry_no, closed=True)
    return entry.name


def _ensure_said(person: str, words: str, record: str) -> None:
    if not person.strip() or not words.strip():
        raise InputError("name the person, and say why", record=record)
