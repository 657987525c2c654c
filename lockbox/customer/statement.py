"""What an account statement says: what is due and why, what was posted, how payments were applied, where to pay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from lockbox.money import dollars
from ocr.fields import coupon

LOAN_PARTS = ("principal", "interest", "fee", "unapplied")
LEASE_PARTS = ("rent", "tax", "fee", "unapplied")


@dataclass(frozen=True, slots=True)
class Words:
    """A heading and its text."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class MailTo:
    """Whom a check is made out to, and the lines of the address it is sent to."""

    payee: str
    address_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The lender as its papers show it on a day; from the lender's dated rows."""

    name: str
    contact: str  # "1-800-555-0142, 8 a.m. to 8 p.m. Central, Monday through Friday"
    return_lines: tuple[str, ...]  # return address on the envelope
    mail: MailTo  # regular mail
    overnight: MailTo
    information: tuple[Words, ...]  # what the law and the contract require
    electronic: str = ""  # how to ask for electronic statements
    offers_principal_only: bool = False  # whether the contract's order lets the customer ask for it on the coupon


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the paper, and for which contract."""

    name: str
    address_lines: tuple[str, ...]
    account_number: str
    product: str  # "loan" or "lease"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A label and an amount that is part of a sum."""

    label: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, as printed."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the activity. What raises the debt is positive; a payment is negative.

    `parts` says how it fell on principal, interest, fees, rent, tax and unapplied money; it adds up to the amount.
    """

    posted_on: date
    effective_on: date
    what: str
    amount_cents: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LateFee:
    """The fee that is charged when the payment has not arrived by the end of `last_day`."""

    last_day: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Coupon:
    """The part that comes back with the check and is read by our own reader."""

    heading: str
    recipient: Recipient
    due_label: str
    due_on: date
    amount_label: str
    amount_cents: int
    remark: str  # "With late fee, if received after 12/22/2026: $433.13", or ""
    mail: MailTo
    offers_principal_only: bool = False  # prints the box for it

    @property
    def scan_line(self) -> str:
        """The scan line with its check digits; "" for an account number or amount that it cannot carry."""
        try:
            return coupon.compose(self.recipient.account_number, self.amount_cents, self.due_on)
        except ValueError:
            return ""

    @property
    def note(self) -> str:
        """The reminder that identifies a check without its coupon."""
        return f"Write account number {self.recipient.account_number} on your check."


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole statement. Only made when its sums hold.

    Raises:
        ValueError: the lines do not add up to the amount due, or a movement's parts to its amount.
    """

    sender: Letterhead
    recipient: Recipient
    made_on: date
    period_from: date
    due_on: date
    amount_due_cents: int
    due_lines: tuple[StatementLine, ...]
    past_due_cents: int
    facts: tuple[Fact, ...]
    movements: tuple[Movement, ...]
    late_fee: LateFee | None
    notes: tuple[str, ...]  # about this account alone

    def __post_init__(self) -> None:
        who = f"statement of {self.recipient.account_number} of {self.made_on}"
        lines_cents = sum(line.amount_cents for line in self.due_lines)
        if max(lines_cents, 0) != self.amount_due_cents:
            raise ValueError(f"{who}: lines add up to {lines_cents} cents, amount due is {self.amount_due_cents}")
        for row in self.movements:
            if sum(row.parts.values()) != row.amount_cents or not set(row.parts) <= set(self.parts):
                raise ValueError(f"{who}: {row.what} of {row.posted_on}: parts do not add up to {row.amount_cents}")

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns of the activity."""
        return LEASE_PARTS if self.recipient.product == "lease" else LOAN_PARTS

    @property
    def coupon(self) -> Coupon:
        """The coupon of the first page."""
        remark = ""
        if self.late_fee is not None and self.amount_due_cents:
            total = dollars(self.amount_due_cents + self.late_fee.amount_cents)
            remark = f"With late fee, if received after {short_date(self.late_fee.last_day)}: {total}"
        return Coupon(
            heading="Payment coupon",
            recipient=self.recipient,
            due_label="Due date",
            due_on=self.due_on,
            amount_label="Amount due",
            amount_cents=self.amount_due_cents,
            remark=remark,
            mail=self.sender.mail,
            offers_principal_only=self.sender.offers_principal_only,
        )


def late_fee_words(statement: Statement) -> str:
    """The warning beside the amount due; "" when no fee can follow."""
    if statement.late_fee is None or statement.amount_due_cents == 0:
        return ""
    fee, day = dollars(statement.late_fee.amount_cents), long_date(statement.late_fee.last_day)
    return f"If we do not receive your payment by {day}, we may charge a late fee of {fee}."


def activity_totals(movements: Sequence[Movement], parts: Sequence[str]) -> dict[str, int]:
    """The sum of each column of the activity."""
    return {part: sum(row.parts.get(part, 0) for row in movements) for part in parts}


# The fields that say something: all but labels and texts, which may be reworded.
_WORDING: Mapping[Any, tuple[str, ...]] = {
    Statement: ("notes",),
    Letterhead: ("information", "electronic"),
    StatementLine: ("label",),
    Fact: ("label",),
    Movement: ("what",),
}
_CONTENT: Mapping[Any, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _WORDING.get(kind, ()))
    for kind in (Statement, Letterhead, MailTo, Recipient, StatementLine, Fact, Movement, LateFee)
}


def content_sha256(statement: Statement) -> str:
    """A digest of what a statement says, whatever its wording and the program that prints it: amounts, dates, names."""
    return _digest(statement)


def wording_sha256(statement: Statement) -> str:
    """A digest of a statement's labels and texts alone."""
    sender = statement.sender
    return _digest(
        (
            statement.notes,
            [(words.heading, words.text) for words in sender.information],
            sender.electronic,
            [line.label for line in statement.due_lines],
            [fact.label for fact in statement.facts],
            [row.what for row in statement.movements],
        )
    )


def _digest(content: Any) -> str:
    text = json.dumps(content, default=_said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _said(part: Any) -> Any:
    """A part of a statement with all its fields but labels and texts; a day as text."""
    if isinstance(part, date):
        return part.isoformat()
    return {name: getattr(part, name) for name in _CONTENT[type(part)]}


def long_date(day: date) -> str:
    """November 16, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def short_date(day: date) -> str:
    """11/16/2026."""
    return f"{day:%m/%d/%Y}"
