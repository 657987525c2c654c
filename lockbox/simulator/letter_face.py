"""A letter that came with or without a payment: one folded page of US letter size, typed or handwritten."""

from __future__ import annotations

import numpy as np

from lockbox.simulator.hand import hand, write
from lockbox.simulator.papers import LetterPaper
from lockbox.simulator.sheet import Gray, Rng, Sheet, Type, dice, gray

SIZE_PX = (1700, 2200)
_TYPED = (
    ("serif", 34, "laser"),
    ("sans", 31, "laser"),
    ("courier", 33, "laser"),
    ("typewriter", 30, "typewriter"),
    ("palatino", 34, "laser"),
    ("century", 33, "laser"),
    ("mono", 30, "matrix"),
)


def draw_letter(paper: LetterPaper, seed: int) -> Sheet:
    """The page as a perfect scanner would see it: 200 pixels to the inch, gray."""
    rng = dice(seed, 1)
    sheet = Sheet(blank_letter(rng))
    if paper.by_hand:
        _written(sheet, paper, rng, seed)
    else:
        _typed(sheet, paper, rng)
    return sheet


def blank_letter(rng: Rng) -> Gray:
    """Blank paper with its two folds: a dark crease with a soft shadow on one side."""
    rows = np.full(SIZE_PX[1], float(rng.uniform(240, 252)))
    y = np.arange(SIZE_PX[1])
    for third in (1, 2):
        crease = SIZE_PX[1] * third / 3 + float(rng.normal(0, 14))
        away = y - crease
        side = 1 if rng.random() < 0.5 else -1
        rows -= float(rng.uniform(4, 14)) * np.exp(-np.abs(away) / 40) * (away * side > 0)
        rows -= float(rng.uniform(8, 40)) * np.exp(-(away**2) / 2)
    tilt = np.linspace(0, float(rng.normal(0, 4)), SIZE_PX[0])
    return gray(np.clip(rows.astype(np.float32)[:, None] + tilt.astype(np.float32), 0, 255))


def _typed(sheet: Sheet, paper: LetterPaper, rng: Rng) -> None:
    face, size, machine = _TYPED[int(rng.integers(len(_TYPED)))]
    kind = Type(face, int(size * float(rng.uniform(0.92, 1.1))), int(rng.integers(10, 60)), machine)
    left, y = float(rng.uniform(160, 240)), float(rng.uniform(200, 340))
    leading = kind.size_px * float(rng.uniform(1.2, 1.6))
    for text in _wrapped(paper.lines, kind, SIZE_PX[0] - 2 * left):
        if y > SIZE_PX[1] - 100:
            return
        sheet.text(left, y, text, kind, rng=rng)
        y += leading


def _written(sheet: Sheet, paper: LetterPaper, rng: Rng, seed: int) -> None:
    writer, ruled = hand(dice(seed, 2)), rng.random() < 0.55
    pitch = float(rng.uniform(62, 76))
    left, y = float(rng.uniform(150, 260)), float(rng.uniform(230, 360))
    if ruled:
        tint = int(rng.integers(180, 225))
        for line in range(30):
            sheet.rule(0, SIZE_PX[0], y + line * pitch, tint, 2)
        if rng.random() < 0.7:
            sheet.draw.line([(round(left) - 30, 0), (round(left) - 30, SIZE_PX[1])], fill=tint - 10, width=2)
    rough = Type("serif", 46)  # only to estimate how much fits on a line
    for text in _wrapped(paper.lines, rough, SIZE_PX[0] - left - 120):
        if y > SIZE_PX[1] - 80:
            return
        if text.strip():
            write(
                sheet,
                text,
                writer,
                (left + float(rng.normal(0, 6)), y - float(rng.normal(4, 3))),
                SIZE_PX[0] - left - 60,
                rng,
            )
        y += pitch


def _wrapped(lines: tuple[str, ...], kind: Type, room_px: float) -> list[str]:
    """The lines, wrapped where they would leave the page."""
    wrapped: list[str] = []
    for line in lines:
        row = ""
        for word in line.split(" "):
            longer = f"{row} {word}" if row else word
            if row and kind.width_px(longer) > room_px:
                wrapped.append(row)
                row = word
            else:
                row = longer
        wrapped.append(row)
    return wrapped
