"""Statements, shell: made for a night from one snapshot of the ledger, and derived from it again at any later time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import DayCount, Excess, Rules, Run
from lockbox.customer.contacts import customer_of
from lockbox.customer.order_words import with_order
from lockbox.customer.statement import LateFee, Letterhead, Recipient, Statement, content_sha256, wording_sha256
from lockbox.customer.statement_content import Basis, BilledInstallment, Journal, Reversal, compose, late_fee_of
from lockbox.customer.stationery import sender_on
from lockbox.errors import ConflictError, NotReady
from lockbox.lender.dated_rules import rule_book, rule_on
from lockbox.lender.profile_rules import load_order
from lockbox.money import last_four
from lockbox.ops_events import note_alone, settle
from lockbox.runtime import Runtime
from lockbox.scopes import LenderDayScope
from lockbox.servicing.correction import RETURNED
from lockbox.stages import stage

CHUNK = 1000  # statements derived at a time
COLUMNS = (
    "contract_id",
    "due_on",
    "made_on",
    "period_from",
    "previous_id",
    "seen",
    "sealed_through",
    "as_of",
    "amount_due_cents",
    "balances",
    "kept",
    "content_sha256",
    "delivery",
)
_SENDER = ("lender_id", "product", "made_on", "order_id", "excess")  # whose papers are alike but for their numbers
_PERIOD = ("contract_id", "due_on", "made_on", "seen", "previous_seen", "previous_sealed")  # of one statement


@dataclass(frozen=True, slots=True)
class Derived:
    """A statement as the ledger gives it, with the row it came from and its balances at the end, by part."""

    row: Mapping[str, Any]
    statement: Statement
    closing: Mapping[str, int]
    late_fee: LateFee | None

    @property
    def is_reworded(self) -> bool:
        """Whether labels or texts are others than on the statement that was made."""
        return bool(self.row["kept"]["wording"] != wording_sha256(self.statement))


def make_statements(runtime: Runtime, lender_id: str, made_on: date, as_of: datetime) -> str:
    """Makes the statements of a night, one for each installment; the second time there is nothing to make.

    All are derived from one snapshot of the ledger, which is kept with them. One whose balances differ from the
    contract's position is not made and becomes an event.

    Raises:
        SettingsError: a rule has no value.
        Fenced: a newer attempt took over.
    """
    with stage(runtime.engine, LenderDayScope(lender_id, made_on), "statements", as_of) as connection:
        new_rows: list[tuple[Any, ...]] = []
        wrong = 0
        with _snapshot(runtime) as reading:
            due = db.rows(
                reading,
                "statements/due",
                lender_id=lender_id,
                made_on=made_on,
                as_of=as_of,
                days_before=rule_on(reading, lender_id, "statement.days_before", made_on),
                stops=rule_on(reading, lender_id, "statement.stops", made_on),
            )
            for derived in derive(reading, due, *rule_book(reading, lender_id, made_on)):
                if any(derived.closing.get(part, 0) != cents for part, cents in derived.row["standing"].items()):
                    wrong += 1
                    _note_wrong(
                        runtime, derived.row, "the ledger's entries do not add up to the contract's position", as_of
                    )
                else:
                    new_rows.append(_as_row(derived))
        added = _add(connection, new_rows)
        _settle_made(connection, as_of)
        telemetry.count(due=len(due), made=added, wrong=wrong)
        remark = f", {wrong} not made: see the events" if wrong else ""
        return f"{lender_id} {made_on}: {added} statements made of {len(due)} due{remark}"


class StatementDiffers(ConflictError):
    """A statement that was made would say something else now."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        account = last_four(row["account_number"])
        super().__init__(f"statement of account {account} due {row['due_on']}: now it would say otherwise")
        self.statement_id: int = row["statement_id"]


def load_statements(connection: sa.Connection, statement_ids: Sequence[int]) -> Iterator[Derived | StatementDiffers]:
    """Statements that were made, derived from the ledger again; for one that says something else, the error.

    Other labels and texts than then are no difference (`Derived.is_reworded`).
    """
    for at in range(0, len(statement_ids), CHUNK):
        rows = db.rows(connection, "statements/made", statement_ids=list(statement_ids[at : at + CHUNK]))
        for derived in derive(connection, rows):
            if content_sha256(derived.statement) != derived.row["content_sha256"]:
                yield StatementDiffers(derived.row)
            else:
                yield derived


def newest_statement(connection: sa.Connection, lender_id: str, account_number: str, as_of: datetime) -> Derived:
    """The newest statement of an account that was made by an instant.

    Raises:
        InputError: no such account.
        NotReady: there is none.
        ConflictError: it would say something different now.
    """
    statement_id = connection.execute(
        sa.text("""
            select s.statement_id from statement as s join contract as c using (contract_id)
            where c.lender_id = :lender and c.account_number = :account and s.as_of <= :as_of
            order by s.due_on desc limit 1"""),
        {"lender": lender_id, "account": account_number, "as_of": as_of},
    ).scalar()
    if statement_id is None:
        customer_of(connection, lender_id, account_number)
        raise NotReady(f"account {last_four(account_number)}: no statement has been made by {as_of.isoformat()}")
    (derived,) = load_statements(connection, [statement_id])
    if isinstance(derived, StatementDiffers):
        raise derived
    return derived


