"""What is known before deciding: readings, carried fields and the contracts they could lead to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.decision import Decision, ItemEvidence, Setting, decide, hold_as_duplicate
from lockbox.matching import ContractView, near_numbers
from lockbox.policy import policy_on
from lockbox.tokens import fingerprint
from ocr.reading import Name, Reading, from_json


def decide_batch(connection: sa.Connection, batch: Mapping[Any, Any]) -> list[tuple[Decision, Mapping[Any, Any]]]:
    """Decisions of all undecided items, envelope by envelope, with the row each item came from."""
    rows = db.rows(connection, "queries/undecided_items", batch_id=batch["batch_id"])
    evidence = {row["item_id"]: _evidence(row) for row in rows}
    setting = Setting(
        policy=policy_on(connection, batch["site_id"], batch["business_date"]),
        box=batch["box"],
        effective_date=batch["effective_date"],
        contracts=_contracts(connection, list(evidence.values()), batch["effective_date"]),
        master_size=connection.execute(sa.text("select count(*) from contract")).scalar_one(),
    )
    by_item = {row["item_id"]: row for row in rows}
    return [
        (decision, by_item[decision.item_id])
        for _, group in groupby(rows, key=lambda row: row["envelope_id"])
        for decision in decide([evidence[row["item_id"]] for row in group], setting)
    ]


def _evidence(row: Mapping[Any, Any]) -> ItemEvidence:
    carried = row["carried"] or {}
    return ItemEvidence(
        item_id=row["item_id"],
        sequence=row["sequence"],
        reading=from_json(row["reading"]) if row["reading"] else None,
        account_token=carried.get("account_token") or row["account_token"],
        carried_cents=carried.get("amount_cents"),
        carried_micr=bool(carried.get("account_token")),
        back_missing=row["back_sha256"] is None,
        unusable=row["unusable"] or "",
    )


def _contracts(connection: sa.Connection, items: list[ItemEvidence], day: date) -> dict[str, ContractView]:
    """Every contract that the readings, their near misses or the payers' history could lead to."""
    numbers: set[str] = set()
    for item in items:
        read_numbers = [
            one.value for name in (Name.ACCOUNT_NUMBER, Name.COUPON_ACCOUNT) for one in item.candidates(name)
        ]
        numbers.update(read_numbers)
        for number in read_numbers[:3]:
            numbers.update(near_numbers(number))
    tokens = sorted({item.account_token for item in items if item.account_token})
    found = db.rows(connection, "queries/contract_views", numbers=sorted(numbers), tokens=tokens, day=day)
    return {
        row["account_number"]: ContractView(
            **{key: row[key] for key in row if key not in ("flags", "payers")},
            flags=frozenset(row["flags"]),
            payers=frozenset(row["payers"]),
        )
        for row in found
    }


def hold_if_seen(connection: sa.Connection, decision: Decision, item: Mapping[Any, Any]) -> Decision:
    """Counts the check's occurrences; from the second on it is held."""
    carried = item["carried"] or {}
    reading = from_json(item["reading"]) if item["reading"] else None
    token = carried.get("account_token") or item["account_token"]
    if decision.kind != "check" or decision.amount_cents is None or not token:
        return decision
    routing = carried.get("routing") or _best(reading, Name.ROUTING)
    serial = carried.get("serial") or _best(reading, Name.SERIAL)
    occurrence = connection.execute(
        db.query("queries/claim_fingerprint"),
        {
            "fingerprint": fingerprint(routing, token, serial, decision.amount_cents),
            "item": decision.item_id,
        },
    ).scalar_one()
    return hold_as_duplicate(decision) if occurrence > 1 else decision


def _best(reading: Reading | None, name: Name) -> str:
    found = reading.best(name) if reading else None
    return found.value if found else ""
