"""A drawn mail day through the real line, judged against its truth: every field, every decision, and every posting.

The day is drawn, taken in, read, decided, and posted in a scratch lockbox. Beside the decisions under the lender's
policy, each payment is decided once more as if no chance of a misread were too high: that gives the curve.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.images import ImageStore
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.profile import site_ids
from lockbox.mail import pipeline
from lockbox.mail.decision import Decision, Outcome
from lockbox.mail.decision_basis import decide_rows, recorded_basis
from lockbox.mail.item_readings import storable
from lockbox.mail.reason import Reason
from lockbox.parallel import fresh
from lockbox.proving.curve import Judged
from lockbox.proving.judging import JudgedField, judge
from lockbox.runtime import Runtime, open_runtime
from lockbox.scopes import BatchScope
from lockbox.settings import Settings
from lockbox.simulator.day import simulate
from lockbox.simulator.inbox import render
from lockbox.simulator.lender_terms import terms_of
from lockbox.simulator.mail import Document, MailDay, make_day
from lockbox.simulator.portfolio import make_portfolio
from lockbox.simulator.truth import Score, score
from ocr.nets import calibration, ppocr
from ocr.reader import read_document
from ocr.reading import Reading

DAY = date(2026, 11, 16)
AS_OF = datetime(2026, 11, 17, 1, tzinfo=UTC)
Tell = Callable[[str, int, int], None]  # what, how many done, of how many


@dataclass(frozen=True, slots=True)
class TimedReading:
    """One document read: the readers' own claims, CPU time, memory peak of the process so far, and lines read twice."""

    reading: Reading
    cpu_ms: float
    peak_kib: int
    rereads: int  # lines that PP-OCR was asked to read


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """One document judged, before and after calibration."""

    document: Document
    raw: tuple[JudgedField, ...]
    fields: tuple[JudgedField, ...]
    timed: TimedReading


@dataclass(frozen=True, slots=True)
class Payment:
    """One check, and whether it would post rightly without a limit: right contracts and amounts, no reason to stop."""

    document: Document
    judged: Judged
    posted: bool  # under the policy in force
    stopped_by: tuple[str, ...] = ()
    credited: tuple[tuple[str, int], ...] = ()  # account number and cents, as it would post


@dataclass(slots=True)
class Measured:
    """The measurements of a whole day."""

    seed: int
    envelopes: int
    items: list[JudgedItem] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    score: Score | None = None
    max_misread_ppm: int = 0
    decide_s: float = 0.0


def measure(settings: Settings, seed: int, envelopes: int, contracts: int, tell: Tell) -> Measured:
    """The day of this seed, judged in full; `settings` are those of a scratch lockbox."""
    simulate(settings, seed, DAY, envelopes, contracts, lambda done, all_: tell("drawing", done, all_))
    day = planned(settings, seed, envelopes, contracts)
    documents = {document.truth.key: document for batch in day.batches for document in batch.documents}
    runtime = open_runtime(settings)
    scopes = [scope for site in site_ids(settings.profile) for scope in pipeline.waiting_batches(runtime, site, AS_OF)]
    measured = Measured(seed, envelopes)
    with fresh(settings.workers) as pool:
        for scope in scopes:
            pipeline.ingest(runtime, scope, AS_OF)
            _read(runtime, scope, documents, pool, measured)
            tell("reading", len(measured.items), len(documents))
            begun = time.process_time()
            pipeline.decide(runtime, scope, AS_OF)
            measured.decide_s += time.process_time() - begun
            _judge_payments(runtime, scope, documents, measured)
            pipeline.post(runtime, scope, AS_OF)
    measured.payments = once_of_two(measured.payments)
    with runtime.engine.connect() as connection:
        measured.score = score(day.truth, db.rows(connection, "reports/posted_lines", business_date=DAY))
    return measured


def planned(settings: Settings, seed: int, envelopes: int, contracts: int) -> MailDay:
    """The plan of the mail that `simulate` draws for this home."""
    terms = terms_of(settings.profile)
    opening_on = DAY - timedelta(days=1)
    master = make_portfolio(seed, opening_on, settings.token_key(), contracts, terms.lender_id)
    return make_day(master, seed, DAY, terms, envelopes)


def read_drawn(documents: Sequence[Document], pool: ProcessPoolExecutor) -> Iterator[JudgedItem]:
    """Documents drawn and read, in order, without the rest of the line."""
    for document, timed in zip(documents, pool.map(_drawn, documents, chunksize=4), strict=True):
        yield _judged_item(document, timed)


def read_sides(front: bytes, back: bytes | None) -> TimedReading:
    """Reads one document and measures the cost."""
    looks, begun = ppocr.looks(), time.process_time()
    reading = read_document(front, back, calibrated=False)
    cpu_ms = (time.process_time() - begun) * 1000
    return TimedReading(reading, cpu_ms, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, ppocr.looks() - looks)


def _drawn(document: Document) -> TimedReading:
    return read_sides(*render(document))


def _stored(url: str, front: str, back: str | None) -> TimedReading:
    images = ImageStore(url)
    return read_sides(images.get(front), images.get(back) if back else None)


