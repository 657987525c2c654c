"""The backs of papers: a check's endorsement area and list of security features, a coupon's instructions."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image

from lockbox.simulator import stock
from lockbox.simulator.check_face import SIZES_PX, payer_hand
from lockbox.simulator.coupon_face import SIZE_PX as COUPON_PX
from lockbox.simulator.hand import Hand, write
from lockbox.simulator.letter_face import blank_letter
from lockbox.simulator.letters import memo
from lockbox.simulator.papers import CheckPaper, CouponPaper, Paper
from lockbox.simulator.sheet import Gray, Rng, Sheet, Type, dice

_SAFETY = (
    "The security features listed below, as well as those not listed,",
    "exceed industry guidelines.",
    "Security features:            Results of document alteration:",
    "- MicroPrint signature line   - Small type looks like a dotted line when copied",
    "- Chemical protection         - Stains or spots may appear",
    "- Security screen             - Absence of 'Original Document' on the back",
    "- Padlock design is a certification mark",
)
_INSTRUCTIONS = (
    "HOW TO PAY",
    "Make your check payable to the company named on the front and write your account number on it.",
    "Do not send cash. Do not staple or fold this coupon. Allow five to seven days for mail delivery.",
    "Payments received after the due date may be charged a late fee as your contract provides.",
    "Payments marked paid in full must be sent to the address for disputes printed on your statement.",
)


def draw_back(paper: Paper, seed: int) -> Sheet:
    """The back of the sheet whose face the same seed draws: 200 pixels to the inch, gray."""
    rng = dice(seed, 3)
    if isinstance(paper, CheckPaper):
        return _check(paper, rng, seed)
    if isinstance(paper, CouponPaper):
        return _coupon(rng)
    return Sheet(np.ascontiguousarray(blank_letter(rng)))


def _check(paper: CheckPaper, rng: Rng, seed: int) -> Sheet:
    width, height = SIZES_PX[paper.kind]
    plain = np.full((height, width), int(rng.integers(232, 253)), np.uint8)
    sheet = Sheet(plain if rng.random() < 0.5 else stock.background((width, height), rng, busy=rng.random() < 0.3))
    manner, right = rng.random(), bool(rng.random() < 0.5)
    if manner < 0.78:
        strip = _endorsement(height, right, rng)
        sheet.stamp(strip, width - strip.shape[1] - 8 if right else 8, 0)
    if manner < 0.5:
        sheet.lines(
            width * 0.36,
            height * 0.42,
            _SAFETY[: int(rng.integers(3, 8))],
            Type("sans", int(rng.integers(11, 16)), int(rng.integers(110, 190))),
            1.3,
        )
    if rng.random() < 0.3:
        for y in range(40, height - 30, int(rng.integers(18, 40))):
            sheet.rule(width * 0.3, width * 0.68, y, int(rng.integers(205, 235)))
    if paper.back_lines:
        _written(sheet, paper.back_lines, payer_hand(seed), right, rng)
    elif rng.random() < 0.12:
        common = ("for deposit only", "thank you", f"ck {paper.serial}", "see letter", memo(Random(seed), ""))
        words = common[int(rng.integers(len(common)))]
        write(sheet, words, payer_hand(seed), (width * 0.34, height * 0.3), width * 0.4, rng)
    return sheet


def _written(sheet: Sheet, rows: tuple[str, ...], writer: Hand, right: bool, rng: Rng) -> None:
    """Handwritten rows: level across the middle, or turned a quarter where the payee endorses."""
    if rng.random() < 0.6:
        pitch, left = float(rng.uniform(46, 62)), sheet.width_px * 0.34
        top = sheet.height_px * float(rng.uniform(0.2, 0.4))
        for at, row in enumerate(rows):
            write(sheet, row, writer, (left + float(rng.normal(0, 5)), top + at * pitch), sheet.width_px * 0.42, rng)
        return
    strip = Sheet(np.full((320, sheet.height_px), 255, np.uint8))
    for at, row in enumerate(rows):
        write(strip, row, writer, (40 + float(rng.normal(0, 5)), 84 + 48 * at), sheet.height_px - 70, rng)
    turned = np.asarray(strip.image.transpose(_outward(right)))
    sheet.stamp(turned, sheet.width_px - turned.shape[1] - 8 if right else 8, 0)


def _outward(right: bool) -> Image.Transpose:
    """The rotation that brings the top of a strip to the right or left edge of the check."""
    return Image.Transpose.ROTATE_270 if right else Image.Transpose.ROTATE_90


def _endorsement(height: int, right: bool, rng: Rng) -> Gray:
    """The endorsement area of X9.100-111 at the trailing edge, to be read with the check turned a quarter."""
    strip = Sheet(np.full((320, height), 255, np.uint8))
    kind = Type(
        ("sans", "narrow", "serif")[int(rng.integers(3))], int(rng.integers(15, 20)), int(rng.integers(60, 150))
    )
    strip.text(
        height / 2, 40, ("ENDORSE HERE", "Endorse Check Here", "ENDORSE CHECK HERE")[int(rng.integers(3))], kind, "m"
    )
    for k in range(int(rng.integers(1, 4))):
        strip.rule(30, height - 30, 90 + 48 * k, kind.gray)
        if k == 0:
            strip.text(34, 86, "X", kind.sized(1.3))
    if rng.random() < 0.4:
        strip.box(40, 206, 58, 224, kind.gray)
        strip.text(68, 222, "Check here if mobile deposit", kind.sized(0.85))
    strip.text(height / 2, 258, "DO NOT WRITE, STAMP OR SIGN BELOW THIS LINE", kind.sized(0.8), "m")
    strip.text(height / 2, 280, "Reserved for Financial Institution Use", kind.sized(0.75), "m")
    return np.asarray(strip.image.transpose(_outward(right)))


def _coupon(rng: Rng) -> Sheet:
    sheet = Sheet(np.full(COUPON_PX[::-1], int(rng.integers(240, 254)), np.uint8))
    if rng.random() < 0.55:
        size, gray = int(rng.integers(20, 27)), int(rng.integers(50, 130))
        sheet.lines(110, 150, _INSTRUCTIONS, Type(("sans", "serif", "narrow")[int(rng.integers(3))], size, gray), 1.7)
        if rng.random() < 0.6:
            for k, words in enumerate(("Name", "Street", "City, State, ZIP", "Telephone")):
                sheet.text(110, 430 + 60 * k, words, Type("sans", 19, gray))
                sheet.rule(300, 1100, 432 + 60 * k, gray)
    return sheet
