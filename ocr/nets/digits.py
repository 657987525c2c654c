"""A run of digits in a line, as several readers see it: the numbers that it may be, with their joint probabilities.

Each reader gives a lattice: log-probabilities [frames, 11] of the frames that hold the run, column 0 the blank, then
the digits. Any number can be scored on it, so readers need not propose the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import log

import numpy as np

from ocr.image.prepare import Floats
from ocr.nets import ctc

DIGITS = "0123456789"
SEPARATORS = " .-"
LOOKALIKES = dict(zip("OoQDlI|iZzSsbGBgq", "00001111225566899", strict=True))  # what readers take digits for
_LEANING = {**LOOKALIKES, "/": "1"}  # within a run a slash is a digit, too
LEAST, MOST = 8, 14  # digits of a run that may be an account number; one may be lost or read twice
WIDTH = 30  # numbers that one reader may propose
FAR = 1e-5  # share of its best number's probability that a proposed number has at least
START = r"(?<![A-Za-z])(?:[0-9|]|[OoQDlIiZzSsbGBgq](?![A-Za-z.]))"  # the O of "No. 12" starts no number
_RUN = re.compile(START + r"[0-9OoQDlI|/iZzSsbGBgq .\-]{7,17}")
_NO_ACCOUNT = re.compile(r"\d{5}-\d{4}\b|\b[01]?\d/[0-3]?\d/\d\d")  # a ZIP code, a date
_SEGMENT_WIDTH, _KEEP = 6, 1e-3  # with which a segment of the line is decoded
_NEVER = 1e-60
LEAST_NATS = log(_NEVER)  # of a number that a reader all but rules out

Lattice = Floats


def lattice(log_probs: Floats, alphabet: str) -> Lattice | None:
    """The longest run of digits in a reader's output [frames, 1 + len(alphabet)]; None if it holds none.

    Signs that look like digits count as digits; spaces, periods and dashes in the run count as blanks.
    """
    chars = ctc.greedy(log_probs, alphabet)
    text = "".join(char.value for char in chars)
    runs = [run for run in _RUN.finditer(text) if not _NO_ACCOUNT.search(run[0])]
    run = max(runs, key=lambda match: _sign_count(match[0]), default=None)
    if run is None or not LEAST <= _sign_count(run[0]) <= MOST or sum(char.isdigit() for char in run[0]) < LEAST:
        return None
    first, last = run.start(), run.end() - 1
    start = 0 if first == 0 else round((chars[first - 1].frame + chars[first].frame) / 2)
    end = len(log_probs) if last == len(chars) - 1 else round((chars[last].frame + chars[last + 1].frame) / 2) + 1
    return _as_digits(log_probs[start:end], alphabet)


def _sign_count(text: str) -> int:
    return sum(char not in SEPARATORS for char in text)


def _as_digits(log_probs: Floats, alphabet: str) -> Lattice:
    """A reader's output with all its signs taken for digits or blanks."""
    probs = np.exp(log_probs.astype(np.float64))
    sums = np.full((len(probs), 1 + len(DIGITS)), _NEVER)
    sums[:, 0] += probs[:, 0]
    for at, char in enumerate(alphabet, 1):
        digit = _LEANING.get(char, char)
        if digit in DIGITS:
            sums[:, 1 + int(digit)] += probs[:, at]
        elif char in SEPARATORS:
            sums[:, 0] += probs[:, at]
    folded: Lattice = np.log(sums / sums.sum(axis=1, keepdims=True)).astype(np.float32)
    return folded


def numbers(lattices: Sequence[Lattice], length: int) -> dict[str, float]:
    """Numbers of that many digits that the run may be: log P(number | picture), all readers weighted alike.

    What is missing to a probability of 1 belongs to numbers of other lengths. Empty if no reader saw a run.
    """
    likely = {value for seen in lattices for value in _proposed(seen)}
    if not likely:
        return {}
    values = sorted(likely)
    together = np.mean([np.maximum(ctc.scores(seen, values, DIGITS), LEAST_NATS) for seen in lattices], axis=0)
    together -= np.logaddexp.reduce(together)
    return {value: float(p) for value, p in zip(values, together, strict=True) if len(value) == length}


def _proposed(seen: Lattice) -> Iterable[str]:
    """The numbers that one reader proposes."""
    parts = ctc.segments(seen, DIGITS, _SEGMENT_WIDTH, _KEEP)
    lines = [("".join(texts), probability) for texts, probability in ctc.combined(parts, WIDTH)]
    floor = FAR * lines[0][1]
    return {text for text, probability in lines if LEAST <= len(text) <= MOST and probability > floor}
