"""Backtest: a past day read again by other models, or decided again under other limits, and what would change.

It changes nothing: one read-only transaction. Contracts are seen as they were when the batch was decided; only those
that nothing led to then are seen as they are now. Every item is decided twice, with the day's own limits and with the
given ones, so that every difference comes from the limits or models given. Where the first decision is not the recorded
one (a person corrected it, or the decision rules have changed since), the item counts as drifted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError, UsageError
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.policy import Policy, attributes
from lockbox.mail.decision import Decision, send_to_review_as_duplicate
from lockbox.mail.decision_basis import Rows, check_fingerprint, decide_rows, recorded_basis
from lockbox.mail.item_readings import ItemReading, read_items
from lockbox.mail.payer_history import bank_layouts
from lockbox.money import dollars, last_four
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope


@dataclass(frozen=True, slots=True)
class ItemDecision:
    """What was, or would be, decided on one item."""

    outcome: str
    cents: int | None
    lines: tuple[tuple[str, int], ...]  # account number, cents
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One item that would be decided differently."""

    scope: BatchScope
    sequence: int
    kind: str
    before: ItemDecision
    after: ItemDecision


@dataclass(frozen=True, slots=True)
class _ReplayedItem:
    """One item as recorded, as decided again under the day's own limits, and under the given ones."""

    scope: BatchScope
    sequence: int
    recorded: ItemDecision
    before: ItemDecision
    after: ItemDecision


@dataclass(frozen=True, slots=True)
class Replay:
    """A replayed day."""

    day: date
    items: int
    drifted: int  # the day's own readings and limits now give another decision than was recorded
    changes: tuple[Change, ...]
    posted_before: tuple[int, int]  # items, cents
    posted_after: tuple[int, int]


def replay(runtime: Runtime, day: date, limits: Mapping[str, Any], models: Path | None = None) -> Replay:
    """What a day would be under other limits (policy rules by name) and, if given, with other models.

    Raises:
        InputError: nothing came in on that day; the folder contains no models.
        SettingsError: a limit that no policy has. UsageError: a value of another type than the policy's.
    """
    if models is not None and not any(models.glob("*.onnx")) and not any(models.glob("*.json")):
        raise InputError("contains no models (.onnx) and no calibration", file=str(models))
    overrides = attributes(limits)
    with runtime.engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        batches = connection.execute(
            sa.text("select * from batch where business_date = :day order by site_id, batch_no"), {"day": day}
        )
        items = [
            item
            for batch in batches.mappings().all()
            for item in _replay_batch(runtime, connection, batch, overrides, models)
        ]
    if not items:
        raise InputError(f"no mail of {day} was taken in", field="day")
    changes = [
        Change(item.scope, item.sequence, _kind_of_change(item.before, item.after), item.before, item.after)
        for item in items
    ]
    return Replay(
        day,
        len(items),
        sum(item.recorded != item.before for item in items),
        tuple(change for change in changes if change.kind),
        _posted(item.before for item in items),
        _posted(item.after for item in items),
    )


def _replay_batch(
    runtime: Runtime,
    connection: sa.Connection,
    batch: Mapping[Any, Any],
    overrides: Mapping[str, Any],
    models: Path | None,
) -> list[_ReplayedItem]:
    rows = db.rows(connection, "queries/batch_items", batch_id=batch["batch_id"])
    policy = policy_on(connection, batch["site_id"], batch["business_date"])
    for name, value in overrides.items():
        if type(value) is not type(getattr(policy, name)):
            raise UsageError(f"{name}: {value!r} is not of the same type as {getattr(policy, name)!r}")
    before = _decisions(connection, batch, rows, policy)
    new_rows = rows if models is None else _reread(runtime, connection, rows, models)
    after = _decisions(connection, batch, new_rows, replace(policy, **overrides))
    recorded = _recorded(connection, batch["batch_id"])
    scope = BatchScope(batch["site_id"], batch["business_date"], batch["batch_no"])
    sequences = {row["item_id"]: row["sequence"] for row in rows}
    return [
        _ReplayedItem(scope, sequence, recorded.get(item_id, before[item_id]), before[item_id], after[item_id])
        for item_id, sequence in sequences.items()
    ]


def _reread(runtime: Runtime, connection: sa.Connection, rows: Rows, models: Path) -> Rows:
    """The rows with the readings of other models, MICR lines laid out as is known of their banks by now.

    Items without an image stay as they are.
    """
    with_image = [row for row in rows if row["front_sha256"]]
    layouts = bank_layouts(connection)
    readings = read_items(runtime.images, runtime.key, with_image, runtime.settings.workers, models, layouts)
    by_item = {reading.item_id: reading for reading in readings}
    return [_with_reading(row, by_item.get(row["item_id"])) for row in rows]


