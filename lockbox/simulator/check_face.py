"""The face of a check: its size, stock and MICR line; every kind of check has its own layouts."""

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
    """The face of a check as a perfect scanner would see it: 200 pixels to the inch, gray."""
    rng = dice(seed, 1)
    busy = paper.kind in (CheckKind.PERSONAL, CheckKind.CASHIERS, CheckKind.MONEY_ORDER) or rng.random() < 0.45
    sheet = Sheet(stock.background(SIZES_PX[paper.kind], rng, busy))
    _FACES[paper.kind](sheet, paper, rng, payer_hand(seed))
    print_micr(sheet, paper, rng)
    if rng.random() < 0.2:  # folded to fit the envelope
        sheet.crease(sheet.width_px * float(rng.normal(0.5, 0.05)), int(rng.integers(25, 90)))
    return sheet


def payer_hand(seed: int) -> Hand:
    """The handwriting of the person who wrote this document."""
    return hand(dice(seed, 2))


def print_micr(sheet: Sheet, paper: CheckPaper, rng: Rng) -> None:
    """Prints the E-13B line, counted from the right, centered 5/16 inch above the lower edge."""
    text, last = micr_line(paper)
    drawn = draw_line(text, DPI)
    right = sheet.width_px - 0.3125 * DPI - (last - 1) * _PITCH_PX + float(rng.normal(0, 3))
    top = sheet.height_px - 0.3125 * DPI - drawn.shape[0] / 2 + float(rng.normal(0, 2))
    sheet.stamp(drawn, right - drawn.shape[1], top)


def micr_line(paper: CheckPaper) -> tuple[str, int]:
    """The MICR line's text (A transit, C on-us, D dash) and the position, from the right, of its last character.

    Transit is at positions 43 to 33, on-us at 32 to 14, auxiliary on-us at 45 to 65 (ANSI X9.100-160). The routing
    number decides how a bank lays out its on-us field, so all its checks are alike.
    """
    habit = int(paper.routing[2:8] or 0)
    account = paper.bank_account
    if habit % 17 == 5 and len(account) > 6:
        account = f"{account[:3]}D{account[3:]}"
    transit = f"A{paper.routing}A"
    if paper.kind in (CheckKind.BUSINESS, CheckKind.BILL_PAY, CheckKind.CASHIERS):
        on_us = f"{' ' * (habit % 3)}{account}C"
        return f"C{paper.serial}C {transit}{on_us}", 33 - len(on_us)
    on_us = _on_us_with_serial(habit, account, paper.serial)
    return transit + on_us, 33 - len(on_us)


def _on_us_with_serial(habit: int, account: str, serial: str) -> str:
    """The on-us field of a check that has no auxiliary field, in at most 19 positions if it fits without spaces."""
    before_account = habit % 6 == 4
    field = f"{serial} {account}C" if before_account else f"{' ' * (habit % 2)}{account}C{' ' * (habit % 3)}{serial}"
    return field if len(field) <= 19 else field.replace(" ", "")


_FACES: dict[CheckKind, Callable[[Sheet, CheckPaper, Rng, Hand], None]] = {
    CheckKind.PERSONAL: payer_check.personal,
    CheckKind.BUSINESS: payer_check.business,
    CheckKind.BILL_PAY: bank_check.bill_pay,
    CheckKind.CASHIERS: bank_check.cashiers,
    CheckKind.MONEY_ORDER: bank_check.money_order,
}
