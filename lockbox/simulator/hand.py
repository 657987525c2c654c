"""A payer's handwriting: a pen, a way of writing, and the lines written with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import cv2
import numpy as np
import numpy.typing as npt

from lockbox.simulator.fonts import font
from lockbox.simulator.sheet import Gray, Rng, Sheet, gray
from lockbox.simulator.strokes import Path, Shape, shapes_of, smooth

Matrix = npt.NDArray[np.float64]  # 2 x 2

# face: (em size in px that gives an x-height of 20 px, how much letters vary, whether letters join)
FACES = {
    "hand-build": (50, 0.8, False),
    "hand-breip": (58, 0.9, False),
    "hand-breip-wide": (54, 0.9, False),
    "hand-create": (50, 0.9, False),
    "hand-dancing": (54, 0.25, True),
    "hand-delphine": (64, 0.5, True),
    "hand-dkg": (50, 0.8, False),
    "hand-dkg-italic": (50, 0.7, False),
    "hand-havana": (52, 0.3, True),
    "hand-kaushan": (44, 0.3, True),
    "hand-kiloji": (46, 1.0, False),
    "hand-kiloji-p": (50, 1.0, False),
    "hand-klee": (44, 1.1, False),
    "hand-kristi": (76, 0.35, True),
    "hand-mentor": (52, 0.8, False),
    "hand-organize": (48, 0.8, False),
    "hand-ruf": (44, 0.8, False),
    "hand-steve": (40, 0.6, False),
}
_GRAIN = (512, 2560)  # rows x columns: more than the longest line needs
_EM_PX = 64  # glyphs are kept at this size and shrunk when written


@dataclass(frozen=True, slots=True)
class Pen:
    """What the writer holds. `grain` is how much the ink skips, 0 to 1; `pressure` how much the line width varies."""

    width_px: float  # at 200 dpi
    gray: int
    grain: float
    pressure: float


@dataclass(frozen=True, slots=True)
class Hand:
    """One writer: the same letters and figures look alike, but never come out the same twice."""

    face: str
    pen: Pen
    size: float  # 1 is usual
    slant: float  # tangent; positive leans right
    stretch: float
    gap_px: float  # extra space between letters, may be negative
    wobble: float  # how unsteady the letters are; 1 is usual
    rise: float  # slope of the line
    figures: tuple[tuple[str, Shape], ...]  # this writer's shape of each figure; empty: the figures of the face
    raised_cents: bool
    seed: int


def hand(rng: Rng) -> Hand:
    """Draws a writer."""
    face = sorted(FACES)[int(rng.integers(len(FACES)))]
    own = rng.random() < 0.7
    return Hand(
        face=face,
        pen=_pen(rng),
        size=float(rng.uniform(0.85, 1.2)),
        slant=float(rng.normal(0.08, 0.13)),
        stretch=float(rng.uniform(0.86, 1.16)),
        gap_px=float(rng.normal(0.4, 0.9)),
        wobble=float(rng.uniform(0.5, 1.5)),
        rise=float(rng.normal(-0.004, 0.008)),
        figures=_figures(rng) if own else (),
        raised_cents=bool(rng.random() < 0.45),
        seed=int(rng.integers(2**31)),
    )


def write(
    sheet: Sheet, text: str, writer: Hand, at: tuple[float, float], room_px: float, rng: Rng, size: float = 1.0
) -> float:
    """Writes a line from `at` (left, baseline), squeezed if it would not fit the room. Returns its right end."""
    mask, margin, baseline = line_mask(text, writer, rng, size, room_px)
    sheet.ink(_inked(mask, writer.pen, rng), at[0] - margin, at[1] - baseline, writer.pen.gray)
    return at[0] + float(mask.shape[1] - 2 * margin)


def line_mask(
    text: str, writer: Hand, rng: Rng, size: float = 1.0, room_px: float = float("inf")
) -> tuple[Gray, int, float]:
    """The written line as a mask (255 is ink) at 200 dpi, its margin left and right and its baseline, in px.

    A line longer than `room_px` comes out narrower and a little smaller, like that of a writer who runs out of room.
    """
    em = FACES[writer.face][0] * writer.size * size
    height, margin = round(em * 2.2), round(em * 0.5)
    baseline = em * 1.35
    canvas = np.zeros((height, round(em * (len(text) + 2) * 1.1) + 2 * margin), np.uint8)
    end = _letters(canvas, text, writer, em, (float(margin), baseline), rng)
    canvas = canvas[:, : min(canvas.shape[1], round(end) + margin)]
    canvas = _shaken(canvas, writer, rng)
    line_px = max(2.0, _line_px(writer.face) * em / _EM_PX)
    if all(letter in " ,$" or letter in dict(writer.figures) for letter in text):
        line_px = 3.4
    share = room_px / max(1, canvas.shape[1] - 2 * margin)
    if share < 1:
        tall = max(share, 0.72)
        canvas = gray(cv2.resize(canvas, None, fx=share, fy=tall, interpolation=cv2.INTER_AREA))
        margin, baseline, line_px = round(margin * share), baseline * tall, line_px * (share + tall) / 2
    return _weighted(canvas, line_px, writer.pen, rng), margin, baseline


def write_amount(sheet: Sheet, text: str, writer: Hand, at: tuple[float, float], room_px: float, rng: Rng) -> float:
    """Writes an amount in figures; some writers put the cents (`50/100`) as a raised fraction. Returns its end."""
    amount = re.fullmatch(r"(\S+?)(?: and)?[ -]+(\d\d|xx|XX|no|00)/(100|xx|XX)", text)
    if not (amount and writer.raised_cents):
        return write(sheet, text, writer, at, room_px, rng, 1.06)
    x, y = at
    em = FACES[writer.face][0] * writer.size
    x = write(sheet, amount[1], writer, (x, y), room_px * 0.68, rng, 1.1) + em * 0.16
    end = write(sheet, amount[2], writer, (x, y - em * 0.30), room_px * 0.3, rng, 0.66)
    if rng.random() < 0.6:
        end = max(end, write(sheet, amount[3], writer, (x + 2, y + em * 0.24), room_px * 0.32, rng, 0.52))
    bar = [[x - 3, y - em * 0.2], [end + 4, y - em * float(rng.uniform(0.2, 0.3))]]
    stroke(sheet, np.array(bar, np.float32), writer, rng)
    return end


def stroke(sheet: Sheet, path: Path, writer: Hand, rng: Rng) -> None:
    """Draws one pen stroke through the points (px of the sheet)."""
    low = np.floor(path.min(0)) - 8
    size = np.ceil(path.max(0) - low).astype(int) + 9
    canvas = np.zeros((int(size[1]), int(size[0])), np.uint8)
    _trace(canvas, smooth(path, 10) - low, 2)
    sheet.ink(
        _inked(_weighted(canvas, 3.4, writer.pen, rng), writer.pen, rng), float(low[0]), float(low[1]), writer.pen.gray
    )


def wavy_rule(sheet: Sheet, x0: float, x1: float, y: float, writer: Hand, rng: Rng) -> None:
    """Draws the line that fills the rest of the legal amount line."""
    if x1 - x0 < 20:
        return
    count = int(rng.integers(2, 9))
    path = np.stack([np.linspace(x0, x1, count), y + rng.normal(0, 2.0, count)], 1).astype(np.float32)
    stroke(sheet, path, writer, rng)


def _pen(rng: Rng) -> Pen:
    kind = rng.random()
    if kind < 0.62:  # ballpoint
        return Pen(
            float(rng.uniform(2.5, 3.6)),
            int(rng.integers(40, 95)),
            float(rng.uniform(0.1, 0.35)),
            float(rng.uniform(0.1, 0.35)),
        )
    if kind < 0.88:  # gel
        return Pen(float(rng.uniform(2.8, 4.4)), int(rng.integers(8, 60)), 0.05, float(rng.uniform(0.05, 0.2)))
    if kind < 0.95:  # felt tip
        return Pen(float(rng.uniform(4.2, 5.6)), int(rng.integers(10, 50)), 0.03, 0.15)
    return Pen(float(rng.uniform(2.0, 3.0)), int(rng.integers(85, 120)), 0.5, 0.3)  # pencil


def _figures(rng: Rng) -> tuple[tuple[str, Shape], ...]:
    """Picks one shape for every sign and bends it: that is how this writer always forms it."""
    figures = []
    for sign in "0123456789$.,/-#*=:x":
        shapes = shapes_of(sign)
        shape = shapes[int(rng.integers(len(shapes)))]
        width = shape.width * float(rng.uniform(0.85, 1.18))
        ratio = np.array([width / shape.width, 1], np.float32)
        figures.append((sign, Shape(width, tuple(_bent(path * ratio, 0.028, rng) for path in shape.paths))))
    return tuple(figures)


def _bent(path: Path, amount: float, rng: Rng) -> Path:
    """The path with its points moved; a point given twice moves as one and stays a corner."""
    moves = rng.normal(0, amount, path.shape).astype(np.float32)
    twice = np.flatnonzero((path[1:] == path[:-1]).all(1)) + 1
    moves[twice] = moves[twice - 1]
    return path + moves


def _letters(canvas: Gray, text: str, writer: Hand, em: float, at: tuple[float, float], rng: Rng) -> float:
    """Puts letter after letter on the canvas. Returns the x where the pen ends."""
    _, variation, joined = FACES[writer.face]
    wobble = writer.wobble * variation
    figures = dict(writer.figures)
    share = em / _EM_PX
    stroke_px = max(
        2, round(_line_px(writer.face) * share / 2 + 0.3)
    )  # OpenCV draws thickness n about 2n - 0.6 px wide
    x, y0 = at
    noise = rng.normal(0, 1, (len(text), 6))
    drift = np.cumsum(noise[:, 5]) * 0.25 * wobble
    for i, letter in enumerate(text):
        sx, sy, turn, lift, gap = noise[i, :5] * (0.045, 0.05, 0.03, 0.022 * em, 0.6) * wobble
        y = y0 + lift + np.clip(drift[i], -3, 3)
        if letter in figures:
            cap = _cap_px(writer.face) * share * (1 + sy)
            x += (
                _figure(canvas, figures[letter], (x + cap * 0.07, y - cap), cap * (1 + sx), stroke_px, writer, rng)
                + cap * 0.2
            )
        else:
            glyph = _glyph(writer.face, letter)
            if glyph is not None:
                matrix = _matrix(share * (1 + sx) * writer.stretch, share * (1 + sy), turn, writer.slant)
                _place(canvas, glyph[0], glyph[1], matrix, (x, y))
            x += _advance(writer.face, letter) * share * writer.stretch
        x += gap + (0 if joined else writer.gap_px)
    return x


def _matrix(sx: float, sy: float, turn: float, slant: float) -> Matrix:
    """Scales, then slants, then turns."""
    return np.array([[sx, -(slant + turn) * sy], [turn * sx, sy]], np.float64)


def _place(canvas: Gray, glyph: Gray, origin: tuple[int, int], matrix: Matrix, at: tuple[float, float]) -> None:
    """Warps a glyph (whose pen starts at `origin`) onto the canvas at `at`, keeping the darker ink."""
    height, width = glyph.shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64) - origin
    moved = corners @ matrix.T + at
    low = np.floor(moved.min(0)).astype(int)
    high = np.ceil(moved.max(0)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, (canvas.shape[1], canvas.shape[0]))
    if (high <= low).any():
        return
    shift = np.array(at) - matrix @ np.array(origin) - low
    part = cv2.warpAffine(glyph, np.hstack([matrix, shift[:, None]]), (int(high[0] - low[0]), int(high[1] - low[1])))
    target = canvas[low[1] : high[1], low[0] : high[0]]
    np.maximum(target, part, out=target)


def _figure(
    canvas: Gray, shape: Shape, at: tuple[float, float], tall: float, stroke_px: int, writer: Hand, rng: Rng
) -> float:
    """Writes one figure with the pen. Returns its width."""
    lean = np.array([[1, 0], [-writer.slant, 1]], np.float32)
    for path in shape.paths:
        bent = _bent(path, 0.018 * writer.wobble, rng)
        placed = ((bent - (0, 1)) @ lean + (0, 1)) * tall + at
        _trace(canvas, smooth(placed.astype(np.float32)), stroke_px)
    return shape.width * tall


def _trace(canvas: Gray, path: Path, thickness_px: int) -> None:
    cv2.polylines(canvas, [np.round(path * 16).astype(np.int32)], False, 255, thickness_px, cv2.LINE_AA, 4)


def _shaken(canvas: Gray, writer: Hand, rng: Rng) -> Gray:
    """The line as an unsteady hand leaves it: rising or falling, with slow waves."""
    height, width = canvas.shape
    coarse = (max(2, width // 26), max(2, height // 26))
    field = rng.normal(0, 0.75 * writer.wobble, (2, coarse[1], coarse[0])).astype(np.float32)
    dx, dy = (cv2.resize(f, (width, height), interpolation=cv2.INTER_CUBIC) for f in field)
    xs = np.arange(width, dtype=np.float32)
    slow = np.sin(xs / 90 + float(rng.uniform(0, 6))) * 1.2 * writer.wobble - xs * writer.rise
    ys = np.arange(height, dtype=np.float32)[:, None]
    return gray(cv2.remap(canvas, xs[None, :] + dx, ys + dy + slow[None, :], cv2.INTER_LINEAR))


def _weighted(canvas: Gray, line_px: float, pen: Pen, rng: Rng) -> Gray:
    """Widens or thins lines of that width to the pen's: a blurred edge is cut higher or lower, with the pressure."""
    grow = pen.width_px - line_px
    if grow > 1.6:
        canvas = gray(cv2.dilate(canvas, _DISC))
        grow -= 2
    blurred = cv2.GaussianBlur(canvas, (0, 0), 1.1)
    cut = 255 * NormalDist().cdf(float(np.clip(-grow / 2, -1.3, 0.15)) / 1.1)
    steps = max(2, canvas.shape[1] // 40)
    waves = cut * (1 + pen.pressure * rng.normal(0, 0.4, (1, steps)).clip(-0.8, 0.8)).astype(np.float32)
    uneven = cv2.resize(waves, (canvas.shape[1], 1), interpolation=cv2.INTER_LINEAR)
    # A pen's line is never thinner than its point; without this the hairlines of some faces would vanish.
    cuts = np.minimum(uneven, 0.6 * cv2.dilate(blurred, _SQUARE))
    return gray(np.clip((blurred - cuts) * 2.4 + 115, 0, 255) * (blurred > 20))


def _inked(mask: Gray, pen: Pen, rng: Rng) -> Gray:
    """The ink that the pen actually leaves: a ballpoint skips, a pencil is grainy."""
    height, width = mask.shape
    y, x = int(rng.integers(_GRAIN[0] // 4)), int(rng.integers(_GRAIN[1] // 4))
    part = _grain()[y : y + height, x : x + width]
    if part.shape != mask.shape:
        part = np.resize(part, mask.shape)
    kept = cv2.addWeighted(part, pen.grain, part, 0, 255 * (1 - pen.grain))
    return gray(cv2.multiply(mask, kept, scale=1 / 255))


_SQUARE = np.ones((5, 5), np.uint8)
_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


@lru_cache(maxsize=4096)
def _glyph(face: str, letter: str) -> tuple[Gray, tuple[int, int]] | None:
    """A letter at 64 px as a mask, and where in it the pen starts on the baseline; None for a space."""
    mask, offset = font(face, _EM_PX).getmask2(letter, mode="L", anchor="ls")
    if not mask.size[0] or not mask.size[1]:
        return None
    shape = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0])
    padded = cv2.copyMakeBorder(shape, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
    return gray(padded), (2 - int(offset[0]), 2 - int(offset[1]))


@lru_cache(maxsize=4096)
def _advance(face: str, letter: str) -> float:
    """How far the pen advances at 64 px. The spaces of some faces are far too narrow or wide, so they are limited."""
    if letter == " ":
        x_height = 20 * _EM_PX / FACES[face][0]
        return float(np.clip(font(face, _EM_PX).getlength(" "), 0.7 * x_height, 1.0 * x_height))
    return float(font(face, _EM_PX).getlength(letter))


@lru_cache(maxsize=64)
def _cap_px(face: str) -> float:
    """Height of the face's figures at 64 px."""
    top, bottom = font(face, _EM_PX).getbbox("5", anchor="ls")[1::2]
    return float(bottom - top)


@lru_cache(maxsize=64)
def _line_px(face: str) -> float:
    """Width of the face's lines at 64 px: the ink divided by half of its outline."""
    glyphs = [glyph[0] for letter in "nohamldt" if (glyph := _glyph(face, letter))]
    ink = sum(float((mask > 127).sum()) for mask in glyphs)
    edge = sum(float(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, _DISC).sum()) / 255 for mask in glyphs)
    return 0.88 * ink / max(1.0, edge / 4)  # joins add ink twice but hardly any outline


@lru_cache(maxsize=1)
def _grain() -> Gray:
    """Fine blotches; every line cuts its own part out of them."""
    noise = np.random.Generator(np.random.PCG64(7)).normal(150, 150, _GRAIN).astype(np.float32)
    return gray(np.clip(cv2.GaussianBlur(noise, (0, 0), 0.8) * 1.2 + 20, 0, 255))
