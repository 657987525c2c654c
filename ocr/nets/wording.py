"""What a text is about, by its words: in any wording, and even if letters are misread.

A linear model over the words of a text, their pieces of four letters and which word follows which, fitted by
`training/wording.py` to letters and memo lines in many people's wording.
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
PIECE, STEM = 4, 5  # letters: of the pieces of words, and of words that follow each other
SHORTEST_NUMBER, LONGEST_NUMBER = 3, 5  # digits: shorter ones are kept as they are, longer ones count as this long
FEWEST_LETTERS = 3  # a text with fewer says nothing


@dataclass(frozen=True, slots=True)
class Model:
    """`weights` [features, labels]; `scale` and `bias` make claims honest: log odds = sums x scale + bias, by label."""

    weights: NDArray[np.float32]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


def about(text: str) -> Mapping[str, float]:
    """How likely a text is about each of `LABELS`; empty for a text without words."""
    if sum(char.isalpha() for char in text) < FEWEST_LETTERS:
        return {}
    return _topics(text, ctc.model_path(f"{MODEL}.npy"))


@lru_cache(maxsize=256)  # each line is asked for twice
def _topics(text: str, path: Path) -> Mapping[str, float]:
    model = _model(path)
    at = features(text, len(model.weights))
    odds = model.weights[at].sum(axis=0) / np.sqrt(len(at)) * model.scale + model.bias
    return dict(zip(LABELS, (1 / (1 + np.exp(-odds))).tolist(), strict=True))


def features(text: str, count: int) -> NDArray[np.intp]:
    """Which of `count` features a text has, each once, in order."""
    return np.array(sorted({zlib.crc32(feature.encode()) % count for feature in _features(_words(text))}), np.intp)


def _features(words: list[str]) -> Iterator[str]:
    for word in words:
        yield f"word {word}"
        if len(word) >= PIECE:
            ended = f"_{word}_"
            for at in range(len(ended) - PIECE + 1):
                yield f"piece {ended[at : at + PIECE]}"
    for word, following in pairwise(words):
        yield f"pair {word[:STEM]} {following[:STEM]}"


def _words(text: str) -> list[str]:
    """Words in lower case; of numbers, which are accounts, amounts and streets, only how long they are."""
    plain = re.sub(r"['`]", "", text.lower().replace("&", " and "))
    words = re.findall(r"[a-z]+|\d+", plain)
    return [
        "#" * min(len(word), LONGEST_NUMBER) if word.isdigit() and len(word) >= SHORTEST_NUMBER else word
        for word in words
    ]


@cache
def _model(path: Path) -> Model:
    facts = json.loads(path.with_suffix(".json").read_text())
    weights = np.load(path).astype(np.float32) * np.array(facts["step"], np.float32)
    return Model(weights, np.array(facts["scale"], np.float32), np.array(facts["bias"], np.float32))
