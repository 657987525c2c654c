"""What the readers saw on one document: ranked candidates with probabilities, never a decision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class DocumentKind(StrEnum):
    """What a document is. `OTHER` is none of the kinds before it; `BLANK` has hardly any ink."""

    CHECK = "check"
    COUPON = "coupon"
    LETTER = "letter"
    BLANK = "blank"
    OTHER = "other"


class CheckKind(StrEnum):
    """Who drew the check, as far as the paper and its print show."""

    PERSONAL = "personal"
    BUSINESS = "business"  # auxiliary on-us field, 8.5 inches wide
    BILL_PAY = "bill_pay"  # printed by a bill-payment service, no signature
    CASHIERS = "cashiers"  # bank check, official check
    MONEY_ORDER = "money_order"


class Field(StrEnum):
    """The fields of a document. Amounts are whole cents as digits, dates ISO 8601, numbers digits only."""

    MICR_LINE = "micr_line"  # A transit, B amount, C on-us, D dash, digits, spaces
    ROUTING = "routing"  # 9 digits with a valid ABA check digit
    BANK_ACCOUNT = "bank_account"  # the payer's account at the bank
    SERIAL = "serial"  # check number
    AUX_ON_US = "aux_on_us"
    CHECK_KIND = "check_kind"  # a CheckKind
    COURTESY_AMOUNT = "courtesy_amount"  # the figures
    LEGAL_AMOUNT = "legal_amount"  # the words
    DATE = "date"
    PAYEE = "payee"
    PAYER = "payer"  # name and address block, lines joined by "\n"
    ACCOUNT_NUMBER = "account_number"  # the lender's account number, anywhere on the document
    SIGNATURE = "signature"  # "present" or "absent"
    PHRASE = "phrase"  # a restrictive phrase by its normal name: "paid in full", ...
    INSTRUCTION = "instruction"  # what the payer asks to be done with the money: PRINCIPAL_ONLY
    SCAN_LINE = "scan_line"  # the coupon's scan line, digits only, with valid check digits
    BARCODE = "barcode"  # what the coupon's barcode says
    COUPON_ACCOUNT = "coupon_account"
    COUPON_AMOUNT = "coupon_amount"  # amount due printed on the coupon
    COUPON_DUE_ON = "coupon_due_on"
    TEXT = "text"  # the words of a letter
    TOPIC = "topic"  # what a letter is about: a Topic


PRINCIPAL_ONLY = "principal only"  # an instruction: money beyond what is due reduces principal
UNREAD_WRITING = "writing that could not be read"  # a phrase: it may settle the debt


class Topic(StrEnum):
    """What a text may be about, judged by its words."""

    SETTLES = "settles the debt"
    BANKRUPTCY = "bankruptcy"
    DISPUTE = "dispute"
    NEW_ADDRESS = "new address"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright image."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible value. `probability` is the reader's estimate of the chance that the value is right."""

    value: str
    probability: float
    source: str  # the reader: "micr", "ppocr", "zxing", ... or several
    log_likelihood: float | None = None  # log P(image | value), before it is known which numbers exist


@dataclass(frozen=True, slots=True)
class FieldReading:
    """Candidates of one field, best first. No candidates: the reader looked for the field and did not find it."""

    name: Field
    candidates: tuple[Candidate, ...]
    box: Box | None = None
    duration_ms: float = 0.0

    @property
    def best(self) -> Candidate | None:
        """The surest candidate, or None."""
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One image quality test of X9.100-187 record 54: the measured value and whether the image failed."""

    name: str  # too_light, too_dark, skew, torn, noise, focus, partial, undersized, oversized
    value: float
    failed: bool


FAILED = "reading failed"  # in a problem: not the paper's fault, but a reader's


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read on one document, front and back."""

    kind: DocumentKind
    kind_probability: float
    fields: Mapping[Field, FieldReading] = field(default_factory=dict)
    rotation_deg: int = 0  # clockwise turn that made the image upright: 0, 90, 180 or 270
    skew_deg: float = 0.0
    width_px: int = 0
    height_px: int = 0
    dpi: int = 0
    flags: tuple[QualityFlag, ...] = ()
    problems: tuple[str, ...] = ()  # why something could not be read, for an operator
    duration_ms: float = 0.0
    readers: str = ""  # version of the readers and their models

    @property
    def has_failed(self) -> bool:
        """Whether a reader broke on it: a fault of the reader, whatever the paper is."""
        return any(FAILED in problem for problem in self.problems)

    def best(self, name: Field) -> Candidate | None:
        """The surest candidate of a field, or None."""
        field_reading = self.fields.get(name)
        return field_reading.best if field_reading else None

    def candidates(self, name: Field) -> tuple[Candidate, ...]:
        """All candidates of a field, best first."""
        field_reading = self.fields.get(name)
        return field_reading.candidates if field_reading else ()


def to_json(reading: Reading) -> str:
    """The reading as one JSON object; `from_json` restores it."""
    plain = asdict(reading)
    plain["fields"] = {str(name): value for name, value in plain["fields"].items()}
    return json.dumps(plain, sort_keys=True)


def from_json(text: str | Mapping[str, Any]) -> Reading:
    """The reading that `to_json` wrote.

    Raises:
        KeyError, ValueError: the text is not a reading.
    """
    plain = json.loads(text) if isinstance(text, str) else dict(text)
    plain["kind"] = DocumentKind(plain["kind"])
    plain["fields"] = {Field(name): _field(value) for name, value in plain["fields"].items()}
    plain["flags"] = tuple(QualityFlag(**flag) for flag in plain["flags"])
    plain["problems"] = tuple(plain["problems"])
    return Reading(**plain)


def _field(plain: Mapping[str, Any]) -> FieldReading:
    return FieldReading(
        name=Field(plain["name"]),
        candidates=tuple(Candidate(**candidate) for candidate in plain["candidates"]),
        box=Box(**plain["box"]) if plain["box"] else None,
        duration_ms=plain["duration_ms"],
    )


def ranked(candidates: Iterable[Candidate], limit: int = 10) -> tuple[Candidate, ...]:
    """Best first, each value once (from its surest source), at most `limit`."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.value not in best or candidate.probability > best[candidate.value].probability:
            best[candidate.value] = candidate
    by_chance = sorted(best.values(), key=lambda candidate: (-candidate.probability, candidate.value))
    return tuple(by_chance[:limit])
