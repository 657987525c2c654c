"""The mail line, shell: loads, calls the pure core, saves; one fenced transaction per batch and stage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import ConflictError, InputError, NotReady
from lockbox.mail.decision import Decision
from lockbox.mail.decision_basis import decide_batch, keep_basis, send_to_review_if_seen
from lockbox.mail.inbox import input_mark, path_of, ready_batches, scope_of
from lockbox.mail.intake import capture, note_manifests, set_aside_batch
from lockbox.mail.item_readings import Read, read_items
from lockbox.mail.payer_history import bank_layouts, note_payers
from lockbox.mail.posting import post_batch
from lockbox.money import dollars
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.servicing.correction import adjust_late
from lockbox.servicing.night import nights_before
from lockbox.stages import is_done, stage

LOOK_BACK = timedelta(days=30)  # a delivery that changes later than that is history; looking at each costs time


def waiting_batches(runtime: Runtime, site_id: str, as_of: datetime) -> list[BatchScope]:
    """Scopes of a site's deliveries that are complete on disk and not yet posted, oldest first.

    A delivery that could not be used is offered again only when something in it has changed. Manifests that have come
    in are noted on the way.
    """
    note_manifests(runtime, site_id, as_of)
    delivered = {scope_of(runtime, path): path for path in ready_batches(runtime.settings.inbox_path, site_id)}
    with runtime.engine.connect() as connection:
        runs = {
            (run.scope, run.stage): run
            for run in connection.execute(
                sa.text("select scope, stage, state, input_mark from stage_run where scope = any(:scopes)"),
                {"scopes": list(map(str, delivered))},
            )
        }
    waiting = []
    for scope, path in delivered.items():
        ingested, posted = runs.get((str(scope), "ingest")), runs.get((str(scope), "post"))
        recent = scope.business_date >= as_of.date() - LOOK_BACK
        changed = ingested is not None and recent and ingested.input_mark != input_mark(path)
        failed = ingested is not None and ingested.state == "failed"
        if ingested is None or changed or (not failed and (posted is None or posted.state != "done")):
            waiting.append(scope)
    return waiting


def ingest(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Takes a delivery in: images into the store, documents into the database, what is unusable set aside.

    Raises:
        InputError: nothing of the delivery can be used; noted as set aside and as an event.
        ConflictError: the batch came before with other content, or its images belong to another batch.
        Fenced: a newer try took over.
    """
    path = path_of(runtime, scope)
    try:
        with stage(runtime.engine, scope, "ingest", as_of, input_mark(path)) as connection:
            return capture(runtime, connection, scope, path, as_of)
    except (InputError, ConflictError) as error:
        set_aside_batch(runtime, scope, path, error, as_of)
        raise


