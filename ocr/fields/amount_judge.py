"""What several readers see in a line of figures, weighed together into amounts with their probabilities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import TypeVar

from ocr.fields.amount_forms import candidates, forms, meant, supported
from ocr.fields.raised_cents import read_raised
from ocr.image.prepare import Gray
from ocr.nets import ctc, figure_head, figures, ppocr
from ocr.nets.figures import Figures

Key = TypeVar("Key", int, str)
SURE = 0.97  # below this a line is read a second time, by the second reader and with care
AGREED = 0.93  # the same where the reader of text sees this amount, too
IMAGE_SAYS = 1e-5  # what the figures show less than this, the words cannot put there
FLOOR = 1e-4  # the least that a reader is held to have given a candidate
RAISED = 0.5  # cents read this surely over a stroke are what PP-OCR says; in one row with the dollars they confuse it
LEFT_OVER = 0.5  # of a digit's ink, outside what the figures explain
UNEXPLAINED = 0.5  # what is left of any amount then


def judged(picture: Gray, first: Figures, text: ppocr.Text, spoken: Sequence[int] = ()) -> tuple[dict[int, float], str]:
    """Amounts with their probabilities, and by which readers: the net of figures, and PP-OCR where that is in doubt.

    Ink that the net's figures leave unexplained is doubt, too: a digit may be missing. In doubt, every reader is asked
    how well the line shows the amounts `spoken` in words, though it would have named others first.
    """
    named = meant(first.likely(24))
    best = max(named, key=lambda one: named[one], default=0)
    agreed = best in candidates(text, 6)
    if named.get(best, 0.0) >= (AGREED if agreed else SURE) and first.left_over < LEFT_OVER:
        return named, figures.SOURCE
    again = figures.read_figures(picture, figures.NARROW)
    looks = [shown(one, spoken) for one in (first, again)]
    found = weighed(voices(mean(*looks), *second(picture, spoken)), weights().none)
    if first.left_over >= LEFT_OVER:
        found = {value: p * UNEXPLAINED for value, p in found.items()}
    return found, f"{figures.SOURCE}+{ppocr.SOURCE}"


def second(picture: Gray, spoken: Sequence[int] = ()) -> tuple[dict[int, float], dict[int, float]]:
    """What PP-OCR sees, with care, and what our head on its features sees in the same look.

    PP-OCR is another network, trained on other writing. It costs ten times the first reader. Where the two differ,
    cents over a stroke are looked for and read apart from the dollars.
    """
    text, seen = figure_head.read_line(picture)
    quoted, held = candidates(text), shown(seen, spoken)
    if _best(quoted) != _best(held):
        raised = read_raised(picture)
        if sum(raised.values()) > RAISED:
            quoted = raised
    missing = [value for value in spoken if value not in quoted]
    return {**_listed(supported(text, missing)), **quoted}, held


def shown(seen: Figures, spoken: Sequence[int]) -> dict[int, float]:
    """What a net of figures sees, and how well that shows other amounts, too."""
    found = meant(seen.likely(24))
    missing = [value for value in spoken if value not in found]
    return {**_listed({value: seen.support(forms(value)) for value in missing}), **found}


def _listed(supports: Mapping[int, float]) -> dict[int, float]:
    return {value: p for value, p in supports.items() if p > IMAGE_SAYS}


def _best(found: Mapping[int, float]) -> int | None:
    return max(found, key=lambda value: found[value], default=None)


def mean(one: Mapping[Key, float], other: Mapping[Key, float]) -> dict[Key, float]:
    """What two looks of one reader say: the mean of their chances."""
    return {key: (one.get(key, 0.0) + other.get(key, 0.0)) / 2 for key in {**one, **other}}


@dataclass(frozen=True, slots=True)
class Weights:
    """How readers are weighed: exponents of what each gives a candidate, and the weight of none being right."""

    first: float  # the net of figures
    second: float  # PP-OCR
    head: float  # the net on PP-OCR's features
    none: float


@cache
def weights() -> Weights:
    """The weights that training/judge.py fitted on drawn lines kept out of training."""
    facts = json.loads((ctc.MODELS / "amount_judge.json").read_text())
    return Weights(facts["first"], facts["second"], facts["head"], facts["none"])


def voices(
    first: Mapping[int, float], other: Mapping[int, float], head: Mapping[int, float]
) -> list[tuple[Mapping[int, float], float]]:
    """What the net of figures, PP-OCR and the head on its features see, each with its exponent."""
    by = weights()
    return [(first, by.first), (other, by.second), (head, by.head)]


def weighed(said: Sequence[tuple[Mapping[int, float], float]], none: float) -> dict[int, float]:
    """Candidates of several readers with joint probabilities: calibrated chances multiplied, each to its exponent.

    A candidate that a reader left out keeps a floor there.
    """
    values = {value for found, _ in said for value in found}
    scores = {value: exp(sum(by * log(found.get(value, 0.0) + FLOOR) for found, by in said)) for value in values}
    whole = sum(scores.values()) + none
    return {value: score / whole for value, score in scores.items()}
