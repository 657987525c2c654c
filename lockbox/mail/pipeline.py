"""The stages of the mail line: each loads, calls the pure core and saves, in one fenced transaction per batch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.errors import ConflictError, InputError, LockboxError, NotReady, printable
from lockbox.faults import named
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.books_day import books_day
from lockbox.mail.decision import Decision
from lockbox.mail.decision_basis import decide_batch, record_basis, send_to_review_if_seen
from lockbox.mail.inbox import awaited, input_mark, path_of, ready_batches, scope_of
from lockbox.mail.inbox_faults import TWICE, ensure_inbox, note_claimed_twice
from lockbox.mail.intake import capture, note_manifests, note_misnamed_days, set_aside_batch
from lockbox.mail.item_readings import ItemReading, read_items
from lockbox.mail.noted_differences import released_batches
from lockbox.mail.payer_history import bank_layouts, note_payers
from lockbox.mail.posting import post_batch
from lockbox.mail.untaken import note_untaken
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.servicing.correction import adjust_late
from lockbox.servicing.night import nights_before
from lockbox.stages import is_done, stage

SET_ASIDE = {InputError: "batch_set_aside", ConflictError: "batch_set_aside"}  # the event of a delivery that fails
SHOWN = 5  # names in one message
LOOK_BACK = timedelta(days=30)  # older deliveries are not checked for changes: checking all of them costs time


def waiting_batches(runtime: Runtime, site_id: str, as_of: datetime) -> list[BatchScope]:
    """Scopes of a site's deliveries that are complete on disk and not yet posted, oldest first.

    A delivery that could not be used is offered again only after something in it has changed, one whose items waited
    for a control when that is accepted; one that met a passing fault, such as a full disk, is offered again at once.
    Manifests that have come in are recorded on the way.

    Raises:
        Unavailable: the inbox is away.
    """
    ensure_inbox(runtime, as_of)
    note_misnamed_days(runtime, site_id, as_of)
    note_untaken(runtime, site_id, as_of)
    note_manifests(runtime, site_id, as_of)
    twice = note_claimed_twice(runtime, site_id, as_of)
    delivered = {scope_of(runtime, path): path for path in ready_batches(runtime.settings.inbox_path, site_id)}
    with runtime.engine.connect() as connection:
        waits = timedelta(minutes=policy_on(connection, site_id, as_of.date()).incomplete_minutes)
        runs = {
            (run.scope, run.stage): run
            for run in connection.execute(
                sa.text("select scope, stage, state, input_mark from stage_run where scope = any(:scopes)"),
                {"scopes": list(map(str, delivered))},
            )
        }
        released = set(released_batches(connection, site_id))
    waiting = []
    for scope, path in delivered.items():
        ingested, posted = runs.get((str(scope), "ingest")), runs.get((str(scope), "post"))
        recent = scope.business_date >= as_of.date() - LOOK_BACK
        changed = ingested is not None and recent and ingested.input_mark != input_mark(path)
        refused = ingested is not None and ingested.state == "failed" and ingested.input_mark
        is_new = ingested is None or changed
        if (scope in twice and is_new) or (is_new and awaited(path, as_of, waits)):
            continue
        if is_new or scope in released or (not refused and (posted is None or posted.state != "done")):
            waiting.append(scope)
    return waiting


def set_aside_batches(runtime: Runtime) -> int:
    """How many deliveries could not be used and wait to be corrected."""
    opened = sa.text("select count(*) from ops_event where kind = any(:kinds) and closed_at is null")
    with runtime.engine.connect() as connection:
        return int(connection.execute(opened, {"kinds": ["batch_set_aside", TWICE]}).scalar_one())


def ingest(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Takes a delivery in: images go to the store, documents to the database, unusable ones are set aside.

    Raises:
        NotReady: its marker came before the files that its index names.
        InputError: nothing of the delivery can be used; it is set aside, and an event is recorded.
        ConflictError: the batch was taken in with other content, or its images belong to another batch.
        Fenced: a newer attempt took over.
    """
    path = path_of(runtime, scope)
    with named():
        _ensure_there(runtime, scope, path, as_of)

    def refused(connection: sa.Connection, error: LockboxError) -> None:
        set_aside_batch(connection, scope, path, error, as_of)

    with stage(runtime.engine, scope, "ingest", as_of, input_mark(path), SET_ASIDE, refused) as connection:
        return capture(runtime, connection, scope, path, as_of)


