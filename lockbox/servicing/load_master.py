"""How a contract master gets into the database: staged with COPY, compared, added set by set, opened in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import schedule
from lockbox.contract.master import Master, Opening
from lockbox.contract.terms import Product, Terms
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.lender.dated_rules import rule_on

LATE = "late/"  # the key of a late fee in a position: "late/<installment no>"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load added; all 0 when everything was there."""

    customers: int
    contracts: int
    terms: int
    flags: int
    payers: int
    journals: int


def load_master(connection: sa.Connection, master: Master, as_of: datetime) -> Loaded:
    """Adds what the database does not have yet, in the caller's transaction; a second load adds nothing.

    Every contract that owes something gets one opening journal: Dr receivable.<bucket>, Cr equity.opening.
    The lender, its rules and the ledger accounts must be there: the profile is loaded first.

    Raises:
        ConflictError: a customer, contract, terms, opening or flag is known with other content; nothing was added.
        InputError: a row names a customer or contract that is nowhere, or a contract has no terms or no opening.
        NotReady: no profile of this lender has been loaded.
    """
    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": db.Lock.CONTRACT_MASTER})
    lender = {"lender_id": master.lender_id}
    if not connection.execute(sa.text("select 1 from lender where lender_id = :lender_id"), lender).first():
        raise NotReady(f"{master.lender_id}: no such lender; load its profile first")
    _stage(connection, master, int(rule_on(connection, master.lender_id, "bill.days_before", master.opening_on)))
    different = db.rows(connection, "load/master_conflicts", **lender)
    if different:
        names = ", ".join(f"{one['about']} {one['name']}" for one in different)
        raise ConflictError(f"{master.lender_id}: already there with other content: {names}")
    stray = db.rows(connection, "load/master_strays", **lender)
    if stray:
        raise InputError(f"{stray[0]['fault']}: {stray[0]['name']}", file="contract master")
    added = connection.execute(
        sa.text("select what, added from open_contracts(:lender_id, :opening_on, :as_of)"),
        {**lender, "opening_on": master.opening_on, "as_of": as_of},
    )
    return Loaded(**{row.what: row.added for row in added})


def _stage(connection: sa.Connection, master: Master, bill_days: int) -> None:
    db.run_script(connection, (db.SQL / "load" / "master_stage.sql").read_text())
    terms = {one.account_number: one.terms for one in master.terms}  # the newest; versions come in order
    first = {one.account_number: one.terms for one in reversed(master.terms)}
    opened = [(one, first[one.account_number]) for one in master.openings if one.account_number in terms]
    billed = [(one.account_number, list(_billed(one, terms, bill_days))) for one, terms in opened]
    staged: Mapping[str, Iterable[Row]] = {
        "new_customer": ((one.customer_no, one.name, "\n".join(one.address_lines)) for one in master.customers),
        "new_contract": (
            (one.account_number, one.customer_no, one.product, one.state, one.opened_on, one.original_cents)
            for one in master.contracts
        ),
        "new_terms": (
            (a.account_number, t.version, t.valid_from, t.rate_ppm, t.day_count, t.method, t.order.order_id, t.excess)
            for a in master.terms for t in (a.terms,)
        ),
        "new_run": (
            (a.account_number, a.terms.version, run.first_no, run.first_due_on, run.due_day, run.count,
             run.amount_cents, run.tax_cents)
            for a in master.terms for run in a.terms.schedule
        ),
        "new_lease": (
            (a.account_number, a.terms.version, end.term_months, end.residual_cents, end.disposition_fee_cents,
             end.purchase_fee_cents, end.allowed_miles, end.excess_mile_cents, end.tax_ppm)
            for a in master.terms for end in ((a.terms.lease,) if a.terms.lease else ())
        ),
        "new_opening": (_opening(one, terms, rows) for (one, terms), (_, rows) in zip(opened, billed, strict=True)),
        "new_installment": ((number, *row) for number, rows in billed for row in rows),
        "new_late_fee": (
            (one.account_number, int(fee.key.removeprefix(LATE)), fee.on, fee.open_cents)
            for one, _ in opened for fee in one.position.fees if fee.key.startswith(LATE)
        ),
        "new_flag": ((one.account_number, one.flag, one.valid_from, one.valid_to) for one in master.flags),
        "new_payer": ((one.account_token, one.account_number, one.first_seen_on) for one in master.payers),
    }  # fmt: skip
    for table, rows in staged.items():
        with db.copy_into(connection, table) as collected:
            collected.extend(rows)
    # Without figures the planner takes temp tables for tiny and nests loops over them.
    db.run_script(connection, f"analyze {', '.join(staged)}")


def _billed(opening: Opening, terms: Terms, bill_days: int) -> Iterator[Row]:
    """Installments asked for and not settled: (no, due_on, amount, tax, is_last, credited), amounts with tax."""
    position = opening.position
    if terms.product is Product.LEASE:
        for bill in position.bills:
            one = schedule.installment(terms.schedule, bill.no)
            if one is None:
                raise InputError(f"bill {bill.no} is not in the schedule", "contract master", opening.account_number)
            left = bill.rent_cents + bill.tax_cents
            yield one.no, one.due_on, one.total_cents, one.tax_cents, False, one.total_cents - left
        for no in sorted({*position.late_fees} - {bill.no for bill in position.bills}):
            yield from _settled(terms, no)
        return
    for no in sorted(no for no in position.late_fees if no <= position.paid_through):
        yield from _settled(terms, no)
    credits = {one.no: one.amount_cents for one in position.credits}
    last = schedule.last_no(terms.schedule)
    for no in range(position.paid_through + 1, last + 1):
        one = schedule.installment(terms.schedule, no)
        if one is None or (one.due_on - timedelta(bill_days) > position.on and no not in credits):
            return
        yield no, one.due_on, one.amount_cents, 0, no == last, credits.get(no, 0)


def _settled(terms: Terms, no: int) -> Iterator[Row]:
    """An installment that is paid; it is there because its late fee is not."""
    one = schedule.installment(terms.schedule, no)
    if one is not None:
        is_last = no == schedule.last_no(terms.schedule) and terms.product is Product.LOAN
        yield no, one.due_on, one.total_cents, one.tax_cents, is_last, one.total_cents


def _opening(opening: Opening, terms: Terms, billed: list[Row]) -> Row:
    position = opening.position
    last_billed = max([position.paid_through, *(row[0] for row in billed)])
    following = schedule.installment(terms.schedule, last_billed + 1)
    due_on: date | None = following.due_on if following else None
    return (
        opening.account_number, position.principal_cents, position.interest_cents, position.fee_cents,
        position.rent_cents, position.tax_cents, position.unapplied_cents, position.fee_ahead_cents, position.carry,
        position.base_cents if terms.method == "scheduled" else 0,
        position.period_cents if terms.method == "scheduled" else 0,
        position.paid_through, last_billed, following.no if following else None, due_on,
    )  # fmt: skip
