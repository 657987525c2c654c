"""Fits calibration, three numbers per field from mail of seeds that nothing else uses, and measures honesty."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lockbox.proving.curve import Judged, halves, interval
from ocr.nets.calibration import NEAR, Map, logit
from ocr.reading import Field

# A phrase or a missing signature is a hint that stops a check; a few hundred documents have too few of them to fit.
# Deciding compares the candidates of a date with one another; a map of the best one alone would distort that: 0.7 and
# 0.3 became 0.86 and 0.14, and turned a November into a stale January.
LEFT_AS_THEY_ARE = frozenset({Field.PHRASE, Field.SIGNATURE, Field.TEXT, Field.TOPIC, Field.BARCODE, Field.DATE})
FEWEST = 100  # claims; with fewer a field keeps its own
FEWEST_WRONG = 5  # among them; a field that was never wrong cannot be fitted
PULL = 4.0  # toward changing nothing: weighs about as much as this many claims of one half
STEPS, ROUNDS = 50, 200
EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)  # of a reliability diagram; the sure end matters most
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One field's map, how many claims it was fitted to, and their mean log loss before and after."""

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
    fitted = {}
    for name in Field:
        claims = [claim for claim in judged.get(name, ()) if claim.probability is not None]
        if (
            name not in LEFT_AS_THEY_ARE
            and len(claims) >= FEWEST
            and sum(not claim.right for claim in claims) >= FEWEST_WRONG
        ):
            fitted[name] = fit(claims)
    return fitted


def judged_apart(judged: Mapping[str, Sequence[Judged]], fitted: Mapping[Field, Fitted]) -> dict[Field, list[Judged]]:
    """The claims of the fitted fields, each half mapped as a fit to the other half says.

    The map itself is fitted to all: errors are few. How honest such maps are is seen on claims they never saw.
    """
    apart = {}
    for name in fitted:
        first, second = halves([claim for claim in judged[name] if claim.probability is not None])
        apart[name] = [*mapped_claims(second, fit(first).map), *mapped_claims(first, fit(second).map)]
    return apart


def mapped_claims(claims: Iterable[Judged], by: Map) -> list[Judged]:
    """The claims, mapped."""
    return [replace(claim, probability=by(claim.probability or 0.0)) for claim in claims]


def fit(claims: Sequence[Judged]) -> Fitted:
    """The map that makes the claims likeliest, pulled a little toward changing nothing.

    Errors are of two sorts: those that a low claim predicts, and lapses. Which sort an error was is estimated in turn
    with the map (expectation-maximization). Half a lapse is added to those seen: their absence is never proven.
    """
    x = np.array([logit(claim.probability or 0.0) for claim in claims])
    right = np.array([claim.right for claim in claims], float)
    line, lapse = np.array([1.0, 0.0]), 0.01
    for _ in range(ROUNDS):
        sure = 1 / (1 + np.exp(-(line[0] * x + line[1])))
        lapsed = np.where(right == 1, 0.0, lapse / (lapse + (1 - lapse) * (1 - sure)))
        before, lapse = lapse, float(lapsed.sum() + 0.5) / (len(claims) + 1)
        line = _logistic(x, right, 1 - lapsed, line)
        if abs(lapse - before) < 1e-8:
            break
    fitted = Map(round(max(0.05, float(line[0])), 4), round(float(line[1]), 4), round(lapse, 6))
    after = log_loss(mapped_claims(claims, fitted))
    return Fitted(fitted, len(claims), int(len(right) - right.sum()), log_loss(claims), after)


def _logistic(x: Floats, right: Floats, weights: Floats, start: Floats) -> Floats:
    """Slope and shift by Newton's method, with a normal prior around 1 and 0."""
    design, center, line = np.stack([x, np.ones_like(x)], 1), np.array([1.0, 0.0]), start
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-design @ line))
        slope = design.T @ (weights * (p - right)) + PULL * (line - center)
        curvature = design.T @ (design * (weights * p * (1 - p))[:, None]) + PULL * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        line = line - step * min(1.0, 1.0 / float(np.abs(step).max() + 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return line


def log_loss(judged: Iterable[Judged]) -> float:
    """Mean of -log of the probability given to the actual outcome, in nats; lower is better."""
    losses = []
    for claim in judged:
        if claim.probability is not None:
            p = min(1 - NEAR, max(NEAR, claim.probability))
            losses.append(-log(p if claim.right else 1 - p))
    return sum(losses) / len(losses) if losses else 0.0


def reliability(judged: Iterable[Judged]) -> list[Bin]:
    """Claims in bins that are fine at the sure end; empty bins are left out."""
    known = sorted((claim.probability, claim.right) for claim in judged if claim.probability is not None)
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
            "slope": field_fit.map.slope,
            "shift": field_fit.map.shift,
            "lapse": field_fit.map.lapse,
            "claims": field_fit.claims,
            "wrong": field_fit.wrong,
            "log_loss_before": round(field_fit.loss_before, 5),
            "log_loss_after": round(field_fit.loss_after, 5),
        }
        for name, field_fit in sorted(fitted.items())
    }
    mark = hashlib.sha256(json.dumps([fields, readers]).encode()).hexdigest()[:8]
    plain = {"version": f"calibrated-{mark}", "readers": readers, "origin": dict(origin), "fields": fields}
    return json.dumps(plain, indent=1) + "\n"
