"""Figures written by hand or by machine: one line in, what it may say out, by a net of our own (`models/figures`).

Its signs are the digits, the signs that amounts, dates and numbers are written with, and two of its own: `_` begins
what is raised over a stroke (cents), `?` is a stretch of letters. A letter O, as in "oo/100", reads as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import cv2
import numpy as np

from ocr.image.prepare import Floats, Gray, ink
from ocr.nets import ctc

SOURCE = "figures"
MODEL = "figures"
ALPHABET = "0123456789.,$*/-=#xn:_?"
DIGITS = "0123456789"
NARROW = 0.7  # width of a line's second look: it brings wide hands nearer to those that the net learned from
HEIGHT_PX = 40
INK_PX = 34  # rows that the ink of a line fills
SIDE_PX = 6  # paper left and right of it
STEP_PX = 4  # pictures are whole steps wide
MAX_WIDTH_PX = 1000
REACH_PX = 17  # from the middle of a sign to its end; a wide 0 or $ takes that much
ABOVE_PX = 4  # of what lies over and under the ink's rows is kept
LEAST_INK_PX = 6  # lower ink is not enlarged any further
LEAST_SIDE_PX = 3  # a smaller picture holds no sign
LEAST_NARROWED_PX = 8  # a narrower line is not squeezed
INKED = 0.5  # more ink than this is a stroke
WIDTH = 20  # texts that a line may say
FAINT = 0.4  # the paper's pattern is lighter
SPECKS = 0.008  # share of the ink that may lie above or below the rows that count


@dataclass(frozen=True, slots=True)
class Figures:
    """What one line says: `log_probs` [frames, 1 + len(ALPHABET)], class 0 the blank."""

    value: str
    log_probs: Floats
    left_over: float = 0.0  # ink that none of the signs of `value` explains, in inks of one sign

    def likely(self, width: int = WIDTH) -> list[tuple[str, float]]:
        """The likeliest texts with their probabilities, best first."""
        return ctc.beam(self.log_probs, ALPHABET, width)

    def among(self, alphabet: str, width: int = WIDTH) -> list[tuple[str, float]]:
        """The same when only these signs can stand there."""
        columns = [0, *(ALPHABET.index(char) + 1 for char in alphabet)]
        return ctc.beam(ctc.log_softmax(self.log_probs[:, columns]), alphabet, width)

    def support(self, texts: Iterable[str]) -> float:
        """The probability that the line says one of these texts."""
        return min(1.0, sum(exp(score) for score in ctc.scores(self.log_probs, sorted({*texts}), ALPHABET)))


NO_FIGURES = Figures("", np.zeros((1, len(ALPHABET) + 1), np.float32))


def read_figures(line: Gray, squeeze: float = 1.0) -> Figures:
    """The figures of one line, uint8 [height, width], ink dark on light, read at `squeeze` times its width."""
    if squeeze != 1.0 and line.shape[1] > LEAST_NARROWED_PX:
        narrow: Any = cv2.resize(line, None, fx=squeeze, fy=1, interpolation=cv2.INTER_AREA)
        line = np.asarray(narrow, np.uint8)
    if min(line.shape) < LEAST_SIDE_PX:
        return NO_FIGURES
    net, seen = ctc.load(MODEL), picture(line)
    log_probs = net.log_probs(seen)
    chars = ctc.greedy(log_probs, ALPHABET)
    middles = [(char.frame + 0.5) * net.stride_px for char in chars]
    return Figures("".join(char.value for char in chars), log_probs, _left_over(seen, middles))


def _left_over(seen: Floats, middles: Sequence[float]) -> float:
    """Ink beyond the reach of all signs read, as a share of the ink of one sign."""
    mass = np.maximum(seen - FAINT, 0).sum(axis=0)
    if not middles or not mass.any():
        return 0.0
    away = np.abs(np.arange(len(mass))[:, None] - np.array(middles)[None]).min(axis=1)
    out = float(mass[away > REACH_PX].sum())
    return out * len(middles) / max(1e-6, float(mass.sum()) - out)


def picture(line: Gray) -> Floats:
    """The line as the net takes it: [HEIGHT_PX, width], ink 1, paper 0, its ink filling the rows."""
    inked = ink(line)
    strong = inked > INKED
    top, bottom = _reach(strong.sum(axis=1), SPECKS)
    left, right = _reach(strong.sum(axis=0), 0.0)
    scale = INK_PX / max(LEAST_INK_PX, bottom - top)
    around = round(ABOVE_PX / scale)
    wide = min(MAX_WIDTH_PX, max(STEP_PX, round((right - left) * scale)))
    wide += -(wide + 2 * SIDE_PX) % STEP_PX
    part = inked[max(0, top - around) : bottom + around + 1, left:right]
    rows = max(1, round(part.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small: Any = cv2.resize(part, (wide, rows), interpolation=way)
    framed = np.zeros((HEIGHT_PX, wide + 2 * SIDE_PX), np.float32)
    start = (HEIGHT_PX - INK_PX) // 2 - round(min(top, around) * scale)
    low, high = max(0, start), min(HEIGHT_PX, start + rows)
    framed[low:high, SIDE_PX : SIDE_PX + wide] = small[low - start : high - start]
    return framed


def _reach(mass: Any, outside: float) -> tuple[int, int]:
    """The first place and the one past the last, after that share of the mass is cut from each end."""
    total = np.cumsum(mass.astype(np.float64))
    if not len(total) or total[-1] <= 0:
        return 0, max(1, len(total))
    first = int(np.searchsorted(total, outside * total[-1], side="right"))
    last = int(np.searchsorted(total, (1 - outside) * total[-1], side="left"))
    return first, max(first, last) + 1
