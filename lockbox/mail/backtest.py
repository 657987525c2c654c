"""Shadow replay: a past day read again by other models, or decided again under other limits, and what would change.

It touches nothing: one read-only transaction. Contracts are seen as they were when the batch was decided; only such as
nothing led to then are seen as they stand now. Every item is decided twice, as the day was and as asked, so that what
differs comes from what was asked for and from nothing else. Where the first of the two is not what was recorded (a
person corrected it, or the rules of deciding have changed since), the item is counted as drifted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
from lockbox.mail.decision_basis import basis_then, decide_rows, mark_of
from lockbox.mail.item_readings import Read, read_items
from lockbox.money import dollars, last_four
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope

Sides = dict[str, int]  # contract or place -> cents


@dataclass(frozen=True, slots=True)
class Word:
    """What was, or would be, the word on one item."""

    outcome: str
    cents: int | None
    lines: tuple[tuple[str, int], ...]  # account number, cents
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One item that would be decided otherwise."""

    scope: BatchScope
    sequence: int
    what: str
    before: Word
    after: Word


@dataclass(frozen=True, slots=True)
class Replay:
    """A day replayed."""

    day: date
    items: int
    drifted: int  # recorded otherwise than the day's own readings and limits give now
    changes: tuple[Change, ...]
    posted_before: tuple[int, int]  # items, cents
    posted_after: tuple[int, int]


def replay(runtime: Runtime, day: date, limits: Mapping[str, Any], models: Path | None = None) -> Replay:
    """What a day would be under other limits (policy rules by name) and, if given, with other models.

    Raises:
        InputError: nothing came in on that day; the folder holds no models.
        SettingsError: a limit that no policy knows. UsageError: a value of another kind than the policy's.
    """
    if models is not None and not any(models.glob("*.onnx")) and not any(models.glob("*.json")):
        raise InputError("holds no models (.onnx) and no calibration", file=str(models))
    overrides = attributes(limits)
    with runtime.engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        batches = connection.execute(
            sa.text("select * from batch where business_date = :day order by site_id, batch_no"), {"day": day}
        )
        pairs: list[tuple[BatchScope, int, Word, Word, Word]] = []
        for batch in batches.mappings().all():
            pairs += _batch(runtime, connection, batch, overrides, models)
    if not pairs:
        raise InputError(f"no mail of {day} was taken in", field="day")
    changes = [
        Change(scope, sequence, _what(before, after), before, after)
        for scope, sequence, _, before, after in pairs
        if before != after
    ]
    return Replay(
        day,
        len(pairs),
        sum(recorded != before for _, _, recorded, before, _ in pairs),
        tuple(one for one in changes if one.what),
        _posted(before for *_, before, _ in pairs),
        _posted(after for *_, after in pairs),
    )


def _batch(
    runtime: Runtime,
    connection: sa.Connection,
    batch: Mapping[Any, Any],
    overrides: Mapping[str, Any],
    models: Path | None,
) -> list[tuple[BatchScope, int, Word, Word, Word]]:
    rows = db.rows(connection, "queries/batch_items", batch_id=batch["batch_id"])
    policy = policy_on(connection, batch["site_id"], batch["business_date"])
    for name, value in overrides.items():
        if type(value) is not type(getattr(policy, name)):
            raise UsageError(f"{name}: {value!r} is not of the kind of {getattr(policy, name)!r}")
    before = _words(connection, batch, rows, policy)
    again: Sequence[Mapping[Any, Any]] = rows
    if models is not None:
        todo = [row for row in rows if row["front_sha256"]]
        read = {
            one.item_id: one for one in read_items(runtime.images, runtime.key, todo, runtime.settings.workers, models)
        }
        again = [_reread(row, read.get(row["item_id"])) for row in rows]
    after = _words(connection, batch, again, replace(policy, **overrides))
    recorded = _recorded(connection, batch["batch_id"])
    scope = BatchScope(batch["site_id"], batch["business_date"], batch["batch_no"])
    return [
        (scope, row["sequence"], recorded.get(row["item_id"], before[row["item_id"]]), before[row["item_id"]],
         after[row["item_id"]])
        for row in rows
    ]  # fmt: skip


