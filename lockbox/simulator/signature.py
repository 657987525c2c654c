"""Signatures: a quickly written name, or a scribble that only begins like one, always in the writer's own style."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lockbox.simulator.hand import Hand, stroke, write
from lockbox.simulator.sheet import Rng, Sheet
from lockbox.simulator.strokes import Path

SIGNING_FACES = ("hand-dancing", "hand-delphine", "hand-havana", "hand-kristi", "hand-steve", "hand-dkg-italic")


def sign(sheet: Sheet, name: str, writer: Hand, at: tuple[float, float], room_px: float, rng: Rng) -> None:
    """Signs with a quickly written name or with a scribble that only begins like it, often with a flourish."""
    manner, x, y = rng.random(), at[0], at[1]
    width = min(room_px, float(rng.uniform(0.55, 0.95)) * room_px)
    if manner < 0.5:
        face = SIGNING_FACES[int(rng.integers(len(SIGNING_FACES)))]
        quick = replace(
            writer,
            face=face,
            size=writer.size * float(rng.uniform(1.0, 1.35)),
            slant=writer.slant + 0.12,
            stretch=writer.stretch * 1.05,
            gap_px=writer.gap_px - 1.5,
            wobble=writer.wobble * 1.5,
            rise=writer.rise - 0.01,
            figures=(),
            raised_cents=False,
        )
        end = write(sheet, name, quick, (x, y), width, rng)
        if rng.random() < 0.4:
            _flourish(sheet, x, end, y, writer, rng)
        return
    stroke(sheet, _scribble(name, writer, x, y, width, rng), writer, rng)
    if manner > 0.75:
        _flourish(sheet, x, x + width, y, writer, rng)


def _flourish(sheet: Sheet, x0: float, x1: float, y: float, writer: Hand, rng: Rng) -> None:
    """A sweep under the name, back and forth."""
    span = x1 - x0
    points = [[x1, y - 6], [x0 + span * float(rng.uniform(0.1, 0.5)), y + float(rng.uniform(4, 14))]]
    if rng.random() < 0.5:
        points += [
            [x0 + span * 0.3, y + float(rng.uniform(6, 16))],
            [x1 + float(rng.uniform(-20, 30)), y + float(rng.uniform(-4, 8))],
        ]
    stroke(sheet, np.array(points, np.float32), writer, rng)


def _scribble(name: str, writer: Hand, x: float, y: float, width: float, rng: Rng) -> Path:
    """A line that begins with a big initial and goes on in the writer's own mix of humps, loops and points."""
    style = np.random.Generator(np.random.PCG64(writer.seed))
    loops, points_share, talls = (float(share) for share in style.uniform(0, (0.7, 0.5, 0.3)))
    tall, fade = float(style.uniform(34, 62)) * writer.size, float(style.uniform(0.2, 0.85))
    words = name.split()[-int(style.integers(1, 3)) :] or ["x"]
    share = width / max(1, sum(map(len, words)))
    path: list[tuple[float, float]] = []
    for word in words:
        shape = _INITIALS[int(style.integers(len(_INITIALS)))]
        path += [(x + dx * tall * 0.55, y - dy * tall * float(rng.uniform(0.9, 1.1))) for dx, dy in shape]
        x += tall * 0.55
        strokes = max(2, min(8, round(len(word) * float(rng.uniform(0.5, 0.95)))))
        step = max(8.0, (share * len(word) - tall * 0.5) / strokes)
        for k in range(strokes):
            up = tall * float(rng.uniform(0.16, 0.42)) * (1 - fade * k / strokes)
            up = tall * float(rng.uniform(0.7, 1.05)) if rng.random() < talls else up
            low = y + float(rng.uniform(-4, 6))
            path += _scribbled_stroke((x, y), (step, up, low), writer.slant * up, (loops, points_share), rng)
            x += step
        x += share * 0.5
    path.append((x + float(rng.uniform(5, 60)), y - float(rng.uniform(-8, 20))))
    return np.array(path, np.float32)


def _scribbled_stroke(
    at: tuple[float, float],
    form: tuple[float, float, float],
    lean: float,
    shares: tuple[float, float],
    rng: Rng,
) -> list[tuple[float, float]]:
    """One loop, point or hump. `form` is (step, height, low y), `shares` (share of loops, share of points)."""
    (x, y), (step, up, low), (loops, points) = at, form, shares
    if rng.random() < loops:
        return [
            (x + step * 0.9 + lean, y - up * 0.6),
            (x + step * 0.6 + lean, y - up),
            (x + step * 0.3, y - up * 0.4),
            (x + step * 0.7, low),
        ]
    if rng.random() < points:
        return [(x + step * 0.5 + lean, y - up)] * 2 + [(x + step * 0.8, low)] * 2
    return [(x + step * 0.45 + lean, y - up), (x + step * 0.8, low)]


_INITIALS = (
    ((0.2, 0.2), (0.5, 1.0), (0.75, 0.6), (0.35, 0.0), (0.0, 0.1), (0.3, 0.45), (0.9, 0.4), (1.0, 0.05)),
    ((0.0, 0.9), (0.15, 0.0), (0.15, 0.0), (0.2, 0.8), (0.9, 0.95), (0.8, 0.55), (0.2, 0.48), (1.0, 0.0)),
    ((0.9, 0.85), (0.5, 1.0), (0.0, 0.5), (0.3, 0.0), (0.8, 0.1), (1.0, 0.25)),
    ((0.0, 0.0), (0.4, 1.0), (0.4, 1.0), (0.75, 0.0), (0.15, 0.4), (0.1, 0.45), (1.0, 0.35)),
    ((0.1, 1.0), (0.05, 0.0), (0.05, 0.0), (0.4, 0.6), (0.45, 0.55), (0.95, 1.0), (0.9, 0.0)),
    ((0.3, 0.8), (0.9, 1.0), (0.5, 0.6), (0.2, -0.35), (-0.1, -0.2), (0.5, 0.15), (1.0, 0.1)),
    ((0.9, 0.9), (0.3, 1.0), (0.1, 0.7), (0.7, 0.35), (0.6, 0.0), (-0.2, 0.1), (0.4, 0.3), (1.1, 0.1)),
    ((0.0, 0.8), (0.6, 1.1), (1.2, 0.7), (0.8, 0.1), (0.1, 0.0), (-0.2, 0.4), (0.6, 0.75), (1.3, 0.2)),
    ((0.5, 0.9), (0.45, 0.0), (0.2, -0.3), (0.0, 0.0), (1.1, 0.6), (1.2, 0.9), (0.9, 0.4), (1.1, 0.0)),
)
