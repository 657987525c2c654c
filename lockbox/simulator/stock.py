"""Check stock: the blank paper that printers sell, with its background, border, pantograph and bank emblem."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import tau
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lockbox.simulator.fonts import font
from lockbox.simulator.sheet import Gray, Rng, Sheet, dice, gray

VARIANTS = 4  # of every pattern; position, mirroring and strength differ on every check
_Field = npt.NDArray[np.float32]  # rows x columns, how much darker than the paper, 0 to 1


def background(size_px: tuple[int, int], rng: Rng, busy: bool = True) -> Gray:
    """A blank sheet of stock, width x height; `busy` false gives nearly plain paper, as used in computer printers."""
    width, height = size_px
    names = sorted(PATTERNS) if busy else ["plain", "plain", "waves", "basket", "fade"]
    tile = _tile(names[int(rng.integers(len(names)))], int(rng.integers(VARIANTS)))
    y, x = (int(rng.integers(tile.shape[i] - n + 1)) for i, n in ((0, height), (1, width)))
    part = tile[y : y + height, x : x + width]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    paper, strength = float(rng.uniform(228, 250)), float(rng.uniform(0.55, 1.15))
    table = np.clip(paper - np.arange(256) * strength, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(part), table), np.uint8)


def border(sheet: Sheet, rng: Rng) -> None:
    """Draws a frame: plain lines, double lines or a braided band, as on bank checks and older personal checks."""
    inset, tint, manner = int(rng.integers(10, 26)), int(rng.integers(90, 170)), rng.random()
    w, h = sheet.width_px - inset, sheet.height_px - inset
    if manner < 0.3:
        sheet.box(inset, inset, w, h, tint, int(rng.integers(1, 4)))
    elif manner < 0.6:
        sheet.box(inset, inset, w, h, tint, 2)
        sheet.box(inset + 6, inset + 6, w - 6, h - 6, tint, 1)
    else:
        _braid(sheet, inset, int(rng.integers(10, 20)), tint, rng)


def bank_emblem(sheet: Sheet, x: float, y: float, size_px: int, rng: Rng) -> float:
    """Draws a small made-up bank emblem with its lower left corner at (x, y). Returns its width."""
    tint, k = int(rng.integers(20, 120)), int(rng.integers(6))
    mask = np.zeros((size_px * 4, size_px * 4), np.uint8)
    _EMBLEMS[k](mask, size_px * 4 - 1, rng)
    sheet.ink(gray(cv2.resize(mask, (size_px, size_px), interpolation=cv2.INTER_AREA)), x, y - size_px, tint)
    return float(size_px)


def pantograph(sheet: Sheet, words: str, area: tuple[int, int, int, int], tint: int, size_px: int = 9) -> None:
    """Fills an area (left, top, right, bottom) with words repeated in small light type."""
    line = (words + "  ") * (1 + (area[2] - area[0]) // max(1, int(font("sans", size_px).getlength(words + "  "))))
    for row, y in enumerate(range(area[1], area[3], size_px * 2)):
        cut = line[row % 7 :]
        while cut and font("sans", size_px).getlength(cut) > area[2] - area[0]:
            cut = cut[: -max(1, len(cut) // 20)]
        sheet.draw.text((area[0], y), cut, fill=tint, font=font("sans", size_px))


_SIZE = (760, 1800)  # rows x columns: larger than the largest check, so that the pattern can be shifted


@lru_cache(maxsize=64)
def _tile(name: str, variant: int) -> Gray:
    """One printed pattern, larger than any check, as darkness 0 to 255 (rarely over 60)."""
    field = PATTERNS[name](dice(variant, 11, sorted(PATTERNS).index(name)))
    paper = dice(variant, 12).normal(0, 1.2, _SIZE).astype(np.float32)
    return np.clip(field * 255 + cv2.GaussianBlur(paper, (0, 0), 1.0) * 1.5, 0, 255).astype(np.uint8)


def _field(shade: npt.NDArray[Any]) -> _Field:
    return np.asarray(shade, np.float32)


def _grid() -> tuple[_Field, _Field]:
    """x as a row and y as a column, in px, ready to be broadcast."""
    return np.arange(_SIZE[1], dtype=np.float32)[None, :], np.arange(_SIZE[0], dtype=np.float32)[:, None]


def _clouds(rng: Rng, size_px: int, octaves: int = 3) -> _Field:
    """Smooth random shading, 0 to 1."""
    total = np.zeros(_SIZE, np.float32)
    for octave in range(octaves):
        cell = max(4, size_px >> octave)
        seedling = rng.random((_SIZE[0] // cell + 2, _SIZE[1] // cell + 2)).astype(np.float32)
        total += cv2.resize(seedling, _SIZE[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    low, high = float(total.min()), float(total.max())
    return _field((total - low) / (high - low))


def _plain(rng: Rng) -> _Field:
    return _field(_clouds(rng, 400, 1) * 0.02)


def _fade(rng: Rng) -> _Field:
    """Darker toward one edge or the middle, printed as a fine line screen."""
    x, y = _grid()
    where = rng.random()
    ramp = np.abs(y / _SIZE[0] - where) + 0.3 * np.abs(x / _SIZE[1] - rng.random())
    screen = (np.sin(y * tau / float(rng.uniform(3, 5))) > 0.0) * 0.08 if rng.random() < 0.6 else 0.05
    return _field(ramp * (0.12 + screen))


def _waves(rng: Rng) -> _Field:
    """Safety lines: many equal waves, one below another."""
    x, y = _grid()
    pitch, length, tall = (float(rng.uniform(*r)) for r in ((6, 13), (60, 260), (3, 14)))
    phase = y + tall * np.sin(x * tau / length) + tall * 0.4 * np.sin(x * tau / (length * 0.37) + 1)
    return _field(np.clip(np.sin(phase * tau / pitch) * 1.6, 0, 1) * float(rng.uniform(0.06, 0.14)))


def _moire(rng: Rng) -> _Field:
    """Guilloche: two sets of lines that cross and drift apart."""
    x, y = _grid()
    a, b = float(rng.uniform(7, 12)), float(rng.uniform(7, 12))
    bend = 26 * np.sin(x * tau / float(rng.uniform(300, 700))) + 12 * np.sin(x * tau / float(rng.uniform(90, 180)))
    first = np.sin((y + bend) * tau / a)
    second = np.sin((y * 0.96 - bend) * tau / b)
    return _field(np.clip(np.maximum(first, second) * 2 - 1, 0, 1) * float(rng.uniform(0.08, 0.15)))


def _basket(rng: Rng) -> _Field:
    """Basket weave."""
    x, y = _grid()
    cell, fine = int(rng.integers(10, 26)), int(rng.integers(3, 6))
    lying = ((x // cell).astype(int) + (y // cell).astype(int)) % 2 == 0
    stripes = np.where(lying, (y.astype(int) % fine) == 0, (x.astype(int) % fine) == 0)
    return _field(stripes * float(rng.uniform(0.08, 0.16)))


def _diagonal(rng: Rng) -> _Field:
    """Slanted hairlines with a slowly changing weight."""
    x, y = _grid()
    lean, pitch = float(rng.uniform(-1.4, 1.4)), float(rng.uniform(5, 10))
    wave = np.sin((y + x * lean) * tau / pitch)
    return _field(np.clip(wave + 0.8 * _clouds(rng, 240, 2) - 0.5, 0, 1) * float(rng.uniform(0.09, 0.16)))


def _marble(rng: Rng) -> _Field:
    x, _ = _grid()
    veins = np.sin(_clouds(rng, 220, 4) * float(rng.uniform(12, 26)) + x / 200)
    return _field(np.clip(1 - np.abs(veins) * 1.6, 0, 1) * 0.10 + _clouds(rng, 300, 2) * 0.08)


def _parchment(rng: Rng) -> _Field:
    return _field(_clouds(rng, 90, 4) ** 1.5 * float(rng.uniform(0.12, 0.22)))


def _hills(rng: Rng) -> _Field:
    """A landscape: ranges of hills, lighter the farther away, under a cloudy sky."""
    x, y = _grid()
    field = _clouds(rng, 260, 3) * 0.07
    for layer in range(5):
        top = _SIZE[0] * (0.28 + 0.14 * layer)
        ridge = top + sum(
            float(rng.uniform(20, 60))
            / k
            * np.sin(x * tau * k / float(rng.uniform(700, 1500)) + float(rng.uniform(0, tau)))
            for k in (1, 2, 3, 5)
        )
        shade = 0.04 + 0.028 * layer
        fog = np.clip(1 - (y - ridge) / 260, 0.45, 1)
        field = np.where(y > ridge, shade * fog + 0.02, field)
    return _field(field + _clouds(rng, 16, 2) * 0.035)


def _leaves(rng: Rng) -> _Field:
    """Scattered leaves or petals, lightly outlined and tinted."""
    field = np.zeros(_SIZE, np.float32)
    count, tint = int(rng.integers(30, 70)), float(rng.uniform(0.05, 0.10))
    for _ in range(count):
        center = (int(rng.integers(_SIZE[1])), int(rng.integers(_SIZE[0])))
        turn, length_px = float(rng.uniform(0, 360)), int(rng.integers(18, 60))
        petals = int(rng.integers(1, 6))
        for petal in range(petals):
            axes = (length_px, max(5, int(length_px * float(rng.uniform(0.25, 0.45)))))
            angle = turn + petal * 360 / petals
            spot = (
                int(center[0] + length_px * np.cos(np.radians(angle))),
                int(center[1] + length_px * np.sin(np.radians(angle))),
            )
            cv2.ellipse(field, spot, axes, angle, 0, 360, tint, -1, cv2.LINE_AA)
            cv2.ellipse(field, spot, axes, angle, 0, 360, tint * 2.2, 1, cv2.LINE_AA)
    return _field(cv2.GaussianBlur(field, (0, 0), 1.0) + _clouds(rng, 300, 2) * 0.05)


def _rosette(rng: Rng) -> _Field:
    """One or more guilloche rosettes on a light line screen."""
    field = np.zeros(_SIZE, np.float32)
    _, y = _grid()
    for _ in range(int(rng.integers(1, 4))):
        center = np.array([float(rng.uniform(0.2, 0.8)) * _SIZE[1], float(rng.uniform(0.3, 0.7)) * _SIZE[0]])
        radius, lobes = float(rng.uniform(90, 260)), int(rng.integers(5, 19))
        t = np.linspace(0, tau, 721)
        for ring in range(int(rng.integers(8, 22))):
            r = radius * (1 - ring * 0.035) * (1 + 0.22 * np.sin(lobes * t + ring * 0.35))
            points = center + np.stack([r * np.cos(t), r * np.sin(t)], 1)
            cv2.polylines(field, [np.round(points * 8).astype(np.int32)], True, 0.15, 1, cv2.LINE_AA, 3)
    return _field(np.minimum(field, 0.2) + 0.04 * (np.sin(y * tau / 4) > 0))


def _words(rng: Rng) -> _Field:
    """Light words repeated on a slant, as in a pantograph."""
    phrase = ("ORIGINAL DOCUMENT", "SECURITY PAPER", "SAFE CHECK", "VOID IF COPIED", "* * *")[int(rng.integers(5))]
    sheet = Sheet(np.zeros((1500, 2000), np.uint8))
    for row, top in enumerate(range(0, 1500, int(rng.integers(34, 60)))):
        sheet.draw.text((-40 - 37 * (row % 5), top), (phrase + "   ") * 14, fill=255, font=font("gothic-bold", 16))
    turn = cv2.getRotationMatrix2D((1000, 750), float(rng.uniform(-30, 30)), 1)
    turned = cv2.warpAffine(np.asarray(sheet.image), turn, (2000, 1500))[370 : 370 + _SIZE[0], 100 : 100 + _SIZE[1]]
    return _field(turned / 255 * float(rng.uniform(0.05, 0.12)) + _clouds(rng, 300, 1) * 0.04)


PATTERNS: dict[str, Callable[[Rng], _Field]] = {
    "basket": _basket,
    "diagonal": _diagonal,
    "fade": _fade,
    "hills": _hills,
    "leaves": _leaves,
    "marble": _marble,
    "moire": _moire,
    "parchment": _parchment,
    "plain": _plain,
    "rosette": _rosette,
    "waves": _waves,
    "words": _words,
}


def _braid(sheet: Sheet, inset: int, band: int, tint: int, rng: Rng) -> None:
    """A guilloche band around the sheet: interlaced sines along all four sides."""
    mask = np.zeros((sheet.height_px, sheet.width_px), np.uint8)
    length, strands = float(rng.uniform(14, 40)), int(rng.integers(2, 5))
    w, h = sheet.width_px - 2 * inset, sheet.height_px - 2 * inset
    for strand in range(strands):
        for side, run in enumerate((w, w, h, h)):
            s = np.arange(0, run + 1, 2, dtype=np.float32)
            off = band / 2 * (1 + np.sin(s * tau / length + strand * tau / strands))
            xs, ys = ((s, off), (s, h - off), (off, s), (w - off, s))[side]
            points = np.stack([xs + inset, ys + inset], 1)
            cv2.polylines(mask, [np.round(points * 8).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 3)
    sheet.ink(mask, 0, 0, tint)
    sheet.box(inset, inset, inset + w, inset + h, tint, 1)
    sheet.box(inset + band, inset + band, inset + w - band, inset + h - band, tint, 1)


def _disc(mask: Gray, size: int, rng: Rng) -> None:
    cv2.circle(mask, (size // 2, size // 2), size // 2, 255, -1)
    for k in range(int(rng.integers(2, 5))):
        y = size * (k + 2) // 7
        cv2.line(mask, (0, y + size // 8), (size, y - size // 8), 0, max(2, size // 16))


def _columns(mask: Gray, size: int, rng: Rng) -> None:
    """A temple front."""
    roof = np.array([[0, size * 3 // 8], [size // 2, 0], [size, size * 3 // 8]])
    cv2.fillPoly(mask, [roof], 255)
    count = int(rng.integers(3, 6))
    for k in range(count):
        x = size // 10 + k * size * 8 // (10 * max(1, count - 1))
        cv2.line(mask, (x, size * 4 // 8), (x, size * 7 // 8), 255, size // 12)
    cv2.line(mask, (0, size - 4), (size, size - 4), 255, size // 12)


def _star(mask: Gray, size: int, rng: Rng) -> None:
    count, inner = int(rng.integers(4, 9)), float(rng.uniform(0.35, 0.6))
    angles = np.arange(2 * count) * tau / (2 * count) - tau / 4
    radii = np.where(np.arange(2 * count) % 2 == 0, 1, inner) * size / 2
    points = size / 2 + np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)


def _shield(mask: Gray, size: int, rng: Rng) -> None:
    points = np.array([[0, 0], [size, 0], [size, size // 2], [size // 2, size], [0, size // 2]])
    cv2.fillPoly(mask, [points], 255)
    x = int(size * float(rng.uniform(0.3, 0.7)))
    cv2.line(mask, (x, 0), (x, size), 0, size // 8)


def _rings(mask: Gray, size: int, rng: Rng) -> None:
    count = int(rng.integers(2, 4))
    for k in range(count):
        cv2.circle(
            mask, (size // 4 + k * size // 2 // max(1, count - 1), size // 2), size // 4, 255, max(3, size // 12)
        )


def _tree(mask: Gray, size: int, rng: Rng) -> None:
    for k in range(int(rng.integers(2, 4))):
        top, wide = k * size // 5, size * (k + 2) // 10
        cv2.fillPoly(
            mask,
            [np.array([[size // 2, top], [size // 2 + wide, top + size // 3], [size // 2 - wide, top + size // 3]])],
            255,
        )
    cv2.line(mask, (size // 2, size // 2), (size // 2, size), 255, size // 10)


_EMBLEMS = (_disc, _columns, _star, _shield, _rings, _tree)
