"""Operating curves: the share accepted at a given share of misreads, and what a number of documents can prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, log, log1p
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RATES = (0.01, 0.001, 0.0001)  # misreads per accepted
CONFIDENCE = 0.95
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Judged:
    """One field of one document, or one whole payment, compared with the truth.

    `probability` is what the reader claims for its best candidate, None where it has none. `expected` says whether
    there was something to read: a value read where nothing is written is wrong whenever it is accepted.
    """

    probability: float | None
    right: bool
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Point:
    """The result of accepting all that is at least as sure as `limit`. `expected`: how many there were to read."""

    limit: float
    accepted: int
    wrong: int
    expected: int

    @property
    def accept_rate(self) -> float:
        """Share of what was to be read that is accepted."""
        return min(1.0, self.accepted / self.expected) if self.expected else 0.0

    @property
    def misread_rate(self) -> float:
        """Share of the accepted that is wrong."""
        return self.wrong / self.accepted if self.accepted else 0.0

    @property
    def accept_range(self) -> tuple[float, float]:
        """The accept rate's confidence interval."""
        return interval(min(self.accepted, self.expected), self.expected)

    @property
    def proven(self) -> float:
        """The misread rate that is not exceeded, with 95 % confidence: 3 / accepted where none was wrong."""
        return interval(self.wrong, self.accepted, 2 * CONFIDENCE - 1)[1]


def curve(judged: Iterable[Judged]) -> tuple[Point, ...]:
    """All operating points, strictest first. Equal probabilities are accepted together or not at all."""
    known = list(judged)
    expected = sum(claim.expected for claim in known)
    points: list[Point] = [Point(inf, 0, 0, expected)]
    wrong = 0
    claims = sorted(
        (claim for claim in known if claim.probability is not None), key=lambda claim: -(claim.probability or 0.0)
    )
    for accepted, claim in enumerate(claims, start=1):
        wrong += not claim.right
        if accepted == len(claims) or claims[accepted].probability != claim.probability:
            points.append(Point(claim.probability or 0.0, accepted, wrong, expected))
    return tuple(points)


def at_rate(points: Iterable[Point], rate: float) -> Point:
    """The point that accepts the most with at most this share of misreads among the accepted."""
    return max(
        (point for point in points if point.misread_rate <= rate), key=lambda point: (point.accepted, point.limit)
    )


def halves(known: Sequence[Kind]) -> tuple[Sequence[Kind], Sequence[Kind]]:
    """One half to choose limits and fit tables on, and the other, on which alone they are judged.

    Every second one in order, so that both have all sorts of what comes in batches.
    """
    return known[::2], known[1::2]


def at_limit(judged: Iterable[Judged], limit: float) -> Point:
    """The result of accepting all that is at least as sure as a limit that was chosen elsewhere."""
    known = list(judged)
    accepted = [claim for claim in known if claim.probability is not None and claim.probability >= limit]
    wrong = sum(not claim.right for claim in accepted)
    return Point(limit, len(accepted), wrong, sum(claim.expected for claim in known))


def kept_apart(judged: Sequence[Judged], choose: Callable[[Sequence[Judged]], float]) -> Point:
    """A limit chosen on one half and judged on the other, which `choose` never sees."""
    choosing, judging = halves(judged)
    return at_limit(judging, choose(choosing))


def needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """How many must be accepted without a misread to prove a misread rate: about 3 / rate at 95 %."""
    return int(-(-log(1 - confidence) // log1p(-rate)))


def interval(hits: int, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval of a share (Clopper and Pearson 1934); (0, 1) for a count of 0."""
    if not count:
        return 0.0, 1.0
    if 2 * hits > count:  # counting the rarer outcome is precise and quick
        low, high = interval(count - hits, count, confidence)
        return 1 - high, 1 - low
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _root(lambda p: 1 - _at_most(hits - 1, count, p) - tail)
    high = 1.0 if hits == count else _root(lambda p: tail - _at_most(hits, count, p))
    return low, high


def _root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def _at_most(hits: int, count: int, p: float) -> float:
    """Chance of at most `hits` hits among `count`."""
    if p <= 0 or hits >= count:
        return 1.0
    if p >= 1:
        return 0.0
    k = np.arange(hits + 1)
    return min(1.0, float(np.exp(_log_ways(count)[: hits + 1] + k * log(p) + (count - k) * log1p(-p)).sum()))


@lru_cache(maxsize=64)
def _log_ways(count: int) -> NDArray[np.float64]:
    """Logarithms of the binomial coefficients of `count`."""
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, count + 1)))))
    return np.asarray(logs[-1] - logs - logs[::-1], np.float64)
