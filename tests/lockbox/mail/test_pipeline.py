"""The mail line on real deliveries and the real database: repeats, conflicts, bad batches and one good day."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.errors import ConflictError, InputError, LockboxError, NotReady, Unavailable
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.noted_differences import load_differences
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.simulator.day import truth_path
from lockbox.simulator.truth import load_truth, score
from tests.builders import ledger as make
from tests.builders.cash_letters import joined, records
from tests.builders.deliveries import DAY, deliver, deliver_x9, x9_check
from tests.builders.mail import day
from tests.builders.paths import REAL_SAMPLES

SCOPE = BatchScope("dallas", make.DAY, "D001")
SECOND = BatchScope("dallas", make.DAY, "D002")
CASH_LETTER = BatchScope("dallas", make.DAY, "D900")
SAMPLES = REAL_SAMPLES / "formats"


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def rows(runtime: Runtime, statement: str) -> list[tuple[object, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_a_delivery_is_taken_in_once(line: Runtime) -> None:
    deliver(line.settings.inbox_path)
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == [SCOPE]
    first = pipeline.ingest(line, SCOPE, make.WORKED)
    again = pipeline.ingest(line, SCOPE, make.WORKED)
    assert "3 documents taken in" in first
    assert "nothing changed" in again
    assert rows(line, "select count(*), count(distinct envelope_id) from item") == [(3, 2)]
    assert rows(line, "select declared_documents, effective_date::text from batch") == [(3, "2026-11-16")]


def test_a_folder_without_its_marker_is_left_alone(line: Runtime) -> None:
    (deliver(line.settings.inbox_path) / "DONE").unlink()
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == []


@pytest.mark.parametrize(("name", "hint"), [("2026-11-31", ""), ("20261116", "; rename it 2026-11-16")])
def test_a_folder_that_names_no_day_is_an_event_and_stops_no_other(line: Runtime, name: str, hint: str) -> None:
    inbox = line.settings.inbox_path / "dallas"
    shutil.copytree(deliver(line.settings.inbox_path), inbox / name / "B1")
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == [SCOPE]
    told = "select scope, message from ops_event where closed_at is null and kind = 'misnamed_day'"
    message = f"folder '{name}' is not a day (YYYY-MM-DD); nothing in it is taken in{hint}"
    assert rows(line, told) == [(f"dallas/{name}", message)]
    shutil.rmtree(inbox / name)
    pipeline.waiting_batches(line, "dallas", make.WORKED)
    assert rows(line, told) == []


@pytest.mark.parametrize("is_x9", [False, True])
def test_control_characters_in_a_file_are_written_out_in_the_reasons(line: Runtime, is_x9: bool) -> None:
    """A database stores no NUL: the batch would stop without a word that people understand."""
    inbox = line.settings.inbox_path
    if is_x9:
        deliver_x9(inbox, x9_check(1), x9_check(2))
        path = inbox / "dallas" / DAY / "D900.x9"
        parts = records(path.read_bytes())
        parts[3] = parts[3][:57] + b"9\0" + parts[3][59:]  # the item's sequence number
        path.write_bytes(joined(parts))
    else:
        deliver(
            inbox,
            control={"scanner": "\0", "envelopes": "\0"},
            index=b"sequence,envelope,front,back\n1,1,\x01.tif,b1.tif\n",
        )
    [scope] = pipeline.waiting_batches(line, "dallas", make.WORKED)
    pipeline.ingest(line, scope, make.WORKED)
    named = rows(line, "select file, record, field, reason from set_aside")
    if is_x9:
        assert named == [("D900.x9", "record 4", "sequence", "has characters that are no text")]
    else:
        assert "\\x01.tif" in str(named)


def test_the_same_name_with_other_content_is_a_conflict_with_an_event(line: Runtime) -> None:
    folder = deliver(line.settings.inbox_path)
    pipeline.ingest(line, SCOPE, make.WORKED)
    shutil.rmtree(folder)
    deliver(line.settings.inbox_path, rows=("1,1,x1.tif,x2.tif",))
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == [SCOPE]  # it changed
    with pytest.raises(ConflictError, match="already taken in with other content"):
        pipeline.ingest(line, SCOPE, make.WORKED)
    assert rows(line, "select severity, kind, scope from ops_event") == [("error", "batch_set_aside", str(SCOPE))]
    assert rows(line, "select count(*) from item") == [(3,)]
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == []  # not again until it changes
    shutil.rmtree(folder)
    deliver(line.settings.inbox_path)
    pipeline.ingest(line, SCOPE, make.WORKED)  # as it came first
    assert rows(line, "select count(*) from ops_event where closed_at is null") == [(0,)]


def test_the_same_images_under_another_name_are_a_conflict(line: Runtime) -> None:
    deliver(line.settings.inbox_path)
    deliver(line.settings.inbox_path, batch="D002")
    pipeline.ingest(line, SCOPE, make.WORKED)
    with pytest.raises(ConflictError, match="already came in batch dallas/2026-11-16/D001"):
        pipeline.ingest(line, SECOND, make.WORKED)


def test_a_batch_that_cannot_be_used_is_set_aside_and_stops_no_other(line: Runtime) -> None:
    deliver(line.settings.inbox_path, index=b"")
    deliver(line.settings.inbox_path, batch="D002")
    with pytest.raises(InputError, match=r"index\.csv"):
        pipeline.ingest(line, SCOPE, make.WORKED)
    pipeline.ingest(line, SECOND, make.WORKED)
    [(batch_no, file, reason)] = rows(line, "select batch_no, file, reason from set_aside")
    assert (batch_no, "index.csv" in str(file)) == ("D001", True)
    assert reason
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == [SECOND]


def test_bad_files_are_named_and_the_rest_is_taken_in_and_balances(line: Runtime) -> None:
    deliver(
        line.settings.inbox_path,
        files={"f1.tif": b"%PDF-1.7 not an image", "b2.tif": None, "stray.tif": b"II*\0"},
    )
    pipeline.ingest(line, SCOPE, make.WORKED)
    named = {Path(str(file)).name for (file,) in rows(line, "select file from set_aside")}
    assert {"f1.tif", "b2.tif", "stray.tif"} <= named
    assert rows(line, "select sequence, unusable is null from item order by 1") == [(1, False), (2, True), (3, True)]
    for stage in ("read", "decide", "post"):
        pipeline.STAGES[stage](line, SCOPE, make.WORKED)
    outcomes = rows(
        line, "select i.sequence, d.outcome, d.reasons from decision d join item i using (item_id) order by 1"
    )
    assert outcomes[0] == (1, "review", ["image_unusable"])
    assert [outcome for _, outcome, _ in outcomes] == ["review"] * 3
    with line.engine.connect() as connection:
        assert [finding.check for finding in run_checks(connection) if finding.rows] == []


def refused(runtime: Runtime, scope: BatchScope, words: str) -> None:
    """The delivery is offered, refused, set aside with an event, and not offered again until it changes."""
    assert pipeline.waiting_batches(runtime, "dallas", make.WORKED) == [scope]
    with pytest.raises(InputError, match=words):
        pipeline.ingest(runtime, scope, make.WORKED)
    assert pipeline.waiting_batches(runtime, "dallas", make.WORKED) == []


def taken_in(runtime: Runtime, scope: BatchScope) -> int:
    """How many documents came when the delivery was offered again."""
    assert pipeline.waiting_batches(runtime, "dallas", make.WORKED) == [scope]
    pipeline.ingest(runtime, scope, make.WORKED)
    counted = "select count(*) from item join batch using (batch_id) where batch_no = :no and business_date = :day"
    with runtime.engine.connect() as connection:
        where = {"no": scope.batch_no, "day": scope.business_date}
        return int(connection.execute(sa.text(counted), where).scalar_one())


def test_a_folder_that_was_refused_comes_again_under_its_name(line: Runtime) -> None:
    """Twice refused, then good: each refusal is on file, and the third delivery is the batch."""
    folder = deliver(line.settings.inbox_path, index=b"")
    refused(line, SCOPE, "index.csv: is empty")
    (folder / "index.csv").write_text("sequence\n1\n")
    refused(line, SCOPE, "row 1, field envelope: column is missing")
    shutil.rmtree(folder)
    deliver(line.settings.inbox_path)
    assert taken_in(line, SCOPE) == 3
    assert rows(line, "select count(*) from set_aside") == [(2,)]
    events = "select times, closed_at is null from ops_event where kind = 'batch_set_aside'"
    assert rows(line, events) == [(2, False)]


@pytest.mark.parametrize(
    ("received_at", "words"),
    [
        ("2027-01-16T08:17:00-06:00", "is 61 days after the business date 2026-11-16"),
        ("2026-11-17T08:17:00-06:00", "lies after now"),
    ],
)
def test_a_receipt_that_is_not_believed_is_a_difference_until_it_is_corrected(
    line: Runtime, received_at: str, words: str
) -> None:
    folder = deliver(line.settings.inbox_path, control={"received_at": received_at})
    refused(line, SCOPE, words)
    noted = "select batch_no, file, field, refused from set_aside"
    assert rows(line, noted) == [("D001", "batch.json", "received_at", "unusable")]
    with line.engine.connect() as connection:
        assert [each.kind for each in load_differences(connection, SCOPE.site_day)] == ["refused"]
    shutil.rmtree(folder)
    deliver(line.settings.inbox_path)
    assert taken_in(line, SCOPE) == 3
    assert rows(line, "select effective_date::text from batch") == [("2026-11-16",)]


def at(path: Path, minutes: int) -> None:
    """Sets the file's time to minutes before the delivery is looked at."""
    os.utime(path, ((make.WORKED - timedelta(minutes=minutes)).timestamp(),) * 2)


