"""The face of a check: its size, stock and MICR line; each kind of check fills it in its own way."""

from __future__ import annotations

from collections.abc import Callable

from lockbox.simulator import bank_check, payer_check, stock
from lockbox.simulator.hand import Hand, hand
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.sheet import DPI, Rng, Sheet, dice
from ocr.image.e13b import draw_line
from ocr.reading import CheckKind

SIZES_PX = {
    CheckKind.PERSONAL: (1200, 550),
    CheckKind.BUSINESS: (1700, 700),
    CheckKind.BILL_PAY: (1700, 700),
    CheckKind.CASHIERS: (1700, 700),
    CheckKind.MONEY_ORDER: (1400, 650),
}
_PITCH_PX = DPI / 8  # E-13B: 8 characters to the inch


def draw_check(paper: CheckPaper, seed: int) -> Sheet:
    """The face of a check as its scanner would see it if it were perfect: 200 pixels to the inch, gray."""
    rng = dice(seed, 1)
    busy = paper.kind in (CheckKind.PERSONAL, CheckKind.CASHIERS, CheckKind.MONEY_ORDER) or rng.random() < 0.45
    sheet = Sheet(stock.background(SIZES_PX[paper.kind], rng, busy))
    _FACES[paper.kind](sheet, paper, rng, payer_hand(seed))
    micr(sheet, paper, rng)
    if rng.random() < 0.2:  # folded to fit the envelope
        sheet.crease(sheet.width_px * float(rng.normal(0.5, 0.05)), int(rng.integers(25, 90)))
    return sheet


def payer_hand(seed: int) -> Hand:
    """The hand of the person who wrote this document."""
    return hand(dice(seed, 2))


def micr(sheet: Sheet, paper: CheckPaper, rng: Rng) -> None:
    """Prints the E-13B line, counted from the right, amid the band 3/16 to 7/16 inch above the lower edge."""
    text, last = micr_line(paper)
    drawn = draw_line(text, DPI)
    right = sheet.width_px - 0.3125 * DPI - (last - 1) * _PITCH_PX + float(rng.normal(0, 3))
    top = sheet.height_px - 0.3125 * DPI - drawn.shape[0] / 2 + float(rng.normal(0, 2))
    sheet.stamp(drawn, right - drawn.shape[1], top)


def micr_line(paper: CheckPaper) -> tuple[str, int]:
    """The MICR line's text (A transit, C on-us, D dash) and the position, from the right, of its last character.

    Transit has positions 43 to 33, on-us 32 to 14, auxiliary on-us 45 to 65 (ANSI X9.100-160). How a bank lays out
    its on-us field follows from its routing number, so it is the same on all its checks.
    """
    habit = int(paper.routing[2:8] or 0)
    account = paper.bank_account
    if habit % 17 == 5 and len(account) > 6:
        account = f"{account[:3]}D{account[3:]}"
    transit = f"A{paper.routing}A"
    if paper.kind in (CheckKind.BUSINESS, CheckKind.BILL_PAY, CheckKind.CASHIERS):
        text = f"C{paper.serial}C {transit}{' ' * (habit % 3)}{account}C"
        used = len(text) - len(f"C{paper.serial}C ") - 11
    else:
        on_us = (
            f"{paper.serial} {account}C"
            if habit % 6 == 4
            else f"{' ' * (habit % 2)}{account}C{' ' * (habit % 3)}{paper.serial}"
        )
        on_us = on_us if len(on_us) <= 19 else on_us.replace(" ", "")
        text, used = transit + on_us, len(on_us)
    return text, 33 - used


_FACES: dict[CheckKind, Callable[[Sheet, CheckPaper, Rng, Hand], None]] = {
    CheckKind.PERSONAL: payer_check.personal,
    CheckKind.BUSINESS: payer_check.business,
    CheckKind.BILL_PAY: bank_check.bill_pay,
    CheckKind.CASHIERS: bank_check.cashiers,
    CheckKind.MONEY_ORDER: bank_check.money_order,
}
