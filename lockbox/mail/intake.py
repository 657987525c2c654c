"""Intake of deliveries: documents and images are saved, unusable ones set aside, repeats and conflicts recognized."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.business_days import effective_date
from lockbox.errors import ConflictError, InputError, LockboxError
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.policy import Policy
from lockbox.mail.control_file import Doubts
from lockbox.mail.delivery import IncomingBatch, IncomingDocument, IntakeLimits, SetAside
from lockbox.mail.inbox import meant_day, misnamed_days, read_batch
from lockbox.mail.manifest import Manifest, read_manifest
from lockbox.mail.noted_differences import is_closed, note_controls, note_differences, settle_named
from lockbox.ops_events import note, note_alone, settle, settle_all_but
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.tokens import account_token

Counts = tuple[int, int]  # envelopes, documents


def capture(runtime: Runtime, connection: sa.Connection, scope: BatchScope, path: Path, as_of: datetime) -> str:
    """Saves a delivery as a batch with its items; a delivery that is in already is left as it is.

    Raises:
        InputError: nothing of the delivery can be used, or its day is closed.
        ConflictError: the batch is known with other content, or its images came in another batch.
    """
    policy = policy_on(connection, scope.site_id, as_of.date())
    limits = IntakeLimits(
        max_image_bytes=runtime.settings.max_image_bytes,
        doubts=_doubts(policy, as_of),
        envelopes_in_order=policy.holds_here(policy.envelopes_in_order),
        accept_test_files=policy.holds_here(policy.accept_test_files),
    )
    incoming = read_batch(path, limits)
    if _known(connection, scope, incoming):
        telemetry.count(known=1)
        return f"{scope}: was taken in before; nothing changed"
    if is_closed(connection, scope.site_day):
        raise InputError(
            "the day is closed; deliver it in the folder of the next business day and name there, under settles, the "
            "batch whose missing documents it brings",
            file=str(scope),
        )
    batch_id = _save_batch(connection, scope, incoming, as_of)
    _save_documents(runtime, connection, batch_id, incoming)
    _save_set_aside(connection, scope, incoming.set_aside, as_of)
    _save_failing_controls(connection, batch_id, incoming)
    note_controls(connection, scope, as_of)
    settle_named(connection, scope, incoming.settles, as_of)
    telemetry.count(
        documents=len(incoming.documents), unusable=len(incoming.rejected), set_aside=len(incoming.set_aside)
    )
    return (
        f"{scope}: {len(incoming.documents)} documents taken in, {len(incoming.rejected)} unusable, "
        f"{len(incoming.set_aside)} files or records set aside"
    )


def _doubts(policy: Policy, as_of: datetime) -> Doubts:
    """What a site's policy does not believe now."""
    return Doubts(
        now=as_of,
        days_ahead=policy.intake_days_ahead,
        days_behind=policy.intake_days_behind,
        receipt_days_after=policy.receipt_days_after,
        receipt_days_before=policy.receipt_days_before,
        clock_minutes=policy.clock_minutes,
    )


def _save_batch(connection: sa.Connection, scope: BatchScope, incoming: IncomingBatch, as_of: datetime) -> int:
    policy = policy_on(connection, scope.site_id, scope.business_date)
    batch_id: int = connection.execute(
        db.query("queries/insert_batch"),
        {
            "site": scope.site_id,
            "day": scope.business_date,
            "batch_no": scope.batch_no,
            "box": incoming.box or "",
            "source_kind": "x9" if incoming.source_kind == "x9" else "folder",
            "source_name": incoming.source_name,
            "content_sha256": incoming.content_sha256,
            "received_at": incoming.received_at,
            "effective_date": effective_date(incoming.received_at, policy.hours),
            "declared_envelopes": incoming.control.envelopes,
            "declared_documents": incoming.control.documents,
            "declared_images": incoming.control.images,
            "declared_cents": incoming.control.amount_cents,
            "images": incoming.images,
            "settles": list(incoming.settles),
            "as_of": as_of,
        },
    ).scalar_one()
    return batch_id


