"""One-byte mutations of a delivery, and what becomes of the day when the mail line really works the mutated one."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa

import ocr.reader
from lockbox import db
from lockbox.contract.master import Master
from lockbox.errors import LockboxError
from lockbox.formats.x9.file import read_x9
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline, scan_folder, x9_file
from lockbox.mail.delivery import DEFAULT_LIMITS, IncomingBatch, IntakeLimits, image_problem
from lockbox.mail.inbox import read_batch
from lockbox.mail.manifest import read_manifest
from lockbox.runtime import Runtime
from lockbox.servicing.load_master import load_master
from lockbox.simulator.inbox import render, write_day
from lockbox.simulator.mail import Batch, Document, Envelope, MailDay, make_day
from lockbox.simulator.portfolio import make_portfolio
from lockbox.simulator.truth import TrueItem
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders import simulated

SEED, ENVELOPES, CONTRACTS = 3, 40, 120
OUTSIDE_IMAGES = 0.8
RUBBISH = b"\0\xff\x40\x20"
CLOSES_ANYWAY = make.EVENING + timedelta(hours=12)  # by then, a day with open differences closes with them
MANIFEST = "manifest.json"
X9_ENVELOPES = (("D001", 15), ("R901", 1), ("R901", 3))
FOLDER_ENVELOPES = (("D001", 1), ("D001", 9), ("D001", 12), ("D002", 3))


@dataclass(frozen=True, slots=True)
class Mail:
    """A valid delivery of Dallas with its manifest, and what is really in it."""

    files: Mapping[str, bytes]  # path below the site's folder of the day
    documents: tuple[Document, ...]
    sides: Mapping[str, Document]  # sha256 of a front: its document
    images: frozenset[str]  # sha256 of every image


@dataclass(frozen=True, slots=True)
class Mutation:
    """One file of a delivery with one byte changed."""

    file: str
    data: bytes
    text: str  # for people: what was done where


@cache
def master() -> Master:
    """The contracts that the mail pays on."""
    return make_portfolio(SEED, make.DAY - timedelta(1), b"k" * 32, contracts=CONTRACTS)


@cache
def mail(delivery: str) -> Mail:
    """The valid delivery: an X9 file ("x9") of three checks, or a scan folder of nine documents in four envelopes."""
    day = make_day(master(), SEED, make.DAY, simulated.terms(), ENVELOPES)
    drawn = {batch.batch_no: batch for batch in day.batches}
    chosen = [
        drawn[batch_no].envelopes[number - 1]
        for batch_no, number in (X9_ENVELOPES if delivery == "x9" else FOLDER_ENVELOPES)
    ]
    batch = _batch(drawn["D001"], delivery, chosen)
    with TemporaryDirectory() as folder:
        write_day(MailDay(make.DAY, SEED, (batch,)), Path(folder), workers=1)
        top = Path(folder) / "dallas" / make.DAY.isoformat()
        files = {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}
    drawn_sides = [[sha256(side).hexdigest() for side in render(document)] for document in batch.documents]
    fronts = {sides[0]: document for sides, document in zip(drawn_sides, batch.documents, strict=True)}
    return Mail(files, batch.documents, fronts, frozenset(side for sides in drawn_sides for side in sides))


def _batch(like: Batch, delivery: str, envelopes: Sequence[Envelope]) -> Batch:
    """These envelopes as one batch, its documents numbered from 1."""
    batch_no = "D901" if delivery == "x9" else "D001"
    numbered, sequence = [], 0
    for envelope_no, envelope in enumerate(envelopes, 1):
        documents = []
        for document in envelope.documents:
            sequence += 1
            truth = replace(
                document.truth, site_id="dallas", batch_no=batch_no, sequence=sequence, envelope_no=envelope_no
            )
            documents.append(replace(document, truth=truth))
        numbered.append(Envelope(envelope_no, tuple(documents)))
    return replace(like, batch_no=batch_no, delivery=delivery, envelopes=tuple(numbered))


def mutations(delivery: str, seed: object) -> Iterator[Mutation]:
    """Mutations without end: a byte set, flipped, put in or taken out; four fifths of them outside the images."""
    random = Random(f"mutations:{delivery}:{seed}")
    files = mail(delivery).files
    outside, inside = _places(files)
    while True:
        name, places = random.choice(outside if random.random() < OUTSIDE_IMAGES else inside)
        yield mutated(name, files[name], random.choice(places), random)


Places = list[tuple[str, Sequence[int]]]  # files and their bytes


def _places(files: Mapping[str, bytes]) -> tuple[Places, Places]:
    """The bytes outside and inside images: of the X9 file, or of the folder and its manifest."""
    for name, data in files.items():
        if name.endswith(".x9"):
            images = [image for check in read_x9(data, name).checks for image in check.images]
            ranges = [range(image.offset, image.offset + len(image.data)) for image in images]
            inside = {place for image in ranges for place in image}
            return [(name, [place for place in range(len(data)) if place not in inside])], [(name, r) for r in ranges]
    return _whole(files, (".json", ".csv")), _whole(files, (".tif", ".jpg"))


def _whole(files: Mapping[str, bytes], suffixes: tuple[str, ...]) -> Places:
    return [(name, range(len(data))) for name, data in files.items() if name.endswith(suffixes)]


def mutated(name: str, data: bytes, place: int, random: Random) -> Mutation:
    """One byte changed. A new byte is any byte, one from near by, which more likely still means something, or one that
    senders write by mistake: zero, 0xFF, a blank in EBCDIC or ASCII."""
    kind = random.choice(("set", "flip", "insert", "delete"))
    near = data[max(0, place - 40) : place + 40]
    byte = data[place]
    while kind in ("set", "insert") and byte == data[place]:
        byte = random.choice((random.randrange(256), random.choice(near), random.choice(RUBBISH)))
    if kind == "flip":
        byte ^= 1 << random.randrange(8)
    new = b"" if kind == "delete" else bytes([byte])
    text = f"{name}: byte {place} 0x{data[place]:02x}: {kind} {new.hex()}"
    return Mutation(name, data[:place] + new + data[place + (kind != "insert") :], text)


ITEMS = sa.text("""
    select i.front_sha256, i.back_sha256, e.envelope_no, (i.carried ->> 'amount_cents')::bigint as carried_cents,
        d.outcome, d.amount_cents, coalesce((
            select array_agg(array[k.account_number, l.amount_cents::text] order by l.line_no)
            from decision_line as l join contract as k using (contract_id)
            where l.decision_id = d.decision_id), '{}') as paid_on
    from item as i join envelope as e using (envelope_id) left join newest_decision(i.item_id) as d on true
    order by i.item_id""")


@dataclass(frozen=True, slots=True)
class Item:
    """One captured document at the end of the day."""

    front: str | None
    back: str | None
    envelope_no: int
    carried_cents: int | None
    outcome: str
    amount_cents: int | None
    paid_on: tuple[tuple[str, int], ...]  # account number and cents


@dataclass(frozen=True, slots=True)
class Day:
    """How the day ended."""

    state: str  # "waits", or as its close says
    differences: tuple[str, ...]  # as they are named for people
    items: tuple[Item, ...]


_DAYS: dict[object, Day] = {}  # by what intake made of the delivery: every database begins alike


class Line:
    """The mail line on a database that forgets each day: all of it happens in one transaction that is rolled back."""

    def __init__(self, runtime: Runtime) -> None:
        with runtime.engine.begin() as connection:
            load_profile(connection, runtime.settings.profile)
            load_master(connection, master(), make.ARRIVED)
        alone = runtime.settings.model_copy(update={"workers": 1})  # another process would not know what was read
        self.runtime = replace(runtime, settings=alone, engine=_one_connection(runtime.engine))
        self.inbox = runtime.settings.inbox_path / "dallas" / make.DAY.isoformat()
        self.worked = 0

    def day(self, files: Mapping[str, bytes]) -> Day:
        """The day with this delivery; one that intake takes for the same as another is not worked a second time."""
        self.deliver(files)
        key = self.parsed()
        if key not in _DAYS:
            _DAYS[key] = self.work()
            self.worked += 1
        return _DAYS[key]

    def deliver(self, files: Mapping[str, bytes]) -> None:
        """Puts the files into an empty inbox."""
        shutil.rmtree(self.inbox, ignore_errors=True)
        for name, data in files.items():
            path = self.inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    @property
    def is_refused(self) -> bool:
        """Whether intake takes nothing of what lies in the inbox."""
        return isinstance(self.parsed()[1], type)

    def parsed(self) -> tuple[object, ...]:
        """What intake makes of the inbox, manifest and batch, without what is only words."""
        [path] = [*self.inbox.glob("*.x9"), *(path.parent for path in self.inbox.glob("*/DONE"))]
        parts: list[object] = []
        try:
            parts.append(read_manifest(self.inbox / MANIFEST))
        except LockboxError as error:
            parts.append(type(error))
        try:
            parts.append(_batch_key(read_batch(path)))
        except LockboxError as error:
            parts.append(type(error))
        return tuple(parts)

    def work(self) -> Day:
        """Intake, reading, decision, posting and close, as Airflow runs them."""
        with self.runtime.engine.connect() as connection, _forgotten(connection):
            self.stages(make.EVENING)
            return self.closed(connection)

    def again(self, refused: Mapping[str, bytes], whole: Mapping[str, bytes]) -> Day:
        """The day when first one delivery comes and then, before the close, another one under its name."""
        with self.runtime.engine.connect() as connection, _forgotten(connection):
            for files, as_of in ((refused, make.WORKED), (whole, make.EVENING)):
                self.deliver(files)
                self.stages(as_of)
            return self.closed(connection)

    def stages(self, as_of: datetime) -> None:
        """All stages of what waits in the inbox; a batch that fails at one is left there."""
        for scope in pipeline.waiting_batches(self.runtime, "dallas", as_of):
            with suppress(LockboxError):
                for stage in pipeline.STAGES.values():
                    stage(self.runtime, scope, as_of)

    def closed(self, connection: sa.Connection) -> Day:
        """The day after the hour from which it closes whatever is missing."""
        for site_day in daily.closable_days(self.runtime, CLOSES_ANYWAY):
            with suppress(LockboxError):
                daily.close(self.runtime, site_day, CLOSES_ANYWAY)
        return day_outcome(connection)


def day_outcome(connection: sa.Connection) -> Day:
    """How Dallas' day stands."""
    state = connection.execute(sa.text("select state from day_close")).scalar()
    items = connection.execute(ITEMS).all()
    return Day(
        state=state or "waits",
        differences=tuple(connection.execute(sa.text("select text from difference order by difference_id")).scalars()),
        items=tuple(
            Item(
                row.front_sha256, row.back_sha256, row.envelope_no, row.carried_cents, row.outcome, row.amount_cents,
                tuple((number, int(cents)) for number, cents in row.paid_on),
            )
            for row in items
        ),
    )  # fmt: skip