def _ensure_there(runtime: Runtime, scope: BatchScope, path: Path, as_of: datetime) -> None:
    with runtime.engine.connect() as connection:
        minutes = policy_on(connection, scope.site_id, as_of.date()).incomplete_minutes
    lacking = awaited(path, as_of, timedelta(minutes=minutes))
    if lacking:
        listed = ", ".join(map(printable, lacking[:SHOWN])) + (", ..." if len(lacking) > SHOWN else "")
        raise NotReady(f"{scope}: waits up to {minutes} minutes for {len(lacking)} files: {listed}")


def read(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Reads every item of a batch that this version of the readers has not read."""
    with stage(runtime.engine, scope, "read", as_of) as connection:
        batch = _batch(connection, scope)
        todo = db.rows(connection, "queries/unread_items", batch_id=batch["batch_id"])
        count = 0
        layouts = bank_layouts(connection)
        for reading in read_items(runtime.images, runtime.key, todo, runtime.settings.workers, layouts=layouts):
            save_reading(connection, reading, as_of)
            telemetry.count(read=1, readers_failed=reading.has_failed)
            count += 1
        return f"{scope}: {count} of {len(todo)} unread items read"


def decide(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Decides every item of a batch that has no decision yet, or waited for a control that has been accepted since."""
    with stage(runtime.engine, scope, "decide", as_of) as connection:
        batch = _batch(connection, scope)
        _require_done(connection, scope, "read")
        decided, basis = decide_batch(connection, batch)
        record_basis(connection, batch["batch_id"], decided, basis, as_of)
        # One batch at a time counts occurrences: two copies of a check in two batches cannot both be the first.
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": db.Lock.FINGERPRINTS})
        decisions = [send_to_review_if_seen(connection, decision, row) for decision, row in decided]
        save_decisions(connection, decisions, _books_day(connection, batch, as_of) if decisions else None, as_of)
        outcomes = Counter(str(decision.outcome) for decision in decisions)
        telemetry.count(**outcomes)
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        return f"{scope}: {len(decisions)} items decided ({counts or 'nothing new'})"


def release(runtime: Runtime, as_of: datetime) -> list[str]:
    """Decides and posts what waited for a control that has been accepted since; a line for each stage of a batch."""
    with runtime.engine.connect() as connection:
        scopes = released_batches(connection)
    return [stage_of(runtime, scope, as_of) for scope in scopes for stage_of in (decide, post)]


def post(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Posts the decided items that are not in the ledger yet, set-based; running it again posts nothing.

    The nights before its business date are run first. A payment that counts from a day whose night was already run is
    adjusted to where posting on that day would have ended (I10).

    Raises:
        NotReady: the batch is not decided, or a night before it did not finish.
        Fenced: a newer attempt took over.
    """
    nights_before(runtime, _posting_day(runtime, scope), as_of)
    with stage(runtime.engine, scope, "post", as_of) as connection:
        batch = _batch(connection, scope)
        _require_done(connection, scope, "decide")
        post_batch(connection, batch["batch_id"], as_of)
        items = items_of(connection, batch["batch_id"])
        note_payers(connection, items)
        adjust_late(connection, items, as_of)
        posted = connection.execute(
            sa.text("""
                select count(distinct j.journal_id) as journals, coalesce(sum(e.amount_cents), 0) as cents
                from journal as j join item as i using (item_id) join entry as e using (journal_id)
                where i.batch_id = :batch_id and e.account like 'clearing.%'"""),
            {"batch_id": batch["batch_id"]},
        ).one()
        telemetry.count(journals=posted.journals)
        return f"{scope}: {posted.journals} journals in the ledger, {dollars(int(posted.cents))}"


Stage = Callable[[Runtime, BatchScope, datetime], str]
# In this order; each stage reads the table of the one before it and fills its own.
STAGES: Mapping[str, Stage] = {"ingest": ingest, "read": read, "decide": decide, "post": post}


def _batch(connection: sa.Connection, scope: BatchScope) -> sa.RowMapping:
    rows = connection.execute(
        sa.text("select * from batch where (site_id, business_date, batch_no) = (:site, :day, :batch_no)"),
        {"site": scope.site_id, "day": scope.business_date, "batch_no": scope.batch_no},
    )
    batch = rows.mappings().first()
    if batch is None:
        raise NotReady(f"{scope}: not taken in yet")
    return batch


def items_of(connection: sa.Connection, batch_id: int) -> list[int]:
    """The items of a batch."""
    items = sa.text("select item_id from item where batch_id = :batch order by item_id")
    return list(connection.execute(items, {"batch": batch_id}).scalars())


def _books_day(connection: sa.Connection, batch: sa.RowMapping, as_of: datetime) -> date:
    """The batch's own day; of what was released after its close, the first day that is not closed."""
    site_id, day = batch["site_id"], batch["business_date"]
    closed = sa.text("select 1 from day_close where site_id = :site and business_date >= :day")
    is_closed = connection.execute(closed, {"site": site_id, "day": day}).first()
    return books_day(connection, site_id, as_of) if is_closed else day


def _posting_day(runtime: Runtime, scope: BatchScope) -> date:
    """The last day in whose books a batch's decisions count."""
    newest = sa.text("""
        select max(d.business_date)
        from batch as b join item as i using (batch_id) join lateral newest_decision(i.item_id) as d on true
        where (b.site_id, b.business_date, b.batch_no) = (:site, :day, :batch)""")
    names = {"site": scope.site_id, "day": scope.business_date, "batch": scope.batch_no}
    with runtime.engine.connect() as connection:
        return connection.execute(newest, names).scalar() or scope.business_date


def _require_done(connection: sa.Connection, scope: BatchScope, name: str) -> None:
    if not is_done(connection, scope, name):
        raise NotReady(f"{scope}: the {name} stage is not done yet")


def save_reading(connection: sa.Connection, reading: ItemReading, as_of: datetime) -> None:
    """Saves one item's reading; a second one by the same readers is ignored."""
    connection.execute(
        sa.text("""
            insert into reading (item_id, readers, kind, reading, account_token, duration_ms, read_at)
            values (:item, :readers, :kind, cast(:reading as jsonb), :token, :duration_ms, :as_of)
            on conflict (item_id, readers) do nothing"""),
        {
            "item": reading.item_id,
            "readers": reading.readers,
            "kind": reading.kind,
            "reading": reading.reading_json,
            "token": reading.account_token,
            "duration_ms": reading.duration_ms,
            "as_of": as_of,
        },
    )
    for payer in reading.payers:
        connection.execute(
            sa.text(
                "insert into item_payer values (:item, :readers, :layout, :routing, :token) on conflict do nothing"
            ),
            {
                "item": reading.item_id,
                "readers": reading.readers,
                "layout": payer.layout,
                "routing": payer.routing,
                "token": payer.token,
            },
        )


def save_decisions(
    connection: sa.Connection, decisions: Iterable[Decision], business_date: date | None, as_of: datetime
) -> None:
    """Saves decisions of the engine in the books of a day."""
    for decision in decisions:
        decision_id = connection.execute(
            db.query("queries/insert_decision"),
            {
                "item": decision.item_id,
                "business_date": business_date,
                "kind": str(decision.kind),
                "outcome": str(decision.outcome),
                "suspense_kind": decision.suspense_kind,
                "amount": decision.amount_cents,
                "misread_ppm": decision.misread_ppm,
                "reasons": [str(reason) for reason in decision.reasons],
                "ranked": json.dumps(decision.ranked or {}),
                "as_of": as_of,
            },
        ).scalar_one()
        for number, line in enumerate(decision.lines, start=1):
            connection.execute(
                sa.text("insert into decision_line values (:decision, :number, :contract, :cents, :excess)"),
                {
                    "decision": decision_id,
                    "number": number,
                    "contract": line.contract_id,
                    "cents": line.amount_cents,
                    "excess": line.excess,
                },
            )
