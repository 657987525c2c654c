"""Small fully-convolutional CTC readers: running one on a line, and the texts that its output may mean.

A net takes a float32 picture [1, 1, height, width] with ink 1 and paper 0, and gives log-probabilities
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
TINY = 1e-280  # sums of probabilities are rescaled before they fall below it: doubles end near 1e-308
NEITHER = (0.0, 0.0)  # a prefix that no path has reached: probability of ending in a blank, and in its character
SEGMENT_WIDTH, LINE_WIDTH = 6, 12  # texts kept of a segment, and of a whole line
KEEP = 1e-3  # characters less likely in a frame are not tried there
MOST_LOADED = 16  # nets kept in memory; more than there are
ERRORS_ONLY = 3  # log level of onnxruntime


class Char(NamedTuple):
    """One character as the net saw it."""

    value: str
    probability: float  # the highest of its frames
    frame: float  # center, in frames of the net's output


class Net:
    """A loaded reader. Its session runs on one thread, so that several processes do not fight for cores."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
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

        They are softened by the temperature that made the net's confidence honest on lines held out of training.
        """
        raw = self._session.run(None, {"line": picture[None, None].astype(np.float32)})[0][0]
        return log_softmax(raw / self.temperature)


_folders: list[Path] = [MODELS]  # searched in order


def use(models: Path | None) -> None:
    """Makes this process read with the models of that folder, and with ours where it has none of a name.

    None goes back to ours alone.
    """
    _folders[:] = [MODELS] if models is None else [models, MODELS]
    load.cache_clear()
    version_of.cache_clear()


def folder() -> Path:
    """The folder whose models come first."""
    return _folders[0]


@lru_cache(maxsize=MOST_LOADED)
def load(name: str) -> Net:
    """The net `<name>.onnx` of the models in use, loaded once per process.

    Raises:
        FileNotFoundError: no such model.
    """
    return Net(model_path(f"{name}.onnx"))


@lru_cache(maxsize=MOST_LOADED)
def version_of(name: str) -> str:
    """Which training run made a model.

    Raises:
        FileNotFoundError: no such model.
    """
    return str(json.loads(model_path(f"{name}.json").read_text())["version"])


def model_path(file_name: str) -> Path:
    """Where a file of the models in use is.

    Raises:
        FileNotFoundError: no such model.
    """
    for models in _folders:
        if (models / file_name).exists():
            return models / file_name
    raise FileNotFoundError(f"{MODELS / file_name} is missing: run training/{Path(file_name).stem}.py")


def log_softmax(scores: Any) -> Floats:
    """Log-probabilities over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    out: Floats = shifted.astype(np.float32, copy=False)
    return out


class Fold:
    """Classes of one alphabet counted as those of another: a product with a matrix that is nearly empty.

    Numpy's own product wakes a second thread for it, which spins for milliseconds.
    """

    def __init__(self, matrix: Floats) -> None:
        """`matrix` [classes, classes of the other]: how much of a class counts as another."""
        into, self._sources = np.nonzero(matrix.T)
        self._weights: Floats = matrix[self._sources, into]
        self._into, self._first = np.unique(into, return_index=True)
        self._count = matrix.shape[1]

    def __call__(self, probs: Floats) -> Floats:
        """Probabilities [frames, classes] as those of the other alphabet."""
        folded = np.zeros((len(probs), self._count), np.float32)
        folded[:, self._into] = np.add.reduceat(probs[:, self._sources] * self._weights, self._first, axis=1)
        return folded