def test_a_marker_that_comes_first_waits_for_what_the_index_names_and_then_says_what_is_missing(line: Runtime) -> None:
    folder = deliver(line.settings.inbox_path, files={"b3.jpg": None, "f3.jpg": b""})
    (folder / "f2.tif.part").touch()
    at(folder / "DONE", 29)
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == []
    words = f"{SCOPE}: waits up to 30 minutes for 3 files: f3.jpg, b3.jpg, f2.tif.part"
    with pytest.raises(NotReady, match=words):
        pipeline.ingest(line, SCOPE, make.WORKED)
    assert rows(line, "select count(*) from stage_run") == [(0,)]
    at(folder / "DONE", 30)
    assert taken_in(line, SCOPE) == 3
    aside = "select file, record, field, reason from set_aside order by 1"
    assert rows(line, aside) == [
        ("b3.jpg", "row 4", "back", "is missing; the folder has files that no row lists: f2.tif.part"),
        ("batch.json", "", "images", "says 6, but the folder has 5"),
        ("f2.tif.part", "", "", "is not listed in index.csv (is none of .tif, .tiff, .jpg, .jpeg)"),
        ("f3.jpg", "row 4", "front", "empty file"),
    ]
    unusable = "select unusable from item where unusable is not null"
    [(reason,)] = rows(line, unusable)
    assert str(reason).startswith("row 4, front: empty file; row 4, back: is missing")


