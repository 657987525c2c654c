"""Honest probabilities: what readers claim, mapped to how often such claims were right where the truth is known.

One map per field, three numbers each, is kept in `calibration.json` beside the models: slope and shift on the log odds
(Platt 1999), and the lapse, the share of errors that no reader's doubt predicts: a hand whose 7 is a 1. A map holds
only for the readers that it was fitted with; `make calibrate` makes new ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log
from pathlib import Path
from typing import Any

from ocr.nets import ctc
from ocr.reading import Candidate, Field, FieldReading, Reading

FILE = "calibration.json"
NEAR = 1e-5  # claims nearer to 0 or 1 count as this near


@dataclass(frozen=True, slots=True)
class Map:
    """One field's map; slope 1, shift 0 and lapse 0 change nothing."""

    slope: float = 1.0
    shift: float = 0.0
    lapse: float = 0.0

    def __call__(self, probability: float) -> float:
        """The honest probability for a claimed one."""
        return (1 - self.lapse) / (1 + exp(-(self.slope * logit(probability) + self.shift)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The maps of all fields that have one, and the readers they were fitted with."""

    readers: str
    version: str
    maps: Mapping[Field, Map]


def honest(reading: Reading, readers: str) -> Reading:
    """The reading with the maps applied if they were fitted with these `readers`; otherwise as it is.

    Candidates keep their order. The best gets its mapped probability, the others what the map gives them, scaled down
    where all together would exceed 1.
    """
    known = load(ctc.folder())
    if known is None or known.readers != readers:
        return reading
    fields = {
        name: mapped(field, known.maps[name]) if name in known.maps else field for name, field in reading.fields.items()
    }
    return replace(reading, fields=fields)


def suffix(readers: str) -> str:
    """What the version of calibrated readers ends in; "" if no map fits them."""
    known = load(ctc.folder())
    return f" {known.version}" if known is not None and known.readers == readers else ""


def mapped(field: FieldReading, by: Map) -> FieldReading:
    """One field with its probabilities mapped."""
    return replace(field, candidates=tuple(_mapped(field.candidates, by)))


def _mapped(candidates: Iterable[Candidate], by: Map) -> Iterable[Candidate]:
    claims = [by(candidate.probability) for candidate in candidates]
    rest = sum(claims[1:])
    room = min(1.0, (1 - claims[0]) / rest) if rest > 0 else 1.0
    for at, (candidate, claim) in enumerate(zip(candidates, claims, strict=True)):
        yield replace(candidate, probability=claim if at == 0 else claim * room)


def logit(probability: float) -> float:
    """Log odds, kept finite."""
    p = min(1 - NEAR, max(NEAR, probability))
    return log(p / (1 - p))


@lru_cache(maxsize=4)
def load(folder: Path) -> Calibration | None:
    """The calibration in a folder of models; None if it has none.

    Raises:
        ValueError: the file is no calibration.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        plain: dict[str, Any] = json.loads(path.read_text())
        maps = {Field(name): Map(fit["slope"], fit["shift"], fit["lapse"]) for name, fit in plain["fields"].items()}
        return Calibration(plain["readers"], plain["version"], maps)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no calibration: {error!r}") from error