def lost(mail: Mail, day: Day) -> list[str]:
    """What of the mail is missing, too much or changed among the documents that were captured, in words."""
    fronts = Counter(item.front for item in day.items if item.front)
    missing = [front for front in mail.sides if front not in fronts]
    changed = [front for front in fronts if front not in mail.images]
    if len(changed) == len(missing) == 1:  # the image that was mutated: what is on the paper stays the same
        origin = {**{front: front for front in mail.sides}, changed[0]: missing.pop()}
    else:
        origin = {front: front for front in mail.sides}
    words = [f"document {mail.sides[front].truth.sequence} is missing" for front in missing]
    words += [f"{count} documents with the front {front[:12]}" for front, count in fronts.items() if count > 1]
    words += [f"a front that nobody sent: {front[:12]}" for front in fronts if front not in origin]
    words += ["a document without a front" for item in day.items if item.front is None]
    words += ["a document without a back" for item in day.items if item.front and item.back is None]
    envelopes = {document.truth.envelope_no for document in mail.documents}
    if len({item.envelope_no for item in day.items}) != len(envelopes):
        words.append(f"not {len(envelopes)} envelopes")
    pairs = [(mail.sides[origin[item.front]].truth, item) for item in day.items if item.front in origin]
    return words + [word for truth, item in pairs for word in _changed(truth, item)]


