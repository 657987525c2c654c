"""Operating curves: what share is accepted at a given share of misreads, and what the number measured can prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import inf, log, log1p

import numpy as np
from numpy.typing import NDArray

RATES = (0.01, 0.001, 0.0001)  # misreads per accepted
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """One field of one document, or one whole payment, compared with the truth.

    `probability` is what the reader claims for its best candidate, None where it has none. `wanted` says whether there
    was something to read: a value found where nothing stands is wrong whenever it is accepted.
    """

    probability: float | None
    right: bool
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Point:
    """What happens when all that is at least as sure as `limit` is accepted. `wanted`: how many there were to read."""

    limit: float
    accepted: int
    wrong: int
    wanted: int

    @property
    def accept_rate(self) -> float:
        """Share of what was to be read that is accepted."""
        return min(1.0, self.accepted / self.wanted) if self.wanted else 0.0

    @property
    def misread_rate(self) -> float:
        """Share of the accepted that is wrong."""
        return self.wrong / self.accepted if self.accepted else 0.0

    @property
    def accept_range(self) -> tuple[float, float]:
        """The accept rate's confidence interval."""
        return interval(min(self.accepted, self.wanted), self.wanted)

    @property
    def proven(self) -> float:
        """The misread rate that is not exceeded, with 95 % confidence: 3 / accepted where none was wrong."""
        return interval(self.wrong, self.accepted, 2 * CONFIDENCE - 1)[1]


def curve(judged: Iterable[Judged]) -> tuple[Point, ...]:
    """All operating points, strictest first. Equal probabilities are accepted together or not at all."""
    known = list(judged)
    wanted = sum(one.wanted for one in known)
    points: list[Point] = [Point(inf, 0, 0, wanted)]
    wrong = 0
    seen = sorted((one for one in known if one.probability is not None), key=lambda one: -(one.probability or 0.0))
    for accepted, one in enumerate(seen, start=1):
        wrong += not one.right
        if accepted == len(seen) or seen[accepted].probability != one.probability:
            points.append(Point(one.probability or 0.0, accepted, wrong, wanted))
    return tuple(points)


def at_rate(points: Iterable[Point], rate: float) -> Point:
    """The point that accepts most with at most this share of misreads among the accepted."""
    return max((one for one in points if one.misread_rate <= rate), key=lambda one: (one.accepted, one.limit))


def at_limit(judged: Iterable[Judged], limit: float) -> Point:
    """What a limit that was fixed before gives on these: the honest figure, nothing is chosen in hindsight."""
    known = list(judged)
    accepted = [one for one in known if one.probability is not None and one.probability >= limit]
    return Point(limit, len(accepted), sum(not one.right for one in accepted), sum(one.wanted for one in known))


def needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """How many must be accepted, none of them wrong, to prove a misread rate: about 3 / rate at 95 %."""
    return int(-(-log(1 - confidence) // log1p(-rate)))


def interval(hits: int, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact two-sided interval of a share (Clopper and Pearson 1934); (0, 1) for nothing counted."""
    if not count:
        return 0.0, 1.0
    if 2 * hits > count:  # the rarer of the two is counted: precise, and quick
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
    """Chance of at most so many hits among `count`."""
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