def _with_reading(row: Mapping[Any, Any], reading: ItemReading | None) -> Mapping[Any, Any]:
    if reading is None:
        return row
    payers = {payer.layout: payer.token for payer in reading.payers}
    return {**row, "reading": reading.reading_json, "account_token": reading.account_token, "payers": payers}


def _decisions(
    connection: sa.Connection, batch: Mapping[Any, Any], rows: Rows, policy: Policy
) -> dict[int, ItemDecision]:
    decided = decide_rows(batch, rows, policy, recorded_basis(connection, batch, rows))
    return {
        decision.item_id: _item_decision(_review_if_duplicate(connection, decision, row)) for decision, row in decided
    }


def _review_if_duplicate(connection: sa.Connection, decision: Decision, row: Mapping[Any, Any]) -> Decision:
    """A check seen before: by its own occurrence number or, if it is read as another check now, by an earlier item."""
    mark = check_fingerprint(decision, row)
    if mark is None:
        return decision
    seen = connection.execute(
        sa.text("""
            select own.occurrence, o.item_id
            from seen_before(:item, :mark) as o (item_id)
            left join fingerprint as own on own.fingerprint = :mark and own.item_id = :item"""),
        {"item": decision.item_id, "mark": mark},
    ).all()
    is_duplicate = any(row.occurrence is not None or row.item_id < decision.item_id for row in seen)
    return send_to_review_as_duplicate(decision) if is_duplicate else decision


def _recorded(connection: sa.Connection, batch_id: int) -> dict[int, ItemDecision]:
    rows = connection.execute(
        sa.text("""
            select d.item_id, d.outcome, d.amount_cents, d.reasons,
                array(
                    select concat_ws(':', c.account_number, l.amount_cents)
                    from decision_line as l join contract as c using (contract_id)
                    where l.decision_id = d.decision_id order by 1
                ) as lines
            from current_decision as d join item as i using (item_id) where i.batch_id = :batch"""),
        {"batch": batch_id},
    )
    return {
        row.item_id: ItemDecision(
            row.outcome,
            row.amount_cents,
            tuple((account, int(cents)) for account, cents in (line.split(":") for line in row.lines)),
            tuple(row.reasons),
        )
        for row in rows
    }


def _item_decision(decision: Decision) -> ItemDecision:
    lines = tuple(sorted((line.account_number, line.amount_cents) for line in decision.lines))
    reasons = tuple(str(reason) for reason in decision.reasons)
    return ItemDecision(decision.outcome, decision.amount_cents, lines, reasons)


def _kind_of_change(before: ItemDecision, after: ItemDecision) -> str:
    """What kind of change it is; "" for none, and for an amount in review that nobody acts on."""
    if before.outcome != after.outcome:
        return f"{before.outcome} -> {after.outcome}"
    if after.outcome in ("post", "suspense"):
        if {account for account, _ in before.lines} != {account for account, _ in after.lines}:
            return "other contract"
        if before.cents != after.cents or before.lines != after.lines:
            return "other amount"
    return "other reasons" if before.reasons != after.reasons else ""


def _posted(decisions: Iterable[ItemDecision]) -> tuple[int, int]:
    cents = [decision.cents or 0 for decision in decisions if decision.outcome == "post"]
    return len(cents), sum(cents)


def describe(replayed: Replay, show: int = 50) -> list[str]:
    """A replay in words: sums by kind of change, then the items, those that move money first."""
    (items_before, cents_before), (items_after, cents_after) = replayed.posted_before, replayed.posted_after
    lines = [
        f"{replayed.day}: {replayed.items} items; posted with the day's own limits: {items_before} items, "
        f"{dollars(cents_before)}; with the given ones: {items_after} items, {dollars(cents_after)}",
    ]
    if replayed.drifted:
        lines.append(f"{replayed.drifted} items would be decided differently today, even with the day's own limits")
    lines += _totals(replayed.changes) or ["  nothing would change"]
    money_first = sorted(replayed.changes, key=lambda change: change.kind == "other reasons")
    lines += [
        f"  {change.scope} #{change.sequence}: {change.kind}: {_summary(change.before)} | {_summary(change.after)}"
        for change in money_first[:show]
    ]
    return lines + ([f"  ... and {len(money_first) - show} more"] if len(money_first) > show else [])


def _totals(changes: Sequence[Change]) -> list[str]:
    counts = Counter(change.kind for change in changes)
    sums: Counter[str] = Counter()
    for change in changes:
        sums[change.kind] += change.after.cents or change.before.cents or 0
    return [f"  {kind}: {count} items, {dollars(sums[kind])}" for kind, count in counts.most_common()]


def _summary(decision: ItemDecision) -> str:
    credited = ", ".join(f"{last_four(account)} {dollars(cents)}" for account, cents in decision.lines)
    amount = credited or (dollars(decision.cents) if decision.cents else "no amount")
    return f"{decision.outcome} {amount}" + (f" ({', '.join(decision.reasons)})" if decision.reasons else "")
