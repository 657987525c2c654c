"""What several readers see in a line of figures, weighed together into amounts with their probabilities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log, prod
from typing import TypeVar

from ocr.fields.amount_forms import candidates, forms, meant, supported
from ocr.fields.raised_cents import read_raised
from ocr.image.prepare import Gray
from ocr.nets import ctc, figure_head, figures, ppocr
from ocr.nets.figures import Figures

MODEL = "amount_judge"
Key = TypeVar("Key", int, str)
Chances = Mapping[int, float]  # amounts in cents with their probabilities
SURE = 0.97  # below this a line is read a second time, by the second reader and with care
AGREED = 0.93  # the same where the reader of text sees this amount, too
ALL_AGREED = 0.95  # the same of both readers together, where the words name this amount before any other
IMAGE_SAYS = 1e-5  # where the figures show an amount less than this, the words cannot put it there
FLOOR = 1e-4  # the least that a reader is held to have given a candidate
RAISED = 0.5  # cents read this surely over a stroke replace PP-OCR's: in one row with the dollars they confuse it
LEFT_OVER = 0.5  # of a digit's ink, outside what the figures explain
UNEXPLAINED = 0.5  # what is left of any amount then
BEAM = 24  # texts of a line that are considered
AGREED_BEAM = 6  # the same of the reader of text, where it only has to agree


def judged(picture: Gray, first: Figures, text: ppocr.Text, spoken: Sequence[int] = ()) -> tuple[dict[int, float], str]:
    """Amounts with their probabilities, and by which readers: the net of figures, and PP-OCR where that is in doubt.

    Ink that the net's figures leave unexplained is doubt, too: a digit may be missing. In doubt, every reader is asked
    how well the line shows the amounts `spoken` in words, likeliest first, even if it would have named others first.
    Where the reader of text sees the same figures and the words name them first, there is nothing left to ask: of 119
    such lines that alone were in doubt, all were right, and PP-OCR put 2 of them wrong.
    """
    named = meant(first.likely(BEAM))
    best = max(named, key=lambda cents: named[cents], default=0)
    by_text = candidates(text, AGREED_BEAM)
    if first.left_over < LEFT_OVER:
        if named.get(best, 0.0) >= (AGREED if best in by_text else SURE):
            return named, figures.SOURCE
        if best in by_text and best in spoken[:1]:
            together = weighed([(named, 1.0), (by_text, 1.0)], weights().none)
            if together[best] >= ALL_AGREED:
                return together, f"{figures.SOURCE}+{text.source}"
    squeezed = figures.read_figures(picture, figures.NARROW)
    both_looks = mean_chances(shown(first, spoken), shown(squeezed, spoken))
    chances = weighed(with_exponents(both_looks, *second_readers(picture, spoken)), weights().none)
    if first.left_over >= LEFT_OVER:
        chances = {value: p * UNEXPLAINED for value, p in chances.items()}
    return chances, f"{figures.SOURCE}+{ppocr.SOURCE}"


def second_readers(picture: Gray, spoken: Sequence[int] = ()) -> tuple[dict[int, float], dict[int, float]]:
    """What PP-OCR sees, with care, and what our head on its features sees in the same look.

    PP-OCR is a different network, trained on different writing. It costs ten times the first reader. Where the two
    differ, cents over a stroke are looked for and read apart from the dollars.
    """
    text, seen = figure_head.read_line(picture)
    by_ppocr, by_head = candidates(text), shown(seen, spoken)
    if _best(by_ppocr) != _best(by_head):
        raised = read_raised(picture)
        if sum(raised.values()) > RAISED:
            by_ppocr = raised
    missing = [value for value in spoken if value not in by_ppocr]
    return {**_listed(supported(text, missing)), **by_ppocr}, by_head


def shown(seen: Figures, spoken: Sequence[int]) -> dict[int, float]:
    """What a net of figures sees, and how well that shows the amounts spoken, too."""
    named = meant(seen.likely(BEAM))
    missing = [value for value in spoken if value not in named]
    return {**_listed({value: seen.support(forms(value)) for value in missing}), **named}


def _listed(supports: Chances) -> dict[int, float]:
    return {value: p for value, p in supports.items() if p > IMAGE_SAYS}


def _best(chances: Chances) -> int | None:
    return max(chances, key=lambda value: chances[value], default=None)


def mean_chances(first: Mapping[Key, float], second: Mapping[Key, float]) -> dict[Key, float]:
    """What two looks of one reader give together: the mean of their chances."""
    return {key: (first.get(key, 0.0) + second.get(key, 0.0)) / 2 for key in {**first, **second}}


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
    facts = json.loads((ctc.MODELS / f"{MODEL}.json").read_text())
    return Weights(facts["first"], facts["second"], facts["head"], facts["none"])


def with_exponents(first: Chances, second: Chances, head: Chances) -> list[tuple[Chances, float]]:
    """What the net of figures, PP-OCR and the head on its features see, each with its exponent."""
    by = weights()
    return [(first, by.first), (second, by.second), (head, by.head)]


def weighed(readers: Sequence[tuple[Chances, float]], none: float) -> dict[int, float]:
    """Candidates of several readers with joint probabilities: calibrated chances multiplied, each to its exponent.

    A reader that left a candidate out is held to have given it `FLOOR`. One whom nobody else confirms is never believed
    more than it claims.
    """
    values = {value for chances, _ in readers for value in chances}
    scores = {
        value: exp(sum(exponent * log(chances.get(value, 0.0) + FLOOR) for chances, exponent in readers))
        for value in sorted(values)
    }
    whole = sum(scores.values()) + none
    return {value: min(score / whole, _believed(value, readers)) for value, score in scores.items()}


def _believed(value: int, readers: Sequence[tuple[Chances, float]]) -> float:
    """The most that a candidate can be: what its readers' claims leave of doubt is multiplied.

    Once more where several name it: they rarely err alike.
    """
    doubts = [max(0.0, 1 - chances[value]) for chances, _ in readers if value in chances]
    return 1.0 - float(prod(doubts)) ** min(len(doubts), 2)
