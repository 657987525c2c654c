"""The register of refunds, shell: proposed, approved by somebody else, issued once, cleared, stopped, issued again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.lender.dated_rules import lender_day, lender_served, rule_on
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.servicing.correction import lock_contracts
from lockbox.servicing.night import nights_before
from lockbox.servicing.record import last_night

PAYEE_KINDS = ("customer", "co_buyer", "insurer", "estate", "trustee")
METHODS = ("check", "ach")


@dataclass(frozen=True, slots=True)
class Payee:
    """To whom a refund goes; somebody else than the customer of record with the reason why."""

    kind: str
    name: str = ""
    address: tuple[str, ...] = ()
    reason: str = ""


CUSTOMER = Payee("customer")


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step of a refund, and when. Spaces around a name do not make another person."""

    by: str
    as_of: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", self.by.strip())


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """A refund on the day under way, its contract locked, in the transaction under way."""

    connection: sa.Connection
    row: sa.RowMapping
    day: date
    step: Step

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"refund {self.row['refund_no']} of {dollars(self.row['amount_cents'])} to {self.row['payee_name']}"

    def require(self, *states: str) -> None:
        """Refuses a step that does not follow the refund's state.

        Raises:
            ConflictError: it is in another state.
        """
        if self.row["state"] not in states:
            raise ConflictError(f"{self.title}: is {self.row['state']}, not {' or '.join(states)}")

    def call(self, function: str, **parameters: Any) -> Any:
        """Runs a function of sql/functions/130_refunds.sql on the refund."""
        values = {
            "no": self.row["refund_no"],
            "by": self.step.by,
            **parameters,
            "on_day": self.day,
            "as_of": self.step.as_of,
        }
        arguments = ", ".join(f":{name}" for name in values)
        return self.connection.execute(sa.text(f"select {function}({arguments})"), values).scalar_one()


def propose(runtime: Runtime, account_number: str, payee: Payee, method: str, step: Step) -> str:
    """Proposes to pay out what is payable on a contract. A proposal that is open already is withdrawn.

    Raises:
        InputError: no such account, nothing is payable, or a payee that is not complete.
        ConflictError: what is payable is still held, or a refund waits to be issued again.
        NotReady: nights before the day under way cannot be run yet.
    """
    with _under_way(runtime, step) as (connection, lender_id, day):
        contract_id = _contract(connection, lender_id, account_number)
        payable = _payable(connection, contract_id, account_number, day)
        for row in _refunds(connection, contract_id, ("stopped", "returned")):
            raise ConflictError(f"{account_number}: refund {row['refund_no']} was {row['state']}: reissue it")
        hold = rule_on(connection, lender_id, "refund.hold_days", day)
        until = connection.execute(
            sa.text("select refund_held_until(:contract, :day, cast(:hold as jsonb))"),
            {"contract": contract_id, "day": day, "hold": json.dumps(hold)},
        ).scalar()
        if until is not None:
            raise ConflictError(f"{account_number}: {dollars(payable)} is held until {until}: a payment may come back")
        for row in _refunds(connection, contract_id, ("proposed", "approved")):
            reason = {"to_state": "withdrawn", "why": "proposed anew"}
            _call_step(OpenRefund(connection, row, day, step), **reason)
        no = _propose(connection, contract_id, payee, method, None, day, step)
        return f"{account_number}: refund {no} of {dollars(payable)} is proposed; somebody else approves it"


def approve(runtime: Runtime, refund_no: int, step: Step) -> str:
    """Approves the amount of a proposal.

    Raises:
        InputError: no such refund, or the person proposed it.
        ConflictError: it is not proposed.
    """
    with _open(runtime, refund_no, step) as refund:
        refund.require("proposed")
        if refund.row["maker"].casefold() == step.by.casefold():
            raise InputError(f"{step.by} proposed it: somebody else approves it", record=f"refund {refund_no}")
        _call_step(refund, to_state="approved", why="", approved_by=step.by)
        return f"{refund.title}: approved by {step.by}"


