"""How a contract master gets into the database: staged with COPY, compared, added set by set, opened in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import schedule
from lockbox.contract.master import Master, Opening
from lockbox.contract.position import Position
from lockbox.contract.terms import Method, Product, Terms, terms_on
from lockbox.contract.versions import in_sequence
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.lender.dated_rules import rule_on
from lockbox.servicing import terms_change
from lockbox.servicing.assessment import assess
from lockbox.servicing.record import last_night

FILE = "contract master"
LATE = "late/"  # the key of a late fee in a position: "late/<installment no>"

Row = tuple[Any, ...]

# In the order of the columns of sql/load/master_stage.sql.
_RUN_FIELDS = attrgetter("first_no", "first_due_on", "due_day", "count", "amount_cents", "tax_cents")
_LEASE_FIELDS = attrgetter(
    "term_months",
    "residual_cents",
    "disposition_fee_cents",
    "purchase_fee_cents",
    "allowed_miles",
    "excess_mile_cents",
    "tax_ppm",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load added; all 0 if everything was there."""

    customers: int
    contracts: int
    terms: int
    flags: int
    payers: int
    journals: int


def load_master(connection: sa.Connection, master: Master, as_of: datetime) -> Loaded:
    """Adds what the database does not have yet, in the caller's transaction; a second load adds nothing.

    Terms and flags that come for a day whose night was run are in force from that day: the contract is corrected. So is
    a contract that was taken over before the last night: it has the nights since then that were run without it.
    Every contract that owes something gets one opening journal: Dr receivable.<bucket>, Cr equity.opening. So does one
    that only has installments billed and paid, which terms may still change: Dr and Cr equity.opening.
    The lender, its rules and the ledger accounts must be there: load the profile first.

    Raises:
        ConflictError: a customer, contract, terms, opening or flag is there with other content; nothing was added.
        InputError: a row names an unknown customer or contract, or a contract has no terms or no opening; terms are
            valid from before the takeover, or move what was due before their first day.
        NotReady: no profile of this lender has been loaded, or terms come for a past day while a night is broken off.
    """
    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": db.Lock.CONTRACT_MASTER})
    lender = {"lender_id": master.lender_id}
    if not connection.execute(sa.text("select 1 from lender where lender_id = :lender_id"), lender).first():
        raise NotReady(f"{master.lender_id}: no such lender; load its profile first")
    _stage(connection, master, int(rule_on(connection, master.lender_id, "bill.days_before", master.opening_on)))
    different = db.rows(connection, "load/master_conflicts", **lender)
    if different:
        names = ", ".join(f"{row['about']} {row['name']}" for row in different)
        raise ConflictError(f"{master.lender_id}: already there with other content: {names}")
    stray = db.rows(connection, "load/master_strays", **lender)
    if stray:
        more = f" (and {len(stray) - 1} more like it)" if len(stray) > 1 else ""
        raise InputError(stray[0]["fault"] + more, FILE, stray[0]["record"], stray[0]["field"])
    _refuse_stray_openings(master)
    terms, flags = _later_terms(connection, master.lender_id), _later_flags(connection, master.lender_id)
    behind = _behind(connection, master)
    rows = connection.execute(
        sa.text("select what, added from open_contracts(:lender_id, :opening_on, :as_of)"),
        {**lender, "opening_on": master.opening_on, "as_of": as_of},
    )
    added = {row.what: row.added for row in rows}
    if behind:
        terms_change.catch_up(connection, behind, master.opening_on, as_of)
    elif added["contracts"]:  # late fees of installments whose last on-time day this was are charged in the first night
        assess(connection, master.lender_id, master.opening_on, opened_from=master.opening_on)
    if terms or flags:
        terms_change.correct(connection, terms, flags, as_of, FILE)
    return Loaded(**added)


