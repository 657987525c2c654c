"""Checks that banks and their services draw: bill payments, cashier's checks, money orders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from lockbox.simulator import stock
from lockbox.simulator.check_parts import (
    Places,
    Print,
    bank_block,
    courtesy_box,
    fraction_text,
    labeled_rule,
    moved,
    payee_label,
    printer,
    signature_rule,
    type_in,
    typed,
)
from lockbox.simulator.hand import Hand, hand, write
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.sheet import Rng, Sheet, Type
from lockbox.simulator.signature import sign


def bill_pay(sheet: Sheet, paper: CheckPaper, rng: Rng, writer: Hand) -> None:
    """A bill-payment check in one of three layouts; instead of a signature it usually has a printed note."""
    look, machine = printer(rng, 1.2), typed(rng, 27)
    if rng.random() < 0.4:
        sheet.box(0, 0, sheet.width_px, int(rng.integers(20, 44)), 150, 1, fill=int(rng.integers(120, 215)))
    (_bill_pay_window, _bill_pay_lines, _bill_pay_list)[int(rng.integers(3))](sheet, paper, look, machine, rng)
    x, y = 1330 + float(rng.normal(0, 30)), 540 + float(rng.normal(0, 8))
    if paper.signer:
        sign(sheet, paper.signer, writer, (1120, y - 10), 420, rng)
    else:
        note = _UNSIGNED_NOTES[int(rng.integers(len(_UNSIGNED_NOTES)))]
        sheet.text(x, y - 10, note, machine.sized(0.9), "m")
    sheet.rule(1080, 1620, y, 60)
    small_print = _SMALL_PRINT[int(rng.integers(len(_SMALL_PRINT)))]
    sheet.text(1350, y + 20, small_print, look.label.sized(0.85), "m")


_UNSIGNED_NOTES = (
    "SIGNATURE ON FILE",
    "Signature on File",
    "AUTHORIZED BY YOUR DEPOSITOR",
    "NO SIGNATURE REQUIRED",
)
_SMALL_PRINT = (
    "This check has been authorized by your depositor",
    "Authorized Signature",
    "Payment issued on behalf of our mutual customer",
)


def _bill_pay_window(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng) -> None:
    """Payer and reference at the top, the payee's block low on the left, behind the window of the envelope."""
    x, dy = 96 + float(rng.normal(0, 10)), float(rng.normal(0, 6))
    sheet.lines(x, 86 + dy, paper.payer_lines, machine.sized(0.92))
    if paper.reference_text:
        sheet.fitted(x, 232 + dy, paper.reference_text, machine, 760)
    bank_block(sheet, paper.bank_name, look, (960, 84 + dy, "m"), rng)
    sheet.text(1610, 84 + dy, f"No. {paper.serial}", machine, "r")
    sheet.text(1610, 124 + dy, fraction_text(paper.routing), look.label, "r")
    sheet.text(1140, 208 + dy, "DATE", look.label)
    sheet.text(1240, 208 + dy, paper.date_text or "", machine)
    sheet.text(90, 316 + dy, "PAY", look.bold)
    sheet.fitted(180, 314 + dy, paper.legal_text, machine, 1080)
    sheet.box(1330, 272 + dy, 1620, 332 + dy, 80, int(rng.integers(1, 3)))
    sheet.fitted(1475, 314 + dy, _with_dollar(paper.courtesy_text), machine, 270, "m")
    sheet.lines(90, 404 + dy, ("TO THE", "ORDER OF"), look.label)
    sheet.fitted(236, 416 + dy, paper.payee, machine, 720)
    if paper.memo_text:
        sheet.fitted(210, 530 + dy, paper.memo_text, machine.sized(0.85), 720)


_BILL_PAY = Places(
    payer=(90, 84, "l"),
    bank=(900, 86, "m"),
    number=(1610, 84),
    fraction=(1610, 116),
    date=(1260, 1600, 196),
    payee=(90, 1290, 330),
    courtesy=(1330, 282, 1610, 342),
    legal=(90, 1450, 408),
    memo=(90, 760, 560),
    signature=(1080, 1620, 560),
)


