"""Small fully-convolutional CTC readers: running one on a line, and the texts its output may mean.

A net takes a float32 picture [1, 1, height, width] with ink 1 and paper 0 and gives log-probabilities
[1, frames, classes]; class 0 is the CTC blank, class k the k-th character of the alphabet (Graves et al. 2006).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

MODELS = Path(__file__).parents[1] / "models"
SURELY_BLANK = 0.999
TINY = 1e-280
NEITHER = (0.0, 0.0)


class Char(NamedTuple):
    """One character as the net saw it."""

    value: str
    probability: float  # the highest of its frames
    frame: float  # centre, in frames of the net's output


class Net:
    """A loaded reader: its session runs on one thread, so that several processes do not fight for cores."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # it keeps a plan for every width of line ever seen
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        facts = json.loads(path.with_suffix(".json").read_text())
        self.alphabet: str = facts["alphabet"]
        self.height_px: int = facts["height_px"]
        self.stride_px: int = facts["stride_px"]  # picture columns per frame
        self.temperature: float = facts.get("temperature", 1.0)
        self.version: str = facts["version"]

    def log_probs(self, picture: Floats) -> Floats:
        """Log-probabilities [frames, classes] for one line [height_px, width]; ink 1, paper 0.

        They are softened by the temperature that made the net's confidence honest on lines kept out of training.
        """
        raw = self._session.run(None, {"line": picture[None, None].astype(np.float32)})[0][0]
        return log_softmax(raw / self.temperature)


_folders: list[Path] = [MODELS]  # looked through in order


def use(models: Path | None) -> None:
    """From now on this process reads with the models of that folder, and with ours where it has none of a name.

    None goes back to ours alone.
    """
    _folders[:] = [MODELS] if models is None else [models, MODELS]
    load.cache_clear()
    version_of.cache_clear()


def folder() -> Path:
    """The folder whose models come first."""
    return _folders[0]


@lru_cache(maxsize=16)
def load(name: str) -> Net:
    """The net `<name>.onnx` of the models in use, loaded once per process.

    Raises:
        FileNotFoundError: no such model.
    """
    return Net(found(f"{name}.onnx"))


@lru_cache(maxsize=16)
def version_of(name: str) -> str:
    """Which training run a model is from.

    Raises:
        FileNotFoundError: no such model.
    """
    return str(json.loads(found(f"{name}.json").read_text())["version"])


def found(file_name: str) -> Path:
    """A file of the models in use.

    Raises:
        FileNotFoundError: no such model.
    """
    for one in _folders:
        if (one / file_name).exists():
            return one / file_name
    raise FileNotFoundError(f"{MODELS / file_name} is missing: run training/{Path(file_name).stem}.py")


def log_softmax(scores: Any) -> Floats:
    """Log-probabilities over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    out: Floats = shifted.astype(np.float32, copy=False)
    return out


def greedy(log_probs: Floats, alphabet: str) -> tuple[Char, ...]:
    """The characters of the likeliest path; frames [frames, classes] in, best character per run of frames out."""
    best = log_probs.argmax(axis=1)
    marked = np.flatnonzero(best)
    if not len(marked):
        return ()
    signs = best[marked]
    probs = np.exp(log_probs[marked, signs]).astype(np.float64)
    first = np.flatnonzero(np.concatenate(([True], (np.diff(marked) > 1) | (np.diff(signs) != 0))))  # of each run
    most, whole = np.maximum.reduceat(probs, first), np.add.reduceat(probs, first)
    middle = np.add.reduceat(probs * marked, first) / whole
    values = [alphabet[at - 1] for at in signs[first].tolist()]
    return tuple(map(Char, values, most.tolist(), middle.tolist()))


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames between two sure blanks: what they may say, independent of the rest of the line."""

    start: int  # first frame
    end: int  # one after the last frame
    options: tuple[tuple[str, float], ...]  # texts with probabilities, best first


def segments(log_probs: Floats, alphabet: str, width: int = 6, keep: float = 1e-3) -> tuple[Segment, ...]:
    """The line cut at its sure blanks, each piece decoded by prefix beam search.

    Characters under the probability `keep` in a frame are not tried there. Across a blank of probability 1 the paths
    multiply, so that nothing is lost by cutting, and a clean line decodes about as fast as `greedy`.
    """
    probs = np.exp(log_probs.astype(np.float64))
    inked = probs[:, 1:].max(axis=1) > keep
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inked, [False])).astype(np.int8)))
    found = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        options = _beam(probs[start:end], alphabet, width, keep)
        if options[0][0] or len(options) > 1:
            found.append(Segment(start, end, options))
    return tuple(found)


def combined(parts: tuple[Segment, ...], width: int = 12) -> list[tuple[tuple[str, ...], float]]:
    """The likeliest whole lines, one text per segment, with their probabilities, best first, at most `width`."""
    lines: list[tuple[tuple[str, ...], float]] = [((), 1.0)]
    for part in parts:
        lines = [((*texts, text), p * q) for texts, p in lines for text, q in part.options]
        if len(lines) > width:
            lines = sorted(lines, key=itemgetter(1), reverse=True)[:width]
    return sorted(lines, key=itemgetter(1), reverse=True)


