"""The letter that goes with a paper that is sent back: what it is, why, and what its sender can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.customer.letterhead import LEFT, MIDDLE, RIGHT, draw_address, draw_head, draw_pair, draw_title
from lockbox.customer.pdf import BOLD, NAVY, TINT, Document
from lockbox.customer.statement import Letterhead, Recipient, long_date
from lockbox.money import dollars

WHITE = (1.0, 1.0, 1.0)
ROW = 12.0
CALL = "Please call us before you send it again."
# What the sender reads for each reason; what is about a contract is not told in a letter that a stranger may open.
WHY = {
    "wrong_payee": "It is payable to someone else. Make it payable to us, or send it to whom it was meant for.",
    "unsigned": "It is not signed. Sign it and send it again.",
    "stale": "It is dated more than six months ago, and your bank may refuse to pay it. Send a new one.",
    "post_dated": "It is dated for a later day. Send it again on or after that day.",
    "paid_in_full": "It says that it pays a debt in full, and we cannot accept it on those terms.",
    "duplicate": "It appears to be a payment that we have received already.",
    "amount_unread": "We cannot read its amount. Send a new one.",
    "amount_doubtful": "We cannot read its amount with certainty. Send a new one.",
    "amounts_differ": "Its amount in words is not its amount in figures. Send a new one.",
    "account_unread": "We cannot read for which account it is. Write your account number on it and send it again.",
    "account_doubtful": "We cannot read for which account it is. Write your account number on it and send it again.",
    "account_unknown": "We have no account with the number on it. Check your account number and send it again.",
    "micr_unread": "The numbers of your bank at its lower edge cannot be read. Send a new one.",
    "coupons_differ": "Its amount is not that of the coupons sent with it. Tell us how much is for each account.",
    "no_check": "There was no check in your envelope. Send your coupon again with a check.",
    "kind_unknown": "It is not a payment, and we do not know for whom it is.",
}
OTHER = f"We cannot process it. {CALL}"


@dataclass(frozen=True, slots=True)
class RejectionLetter:
    """A paper that is sent back, as its sender is told of it."""

    sender: Letterhead
    recipient: Recipient  # without an account number
    made_on: date
    reference: str  # of the paper: site/day/batch/sequence
    received_on: date
    is_check: bool
    amount_cents: int | None
    reasons: tuple[str, ...]

    @property
    def what(self) -> str:
        """What is sent back."""
        amount = f" for {dollars(self.amount_cents)}" if self.is_check and self.amount_cents is not None else ""
        paper = f"check{amount}" if self.is_check else "document"
        return f"On {long_date(self.received_on)}, we received the enclosed {paper} from you. We are returning it."

    @property
    def why(self) -> tuple[str, ...]:
        """A sentence for each reason that has one of its own; without any, that they should call."""
        return tuple(dict.fromkeys(WHY[reason] for reason in self.reasons if reason in WHY)) or (OTHER,)


def render(letter: RejectionLetter, tracking: str = "", routing: str = "") -> bytes:
    """The letter as a PDF file of one page."""
    document = Document(f"Returned {letter.reference}", letter.sender.name)
    draw_rejection(document, letter, tracking, routing)
    return document.finish()


def draw_rejection(document: Document, letter: RejectionLetter, tracking: str = "", routing: str = "") -> int:
    """Draws the letter on the current page; returns the number of pages, which is 1."""
    what = "Returned check" if letter.is_check else "Returned document"
    draw_head(document, letter.sender, what, long_date(letter.made_on), True)
    draw_address(document, letter.recipient, tracking, routing)
    _head(document, letter)
    y = _words(document, letter)
    _facts(document, letter, y + 6)
    return 1


def _head(document: Document, letter: RejectionLetter) -> None:
    top = 84.0
    document.box(MIDDLE, top, RIGHT, top + 62, None, NAVY)
    document.box(MIDDLE, top + 62, RIGHT, 196, None, TINT)
    document.text(MIDDLE + 12, top + 18, "Returned to you", 9.5, color=WHITE)
    known = letter.is_check and letter.amount_cents is not None
    amount = dollars(letter.amount_cents or 0) if known else "Enclosed"
    document.text(MIDDLE + 12, top + 46, amount, 23, BOLD, room=RIGHT - MIDDLE - 24, color=WHITE)
    words = "We did not deposit this check. No account was credited." if letter.is_check else "It is not a payment."
    document.paragraph(MIDDLE + 12, top + 78, RIGHT - MIDDLE - 24, words, 9)


def _words(document: Document, letter: RejectionLetter) -> float:
    mail = letter.sender.mail
    due = (
        "We did not deposit your check. If it was meant to pay an account with us, that payment is still owed, and its "
        "due date has not changed. "
        if letter.is_check
        else ""
    )
    sections = (
        ("What we are returning", (letter.what,)),
        ("Why we are returning it", letter.why),
        (
            "What you can do",
            (
                f"{due}Mail payments to {mail.payee}, {', '.join(mail.address_lines)}.",
                f"Questions? Call us at {letter.sender.contact}. Please have this letter with you.",
            ),
        ),
    )
    y = 224.0
    for heading, paragraphs in sections:
        y = draw_title(document, LEFT, RIGHT, y, heading)
        for words in paragraphs:
            y = document.paragraph(LEFT + 4, y + 1, RIGHT - LEFT - 8, words, 10) + 4
        y += 4
    return y


def _facts(document: Document, letter: RejectionLetter, y: float) -> None:
    amount = [("Amount", dollars(letter.amount_cents))] if letter.is_check and letter.amount_cents is not None else []
    for label, value in (("Received", long_date(letter.received_on)), *amount, ("Our reference", letter.reference)):
        draw_pair(document, LEFT, RIGHT, y, label, value)
        y += ROW
