"""Checks that payers draw themselves: personal checks written by hand, business checks written by computers."""

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
    Places((64, 62, "l"), (64, 332, "l"), (1136, 66), (1136, 92), (700, 970, 132), (60, 905, 212),
           (948, 168, 1140, 222), (60, 1020, 280), (60, 520, 408), (610, 1136, 408)),
    Places((64, 58, "l"), (690, 54, "m"), (1140, 62), (1140, 88), (850, 1136, 142), (56, 900, 222),
           (930, 178, 1144, 232), (56, 1010, 296), (56, 500, 404), (640, 1140, 404)),
    Places((560, 58, "m"), (64, 330, "l"), (1136, 58), (960, 92), (830, 1136, 138), (60, 910, 214),
           (946, 172, 1136, 224), (60, 1030, 278), (60, 480, 406), (580, 1130, 406)),
    Places((120, 60, "l"), (60, 338, "l"), (1140, 70), (180, 150), (560, 830, 128), (60, 880, 206),
           (906, 158, 1144, 212), (60, 1000, 274), (60, 560, 410), (640, 1144, 410)),
    Places((64, 292, "l"), (64, 66, "l"), (1136, 60), (1136, 84), (760, 1120, 130), (60, 890, 194),
           (920, 150, 1140, 204), (60, 1020, 254), (60, 470, 416), (560, 1136, 416)),
)  # fmt: skip


def personal(sheet: Sheet, paper: CheckPaper, rng: Rng, who: Hand) -> None:
    look, places = printer(rng), moved(_PERSONAL[int(rng.choice(5, p=[0.34, 0.22, 0.16, 0.16, 0.12]))], rng)
    if rng.random() < 0.18:
        stock.border(sheet, rng)
    preprint(sheet, paper, look, places, rng)
    handwrite(sheet, paper, places, look, who, rng)


def business(sheet: Sheet, paper: CheckPaper, rng: Rng, who: Hand) -> None:
    look = printer(rng, 1.25)
    if rng.random() < 0.3:
        stock.border(sheet, rng)
    if rng.random() < 0.22:  # a manual three-to-a-page check, written by hand
        places = moved(scaled(_PERSONAL[int(rng.integers(4))], 1.38, 1.22), rng)
        preprint(sheet, paper, look, places, rng)
        handwrite(sheet, paper, places, look, who, rng)
        return
    layout = int(rng.integers(3))
    (_business_lines, _business_columns, _business_voucher)[layout](sheet, paper, look, typed(rng), rng, who)


def _business_lines(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, who: Hand) -> None:
    """Payer left, bank in the middle, then pay, to the order of, as accounting programs print it."""
    places = moved(
        Places((90, 80, "l"), (960, 78, "m"), (1600, 80), (1600, 112), (1230, 1600, 190), (90, 1280, 300),
               (1330, 250, 1610, 312), (90, 1440, 380), (90, 640, 560), (980, 1610, 560)), rng
    )  # fmt: skip
    preprint(sheet, paper, look, places, rng)
    type_in(sheet, paper, places, look, machine, rng)
    _sign_business(sheet, paper, places.signature, who, rng)
    if rng.random() < 0.5:
        sheet.text(1600, 440, f"VOID AFTER {(60, 90, 180)[int(rng.integers(3))]} DAYS", look.label, "r")


def _business_columns(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, who: Hand) -> None:
    """Date, number and amount in a row of boxes; the words first, the payee as an address block beneath."""
    dy = float(rng.normal(0, 6))
    payer_block(sheet, paper.payer_lines, look, (90, 84, "l"), rng)
    bank_block(sheet, paper.bank_name, look, (960, 80, "m"), rng, 560)
    sheet.text(1610, 80, paper.serial, replace(look.bold, gray=30), "r")
    sheet.text(1610, 108, fraction_text(paper.routing), look.label, "r")
    lefts, top = (940, 1130, 1340), 216 + dy
    for left, right, head, value in zip(
        lefts, (1130, 1340, 1620), ("DATE", "CHECK NO.", "AMOUNT"),
        (paper.date_text or "", paper.serial, paper.courtesy_text), strict=True,
    ):  # fmt: skip
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
    _sign_business(sheet, paper, (1000, 1620, 560), who, rng)


def _business_voucher(sheet: Sheet, paper: CheckPaper, look: Print, machine: Type, rng: Rng, who: Hand) -> None:
    """The laser voucher check of small-business programs: payee line, amount beside it, words under it."""
    places = moved(
        Places((100, 74, "l"), (960, 74, "m"), (1620, 74), (900, 150), (1300, 1610, 178), (100, 1330, 268),
               (1370, 222, 1620, 276), (100, 1500, 338), (100, 700, 566), (1040, 1620, 566)), rng
    )  # fmt: skip
    preprint(sheet, paper, look, places, rng)
    type_in(sheet, paper, places, look, machine, rng)
    sheet.lines(150, places.legal[2] + 50, (paper.payee,), machine.sized(0.9))
    _sign_business(sheet, paper, places.signature, who, rng)


def _sign_business(sheet: Sheet, paper: CheckPaper, at: RuledLine, who: Hand, rng: Rng) -> None:
    if paper.signer:
        sign(sheet, paper.signer, who, (at[0] + float(rng.uniform(20, 140)), at[2] - 5), at[1] - at[0] - 160, rng)
