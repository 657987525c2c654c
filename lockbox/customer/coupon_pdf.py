"""The coupon on the lower third of a page, made to be read back by our own reader."""

from __future__ import annotations

from lockbox.customer.pdf import BOLD, HEIGHT, OCR_A, SANS, SOFT, WIDTH, Document, printable, wrapped
from lockbox.customer.statement import Coupon, short_date
from lockbox.money import dollars
from ocr.fields.coupon import TICK_BELOW_IN, TICK_IN, barcode_payload

TOP = HEIGHT * 2 / 3  # the sheet is folded in thirds, and torn at the lower fold
INCH = 72.0
LEFT, RIGHT = 40.0, WIDTH - 40.0
FACTS_LEFT = 330.0
MODULE = 1.44  # 4 dots at 200 dpi: the barcode survives a worn scanner
SCAN_LINE_SIZE = 12.0  # 10 characters an inch
SCAN_LINE_UP = 19.0  # baseline above the bottom edge; scanners look for it in the last inch
REMIT_UP = 96.0  # first line of the address in the window of the return envelope


def draw_coupon(document: Document, coupon: Coupon) -> None:
    """Draws the coupon on the current page, with nothing beside its scan line."""
    document.rule(0, WIDTH, TOP, 0.5, dash="3 3")
    words = "Detach here and return this coupon with your check. Please do not send cash or use staples or paper clips."
    document.text(WIDTH / 2, TOP + 11, words, 7.5, SANS, "middle", color=SOFT)
    document.text(LEFT, TOP + 36, coupon.mail.payee, 13, BOLD, room=FACTS_LEFT - LEFT - 12)
    document.text(LEFT, TOP + 50, coupon.heading, 9, color=SOFT)
    y = TOP + 70
    room = FACTS_LEFT - LEFT - 16
    payer = (coupon.recipient.name, *coupon.recipient.address_lines)
    for line in [line for full_line in payer for line in wrapped(printable(full_line), SANS, 9, room)][:6]:
        document.text(LEFT, y, line, 9)
        y += 11
    _facts(document, coupon)
    _remit(document, coupon)
    scan_line = coupon.scan_line
    if scan_line:
        foot = document.pdf417(FACTS_LEFT, TOP + 142, barcode_payload(scan_line), MODULE)
        if coupon.offers_principal_only:
            _principal_only(document, foot + TICK_BELOW_IN * INCH)
        document.text(RIGHT, HEIGHT - SCAN_LINE_UP, scan_line, SCAN_LINE_SIZE, OCR_A, "right")


def _principal_only(document: Document, top: float) -> None:
    """The box by which the customer asks for principal only, where our reader looks for it: below the barcode."""
    side = TICK_IN * INCH
    document.box(FACTS_LEFT, top, FACTS_LEFT + side, top + side, width=0.8)
    document.text(FACTS_LEFT + side + 5, top + side - 1, "Apply any amount left over to principal only.", 8)


def _facts(document: Document, coupon: Coupon) -> None:
    """Account number, date and amount in a row of boxes, the box for the amount enclosed below."""
    wide = (RIGHT - FACTS_LEFT) / 3
    top = TOP + 24
    shown = (
        ("Account number", coupon.recipient.account_number),
        (coupon.due_label, short_date(coupon.due_on)),
        (coupon.amount_label, dollars(coupon.amount_cents)),
    )
    for no, (label, value) in enumerate(shown):
        left = FACTS_LEFT + no * wide
        document.box(left, top, left + wide, top + 34)
        document.text(left + wide / 2, top + 11, label, 7.5, align="middle", color=SOFT)
        document.text(left + wide / 2, top + 27, value, 11, BOLD, "middle", room=wide - 8)
    document.text(RIGHT, top + 47, coupon.remark, 8.5, align="right", room=RIGHT - FACTS_LEFT)
    document.text(FACTS_LEFT, top + 76, "Amount enclosed", 9, BOLD)
    left = FACTS_LEFT + 90
    document.text(left - 3, top + 80, "$", 14, BOLD, "right")
    document.box(left, top + 58, RIGHT, top + 86, width=1.2)


def _remit(document: Document, coupon: Coupon) -> None:
    """The remit-to address in capitals, which sorting machines read best."""
    left, y = LEFT + 22, HEIGHT - REMIT_UP
    document.text(left, y - 26, coupon.note, 8.5, BOLD, room=FACTS_LEFT - left - 12)
    document.text(left, y - 13, "Make your check payable and mail it to:", 7.5, color=SOFT)
    for line in (coupon.mail.payee, *coupon.mail.address_lines):
        document.text(left, y, line.upper(), 10, room=FACTS_LEFT - left - 12)
        y += 12.5
