"""Lines of digits as payers write them in the box of a check, drawn in about a millisecond: training sees none twice.

Digits are MNIST's, without their slant and thickness, so that one writer's line has one slant and one pen. Of a digit a
field is kept: how far inside its stroke a pixel lies, counted from the middle of the stroke. A pen of any width is then
a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from ocr.nets import figures
from training import figure_ink, figure_stock
from training.fcn import Sample
from training.figure_ink import Rng

CELL_PX = 36  # a digit's height on the canvas
_TOP, _ROWS = 40, 128
_DEEP = 24.0  # levels of the field to a pixel
_STOCKS, _STOCK_PX = 160, (104, 720)
_PEN_MADE = {
    "1": 0.5,
    "7": 0.5,
    "9": 0.4,
    "5": 0.3,
    "4": 0.3,
}  # by strokes instead of MNIST, which has few long upstrokes and bars
_OTHERS_PEN_MADE = 0.2


@dataclass(frozen=True)
class _Writer:
    """One hand: pen, way of digits and how steady it is."""

    half_px: float  # of the pen, on the canvas
    slant: float
    stretch: float
    gap_px: float
    unrest: float
    pen: figure_ink.PenHand
    strokes: frozenset[str]  # digits made of strokes, always in this hand's way
    tall: dict[str, float]
    low: dict[str, float]
    chained: bool  # zeros joined by a bar or loop
    shrinking: float  # height of second and later zeros


def drawn(rng: Rng, part: str = "train", hard: float = 1.0) -> Sample:
    """A line as the reader gets it, and what it says; `hard`, 0 to 1: how unsteady, worn and cluttered it is."""
    gray, label = line(rng, part, hard)
    return figures.picture(gray), label


def line(rng: Rng, part: str = "train", hard: float = 1.0) -> tuple[np.ndarray, str]:
    """The same before the reader's own preparation: gray, dark on light."""
    text, label = _text(rng)
    mask = _written(rng, text, _writer(rng, hard), part)
    return _scanned(rng, mask, hard), label


@cache
def _fields(part: str) -> tuple[list[np.ndarray], tuple[np.ndarray, ...]]:
    """The field of every digit of MNIST's part, uint8, 128 at the middle of the stroke; and which show which digit."""
    pictures, places = figure_ink.mnist(part)
    return [_field(small) for small in pictures], places


def _field(small: np.ndarray) -> np.ndarray:
    moments = cv2.moments(small)
    lean = float(np.clip(moments["mu11"] / max(moments["mu02"], 1.0), -0.8, 0.8))
    size = 56
    matrix = np.array([[2.0, -2.0 * lean, 2.0 * lean * 14], [0, 2.0, 0]])
    upright = cv2.warpAffine(small, matrix, (size, size), flags=cv2.INTER_CUBIC)
    rows, columns = np.flatnonzero(upright.max(1) > 110), np.flatnonzero(upright.max(0) > 110)
    upright = upright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = upright.shape
    share = min((CELL_PX - 2) / high, 1.25 * CELL_PX / wide)
    shape = (max(2, round(wide * share)), max(2, round(high * share)))
    large = cv2.resize(upright, shape, interpolation=cv2.INTER_LINEAR)
    solid = cv2.copyMakeBorder((large > 110).astype(np.uint8), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3)
    middle = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    ridge = inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 0.1
    within = np.maximum(inside - middle, np.where(ridge, -0.5, -9))  # thin strokes beside thick ones do not break
    depth = np.where(solid > 0, within, -outside - np.maximum(middle, 1.5))
    return np.clip(128 + _DEEP * depth, 0, 255).astype(np.uint8)


def _text(rng: Rng) -> tuple[str, str]:
    """What is written, with spaces, and what the reader should see."""
    size = int(rng.choice([1, 2, 3, 4, 5, 6, 7, 8], p=[0.04, 0.12, 0.24, 0.22, 0.2, 0.12, 0.04, 0.02]))
    weights = np.ones(10)
    kind = rng.random()
    if kind < 0.2:
        weights[[0, 1]] = 5
    elif kind < 0.35:
        weights[int(rng.integers(10))] = 10
    digits = "".join(rng.choice(list("0123456789"), p=weights / weights.sum(), size=size))
    if rng.random() < 0.3:
        zeros = int(rng.integers(1, 5))
        digits = digits[: max(1, size - zeros)] + "0" * min(zeros, max(0, size - 1))
    if rng.random() < 0.5 and size > 3:
        digits = f"{digits[:-3]}{rng.choice(['.', '.', '.', ',', ' '])}{digits[-3:]}"
    form = rng.random()
    if form < 0.22:
        digits += rng.choice([".", ".", ".", ":", ". "]) + "".join(rng.choice(list("0012345567899"), size=2))
    elif form < 0.5:
        digits += str(rng.choice([".", ".", "-", ".-", ",", ",-", "=", "#", ".=", "--", ". -", "/"]))
    front = str(rng.choice(["$", "$ ", "#", "=", "*", "-"])) if rng.random() < 0.15 else ""
    return front + digits, (front + digits).replace(" ", "")


