"""Lines of text as readers see them, made without reading: a test names only what it is about."""

from __future__ import annotations

import numpy as np

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.image.prepare import Gray
from ocr.nets.ppocr import ASCII, Text


def read_as(value: str, sure: float = 0.97) -> Text:
    """A reader's output that says this, a frame of paper between two signs; `sure` of each sign."""
    probs = np.full((2 * len(value) + 1, 1 + len(ASCII)), (1 - sure) / len(ASCII))
    probs[::2, 0] = sure
    for at, char in enumerate(value):
        probs[2 * at + 1, ASCII.index(char) + 1] = sure
    return Text(value, sure, np.log(probs).astype(np.float32))


def by_hand(value: str, seed: int = 5, style: int = 12) -> Gray:
    """A line written by one of the simulator's writers, uint8 [height, width], ink dark on white."""
    rng = dice(seed, style)
    mask, _, _ = line_mask(value, hand(rng), rng)
    return np.asarray(255 - mask, np.uint8)


def trimmed(line: Gray, margin_px: int = 5) -> Gray:
    """The line with only so much paper left above and below its ink."""
    rows = np.flatnonzero(line.min(axis=1) < 255)
    return line[max(0, rows[0] - margin_px) : rows[-1] + margin_px + 1]