def issue(runtime: Runtime, refund_no: int, step: Step) -> str:
    """Issues an approved refund, once. What the contract owes is netted by a night first.

    Raises:
        InputError: no such refund.
        ConflictError: it is not approved, or the contract owes again.
    """
    with _open(runtime, refund_no, step) as refund:
        refund.require("approved")
        owed = refund.connection.execute(
            sa.text("select refund_netting_cents(:contract, :day)"),
            {"contract": refund.row["contract_id"], "day": refund.day},
        ).scalar_one()
        if owed:
            raise ConflictError(
                f"{refund.title}: the contract owes {dollars(owed)}, which a night takes out of it first"
            )
        refund.call("issue_refund")
        return f"{refund.title}: issued by {refund.row['method']}"


def clear(runtime: Runtime, refund_no: int, step: Step) -> str:
    """Records that the bank paid an issued refund.

    Raises:
        InputError: no such refund.
        ConflictError: it is not issued.
    """
    with _open(runtime, refund_no, step) as refund:
        refund.require("issued")
        refund.call("clear_refund")
        return f"{refund.title}: cleared"


def stop(runtime: Runtime, refund_no: int, reason: str, step: Step) -> str:
    """Stops an issued refund, or records that one that had cleared came back: its money is payable again.

    Raises:
        InputError: no such refund, or no reason.
        ConflictError: it is not issued.
    """
    if not reason.strip():
        raise InputError("a reason is required", record=f"refund {refund_no}")
    with _open(runtime, refund_no, step) as refund:
        refund.require("issued", "cleared")
        refund.call("stop_refund", why=reason)
        done = "returned" if refund.row["state"] == "cleared" else "stopped"
        return f"{refund.title}: {done}, payable again"


def reissue(runtime: Runtime, refund_no: int, payee: Payee | None, method: str | None, step: Step) -> str:
    """Proposes a stopped or returned refund again under a new number, which names the old one.

    Without a payee or method, those of the old one. Of all that is payable: a night may have used some of it.

    Raises:
        InputError: no such refund, or nothing is payable any more.
        ConflictError: it was not stopped, or was issued again already.
    """
    with _open(runtime, refund_no, step) as refund:
        refund.require("stopped", "returned")
        row, connection = refund.row, refund.connection
        _payable(connection, row["contract_id"], f"refund {refund_no}", refund.day)
        for other in _refunds(connection, row["contract_id"], ("proposed", "approved")):
            _call_step(replace(refund, row=other), to_state="withdrawn", why=f"refund {refund_no} is issued again")
        _call_step(refund, to_state="reissued", why="")
        old = Payee(row["payee_kind"], row["payee_name"], tuple(row["payee_address"]), row["payee_reason"])
        no = _propose(
            connection, row["contract_id"], payee or old, method or row["method"], refund_no, refund.day, step
        )
        (new,) = _refunds(connection, row["contract_id"], ("proposed",))
        return (
            f"{replace(refund, row=new).title}: proposed again, instead of refund {refund_no}; {no} waits for approval"
        )


def listed(connection: sa.Connection, *, closed: bool = False) -> list[sa.RowMapping]:
    """The refunds that are open, or all of them, by number."""
    return db.rows(connection, "queries/refunds", closed=closed)


@contextmanager
def _under_way(runtime: Runtime, step: Step) -> Iterator[tuple[sa.Connection, str, date]]:
    """(a transaction, the lender, the day under way)."""
    if not step.by:
        raise InputError("name the person who does it", field="by")
    with runtime.engine.connect() as connection:
        lender_id = lender_served(connection, runtime.settings.profile)
        today = lender_day(connection, lender_id, step.as_of)
    nights_before(runtime, today, step.as_of)
    with runtime.engine.begin() as connection:
        last = last_night(connection)
        if last is not None and today > last + timedelta(1):
            raise NotReady(f"{today} comes after nights that were not run, from {last + timedelta(1)} on")
        yield connection, lender_id, today if last is None else last + timedelta(1)


