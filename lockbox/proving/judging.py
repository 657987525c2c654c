"""Which fields of a reading are right: each field of a drawn document compared with its paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from lockbox.mail.amount_match import weigh
from lockbox.mail.paper_reasons import TOPICS
from lockbox.mail.reason import Reason
from lockbox.proving.curve import Judged
from lockbox.simulator.mail import Document
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper
from ocr.reading import CheckKind, Field, Reading

KIND = "document_kind"
AMOUNT = "amount, figures and words"  # as the decision weighs them before it knows the amount due
ALIKE = 85.0  # percent: a payee or payer with one misread letter is still the same


@dataclass(frozen=True, slots=True)
class JudgedField:
    """One field of one document: what is written, what was read, and whether that is right."""

    field: str
    kind: str  # of the document: a check kind, "coupon", "letter"
    truth: str  # "" where nothing is written
    value: str  # "" where nothing was read
    judged: Judged


def kind_of(document: Document) -> str:
    """The group of a document in tables: who drew a check, or what other kind it is."""
    paper = document.paper
    return str(paper.kind) if isinstance(paper, CheckPaper) else document.truth.kind


def judge(document: Document, reading: Reading) -> list[JudgedField]:
    """All fields that such a document may have. A field that it lacks is judged only where something was read."""
    kind = kind_of(document)
    sure = reading.kind_probability if reading.readers else None
    what = JudgedField(
        KIND, kind, document.truth.kind, str(reading.kind), Judged(sure, reading.kind == document.truth.kind)
    )
    fields = [what, *(_field(name, kind, truth, same, reading) for name, truth, same in _expected(document))]
    return [*fields, _amount(kind, document.truth.amount_cents, reading)] if kind in set(CheckKind) else fields


def _amount(kind: str, cents: int | None, reading: Reading) -> JudgedField:
    """What the check is for; where figures and words differ, the words control (UCC 3-114)."""
    amounts = weigh(reading.candidates(Field.COURTESY_AMOUNT), reading.candidates(Field.LEGAL_AMOUNT), ())
    best = amounts.best
    if best is None:
        return JudgedField(AMOUNT, kind, str(cents), "", Judged(None, False))
    sure = best.probability * (1 - amounts.differing)
    return JudgedField(AMOUNT, kind, str(cents), str(best.cents), Judged(sure, best.cents == cents))


def _field(name: Field, kind: str, truth: str, same: Callable[[str, str], bool], reading: Reading) -> JudgedField:
    best = reading.best(name)
    if best is None or not best.value:
        return JudgedField(name, kind, truth, "", Judged(None, not truth, bool(truth)))
    right = bool(truth) and same(best.value, truth)
    return JudgedField(name, kind, truth, best.value, Judged(best.probability, right, bool(truth)))


def _expected(document: Document) -> Iterator[tuple[Field, str, Callable[[str, str], bool]]]:
    paper, truth = document.paper, document.truth
    if isinstance(paper, CheckPaper):
        yield Field.ROUTING, paper.routing, _equal
        yield Field.BANK_ACCOUNT, paper.bank_account, _same_number
        yield Field.SERIAL, paper.serial, _same_number
        yield Field.CHECK_KIND, str(paper.kind), _equal
        yield Field.COURTESY_AMOUNT, str(paper.amount_cents), _equal
        yield Field.LEGAL_AMOUNT, str(truth.amount_cents), _equal
        yield Field.DATE, truth.dated_on, _equal
        yield Field.PAYEE, paper.payee, _alike
        yield Field.PAYER, "\n".join(paper.payer_lines), _same_payer
        yield Field.ACCOUNT_NUMBER, truth.account_number, _equal
        yield Field.SIGNATURE, "present" if paper.signer else "absent", _equal
        yield Field.PHRASE, "paid in full" if truth.story == "paid_in_full" else "", _any  # or in the letter beside it
        yield Field.INSTRUCTION, truth.instruction, _equal
    elif isinstance(paper, CouponPaper):
        yield Field.SCAN_LINE, paper.scan_line, _same_number
        yield Field.COUPON_ACCOUNT, paper.account_number, _equal
        yield Field.COUPON_AMOUNT, str(paper.amount_due_cents), _equal
        yield Field.COUPON_DUE_ON, paper.due_on.isoformat(), _equal
        yield Field.INSTRUCTION, truth.instruction, _equal
    elif isinstance(paper, LetterPaper):
        yield Field.ACCOUNT_NUMBER, truth.account_number, _equal
        yield Field.PHRASE, "paid in full" if Reason.PAID_IN_FULL in truth.reasons else "", _any
        yield Field.INSTRUCTION, truth.instruction, _equal
        yield Field.TOPIC, next((topic for topic, reason in TOPICS.items() if reason in truth.reasons), ""), _equal


def _equal(value: str, truth: str) -> bool:
    return value == truth


def _same_number(value: str, truth: str) -> bool:
    """Leading zeros and blanks of a serial number mean nothing."""
    return value.replace(" ", "").lstrip("0") == truth.replace(" ", "").lstrip("0")


def _alike(value: str, truth: str) -> bool:
    return fuzz.ratio(value.casefold(), truth.casefold()) >= ALIKE


def _same_payer(value: str, truth: str) -> bool:
    """The name, which is the first line."""
    return _alike(value.split("\n")[0], truth.split("\n")[0])


def _any(_value: str, _truth: str) -> bool:
    return True
