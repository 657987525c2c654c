"""Lines of figures as payers and machines write them on checks and scanners see them: amounts, dates, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ocr.nets import figures
from training import figure_ink, figure_texts
from training.fcn import Sample
from training.figure_ink import CELL_PX, Glyph, Rng
from training.figure_stock import pattern

Canvas = np.ndarray
_TOP = round(0.9 * CELL_PX)  # rows of the canvas above the digits
_ROWS = round(2.9 * CELL_PX)


def drawn(rng: Rng, part: str = "train", hard: float = 1.0) -> Sample:
    """A drawn, degraded line as the reader gets it, and what it says.

    `part` of MNIST: "train" or "t10k". `hard` is the share of lines that are as hard as real ones, 0 to 1; the rest are
    a few digits, steadily written and cleanly scanned, from which a net learns where signs are.
    """
    gray, label = line(rng, part, hard)
    return figures.picture(gray), label


def line(rng: Rng, part: str = "train", hard: float = 1.0) -> tuple[np.ndarray, str]:
    """The same before the reader's own preparation: gray, dark on light."""
    if rng.random() >= hard:
        text = figure_texts.few_digits(rng)
        writer = _writer(rng, part)
        return _plainly_scanned(rng, _written(rng, text, replace(writer, unrest=writer.unrest * 0.5))), text.label
    text = figure_texts.text(rng)
    return _scanned(rng, _written(rng, text, _writer(rng, part))), text.label


def amount_line(rng: Rng, part: str, faces: Sequence[str] = ()) -> tuple[np.ndarray, str]:
    """`line` of an amount in any form; in one of these handwriting faces if any are given."""
    text = figure_texts.amount(rng)
    writer = _writer(rng, part)
    if faces:
        face = faces[int(rng.integers(len(faces)))]
        writer = replace(writer, manner="hand", face=face, unrest=float(rng.uniform(0.2, 1.3)))
    return _scanned(rng, _written(rng, text, writer)), text.label


def boxed_line(rng: Rng, part: str) -> tuple[np.ndarray, str]:
    """`line` of an amount with its printed box: the left side before the figures is not a 1."""
    text = figure_texts.amount(rng)
    text = replace(text, line=text.line.lstrip("$*#=- "))
    canvas = cv2.copyMakeBorder(_written(rng, text, _writer(rng, part)), 0, 0, 2 * CELL_PX, CELL_PX, 0, value=0)
    columns, rows = np.flatnonzero(canvas.max(0) > 90), np.flatnonzero(canvas.max(1) > 90)
    if not len(rows):
        return np.full((20, 40), 255, np.uint8), ""
    dollar = rng.random() < 0.8
    left = columns[0] - round(float(rng.uniform(0.0, 0.5)) * CELL_PX)
    right = columns[-1] + round(float(rng.uniform(-0.5, 1.0)) * CELL_PX)
    top = rows[0] + round(float(rng.uniform(-0.4, 0.3)) * CELL_PX)
    low = rows[-1] + round(float(rng.uniform(-0.5, 0.4)) * CELL_PX)
    value, thick = int(rng.integers(140, 256)), int(rng.integers(1, 4))
    sides = [
        ((left, top), (left, low), 0.9),
        ((left, top), (right, top), 0.8),
        ((right, top), (right, low), 0.6),
        ((left, low), (right, low), 0.25),
    ]
    for start, end, share in sides:
        if rng.random() < share:  # the remaining sides were removed with the box
            cv2.line(canvas, start, end, value, thick)
    if dollar:
        _pre_dollar(rng, canvas, left - float(rng.uniform(0.75, 1.3)) * CELL_PX)
    if rng.random() < 0.12:  # the check's rim
        x = right + round(float(rng.uniform(0.2, 0.9)) * CELL_PX)
        for y in range(max(0, top), min(low, canvas.shape[0]), 8):
            cv2.line(canvas, (x, y), (x + 8, y + 8), value, 1)
            cv2.line(canvas, (x + 8, y), (x, y + 8), value, 1)
    return _scanned(rng, canvas), ("$" if dollar else "") + text.label


