"""The coupon on the lower third of a page, made to be read back by our own reader."""

from __future__ import annotations

from lockbox.customer.pdf import BOLD, HEIGHT, OCR_A, SANS, SOFT, WIDTH, Document, printable, wrapped
from lockbox.customer.statement import Coupon, short_date
from lockbox.money import dollars
from ocr.fields.coupon import barcode_payload

TOP = HEIGHT * 2 / 3  # the sheet is folded in thirds, and torn at the lower fold
LEFT, RIGHT = 40.0, WIDTH - 40.0
FACTS_LEFT = 330.0
MODULE = 1.44  # 4 dots at 200 dpi: the barcode survives a worn scanner
SCAN_LINE_SIZE = 12.0  # 10 characters an inch
SCAN_LINE_UP = 19.0  # baseline above the lower edge; scanners look for it in the last inch
REMIT_UP = 96.0  # first line of the address in the window of the return envelope


def draw_coupon(document: Document, one: Coupon) -> None:
    """Draws the coupon on the page under way; nothing stands beside its scan line."""
    document.rule(0, WIDTH, TOP, 0.5, dash="3 3")
    words = "Detach here and return this coupon with your check. Please do not send cash, and do not staple or clip."
    document.text(WIDTH / 2, TOP + 11, words, 7.5, SANS, "middle", color=SOFT)
    document.text(LEFT, TOP + 36, one.mail.payee, 13, BOLD, room=FACTS_LEFT - LEFT - 12)
    document.text(LEFT, TOP + 50, one.heading, 9, color=SOFT)
    y = TOP + 70
    room = FACTS_LEFT - LEFT - 16
    told = (one.recipient.name, *one.recipient.address_lines)
    for part in [part for line in told for part in wrapped(printable(line), SANS, 9, room)][:6]:
        document.text(LEFT, y, part, 9)
        y += 11
    _facts(document, one)
    _remit(document, one)
    line = one.scan_line
    if line:
        document.pdf417(FACTS_LEFT, TOP + 142, barcode_payload(line), MODULE)
        document.text(RIGHT, HEIGHT - SCAN_LINE_UP, line, SCAN_LINE_SIZE, OCR_A, "right")


def _facts(document: Document, one: Coupon) -> None:
    """Account number, date and amount in a row of boxes, the box for the amount enclosed beneath."""
    wide = (RIGHT - FACTS_LEFT) / 3
    top = TOP + 24
    shown = (
        ("Account number", one.recipient.account_number),
        (one.due_label, short_date(one.due_on)),
        (one.amount_label, dollars(one.amount_cents)),
    )
    for no, (label, value) in enumerate(shown):
        left = FACTS_LEFT + no * wide
        document.box(left, top, left + wide, top + 34)
        document.text(left + wide / 2, top + 11, label, 7.5, align="middle", color=SOFT)
        document.text(left + wide / 2, top + 27, value, 11, BOLD, "middle", room=wide - 8)
    document.text(RIGHT, top + 47, one.remark, 8.5, align="right", room=RIGHT - FACTS_LEFT)
    document.text(FACTS_LEFT, top + 76, "Amount enclosed", 9, BOLD)
    left = FACTS_LEFT + 90
    document.text(left - 3, top + 80, "$", 14, BOLD, "right")
    document.box(left, top + 58, RIGHT, top + 86, width=1.2)


def _remit(document: Document, one: Coupon) -> None:
    """The remit-to address in capitals, as sorting machines like it."""
    left, y = LEFT + 22, HEIGHT - REMIT_UP
    document.text(left, y - 26, one.note, 8.5, BOLD, room=FACTS_LEFT - left - 12)
    document.text(left, y - 13, "Make your check payable to and mail it to:", 7.5, color=SOFT)
    for line in (one.mail.payee, *one.mail.address_lines):
        document.text(left, y, line.upper(), 10, room=FACTS_LEFT - left - 12)
        y += 12.5
