"""Checks that payers draw themselves: handwritten personal checks, business checks printed by a computer."""

from __future__ import annotations

from dataclasses import replace

from lockbox.simulator import stock
from lockbox.simulator.check_parts import (
    Places,
    Print,
    RuledLine,
    bank_block,
    fraction_text,
    handwrite,
    moved,
    payer_block,
    preprint,
    printer,
    scaled,
    signature_rule,
    type_in,
    typed,
)
from lockbox.simulator.hand import Hand
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.sheet import Rng, Sheet, Type
from lockbox.simulator.signature import sign

_PERSONAL = (
    Places(
        payer=(64, 62, "l"),
        bank=(64, 332, "l"),
        number=(1136, 66),
        fraction=(1136, 92),
        date=(700, 970, 132),
        payee=(60, 905, 212),
        courtesy=(948, 168, 1140, 222),
        legal=(60, 1020, 280),
        memo=(60, 520, 408),
        signature=(610, 1136, 408),
    ),
    Places(
        payer=(64, 58, "l"),
        bank=(690, 54, "m"),
        number=(1140, 62),
        fraction=(1140, 88),
        date=(850, 1136, 142),
        payee=(56, 900, 222),
        courtesy=(930, 178, 1144, 232),
        legal=(56, 1010, 296),
        memo=(56, 500, 404),
        signature=(640, 1140, 404),
    ),
    Places(
        payer=(560, 58, "m"),
        bank=(64, 330, "l"),
        number=(1136, 58),
        fraction=(960, 92),
        date=(830, 1136, 138),
        payee=(60, 910, 214),
        courtesy=(946, 172, 1136, 224),
        legal=(60, 1030, 278),
        memo=(60, 480, 406),
        signature=(580, 1130, 406),
    ),
    Places(
        payer=(120, 60, "l"),
        bank=(60, 338, "l"),
        number=(1140, 70),
        fraction=(180, 150),
        date=(560, 830, 128),
        payee=(60, 880, 206),
        courtesy=(906, 158, 1144, 212),
        legal=(60, 1000, 274),
        memo=(60, 560, 410),
        signature=(640, 1144, 410),
    ),
    Places(
        payer=(64, 292, "l"),
        bank=(64, 66, "l"),
        number=(1136, 60),
        fraction=(1136, 84),
        date=(760, 1120, 130),
        payee=(60, 890, 194),
        courtesy=(920, 150, 1140, 204),
        legal=(60, 1020, 254),
        memo=(60, 470, 416),
        signature=(560, 1136, 416),
    ),
)


def personal(sheet: Sheet, paper: CheckPaper, rng: Rng, writer: Hand) -> None:
    """A personal check in one of five layouts, filled in by hand."""
    look, places = printer(rng), moved(_PERSONAL[int(rng.choice(5, p=[0.34, 0.22, 0.16, 0.16, 0.12]))], rng)
    if rng.random() < 0.18:
        stock.border(sheet, rng)
    preprint(sheet, paper, look, places, rng)
    handwrite(sheet, paper, places, look, writer, rng)


def business(sheet: Sheet, paper: CheckPaper, rng: Rng, writer: Hand) -> None:
    """A business check, usually printed, in one of three layouts."""
    look = printer(rng, 1.25)
    if rng.random() < 0.3:
        stock.border(sheet, rng)
    if rng.random() < 0.22:  # from a three-to-a-page checkbook, handwritten
        places = moved(scaled(_PERSONAL[int(rng.integers(4))], 1.38, 1.22), rng)
        preprint(sheet, paper, look, places, rng)
        handwrite(sheet, paper, places, look, writer, rng)
        return
    layout = int(rng.integers(3))
    (_business_lines, _business_columns, _business_voucher)[layout](sheet, paper, look, typed(rng), rng, writer)


_LINES = Places(
    payer=(90, 80, "l"),
    bank=(960, 78, "m"),
    number=(1600, 80),
    fraction=(1600, 112),
    date=(1230, 1600, 190),
    payee=(90, 1280, 300),
    courtesy=(1330, 250, 1610, 312),
    legal=(90, 1440, 380),
    memo=(90, 640, 560),
    signature=(980, 1610, 560),
)


def _business_lines(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, writer: Hand) -> None:
    """Payer left, bank in the middle, then the lines, as accounting programs print them."""
    places = moved(_LINES, rng)
    preprint(sheet, paper, look, places, rng)
    type_in(sheet, paper, places, look, machine, rng)
    _sign_business(sheet, paper, places.signature, writer, rng)
    if rng.random() < 0.5:
        sheet.text(1600, 440, f"VOID AFTER {(60, 90, 180)[int(rng.integers(3))]} DAYS", look.label, "r")


def _business_columns(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, writer: Hand) -> None:
    """Date, number and amount in a row of boxes; the legal amount first, the payee as a block below it."""
    dy = float(rng.normal(0, 6))
    payer_block(sheet, paper.payer_lines, look, (90, 84, "l"), rng)
    bank_block(sheet, paper.bank_name, look, (960, 80, "m"), rng, 560)
    sheet.text(1610, 80, paper.serial, replace(look.bold, gray=30), "r")
    sheet.text(1610, 108, fraction_text(paper.routing), look.label, "r")
    top = 216 + dy
    columns = (
        (940, 1130, "DATE", paper.date_text or ""),
        (1130, 1340, "CHECK NO.", paper.serial),
        (1340, 1620, "AMOUNT", paper.courtesy_text),
    )
    for left, right, head, value in columns:
        sheet.box(left, top, right, top + 34, 90, 1, fill=214)
        sheet.text((left + right) / 2, top + 24, head, look.label, "m")
        sheet.box(left, top + 34, right, top + 84, 90, 1)
        sheet.fitted((left + right) / 2, top + 70, value, machine, right - left - 16, "m")
    sheet.text(90, 360 + dy, "PAY", look.label)
    sheet.fitted(170, 360 + dy, paper.legal_text, machine, 1420)
    sheet.lines(90, 424 + dy, ("TO THE", "ORDER", "OF"), look.label)
    sheet.fitted(190, 440 + dy, paper.payee, machine, 700)
    if paper.memo_text:
        sheet.fitted(190, 560, f"{look.memo_label}  {paper.memo_text}", machine.sized(0.85), 640)
    signature_rule(sheet, (1000, 1620, 560), look, rng)
    _sign_business(sheet, paper, (1000, 1620, 560), writer, rng)


_VOUCHER = Places(
    payer=(100, 74, "l"),
    bank=(960, 74, "m"),
    number=(1620, 74),
    fraction=(900, 150),
    date=(1300, 1610, 178),
    payee=(100, 1330, 268),
    courtesy=(1370, 222, 1620, 276),
    legal=(100, 1500, 338),
    memo=(100, 700, 566),
    signature=(1040, 1620, 566),
)


def _business_voucher(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, writer: Hand) -> None:
    """The voucher check of small-business programs: payee line, amount beside it, legal amount below it."""
    places = moved(_VOUCHER, rng)
    preprint(sheet, paper, look, places, rng)
    type_in(sheet, paper, places, look, machine, rng)
    sheet.lines(150, places.legal[2] + 50, (paper.payee,), machine.sized(0.9))
    _sign_business(sheet, paper, places.signature, writer, rng)


def _sign_business(sheet: Sheet, paper: CheckPaper, at: RuledLine, writer: Hand, rng: Rng) -> None:
    if paper.signer:
        sign(sheet, paper.signer, writer, (at[0] + float(rng.uniform(20, 140)), at[2] - 5), at[1] - at[0] - 160, rng)