@pytest.mark.parametrize("name", ["batch.json", "index.csv"])
def test_a_marker_waits_for_control_file_and_index(line: Runtime, name: str) -> None:
    folder = deliver(line.settings.inbox_path)
    (folder / name).rename(folder / "later")
    at(folder / "DONE", 1)
    assert pipeline.waiting_batches(line, "dallas", make.WORKED) == []
    (folder / "later").rename(folder / name)
    assert taken_in(line, SCOPE) == 3


def test_what_a_viewer_leaves_in_a_folder_makes_it_no_other_delivery(line: Runtime) -> None:
    folder = deliver(line.settings.inbox_path)
    assert taken_in(line, SCOPE) == 3
    (folder / "Thumbs.db").write_bytes(b"x")
    pipeline.ingest(line, SCOPE, make.WORKED)  # no conflict


def test_a_delivery_that_met_a_store_that_is_away_is_offered_again(line: Runtime) -> None:
    """The next run must not be green while the batch lies there."""
    deliver(line.settings.inbox_path)
    store = line.settings.home / "images"
    store.write_bytes(b"a file where the folder should be")
    for _ in range(2):
        assert pipeline.waiting_batches(line, "dallas", make.WORKED) == [SCOPE]
        with pytest.raises(Unavailable, match=r"Not a directory|File exists"):
            pipeline.ingest(line, SCOPE, make.WORKED)
    events = "select severity, kind, times, closed_at is null from ops_event"
    assert rows(line, events) == [("warning", "stage_failed", 2, True)]
    assert rows(line, "select count(*) from set_aside") == [(0,)]
    store.unlink()
    assert taken_in(line, SCOPE) == 3
    assert rows(line, events) == [("warning", "stage_failed", 2, False)]


