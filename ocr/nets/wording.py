"""What a text is about, by its words: in whatever wording, and though letters of it are misread.

A linear model over the words of a text, their pieces of four letters and which word follows which, fitted by
`training/wording.py` on letters and memo lines that many hands worded.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.nets import ctc
from ocr.reading import Topic

MODEL = "wording"
LABELS = tuple(Topic)
PIECE, STEM = 4, 5  # letters: of the pieces of words, and of words beside each other
LONGEST_NUMBER = 5  # longer ones are one and the same
FEWEST_LETTERS = 3  # a text of fewer says nothing


@dataclass(frozen=True, slots=True)
class Model:
    """`weights` [features, labels]; the other two make claims honest: log odds = sums x scale + bias, by label."""

    weights: NDArray[np.float32]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


def about(text: str) -> Mapping[str, float]:
    """How likely a text is about each of `LABELS`; nothing for a text without words."""
    if sum(one.isalpha() for one in text) < FEWEST_LETTERS:
        return {}
    return _about(text, ctc.found(f"{MODEL}.npy"))


@lru_cache(maxsize=256)  # a line is asked for twice
def _about(text: str, path: Path) -> Mapping[str, float]:
    model = _model(path)
    at = features(text, len(model.weights))
    odds = model.weights[at].sum(axis=0) / np.sqrt(len(at)) * model.scale + model.bias
    return dict(zip(LABELS, (1 / (1 + np.exp(-odds))).tolist(), strict=True))


def features(text: str, count: int) -> NDArray[np.intp]:
    """Which of `count` features a text has, each once, in order."""
    return np.array(sorted({zlib.crc32(one.encode()) % count for one in _features(_words(text))}), np.intp)


def _features(words: list[str]) -> Iterator[str]:
    for word in words:
        yield f"word {word}"
        if len(word) >= PIECE:
            ended = f"_{word}_"
            for at in range(len(ended) - PIECE + 1):
                yield f"piece {ended[at : at + PIECE]}"
    for one, other in pairwise(words):
        yield f"pair {one[:STEM]} {other[:STEM]}"


def _words(text: str) -> list[str]:
    """Words in small letters; of longer numbers, which are accounts, amounts and streets, only how long they are."""
    plain = re.sub(r"['`]", "", text.lower().replace("&", " and "))
    found = re.findall(r"[a-z]+|\d+", plain)
    return ["#" * min(len(one), LONGEST_NUMBER) if one.isdigit() and len(one) > 2 else one for one in found]


@cache
def _model(path: Path) -> Model:
    facts = json.loads(path.with_suffix(".json").read_text())
    weights = np.load(path).astype(np.float32) * np.array(facts["step"], np.float32)
    return Model(weights, np.array(facts["scale"], np.float32), np.array(facts["bias"], np.float32))
