"""Intake: what a delivery leaves in the database, and what is recorded when it cannot be used."""

from __future__ import annotations

import json
from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.errors import ConflictError, InputError
from lockbox.lender.profile import load_profile
from lockbox.mail.intake import capture, note_manifests, set_aside_batch
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from tests.builders import ledger as make
from tests.builders.deliveries import DAY, deliver, deliver_x9, x9_check

SCOPE = BatchScope("dallas", make.DAY, "D001")


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def rows(runtime: Runtime, statement: str) -> list[tuple[object, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_a_document_that_cannot_be_used_is_an_item_without_images(line: Runtime) -> None:
    path = deliver(line.settings.inbox_path, files={"f2.tif": b"%PDF"})
    with line.engine.begin() as connection:
        message = capture(line, connection, SCOPE, path, make.WORKED)
    assert message == f"{SCOPE}: 2 documents taken in, 1 unusable, 1 files or records set aside"
    items = "select sequence, front_sha256 is null, back_sha256 is null, unusable is null from item order by 1"
    assert rows(line, items) == [(1, False, False, True), (2, True, True, False), (3, False, False, True)]
    assert rows(line, "select batch_no, file, record, field from set_aside") == [("D001", "f2.tif", "row 3", "front")]


def test_a_check_of_an_x9_file_carries_its_amount_and_a_token_for_its_account(line: Runtime) -> None:
    scope = BatchScope("dallas", make.DAY, "D900")
    path = deliver_x9(line.settings.inbox_path, x9_check(1))
    with line.engine.begin() as connection:
        capture(line, connection, scope, path, make.WORKED)
    [(cents, last_four, token)] = rows(
        line,
        """select (carried ->> 'amount_cents')::int, carried ->> 'account_last_four', carried ->> 'account_token'
        from item""",
    )
    assert (cents, last_four) == (41_251, "0001")
    assert "60000001" not in str(token)


DECLARED = "select declared_envelopes, declared_documents, declared_images, declared_cents, images from batch"


@pytest.mark.parametrize("count", [None, 0, 7])
def test_declared_is_what_the_sender_said_and_nothing_else(line: Runtime, count: int | None) -> None:
    control = dict.fromkeys(("envelopes", "documents", "images"), count)
    path = deliver(line.settings.inbox_path, control=control, files={"b2.tif": None})
    with line.engine.begin() as connection:
        capture(line, connection, SCOPE, path, make.WORKED)
    assert rows(line, DECLARED) == [(count, count, count, None, 5)]


def test_an_x9_file_declares_no_envelopes_and_its_totals(line: Runtime) -> None:
    path = deliver_x9(line.settings.inbox_path, x9_check(1), x9_check(2, images=x9_check(2).images[:1]))
    with line.engine.begin() as connection:
        capture(line, connection, BatchScope("dallas", make.DAY, "D900"), path, make.WORKED)
    assert rows(line, DECLARED) == [(None, 2, 3, 82_503, 3)]


def test_the_same_delivery_again_changes_nothing_and_its_images_belong_to_it(line: Runtime) -> None:
    inbox = line.settings.inbox_path
    first, second = deliver(inbox), deliver(inbox, batch="D002")
    with line.engine.begin() as connection:
        capture(line, connection, SCOPE, first, make.WORKED)
        assert "nothing changed" in capture(line, connection, SCOPE, first, make.WORKED)
        with pytest.raises(ConflictError, match=f"all of its images already came in batch {SCOPE}"):
            capture(line, connection, BatchScope("dallas", make.DAY, "D002"), second, make.WORKED)


def test_a_delivery_that_cannot_be_used_is_set_aside_with_its_reason(line: Runtime) -> None:
    path = deliver(line.settings.inbox_path, index=b"")
    with line.engine.begin() as connection:
        set_aside_batch(connection, SCOPE, path, InputError("is empty", "index.csv", field="x"), make.WORKED)
    assert rows(line, "select batch_no, file, field, reason from set_aside") == [("D001", "index.csv", "x", "is empty")]


def test_a_complete_manifest_is_recorded_and_a_bad_one_is_an_event(line: Runtime) -> None:
    folder = line.settings.inbox_path / "dallas" / DAY
    folder.mkdir(parents=True)
    manifest = folder / "manifest.json"
    manifest.write_text("{")
    note_manifests(line, "dallas", make.WORKED)
    note_manifests(line, "dallas", make.WORKED)
    note_manifests(line, "richardson", make.WORKED)
    assert rows(line, "select kind, times, closed_at is null from ops_event") == [("manifest", 2, True)]
    batches = '[{"batch": "D001", "envelopes": 2, "documents": 3}]'
    for complete, recorded in (("false", []), ("true", [("D001",)])):
        manifest.write_text(
            f'{{"site": "dallas", "business_date": "{DAY}", "batches": {batches}, "complete": {complete}}}'
        )
        note_manifests(line, "dallas", make.WORKED)
        assert rows(line, "select batches #>> '{0,batch}' from site_day") == recorded
    assert rows(line, "select kind from ops_event where closed_at is null") == []


def announce(runtime: Runtime, documents: int) -> None:
    folder = runtime.settings.inbox_path / "dallas" / DAY
    folder.mkdir(parents=True, exist_ok=True)
    batches = [{"batch": "D001", "envelopes": 2, "documents": documents}]
    manifest = {"site": "dallas", "business_date": DAY, "batches": batches, "complete": True}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    note_manifests(runtime, "dallas", make.WORKED)


def test_a_manifest_changed_after_the_close_is_an_event_and_changes_nothing(line: Runtime) -> None:
    told = "select severity, message from ops_event where kind = 'manifest_changed' order by event_id"
    recorded = "select batches #>> '{0,documents}' from site_day"
    for documents in (3, 3, 4):
        announce(line, documents)
    change = "manifest.json was changed: D001: 2 envelopes, 4 documents, before 2 envelopes, 3 documents"
    assert (rows(line, told), rows(line, recorded)) == ([("info", change)], [("4",)])
    with line.engine.begin() as connection:
        make.closed_day(connection)
    announce(line, 4)
    announce(line, 2)
    assert rows(line, recorded) == [("4",)]
    [_, (severity, message)] = rows(line, told)
    assert severity == "error"
    assert message == (
        "manifest.json was changed after the day was closed; the first one stands: "
        "D001: 2 envelopes, 2 documents, before 2 envelopes, 4 documents"
    )
    opened = "select count(*) from ops_event where closed_at is null"
    assert rows(line, opened) == [(1,)]
    announce(line, 4)
    assert rows(line, opened) == [(0,)]


def test_the_same_fault_in_batches_of_two_days_is_on_file_twice(line: Runtime) -> None:
    """Batch numbers begin again every day."""
    path = deliver(line.settings.inbox_path, files={"f2.tif": None})
    fault = InputError("is missing", "f2.tif")
    for scope in (SCOPE, BatchScope("dallas", date(2026, 11, 17), "D001")):
        with line.engine.begin() as connection:
            set_aside_batch(connection, scope, path, fault, make.WORKED)
    assert rows(line, "select count(*) from set_aside") == [(2,)]