@dataclass(frozen=True)
class _Writer:
    """Where the ink of a line comes from and how unsteady it is."""

    manner: str  # "mnist", "pen", "hand", "print"
    face: str  # a font for what the manner has no ink for
    pen: figure_ink.PenHand
    line_px: int
    thin: float
    unrest: float
    gap_px: float
    slant: float
    stretch: float
    part: str


def _writer(rng: Rng, part: str) -> _Writer:
    manner = str(rng.choice(["mnist", "pen", "hand", "print"], p=[0.34, 0.32, 0.2, 0.14]))
    faces = figure_ink.print_faces() if manner == "print" else figure_ink.hand_faces()
    printed = manner == "print"
    return _Writer(
        manner=manner,
        face=faces[int(rng.integers(len(faces)))],
        pen=figure_ink.PenHand(rng, simulator_share=0.25),
        line_px=int(rng.choice([1, 2, 2, 3, 3, 4])),
        thin=float(rng.random()),
        unrest=0.0 if printed else float(rng.uniform(0.2, 1.3)),
        gap_px=float(rng.uniform(-1, 3)) if printed else float(rng.normal(5, 4)),
        slant=0.0 if printed else float(rng.normal(0.1, 0.17)),
        stretch=float(rng.uniform(0.85, 1.15)) if printed else float(rng.uniform(0.7, 1.35)),
        part=part,
    )


def _glyph(rng: Rng, writer: _Writer, sign: str) -> Glyph | None:
    if writer.manner == "mnist" and sign in "0123456789oO":
        return figure_ink.written_digit(rng, 0 if sign in "oO" else int(sign), writer.thin, writer.part)
    if writer.manner in ("mnist", "pen"):
        known = {"X": "x", "N": "n", "o": "0", "O": "0"}.get(sign, sign)
        if known in writer.pen:
            return writer.pen.glyph(known, writer.line_px, 0.012 * writer.unrest)
    return figure_ink.font_glyph(writer.face, sign)


def _written(rng: Rng, text: figure_texts.Text, writer: _Writer) -> Canvas:
    """The whole line as a mask."""
    canvas = np.zeros(
        (_ROWS, round(CELL_PX * (len(text.line + text.over + text.under + text.tail) + 6) * 1.5)), np.uint8
    )
    x = CELL_PX
    body = text.line
    if body.startswith("$") and writer.manner != "print" and rng.random() < 0.6:
        x = _pre_dollar(rng, canvas, x)
        body = body[1:]
    x = _row(rng, canvas, body, writer, x, 0.0, 1.0)
    if text.over:
        x = _fraction(rng, canvas, text, writer, x)
        x = _row(rng, canvas, text.tail, writer, x, 0.0, 1.0)
    canvas = canvas[:, : round(x) + CELL_PX]
    if writer.manner != "print" and rng.random() < 0.12:
        _flourish(rng, canvas, writer, x)
    return _shaken(rng, canvas, writer) if writer.unrest else canvas


def _pre_dollar(rng: Rng, canvas: Canvas, x: float) -> float:
    """The printed $ of the box."""
    faces = figure_ink.print_faces()
    glyph = figure_ink.font_glyph(faces[int(rng.integers(len(faces)))], "$")
    if glyph is None:
        return x
    size = float(rng.uniform(0.6, 1.2))
    _put(canvas, glyph, x, _TOP + CELL_PX * (1 - size) * float(rng.uniform(0, 1.2)), np.array([[size, 0], [0, size]]))
    return x + glyph.advance_px * size + float(rng.uniform(2, 14))