def _changed(truth: TrueItem, item: Item) -> Iterator[str]:
    """What was captured or decided of a document that is not so."""
    if truth.envelope_no != item.envelope_no:
        yield f"document {truth.sequence}: in envelope {item.envelope_no}, came in {truth.envelope_no}"
    cents = truth.amount_cents if truth.kind == "check" else None
    if item.carried_cents is not None and item.carried_cents != cents:
        yield f"document {truth.sequence}: carries {item.carried_cents}, is for {cents}"
    if item.outcome in ("post", "suspense"):
        if item.amount_cents != cents:
            yield f"document {truth.sequence}: {item.outcome} of {item.amount_cents}, is for {cents}"
        lines = {(line.account_number, line.amount_cents) for line in truth.lines}
        if item.outcome == "post" and set(item.paid_on) != lines:
            yield f"document {truth.sequence}: paid on {item.paid_on}"


def _batch_key(batch: IncomingBatch) -> object:
    """All of a batch that can change what becomes of it."""
    return (
        batch.box, batch.received_at, batch.control, batch.settles,
        *(
            tuple(
                (
                    document.sequence, document.envelope_no, document.carried, document.flags, document.more_views,
                    document.front and document.front.sha256, document.back and document.back.sha256,
                )
                for document in documents
            )
            for documents in (batch.documents, batch.rejected)
        ),
        frozenset((fault.file, fault.record, fault.field, fault.sequence) for fault in batch.set_aside),
    )  # fmt: skip


