"""How a contract master gets into the database: staged with COPY, compared, added set by set, opened in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import Master
from lockbox.errors import ConflictError, InputError, NotReady

LOCK = 4712  # advisory lock: two loads at once would each miss what the other is adding


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load added; all 0 when everything was there."""

    customers: int
    contracts: int
    charges: int
    flags: int
    payers: int
    journals: int


def load_master(connection: sa.Connection, master: Master, as_of: datetime) -> Loaded:
    """Adds what the database does not have yet, in the caller's transaction; a second load adds nothing.

    Every contract that owes something gets one opening journal: Dr receivable.<kind> per charge, Cr equity.opening.
    The lender and the ledger accounts must be there: the profile is loaded first.

    Raises:
        ConflictError: a customer, contract, charge or flag is known with other content; nothing was added.
        InputError: a row names a customer or contract that is nowhere.
        NotReady: no profile of this lender has been loaded.
    """
    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    _stage(connection, master)
    lender = {"lender_id": master.lender_id}
    if not connection.execute(sa.text("select 1 from lender where lender_id = :lender_id"), lender).first():
        raise NotReady(f"{master.lender_id}: no such lender; load its profile first")
    different = db.rows(connection, "load/master_conflicts", **lender)
    if different:
        names = ", ".join(f"{one['about']} {one['name']}" for one in different)
        raise ConflictError(f"{master.lender_id}: already there with other content: {names}")
    added = [_add(connection, "customers", lender), _add(connection, "contracts", lender)]
    stray = db.rows(connection, "load/master_strays", **lender)
    if stray:
        raise InputError(f"no such {stray[0]['about']}: {stray[0]['name']}", file="contract master")
    added += [_add(connection, table, lender) for table in ("charges", "flags", "payers")]
    added.append(_add(connection, "journals", {**lender, "opening_on": master.opening_on, "as_of": as_of}))
    _add(connection, "entries", lender)
    return Loaded(*added)


def _add(connection: sa.Connection, table: str, parameters: Mapping[str, object]) -> int:
    return int(connection.execute(db.query(f"load/master_{table}"), parameters).rowcount)


def _stage(connection: sa.Connection, master: Master) -> None:
    db.run_script(connection, (db.SQL / "load" / "master_stage.sql").read_text())
    with db.copy_into(connection, "new_customer", ("customer_no", "name", "address")) as rows:
        rows.extend((one.customer_no, one.name, "\n".join(one.address_lines)) for one in master.customers)
    columns: tuple[str, ...]
    columns = ("account_number", "customer_no", "product", "state", "installment_cents", "due_day", "opened_on")
    with db.copy_into(connection, "new_contract", columns) as rows:
        rows.extend(tuple(getattr(one, name) for name in columns) for one in master.contracts)
    columns = ("account_number", "charge_no", "kind", "due_on", "amount_cents")
    with db.copy_into(connection, "new_charge", columns) as rows:
        rows.extend(tuple(getattr(one, name) for name in columns) for one in master.charges)
    columns = ("account_number", "flag", "valid_from", "valid_to")
    with db.copy_into(connection, "new_flag", columns) as rows:
        rows.extend(tuple(getattr(one, name) for name in columns) for one in master.flags)
    columns = ("account_token", "account_number", "first_seen_on")
    with db.copy_into(connection, "new_payer", columns) as rows:
        rows.extend(tuple(getattr(one, name) for name in columns) for one in master.payers)
    # Without figures the planner takes temp tables for tiny and nests loops over them.
    db.run_script(connection, "analyze new_customer, new_contract, new_charge, new_flag, new_payer")