def _row(rng: Rng, canvas: Canvas, text: str, writer: _Writer, x: float, lift: float, size: float) -> float:
    """Writes signs from `x` on; `lift` and `size` in cells. Returns where it ends."""
    drift = np.cumsum(rng.normal(0, 0.018 * writer.unrest, len(text) + 1))
    joined = writer.unrest and rng.random() < 0.12
    last: tuple[float, float] | None = None
    for at, sign in enumerate(text):
        if sign == " ":
            x += CELL_PX * size * float(rng.uniform(0.25, 0.7))
            last = None
            continue
        glyph = _glyph(rng, writer, sign)
        if glyph is None:
            continue
        jitter = rng.normal(0, 1, 4) * (0.06, 0.06, 0.05, 0.035) * writer.unrest
        sx, sy = size * writer.stretch * (1 + jitter[0]), size * (1 + jitter[1])
        if sign in "0oO" and at and text[at - 1] in "0oO" and rng.random() < 0.15:
            sy *= float(rng.uniform(0.6, 0.9))
        turn = jitter[2]
        matrix = np.array([[sx, -(writer.slant + turn) * sy], [turn * sx * 0.6, sy]])
        y = _TOP + CELL_PX * (1 - sy - lift + jitter[3] + float(drift[at]))
        shift = writer.slant * sy * CELL_PX  # the foot of the sign stays at x
        _put(canvas, glyph, x + shift, y, matrix)
        if joined and last and sign in "0123456789":
            end = (x + sx * glyph.advance_px * 0.3 + shift * 0.5, y + CELL_PX * sy * float(rng.uniform(0.05, 0.6)))
            _stroke(rng, canvas, [last, end], writer.line_px)
        last = (x + sx * glyph.advance_px * 0.8, y + CELL_PX * sy * float(rng.uniform(0.1, 0.9)))
        gap = writer.gap_px + float(rng.normal(0, 2.2)) * writer.unrest
        x += max(sx * glyph.advance_px + gap * size, 5.0 * size)
    return x


def _fraction(rng: Rng, canvas: Canvas, text: figure_texts.Text, writer: _Writer, x: float) -> float:
    """Cents over a stroke, small and high, with or without the hundred under it."""
    x += CELL_PX * float(rng.uniform(0.02, 0.4))
    size = float(rng.uniform(0.38, 0.75))
    foot = float(rng.uniform(0.3, 0.62))  # of the cents, in cells above the line
    dx = float(rng.normal(0, 0.08)) * CELL_PX
    end = _row(rng, canvas, text.over, writer, max(x, x + dx), foot, size)
    low = foot - float(rng.uniform(0.04, 0.16))
    if text.under:
        small = float(rng.uniform(0.3, 0.6))
        end = max(end, _row(rng, canvas, text.under, writer, x, low - small - float(rng.uniform(0.05, 0.14)), small))
    left, right = x - float(rng.uniform(-2, 6)), end + float(rng.uniform(-4, 8))
    y = _TOP + CELL_PX * (1 - low)
    fall = float(rng.normal(-0.06, 0.12)) * (right - left)
    if text.under and rng.random() < 0.12:
        fall -= 0.35 * CELL_PX
    if text.under or rng.random() < 0.85:
        for step in range(2 if rng.random() < 0.15 else 1):
            lower = step * 0.12 * CELL_PX
            _stroke(rng, canvas, [(left, y - fall / 2 + lower), (right, y + fall / 2 + lower)], writer.line_px)
    return end


def _flourish(rng: Rng, canvas: Canvas, writer: _Writer, x: float) -> None:
    """A stroke that fills the rest of the box or underlines the figures."""
    y = _TOP + CELL_PX * float(rng.uniform(1.06, 1.3))
    left = CELL_PX + float(rng.uniform(0, 0.7)) * (x - CELL_PX)
    _stroke(
        rng,
        canvas,
        [(left, y), ((left + x) / 2, y + float(rng.normal(0, 3))), (x, y + float(rng.normal(0, 4)))],
        writer.line_px,
    )


def _stroke(rng: Rng, canvas: Canvas, points: list[tuple[float, float]], line_px: int) -> None:
    ends = np.array(points)
    if len(points) == 2:
        ends = np.array([ends[0], ends.mean(0) + rng.normal(0, 1.2, 2), ends[1]])
    path = figure_ink.smooth(ends.astype(np.float32), 6)
    cv2.polylines(canvas, [np.round(path * 16).astype(np.int32)], False, 255, line_px, cv2.LINE_AA, 4)