def _reread(row: Mapping[Any, Any], read: Read | None) -> Mapping[Any, Any]:
    if read is None:
        return row
    payers = {one.layout: one.token for one in read.payers}
    return {**row, "reading": read.reading_json, "account_token": read.account_token, "payers": payers}


def _words(
    connection: sa.Connection, batch: Mapping[Any, Any], rows: Sequence[Mapping[Any, Any]], policy: Policy
) -> dict[int, Word]:
    decided = decide_rows(batch, rows, policy, basis_then(connection, batch, rows))
    return {decision.item_id: _word(_held(connection, decision, row)) for decision, row in decided}


def _held(connection: sa.Connection, decision: Decision, row: Mapping[Any, Any]) -> Decision:
    """Seen before then: by its own number of occurrence, or, where it would be another check now, by another item."""
    mark = mark_of(decision, row)
    if mark is None:
        return decision
    seen = connection.execute(
        sa.text("select item_id, occurrence from fingerprint where fingerprint = :mark"), {"mark": mark}
    ).all()
    own = next((one.occurrence for one in seen if one.item_id == decision.item_id), None)
    again = own > 1 if own is not None else any(one.item_id < decision.item_id for one in seen)
    return send_to_review_as_duplicate(decision) if again else decision


def _recorded(connection: sa.Connection, batch_id: int) -> dict[int, Word]:
    found = connection.execute(
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
        row.item_id: Word(
            row.outcome,
            row.amount_cents,
            tuple((one.split(":")[0], int(one.split(":")[1])) for one in row.lines),
            tuple(row.reasons),
        )
        for row in found
    }


def _word(decision: Decision) -> Word:
    lines = tuple(sorted((one.account_number, one.amount_cents) for one in decision.lines))
    return Word(decision.outcome, decision.amount_cents, lines, tuple(str(reason) for reason in decision.reasons))


def _what(before: Word, after: Word) -> str:
    """What kind of change; "" for other reasons or an amount that nobody acts on."""
    if before.outcome != after.outcome:
        return f"{before.outcome} -> {after.outcome}"
    if after.outcome in ("post", "suspense"):
        if {one for one, _ in before.lines} != {one for one, _ in after.lines}:
            return "other contract"
        if before.cents != after.cents or before.lines != after.lines:
            return "other amount"
    return "other reasons" if before.reasons != after.reasons else ""


def _posted(words: Any) -> tuple[int, int]:
    cents = [one.cents or 0 for one in words if one.outcome == "post"]
    return len(cents), sum(cents)


def describe(found: Replay, show: int = 50) -> list[str]:
    """A replay in words: sums by kind of change, then the items, those that move money first."""
    (items_before, cents_before), (items_after, cents_after) = found.posted_before, found.posted_after
    lines = [
        f"{found.day}: {found.items} items; posted as the day was: {items_before} items, {dollars(cents_before)}; "
        f"as asked: {items_after} items, {dollars(cents_after)}",
    ]
    if found.drifted:
        lines.append(f"{found.drifted} items were recorded otherwise than the day's own readings and limits give now")
    counts = Counter(one.what for one in found.changes)
    sums: Counter[str] = Counter()
    for one in found.changes:
        sums[one.what] += one.after.cents or one.before.cents or 0
    lines += [f"  {what}: {count} items, {dollars(sums[what])}" for what, count in counts.most_common()]
    if not found.changes:
        lines.append("  nothing would change")
    moving = sorted(found.changes, key=lambda one: one.what == "other reasons")
    lines += [
        f"  {one.scope} #{one.sequence}: {one.what}: {_say(one.before)} | {_say(one.after)}" for one in moving[:show]
    ]
    return lines + ([f"  ... and {len(moving) - show} more"] if len(moving) > show else [])


def _say(word: Word) -> str:
    to = ", ".join(f"{last_four(account)} {dollars(cents)}" for account, cents in word.lines)
    amount = to or (dollars(word.cents) if word.cents else "no amount")
    return f"{word.outcome} {amount}" + (f" ({', '.join(word.reasons)})" if word.reasons else "")
