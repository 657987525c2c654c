"""The courtesy amount: figures as Americans write and print them, and what they come to in cents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import Any, TypeVar

import cv2
import numpy as np

from ocr import ctc, figure_head, figures, ppocr
from ocr.figures import Figures
from ocr.lines import Line
from ocr.prepare import Gray
from ocr.reading import Box, Candidate, FieldReading, Name, ranked
from ocr.zones import Sheet, line_image

Key = TypeVar("Key", int, str)
MOST_CENTS = 10**9
WITHOUT_CENTS = 0.7  # "$412": people who mean whole dollars mostly say so
IMAGE_SAYS = 1e-5  # what the figures show less than this, the words cannot put there
SURE = 0.97  # below this a line is read a second time, by the second reader and with care
AGREED = 0.9  # the same where the reader of text sees this amount, too
FLOOR = 1e-4  # the least that a reader is held to have given a candidate
MOST = 0.9999
SIDE, LEVEL = 0.25, 0.6  # of a piece's height: how near writing that goes on stands, and how level
LEFT_OVER = 0.5  # of a digit's ink, outside what the figures explain
UNEXPLAINED = 0.5  # what is left of any amount then
FEW_DIGITS, SELDOM = 3, 0.3  # two digits alone are more often a scrap than an amount
LOOKED_AT = 4  # lines that may be the amount
LEAST_HIGH_IN, LEAST_WIDE_IN, TALL_IN = 0.05, 0.2, 0.15
BAR = 0.62  # least length of the stroke under raised cents, in heights of the figures: no figure has one as long
_WHOLE = r"(\d{1,3}(?:[, ]\d{3})+|\d{1,7})"
_NONE = r"(?:xx|xX|Xx|XX|x|X|no|No|NO|nO|n0|oo|OO|--|=|00)"
_UNDER = r"(?:[1lI]?(?:00|oo|OO|xx|XX|x))"
_FORMS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_WHOLE} ?[.:] ?(\d\d)"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-?]*=?_(\d\d)/?{_UNDER}?[\-=]*"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-?]*=?_(?:{_NONE}|-|0|n)/?{_UNDER}?[\-=]*"), 0.97),
    (re.compile(rf"{_WHOLE}[ .,:\-]*(\d\d) ?/ ?[1lI]?(?:00|oo|OO|0)"), 1.0),
    (re.compile(rf"{_WHOLE}[ .,:\-]*(?:and ?)?{_NONE} ?/ ?(?:[1lI]?(?:00|oo|OO|xx|XX))?"), 0.97),
    (re.compile(rf"{_WHOLE} ?[.:,] ?[\-=_xX*]+"), 0.9),
    (re.compile(rf"{_WHOLE} ?[\-=_]+"), 0.85),
    (re.compile(rf"{_WHOLE} (\d\d)"), 0.8),
    (re.compile(r"(\d{1,6}),(\d\d)"), 0.8),
    (re.compile(rf"{_WHOLE}[.,:]?"), WITHOUT_CENTS),
)


def parse(text: str) -> list[tuple[int, float]]:
    """What figures come to: cents and how surely this form means that, best first; empty: no amount.

    `$`, stars and spaces around are what printers and careful people put there against additions; `_` begins cents
    over a stroke. Figures without cents may be whole dollars or have their point missing: both are given, neither is
    sure.
    """
    plain = re.sub(r"^[\s$*#=_\-.,:?]+|[\s*#?]+$", "", text)
    plain = re.sub(r"\s+", " ", plain)
    found: dict[int, float] = {}
    for form, sure in _FORMS:
        match = form.fullmatch(plain)
        if not match:
            continue
        groups = [group for group in match.groups() if group is not None]
        cents = int(re.sub(r"\D", "", groups[0])) * 100 + (int(groups[1]) if len(groups) > 1 else 0)
        found.setdefault(cents, sure)
        if sure == WITHOUT_CENTS and cents >= 10_000:
            found.setdefault(cents // 100, 0.2)
        break
    return [(cents, sure) for cents, sure in found.items() if 0 < cents < MOST_CENTS]


def read_amount(lines: Iterable[Line], page: Sheet, words: FieldReading | None = None) -> FieldReading:
    """The figures among the lines of a check: those that look most like an amount, where an amount stands.

    `words` are the legal amount: what they say is looked for in the figures too, and counts as far as these show it.
    """
    lines = list(lines)
    seen = _courtesy(lines, page)
    if seen is None:
        return FieldReading(Name.COURTESY_AMOUNT, ())
    cents, source = judged(seen.picture, seen.figures, seen.line.text)
    if cut_short(seen.line.box, [one.box for one in lines if one is not seen.line and one.value != "$"]):
        cents = {value: p * UNEXPLAINED for value, p in cents.items()}
    if words:
        spoken = [int(one.value) for one in words.candidates[:4]]
        quick = _supported(seen.line.text, spoken)
        for value in spoken:
            p = max(quick[value], seen.figures.support(forms(value)))
            if value not in cents and p > IMAGE_SAYS:
                cents[value] = p
    whole = max(1.0, sum(cents.values()))
    ordered = ranked(Candidate(str(value), min(MOST, p / whole), source) for value, p in cents.items())
    return FieldReading(Name.COURTESY_AMOUNT, ordered, seen.line.box)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line that may be the amount, as the net of figures reads it."""

    line: Line
    picture: Gray
    figures: Figures