def _put(canvas: Canvas, glyph: Glyph, x: float, y: float, matrix: np.ndarray) -> None:
    """A glyph warped onto the canvas, its cell's left top at (x, y); the darker ink stays."""
    height, width = glyph.mask.shape
    origin = np.array([-glyph.left_px, -glyph.top_px])
    corners = (np.array([[0, 0], [width, 0], [0, height], [width, height]]) - origin) @ matrix.T + (x, y)
    low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, canvas.shape[::-1])
    if (high <= low).any():
        return
    shift = np.array([x, y]) - matrix @ origin - low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    part = cv2.warpAffine(glyph.mask, np.hstack([matrix, shift[:, None]]), size)
    target = canvas[low[1] : high[1], low[0] : high[0]]
    np.maximum(target, part, out=target)


def _shaken(rng: Rng, canvas: Canvas, writer: _Writer) -> Canvas:
    """Waves and slope of an unsteady hand."""
    height, width = canvas.shape
    cell = int(rng.integers(14, 34))
    field = rng.normal(0, 1.1 * writer.unrest, (2, height // cell + 2, width // cell + 2)).astype(np.float32)
    dx, dy = (cv2.resize(waves, (width, height), interpolation=cv2.INTER_LINEAR) for waves in field)
    xs, ys = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    rise = float(rng.normal(0, 0.025)) * min(1.0, 260 / width)
    return cv2.remap(canvas, xs + dx, ys + dy + (xs - width / 2) * rise, cv2.INTER_LINEAR)


def _scanned(rng: Rng, canvas: Canvas) -> np.ndarray:
    """The line after pen, paper, scanner and the reader's own cutting."""
    mask = _weighted(rng, canvas)
    rows, columns = np.flatnonzero(mask.max(1) > 90), np.flatnonzero(mask.max(0) > 90)
    if not len(rows):
        return np.full((20, 40), 255, np.uint8)
    high = rows[-1] - rows[0] + 1
    above, below, left, right = (round(float(share) * max(high, 30)) for share in rng.uniform(0.02, 0.4, 4))
    top, start = max(0, rows[0] - above), max(0, columns[0] - left)
    mask = mask[top : rows[-1] + 1 + below, start : columns[-1] + 1 + right]
    cell = float(rng.choice([rng.uniform(20, 30), rng.uniform(26, 44), rng.uniform(40, 54)]))
    share = cell / CELL_PX
    size = (max(6, round(mask.shape[1] * share)), max(6, round(mask.shape[0] * share)))
    mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.3:  # one printed line, box side or scrap of the next row
        _printed_lines(rng, mask, cell)
    ink = mask.astype(np.float32) / 255
    clean = rng.random()
    if clean < 0.45:
        return _cut_out(rng, ink)
    return _on_stock(rng, ink, cell)


def _plainly_scanned(rng: Rng, canvas: Canvas) -> np.ndarray:
    """Ink on white, at a good resolution."""
    share = float(rng.uniform(0.6, 1.0))
    small = cv2.resize(_weighted(rng, canvas), None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return 255 - small


def _weighted(rng: Rng, canvas: Canvas) -> Canvas:
    """Strokes made wider or thinner, never entirely lost."""
    choice = rng.random()
    if choice < 0.42:
        return canvas
    if choice < 0.62:
        return cv2.dilate(canvas, _DISC if rng.random() < 0.7 else _LARGE_DISC)
    blurred = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.9, 1.5)))
    cut = np.minimum(np.float32(rng.uniform(60, 150)), 0.6 * cv2.dilate(blurred, _SQUARE))
    return (np.clip((blurred - cut) * 2.4 + 128, 0, 255) * (blurred > 20)).astype(np.uint8)


_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_LARGE_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_SQUARE = np.ones((5, 5), np.uint8)


def _printed_lines(rng: Rng, mask: Canvas, cell: float) -> None:
    height, width = mask.shape
    thick = max(1, round(cell * float(rng.uniform(0.02, 0.07))))
    value = int(rng.integers(120, 256))
    for _ in range(int(rng.integers(1, 3))):
        kind = rng.random()
        if kind < 0.6:  # the line that it stands on, or the box's lid
            y = int(rng.choice([rng.uniform(0, 0.1), rng.uniform(0.72, 0.98), rng.uniform(0.85, 0.99)]) * height)
            cv2.line(mask, (0, y), (width, y + int(rng.integers(-2, 3))), value, thick)
        elif kind < 0.72:  # the box itself
            left, right = int(rng.uniform(0, 0.12) * width), int(rng.uniform(0.88, 1) * width)
            low = int(rng.uniform(0.85, 1.3) * height)
            cv2.rectangle(mask, (left, int(rng.uniform(0, 0.2) * height)), (right, low), value, thick)
        elif kind < 0.84:  # a side of the box
            x = int(rng.choice([rng.uniform(0, 0.02), rng.uniform(0.98, 1)]) * width)
            cv2.line(mask, (x, 0), (x, height), value, thick)
        else:  # a stroke of the row above
            x, reach = rng.uniform(0, width), rng.uniform(0.05, 0.2) * height
            points = np.array([[x, -2], [x + rng.normal(0, 8), reach], [x + rng.normal(0, 20), -2]])
            cv2.polylines(mask, [points.astype(np.int32)], False, value, thick + 1, cv2.LINE_AA)