def read(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Reads every item of a batch that no reader of this version has read."""
    with stage(runtime.engine, scope, "read", as_of) as connection:
        batch = _batch(connection, scope)
        todo = db.rows(connection, "queries/unread_items", batch_id=batch["batch_id"])
        count = 0
        learnt = bank_layouts(connection)
        for done in read_items(runtime.images, runtime.key, todo, workers=runtime.settings.workers, learnt=learnt):
            save_reading(connection, done, as_of)
            count += 1
        return f"{scope}: {count} of {len(todo)} unread items read"


def decide(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Decides every item of a batch that has no decision yet."""
    with stage(runtime.engine, scope, "decide", as_of) as connection:
        batch = _batch(connection, scope)
        _need(connection, scope, "read")
        decisions, basis = decide_batch(connection, batch)
        keep_basis(connection, batch["batch_id"], decisions, basis, as_of)
        # One batch at a time counts occurrences: two copies of a check in two batches cannot both be the first.
        connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": db.Lock.FINGERPRINTS})
        held = [send_to_review_if_seen(connection, decision, item) for decision, item in decisions]
        _save_decisions(connection, held, as_of)
        outcomes = [str(decision.outcome) for decision in held]
        counts = ", ".join(f"{outcomes.count(name)} {name}" for name in sorted(set(outcomes)))
        return f"{scope}: {len(held)} items decided ({counts or 'nothing new'})"


def post(runtime: Runtime, scope: BatchScope, as_of: datetime) -> str:
    """Posts what was decided and is not in the ledger yet, set-based; the second time there is nothing to post.

    The nights before its business date come first. What counts from a day whose night was run is brought to where
    posting on that day would have ended (I10).

    Raises:
        NotReady: the batch is not decided, or a night before it broke off half way.
        Fenced: a newer try took over.
    """
    nights_before(runtime, scope.business_date, as_of)
    with stage(runtime.engine, scope, "post", as_of) as connection:
        batch = _batch(connection, scope)
        _need(connection, scope, "decide")
        post_batch(connection, batch["batch_id"], as_of)
        note_payers(connection, batch["batch_id"])
        adjust_late(connection, batch["batch_id"], as_of)
        posted = connection.execute(
            sa.text("""
                select count(distinct j.journal_id) as journals, coalesce(sum(e.amount_cents), 0) as cents
                from journal as j join item as i using (item_id) join entry as e using (journal_id)
                where i.batch_id = :batch_id and e.account like 'clearing.%'"""),
            {"batch_id": batch["batch_id"]},
        ).one()
        return f"{scope}: {posted.journals} journals in the ledger, {dollars(int(posted.cents))}"


Stage = Callable[[Runtime, BatchScope, datetime], str]
# In this order; each takes a batch from the table before it to its own.
STAGES: Mapping[str, Stage] = {"ingest": ingest, "read": read, "decide": decide, "post": post}


def _batch(connection: sa.Connection, scope: BatchScope) -> sa.RowMapping:
    found = (
        connection.execute(
            sa.text("select * from batch where (site_id, business_date, batch_no) = (:site, :day, :batch_no)"),
            {"site": scope.site_id, "day": scope.business_date, "batch_no": scope.batch_no},
        )
        .mappings()
        .first()
    )
    if found is None:
        raise NotReady(f"{scope}: not taken in yet")
    return found


def _need(connection: sa.Connection, scope: BatchScope, name: str) -> None:
    if not is_done(connection, scope, name):
        raise NotReady(f"{scope}: {name} has not been done yet")


def save_reading(connection: sa.Connection, done: Read, as_of: datetime) -> None:
    """Keeps one item's reading; the same readers' second one is not kept."""
    connection.execute(
        sa.text("""
            insert into reading (item_id, readers, kind, reading, account_token, duration_ms, read_at)
            values (:item, :readers, :kind, cast(:reading as jsonb), :token, :duration_ms, :as_of)
            on conflict (item_id, readers) do nothing"""),
        {
            "item": done.item_id,
            "readers": done.readers,
            "kind": done.kind,
            "reading": done.reading_json,
            "token": done.account_token,
            "duration_ms": done.duration_ms,
            "as_of": as_of,
        },
    )
    for one in done.payers:
        connection.execute(
            sa.text(
                "insert into item_payer values (:item, :readers, :layout, :routing, :token) on conflict do nothing"
            ),
            {
                "item": done.item_id,
                "readers": done.readers,
                "layout": one.layout,
                "routing": one.routing,
                "token": one.token,
            },
        )


def _save_decisions(connection: sa.Connection, decisions: Iterable[Decision], as_of: datetime) -> None:
    for decision in decisions:
        decision_id = connection.execute(
            db.query("queries/insert_decision"),
            {
                "item": decision.item_id,
                "kind": str(decision.kind),
                "outcome": str(decision.outcome),
                "suspense_kind": decision.suspense_kind,
                "amount": decision.amount_cents,
                "misread_ppm": decision.misread_ppm,
                "reasons": [str(reason) for reason in decision.reasons],
                "ranked": json.dumps(decision.ranked or {}),
                "maker": "engine",
                "as_of": as_of,
            },
        ).scalar_one()
        for number, line in enumerate(decision.lines, start=1):
            connection.execute(
                sa.text("insert into decision_line values (:decision, :number, :contract, :cents)"),
                {
                    "decision": decision_id,
                    "number": number,
                    "contract": line.contract_id,
                    "cents": line.amount_cents,
                },
            )
