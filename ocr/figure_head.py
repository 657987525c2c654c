"""Figures read off PP-OCR's outputs by a small net of our own: a second opinion that costs no second look.

PP-OCR's last layer is linear, so a few of its outputs hold all that it knows of a column of the picture, also what its
own texts make no use of: how cents are raised over a stroke, which signs stand in an amount at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ocr import ctc, ppocr
from ocr.figures import ALPHABET, Figures
from ocr.prepare import Floats, Gray

SOURCE = "figure_head"
MODEL = "figure_head"
LEAST = 1e-37  # a probability that float32 still holds


def read_line(line: Gray) -> tuple[ppocr.Text, Figures]:
    """One line, uint8 [height, width], ink dark on light: as PP-OCR reads it with care, and as this net does."""
    text, outputs = ppocr.read_with_outputs(line)
    if not len(outputs):
        return text, Figures("", np.zeros((1, len(ALPHABET) + 1), np.float32))
    form = _form()
    log_probs = ctc.load(MODEL).log_probs(picture(columns(outputs, form.outputs), form.mean, form.spread))
    return text, Figures("".join(char.value for char in ctc.greedy(log_probs, ALPHABET)), log_probs)


def columns(outputs: Floats, chosen: Sequence[int]) -> Floats:
    """What PP-OCR knows of each column: log-odds [columns, len(chosen)] of some outputs against the blank."""
    scores = np.log(np.maximum(outputs, LEAST))
    found: Floats = (scores[:, list(chosen)] - scores[:, :1]).astype(np.float32)
    return found


def picture(seen: Any, mean: Any, spread: Any) -> Floats:
    """The same as the net wants it: [len(chosen), 2 x columns], evened out; of two equal figures each gets a frame."""
    even = ((np.asarray(seen, np.float32) - mean) / spread).astype(np.float32)
    return np.ascontiguousarray(np.repeat(even, 2, axis=0).T)


@dataclass(frozen=True, slots=True)
class _Form:
    outputs: list[int]
    mean: Floats
    spread: Floats


@lru_cache(maxsize=1)
def _form() -> _Form:
    facts = json.loads((ctc.MODELS / f"{MODEL}.json").read_text())
    return _Form(facts["outputs"], np.array(facts["mean"], np.float32), np.array(facts["spread"], np.float32))
