"""A drawn day in the inbox: complete for the intake, the same to the byte, never half there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from lockbox.errors import ConflictError
from lockbox.mail.inbox import read_batch, ready_batches
from lockbox.mail.manifest import read_manifest
from lockbox.settings import ROOT
from lockbox.simulator import inbox as inbox_module
from lockbox.simulator.inbox import write_day
from lockbox.simulator.lender_terms import terms_of
from lockbox.simulator.mail import MailDay, make_day
from lockbox.simulator.portfolio import make_portfolio

DAY = date(2026, 11, 16)


def plan(seed: int = 7) -> MailDay:
    """Three folders, one of them gray, and a cash letter, with few documents each."""
    master = make_portfolio(seed, DAY - timedelta(days=1), b"k" * 32, contracts=400)
    day = make_day(master, seed, DAY, terms_of(ROOT / "profiles" / "reference.toml"), envelopes=60)
    chosen = {("dallas", "D001"): 3, ("dallas", "D002"): 2, ("richardson", "R001"): 1, ("richardson", "R901"): 3}
    return replace(
        day,
        batches=tuple(
            replace(batch, envelopes=batch.envelopes[: chosen[batch.site_id, batch.batch_no]])
            for batch in day.batches
            if (batch.site_id, batch.batch_no) in chosen
        ),
    )


@pytest.fixture(scope="module")
def day() -> MailDay:
    return plan()


@pytest.fixture(scope="module")
def written(day: MailDay, tmp_path_factory: pytest.TempPathFactory) -> Path:
    inbox = tmp_path_factory.mktemp("inbox")
    write_day(day, inbox, workers=1)
    return inbox


@pytest.fixture
def inbox(written: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(written, tmp_path / "inbox"))


def contents(inbox: Path) -> dict[str, str]:
    return {
        str(path.relative_to(inbox)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(inbox.rglob("*"))
        if path.is_file()
    }


@pytest.mark.thorough
def test_intake_accepts_every_batch_without_complaint(written: Path, day: MailDay) -> None:
    received = {}
    for site in ("dallas", "richardson"):
        for path in ready_batches(written, site):
            batch = read_batch(path)
            assert (batch.rejected, batch.set_aside) == ((), ())
            received[batch.site, batch.batch_no] = batch
    assert set(received) == {(planned.site_id, planned.batch_no) for planned in day.batches}
    for planned in day.batches:
        batch = received[planned.site_id, planned.batch_no]
        assert (batch.box, batch.received_at, batch.business_date) == (planned.box, planned.received_at, DAY)
        assert [(document.sequence, document.envelope_no) for document in batch.documents] == [
            (document.truth.sequence, document.truth.envelope_no) for document in planned.documents
        ]
        assert all(document.back for document in batch.documents)


def test_a_cash_letter_carries_what_the_truth_says(written: Path, day: MailDay) -> None:
    (planned,) = [batch for batch in day.batches if batch.delivery == "x9"]
    batch = read_batch(written / "richardson" / "2026-11-16" / "R901.x9")
    for document, received in zip(planned.documents, batch.documents, strict=True):
        truth, carried = document.truth, received.carried
        assert carried
        assert (carried.routing, carried.bank_account) == (truth.routing, truth.bank_account)
        assert (carried.serial or carried.aux_on_us) == truth.serial
        assert carried.amount_cents == truth.amount_cents


@pytest.mark.thorough
def test_manifests_announce_what_is_there(written: Path, day: MailDay) -> None:
    for site in ("dallas", "richardson"):
        manifest = read_manifest(written / site / "2026-11-16" / "manifest.json")
        assert manifest.complete
        assert {(batch.batch_no, batch.envelopes, batch.documents) for batch in manifest.batches} == {
            (batch.batch_no, len(batch.envelopes), len(batch.documents))
            for batch in day.batches
            if batch.site_id == site
        }


@pytest.mark.thorough
def test_the_same_plan_gives_the_same_bytes_from_other_processes(written: Path, day: MailDay, tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    count = sum(len(batch.documents) for batch in day.batches)
    assert write_day(day, tmp_path, workers=2, progress=lambda *at: reported.append(at)) == (len(day.batches), count)
    assert contents(tmp_path) == contents(written)
    assert reported == [(done, count) for done in range(1, count + 1)]


def test_the_second_time_nothing_is_drawn_or_touched(inbox: Path, day: MailDay) -> None:
    before = {path: path.stat().st_mtime_ns for path in inbox.rglob("*")}
    assert write_day(day, inbox, workers=1) == (0, 0)
    assert {path: path.stat().st_mtime_ns for path in inbox.rglob("*")} == before


@pytest.mark.parametrize("lost", ["dallas/2026-11-16/D001/DONE", "richardson/2026-11-16/R901.x9.done"])
def test_a_batch_without_its_done_marker_is_written_again(inbox: Path, written: Path, day: MailDay, lost: str) -> None:
    (inbox / lost).unlink()
    (inbox / "dallas/2026-11-16/D001/0001F.tif").write_bytes(b"half")
    if "R901" in lost:
        (inbox / "dallas/2026-11-16/D001/DONE").unlink()
    write_day(day, inbox, workers=1)
    assert contents(inbox) == contents(written)


def test_a_killed_run_leaves_no_batch_that_looks_done(
    day: MailDay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1000))

    def render(_document: object) -> tuple[bytes, bytes]:
        if next(calls) == len(day.batches[0].documents) + 1:
            raise KeyboardInterrupt
        return b"front", b"back"

    monkeypatch.setattr(inbox_module, "render", render)
    with pytest.raises(KeyboardInterrupt):
        write_day(day, tmp_path, workers=1)
    ready = [path.stem for site in ("dallas", "richardson") for path in ready_batches(tmp_path, site)]
    assert ready == [day.batches[0].batch_no]
    assert not list(tmp_path.rglob("manifest.json"))


def test_different_mail_under_the_same_name_is_a_conflict(inbox: Path, written: Path) -> None:
    with pytest.raises(ConflictError, match="2026-11-16"):
        write_day(plan(seed=8), inbox, workers=1)
    assert contents(inbox) == contents(written)
