"""Pictures of lines of text as the reader cuts them out: drawn on stock, scanned, without rules, taken apart."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from random import Random

import cv2
import numpy as np
from PIL import Image

from lockbox.simulator import fonts, hand, stock
from lockbox.simulator.papers import ScanManner
from lockbox.simulator.scan import scan
from lockbox.simulator.sheet import Gray, Rng, Sheet, Type
from ocr.layout import zones
from ocr.layout.piece import joined
from ocr.nets.text import picture
from training import text_words
from training.fcn import STRIDE_PX, Sample
from training.hand_fonts import Face

HEIGHT_PX = 40
HELD_HANDS = ("homemade-apple", "indie-flower", "nanum-pen-script", "handlee", "the-girl-next-door", "hand-mentor")
HELD_PRINT = ("bookman", "bookman-bold")
OCR = ("ocr-a", "ocr-a", "ocr-b")
WIDEST_PX = 1520  # a line as long as a business check is wide
_X_PX = 20.0  # x-height of a common hand at 200 dpi
_TRIES = 20
FIRST_DRAWN = 2000  # lines before any is used again


def add_hands(faces: Sequence[Face]) -> None:
    """Adds fetched faces to those that drawn mail is written in."""
    for face in faces:
        fonts.add(face.name, face.path)
        top, bottom = fonts.font(face.name, 100).getbbox("x", anchor="ls")[1::2]
        em = round(_X_PX * 100 / max(20.0, float(bottom - top)))
        hand.FACES[face.name] = (min(em, 84), 0.35 if face.joined else 0.7, face.joined)


def drawn(rng: Rng, held: bool = False, manner: str | None = None) -> tuple[Gray, str]:
    """A line as `zones.line_image` gives it, and what it says; `held`: in a face that is never trained on.

    `manner` is "hand" or "print" to draw only one of them.
    """
    dice = Random(int(rng.integers(2**62)))
    for _ in range(_TRIES):
        text, way = text_words.line(dice)
        if way == "either":
            way = "hand" if dice.random() < 0.55 else "print"
        if manner is not None and way != manner:
            continue
        face = _face(dice, way, held)
        if not text or not set(text) <= _letters(face):
            continue
        line = _line(text, face, way, dice, rng)
        if line is not None:
            return line, text
    return drawn(rng, held, manner)


def worn(rng: Rng, line: Gray) -> np.ndarray | None:
    """The line as the net takes it, a little different each time: stretch, slope, weight, blur, place."""
    if rng.random() < 0.5:
        height, width = line.shape
        lean, fall = rng.normal(0, 0.08), rng.normal(0, 0.006)
        wide = width + int(abs(lean) * height) + 2
        matrix = np.array([[1, lean, max(0.0, -lean * height)], [fall, 1, -fall * width / 2]])
        line = cv2.warpAffine(line, matrix, (wide, height), flags=cv2.INTER_LINEAR, borderValue=255)
    choice = rng.random()
    if choice < 0.12:
        line = cv2.erode(line, np.ones((2, 2) if rng.random() < 0.5 else (1, 2), np.uint8))
    elif choice < 0.2:
        line = cv2.dilate(line, np.ones((2, 1) if rng.random() < 0.5 else (1, 2), np.uint8))
    elif choice < 0.35:
        line = cv2.GaussianBlur(line, (0, 0), rng.uniform(0.4, 1.0))
    edges = (int(rng.integers(1, 6)), int(rng.integers(1, 6))) if rng.random() < 0.4 else (2, 2)
    small = picture(line, HEIGHT_PX, rng.uniform(0.82, 1.22), edges)
    if small is None:
        return None
    if rng.random() < 0.15:
        small = np.clip(small * rng.uniform(0.6, 1.0) + rng.normal(0, 0.05, small.shape), 0, 1).astype(np.float32)
    return small


def plain(line: Gray) -> np.ndarray:
    """The line as the reader gives it to the net."""
    small = picture(line, HEIGHT_PX)
    return np.zeros((HEIGHT_PX, 16), np.float32) if small is None else small


class Store:
    """Drawn lines kept and used again, each time worn differently: drawing a line costs more than training on it."""

    def __init__(self, size: int, fresh: float) -> None:
        self.size, self.fresh = size, fresh
        self.lines: list[tuple[Gray, str]] = []

    def sample(self, rng: Rng) -> Sample:
        """One line to train on."""
        if len(self.lines) < FIRST_DRAWN or rng.random() < self.fresh:
            line, text = drawn(rng)
            if len(self.lines) < self.size:
                self.lines.append((line, text))
            else:
                self.lines[int(rng.integers(self.size))] = line, text
        else:
            line, text = self.lines[int(rng.integers(len(self.lines)))]
        small = worn(rng, line)
        if small is None or not fits(text, small.shape[1]):
            return self.sample(rng)
        return small, text


def fits(text: str, width_px: int) -> bool:
    """Whether there are enough frames for the characters and the blanks between equal ones."""
    return len(text) + sum(char == following for char, following in pairwise(text)) <= width_px // STRIDE_PX


def _face(dice: Random, way: str, held: bool) -> str:
    if way == "ocr":
        return dice.choice(OCR)
    if way == "hand":
        return dice.choice([face for face in sorted(hand.FACES) if (face in HELD_HANDS) == held])
    return dice.choice([face for face in _printed() if (face in HELD_PRINT) == held])


@lru_cache(maxsize=1)
def _printed() -> list[str]:
    names = [name for files in fonts.PACKAGES.values() for name in files]
    return sorted(name for name in names if not name.startswith(("hand-", "ocr-")))


@lru_cache(maxsize=256)
def _letters(face: str) -> frozenset[str]:
    """The characters that a face has."""
    opened = fonts.font(face, 32)
    nothing = bytes(opened.getmask("\uffff"))
    return frozenset(
        char for char in map(chr, range(32, 127)) if char == " " or bytes(opened.getmask(char)) not in (nothing, b"")
    )


def _line(text: str, face: str, way: str, dice: Random, rng: Rng) -> Gray | None:
    """The text drawn on a strip of stock, scanned, and cut out again; None if it was not found."""
    left, base = 60, 110
    if way == "hand":
        writer = _writer(rng, face)
        size = float(rng.uniform(0.85, 1.12))
        mask, margin, _ = hand.line_mask(text, writer, rng, size)
        ends = left + mask.shape[1] - 2 * margin
        if ends > WIDEST_PX:
            return None
        room = float(ends - left) * (float(rng.uniform(0.6, 0.95)) if rng.random() < 0.15 else 1.1)
        sheet = _paper(rng, ends + 140)
        _rule(sheet, rng, base, 0.75)
        if dice.random() < 0.15:
            _label(sheet, rng, dice, base)
        end = hand.write(sheet, text, writer, (left, base - float(rng.normal(4, 4))), room, rng, size)
        if dice.random() < 0.12:
            hand.wavy_rule(sheet, end + 12, end + float(rng.uniform(50, 110)), base - 12, writer, rng)
    else:
        kind = _type(rng, face, dice)
        if way == "ocr":
            kind = Type(face, int(rng.integers(28, 38)), int(rng.integers(10, 60)))
        end = left + kind.width_px(text)
        if end > WIDEST_PX:
            return None
        sheet = _paper(rng, int(end) + 140)
        _rule(sheet, rng, base + int(rng.integers(1, 9)), 0.35 if way == "print" else 0.0)
        sheet.text(left, base, text, kind, rng=rng)
    return _cut(sheet.image, rng, left, end, base)


def _writer(rng: Rng, face: str) -> hand.Hand:
    """A writer of wider habits than those of drawn mail."""
    writer = replace(hand.hand(rng), face=face)
    if rng.random() < 0.5:
        return writer
    return replace(
        writer,
        size=float(rng.uniform(0.75, 1.4)),
        slant=float(rng.normal(0.1, 0.2)),
        stretch=float(rng.uniform(0.78, 1.28)),
        gap_px=float(rng.normal(0.6, 1.5)),
        wobble=float(rng.uniform(0.3, 1.9)),
        rise=float(rng.normal(0, 0.012)),
    )


def _type(rng: Rng, face: str, dice: Random) -> Type:
    machine = dice.choices(["laser", "typewriter", "matrix"], [0.8, 0.1, 0.1])[0]
    size = int(rng.integers(24, 40)) if dice.random() < 0.55 else int(rng.integers(13, 26))
    if machine == "matrix":
        size = max(size, 24)
    return Type(face, size, int(rng.integers(10, 85)), machine, float(rng.choice([0, 0, 0, 0, 1.0, 2.5])))


def _paper(rng: Rng, width: int) -> Sheet:
    size = (max(160, width), 200)
    if rng.random() < 0.6:
        return Sheet(stock.background(size, rng, busy=bool(rng.random() < 0.7)))
    return Sheet(np.full(size[::-1], int(rng.integers(225, 256)), np.uint8))


def _rule(sheet: Sheet, rng: Rng, base: float, share: float) -> None:
    if rng.random() < share:
        sheet.rule(20, sheet.width_px - 20, base + 1, int(rng.integers(30, 120)), int(rng.integers(1, 4)))


def _label(sheet: Sheet, rng: Rng, dice: Random, base: float) -> None:
    """Another line of print close below, as forms have it."""
    kind = Type("sans", int(rng.integers(12, 17)), int(rng.integers(40, 90)))
    sheet.text(40, base + float(rng.uniform(34, 60)), dice.choice(text_words.LABELS), kind)


def _cut(image: Image.Image, rng: Rng, left: float, right: float, base: float) -> Gray | None:
    jpeg = rng.random() < 0.35
    seen = scan(
        image,
        ScanManner(
            format="jpeg" if jpeg else "g4",
            dpi=int(rng.choice([100, 150, 200, 200])) if jpeg else 200,
            skew_deg=float(np.clip(rng.normal(0, 0.2), -0.45, 0.45)),
            speckle=float(rng.uniform(0, 0.012)) if rng.random() < 0.08 else 0.0,
            faint=bool(rng.random() < 0.04),
        ),
        int(rng.integers(2**31)),
    )
    with Image.open(io.BytesIO(seen)) as opened:
        dpi = round(float(opened.info["dpi"][0]))
        gray = np.asarray(opened.convert("L"), np.uint8)
    share = dpi / 200
    page = zones.sheet(gray, dpi)
    high, low = (base - 62) * share, (base + 22) * share
    pieces = [
        piece
        for piece in page.pieces
        if high < piece.middle_px < low
        and piece.box.left_px < (right + 6) * share
        and piece.right_px > (left - 12) * share
        and piece.box.height_px > 7 * share
    ]
    if not pieces:
        return None
    line = joined(sorted(pieces, key=lambda piece: piece.box.left_px))
    wide = line.box.width_px / ((right - left) * share)
    return zones.line_image(page, line) if 0.75 < wide < 1.6 + 40 / max(1.0, right - left) else None
