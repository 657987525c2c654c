"""The CTC forward algorithm, one text at a time and frame by frame: the fast scorer is compared with it."""

from __future__ import annotations

import numpy as np

from ocr.nets.ctc import Floats

NEVER = -1e30


def score(log_probs: Floats, text: str, alphabet: str) -> float:
    """log P(text | picture): all paths that spell the text, summed.

    Raises:
        ValueError: a character outside the alphabet.
    """
    labels = [0]
    for char in text:
        labels += [alphabet.index(char) + 1, 0]
    path = np.asarray(labels)
    skip = np.zeros(len(path), bool)  # a blank may be left out between two different characters
    skip[2:] = (path[2:] != 0) & (path[2:] != path[:-2])
    alpha = np.full(len(path), NEVER)
    alpha[:2] = log_probs[0, path[:2]]
    for row in log_probs[1:].astype(np.float64):
        one, two = np.full_like(alpha, NEVER), np.full_like(alpha, NEVER)
        one[1:], two[2:] = alpha[:-1], alpha[:-2]
        alpha = np.logaddexp(np.logaddexp(alpha, one), np.where(skip, two, NEVER)) + row[path]
    return float(np.logaddexp(alpha[-1], alpha[-2]) if len(path) > 1 else alpha[-1])
