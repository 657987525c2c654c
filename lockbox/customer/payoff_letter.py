"""The payoff letter: what to pay by when to end a contract, what each further day costs, and where to send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.customer.coupon_pdf import draw_coupon
from lockbox.customer.letterhead import LEFT, MIDDLE, RIGHT, draw_address, draw_head, draw_pair, draw_title
from lockbox.customer.pdf import BOLD, NAVY, SOFT, TINT, Document
from lockbox.customer.statement import Coupon, Letterhead, MailTo, Recipient, StatementLine, long_date, short_date
from lockbox.money import dollars

WHITE = (1.0, 1.0, 1.0)
ROW = 12.0


@dataclass(frozen=True, slots=True)
class PayoffLetter:
    """A payoff quote as it is written to the customer. `payoff_mail` has its own payee and address.

    Raises:
        ValueError: the lines do not add up to the total.
    """

    sender: Letterhead
    recipient: Recipient
    quoted_on: date
    good_through: date
    lines: tuple[StatementLine, ...]
    total_cents: int
    per_diem_cents: int  # 0 where no interest runs
    payoff_mail: MailTo
    payoff_overnight: MailTo
    release: str  # what follows the payoff: title, lien release

    def __post_init__(self) -> None:
        lines_cents = sum(line.amount_cents for line in self.lines)
        if lines_cents != self.total_cents:
            raise ValueError(
                f"payoff letter of {self.recipient.account_number}: lines add up to {lines_cents} cents, "
                f"total is {self.total_cents}"
            )

    @property
    def coupon(self) -> Coupon:
        """The coupon that makes the payoff check known for what it is."""
        return Coupon(
            "Payoff coupon",
            self.recipient,
            "Good through",
            self.good_through,
            "Payoff amount",
            self.total_cents,
            "",
            self.payoff_mail,
        )


def render(one: PayoffLetter, tracking: str = "", routing: str = "") -> bytes:
    """The letter as a PDF file of one page."""
    document = Document(f"Payoff letter {one.recipient.account_number} {one.quoted_on}", one.sender.name)
    which = f"Account {one.recipient.account_number} · {long_date(one.quoted_on)}"
    what = "Lease payoff" if one.recipient.product == "lease" else "Loan payoff"
    draw_head(document, one.sender, what, which, True)
    draw_address(document, one.recipient, tracking, routing)
    _amount(document, one)
    y = _make_up(document, one)
    y = _words(document, one, y + 8)
    _where(document, one, y + 4)
    draw_coupon(document, one.coupon)
    return document.finish()


def _amount(document: Document, one: PayoffLetter) -> None:
    top = 84.0
    document.box(MIDDLE, top, RIGHT, top + 62, None, NAVY)
    document.box(MIDDLE, top + 62, RIGHT, 196, None, TINT)
    document.text(MIDDLE + 12, top + 18, "Payoff amount", 9.5, color=WHITE)
    document.text(MIDDLE + 12, top + 46, dollars(one.total_cents), 23, BOLD, room=140, color=WHITE)
    document.text(RIGHT - 12, top + 18, "Good through", 9.5, align="right", color=WHITE)
    document.text(RIGHT - 12, top + 45, short_date(one.good_through), 14, BOLD, "right", color=WHITE)
    words = f"if your payment is received by {long_date(one.good_through)}."
    if one.per_diem_cents:
        words += f" Each day after that adds {dollars(one.per_diem_cents)}."
    document.paragraph(MIDDLE + 12, top + 78, RIGHT - MIDDLE - 24, f"This amount pays your account in full {words}", 9)


def _make_up(document: Document, one: PayoffLetter) -> float:
    y = draw_title(document, LEFT, RIGHT, 224, "How the payoff amount is made up")
    for line in one.lines:
        draw_pair(document, LEFT, RIGHT, y, line.label, dollars(line.amount_cents))
        y += ROW
    document.rule(LEFT, RIGHT, y - 8.5)
    document.text(LEFT + 4, y + 1.5, f"Payoff amount, good through {long_date(one.good_through)}", 9, BOLD)
    document.text(RIGHT - 4, y + 1.5, dollars(one.total_cents), 9, BOLD, "right")
    return y + ROW


def _words(document: Document, one: PayoffLetter, y: float) -> float:
    told = (
        "Payments that reach us before your payoff check, and payments that your bank returns, change this amount. "
        "If less is received than is owed on the day it arrives, the account stays open for the rest; what is more "
        "is refunded to you.",
        one.release,
        f"Questions: {one.sender.contact}",
    )
    for words in told:
        if words:
            y = document.paragraph(LEFT + 4, y + 3, RIGHT - LEFT - 8, words, 9)
    return y


def _where(document: Document, one: PayoffLetter, top: float) -> None:
    top = draw_title(document, LEFT, RIGHT, top, "Where to send your payoff check") + 2
    wide = (RIGHT - LEFT) / 2
    columns = (
        ("By mail, with the coupon below", one.payoff_mail, one.coupon.note),
        ("Overnight mail only", one.payoff_overnight, "Do not send regular mail to this address."),
    )
    for no, (heading, to, remark) in enumerate(columns):
        left, y = LEFT + 4 + no * wide, top + 12
        document.text(left, top, heading, 9, BOLD, color=NAVY)
        for line in (f"Payable to {to.payee}", *to.address_lines):
            document.text(left, y, line, 9, room=wide - 12)
            y += 11
        document.text(left, y, remark, 8, room=wide - 12, color=SOFT)