def test_an_x9_file_that_was_cut_off_comes_again_under_its_name(line: Runtime) -> None:
    path = deliver_x9(line.settings.inbox_path, *(x9_check(number) for number in range(1, 5)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(line, CASH_LETTER, r"D900\.x9, record \d+, field code: the file ends here without its file control")
    assert rows(line, "select count(*) from batch") == [(0,)]
    path.write_bytes(whole)
    assert taken_in(line, CASH_LETTER) == 4


@pytest.mark.parametrize("is_x9", [False, True])
def test_mail_of_a_closed_day_comes_in_the_folder_of_the_next_and_names_what_it_completes(
    line: Runtime, is_x9: bool
) -> None:
    inbox = line.settings.inbox_path
    scope = CASH_LETTER if is_x9 else SCOPE
    path = deliver_x9(inbox, x9_check(1)) if is_x9 else deliver(inbox)
    with line.engine.begin() as connection:
        make.closed_day(connection)
    refused(line, scope, "the day is closed; deliver it in the folder of the next business day")
    late = inbox / "dallas" / "2026-11-17" / path.name
    late.parent.mkdir()
    shutil.move(path, late)
    control = {"settles": [str(scope)], "received_at": f"{make.DAY}T09:42:00-06:00"}
    if is_x9:
        late.with_name(f"{late.name}.done").write_text(json.dumps(control))
    else:
        plain = json.loads((late / "batch.json").read_text()) | control | {"business_date": "2026-11-17"}
        (late / "batch.json").write_text(json.dumps(plain))
    assert taken_in(line, BatchScope("dallas", date(2026, 11, 17), scope.batch_no)) == (1 if is_x9 else 3)
    # it counts from the day on which it was received
    assert rows(line, "select business_date::text, effective_date::text from batch") == [("2026-11-17", "2026-11-16")]


def test_a_stage_before_its_turn_is_not_ready(line: Runtime) -> None:
    with pytest.raises(NotReady, match="not taken in yet"):
        pipeline.read(line, SCOPE, make.WORKED)
    deliver(line.settings.inbox_path)
    pipeline.ingest(line, SCOPE, make.WORKED)
    with pytest.raises(NotReady, match="the read stage is not done yet"):
        pipeline.decide(line, SCOPE, make.WORKED)


def test_no_bank_account_is_stored_in_full(line: Runtime) -> None:
    day(line)
    account = next(check["bank_account"] for check in truth_checks(line))
    stored = rows(line, "select reading::text from reading")
    assert stored
    assert not any(account in str(text) for (text,) in stored)


def truth_checks(runtime: Runtime) -> list[dict[str, str]]:
    plain = json.loads(truth_path(runtime.settings, make.DAY).read_text())
    checks: list[dict[str, str]] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if node.get("bank_account"):
                checks.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(plain)
    return checks


def test_a_day_is_posted_correctly_and_closes(line: Runtime) -> None:
    """Simulated mail of both sites goes through the real readers: nothing is posted wrong, and everything ties."""
    day(line)
    with line.engine.connect() as connection:
        posted = db.rows(connection, "reports/posted_lines", business_date=make.DAY)
        assert [finding.check for finding in run_checks(connection) if finding.rows] == []
    result = score(load_truth(truth_path(line.settings, make.DAY)), posted)
    assert result.misreads == ()
    assert result.posted >= 5
    assert rows(line, "select count(*) from day_close") == [(2,)]
    assert rows(line, "select coalesce(sum(balance_cents), 0) from trial_balance") == [(0,)]
    assert rows(line, "select balance_cents from trial_balance where account like 'clearing.%'") == [(0,), (0,)]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the real sample files are not here")
def test_a_real_x9_file_goes_to_decisions_and_agrees_with_itself(line: Runtime) -> None:
    """10 checks, $1,000.90: the MICR fields read from the images equal the file's own, upside down or not."""
    folder = line.settings.inbox_path / "dallas" / "2026-11-16"
    folder.mkdir(parents=True)
    shutil.copy(SAMPLES / "x9ware_dstu_10checks_ebcdic.x9", folder / "D900.x9")
    (folder / "D900.x9.done").touch()
    [scope] = pipeline.waiting_batches(line, "dallas", make.EVENING)
    with pytest.raises(LockboxError, match="says that it is a test"):
        pipeline.ingest(line, scope, make.EVENING)
    [(kind, message)] = rows(line, "select kind, message from ops_event where closed_at is null")
    assert (kind, "says that it is a test: nothing of it is taken in" in str(message)) == ("batch_set_aside", True)
    with line.engine.begin() as connection:
        connection.execute(
            sa.text(
                "update policy set value = jsonb_build_object('dallas', true) where rule = 'intake.accept_test_files'"
            )
        )
    for stage in pipeline.STAGES:
        pipeline.STAGES[stage](line, scope, make.EVENING)
    decided = rows(line, "select outcome, amount_cents from decision order by item_id")
    assert len(decided) == 10
    assert sum(int(str(cents)) for _, cents in decided) == 100_090
    differ = rows(
        line,
        """select i.sequence from item as i join reading as r using (item_id)
        where r.account_token is distinct from i.carried ->> 'account_token'
           or r.reading #>> '{fields,routing,candidates,0,value}' is distinct from i.carried ->> 'routing'
           or r.reading #>> '{fields,serial,candidates,0,value}' is distinct from i.carried ->> 'serial'""",
    )
    assert differ == []


def test_a_failed_stage_keeps_its_message(line: Runtime) -> None:
    deliver(line.settings.inbox_path, index=b"")
    with pytest.raises(LockboxError):
        pipeline.ingest(line, SCOPE, make.WORKED)
    [(state, message)] = rows(line, "select state, message from stage_run")
    assert state == "failed"
    assert "index.csv" in str(message)