def _refuse_stray_openings(master: Master) -> None:
    """An opening says what was owed under terms: without them it cannot be staged, and must not be dropped."""
    numbers = {version.account_number for version in master.terms}
    for number in (opening.account_number for opening in master.openings):
        if number not in numbers:
            raise InputError(
                f"no terms for contract: {number}", FILE, f"opening of contract {number}", "account_number"
            )


def _later_terms(connection: sa.Connection, lender_id: str) -> list[terms_change.NewTerms]:
    """Versions that known contracts get now; no night runs until they are in force.

    What was owed at the takeover is as the lender said then: a version cannot reach behind it.

    Raises:
        InputError: a version is valid from the day of the takeover or before.
    """
    rows = db.rows(connection, "load/master_later_terms", lender_id=lender_id)
    _hold_nights(connection, bool(rows))
    later = [terms_change.NewTerms(**row) for row in rows]
    for new in later:
        if new.valid_from <= new.opened_on:
            known = new.opened_on + timedelta(1)
            fault = f"{new.valid_from} is before {known}: what was owed then came with the takeover"
            raise InputError(fault, FILE, new.record, "valid_from")
    return later


def _later_flags(connection: sa.Connection, lender_id: str) -> list[terms_change.NewFlag]:
    """Flags that known contracts get now."""
    rows = db.rows(connection, "load/master_later_flags", lender_id=lender_id)
    _hold_nights(connection, bool(rows))
    return [terms_change.NewFlag(**row) for row in rows]


def _behind(connection: sa.Connection, master: Master) -> list[str]:
    """The new contracts whose nights since the takeover were run without them."""
    night = last_night(connection)
    if night is None or master.opening_on >= night:
        return []
    rows = connection.execute(
        sa.text("""
            select n.account_number from new_contract as n
            where not exists (
                select from contract as c where c.account_number = n.account_number and c.lender_id = :lender
            )
            order by 1"""),
        {"lender": master.lender_id},
    )
    behind = list(rows.scalars())
    _hold_nights(connection, bool(behind))
    return behind


def _hold_nights(connection: sa.Connection, is_needed: bool) -> None:
    """No night runs until the transaction ends."""
    if is_needed:
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": db.Lock.NIGHT})


def _stage(connection: sa.Connection, master: Master, bill_days: int) -> None:
    db.run_script(connection, (db.SQL / "load" / "master_stage.sql").read_text())
    staged = {**_contract_rows(master), **_opening_rows(master, bill_days)}
    for table, rows in staged.items():
        with db.copy_into(connection, table) as collected:
            collected.extend(rows)
    # Without statistics the planner takes temp tables to be tiny and nests loops over them.
    db.run_script(connection, f"analyze {', '.join(staged)}")


def _contract_rows(master: Master) -> Mapping[str, Iterable[Row]]:
    """Table -> rows of what the master says in its own words."""
    versions = [(version.account_number, version.terms) for version in master.terms]
    return {
        "new_customer": (
            (customer.customer_no, customer.name, "\n".join(customer.address_lines)) for customer in master.customers
        ),
        "new_contract": map(
            attrgetter("account_number", "customer_no", "product", "state", "opened_on", "original_cents"),
            master.contracts,
        ),
        "new_terms": ((number, *_terms_row(terms)) for number, terms in versions),
        "new_run": ((number, terms.version, *_RUN_FIELDS(run)) for number, terms in versions for run in terms.schedule),
        "new_lease": (
            (number, terms.version, *_LEASE_FIELDS(terms.lease)) for number, terms in versions if terms.lease
        ),
        "new_flag": map(attrgetter("account_number", "flag", "valid_from", "valid_to"), master.flags),
        "new_payer": map(attrgetter("account_token", "account_number", "first_seen_on"), master.payers),
    }


def _terms_row(terms: Terms) -> Row:
    rate = terms.rate_ppm, terms.day_count, terms.method
    return terms.version, terms.valid_from, *rate, terms.order.order_id, terms.excess