def _bill_pay_lines(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng) -> None:
    """Set on lines like an ordinary check, with the reference above the payee."""
    places = moved(_BILL_PAY, rng)
    sheet.lines(places.payer[0], places.payer[1], paper.payer_lines, machine.sized(0.9))
    bank_block(sheet, paper.bank_name, look, places.bank, rng)
    sheet.text(*places.number, paper.serial, machine, "r")
    sheet.text(*places.fraction, fraction_text(paper.routing), look.label, "r")
    labeled_rule(sheet, places.date, look.date_label, look, below=False)
    payee_label(sheet, places.payee, look)
    courtesy_box(sheet, places.courtesy, look, paper.courtesy_text, rng)
    sheet.rule(*places.legal, 60)
    sheet.text(places.legal[1] + 8, places.legal[2], look.dollars, look.label)
    if paper.reference_text:
        sheet.fitted(places.payee[0] + 20, places.payee[2] - 66, paper.reference_text, machine, 900)
    if paper.memo_text:
        labeled_rule(sheet, places.memo, look.memo_label, look, below=False)
    type_in(sheet, paper, places, look, machine, rng)


def _bill_pay_list(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng) -> None:
    """Number, date and amount listed on the right; payer and reference on the left, the payee low for the window."""
    dx, dy = float(rng.normal(0, 10)), float(rng.normal(0, 6))
    sheet.lines(90 + dx, 80 + dy, paper.payer_lines, machine.sized(0.9))
    bank_block(sheet, paper.bank_name, look, (660 + dx, 80 + dy, "l"), rng, 440)
    sheet.text(660 + dx, 134 + dy, fraction_text(paper.routing), look.label)
    rows = (
        ("CHECK NUMBER", paper.serial),
        ("DATE ISSUED", paper.date_text or ""),
        ("PAY THIS AMOUNT", _with_dollar(paper.courtesy_text)),
    )
    for k, (label, value) in enumerate(rows):
        sheet.text(1370, 84 + dy + 62 * k, label, look.label, "r")
        sheet.fitted(1390, 86 + dy + 62 * k, value, machine.sized(1.15 if k == 2 else 1.0), 250)
    sheet.box(1376, 164 + dy, 1650, 226 + dy, 70)
    sheet.fitted(90 + dx, 262 + dy, paper.reference_text or "", machine, 800)
    sheet.fitted(90 + dx, 334 + dy, paper.legal_text, machine, 1300)
    sheet.rule(80 + dx, 1640, 344 + dy, 70)
    sheet.lines(90 + dx, 404 + dy, ("PAY TO", "THE ORDER OF:"), look.label)
    sheet.fitted(290 + dx, 414 + dy, paper.payee, machine, 640)
    if paper.memo_text:
        sheet.fitted(290 + dx, 490 + dy, f"{look.memo_label} {paper.memo_text}", machine.sized(0.85), 640)


def cashiers(sheet: Sheet, paper: CheckPaper, rng: Rng, writer: Hand) -> None:
    """A cashier's check: printed throughout, with the remitter's name and the signatures of two officers."""
    look, machine = printer(rng, 1.3), typed(rng, 31)
    stock.border(sheet, rng)
    _cashiers_heading(sheet, paper, look, machine, rng)
    places = moved(_CASHIERS, rng)
    labeled_rule(sheet, places.date, look.date_label, look, below=False)
    payee_label(sheet, places.payee, look)
    courtesy_box(sheet, places.courtesy, look, paper.courtesy_text, rng)
    sheet.rule(*places.legal, 50)
    sheet.text(places.legal[1] + 8, places.legal[2], look.dollars, look.label)
    label = ("REMITTER", "Remitter", "PURCHASER", "Purchased by")[int(rng.integers(4))]
    remitter = paper.payer_lines[0] if paper.payer_lines else ""
    x, y = places.memo[0], places.memo[2] - 60
    sheet.text(x, y, label, look.label)
    sheet.fitted(x + look.label.width_px(label) + 24, y, remitter, machine.sized(0.9), 560)
    type_in(sheet, paper, places, replace(look, memo_label="Re"), machine, rng)
    if paper.memo_text:
        labeled_rule(sheet, places.memo, "Re", look, below=False)
    _two_signatures(sheet, paper, places, look, rng, writer)
    if rng.random() < 0.6:
        sheet.lines(places.memo[0], 556, _NOTICE, Type("sans", 11, 110), 1.25)


