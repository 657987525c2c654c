"""A statement as PDF: the first page with its coupon, activity that runs over, and what the law requires."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from lockbox.customer.coupon_pdf import TOP as COUPON_TOP
from lockbox.customer.coupon_pdf import draw_coupon
from lockbox.customer.letterhead import LEFT, MIDDLE, RIGHT, draw_address, draw_head, draw_pair, draw_title
from lockbox.customer.pdf import BOLD, HEIGHT, NAVY, SANS, SOFT, TINT, Document, printable, wrapped
from lockbox.customer.statement import (
    Letterhead,
    Movement,
    Statement,
    Words,
    activity_totals,
    late_fee_words,
    long_date,
    short_date,
)
from lockbox.money import dollars

ROW = 12.0
WAYS_TOP = COUPON_TOP - 84.0  # how to pay stands above the coupon
FOOT = HEIGHT - 48.0
WHITE = (1.0, 1.0, 1.0)
HEADINGS = {
    "principal": "Principal",
    "interest": "Interest",
    "fee": "Fees",
    "unapplied": "Unapplied",
    "rent": "Payment",
    "tax": "Tax",
}
AMOUNT_RIGHT, PART_WIDE = 328.0, 60.0  # right edge of the column "Amount"; width of each column after it


def render(statement: Statement, tracking: str = "", routing: str = "") -> bytes:
    """One statement as a PDF file. `tracking` and `routing` are of the mail barcode, for paper that is mailed."""
    document = Document(f"Statement {statement.recipient.account_number} {statement.made_on}", statement.sender.name)
    draw(document, statement, tracking, routing)
    return document.finish()


def draw(document: Document, statement: Statement, tracking: str = "", routing: str = "") -> int:
    """Draws a statement on the current page and as many more as it needs; returns the number of pages."""
    first = document.pages
    _head(document, statement, 1)
    draw_address(document, statement.recipient, tracking, routing)
    _amount_due(document, statement)
    y = _notes(document, statement, _summary(document, statement))
    rest, _ = _activity(document, statement, statement.movements, y, WAYS_TOP - 12)
    document.stamp(("ways", statement.sender), partial(_ways, document, statement.sender))
    draw_coupon(document, statement.coupon)
    unprinted = list(statement.sender.information)
    while rest or unprinted:
        document.next_page()
        _head(document, statement, document.pages - first + 1)
        y = 92.0
        if rest:
            rest, y = _activity(document, statement, rest, y, FOOT)
        if not rest:
            top, words = y + 6, tuple(unprinted)
            unprinted = document.stamp(("information", words, top), partial(_information, document, words, top))
    return document.pages - first + 1


def _head(document: Document, statement: Statement, page: int) -> None:
    what = "Lease statement" if statement.recipient.product == "lease" else "Loan statement"
    which = f"Account {statement.recipient.account_number} · {long_date(statement.made_on)} · page {page}"
    draw_head(document, statement.sender, what, which, page == 1)


def _amount_due(document: Document, statement: Statement) -> None:
    """The box that says what to pay by when, and what follows otherwise."""
    top, bottom = 84.0, 217.0
    document.box(MIDDLE, top, RIGHT, top + 62, None, NAVY)
    document.box(MIDDLE, top + 62, RIGHT, bottom, None, TINT)
    document.text(MIDDLE + 12, top + 18, "Amount due", 9.5, color=WHITE)
    document.text(MIDDLE + 12, top + 46, dollars(statement.amount_due_cents), 23, BOLD, room=130, color=WHITE)
    document.text(RIGHT - 12, top + 18, "Due date", 9.5, align="right", color=WHITE)
    document.text(RIGHT - 12, top + 45, short_date(statement.due_on), 15, BOLD, "right", color=WHITE)
    y = top + 78
    room = RIGHT - MIDDLE - 24
    if statement.past_due_cents:
        words = (
            f"Your account is past due. {dollars(statement.past_due_cents)} was due before the date of this statement."
        )
        y = document.paragraph(MIDDLE + 12, y, room, words, 9, BOLD)
    if statement.amount_due_cents == 0:
        y = document.paragraph(MIDDLE + 12, y, room, "No payment is due at this time.", 9, BOLD)
    if late_fee_words(statement):
        y = document.paragraph(MIDDLE + 12, y + 1, room, late_fee_words(statement), 9)
    if statement.amount_due_cents:
        document.paragraph(MIDDLE + 12, y + 1, room, statement.coupon.note, 9)


def _summary(document: Document, statement: Statement) -> float:
    """Account facts on the left, the breakdown of the amount due on the right; returns where they end."""
    top = 239.0
    wide = MIDDLE - LEFT - 16
    y = draw_title(document, LEFT, LEFT + wide, top, "Account summary")
    for fact in statement.facts:
        draw_pair(document, LEFT, LEFT + wide, y, fact.label, fact.value)
        y += ROW
    z = draw_title(document, MIDDLE, RIGHT, top, "Amount due breakdown")
    for line in statement.due_lines:
        draw_pair(document, MIDDLE, RIGHT, z, line.label, dollars(line.amount_cents))
        z += ROW
    document.rule(MIDDLE, RIGHT, z - 8.5)
    document.text(MIDDLE + 4, z + 1.5, "Amount due", 9, BOLD)
    document.text(RIGHT - 4, z + 1.5, dollars(statement.amount_due_cents), 9, BOLD, "right")
    return max(y, z + ROW)


def _notes(document: Document, statement: Statement, y: float) -> float:
    y += 2
    for note in statement.notes:
        y = document.paragraph(LEFT + 4, y, RIGHT - LEFT - 8, note, 9) + 1
    return y


def _activity(
    document: Document, statement: Statement, rows: Sequence[Movement], top: float, bottom: float
) -> tuple[Sequence[Movement], float]:
    """As many rows as fit; returns the rows that are left, and where the table ends."""
    following = len(rows) < len(statement.movements)
    words = f"Activity since {long_date(statement.period_from)}" + (" (continued)" if following else "")
    y = draw_title(document, LEFT, RIGHT, top, words)
    if not rows:
        document.text(LEFT + 4, y, "There was no activity on your account.", 9)
        return (), y + ROW
    rights = [AMOUNT_RIGHT + PART_WIDE * no for no in range(len(statement.parts) + 1)]
    for right, heading in zip(rights, ("Amount", *(HEADINGS[part] for part in statement.parts)), strict=True):
        document.text(right, top + 11, heading, 8, align="right", color=SOFT)
    space = int((bottom - y) // ROW) + 1
    fits = len(rows) + 1 <= space
    shown = rows if fits else rows[: space - 1]
    for row in shown:
        _row(document, statement, row, y, rights)
        y += ROW
    if fits:
        document.rule(LEFT, RIGHT, y - 8.5)
        totals = activity_totals(statement.movements, statement.parts)
        document.text(LEFT + 4, y + 1, "Total", 8.5, BOLD)
        for right, cents in zip(rights, (sum(totals.values()), *totals.values()), strict=True):
            document.text(right, y + 1, dollars(cents), 8.5, BOLD, "right", room=PART_WIDE - 3)
    else:
        left = len(rows) - len(shown)
        document.text(LEFT + 4, y, f"Continued on the next page ({left} more)", 8.5, color=SOFT)
    return rows[len(shown) :], y + ROW


def _row(document: Document, statement: Statement, row: Movement, y: float, rights: Sequence[float]) -> None:
    document.text(LEFT + 4, y, short_date(row.posted_on), 8.5)
    what = row.what
    if row.effective_on != row.posted_on:
        what += f", effective {short_date(row.effective_on)}"
    document.text(LEFT + 56, y, what, 8.5, room=rights[0] - LEFT - 56 - 54)
    document.text(rights[0], y, dollars(row.amount_cents), 8.5, align="right", room=58)
    for right, part in zip(rights[1:], statement.parts, strict=True):
        cents = row.parts.get(part, 0)
        if cents:
            document.text(right, y, dollars(cents), 8.5, align="right", room=PART_WIDE - 3)


def _ways(document: Document, sender: Letterhead) -> None:
    """Both addresses, which must not be mixed up, and where to ask."""
    wide = (RIGHT - LEFT) / 3
    document.rule(LEFT, RIGHT, WAYS_TOP, 0.6, SOFT)
    mail, overnight = sender.mail, sender.overnight
    warning = "Do not send regular mail to this address."
    columns = (
        ("Pay by mail", (mail.payee, *mail.address_lines), ""),
        ("Overnight mail only", (overnight.payee, *overnight.address_lines), warning),
        ("Questions", (sender.contact,), sender.electronic),
    )
    for no, (heading, lines, remark) in enumerate(columns):
        left, room = LEFT + 4 + no * wide, wide - 12
        document.text(left, WAYS_TOP + 14, heading, 9, BOLD, color=NAVY)
        y = WAYS_TOP + 26
        for line in lines:
            y = document.paragraph(left, y, room, line, 8.5, leading=1.2)
        if remark:
            document.paragraph(left, y + 1, room, remark, 8, leading=1.15, color=SOFT)


def _information(document: Document, sections: Sequence[Words], top: float) -> list[Words]:
    """Headings with their text, in one column of a width that reads well; returns what did not fit."""
    y = draw_title(document, LEFT, RIGHT, top, "Important information")
    for no, section in enumerate(sections):
        lines = len(wrapped(printable(section.text), SANS, 8.5, RIGHT - LEFT - 8))
        if no and y + 12 + lines * 10.7 > FOOT:
            return list(sections[no:])
        document.text(LEFT + 4, y, section.heading, 9, BOLD)
        y = document.paragraph(LEFT + 4, y + 11.5, RIGHT - LEFT - 8, section.text, 8.5) + 6
    return []