def _opening_rows(master: Master, bill_days: int) -> Mapping[str, Iterable[Row]]:
    """Table -> rows of where the contracts stood, by the terms that were in force then."""
    versions = defaultdict[str, list[Terms]](list)
    for version in master.terms:
        versions[version.account_number].append(version.terms)
    opened = [
        (opening, terms_on(in_sequence(versions[opening.account_number]), opening.position.on))
        for opening in master.openings
        if opening.account_number in versions
    ]
    billed = [list(_billed(opening, terms, bill_days)) for opening, terms in opened]
    return {
        "new_opening": (
            _opening_row(opening, terms, rows) for (opening, terms), rows in zip(opened, billed, strict=True)
        ),
        "new_installment": (
            (opening.account_number, *row) for (opening, _), rows in zip(opened, billed, strict=True) for row in rows
        ),
        "new_late_fee": (
            (opening.account_number, int(fee.key.removeprefix(LATE)), fee.on, fee.open_cents)
            for opening, _ in opened
            for fee in opening.position.fees
            if fee.key.startswith(LATE)
        ),
    }


def _billed(opening: Opening, terms: Terms, bill_days: int) -> Iterator[Row]:
    """Installments billed and not settled: (no, due_on, amount, tax, is_last, credited), amounts in cents with tax."""
    position = opening.position
    if terms.product is Product.LEASE:
        yield from _lease_bills(opening, terms)
        return
    ahead = range(schedule.first_due(terms.schedule, position.on + timedelta(1)), position.paid_through + 1)
    for no in sorted({*ahead, *(no for no in position.late_fees if no <= position.paid_through)}):
        yield from _settled(terms, no)
    credits = {credit.no: credit.amount_cents for credit in position.credits}
    last = schedule.last_no(terms.schedule)
    for no in range(position.paid_through + 1, last + 1):
        due = schedule.installment(terms.schedule, no)
        if due is None or (due.due_on - timedelta(bill_days) > position.on and no not in credits):
            return
        yield no, due.due_on, due.amount_cents, 0, no == last, credits.get(no, 0)


def _lease_bills(opening: Opening, terms: Terms) -> Iterator[Row]:
    position = opening.position
    for bill in position.bills:
        due = schedule.installment(terms.schedule, bill.no)
        if due is None:
            raise InputError(f"bill {bill.no} is not in the schedule", FILE, opening.account_number)
        left = bill.rent_cents + bill.tax_cents
        yield due.no, due.due_on, due.total_cents, due.tax_cents, False, due.total_cents - left
    ahead = range(schedule.first_due(terms.schedule, position.on + timedelta(1)), _last_billed(position) + 1)
    for no in sorted({*ahead, *position.late_fees} - {bill.no for bill in position.bills}):
        yield from _settled(terms, no)


def _last_billed(position: Position) -> int:
    """The number of a lease's last rent that was billed before the takeover, or paid."""
    return max(position.paid_through, *(bill.no for bill in position.bills), 0)


def _settled(terms: Terms, no: int) -> Iterator[Row]:
    """An installment that is paid; it is loaded because its late fee still counts, or because terms may change it."""
    due = schedule.installment(terms.schedule, no)
    if due is not None:
        is_last = no == schedule.last_no(terms.schedule) and terms.product is Product.LOAN
        yield no, due.due_on, due.total_cents, due.tax_cents, is_last, due.total_cents


def _opening_row(opening: Opening, terms: Terms, billed: list[Row]) -> Row:
    position, is_scheduled = opening.position, terms.method is Method.SCHEDULED
    last_billed = max([position.paid_through, *(row[0] for row in billed)])
    next_due = schedule.installment(terms.schedule, last_billed + 1)
    return (
        opening.account_number,
        position.principal_cents,
        position.interest_cents,
        position.fee_cents,
        position.rent_cents,
        position.tax_cents,
        position.unapplied_cents,
        position.fee_ahead_cents,
        position.carry,
        position.base_cents if is_scheduled else 0,
        position.period_cents if is_scheduled else 0,
        position.paid_through,
        last_billed,
        next_due.no if next_due else None,
        next_due.due_on if next_due else None,
    )