def _cashiers_heading(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng) -> None:
    title = _TITLES[int(rng.integers(len(_TITLES)))]
    family = ("gothic-bold", "century-bold", "sans-bold", "chancery", "bookman-bold")[int(rng.integers(5))]
    dx, dy = float(rng.normal(0, 10)), float(rng.normal(0, 6))
    bank_block(sheet, paper.bank_name, replace(look, bold=look.bold.sized(1.25)), (100 + dx, 104 + dy, "l"), rng, 580)
    sheet.text(1010 + dx, 112 + dy, title, Type(family, int(rng.integers(40, 52)), int(rng.integers(20, 90))), "m")
    sheet.text(1600, 104 + dy, f"No. {paper.serial}" if rng.random() < 0.5 else paper.serial, machine, "r")
    sheet.text(1600, 136 + dy, fraction_text(paper.routing), look.label, "r")


_CASHIERS = Places(  # the heading sets payer, bank, number and fraction
    payer=(100, 200, "l"),
    bank=(0, 0, "l"),
    number=(0, 0),
    fraction=(0, 0),
    date=(1230, 1590, 200),
    payee=(100, 1260, 306),
    courtesy=(1310, 252, 1606, 316),
    legal=(100, 1440, 384),
    memo=(100, 700, 520),
    signature=(960, 1600, 560),
)
_TITLES = ("CASHIER'S CHECK", "OFFICIAL CHECK", "BANK CHECK", "Cashier's Check", "TREASURER'S CHECK")
_NOTICE = (
    "NOTICE TO CUSTOMERS: The purchase of an indemnity bond may be required before this",
    "check will be replaced or refunded in the event it is lost, misplaced or stolen.",
)


def _two_signatures(sheet: Sheet, paper: CheckPaper, places: Places, look: Print, rng: Rng, writer: Hand) -> None:
    """Two officers sign: the one that the paper names, and another one."""
    for y in (460, places.signature[2]):
        rule = (places.signature[0], places.signature[1], float(y))
        signature_rule(sheet, rule, look, rng)
        if paper.signer:
            name, officer = (paper.signer, writer) if y == 460 else ("L Marten", hand(rng))
            sign(sheet, name, officer, (rule[0] + float(rng.uniform(20, 200)), y - 6), 420, rng)


BEFORE_LINES = 0.35  # share of money orders with their labels before the lines, not below them


def money_order(sheet: Sheet, paper: CheckPaper, rng: Rng, writer: Hand) -> None:
    """A money order: the seller prints words and figures, the purchaser writes the rest by hand."""
    look, machine = printer(rng, 1.1), typed(rng, 30)
    if rng.random() < 0.5:
        stock.border(sheet, rng)
    dy, left = float(rng.normal(0, 5)), 70.0
    if rng.random() < 0.45:
        left = _title_band(sheet, rng)
        bank_block(sheet, paper.bank_name, look, (left, 82 + dy, "l"), rng, 640)
    else:
        bank_block(sheet, paper.bank_name, look, (left, 82 + dy, "l"), rng, 390)
        title = Type(_title_face(rng), int(rng.integers(44, 62)), int(rng.integers(20, 110)))
        sheet.text(740, 92 + dy, "MONEY ORDER", title, "m")
    sheet.text(1330, 78 + dy, paper.serial, replace(machine, size_px=34), "r")
    sheet.text(1330, 110 + dy, fraction_text(paper.routing), look.label, "r")
    sheet.text(980, 166 + dy, "DATE", look.label)
    sheet.fitted(1050, 166 + dy, paper.date_text or "", machine, 280)
    sheet.fitted(left, 166 + dy, f"PAY EXACTLY  {paper.legal_text}", machine, 900 - left)
    sheet.box(1060, 190 + dy, 1340, 250 + dy, 70, 2, fill=int(rng.integers(228, 250)))
    sheet.fitted(1200, 232 + dy, _with_dollar(paper.courtesy_text), machine.sized(1.15), 260, "m")
    if rng.random() < BEFORE_LINES:
        _purchaser_beside(sheet, paper, look, (left, dy), rng, writer)
        return
    limit = next((dollars for dollars in (300, 500, 1000) if paper.amount_cents <= dollars * 100), None)
    if limit and rng.random() < 0.7:
        sheet.text(1340, 330 + dy, f"NOT GOOD OVER ${limit:,}.00", look.label, "r")
    _purchaser(sheet, paper, look, (left, dy), rng, writer)