def greedy(log_probs: Floats, alphabet: str) -> tuple[Char, ...]:
    """The characters of the likeliest path of [frames, classes]: the best character of each run of frames."""
    best = log_probs.argmax(axis=1)
    marked = np.flatnonzero(best)
    if not len(marked):
        return ()
    signs = best[marked]
    probs = np.exp(log_probs[marked, signs]).astype(np.float64)
    first = np.flatnonzero(np.concatenate(([True], (np.diff(marked) > 1) | (np.diff(signs) != 0))))  # of each run
    most, total = np.maximum.reduceat(probs, first), np.add.reduceat(probs, first)
    middle = np.add.reduceat(probs * marked, first) / total
    values = [alphabet[at - 1] for at in signs[first].tolist()]
    return tuple(map(Char, values, most.tolist(), middle.tolist()))


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames between two sure blanks, and what they may say, independent of the rest of the line."""

    start: int  # first frame
    end: int  # one after the last frame
    options: tuple[tuple[str, float], ...]  # texts with probabilities, best first


def segments(log_probs: Floats, alphabet: str, width: int = SEGMENT_WIDTH, keep: float = KEEP) -> tuple[Segment, ...]:
    """The line cut at its sure blanks, each piece decoded by prefix beam search.

    Characters under the probability `keep` in a frame are not tried there. Across a blank of probability 1 the paths
    multiply, so cutting loses nothing, and a clean line decodes about as fast as `greedy`.
    """
    probs = np.exp(log_probs.astype(np.float64))
    inked = probs[:, 1:].max(axis=1) > keep
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inked, [False])).astype(np.int8)))
    parts = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        options = _beam(probs[start:end], alphabet, width, keep)
        if options[0][0] or len(options) > 1:
            parts.append(Segment(start, end, options))
    return tuple(parts)


def combined(parts: tuple[Segment, ...], width: int = LINE_WIDTH) -> list[tuple[tuple[str, ...], float]]:
    """The likeliest whole lines, one text per segment, with their probabilities, best first, at most `width`."""
    lines: list[tuple[tuple[str, ...], float]] = [((), 1.0)]
    for part in parts:
        lines = [((*texts, text), p * q) for texts, p in lines for text, q in part.options]
        if len(lines) > width:
            lines = sorted(lines, key=itemgetter(1), reverse=True)[:width]
    return sorted(lines, key=itemgetter(1), reverse=True)


def beam(log_probs: Floats, alphabet: str, width: int = LINE_WIDTH) -> list[tuple[str, float]]:
    """The likeliest texts with their probabilities, best first, at most `width`."""
    total: dict[str, float] = {}
    for texts, probability in combined(segments(log_probs, alphabet), width):
        text = "".join(texts)
        total[text] = total.get(text, 0.0) + probability
    return sorted(total.items(), key=_likeliest_first)


def _likeliest_first(option: tuple[str, float]) -> tuple[float, str]:
    text, probability = option
    return -probability, text


def _beam(probs: NDArray[np.float64], alphabet: str, width: int, keep: float) -> tuple[tuple[str, float], ...]:
    """Prefix beam search over a few frames. Probabilities are plain: so few frames cannot underflow."""
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
    options = sorted(((text, sum(ends)) for text, ends in beams.items()), key=_likeliest_first)
    least = keep * options[0][1]
    return tuple((text, probability) for text, probability in options if probability > least)


def scores(log_probs: Floats, texts: Sequence[str], alphabet: str) -> list[float]:
    """log P(text | picture) of many texts at once: for each, the sum over all paths that spell it (CTC forward).

    -inf is too unlikely to measure. What texts begin with in common is summed once. A run of frames that are all but
    surely blank counts as one frame: nothing else can happen there.

    Raises:
        ValueError: a character outside the alphabet.
    """
    if not texts:
        return []
    before, sign, ends = _prefixes(texts, alphabet)
    probs = _without_blank_runs(np.exp(log_probs.astype(np.float64)))
    twice = 1 + np.flatnonzero(sign[1:] == sign[before[1:]])  # the same sign twice needs a blank between
    before_twice = before[twice]
    rescaled = max(1, int(math.log(TINY) / math.log(max(min(float(probs.min()), 0.5), TINY))))  # sums stay above TINY
    emitted = probs[:, sign]
    emitted[:, 0] = 0.0  # the empty text has no character to end in
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
    return [float(score) for score in np.where(last > 0, log + np.log(np.maximum(last, TINY)), -np.inf)]


def _without_blank_runs(probs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The frames, of each run that is surely blank only the first."""
    blank = probs[:, 0] > SURELY_BLANK
    kept: NDArray[np.float64] = probs[~(blank & np.concatenate(([False], blank[:-1])))]
    return kept


def _prefixes(texts: Sequence[str], alphabet: str) -> tuple[Indices, Indices, Indices]:
    """All prefixes of the texts, the empty one first: the prefix of each and its last sign; the place of each text.

    The texts are sorted, so that each adds only the prefixes that the text before it does not have.
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