def _known(connection: sa.Connection, scope: BatchScope, incoming: IncomingBatch) -> bool:
    """Whether this same delivery was taken in before.

    Raises:
        ConflictError: the batch is known with other content, or its images came in another batch.
    """
    known = connection.execute(
        sa.text("select content_sha256 from batch where (site_id, business_date, batch_no) = (:site, :day, :batch_no)"),
        {"site": scope.site_id, "day": scope.business_date, "batch_no": scope.batch_no},
    ).scalar()
    if known is not None and known != incoming.content_sha256:
        raise ConflictError(
            f"{incoming.source_name}: batch {scope.batch_no} was already taken in with other content "
            f"(hash {known[:12]}, now {incoming.content_sha256[:12]}); the first delivery stands"
        )
    fronts = [document.front.sha256 for document in incoming.documents if document.front]
    if known is None and fronts:
        twin = connection.execute(
            db.query("queries/same_images"), {"fronts": fronts, "count": len(set(fronts))}
        ).scalar()
        if twin:
            raise ConflictError(f"{incoming.source_name}: all of its images already came in batch {twin}")
    return known is not None


def _save_documents(runtime: Runtime, connection: sa.Connection, batch_id: int, incoming: IncomingBatch) -> None:
    documents = sorted((*incoming.documents, *incoming.rejected), key=lambda document: document.sequence)
    usable = {document.sequence for document in incoming.documents}
    for number in sorted({document.envelope_no for document in documents}):
        connection.execute(
            sa.text("insert into envelope (batch_id, envelope_no) values (:batch, :number)"),
            {"batch": batch_id, "number": number},
        )
    for document in documents:
        good = document.sequence in usable
        reasons = "; ".join(incoming.places(document.sequence)) or "unusable"
        connection.execute(
            db.query("queries/insert_item"),
            {
                "batch": batch_id,
                "envelope_no": document.envelope_no,
                "sequence": document.sequence,
                "front": _store(runtime, connection, document.front.load()) if good and document.front else None,
                "back": _store(runtime, connection, document.back.load()) if good and document.back else None,
                "carried": _carried(runtime, document),
                "unusable": None if good else reasons,
            },
        )


def _save_failing_controls(connection: sa.Connection, batch_id: int, incoming: IncomingBatch) -> None:
    for control in incoming.failing_controls:
        connection.execute(
            sa.text("insert into failing_control values (:batch_id, :record, :first, :last, :reason)"),
            {
                "batch_id": batch_id,
                "record": control.record,
                "first": control.first_sequence,
                "last": control.last_sequence,
                "reason": control.reason,
            },
        )


def _store(runtime: Runtime, connection: sa.Connection, data: bytes) -> str:
    sha256 = runtime.images.put(data)
    connection.execute(
        sa.text("insert into image (sha256, size_bytes) values (:sha256, :size) on conflict do nothing"),
        {"sha256": sha256, "size": len(data)},
    )
    return sha256


def _carried(runtime: Runtime, document: IncomingDocument) -> str | None:
    """The source file's own fields as JSON, with the bank account as a token."""
    carried = document.carried
    if carried is None:
        return None
    return json.dumps(
        {
            "routing": carried.routing,
            "serial": carried.serial,
            "amount_cents": carried.amount_cents,
            "account_token": account_token(runtime.key, carried.routing, carried.bank_account)
            if carried.routing and carried.bank_account
            else None,
            "account_last_four": carried.bank_account[-4:],
        }
    )


def _save_set_aside(
    connection: sa.Connection,
    scope: BatchScope,
    faults: Iterable[SetAside],
    as_of: datetime,
    refused: str | None = None,
) -> None:
    for fault in faults:
        connection.execute(
            db.query("queries/insert_set_aside"),
            {
                "site": scope.site_id,
                "day": scope.business_date,
                "batch_no": scope.batch_no,
                "file": fault.file,
                "record": fault.record,
                "field": fault.field,
                "reason": fault.reason,
                "refused": refused,
                "as_of": as_of,
            },
        )


def set_aside_batch(
    connection: sa.Connection, scope: BatchScope, path: Path, error: LockboxError, as_of: datetime
) -> None:
    """Records that a whole delivery cannot be used; it stays where it is."""
    fault = SetAside(
        file=getattr(error, "file", "") or path.name,
        record=getattr(error, "record", ""),
        field=getattr(error, "field", ""),
        reason=getattr(error, "reason", "") or str(error),
    )
    refused = "conflict" if isinstance(error, ConflictError) else "unusable"
    _save_set_aside(connection, scope, [fault], as_of, refused)
    if is_closed(connection, scope.site_day):
        note_differences(connection, scope.site_day, as_of)


