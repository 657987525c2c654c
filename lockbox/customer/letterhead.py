"""What the lender's papers share: the heading, the address in the envelope's window, titles and table pairs."""

from __future__ import annotations

from lockbox.customer.pdf import BOLD, NAVY, SANS, SOFT, TINT, WIDTH, Document, mail_bars, printable, wrapped
from lockbox.customer.statement import Letterhead, Recipient

LEFT, RIGHT = 40.0, WIDTH - 40.0
MIDDLE = 322.0
ADDRESS_LEFT, ADDRESS_TOP = 66.0, 134.0  # in the window of a number 10 envelope when the sheet is folded in thirds
ADDRESS_LINES = 6


def draw_head(document: Document, sender: Letterhead, what: str, which: str, first: bool) -> None:
    """The lender on the left, the kind of paper on the right; the return address on the first page."""
    document.text(LEFT, 48, sender.name, 17, BOLD, room=MIDDLE - LEFT - 12, color=NAVY)
    document.text(RIGHT, 44, what, 13, BOLD, "right", color=NAVY)
    document.text(RIGHT, 57, which, 8.5, align="right", color=SOFT)
    document.rule(LEFT, RIGHT, 66, 1.2, NAVY)
    if first:
        document.text(LEFT, 59, ", ".join(sender.return_lines), 7.5, room=MIDDLE - LEFT - 12, color=SOFT)


def draw_address(document: Document, to: Recipient, tracking: str, routing: str) -> None:
    """Name and address for the window; a long line is broken, because the Postal Service requires it whole."""
    if tracking:
        document.mail_barcode(ADDRESS_LEFT, ADDRESS_TOP - 28, mail_bars(tracking, routing))
    room = MIDDLE - ADDRESS_LEFT - 30
    y = ADDRESS_TOP + 2
    lines = [
        part for line in (to.name, *to.address_lines) for part in wrapped(printable(line), SANS, 10.5, room)
    ]  # lines that do not fit are dropped from the middle: name and city must stay
    for line in lines if len(lines) <= ADDRESS_LINES else (*lines[: ADDRESS_LINES - 1], lines[-1]):
        document.text(ADDRESS_LEFT, y, line, 10.5)
        y += 12.5


def draw_title(document: Document, left: float, right: float, top: float, words: str) -> float:
    """A tinted bar with a heading; returns the baseline of the first line below it."""
    document.box(left, top, right, top + 15, None, TINT)
    document.text(left + 4, top + 11, words, 9.5, BOLD, color=NAVY)
    return top + 27


def draw_pair(document: Document, left: float, right: float, y: float, label: str, value: str) -> None:
    """A label and its value at the two ends of a line."""
    document.text(left + 4, y, label, 9, room=(right - left) * 0.64 - 8)
    document.text(right - 4, y, value, 9, align="right", room=(right - left) * 0.36)
