"""The payoff letter: what pays a contract off by when, what each day after that costs, and where to send it."""

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
    """A payoff quote as it is sent to the customer. `payoff_mail` has its own payee and address.

    Raises:
        ValueError: the lines do not add up to the total.
    """

    sender: Letterhead
    recipient: Recipient
    quoted_on: date
    good_through: date
    lines: tuple[StatementLine, ...]
    total_cents: int
    per_diem_cents: int  # 0 where no interest accrues
    payoff_mail: MailTo
    payoff_overnight: MailTo
    release: str  # what follows: title, lien release

    def __post_init__(self) -> None:
        lines_cents = sum(line.amount_cents for line in self.lines)
        if lines_cents != self.total_cents:
            raise ValueError(
                f"payoff letter of {self.recipient.account_number}: lines add up to {lines_cents} cents, "
                f"total is {self.total_cents}"
            )

    @property
    def coupon(self) -> Coupon:
        """The coupon by which a payoff check is recognized."""
        return Coupon(
            heading="Payoff coupon",
            recipient=self.recipient,
            due_label="Good through",
            due_on=self.good_through,
            amount_label="Payoff amount",
            amount_cents=self.total_cents,
            remark="",
            mail=self.payoff_mail,
        )


def render(letter: PayoffLetter, tracking: str = "", routing: str = "") -> bytes:
    """The letter as a PDF file of one page."""
    document = Document(f"Payoff letter {letter.recipient.account_number} {letter.quoted_on}", letter.sender.name)
    which = f"Account {letter.recipient.account_number} · {long_date(letter.quoted_on)}"
    what = "Lease payoff" if letter.recipient.product == "lease" else "Loan payoff"
    draw_head(document, letter.sender, what, which, True)
    draw_address(document, letter.recipient, tracking, routing)
    _amount(document, letter)
    y = _make_up(document, letter)
    y = _words(document, letter, y + 8)
    _where(document, letter, y + 4)
    draw_coupon(document, letter.coupon)
    return document.finish()


def _amount(document: Document, letter: PayoffLetter) -> None:
    top = 84.0
    document.box(MIDDLE, top, RIGHT, top + 62, None, NAVY)
    document.box(MIDDLE, top + 62, RIGHT, 196, None, TINT)
    document.text(MIDDLE + 12, top + 18, "Payoff amount", 9.5, color=WHITE)
    document.text(MIDDLE + 12, top + 46, dollars(letter.total_cents), 23, BOLD, room=140, color=WHITE)
    document.text(RIGHT - 12, top + 18, "Good through", 9.5, align="right", color=WHITE)
    document.text(RIGHT - 12, top + 45, short_date(letter.good_through), 14, BOLD, "right", color=WHITE)
    words = f"if we receive your payment by {long_date(letter.good_through)}."
    if letter.per_diem_cents:
        words += f" Add {dollars(letter.per_diem_cents)} for each day after that."
    document.paragraph(MIDDLE + 12, top + 78, RIGHT - MIDDLE - 24, f"This amount pays your account in full {words}", 9)


def _make_up(document: Document, letter: PayoffLetter) -> float:
    y = draw_title(document, LEFT, RIGHT, 224, "How your payoff amount is calculated")
    for line in letter.lines:
        draw_pair(document, LEFT, RIGHT, y, line.label, dollars(line.amount_cents))
        y += ROW
    document.rule(LEFT, RIGHT, y - 8.5)
    document.text(LEFT + 4, y + 1.5, f"Payoff amount, good through {long_date(letter.good_through)}", 9, BOLD)
    document.text(RIGHT - 4, y + 1.5, dollars(letter.total_cents), 9, BOLD, "right")
    return y + ROW


def _words(document: Document, letter: PayoffLetter, y: float) -> float:
    paragraphs = (
        "Other payments we receive, or payments your bank returns, will change this amount. If your check is for less "
        "than you owe on the day it arrives, your account stays open for the difference. If it is for more, we will "
        "refund the difference.",
        letter.release,
        f"Questions: {letter.sender.contact}",
    )
    for words in paragraphs:
        if words:
            y = document.paragraph(LEFT + 4, y + 3, RIGHT - LEFT - 8, words, 9)
    return y


def _where(document: Document, letter: PayoffLetter, top: float) -> None:
    top = draw_title(document, LEFT, RIGHT, top, "Where to send your payoff check") + 2
    wide = (RIGHT - LEFT) / 2
    columns = (
        ("By mail, with the coupon below", letter.payoff_mail, letter.coupon.note),
        ("Overnight mail only", letter.payoff_overnight, "Do not send regular mail to this address."),
    )
    for no, (heading, to, remark) in enumerate(columns):
        left, y = LEFT + 4 + no * wide, top + 12
        document.text(left, top, heading, 9, BOLD, color=NAVY)
        for line in (f"Payable to {to.payee}", *to.address_lines):
            document.text(left, y, line, 9, room=wide - 12)
            y += 11
        document.text(left, y, remark, 8, room=wide - 12, color=SOFT)
