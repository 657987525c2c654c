"""Patterns of check paper under drawn figures."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from training.figure_ink import Rng


def pattern(rng: Rng, height: int, width: int, cell: float) -> np.ndarray:
    """Safety lines, guilloche, weave or nothing, as darkness [height, width], 0 to 1; `cell` is a digit's height."""
    kind = rng.random()
    if kind < 0.25:
        return np.zeros((height, width), np.float32)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    wave = partial(_wave, rng, x, y, cell)
    if kind < 0.6:
        return wave()
    if kind < 0.85:
        return np.maximum(wave(), wave())
    coarse = rng.random((height // 3 + 2, width // 3 + 2)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def _wave(rng: Rng, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    pitch, length, tall = (float(rng.uniform(*span)) * cell for span in ((0.06, 0.28), (0.8, 6), (0.0, 0.5)))
    lean = float(rng.normal(0, 0.8)) if rng.random() < 0.6 else float(rng.normal(0, 0.05))
    phase = y + lean * x + tall * np.sin(x * 2 * np.pi / length + float(rng.uniform(0, 6)))
    return np.clip(np.sin(phase * 2 * np.pi / max(2.0, pitch)) * float(rng.uniform(1, 2.5)), 0, 1).astype(np.float32)