def _writer(rng: Rng, hard: float) -> _Writer:
    strokes = {digit for digit in "0123456789" if rng.random() < _PEN_MADE.get(digit, _OTHERS_PEN_MADE)}
    if rng.random() < 0.25:
        strokes = set("0123456789")
    calm = 0.35 + 0.65 * hard
    return _Writer(
        half_px=float(rng.uniform(1.0, 1.8) if rng.random() < 0.7 else rng.uniform(1.6, 3.2)),
        slant=float(rng.normal(0.2, 0.2)),
        stretch=float(np.clip(np.exp(rng.normal(0.14, 0.26)), 0.65, 2.1)),
        gap_px=float(rng.normal(7, 5)) if rng.random() < 0.85 else float(rng.uniform(-3, 2)),
        unrest=calm * float(rng.uniform(0.3, 1.4)),
        pen=figure_ink.PenHand(rng, simulator_share=0.25),
        strokes=frozenset(strokes),
        tall={digit: float(rng.normal(1, 0.07)) for digit in "0123456789"},
        low={
            digit: float(abs(rng.normal(0, 0.12))) if digit in "479" and rng.random() < 0.4 else 0.0
            for digit in "0123456789"
        },
        chained=rng.random() < 0.25 * calm,
        shrinking=float(rng.uniform(0.5, 0.9)) if rng.random() < 0.3 else 1.0,
    )


def _written(rng: Rng, text: str, writer: _Writer, part: str) -> np.ndarray:
    """The line as a mask, upright on the canvas, then as this hand leans, stretches and rises."""
    fields, places = _fields(part)
    canvas = np.zeros((_ROWS, 80 + 56 * len(text)), np.uint8)
    strokes = np.zeros_like(canvas)
    line_px = max(1, round(2 * writer.half_px + 0.3))
    x, drift = 30.0, 0.0
    last = ""
    for sign in text:
        if sign == " ":
            x += CELL_PX * float(rng.uniform(0.2, 0.6))
            last = sign
            continue
        drift += float(rng.normal(0, 0.025)) * writer.unrest
        jitter = rng.normal(0, 1, 3) * (0.08, 0.06, 0.035) * writer.unrest
        high = writer.tall.get(sign, 1.0) * (1 + jitter[1])
        wide = 1 + jitter[0]
        drop = drift + jitter[2] + writer.low.get(sign, 0.0)
        if sign == "0" and last == "0":
            high, wide = high * writer.shrinking, wide * (0.5 + 0.5 * writer.shrinking)
            drop -= (1 - writer.shrinking) * float(rng.choice([0.0, 0.5]))
        if sign in "-=#" and last and rng.random() < 0.5:
            drop -= float(rng.uniform(-0.1, 0.45))  # strokes that end an amount stand at any height
        began = x
        if sign in "0123456789" and sign not in writer.strokes:
            choice = places[int(sign)]
            shape = fields[choice[int(rng.integers(len(choice)))]]
            size = (max(5, round(shape.shape[1] * wide)), max(8, round(shape.shape[0] * high)))
            shape = cv2.resize(shape, size, interpolation=cv2.INTER_LINEAR)
            _paste(canvas, shape, x - 4, _TOP + CELL_PX * (1 + drop) - size[1] + 4)
            x += size[0] - 8
        else:
            glyph = writer.pen.glyph(sign, max(1, round(line_px * 48 / CELL_PX)), 0.012 * writer.unrest)
            share = CELL_PX / figure_ink.CELL_PX
            size = (round(glyph.mask.shape[1] * share * wide), round(glyph.mask.shape[0] * share * high))
            shape = cv2.resize(glyph.mask, size, interpolation=cv2.INTER_AREA)
            top = _TOP + CELL_PX * (1 + drop - high) + glyph.top_px * share * high
            _paste(strokes, shape, x + glyph.left_px * share * wide, top)
            x += glyph.advance_px * share * wide
        if writer.chained and sign == "0" and last == "0":
            y = _TOP + CELL_PX * (1 + drop - high * float(rng.uniform(0.35, 0.95)))
            ends = ((round(began - 14), round(y + rng.normal(0, 3))), (round(began + 10), round(y + rng.normal(0, 3))))
            cv2.line(strokes, *ends, 255, line_px, cv2.LINE_AA)
        x += max(writer.gap_px + float(rng.normal(0, 2.5)) * writer.unrest, 2.0 - 0.3 * (x - began))
        last = sign
    level = 128 - _DEEP * writer.half_px
    ramp = np.clip((np.arange(256) - level) * (128 / _DEEP) + 128, 0, 255).astype(np.uint8)
    ramp[0] = 0
    mask = np.maximum(cv2.LUT(canvas[:, : round(x) + 30], ramp), strokes[:, : round(x) + 30])
    return _leaning(rng, mask, writer)