def note_misnamed_days(runtime: Runtime, site_id: str, as_of: datetime) -> None:
    """Each folder of the inbox that is meant for a day and names none is an event until it is gone."""
    names = misnamed_days(runtime.settings.inbox_path, site_id)
    scopes = [f"{site_id}/{name}" for name in names]
    with runtime.engine.begin() as connection:
        for scope, name in zip(scopes, names, strict=True):
            day = meant_day(name)
            message = f"folder {name!r} is not a day (YYYY-MM-DD); nothing in it is taken in"
            message += f"; rename it {day}" if day else ""
            note(connection, "error", "misnamed_day", scope, message, as_of)
        settle_all_but(connection, "misnamed_day", scopes, as_of, within=f"{site_id}/")


def note_manifests(runtime: Runtime, site_id: str, as_of: datetime) -> None:
    """Records the site's manifests. An unreadable one becomes an event, and is missing, until it can be read."""
    unreadable = []
    with runtime.engine.connect() as connection:
        limits = IntakeLimits(doubts=_doubts(policy_on(connection, site_id, as_of.date()), as_of))
    for path in sorted((runtime.settings.inbox_path / site_id).glob("*/manifest.json")):
        try:
            manifest = read_manifest(path, limits)
        except InputError as error:
            unreadable.append(f"{site_id}/{path.parent.name}")
            note_alone(runtime.engine, "error", "manifest", unreadable[-1], str(error), as_of)
            continue
        if manifest.complete:
            with runtime.engine.begin() as connection:
                _save_manifest(connection, SiteDayScope(site_id, manifest.business_date), manifest, as_of)
    with runtime.engine.begin() as connection:
        settle_all_but(connection, "manifest", unreadable, as_of, within=f"{site_id}/")


def _save_manifest(connection: sa.Connection, scope: SiteDayScope, manifest: Manifest, as_of: datetime) -> None:
    """Records a manifest. One that changes is an event, and one that changes after the close is not taken any more.

    One that comes first after the close says what is missing on the closed day.
    """
    # The close of the day takes this lock exclusively: it sees what is under way here, or what comes later is refused.
    connection.execute(
        sa.text("select pg_advisory_xact_lock_shared(hashtextextended(:scope, 0))"), {"scope": str(scope)}
    )
    known = db.rows(connection, "queries/announced", site_id=scope.site_id, business_date=scope.business_date)
    announced = {batch.batch_no: (batch.envelopes, batch.documents) for batch in manifest.batches}
    before = {row["batch"]: (row["envelopes"], row["documents"]) for row in known[0]["batches"]} if known else {}
    if known and before == announced:
        settle(connection, "manifest_changed", str(scope), as_of)
        return
    if known:
        changes = "; ".join(_announced_changes(before, announced))
        if known[0]["is_closed"]:
            message = f"manifest.json was changed after the day was closed; the first one stands: {changes}"
            note(connection, "error", "manifest_changed", str(scope), message, as_of)
            return
        note(connection, "info", "manifest_changed", str(scope), f"manifest.json was changed: {changes}", as_of)
    batches = [
        {"batch": batch_no, "envelopes": envelopes, "documents": documents}
        for batch_no, (envelopes, documents) in announced.items()
    ]
    connection.execute(
        sa.text("""
            insert into site_day (site_id, business_date, batches, noted_at)
            values (:site, :day, cast(:batches as jsonb), :as_of)
            on conflict (site_id, business_date) do update
            set batches = excluded.batches, noted_at = excluded.noted_at"""),
        {"site": scope.site_id, "day": scope.business_date, "batches": json.dumps(batches), "as_of": as_of},
    )
    if not known and is_closed(connection, scope):
        note_differences(connection, scope, as_of)


def _announced_changes(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> Iterator[str]:
    """What a changed manifest says of each batch that it changes, in words."""
    for batch_no in sorted(before.keys() | after.keys()):
        old, new = before.get(batch_no), after.get(batch_no)
        if old != new:
            yield f"{batch_no}: {_counts(new)}, before {_counts(old)}"


def _counts(counts: Counts | None) -> str:
    return f"{counts[0]} envelopes, {counts[1]} documents" if counts else "not announced"
