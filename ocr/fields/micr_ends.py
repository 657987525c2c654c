"""Whether all of a MICR line was seen: ink beside or within it, the picture's edge, a field that is not closed.

A character that is cut off, broken or overlooked leaves a line that reads well and is wrong. What speaks for that
lowers the line's probability by weights that `python -m training.micr_ends` fits; otherwise the line keeps its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, sqrt

from ocr.image.e13b import HEIGHT_MODULES, width_modules
from ocr.image.prepare import Floats
from ocr.nets import ctc
from ocr.nets.ctc import Char

MODEL = "micr_ends"
FILE = f"{MODEL}.json"
NAMES = ("left_ink", "right_ink", "inner_ink", "edge", "open")  # of the doubts
INKED = 0.5  # of a pixel: less is the paper's pattern
BESIDE_PITCHES = 1.2  # how far beside an outermost character the next one may stand
BLUR_PX = 2.5  # around a character
ROWS_PX = 2  # above and below the digits
MOST_INK = 0.3  # of a cell; more says no more
THICK = 0.13  # of a cell between two characters: so much ink thick print has outside its shapes
CLEAR_PITCHES = 1.7  # paper left and right of a whole line: X9.100-160 leaves a quarter of an inch and more
# Whole lines: [auxiliary on-us] [code] transit, account with its symbol, [serial] [amount].
WHOLE = re.compile(r"(C[\dD]+C)?\d?A[\dD]{7,13}A[\dD]*C[\dD]*(B\d{10}B)?")


@dataclass(frozen=True, slots=True)
class Ends:
    """What no character explains: ink as share of a cell; and pitches of paper seen beside the line."""

    left_ink: float = 0.0
    right_ink: float = 0.0
    inner_ink: float = 0.0  # between two neighbors, where there is most
    clear_pitches: float = 4.0


UNSEEN = Ends()


def ends(picture: Floats, chars: Sequence[Char], stride_px: int, pitch_px: float, page_px: tuple[float, float]) -> Ends:
    """The ends of a line cut out to scale, ink 1; `page_px` are the columns at which the picture of the page ends."""
    module = pitch_px * 0.104  # 0.013 inch of an eighth
    digit_px = HEIGHT_MODULES * module
    middle = picture.shape[0] / 2
    rows = slice(max(0, round(middle - digit_px / 2) - ROWS_PX), round(middle + digit_px / 2) + ROWS_PX)
    inked = (picture[rows] > INKED).sum(axis=0) / (digit_px * pitch_px)
    low, high = max(0, round(page_px[0] + 1)), min(len(inked), round(page_px[1]))
    shares, clear = [], []
    for char, side in ((chars[0], -1), (chars[-1], 1)):
        edge = char.frame * stride_px + side * (width_modules(char.value) * module / 2 + BLUR_PX)
        start, stop = sorted((edge, edge + side * BESIDE_PITCHES * pitch_px))
        shares.append(float(inked[max(low, round(start)) : max(low, min(high, round(stop)))].sum()))
        seen_px = min(page_px[1], float(len(inked))) if side > 0 else max(page_px[0], 0.0)
        clear.append(side * (seen_px - edge) / pitch_px)
    return Ends(shares[0], shares[1], _between(inked, chars, stride_px, module), min(clear))


def _between(inked: Floats, chars: Sequence[Char], stride_px: int, module_px: float) -> float:
    """The most ink between two neighbors, outside their shapes."""
    most = 0.0
    for left, right in pairwise(chars):
        start = left.frame * stride_px + width_modules(left.value) * module_px / 2 + BLUR_PX
        stop = right.frame * stride_px - width_modules(right.value) * module_px / 2 - BLUR_PX
        most = max(most, float(inked[max(0, round(start)) : max(0, round(stop))].sum()))
    return most


def doubts(seen: Ends, line: str, is_page: bool) -> tuple[float, ...]:
    """What speaks against a line; of one that was cut out by hand neither the edge nor a missing symbol does."""
    return (
        sqrt(min(seen.left_ink, MOST_INK)),
        sqrt(min(seen.right_ink, MOST_INK)),
        min(max(seen.inner_ink - THICK, 0.0), MOST_INK),
        float(is_page and seen.clear_pitches < CLEAR_PITCHES),
        float(is_page and not WHOLE.fullmatch(line.replace(" ", ""))),
    )


def kept(seen: Ends, line: str, is_page: bool) -> float:
    """The share of its probability that a line keeps: 1 where nothing speaks against it."""
    return share(doubts(seen, line, is_page), _weights())


def share(against: Sequence[float], weights: Mapping[str, float]) -> float:
    """The same for doubts and weights that are given."""
    base = weights["none"]
    less = sum(weights[name] * doubt for name, doubt in zip(NAMES, against, strict=True))
    return (1 + exp(-base)) / (1 + exp(-(base + less)))


@cache
def _weights() -> Mapping[str, float]:
    weights: Mapping[str, float] = json.loads(ctc.model_path(FILE).read_text())["weights"]
    return weights
