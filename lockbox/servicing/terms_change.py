"""Terms that come into force for days that were decided under other terms, shell: the contracts are corrected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import Rules
from lockbox.errors import InputError
from lockbox.lender.dated_rules import rule_book
from lockbox.servicing.adjustment import adjustment
from lockbox.servicing.correction import Cause, lock_contracts, post_changes
from lockbox.servicing.record import last_night, load_record

AT_ONCE = 500  # contracts in one call of post_correction


@dataclass(frozen=True, slots=True)
class NewTerms:
    """A version of a contract's terms that was just added."""

    contract_id: int
    account_number: str
    version: int
    valid_from: date
    opened_on: date  # the day of the takeover

    @property
    def record(self) -> str:
        """Its name in a message."""
        return f"terms version {self.version} of contract {self.account_number}"


def correct(connection: sa.Connection, added: Sequence[NewTerms], as_of: datetime, file: str = "") -> int:
    """Puts versions in force that came for days whose night was run; gives how many contracts changed in the ledger.

    Each contract ends where its history ends. Its adjustment names the version as its cause, of several the first that
    comes into force.

    Raises:
        InputError: a schedule leaves out installments, or moves one to a day before the version's own first day.
        NotReady: a night broke off half way.
    """
    refuse_faults(connection, added, file)
    night = last_night(connection)
    late = [new for new in added if night is not None and new.valid_from <= night]
    first = {new.contract_id: new for new in reversed(late)}
    return _post(connection, [(new.contract_id, new.version, new.valid_from) for new in first.values()], night, as_of)


def correct_taken(connection: sa.Connection, lender_id: str, day: date, as_of: datetime) -> int:
    """Corrects contracts whose terms changed on the day of a night and that were paid on it before, or billed ahead."""
    taken = db.rows(connection, "queries/terms_taken", lender_id=lender_id, day=day)
    versions = [(row["contract_id"], row["version"], row["valid_from"]) for row in taken]
    return _post(connection, versions, day, as_of, day)


def refuse_faults(connection: sa.Connection, added: Iterable[NewTerms], file: str = "") -> None:
    """Raises InputError if the schedule of a new version cannot follow the one before it."""
    by_key = {(new.contract_id, new.version): new for new in added}
    faults = connection.execute(
        sa.text("select * from terms_faults(cast(:contracts as bigint []))"),
        {"contracts": sorted({contract_id for contract_id, _ in by_key})},
    )
    for row in faults:
        new = by_key.get((row.contract_id, row.version)) or next(
            new for new in by_key.values() if new.contract_id == row.contract_id
        )
        raise InputError(f"version {row.version} {row.fault}", file, new.record, "schedule")


def _post(
    connection: sa.Connection,
    versions: Sequence[tuple[int, int, date]],
    night: date | None,
    as_of: datetime,
    day: date | None = None,
) -> int:
    """(contract, version, first day) of the causes; the journals get the day, or the one after the last night."""
    lock_contracts(connection, [contract_id for contract_id, _, _ in versions])
    rules, changed, in_order = dict[str, tuple[Rules, IsOpen]](), 0, sorted(versions)
    for start in range(0, len(in_order), AT_ONCE):
        changes = []
        for contract_id, version, valid_from in in_order[start : start + AT_ONCE]:
            record = load_record(connection, contract_id, night)
            on = day or record.last_night + timedelta(1)
            if record.lender_id not in rules:
                rules[record.lender_id] = rule_book(connection, record.lender_id, on)
            book, is_open = rules[record.lender_id]
            change = adjustment(record, record.replay(book, is_open), book.bill_days)
            changes.append((Cause("terms", version, valid_from, on, as_of, "engine"), record, change))
        changed += post_changes(connection, changes)
    return changed
