"""The letter to the owner of unclaimed money: what it is, since when, how to claim it, when it goes to the state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.customer.letterhead import LEFT, MIDDLE, RIGHT, draw_address, draw_head, draw_pair, draw_title
from lockbox.customer.pdf import BOLD, NAVY, SOFT, TINT, Document
from lockbox.customer.statement import Letterhead, Recipient, long_date, short_date
from lockbox.money import dollars

WHITE = (1.0, 1.0, 1.0)
ROW = 12.0
FORM_TOP = 560.0  # of the part that is sent back


@dataclass(frozen=True, slots=True)
class OwnerLetter:
    """Money of a customer that was not claimed, as its owner is told of it before it goes to the state."""

    sender: Letterhead
    recipient: Recipient
    made_on: date
    amount_cents: int
    refund_no: int | None  # None: payable, no refund was issued
    method: str  # of the refund: check or ach
    since_on: date
    goes_on: date

    @property
    def what(self) -> str:
        """What happened to the money so far."""
        amount, on = dollars(self.amount_cents), long_date(self.since_on)
        if self.refund_no is None:
            return f"You paid more than you owed on this account. Since {on}, {amount} of your money is ready for you."
        if self.method == "ach":
            return (
                f"On {on}, we sent you a refund of {amount} by electronic payment. We have no word that it reached you."
            )
        return f"On {on}, we mailed you a refund check for {amount}. The check has not been cashed."


def render(letter: OwnerLetter, tracking: str = "", routing: str = "") -> bytes:
    """The letter as a PDF file of one page."""
    document = Document(f"Unclaimed money {letter.recipient.account_number} {letter.made_on}", letter.sender.name)
    draw_letter(document, letter, tracking, routing)
    return document.finish()


def draw_letter(document: Document, letter: OwnerLetter, tracking: str = "", routing: str = "") -> int:
    """Draws the letter on the current page; returns the number of pages, which is 1."""
    which = f"Account {letter.recipient.account_number} · {long_date(letter.made_on)}"
    draw_head(document, letter.sender, "Unclaimed money", which, True)
    draw_address(document, letter.recipient, tracking, routing)
    _amount(document, letter)
    y = _words(document, letter)
    _facts(document, letter, y + 6)
    _form(document, letter)
    return 1


def _amount(document: Document, letter: OwnerLetter) -> None:
    top = 84.0
    document.box(MIDDLE, top, RIGHT, top + 62, None, NAVY)
    document.box(MIDDLE, top + 62, RIGHT, 196, None, TINT)
    document.text(MIDDLE + 12, top + 18, "We owe you", 9.5, color=WHITE)
    document.text(MIDDLE + 12, top + 46, dollars(letter.amount_cents), 23, BOLD, room=140, color=WHITE)
    document.text(RIGHT - 12, top + 18, "Claim it before", 9.5, align="right", color=WHITE)
    document.text(RIGHT - 12, top + 45, short_date(letter.goes_on), 14, BOLD, "right", color=WHITE)
    words = "This money is yours. Claim it, or we must give it to the state."
    document.paragraph(MIDDLE + 12, top + 78, RIGHT - MIDDLE - 24, words, 9)


def _words(document: Document, letter: OwnerLetter) -> float:
    sender, goes_on = letter.sender, long_date(letter.goes_on)
    claim = f"Call us at {sender.contact}, or complete the form below and mail it to {', '.join(sender.return_lines)}."
    if letter.refund_no is not None and letter.method != "ach":
        claim += " If you still have our check, call us before you cash it: it may be too old for your bank."
    sections = (
        ("What this is about", letter.what),
        ("How to claim your money", f"{claim} There is no charge. We will pay you by check."),
        (
            "What happens if we do not hear from you",
            f"State law requires us to turn over money that its owner does not claim. On {goes_on}, this money is "
            "presumed abandoned, and we will turn it over to the unclaimed property office of the state of your last "
            "address in our records. After that, you can claim it only from the state.",
        ),
    )
    y = 224.0
    for heading, words in sections:
        y = draw_title(document, LEFT, RIGHT, y, heading)
        y = document.paragraph(LEFT + 4, y + 1, RIGHT - LEFT - 8, words, 10) + 8
    return y


def _facts(document: Document, letter: OwnerLetter, y: float) -> None:
    refund = [("Refund number", str(letter.refund_no))] if letter.refund_no is not None else []
    for label, value in (
        ("Account", letter.recipient.account_number),
        *refund,
        ("Amount", dollars(letter.amount_cents)),
        ("Unclaimed since", long_date(letter.since_on)),
    ):
        draw_pair(document, LEFT, RIGHT, y, label, value)
        y += ROW


def _form(document: Document, letter: OwnerLetter) -> None:
    document.rule(LEFT, RIGHT, FORM_TOP, dash="3 2")
    document.text(LEFT + 4, FORM_TOP + 20, "Claim form", 11, BOLD, color=NAVY)
    which = f"Account {letter.recipient.account_number}"
    which += f" · Refund {letter.refund_no}" if letter.refund_no is not None else ""
    document.text(RIGHT - 4, FORM_TOP + 20, f"{which} · {dollars(letter.amount_cents)}", 9, align="right")
    words = f"I am {letter.recipient.name}, or I act for them. Please pay this money by check, mailed to:"
    document.paragraph(LEFT + 4, FORM_TOP + 38, RIGHT - LEFT - 8, words, 9.5)
    y = FORM_TOP + 76
    for labels in (("Address",), ("City, state, ZIP code",), ("Signature", "Date"), ("Phone",)):
        edges = (LEFT + 4, RIGHT - 4) if len(labels) == 1 else (LEFT + 4, MIDDLE + 40, MIDDLE + 60, RIGHT - 4)
        for no, label in enumerate(labels):
            document.rule(edges[2 * no], edges[2 * no + 1], y)
            document.text(edges[2 * no], y + 10, label, 8, color=SOFT)
        y += 38
