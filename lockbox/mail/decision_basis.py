"""What a decision is based on: readings, carried fields and the contracts that they could lead to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.account_number import NumberRule
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.policy import Policy
from lockbox.mail.contract_match import ContractView, near_numbers
from lockbox.mail.decision import Decision, Setting, decide, send_to_review_as_duplicate
from lockbox.mail.evidence import ItemEvidence
from lockbox.mail.payer_account import WHOLE
from lockbox.tokens import fingerprint
from ocr.reading import Candidate, Field, Reading, from_json

Rows = Sequence[Mapping[Any, Any]]
Decided = list[tuple[Decision, Mapping[Any, Any]]]  # each with the row of its item


@dataclass(frozen=True, slots=True)
class Basis:
    """The contracts known when a batch was decided: those its readings could lead to, and how many there are."""

    contracts: Mapping[str, ContractView]  # by account number
    master_size: int


def decide_batch(connection: sa.Connection, batch: Mapping[Any, Any]) -> tuple[Decided, Basis]:
    """Decisions of all items that are undecided, or were released from a control, and what they are based on."""
    rows = db.rows(connection, "queries/undecided_items", batch_id=batch["batch_id"])
    basis = current_basis(connection, batch, rows)
    return decide_rows(batch, rows, policy_on(connection, batch["site_id"], batch["business_date"]), basis), basis


def decide_rows(batch: Mapping[Any, Any], rows: Rows, policy: Policy, basis: Basis) -> Decided:
    """Decisions of these rows of `queries/undecided_items` or `queries/batch_items`; nothing is read or written."""
    evidence = {row["item_id"]: _evidence(row) for row in rows}
    by_item = {row["item_id"]: row for row in rows}
    setting = Setting(policy, batch["box"], batch["effective_date"], basis.contracts, basis.master_size)
    return [
        (decision, by_item[decision.item_id])
        for _, group in groupby(rows, key=lambda row: row["envelope_id"])
        for decision in decide([evidence[row["item_id"]] for row in group], setting)
    ]


def current_basis(connection: sa.Connection, batch: Mapping[Any, Any], rows: Rows) -> Basis:
    """The contracts that these rows could lead to, as they are now."""
    return Basis(
        _contracts(
            connection,
            [_evidence(row) for row in rows],
            batch["effective_date"],
            policy_on(connection, batch["site_id"], batch["business_date"]).number_rule,
        ),
        connection.execute(sa.text("select count(*) from contract")).scalar_one(),
    )


def record_basis(connection: sa.Connection, batch_id: int, decided: Decided, basis: Basis, as_of: datetime) -> None:
    """Records what these decisions were based on, so that they can be understood, and replayed, later."""
    if not decided:
        return
    views = [
        {**asdict(view), "flags": sorted(view.flags), "payers": sorted(view.payers)}
        for view in basis.contracts.values()
    ]
    connection.execute(
        sa.text("""
            insert into decision_basis (batch_id, first_item_id, master_size, contracts, decided_at)
            values (:batch, :first, :size, cast(:contracts as jsonb), :as_of) on conflict do nothing"""),
        {
            "batch": batch_id,
            "first": min(decision.item_id for decision, _ in decided),
            "size": basis.master_size,
            "contracts": json.dumps(views),
            "as_of": as_of,
        },
    )


def recorded_basis(connection: sa.Connection, batch: Mapping[Any, Any], rows: Rows) -> Basis:
    """What the batch's decisions were based on; contracts that only these rows lead to are seen as they are now."""
    now = current_basis(connection, batch, rows)
    records = connection.execute(
        sa.text("""
            select master_size, contracts from decision_basis
            where batch_id = :batch order by decided_at desc, first_item_id desc"""),
        {"batch": batch["batch_id"]},
    ).all()
    then = {view["account_number"]: _view(view) for record in records for view in record.contracts}
    return Basis({**now.contracts, **then}, records[-1].master_size if records else now.master_size)


def payer_tokens(row: Mapping[Any, Any]) -> frozenset[str]:
    """Tokens of the payer's bank account: one, or one for each layout its MICR line may have."""
    carried = (row["carried"] or {}).get("account_token")
    from_image = (row.get("payers") or {}).values() or filter(None, [row["account_token"]])
    return frozenset([carried] if carried else from_image)