def derive(
    connection: sa.Connection, rows: Sequence[sa.RowMapping], rules: Rules | None = None, is_open: IsOpen | None = None
) -> Iterator[Derived]:
    """Statements from rows of sql/statements/due.sql or made.sql, chunk by chunk.

    With `rules` and `is_open` the late fee is decided; without, it is the one that was printed.
    """
    senders: dict[tuple[Any, ...], Letterhead] = {}
    for at in range(0, len(rows), CHUNK):
        chunk = rows[at : at + CHUNK]
        asks = json.dumps([{name: row[name] for name in _PERIOD} for row in chunk], default=str)
        journals, billed = defaultdict(list), defaultdict(list)
        for row in db.rows(connection, "statements/movements", asks=asks):
            journals[row["contract_id"]].append(_journal(row))
        for row in db.rows(connection, "statements/installments", asks=asks):
            billed[row["contract_id"]].append(_billed(row))
        for row in chunk:
            *about, order_id, excess = key = tuple(row[name] for name in _SENDER)
            if key not in senders:
                order = load_order(connection, order_id)
                senders[key] = with_order(sender_on(connection, *about), order, Excess(excess))
            basis = _basis(row, journals[row["contract_id"]], billed[row["contract_id"]])
            late_fee = _late_fee(row, basis, rules, is_open)
            basis = replace(basis, late_fee=late_fee)
            statement, closing = compose(basis, senders[key])
            yield Derived(dict(row), statement, closing, late_fee)


def _snapshot(runtime: Runtime) -> Any:
    """A connection that sees one state of the ledger from beginning to end."""
    return runtime.engine.connect().execution_options(isolation_level="REPEATABLE READ")


def _late_fee(row: sa.RowMapping, basis: Basis, rules: Rules | None, is_open: IsOpen | None) -> LateFee | None:
    if rules is None or is_open is None:
        printed = row["kept"]["late_fee"]
        return LateFee(date.fromisoformat(printed[0]), printed[1]) if printed else None
    if row["no_late_fee"]:
        return None
    return late_fee_of(basis, row["standing"], row["state"], rules, is_open)


def _basis(row: sa.RowMapping, journals: Sequence[Journal], installments: Sequence[BilledInstallment]) -> Basis:
    lines = tuple(line for line in row["address"].split("\n") if line)
    return Basis(
        recipient=Recipient(row["name"], lines, row["account_number"], row["product"]),
        made_on=row["made_on"],
        due_on=row["due_on"],
        previous_on=row["previous_on"],
        rate_ppm=row["rate_ppm"],
        day_count=DayCount(row["day_count"]),
        base_cents=row["base_cents"],
        last_run=Run(row["first_no"], row["first_due_on"], row["due_day"], row["count"], 0),
        installment_no=row["installment_no"],
        opening=row["opening"],
        journals=journals,
        installments=installments,
        late_fee=None,
        small_cents=row["small_cents"],
    )


def _journal(row: sa.RowMapping) -> Journal:
    is_returned = row["reason"] == RETURNED
    reversal = Reversal(row["reversed_kind"], is_returned, row["is_of_period"]) if row["reversed_kind"] else None
    return Journal(
        row["source_kind"], reversal, row["posted_on"], row["effective_on"], row["parts"], row["instruction"]
    )


def _billed(row: sa.RowMapping) -> BilledInstallment:
    return BilledInstallment(
        row["installment_no"],
        row["due_on"],
        row["amount_cents"],
        row["tax_cents"],
        row["is_last"],
        row["credited_cents"],
    )


def _as_row(derived: Derived) -> tuple[Any, ...]:
    row, fee = derived.row, derived.late_fee
    kept = {
        "name": row["name"],
        "address": row["address"],
        "version": row["version"],
        "base_cents": row["base_cents"],
        "installment_no": row["installment_no"],
        "late_fee": [fee.last_day.isoformat(), fee.amount_cents] if fee else None,
        "wording": wording_sha256(derived.statement),
    }
    return (
        row["contract_id"],
        row["due_on"],
        row["made_on"],
        derived.statement.period_from,
        row["previous_id"],
        row["seen"],
        row["sealed_through"],
        row["as_of"],
        derived.statement.amount_due_cents,
        json.dumps(derived.closing),
        json.dumps(kept),
        content_sha256(derived.statement),
        "electronic" if row["electronic"] else "paper",
    )


def _add(connection: sa.Connection, new_rows: Sequence[tuple[Any, ...]]) -> int:
    """Adds rows; another try may have added some of them first."""
    if not new_rows:
        return 0
    names = ", ".join(COLUMNS)
    db.run_script(
        connection, f"create temp table new_statement on commit drop as select {names} from statement limit 0"
    )
    with db.copy_into(connection, "new_statement", COLUMNS) as rows:
        rows.extend(new_rows)
    return connection.execute(
        sa.text(f"""
            insert into statement ({names}) select {names} from new_statement order by contract_id
            on conflict (contract_id, due_on) do nothing""")
    ).rowcount


def _settle_made(connection: sa.Connection, as_of: datetime) -> None:
    """Closes the events of statements that could not be made, once those or later ones were."""
    made = sa.text("""
        select e.scope from ops_event as e
        where e.kind = 'statement' and e.closed_at is null and exists (
            select from statement as s
            where s.contract_id = split_part(e.scope, '/', 2)::bigint and s.due_on >= split_part(e.scope, '/', 3)::date)
    """)
    for scope in connection.execute(made).scalars():
        settle(connection, "statement", scope, as_of)


def _note_wrong(runtime: Runtime, row: Mapping[str, Any], why: str, as_of: datetime) -> None:
    scope = f"statement/{row['contract_id']}/{row['due_on']}"
    note_alone(runtime.engine, "error", "statement", scope, f"account {last_four(row['account_number'])}: {why}", as_of)
