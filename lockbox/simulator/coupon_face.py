"""The face of a payment coupon: heading, amount due and due date, remit-to address, scan line and barcode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp

from lockbox.simulator.hand import hand, write_amount
from lockbox.simulator.papers import CouponPaper
from lockbox.simulator.sheet import Gray, Rng, Sheet, Type, dice
from ocr.fields.coupon import TICK_BELOW_IN, TICK_IN

SIZE_PX = (1700, 734)  # 8.5 x 3.67 inches: a third of a letter page
DPI = 200
QUIET = 2  # modules of white around a barcode
_PRINCIPAL_ONLY = "Apply any amount left over to principal only"
_MARKS = (  # how people tick a box, in its own width and height
    (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))),
    (((0.05, 0.45), (0.4, 0.95), (1.3, -0.4)),),
    (((0.15, 0.5), (0.4, 0.85), (0.95, 0.1)),),
    (((0.1, 0.8), (0.3, 0.2), (0.5, 0.8), (0.7, 0.2), (0.9, 0.8)),),
    (((0.1, 0.9), (0.9, 0.1)),),
)
_DETACH = (
    "Please detach and return this portion with your payment",
    "DETACH HERE AND RETURN BOTTOM PORTION WITH YOUR CHECK",
    "Tear along perforation. Return this coupon with payment.",
    "- - -  Keep upper part for your records. Return lower part with payment  - - -",
)
_ACCOUNT = ("Account Number", "ACCOUNT NUMBER", "Loan Number", "Account No.", "LEASE/LOAN NO.")
_DUE_ON = ("Payment Due Date", "DUE DATE", "Due date", "Payment due")
_DUE = ("Amount Due", "TOTAL AMOUNT DUE", "Payment amount", "AMOUNT DUE")
_ENCLOSED = ("AMOUNT ENCLOSED", "Amount enclosed", "TOTAL ENCLOSED", "Amount paid", "ENTER AMOUNT PAID")


@dataclass(frozen=True, slots=True)
class Style:
    """Typefaces and wording of one lender's coupons."""

    head: Type
    body: Type
    label: Type
    tint: int  # fill of table heads
    account: str
    due_on: str
    due: str
    enclosed: str


def draw_coupon(paper: CouponPaper, seed: int) -> Sheet:
    """A coupon as a perfect scanner would see it: 200 pixels to the inch, gray."""
    rng = dice(seed, 1)
    sheet = Sheet(np.full(SIZE_PX[::-1], int(rng.integers(240, 255)), np.uint8))
    style = _style(rng)
    _perforation(sheet, style, rng)
    layouts: tuple[Callable[[Sheet, CouponPaper, Style, Rng, int], None], ...] = (_columns, _list, _panel, _form)
    layouts[int(rng.integers(4))](sheet, paper, style, rng, seed)
    right = 1640 + float(rng.normal(0, 12))
    baseline = SIZE_PX[1] - 52 + float(rng.normal(0, 6))
    sheet.text(right, baseline, paper.scan_line, Type(paper.scan_face, 34, int(rng.integers(10, 50))), "r")
    return sheet


def _style(rng: Rng) -> Style:
    family = ("sans", "serif", "narrow", "gothic", "century", "palatino")[int(rng.integers(6))]
    gray = int(rng.integers(15, 60))
    return Style(
        head=Type(f"{family}-bold", int(rng.integers(30, 44)), gray),
        body=Type(("mono", "sans", "serif", family)[int(rng.integers(4))], int(rng.integers(25, 31)), gray),
        label=Type(family if rng.random() < 0.6 else "sans", int(rng.integers(17, 22)), gray),
        tint=int(rng.integers(205, 245)) if rng.random() < 0.75 else int(rng.integers(20, 70)),
        account=_ACCOUNT[int(rng.integers(len(_ACCOUNT)))],
        due_on=_DUE_ON[int(rng.integers(len(_DUE_ON)))],
        due=_DUE[int(rng.integers(len(_DUE)))],
        enclosed=_ENCLOSED[int(rng.integers(len(_ENCLOSED)))],
    )


def _facts(paper: CouponPaper, style: Style, rng: Rng) -> tuple[tuple[str, str], ...]:
    shown = (
        f"{paper.due_on:%m/%d/%Y}",
        f"{paper.due_on:%b} {paper.due_on.day}, {paper.due_on.year}",
        f"{paper.due_on:%m-%d-%y}",
    )
    cents = paper.amount_due_cents
    due = f"${cents // 100:,}.{cents % 100:02d}"
    return (style.account, paper.account_number), (style.due_on, shown[int(rng.integers(3))]), (style.due, due)