def _courtesy(lines: Iterable[Line], page: Sheet) -> _Seen | None:
    """The line that looks most like an amount where one stands; the net of figures looks at the likeliest few."""
    places = sorted(((place, at, one) for at, one in enumerate(lines) if (place := _place(one)) > 0), reverse=True)
    best: tuple[float, _Seen] | None = None
    for place, _, line in places[:LOOKED_AT]:
        picture = line_image(page, line.piece)
        seen = figures.read_figures(picture)
        cents = meant(seen.likely(8))
        score = (place + _looks(seen.value)) * (0.1 + max(sum(cents.values()), sum(candidates(line.text).values())))
        if sum(char.isdigit() for char in seen.value) < FEW_DIGITS:
            score *= SELDOM
        if best is None or score > best[0]:
            best = (score, _Seen(line, picture, seen))
    return best[1] if best else None


def cut_short(box: Box, others: Iterable[Box]) -> bool:
    """Whether other writing goes on from this piece on its own row: digits of it may stand there."""
    near = SIDE * box.height_px
    left, right, low = box.left_px, box.left_px + box.width_px, box.top_px + box.height_px
    for other in others:
        level = min(low, other.top_px + other.height_px) - max(box.top_px, other.top_px)
        if level < LEVEL * box.height_px:
            continue
        end = other.left_px + other.width_px
        if (other.left_px < right + near < end) or (other.left_px < left - near < end):
            return True
    return False


def judged(picture: Gray, first: Figures, text: ppocr.Text) -> tuple[dict[int, float], str]:
    """Amounts with their probabilities, and by which readers: the net of figures, and PP-OCR where that is in doubt.

    Ink that the net's figures leave unexplained is doubt, too: a digit may be missing.
    """
    by = weights()
    named = meant(first.likely(24))
    best = max(named, key=lambda one: named[one], default=0)
    agreed = best in candidates(text, 6)
    if named.get(best, 0.0) >= (AGREED if agreed else SURE) and first.left_over < LEFT_OVER:
        return named, figures.SOURCE
    again = meant(figures.read_figures(picture, figures.NARROW).likely(24))
    quoted, held = second(picture)
    found = weighed([(mean(named, again), by.first), (quoted, by.second), (held, by.head)], by.none)
    if first.left_over >= LEFT_OVER:
        found = {value: p * UNEXPLAINED for value, p in found.items()}
    return found, f"{figures.SOURCE}+{ppocr.SOURCE}"


def second(picture: Gray) -> tuple[dict[int, float], dict[int, float]]:
    """What PP-OCR sees, with care, and what our head on its features sees in the same look.

    PP-OCR is another network, trained on other writing. It costs ten times the first reader.
    """
    text, seen = figure_head.read_line(picture)
    head = meant(seen.likely(24))
    raised = _raised(picture)
    if sum(raised.values()) > 0.5:
        return raised, head
    one = candidates(text)
    if max(one.values(), default=0.0) >= SURE:
        return one, head
    return mean(one, candidates(ppocr.read_narrow(picture))), head


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


def weighed(voices: Sequence[tuple[Mapping[int, float], float]], none: float) -> dict[int, float]:
    """Candidates of several readers with joint probabilities: calibrated chances multiplied, each to its exponent.

    A candidate that a reader left out keeps a floor there.
    """
    values = {value for found, _ in voices for value in found}
    scores = {value: exp(sum(by * log(found.get(value, 0.0) + FLOOR) for found, by in voices)) for value in values}
    whole = sum(scores.values()) + none
    return {value: score / whole for value, score in scores.items()}


def forms(cents: int) -> list[str]:
    """The usual ways to write an amount, in the signs of the net of figures."""
    whole, rest = divmod(cents, 100)
    plain = [f"{whole}.{rest:02d}", f"{whole}_{rest:02d}", f"{whole}{rest:02d}/100", f"{whole}.{rest:02d}/100"]
    plain += [f"{whole:,}.{rest:02d}", f"{whole:,}_{rest:02d}"] if whole > 999 else []
    plain += [] if rest else [f"{whole}xx/100", f"{whole}n0/100", f"{whole}_xx", f"{whole}_n0"]
    return [sign + form for form in plain for sign in ("", "$")]


