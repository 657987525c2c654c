"""The courtesy amount: figures as Americans write and print them, and what they come to in cents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from math import exp
from typing import Any

import cv2
import numpy as np

from ocr import ctc, ppocr
from ocr.lines import Line
from ocr.prepare import Gray
from ocr.reading import Candidate, FieldReading, Name, ranked
from ocr.zones import Sheet, line_image

MOST_CENTS = 10**9
WITHOUT_CENTS = 0.7  # "$412": people who mean whole dollars mostly say so
AGREEMENT = 100.0  # how much likelier figures are when the words, all but surely, say the same
IMAGE_SAYS = 1e-5  # what the figures show less than this, the words cannot put there
SURE = 0.97  # below this a line is read a second time, with more care
BAR = 0.62  # least length of the stroke under raised cents, in heights of the figures: no figure has one as long
_WHOLE = r"(\d{1,3}(?:[, ]\d{3})+|\d{1,7})"
_NONE = r"(?:xx|xX|Xx|XX|x|X|no|No|NO|nO|oo|OO|--|=|00)"
_FORMS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_WHOLE} ?[.:] ?(\d\d)"), 1.0),
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

    `$`, stars and spaces around are what printers and careful people put there against additions. Figures without
    cents may be whole dollars or have their point missing: both are given, neither is sure.
    """
    plain = re.sub(r"^[\s$*#=_\-.,:]+|[\s*#]+$", "", text)
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
    best: tuple[float, Line, dict[int, float]] | None = None
    for line in lines:
        place = _place(line)
        if place <= 0:
            continue
        cents = candidates(line.text)
        score = place * (0.1 + sum(cents.values()))
        if best is None or score > best[0]:
            best = (score, line, cents)
    if best is None:
        return FieldReading(Name.COURTESY_AMOUNT, ())
    _, line, cents = best
    picture = line_image(page, line.piece)
    raised = _raised(picture) if max(cents.values(), default=0.0) < SURE else {}
    if sum(raised.values()) > sum(cents.values()) / 2:
        cents = raised
    elif max(cents.values(), default=0.0) < SURE:
        again = candidates(ppocr.read_line(picture, careful=True))
        cents = {one: (cents.get(one, 0.0) + again.get(one, 0.0)) / 2 for one in {*cents, *again}}
    if words and not raised:
        for value, p in _supported(line.text, [int(one.value) for one in words.candidates[:4]]).items():
            if p > IMAGE_SAYS:
                cents[value] = max(cents.get(value, 0.0), p)
    found = ranked(Candidate(str(value), p, ppocr.SOURCE) for value, p in cents.items())
    figures = FieldReading(Name.COURTESY_AMOUNT, found, line.box)
    return sharpened(figures, words) if words else figures


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
    found: dict[int, float] = {}
    texts = text.among(ppocr.FIGURES, width)
    for value, probability in texts:
        for cents, sure in parse(value):
            found[cents] = found.get(cents, 0.0) + sure * probability
    return found


def _place(line: Line) -> float:
    """How much this place and look speak for an amount, 0 to 2."""
    value = line.value
    digits = sum(char.isdigit() for char in value)
    if line.x < 0.55 or not 0.18 < line.y < 0.85 or digits < 2:
        return 0.0
    if re.search(r"\d[-/]\d{1,2}[-/]\d|[A-Za-z]{3}", value):  # a date, words
        return 0.0
    if line.y < 0.32 and not re.search(r"[$*]|\d[.]\d\d$", value):  # serial and bank number stand here too
        return 0.0
    score = 0.5 + 0.5 * (line.x > 0.7)
    score += 0.6 * ("$" in value) + 0.4 * ("*" in value) + 0.4 * bool(re.search(r"\d[.]\d\d\b|/100", value))
    return score - 0.4 * (line.y < 0.25)


def sharpened(found: FieldReading, words: FieldReading) -> FieldReading:
    """The figures once the words are known: where both can mean the same it grows surer, never the other way round.

    The words alone add no candidate: they are a check on the figures.
    """
    spoken = {one.value: one.probability for one in words.candidates}
    if not spoken or not found.candidates:
        return found
    weighed = [(one, one.probability * (1 + AGREEMENT * spoken.get(one.value, 0.0))) for one in found.candidates]
    rest = max(0.0, 1 - sum(one.probability for one in found.candidates))
    whole = sum(weight for _, weight in weighed) + rest
    return replace(
        found,
        candidates=ranked(replace(one, probability=min(0.9999, weight / whole)) for one, weight in weighed),
    )


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