def _columns(sheet: Sheet, paper: CouponPaper, style: Style, rng: Rng, seed: int) -> None:
    """Lender on the left, a table of three columns and the box for the amount on the right, addresses below."""
    sheet.lines(90, 110, paper.remit_lines[:1], style.head)
    left, top, wide = 800 + float(rng.normal(0, 12)), 80 + float(rng.normal(0, 6)), 270
    for k, (head, value) in enumerate(_facts(paper, style, rng)):
        x = left + k * wide
        _cell(sheet, (x, top, x + wide, top + 100), head, value, style)
    _enclosed(sheet, paper, style, (left + wide, top + 130, left + 3 * wide, top + 215), rng, seed)
    _barcode(sheet, paper, (930 + float(rng.normal(0, 30)), 340), rng)
    sheet.lines(110, 250, paper.customer_lines, style.body)
    _remit(sheet, paper, style, (110, 470), rng)


def _list(sheet: Sheet, paper: CouponPaper, style: Style, rng: Rng, seed: int) -> None:
    """The facts in rows on the right, with or without a frame around them."""
    sheet.lines(100, 104, paper.remit_lines, style.body.sized(0.9))
    left, right, y = 900.0, 1610.0, 110 + float(rng.normal(0, 8))
    framed = rng.random() < 0.5
    for head, value in _facts(paper, style, rng):
        sheet.text(left + 10, y, head, style.label.sized(1.2))
        sheet.text(right - 14, y, value, style.body, "r")
        sheet.rule(left, right, y + 14, 110)
        y += 52
    if framed:
        sheet.box(left, y - 52 * 4 + 8, right, y - 38, 60, 2)
    _enclosed(sheet, paper, style, (1180, y - 6, right, y + 68), rng, seed)
    _barcode(sheet, paper, (880 + float(rng.normal(0, 20)), y + 90), rng)
    sheet.lines(110, 320, paper.customer_lines, style.body)
    _remit(sheet, paper, style, (110, 520), rng)


def _panel(sheet: Sheet, paper: CouponPaper, style: Style, rng: Rng, seed: int) -> None:
    """A tinted heading over the whole width, the facts in a row of boxes below it, then the addresses."""
    dark = style.tint < 128
    sheet.box(60, 64, 1640, 124, 80, 1, fill=style.tint)
    sheet.text(
        84,
        108,
        paper.remit_lines[0] if paper.remit_lines else "",
        replace(style.head, gray=250 if dark else style.head.gray),
    )
    sheet.text(1620, 106, "PAYMENT COUPON", replace(style.label.sized(1.2), gray=250 if dark else 40), "r")
    facts = _facts(paper, style, rng)
    for k, (head, value) in enumerate(facts):
        x = 60 + k * 390
        _cell(sheet, (x, 144, x + 370, 240), head, value, style)
    _enclosed(sheet, paper, style, (1240, 144, 1640, 240), rng, seed)
    sheet.lines(110, 330, paper.customer_lines, style.body)
    _remit(sheet, paper, style, (110, 510), rng)
    _barcode(sheet, paper, (960 + float(rng.normal(0, 25)), 330), rng)
    if rng.random() < 0.6:
        sheet.text(960, 300, f"Make checks payable to {paper.remit_lines[0]}" if paper.remit_lines else "", style.label)


def _form(sheet: Sheet, paper: CouponPaper, style: Style, rng: Rng, seed: int) -> None:
    """A plain computer form: labels with colons, boxes to check, the barcode at the top."""
    _barcode(sheet, paper, (80 + float(rng.normal(0, 8)), 84), rng)
    y = 100 + float(rng.normal(0, 6))
    for head, value in _facts(paper, style, rng):
        sheet.text(1290, y, f"{head}:", style.label.sized(1.15), "r")
        sheet.text(1310, y, value, style.body)
        y += 46
    _enclosed(sheet, paper, style, (1180, y, 1620, y + 76), rng, seed)
    for k, words in enumerate(("Change of address (see back)", "Apply extra to principal")):
        sheet.box(900, 430 + 40 * k, 922, 452 + 40 * k, 50, 2)
        sheet.text(936, 450 + 40 * k, words, style.label)
    sheet.lines(110, 330, paper.customer_lines, style.body)
    _remit(sheet, paper, style, (110, 500), rng)


def _cell(sheet: Sheet, box: tuple[float, float, float, float], head: str, value: str, style: Style) -> None:
    left, top, right, bottom = box
    middle = top + (bottom - top) * 0.4
    sheet.box(left, top, right, middle, 70, 1, fill=style.tint)
    sheet.box(left, middle, right, bottom, 70, 1)
    label = replace(style.label, gray=250 if style.tint < 128 else style.label.gray)
    sheet.fitted((left + right) / 2, middle - 11, head, label, right - left - 10, "m")
    sheet.fitted((left + right) / 2, bottom - 16, value, style.body, right - left - 12, "m")