@contextmanager
def _open(runtime: Runtime, refund_no: int, step: Step) -> Iterator[OpenRefund]:
    with _under_way(runtime, step) as (connection, _, day):
        contract_id = connection.execute(
            sa.text("select contract_id from refund where refund_no = :no"), {"no": refund_no}
        ).scalar()
        if contract_id is None:
            raise InputError("no such refund", record=f"refund {refund_no}")
        lock_contracts(connection, [contract_id])
        rows = connection.execute(sa.text("select * from refund_now where refund_no = :no"), {"no": refund_no})
        yield OpenRefund(connection, rows.mappings().one(), day, step)
        telemetry.log.info("refund", refund_no=refund_no, day=str(day), by=step.by)


def _contract(connection: sa.Connection, lender_id: str, account_number: str) -> int:
    contract_id = connection.execute(
        sa.text("select contract_id from contract where account_number = :n and lender_id = :lender"),
        {"n": account_number, "lender": lender_id},
    ).scalar()
    if contract_id is None:
        raise InputError("no such account", record=account_number)
    lock_contracts(connection, [contract_id])
    return int(contract_id)


def _payable(connection: sa.Connection, contract_id: int, record: str, day: date) -> int:
    row = connection.execute(
        sa.text("""
            select refund_cents, refund_netting_cents(contract_id, :day) as owed_cents
            from position where contract_id = :contract"""),
        {"contract": contract_id, "day": day},
    ).one()
    if not row.refund_cents:
        raise InputError("nothing is payable to the customer", record=record)
    if row.owed_cents:
        raise ConflictError(
            f"{record}: the contract owes {dollars(row.owed_cents)}, which a night takes out of it first"
        )
    return int(row.refund_cents)


def _refunds(connection: sa.Connection, contract_id: int, states: tuple[str, ...]) -> list[sa.RowMapping]:
    statement = sa.text("select * from refund_now where contract_id = :contract and state = any(:states)")
    return list(connection.execute(statement, {"contract": contract_id, "states": list(states)}).mappings())


def _call_step(refund: OpenRefund, to_state: str, why: str, approved_by: str | None = None) -> None:
    refund.connection.execute(
        sa.text("select step_refund(:no, :to_state, :by, :why, :day, :as_of, null, :approved_by)"),
        {
            "no": refund.row["refund_no"],
            "to_state": to_state,
            "by": refund.step.by,
            "why": why,
            "day": refund.day,
            "as_of": refund.step.as_of,
            "approved_by": approved_by,
        },
    )


def _propose(
    connection: sa.Connection,
    contract_id: int,
    payee: Payee,
    method: str,
    replaces: int | None,
    day: date,
    step: Step,
) -> int:
    checked = _checked(connection, contract_id, payee, method)
    return int(
        connection.execute(
            sa.text("""
                select propose_refund(
                    :contract, :kind, :name, cast(:address as text []), :reason, :method, :replaces, :day, :as_of, :by
                )"""),
            {
                "contract": contract_id,
                "kind": checked.kind,
                "name": checked.name,
                "address": list(checked.address),
                "reason": checked.reason,
                "method": method,
                "replaces": replaces,
                "day": day,
                "as_of": step.as_of,
                "by": step.by,
            },
        ).scalar_one()
    )


def _checked(connection: sa.Connection, contract_id: int, payee: Payee, method: str) -> Payee:
    """The payee as it is written down. The customer is the one of record, whatever was given."""
    if payee.kind not in PAYEE_KINDS:
        raise InputError(f"no such payee: {payee.kind}; there are {', '.join(PAYEE_KINDS)}", field="payee")
    if method not in METHODS:
        raise InputError(f"no such method: {method}; there are {', '.join(METHODS)}", field="method")
    if payee.kind == CUSTOMER.kind:
        name, address = connection.execute(
            sa.text(
                "select u.name, u.address from contract join customer as u using (customer_id) where contract_id = :c"
            ),
            {"c": contract_id},
        ).one()
        return Payee(payee.kind, name, tuple(address.splitlines()))
    for field, value in (("name", payee.name), ("address", "".join(payee.address)), ("reason", payee.reason)):
        if not value.strip():
            raise InputError(f"a refund to the {payee.kind.replace('_', ' ')} needs it", field=field)
    return payee