def _purchaser(sheet: Sheet, paper: CheckPaper, look: Print, at: tuple[float, float], rng: Rng, writer: Hand) -> None:
    """The lines that the purchaser fills in; some sellers label them in two languages."""
    (left, dy), bilingual = at, rng.random() < 0.6
    rows = (
        ("PAY TO THE ORDER OF", "PAGAR A LA ORDEN DE", paper.payee, 980, 252),
        ("PAYMENT FOR, ACCT. #", "PAGO DE", paper.memo_text, left + 570, 340),
        ("FROM, PURCHASER", "REMITENTE", ", ".join(paper.payer_lines[:1]), left + 570, 424),
        ("ADDRESS", "DIRECCION", ", ".join(paper.payer_lines[1:]), left + 570, 506),
    )
    for label, spanish_label, value, right, y in rows:
        sheet.rule(left, right, y + dy)
        sheet.text(left, y + dy + 15, f"{label} / {spanish_label}" if bilingual else label, look.label.sized(0.8))
        if value:
            x = left + float(rng.uniform(10, 34))
            write(sheet, value, writer, (x, y + dy - float(rng.normal(5, 3))), right - x, rng, 0.9)
    sheet.rule(780, 1340, 424 + dy)
    sheet.text(780, 439 + dy, "PURCHASER, SIGNER FOR DRAWER", look.label.sized(0.8))
    if paper.signer:
        sign(sheet, paper.signer, writer, (800 + float(rng.uniform(0, 60)), 418 + dy), 500, rng)


def _purchaser_beside(
    sheet: Sheet, paper: CheckPaper, look: Print, at: tuple[float, float], rng: Rng, writer: Hand
) -> None:
    """The same with the labels before the lines, as at post offices and banks: payee left, purchaser right."""
    left, dy = at
    middle = left + 640.0
    rows = (
        ("Pay to", paper.payee, (left, middle - 40, 306)),
        ("Address", "PO Box 660891, Dallas TX 75266" if rng.random() < 0.4 else None, (left, middle - 40, 382)),
        ("Memo", paper.memo_text, (left, middle - 40, 458)),
        ("From", paper.payer_lines[0] if paper.payer_lines else None, (middle, 1340, 306)),
        ("Address", ", ".join(paper.payer_lines[1:]), (middle, 1340, 382)),
    )
    for label, value, (x0, x1, y) in rows:
        labeled_rule(sheet, (x0, x1, y + dy), label, look, below=False)
        if value:
            x = x0 + look.label.width_px(label) + float(rng.uniform(12, 30))
            write(sheet, value, writer, (x, y + dy - float(rng.normal(5, 3))), x1 - x, rng, 0.9)
    labeled_rule(sheet, (middle, 1340, 500 + dy), "Purchaser's signature", look, below=True)
    if paper.signer:
        sign(sheet, paper.signer, writer, (middle + float(rng.uniform(20, 80)), 494 + dy), 500, rng)


def _title_band(sheet: Sheet, rng: Rng) -> float:
    """Prints the title upward in a dark or tinted band at the left edge. Returns the x where the rest begins."""
    dark, wide = rng.random() < 0.5, int(rng.integers(74, 100))
    band = Sheet(
        np.full((wide, sheet.height_px), int(rng.integers(30, 90)) if dark else int(rng.integers(170, 220)), np.uint8)
    )
    kind = Type(_title_face(rng), int(wide * 0.6), 248 if dark else 40, spacing_px=4)
    band.text(sheet.height_px / 2, wide * 0.72, "MONEY ORDER", kind, "m")
    sheet.image.paste(band.image.transpose(Image.Transpose.ROTATE_90), (0, 0))
    return wide + 40.0


def _title_face(rng: Rng) -> str:
    return ("sans-bold", "gothic-bold", "century-bold", "narrow-bold")[int(rng.integers(4))]


def _with_dollar(text: str) -> str:
    return text if "$" in text else f"${text}"
