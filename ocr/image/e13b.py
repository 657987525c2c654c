"""The E-13B font of the MICR line, as data, and lines drawn in it.

Shapes and measures after ANSI X9.27 (E-13B print specification): a module is 0.013 inch, the pitch is 0.125 inch,
and the right edges of all characters stand on that pitch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

MODULE_IN = 0.013
PITCH_IN = 0.125
HEIGHT_MODULES = 9
MARGIN_MODULES = 1  # white above and below a drawn line
RIGHT_GAP_MODULES = (PITCH_IN / MODULE_IN - 7) / 2  # white right of a character in its cell; the widest have 7 modules

TRANSIT, AMOUNT, ON_US, DASH = "A", "B", "C", "D"
SYMBOLS = TRANSIT + AMOUNT + ON_US + DASH
ALPHABET = "0123456789" + SYMBOLS

# One row per module, "#" is ink. Symbols lower than the digits stand in the middle of the digits' height.
GLYPHS: dict[str, tuple[str, ...]] = {
    "0": (".#####.", *("#.....#",) * 7, ".#####."),
    "1": ("##..", ".#..", ".#..", ".#..", ".#..", "####", "####", "####", "####"),
    "2": ("####", "...#", "...#", "...#", "####", "#...", "#...", "#...", "####"),
    "3": ("####.", "...#.", "...#.", "...#.", "#####", "...##", "...##", "...##", "#####"),
    "4": ("##....", "##....", "##....", "##....", "##....", "##..##", "######", "....##", "....##"),
    "5": ("#####", "#....", "#....", "#....", "#####", "....#", "....#", "....#", "#####"),
    "6": ("####..", "#..#..", "#..#..", "#.....", "#.....", "######", "#....#", "#....#", "######"),
    "7": ("#####", "#...#", "#...#", "...#.", "..##.", "..#..", "..#..", "..#..", "..#.."),
    "8": (".#####.", ".#...#.", ".#...#.", ".#...#.", "#######", "##...##", "##...##", "##...##", "#######"),
    "9": ("######", "#....#", "#....#", "#....#", "######", "....##", "....##", "....##", "....##"),
    TRANSIT: (
        *("....###", "##..###", "##..###", "##.....", "##....."),
        *("##.....", "##..###", "##..###", "....###"),
    ),
    AMOUNT: (
        *(".....##", ".....##", "...#.##", "...#.##", "...#..."),
        *("##.#...", "##.#...", "##.....", "##....."),
    ),
    ON_US: ("....###", "#.#.###", "#.#.###", "#.#.###", "#.#....", "#.#....", "#.#...."),
    DASH: ("##.##.#", "##.##.#", "##.##.#", "##.##.#"),
}

_SCALE = 16  # pixels per module of the masters: fine enough for 600 dpi
_ROUNDING_MODULES = 0.3  # blur that turns square corners into the font's rounded ones
_LEAST_DPI = 50  # below it a module is less than a pixel
_BRIDGE_PX = 13  # under one module, or the gaps inside the symbols would close


def draw_line(text: str, dpi: int) -> Gray:
    """A line of E-13B characters, ink black (0) on white (255).

    `text` holds A (transit), B (amount), C (on-us), D (dash), digits and spaces, each one pitch (0.125 inch) wide. The
    picture is `len(text)` pitches wide and 11 modules (0.143 inch) high: one white module above and below the digits.

    Raises:
        ValueError: a character that the font does not have, no text, or a resolution under 50 dpi.
    """
    if not text or dpi < _LEAST_DPI:
        raise ValueError(f"nothing to draw: {len(text)} characters at {dpi} dpi")
    pitch = PITCH_IN / MODULE_IN * _SCALE
    high = np.full((_px(HEIGHT_MODULES + 2 * MARGIN_MODULES), round(pitch * len(text))), 255, np.uint8)
    for place, char in enumerate(text):
        if char == " ":
            continue
        glyph = master(char)
        right = round((place + 1) * pitch - RIGHT_GAP_MODULES * _SCALE) + _px(1)
        left = right - glyph.shape[1]
        part = high[:, max(left, 0) : min(right, high.shape[1])]
        np.minimum(part, glyph[:, max(-left, 0) : max(-left, 0) + part.shape[1]], out=part)
    size = (max(1, round(len(text) * PITCH_IN * dpi)), round(high.shape[0] / _SCALE * MODULE_IN * dpi))
    small: Any = cv2.resize(high, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


@lru_cache(maxsize=len(ALPHABET))
def master(char: str) -> Gray:
    """One character at 16 pixels a module, with a white module on every side; 11 modules high.

    Raises:
        ValueError: a character that the font does not have.
    """
    if char not in GLYPHS:
        raise ValueError(f"E-13B has no character {char!r}")
    rows = GLYPHS[char]
    ink = np.array([[cell == "#" for cell in row] for row in rows], np.uint8)
    ink = np.kron(ink, np.ones((_SCALE, _SCALE), np.uint8))
    high: Any = np.zeros((_px(HEIGHT_MODULES + 2 * MARGIN_MODULES), _px(len(rows[0]) + 2)), np.float32)
    top = _px(MARGIN_MODULES) + _px(HEIGHT_MODULES - len(rows)) // 2
    high[top : top + ink.shape[0], _px(1) : _px(1) + ink.shape[1]] = ink
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BRIDGE_PX, _BRIDGE_PX))
    high = cv2.morphologyEx(high, cv2.MORPH_CLOSE, disc)  # cells that touch at a corner only, as in 0 and 7, join
    soft: Any = cv2.GaussianBlur(high, (0, 0), _ROUNDING_MODULES * _SCALE)
    return np.where(soft > 0.5, 0, 255).astype(np.uint8)


def width_modules(char: str) -> int:
    """How wide a character is, in modules."""
    return len(GLYPHS[char][0])


def _px(modules: int) -> int:
    return modules * _SCALE