def _one_connection(engine: sa.Engine) -> sa.Engine:
    """An engine with one connection, whose transactions are savepoints: deferred constraints are checked as at their
    commit, and all of them can be undone."""
    options = "-c timezone=UTC -c role=lockbox_app"
    single = sa.create_engine(
        engine.url, connect_args={"options": options}, poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT",
    )  # fmt: skip
    sa.event.listen(single, "begin", lambda connection: db.run_script(connection, "savepoint s"))
    commit = "set constraints all immediate; set constraints all deferred; release savepoint s"
    sa.event.listen(single, "commit", lambda connection: db.run_script(connection, commit))
    undo = "rollback to savepoint s; release savepoint s"
    sa.event.listen(single, "rollback", lambda connection: db.run_script(connection, undo))
    return single


@contextmanager
def _forgotten(connection: sa.Connection) -> Iterator[None]:
    """Whatever happens in here did not."""
    db.run_script(connection, "begin")
    try:
        yield
    finally:
        connection.rollback()
        db.run_script(connection, "rollback")


def remember_images(patch: pytest.MonkeyPatch) -> None:
    """Images that did not change are neither decoded nor read a second time in this process."""
    for module in (x9_file, scan_folder):
        patch.setattr(module, "image_problem", lambda data, _, limits=DEFAULT_LIMITS: _problem(data, limits))
    patch.setattr(ocr.reader, "read_document", _read)


@lru_cache(maxsize=4096)
def _problem(data: bytes, limits: IntakeLimits) -> str | None:
    return image_problem(data, "", limits)


_read: Any = lru_cache(maxsize=4096)(ocr.reader.read_document)
