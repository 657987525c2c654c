"""Figures read from PP-OCR's features by a small net of our own: a second opinion that costs no second look.

PP-OCR sees strokes well and then asks which of 18,709 characters they may be. Its last convolution knows more than its
texts use: how cents are raised over a stroke, where a digit ends, which signs an amount can hold at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ocr.image.prepare import Floats, Gray
from ocr.nets import ctc, ppocr, ppocr_net
from ocr.nets.figures import ALPHABET, NO_FIGURES, Figures

SOURCE = "figure_head"
MODEL = "figure_head"
HEIGHT = ppocr_net.ROWS * ppocr_net.FEATURES


def read_line(line: Gray) -> tuple[ppocr.Text, Figures]:
    """One line, uint8 [height, width], ink dark on light: as PP-OCR reads it with care, and as this net reads it."""
    text, seen = ppocr.read_with_features(line)
    if not len(seen):
        return text, NO_FIGURES
    log_probs = ctc.load(MODEL).log_probs(picture(seen))
    return text, Figures("".join(char.value for char in ctc.greedy(log_probs, ALPHABET)), log_probs)


def picture(seen: Any) -> Floats:
    """Features [columns, HEIGHT] as the net takes them: [HEIGHT, columns]."""
    return np.ascontiguousarray(np.asarray(seen, np.float32).T)