def _cut_out(rng: Rng, ink: np.ndarray) -> np.ndarray:
    """Only ink on white, as the reader cuts it from a page: hard or soft edges, nicks where rules were, dust."""
    blur = float(rng.uniform(0.0, 0.9))
    if blur > 0.3:
        ink = cv2.GaussianBlur(ink, (0, 0), blur)
    if rng.random() < 0.65:
        level = float(rng.uniform(0.25, 0.6))
        noise = rng.normal(0, float(rng.uniform(0, 0.08)), ink.shape)
        ink = np.where(ink + noise * (ink > 0.05) > level, 1.0, 0.0)
    if rng.random() < 0.3:
        y, thick = int(rng.uniform(0.55, 1) * ink.shape[0]), int(rng.integers(1, 4))
        ink[y : y + thick] *= rng.random((1, ink.shape[1])) < rng.uniform(0.2, 0.9)
    if rng.random() < 0.2:  # a side of the box was removed, with the ink on it
        x, thick = int(rng.choice([rng.uniform(0, 0.2), rng.uniform(0.75, 1)]) * ink.shape[1]), int(rng.integers(1, 5))
        ink[:, x : x + thick] *= rng.random((ink.shape[0], 1)) < rng.uniform(0, 0.4)
    if rng.random() < 0.12:
        _skip(rng, ink)
    if rng.random() < 0.25:
        ink = np.maximum(ink, rng.random(ink.shape) < rng.uniform(0.0005, 0.005))
    dark = float(rng.uniform(0, 110))
    return np.clip(255 - (255 - dark) * ink, 0, 255).astype(np.uint8)


def _skip(rng: Rng, ink: np.ndarray) -> None:
    """Gaps that a ballpoint leaves."""
    grain = cv2.resize(rng.random((ink.shape[0] // 2 + 1, ink.shape[1] // 2 + 1)).astype(np.float32), ink.shape[::-1])
    ink *= np.clip((grain - rng.uniform(0.05, 0.2)) * 8, 0, 1)


def _on_stock(rng: Rng, ink: np.ndarray, cell: float) -> np.ndarray:
    """Ink on check paper with its pattern, seen by a scanner."""
    height, width = ink.shape
    paper = float(rng.uniform(130, 252))
    dark = float(rng.uniform(0.05, 0.6)) * paper
    contrast = paper - dark
    ground = paper - pattern(rng, height, width, cell) * contrast * float(rng.uniform(0.05, 0.45))
    if rng.random() < 0.15:
        _skip(rng, ink)
    value = ground * (1 - ink) + np.minimum(ground, dark) * ink
    value = cv2.GaussianBlur(value.astype(np.float32), (0, 0), float(rng.uniform(0.3, 0.8)) * max(0.6, cell / 40))
    value += rng.normal(0, float(rng.uniform(0, 8)), value.shape)
    gray = np.clip(value, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        mean = cv2.blur(gray, (41, 41))
        limit = mean * float(rng.uniform(0.78, 0.92)) - float(rng.uniform(0, 10))
        gray = np.where(gray > limit, 255, 0).astype(np.uint8)
        if rng.random() < 0.3:
            flips = rng.random(gray.shape) < rng.uniform(0, 0.015)
            gray = np.where(flips, 255 - gray, gray).astype(np.uint8)
    elif rng.random() < 0.35:
        encoded, code = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        gray = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE) if encoded else gray
    return gray