def beam(log_probs: Floats, alphabet: str, width: int = 12) -> list[tuple[str, float]]:
    """The likeliest texts with their probabilities, best first, at most `width`."""
    total: dict[str, float] = {}
    for texts, probability in combined(segments(log_probs, alphabet), width):
        text = "".join(texts)
        total[text] = total.get(text, 0.0) + probability
    return sorted(total.items(), key=lambda one: (-one[1], one[0]))


def _beam(probs: NDArray[np.float64], alphabet: str, width: int, keep: float) -> tuple[tuple[str, float], ...]:
    """Prefix beam search over a few frames; probabilities are plain, a few frames cannot underflow."""
    beams = {"": (1.0, 0.0)}  # text so far: its probability where it ends in a blank, where in its character
    for row in probs.tolist():
        nothing = row[0]
        tried = [(alphabet[at], p) for at, p in enumerate(row[1:]) if p > keep]
        grown: dict[str, tuple[float, float]] = {}
        for text, (blank, char) in beams.items():
            both = blank + char
            last = text[-1:]
            ends, stays = grown.get(text, NEITHER)
            grown[text] = (ends + both * nothing, stays + (char * row[alphabet.index(last) + 1] if last else 0.0))
            for value, p in tried:
                longer = text + value
                ends, stays = grown.get(longer, NEITHER)
                grown[longer] = (ends, stays + (blank if value == last else both) * p)
        if len(grown) > width:
            kept = sorted(((ends + stays, text) for text, (ends, stays) in grown.items()), reverse=True)[:width]
            grown = {text: grown[text] for _, text in kept}
        beams = grown
    options = sorted(((text, sum(ends)) for text, ends in beams.items()), key=lambda one: (-one[1], one[0]))
    return tuple(one for one in options if one[1] > keep * options[0][1])


def scores(log_probs: Floats, texts: Sequence[str], alphabet: str) -> list[float]:
    """log P(text | picture) of many texts at once: all paths that spell each, summed (the CTC forward algorithm).

    -inf is as unlikely as can be told. What texts begin with in common is gone through once. Runs of frames that are
    all but surely blank count as one of them: nothing else can happen there.

    Raises:
        ValueError: a character outside the alphabet.
    """
    if not texts:
        return []
    before, sign, ends = _prefixes(texts, alphabet)
    twice = 1 + np.flatnonzero(sign[1:] == sign[before[1:]])  # the same sign again needs a blank between
    before_twice = before[twice]
    probs = np.exp(log_probs.astype(np.float64))
    still = probs[:, 0] > SURELY_BLANK
    probs = probs[~(still & np.concatenate(([False], still[:-1])))]
    rescaled = max(1, int(math.log(TINY) / math.log(max(min(float(probs.min()), 0.5), TINY))))  # sums stay above TINY
    emitted = probs[:, sign]
    emitted[:, 0] = 0.0  # the empty text has no character that it could end in
    char, blank = np.zeros(len(sign)), np.zeros(len(sign))  # each prefix: ends in its character, ends in a blank
    blank[0], log = 1.0, 0.0
    for at, (row, empty) in enumerate(zip(emitted, probs[:, 0].tolist(), strict=True), 1):
        both = char + blank
        grown = both.take(before)
        if len(twice):
            grown[twice] = blank.take(before_twice)
        grown += char
        grown *= row
        both *= empty
        char, blank = grown, both
        if at % rescaled == 0:
            most = max(float(char.max()), float(blank.max()), TINY)
            char /= most
            blank /= most
            log += math.log(most)
    last = (char + blank)[ends]
    found = np.where(last > 0, log + np.log(np.maximum(last, TINY)), -np.inf)
    return [float(one) for one in found]


def _prefixes(texts: Sequence[str], alphabet: str) -> tuple[Indices, Indices, Indices]:
    """All that the texts begin with: each prefix's own prefix and last sign, the empty one first; each text's place.

    The texts are sorted, so that each needs only the prefixes that the one before it has not.
    """
    rows = np.array(texts, dtype=np.bytes_)
    order = np.argsort(rows)
    chars = rows[order].view(np.uint8).reshape(len(texts), -1)
    new = np.ones(chars.shape, bool)
    new[1:] = np.logical_or.accumulate(chars[1:] != chars[:-1], axis=1)
    new &= chars > 0
    signs = np.zeros(256, np.intp)
    signs[[ord(char) for char in alphabet]] = np.arange(1, len(alphabet) + 1)
    sign = signs[chars[new]]
    if not sign.all():
        raise ValueError(f"{min({*''.join(texts)} - {*alphabet})!r} is not in the alphabet")
    places = np.zeros((len(texts), chars.shape[1] + 1), np.intp)
    places[:, 1:][new] = np.arange(1, len(sign) + 1)
    np.maximum.accumulate(places, axis=0, out=places)
    before = places[:, :-1][new]
    ends = np.empty(len(texts), np.intp)
    ends[order] = places[np.arange(len(texts)), (chars > 0).sum(axis=1)]
    return np.concatenate(([0], before)), np.concatenate(([0], sign)), ends