def _paste(canvas: np.ndarray, shape: np.ndarray, x: float, y: float) -> None:
    top, left = max(0, round(y)), max(0, round(x))
    high, wide = min(shape.shape[0], canvas.shape[0] - top), min(shape.shape[1], canvas.shape[1] - left)
    if high > 0 and wide > 0:
        part = canvas[top : top + high, left : left + wide]
        np.maximum(part, shape[:high, :wide], out=part)


def _leaning(rng: Rng, mask: np.ndarray, writer: _Writer) -> np.ndarray:
    """Warped to the size that a scanner sees: 18 to 46 rows a digit."""
    height, width = mask.shape
    share = float(rng.choice([rng.uniform(0.5, 0.85), rng.uniform(0.7, 1.25)]))
    across, rise = share * writer.stretch, float(rng.normal(0, 0.03)) * min(1.0, 200 / width)
    lean = share * writer.slant
    foot = _TOP + CELL_PX
    shift_x = lean * foot if lean > 0 else lean * (foot - height)
    matrix = np.array([[across, -lean, shift_x + 4], [-rise * share, share, rise * share * width / 2]])
    size = (round(width * across + abs(lean) * height) + 8, round(height * share))
    if share < 0.7:
        mask = cv2.blur(mask, (2, 2))
    leaned = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR)
    if rng.random() < 0.35 * writer.unrest:
        leaned = _wavy(rng, leaned, writer.unrest * share)
    return leaned