def _raised(picture: Gray) -> dict[int, float]:
    """Cents written small over a stroke, with or without 100 under it: read apart from the dollars."""
    cut = fraction(picture)
    if cut is None:
        return {}
    whole_end, top, bar, end = cut
    dollars = ppocr.read_line(picture[:, :whole_end], careful=True).among("0123456789$,*. ", 12)
    small = cv2.copyMakeBorder(picture[top:bar, whole_end:end], 3, 3, 6, 6, cv2.BORDER_CONSTANT, value=255)
    cents = ppocr.read_line(np.asarray(small, np.uint8), careful=True).among("0123456789xXnNoO-", 12)
    found: dict[int, float] = {}
    for whole, p in dollars:
        digits = re.sub(r"\D", "", whole)
        for part, q in cents:
            rest = int(part) if re.fullmatch(r"\d\d", part) else 0 if re.fullmatch(_NONE, part) else None
            if digits and len(digits) < 8 and rest is not None:
                value = int(digits) * 100 + rest
                found[value] = found.get(value, 0.0) + p * q
    return {value: p for value, p in found.items() if value}


def fraction(picture: Gray) -> tuple[int, int, int, int] | None:
    """Where cents stand over a stroke: last column of the dollars, first row and bar row of the cents, last column.

    The bar is long, thin, in the right part, has figures above it and white left of them.
    """
    dark = (picture < 140).astype(np.uint8)
    columns = np.flatnonzero(dark.any(axis=0))
    rows = np.flatnonzero(dark.any(axis=1))
    if len(columns) < 20 or len(rows) < 12:
        return None
    high = int(rows[-1] - rows[0] + 1)
    closed = cv2.morphologyEx(cv2.dilate(dark, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    bars: Any = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, max(8, round(BAR * high))), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(bars)
    for left, top, width, height, _ in sorted(np.asarray(stats)[1:count].tolist(), key=lambda one: -one[2]):
        right = left + width
        if height > 0.3 * high or left < columns[0] + 0.3 * (columns[-1] - columns[0]) or width > 2.5 * high:
            continue
        if columns[-1] - right > 0.5 * high or not 0.3 < (top - rows[0]) / high < 0.97:
            continue
        over = dark[rows[0] : top, left:right]
        if over.any(axis=0).mean() < 0.5 or over.any(axis=1).sum() < 0.2 * high:
            continue
        gap = left
        while gap > 0 and dark[rows[0] : top, gap].any() and left - gap < 0.3 * high:
            gap -= 1
        if dark[rows[0] : top, gap].any():
            continue
        return max(1, gap), int(rows[0]), int(top + 1), int(min(picture.shape[1], columns[-1] + 3))
    return None


def candidates(text: ppocr.Text, width: int = 24) -> dict[int, float]:
    """Cents with their probabilities, for a line that is known to hold figures."""
    return meant(text.among(ppocr.FIGURES, width))


def meant(texts: Iterable[tuple[str, float]]) -> dict[int, float]:
    """What likely texts of a line of figures come to: cents with their probabilities."""
    found: dict[int, float] = {}
    for text, probability in texts:
        for cents, sure in parse(text):
            found[cents] = found.get(cents, 0.0) + sure * probability
    return found


def _place(line: Line) -> float:
    """How much this place speaks for an amount, 0 to 2; 0 where it cannot stand or something else does."""
    value = line.value
    digits, letters = sum(char.isdigit() for char in value), sum(char.isalpha() for char in value)
    if line.x < 0.55 or not 0.18 < line.y < 0.85 or line.height_in < LEAST_HIGH_IN or line.width_in < LEAST_WIDE_IN:
        return 0.0
    if re.search(r"\d[-/]\d{1,2}[-/]\d", value):  # a date
        return 0.0
    if letters > max(digits, 3 if line.height_in < TALL_IN else 5):  # words; large figures may read as a few letters
        return 0.0
    if line.y < 0.32 and not re.search(r"[$*]|\d[.]\d\d$", value):  # serial and bank number stand here too
        return 0.0
    score = 0.5 + 0.5 * (line.x > 0.7) + _looks(value)
    return max(0.05, score - 0.4 * (line.y < 0.25) - 0.5 * (digits < 2))


def _looks(value: str) -> float:
    """How much these figures look like an amount, 0 to 1.4."""
    point = re.search(r"\d[.]\d\d\b|/100|_", value)
    return 0.6 * ("$" in value) + 0.4 * ("*" in value) + 0.4 * bool(point)


def _supported(text: ppocr.Text, spoken: Iterable[int]) -> dict[int, float]:
    """How likely the figures say what the words say, in any usual form, even where other readings are likelier."""
    columns = [0, *(ppocr.ASCII.index(char) + 1 for char in ppocr.FIGURES)]
    log_probs = ctc.log_softmax(text.log_probs[:, columns])
    found: dict[int, float] = {}
    for cents in spoken:
        whole, rest = divmod(cents, 100)
        forms = [f"{whole}.{rest:02d}", f"{whole:,}.{rest:02d}", f"{whole} {rest:02d}/100", f"{whole}{rest:02d}/100"]
        forms += [f"{whole} {rest:02d}", f"{whole}xx/100", f"{whole}no/100"][: 1 if rest else 3]
        scores = [exp(ctc.score(log_probs, sign + form, ppocr.FIGURES)) for form in {*forms} for sign in ("", "$")]
        found[cents] = min(1.0, sum(scores))
    return found
