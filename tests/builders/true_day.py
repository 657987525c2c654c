"""A simulated day of both sites without its pictures: taken in, read as its truth says, decided and posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from lockbox.business_days import effective_date
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.profile import load_profile
from lockbox.mail import pipeline
from lockbox.mail.item_readings import storable
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.servicing.load_master import load_master
from lockbox.simulator.check_face import micr_line
from lockbox.simulator.lender_terms import terms_of
from lockbox.simulator.mail import Batch, Document, MailDay, make_day
from lockbox.simulator.papers import CheckPaper, LetterPaper
from lockbox.simulator.portfolio import make_portfolio
from lockbox.simulator.truth import TrueItem
from ocr.reading import Candidate, CheckKind, DocumentKind, Field, FieldReading, Reading
from tests.builders import ledger as make

SEED = 7
ZONE = ZoneInfo("America/Chicago")
SITES = ("dallas", "richardson")


def at(day: date, hour: int) -> datetime:
    """An hour in Texas."""
    return datetime.combine(day, time(hour), ZONE)


def taken_in(runtime: Runtime, day: date, envelopes: int, contracts: int) -> MailDay:
    """The day's mail decided and posted by the line itself; checks that the scanner spoiled are not read."""
    settings = runtime.settings
    terms = terms_of(settings.profile)
    master = make_portfolio(SEED, day - timedelta(1), settings.token_key(), contracts, profile=settings.profile)
    mail = make_day(master, SEED, day, terms, envelopes)
    with runtime.engine.begin() as connection:
        load_profile(connection, settings.profile)
        load_master(connection, master, at(day, 1))
        for batch in mail.batches:
            _capture(runtime, connection, mail, batch)
        for site_id in SITES:
            batches = [batch for batch in mail.batches if batch.site_id == site_id]
            listed = [(batch.batch_no, len(batch.envelopes), len(batch.documents)) for batch in batches]
            make.manifest(connection, listed, site_id, day)
    for batch in mail.batches:
        scope = BatchScope(batch.site_id, day, batch.batch_no)
        pipeline.decide(runtime, scope, at(day, 18))
        pipeline.post(runtime, scope, at(day, 18))
    return mail


def _capture(runtime: Runtime, connection: sa.Connection, mail: MailDay, batch: Batch) -> None:
    day, scope = mail.business_date, BatchScope(batch.site_id, mail.business_date, batch.batch_no)
    hours = policy_on(connection, batch.site_id, day).hours
    batch_id = make.batch(
        connection, batch.batch_no, batch.site_id, day, len(batch.envelopes), len(batch.documents), box=batch.box,
        effective_date=effective_date(batch.received_at, hours),
    )  # fmt: skip
    for document in batch.documents:
        true, back = document.truth, make.sha(f"{scope}/{document.truth.sequence}/back")
        item = make.item(connection, batch_id, true.sequence, true.envelope_no, back_sha256=back)
        pipeline.save_reading(connection, storable(item, read(document), runtime.key), at(day, 12))
    make.stages_done(connection, scope, ("ingest", "read"))


def read(document: Document) -> Reading:
    """What a reader without faults would see; on a check that the scanner spoiled it sees nothing."""
    true = document.truth
    values = {} if true.troubles and true.kind == "check" else dict(_values(document))
    fields = {
        name: FieldReading(name, (Candidate(value, 0.99999, "truth"),) if value else ())
        for name, value in values.items()
    }
    return Reading(DocumentKind(true.kind), 0.9999, fields, dpi=200, readers="truth")


def _values(document: Document) -> Iterator[tuple[Field, str]]:
    paper, true = document.paper, document.truth
    if isinstance(paper, CheckPaper):
        yield from _of_check(paper, true)
    elif isinstance(paper, LetterPaper):
        yield Field.TEXT, " ".join(paper.lines)
        if "paid_in_full" in true.reasons:
            yield Field.PHRASE, "paid in full"
    else:
        yield Field.COUPON_ACCOUNT, true.account_number
        yield Field.COUPON_AMOUNT, str(true.amount_cents)
        yield Field.COUPON_DUE_ON, true.dated_on


def _of_check(paper: CheckPaper, true: TrueItem) -> Iterator[tuple[Field, str]]:
    yield Field.MICR_LINE, micr_line(paper)[0]
    yield Field.ROUTING, true.routing
    yield Field.BANK_ACCOUNT, true.bank_account
    yield Field.SERIAL, true.serial
    yield Field.CHECK_KIND, true.check_kind
    yield Field.COURTESY_AMOUNT, str(paper.amount_cents)
    yield Field.LEGAL_AMOUNT, str(true.amount_cents)
    yield Field.DATE, true.dated_on
    yield Field.PAYEE, true.payee
    yield Field.ACCOUNT_NUMBER, true.account_number
    signed = paper.signer or true.check_kind in (CheckKind.MONEY_ORDER, CheckKind.BILL_PAY)
    yield Field.SIGNATURE, "present" if signed else "absent"
    if "paid_in_full" in true.reasons:
        yield Field.PHRASE, "paid in full"
    if true.instruction:
        yield Field.INSTRUCTION, true.instruction