def _wavy(rng: Rng, mask: np.ndarray, strength: float) -> np.ndarray:
    height, width = mask.shape
    cell = int(rng.integers(9, 22))
    field = rng.normal(0, 0.9 * strength, (2, height // cell + 2, width // cell + 2)).astype(np.float32)
    dx, dy = (cv2.resize(waves, (width, height), interpolation=cv2.INTER_LINEAR) for waves in field)
    xs, ys = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(mask, xs + dx, ys + dy, cv2.INTER_LINEAR)


def _scanned(rng: Rng, mask: np.ndarray, hard: float) -> np.ndarray:
    """Cut out as boxes are cut, on check paper or as only ink on white."""
    rows, columns = np.flatnonzero(mask.max(1) > 110), np.flatnonzero(mask.max(0) > 110)
    if not len(rows):
        return np.full((20, 40), 255, np.uint8)
    high = float(rows[-1] - rows[0] + 1)
    stock = rng.random() < 0.45 + 0.2 * hard
    room = rng.uniform(-0.02, 0.5 if stock else 0.15, 4) * (high, high, high, 1.2 * high)
    top, bottom = max(0, round(rows[0] - room[0])), round(rows[-1] + 1 + room[1])
    left, right = max(0, round(columns[0] - room[2])), round(columns[-1] + 1 + room[3])
    mask = mask[top:bottom, left:right]
    missing = (max(0, bottom - top - mask.shape[0]), max(0, right - left - mask.shape[1]))
    if any(missing):
        mask = cv2.copyMakeBorder(mask, 0, missing[0], 0, missing[1], cv2.BORDER_CONSTANT, value=0)
    mask = np.ascontiguousarray(mask)
    if rng.random() < 0.45 * hard:
        _ruled(rng, mask, high, stock)
    return _on_stock(rng, mask, hard) if stock else _alone(rng, mask)


def _ruled(rng: Rng, mask: np.ndarray, high: float, stock: bool) -> None:
    """The line under the figures, the box's lid or side, a scrap of other writing."""
    height, width = mask.shape
    thick = max(1, round(high * float(rng.uniform(0.02, 0.06))))
    value = int(rng.integers(90, 256)) if stock else 255
    kind = rng.random()
    if kind < 0.7:
        y = round(height - 1 - float(rng.uniform(0, 0.16)) * high)
        cv2.line(mask, (0, y), (width, y + int(rng.integers(-2, 3))), value, thick)
        if rng.random() < 0.3:
            y = round(float(rng.uniform(0, 0.12)) * high)
            cv2.line(mask, (0, y), (width, y + int(rng.integers(-2, 3))), value, thick)
    elif kind < 0.85:
        x = round(float(rng.choice([rng.uniform(0, 0.02), rng.uniform(0.98, 1)])) * width)
        cv2.line(mask, (x, 0), (x + int(rng.integers(-2, 3)), height), value, thick)
    elif rng.random() < 0.5:
        x, reach = float(rng.uniform(0, width)), float(rng.uniform(0.04, 0.15)) * height
        edge = -2 if rng.random() < 0.6 else height + 2
        reach = reach if edge < 0 else height - reach
        ends = np.array([[x, edge], [x + rng.normal(0, 6), reach], [x + rng.normal(0, 12), edge]])
        cv2.polylines(mask, [ends.astype(np.int32)], False, value, thick + 1, cv2.LINE_AA)
    else:  # ink beside the box, cut through
        y, reach = float(rng.uniform(0.1, 0.9)) * height, float(rng.uniform(0.04, 0.16)) * high
        edge = -2.0 if rng.random() < 0.3 else width + 2.0
        reach = reach if edge < 0 else width - reach
        ends = np.array([[edge, y], [reach, y + rng.normal(0, 5)], [edge, y + rng.normal(0, 14)]])
        cv2.polylines(mask, [ends.astype(np.int32)], False, value, thick + 2, cv2.LINE_AA)


@cache
def _stocks() -> list[np.ndarray]:
    """Patterns of check paper, uint8."""
    rng = np.random.default_rng(707)
    made = []
    for _ in range(_STOCKS):
        darkness = figure_stock.pattern(rng, *_STOCK_PX, float(rng.uniform(20, 40)))
        made.append((255 * cv2.blur(darkness, (2, 2))).astype(np.uint8))
    return made


@cache
def _grains() -> np.ndarray:
    return np.random.default_rng(708).standard_normal((256, 2048), np.float32)


def _grain(rng: Rng, shape: tuple[int, int]) -> np.ndarray:
    whole = _grains()
    y, x = int(rng.integers(256 - min(255, shape[0]))), int(rng.integers(max(1, 2048 - shape[1])))
    part = whole[y : y + shape[0], x : x + shape[1]]
    return part if part.shape == shape else rng.standard_normal(shape, np.float32)


def _on_stock(rng: Rng, mask: np.ndarray, hard: float) -> np.ndarray:
    height, width = mask.shape
    paper = float(rng.uniform(120, 250))
    dark = float(rng.uniform(0.08, 0.55)) * paper
    stock = _stocks()[int(rng.integers(_STOCKS))]
    y, x = int(rng.integers(max(1, _STOCK_PX[0] - height))), int(rng.integers(max(1, _STOCK_PX[1] - width)))
    pattern = stock[y : y + height, x : x + width]
    if pattern.shape != mask.shape:
        pattern = cv2.resize(pattern, (width, height))
    depth = (paper - dark) * float(rng.uniform(0.0, 0.5)) * (0.4 + 0.6 * hard) / 255
    ground = paper - depth * pattern.astype(np.float32)
    ink = mask.astype(np.float32) * (float(rng.uniform(0.75, 1.0)) / 255)
    value = ground + ink * (np.minimum(ground, dark) - ground)
    blur = float(rng.uniform(0.35, 1.0)) * max(0.7, height / 60)
    value = cv2.GaussianBlur(value, (5, 5), blur) + float(rng.uniform(0, 6)) * _grain(rng, mask.shape)
    gray = np.clip(value, 0, 255).astype(np.uint8)
    kind = rng.random()
    if kind < 0.12:
        limit = cv2.blur(gray, (41, 41)) * float(rng.uniform(0.78, 0.92)) - float(rng.uniform(0, 10))
        return np.where(gray > limit, 255, 0).astype(np.uint8)
    if kind < 0.3:
        encoded, code = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        return cv2.imdecode(code, cv2.IMREAD_GRAYSCALE) if encoded else gray
    return gray


def _alone(rng: Rng, mask: np.ndarray) -> np.ndarray:
    """Only ink on white, as the reader cuts it from a page."""
    ink = mask.astype(np.float32) / 255
    if rng.random() < 0.5:
        ink = cv2.GaussianBlur(ink, (5, 5), float(rng.uniform(0.3, 0.9)))
    if rng.random() < 0.6:
        ink = (ink + 0.08 * float(rng.random()) * _grain(rng, mask.shape) * (ink > 0.05) > rng.uniform(0.2, 0.45)) * 1.0
    if rng.random() < 0.2:
        y, thick = int(rng.uniform(0.55, 1) * ink.shape[0]), int(rng.integers(1, 3))
        ink[y : y + thick] *= rng.random((1, ink.shape[1])) < rng.uniform(0.3, 0.95)
    dark = float(rng.uniform(0, 120))
    return np.clip(255 - (255 - dark) * ink, 0, 255).astype(np.uint8)
