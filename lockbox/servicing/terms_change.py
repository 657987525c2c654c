"""Terms and flags that come for days that were decided without them, shell: the contracts are corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from lockbox.servicing.payoff_terms import withdraw_payoffs
from lockbox.servicing.record import last_night, load_records

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


@dataclass(frozen=True, slots=True)
class NewFlag:
    """A flag of a known contract that was just added."""

    contract_id: int
    flag: str
    valid_from: date


def correct(
    connection: sa.Connection, added: Sequence[NewTerms], flags: Sequence[NewFlag], as_of: datetime, file: str = ""
) -> int:
    """Puts in force what came for days whose night was run; gives how many journals that took.

    Each contract ends where its history ends. Its adjustment names the version of terms or the flag as its cause, of
    several the first that comes into force.

    Raises:
        InputError: a schedule leaves out installments, or moves one to a day before the version's own first day.
        NotReady: a night broke off half way.
    """
    refuse_faults(connection, added, file)
    night = last_night(connection)
    posted = _post(connection, _causes(added, flags, night, as_of), night) if night else 0
    withdraw_payoffs(connection, [(new.contract_id, new.valid_from) for new in added], as_of)
    return posted


def _causes(added: Sequence[NewTerms], flags: Sequence[NewFlag], night: date, as_of: datetime) -> dict[int, Cause]:
    """Contract -> why it is corrected: the first of its reasons that comes into force, if its night was run."""
    on = night + timedelta(1)
    causes = [(new.contract_id, Cause("terms", new.version, new.valid_from, on, as_of, "engine")) for new in added]
    for new in flags:
        cause = Cause("flag", int(f"{new.valid_from:%Y%m%d}"), new.valid_from, on, as_of, "engine", new.flag)
        causes.append((new.contract_id, cause))
    causes.sort(key=lambda contract_cause: contract_cause[1].effective_on, reverse=True)
    return {contract: cause for contract, cause in causes if cause.effective_on <= night}


def catch_up(connection: sa.Connection, account_numbers: Sequence[str], opened_on: date, as_of: datetime) -> int:
    """Gives contracts that were just taken over the nights since then that were run without them.

    The adjustment names the takeover as its cause.

    Raises:
        NotReady: a night broke off half way.
    """
    night = last_night(connection)
    assert night is not None
    contracts = connection.execute(
        sa.text(
            "select contract_id from contract join opening using (contract_id) where account_number = any(:numbers)"
        ),
        {"numbers": list(account_numbers)},
    )
    first, on = opened_on + timedelta(1), night + timedelta(1)
    cause = Cause("takeover", int(f"{opened_on:%Y%m%d}"), first, on, as_of, "engine")
    return _post(connection, dict.fromkeys(contracts.scalars(), cause), night)


def correct_taken(connection: sa.Connection, lender_id: str, day: date, as_of: datetime) -> int:
    """Corrects contracts whose terms changed on the day of a night and that were paid on it before, or billed ahead."""
    taken = db.rows(connection, "queries/terms_taken", lender_id=lender_id, day=day)
    causes = {
        row["contract_id"]: Cause("terms", row["version"], row["valid_from"], day, as_of, "engine") for row in taken
    }
    return _post(connection, causes, day)


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


def _post(connection: sa.Connection, causes: Mapping[int, Cause], night: date) -> int:
    """Corrects contracts, each for its cause, some hundred at a time."""
    lock_contracts(connection, list(causes))
    rules, posted, in_order = dict[str, tuple[Rules, IsOpen]](), 0, sorted(causes)
    for start in range(0, len(in_order), AT_ONCE):
        changes = []
        for record in load_records(connection, in_order[start : start + AT_ONCE], night):
            cause = causes[record.contract_id]
            if record.lender_id not in rules:
                rules[record.lender_id] = rule_book(connection, record.lender_id, cause.day)
            book, is_open = rules[record.lender_id]
            changes.append((cause, record, adjustment(record, record.replay(book, is_open), book.bill_days)))
        posted += post_changes(connection, changes)
    return posted