def _enclosed(
    sheet: Sheet, paper: CouponPaper, style: Style, box: tuple[float, float, float, float], rng: Rng, seed: int
) -> None:
    """The box for the amount enclosed: plain, or with a cell for every figure."""
    left, top, right, bottom = box
    inner = top + 26
    sheet.text(left, top + 18, style.enclosed, style.label)
    sheet.box(left, inner, right, bottom, 50, 2)
    if not (paper.enclosed_text or "").startswith("$"):
        sheet.text(left + 10, bottom - 10, "$", replace(style.head, size_px=34))
    if rng.random() < 0.25:
        for x in np.arange(left + 40, right - 20, (right - left - 40) / 8):
            sheet.rule(x, x, bottom, 50)
            sheet.draw.line([(round(x), round(bottom) - 16), (round(x), round(bottom))], fill=110)
    if paper.enclosed_text:
        writer = hand(dice(seed, 2))
        start = left + (14 if paper.enclosed_text.startswith("$") else 44) + float(rng.uniform(0, 30))
        write_amount(
            sheet, paper.enclosed_text, writer, (start, bottom - float(rng.uniform(4, 16))), right - start + 8, rng
        )


def _remit(sheet: Sheet, paper: CouponPaper, style: Style, at: tuple[float, float], rng: Rng) -> None:
    """The remit-to address, placed for the window of the return envelope."""
    x, y = at[0] + float(rng.normal(0, 8)), at[1] + float(rng.normal(0, 8))
    if rng.random() < 0.5:
        sheet.text(x, y - 32, ("Remit to:", "MAIL PAYMENT TO:", "Send payment to")[int(rng.integers(3))], style.label)
    upper = rng.random() < 0.5
    sheet.lines(x, y, tuple(text.upper() if upper else text for text in paper.remit_lines), style.body)


def _perforation(sheet: Sheet, style: Style, rng: Rng) -> None:
    """The torn upper edge, and the words that ask to tear there."""
    edge = np.full((9, SIZE_PX[0]), 0, np.uint8)
    period, cut = int(rng.integers(7, 16)), float(rng.uniform(0.3, 0.6))
    bite = (np.arange(SIZE_PX[0]) % period) < period * cut
    depth = np.where(bite, rng.integers(1, 6, SIZE_PX[0]), rng.integers(0, 3, SIZE_PX[0]))
    edge[np.arange(9)[:, None] < depth[None, :]] = 110
    sheet.ink(edge, 0, 0, 60)
    if rng.random() < 0.8:
        sheet.text(SIZE_PX[0] / 2, 40, _DETACH[int(rng.integers(len(_DETACH)))], style.label.sized(0.95), "m")
    if rng.random() < 0.5:
        dash = int(rng.integers(8, 24))
        for x in range(20, SIZE_PX[0] - 20, dash * 2):
            sheet.rule(x, x + dash, 16, 90, 1)


def _barcode(sheet: Sheet, paper: CouponPaper, at: tuple[float, float], rng: Rng) -> None:
    if not paper.barcode:
        return
    if paper.symbology == "PDF417":
        scale = int(rng.choice([3, 4])) if len(paper.barcode) < 60 else 3
    else:
        scale = 3 if paper.symbology == "Code128" else int(rng.choice([6, 7, 8]))
    symbol = _symbol(paper.barcode, paper.symbology, scale)
    sheet.stamp(symbol, *at)
    if paper.ticked is not None:
        quiet = QUIET * scale
        _tick_box(sheet, paper, (at[0] + quiet, at[1] + symbol.shape[0] - quiet + TICK_BELOW_IN * DPI))


def _tick_box(sheet: Sheet, paper: CouponPaper, at: tuple[float, float]) -> None:
    """The box that asks for principal only, empty or ticked by hand."""
    x, y = at
    side = TICK_IN * DPI
    sheet.box(x, y, x + side, y + side, 40, 2)
    sheet.text(x + side + 10, y + side - 3, _PRINCIPAL_ONLY, Type("sans", 19, 40))
    if not paper.ticked:
        return
    rng = dice(int(paper.account_number), 3)
    strokes = _MARKS[int(rng.integers(len(_MARKS)))]
    for stroke in strokes:
        points = [
            (round(x + side * (u + rng.normal(0, 0.07))), round(y + side * (v + rng.normal(0, 0.07))))
            for u, v in stroke
        ]
        sheet.draw.line(points, fill=int(rng.integers(20, 70)), width=int(rng.integers(3, 6)))


@lru_cache(maxsize=8)
def _symbol(payload: str, symbology: str, scale: int) -> Gray:
    """The barcode, black on white, `scale` pixels to a module."""
    made = zxingcpp.create_barcode(payload, getattr(zxingcpp.BarcodeFormat, symbology))
    modules = np.array(zxingcpp.write_barcode_to_image(made, scale=1), np.uint8)
    drawn = cv2.resize(modules, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    if symbology == "Code128":  # bars tall enough for a straight line to cross all of them on a skewed sheet
        drawn = cv2.resize(drawn, (drawn.shape[1], 90), interpolation=cv2.INTER_NEAREST)
    return np.asarray(drawn, np.uint8)
