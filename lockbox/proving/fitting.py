"""Calibration fitted: three numbers per field from mail of seeds that nothing else uses, and how honest claims are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockbox.proving.curve import Judged, interval
from ocr.nets.calibration import NEAR, Map, logit
from ocr.reading import Field

# A phrase or a missing signature is a hint that stops a check; such are too rare on a few hundred documents to fit.
# Of a date, deciding asks how its candidates compare with one another; a map of the best alone would part them: 0.7 and
# 0.3, so read, became 0.86 and 0.14, and a November a stale January.
LEFT_AS_THEY_ARE = frozenset({Field.PHRASE, Field.SIGNATURE, Field.TEXT, Field.TOPIC, Field.BARCODE, Field.DATE})
FEWEST = 100  # claims; with fewer a field keeps its own
FEWEST_WRONG = 5  # among them; who was never wrong cannot be told how surely
PULL = 4.0  # towards changing nothing: weighs about as much as this many claims of one half
STEPS, ROUNDS = 50, 200
EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)  # of a reliability diagram: the sure end matters
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One field's map, and the mean log loss of its claims before and after, on what it was fitted to."""

    map: Map
    claims: int
    wrong: int
    loss_before: float
    loss_after: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of about the same probability: the mean claim, how many were right, and the interval of that share."""

    claimed: float
    right: int
    count: int

    @property
    def share(self) -> float:
        """Share that was right."""
        return self.right / self.count

    @property
    def range(self) -> tuple[float, float]:
        """Its 95 % interval."""
        return interval(self.right, self.count)


def fit_all(judged: Mapping[str, Sequence[Judged]]) -> dict[Field, Fitted]:
    """Maps of all fields that have enough claims."""
    found = {}
    for name in Field:
        claims = [one for one in judged.get(name, ()) if one.probability is not None]
        if (
            name not in LEFT_AS_THEY_ARE
            and len(claims) >= FEWEST
            and sum(not one.right for one in claims) >= FEWEST_WRONG
        ):
            found[name] = fit(claims)
    return found


def fit(claims: Sequence[Judged]) -> Fitted:
    """The map that makes the claims likeliest, pulled a little towards changing nothing.

    Errors are of two sorts, those that a low claim foretells and lapses; which an error was is estimated in turn with
    the map (expectation-maximisation). Half a lapse is added to those seen: that there are none is never proven.
    """
    x = np.array([logit(one.probability or 0.0) for one in claims])
    right = np.array([one.right for one in claims], float)
    line, lapse = np.array([1.0, 0.0]), 0.01
    for _ in range(ROUNDS):
        sure = 1 / (1 + np.exp(-(line[0] * x + line[1])))
        lapsed = np.where(right == 1, 0.0, lapse / (lapse + (1 - lapse) * (1 - sure)))
        before, lapse = lapse, float(lapsed.sum() + 0.5) / (len(claims) + 1)
        line = _logistic(x, right, 1 - lapsed, line)
        if abs(lapse - before) < 1e-8:
            break
    fitted = Map(round(max(0.05, float(line[0])), 4), round(float(line[1]), 4), round(lapse, 6))
    after = [Judged(fitted(one.probability or 0.0), one.right, one.wanted) for one in claims]
    return Fitted(fitted, len(claims), int(len(right) - right.sum()), log_loss(claims), log_loss(after))


def _logistic(x: Floats, right: Floats, weights: Floats, start: Floats) -> Floats:
    """Slope and shift by Newton's method, with a normal prior around 1 and 0."""
    design, centre, found = np.stack([x, np.ones_like(x)], 1), np.array([1.0, 0.0]), start
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (weights * (p - right)) + PULL * (found - centre)
        curvature = design.T @ (design * (weights * p * (1 - p))[:, None]) + PULL * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        found = found - step * min(1.0, 1.0 / float(np.abs(step).max() + 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return found


def log_loss(judged: Iterable[Judged]) -> float:
    """Mean of -log of the probability given to what turned out; lower is better, nats."""
    losses = []
    for one in judged:
        if one.probability is not None:
            p = min(1 - NEAR, max(NEAR, one.probability))
            losses.append(-log(p if one.right else 1 - p))
    return sum(losses) / len(losses) if losses else 0.0


def reliability(judged: Iterable[Judged]) -> list[Bin]:
    """Claims in bins that are fine at the sure end; empty bins are left out."""
    known = sorted((one.probability, one.right) for one in judged if one.probability is not None)
    bins = []
    for low, high in pairwise(EDGES):
        inside = [(p, right) for p, right in known if low <= p < high or (high == 1.0 and p == 1.0)]
        if inside:
            bins.append(Bin(sum(p for p, _ in inside) / len(inside), sum(right for _, right in inside), len(inside)))
    return bins


def to_json(fitted: Mapping[Field, Fitted], readers: str, origin: Mapping[str, Any]) -> str:
    """The file that `ocr.nets.calibration` reads, with its origin and figures."""
    fields = {
        str(name): {
            "slope": one.map.slope,
            "shift": one.map.shift,
            "lapse": one.map.lapse,
            "claims": one.claims,
            "wrong": one.wrong,
            "log_loss_before": round(one.loss_before, 5),
            "log_loss_after": round(one.loss_after, 5),
        }
        for name, one in sorted(fitted.items())
    }
    mark = hashlib.sha256(json.dumps([fields, readers]).encode()).hexdigest()[:8]
    plain = {"version": f"calibrated-{mark}", "readers": readers, "origin": dict(origin), "fields": fields}
    return json.dumps(plain, indent=1) + "\n"