def _judged_item(document: Document, timed: TimedReading) -> JudgedItem:
    calibrated = _honest(timed.reading)
    return JudgedItem(document, tuple(judge(document, timed.reading)), tuple(judge(document, calibrated)), timed)


def _honest(reading: Reading) -> Reading:
    return replace(
        calibration.honest(reading, reading.readers), readers=reading.readers + calibration.suffix(reading.readers)
    )


def _read(
    runtime: Runtime,
    scope: BatchScope,
    documents: dict[tuple[str, str, int], Document],
    pool: ProcessPoolExecutor,
    measured: Measured,
) -> None:
    batch, rows = _batch(runtime, scope)
    usable = [row for row in rows if row["front_sha256"]]
    jobs = [pool.submit(_stored, runtime.images.url, row["front_sha256"], row["back_sha256"]) for row in usable]
    with runtime.engine.begin() as connection:
        for row, job in zip(usable, jobs, strict=True):
            timed = job.result()
            measured.items.append(_judged_item(documents[batch["site_id"], batch["batch_no"], row["sequence"]], timed))
            pipeline.save_reading(connection, storable(row["item_id"], _honest(timed.reading), runtime.key), AS_OF)
    pipeline.read(runtime, scope, AS_OF)  # nothing is left to read: this marks the stage as done


def _judge_payments(
    runtime: Runtime, scope: BatchScope, documents: dict[tuple[str, str, int], Document], measured: Measured
) -> None:
    batch, rows = _batch(runtime, scope)
    with runtime.engine.connect() as connection:
        policy = policy_on(connection, batch["site_id"], batch["business_date"])
        free = replace(policy, max_misread_ppm=1_000_000, misread_ppm_of={})
        basis = recorded_basis(connection, batch, rows)
        unlimited = {row["item_id"]: decision for decision, row in decide_rows(batch, rows, free, basis)}
        current = connection.execute(
            sa.text("""
                select d.item_id, d.outcome, d.reasons from current_decision as d join item as i using (item_id)
                where i.batch_id = :batch"""),
            {"batch": batch["batch_id"]},
        ).all()
    measured.max_misread_ppm = policy.max_misread_ppm
    decided = {row.item_id: row for row in current}
    for row in rows:
        document = documents[batch["site_id"], batch["batch_no"], row["sequence"]]
        if document.truth.kind == "check" and row["item_id"] in decided:
            measured.payments.append(_payment(document, unlimited[row["item_id"]], decided[row["item_id"]]))


def _payment(document: Document, free: Decision, current: sa.Row[tuple[int, str, list[str]]]) -> Payment:
    """A duplicate is held whatever the limit: that does not depend on the reading."""
    truth = document.truth
    totals: dict[str, int] = {}
    for line in free.lines:
        totals[line.account_number] = totals.get(line.account_number, 0) + line.amount_cents
    true: dict[str, int] = {}
    for line_due in truth.lines:
        true[line_due.account_number] = true.get(line_due.account_number, 0) + line_due.amount_cents
    posts = free.outcome is Outcome.POST and Reason.DUPLICATE not in current.reasons
    judged = Judged(
        1 - free.misread_ppm / 1e6 if posts else None,
        totals == true and not truth.must_stop,
        not truth.must_stop and truth.outcome == "post",
    )
    credited = tuple(sorted(totals.items()))
    return Payment(document, judged, current.outcome == "post", tuple(current.reasons), credited)


def once_of_two(payments: Sequence[Payment]) -> list[Payment]:
    """A check scanned twice posts rightly once, whichever copy it is.

    Where the first copy cannot be read (torn) and is held, a second one that posts is no misread: the reviewer of the
    held one will see it. Where both post, the second stays wrong.
    """
    result = []
    for payment in payments:
        is_wrong_copy = str(Reason.DUPLICATE) in payment.document.truth.reasons and not payment.judged.right
        if is_wrong_copy and payment.credited in _due_on_held_copies(payment, payments):
            payment = replace(payment, judged=replace(payment.judged, right=True))
        result.append(payment)
    return result


def _due_on_held_copies(payment: Payment, payments: Sequence[Payment]) -> set[tuple[tuple[str, int], ...]]:
    """What the other scans of the same check should credit, where they did not post."""
    copies = [copy for copy in payments if copy is not payment and copy.document.paper == payment.document.paper]
    return {
        tuple(sorted((line.account_number, line.amount_cents) for line in copy.document.truth.lines))
        for copy in copies
        if not copy.posted
    }


def _batch(runtime: Runtime, scope: BatchScope) -> tuple[sa.RowMapping, list[sa.RowMapping]]:
    with runtime.engine.connect() as connection:
        batch = (
            connection.execute(
                sa.text("select * from batch where (site_id, business_date, batch_no) = (:site, :day, :no)"),
                {"site": scope.site_id, "day": scope.business_date, "no": scope.batch_no},
            )
            .mappings()
            .one()
        )
        return batch, db.rows(connection, "queries/batch_items", batch_id=batch["batch_id"])