def _evidence(row: Mapping[Any, Any]) -> ItemEvidence:
    carried = row["carried"] or {}
    return ItemEvidence(
        item_id=row["item_id"],
        sequence=row["sequence"],
        reading=from_json(row["reading"]) if row["reading"] else None,
        account_tokens=payer_tokens(row),
        carried_cents=carried.get("amount_cents"),
        carried_micr=bool(carried.get("account_token")),
        back_missing=row["back_sha256"] is None,
        unusable=row["unusable"] or "",
        is_held=row["is_held"],
    )


def _contracts(
    connection: sa.Connection, items: list[ItemEvidence], day: date, rule: NumberRule
) -> dict[str, ContractView]:
    readings = [item.candidates(name) for name in (Field.ACCOUNT_NUMBER, Field.COUPON_ACCOUNT) for item in items]
    tokens = [token for item in items for token in item.account_tokens]
    return candidate_contracts(connection, readings, tokens, day, rule)


def candidate_contracts(
    connection: sa.Connection,
    readings: Iterable[Sequence[Candidate]],
    tokens: Iterable[str],
    day: date,
    rule: NumberRule,
) -> dict[str, ContractView]:
    """Every contract that these readings of numbers, their near misses or the payers' history could lead to."""
    read = [[candidate.value for candidate in candidates] for candidates in readings]
    numbers = {number for values in read for number in values}
    known = _known_numbers(connection, numbers)
    # A number in the master is hardly a slip; where no reading is in it, the numbers one slip away are suggestions.
    unknown = [values for values in read if values and not known.intersection(values)]
    near = {number for values in unknown for value in values[:3] for number in near_numbers(value, rule)} - numbers
    return _views(connection, known | _known_numbers(connection, near), tokens, day)


def _known_numbers(connection: sa.Connection, numbers: set[str]) -> set[str]:
    """The numbers that are in the master. Asked first: a contract's view takes ten times as long, even to find none."""
    rows = db.rows(connection, "queries/known_numbers", numbers=sorted(numbers)) if numbers else []
    return {row["account_number"] for row in rows}


def _views(
    connection: sa.Connection, numbers: Iterable[str], tokens: Iterable[str], day: date
) -> dict[str, ContractView]:
    account_numbers, payers = sorted(numbers), sorted({*tokens})
    if not account_numbers and not payers:
        return {}
    rows = db.rows(connection, "queries/contract_views", numbers=account_numbers, tokens=payers, day=day)
    return {row["account_number"]: _view(row) for row in rows}


def _view(row: Mapping[Any, Any]) -> ContractView:
    return ContractView(
        **{key: row[key] for key in row if key not in ("flags", "payers")},
        flags=frozenset(row["flags"]),
        payers=frozenset(row["payers"]),
    )


def send_to_review_if_seen(connection: sa.Connection, decision: Decision, item: Mapping[Any, Any]) -> Decision:
    """Counts the check's occurrences; from the second one on it goes to review."""
    mark = check_fingerprint(decision, item)
    if mark is None:
        return decision
    occurrence = connection.execute(
        db.query("queries/claim_fingerprint"), {"fingerprint": mark, "item": decision.item_id}
    ).scalar_one()
    return send_to_review_as_duplicate(decision) if occurrence > 1 else decision


def check_fingerprint(decision: Decision, item: Mapping[Any, Any]) -> str | None:
    """What tells this check from others; None for other documents and for a check not read well enough."""
    if decision.kind != "check" or decision.amount_cents is None:
        return None
    return mark_of(item, decision.amount_cents)


def mark_of(item: Mapping[Any, Any], amount_cents: int, serial: str = "") -> str | None:
    """The fingerprint of a check over this amount; None where no bank account was read.

    A serial number that a person read counts instead of the one that the readers read.
    """
    carried = item["carried"] or {}
    reading = from_json(item["reading"]) if item["reading"] else None
    # A line with two possible layouts counts as a whole: what is learned of a bank must not change the fingerprint.
    whole = "" if carried.get("account_token") else (item.get("payers") or {}).get(WHOLE, "")
    token = carried.get("account_token") or whole or item["account_token"]
    if not token:
        return None
    routing = carried.get("routing") or _best(reading, Field.ROUTING)
    read = "" if whole else carried.get("serial") or _best(reading, Field.SERIAL)
    return fingerprint(routing, token, serial or read, amount_cents)


def _best(reading: Reading | None, name: Field) -> str:
    best = reading.best(name) if reading else None
    return best.value if best else ""
