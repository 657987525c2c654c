"""Dates in figures weighed against the picture of their line: of days that look alike, the one that is written.

Two ones written close together are read as one, as N or as W, and a one before a stroke as V. So no reader's likeliest
texts decide: every day near those is spelled in every way, also with two ones, or a one and its stroke, run into one
sign; then the outputs of all readers show how well each spelling fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from ocr.fields import spelled
from ocr.image.prepare import Floats, Gray, components
from ocr.nets import ctc, figures, ppocr

SIGNS = "0123456789/NV"  # a stroke is any sign between numbers; N is two ones run into one sign, V a one and its stroke
_STROKES, _ONES, _ZEROS = "/-=\\~", "Il|!i", "OoQD"
_NEVER = "$#"  # in no date
_POINTS = ".,:;'_"  # between numbers, or only a speck
_TWO_ONES, _ONE_AND_STROKE = "NHMWUKnhmwuk", "VYXvyx"
FIRST_YEAR, LAST_YEAR = 2000, 2079  # two digits are read as 20yy
# Fitted on 470 drawn dates: readers err on the same lines, so each is worth less than it seems to be; none counts for
# more than FLOOR nats against the others.
WEIGHT, FLOOR = 0.5, 12.0
ROUNDS = 3  # at most, of looking for the best month with the best day and the other way around
MONTHS, DAYS = 5, 7  # how many of each are combined
MISFIT, STEEP = 4.0, 1.5  # nats below what is read freely at which a day is as likely as no date; how fast it falls
NO_DATE = 3.0  # nats at most for no date at all
WIDE_ONE = 1.7  # strokes: of 228 drawn November dates, a 1 alone measured 1.3 at most, two that touch 2.0 at least
FIGURE_HIGH, INK = 0.45, 128  # share of a line's height that a digit has at least; darker gray levels are ink
BELT = (0.3, 0.7)  # of a mark's height: the rows in which its width is measured
STROKE = 2.0  # nats for taking a stroke as faint, short or like a 7, where no date fits otherwise
NEVER = 1e-12  # the least that a reader gives a sign
LISTED = 1e-7  # a day less likely is not worth naming


def weighed(outputs: Sequence[ppocr.Text | figures.Figures], likely: Mapping[str, float]) -> dict[str, float]:
    """ISO dates that a line may say, with their probabilities, every day as likely beforehand.

    `outputs` are what the readers saw of the line, `likely` the days that some of them read: where to begin.
    """
    if not likely:
        return {}
    log_probs = [_folded(output) for output in outputs]
    year, months, days, full_year = _nearest(log_probs, likely)
    keys = {(year, month, day) for month in months[:MONTHS] for day in days[:DAYS]}
    keys |= {(near_year, months[0], days[0]) for near_year in _one_digit(year)}
    real = sorted(key for key in keys if _is_day(*key))
    if not real:
        return {}
    freely = WEIGHT * sum(map(spelled.free, log_probs)) - MISFIT
    scores = _scores(log_probs, [_forms(*key, full_year) for key in real])
    if scores.max() < freely:
        unclear = _scores(log_probs, [_with_unclear_stroke(_forms(*key, full_year)) for key in real]) - STROKE
        scores = max(scores, unclear, key=np.max)
    best = float(scores.max())
    none = exp(min(NO_DATE, STEEP * (freely - best)))
    weights = np.exp(scores - best)
    whole = float(weights.sum()) + none
    chances = {date(*key).isoformat(): float(weight) / whole for key, weight in zip(real, weights, strict=True)}
    return {day: chance for day, chance in chances.items() if chance > LISTED}


def doubted(days: Mapping[str, float], picture: Gray) -> dict[str, float]:
    """The same days where January is read and the line begins with a sign too wide for one 1: it may be November.

    All readers take two bold ones that touch for one, and are sure of it: their outputs cannot decide between the two.
    """
    best = max(days, key=lambda day: days[day], default="")
    if best[5:7] != "01" or begins_with_width(picture) < WIDE_ONE:
        return dict(days)
    twin = f"{best[:5]}11{best[7:]}"
    half = (days[best] + days.get(twin, 0.0)) / 2
    return {**days, best: half, twin: half}


def begins_with_width(picture: Gray) -> float:
    """How wide the first high mark of a line is at half its height, in strokes of the pen; 0 where there is none."""
    dark = (picture < INK).astype(np.uint8)
    labels, boxes = components(dark)
    rows = np.flatnonzero(dark.any(axis=1))
    high = [at for at, box in enumerate(boxes) if at and box[3] > FIGURE_HIGH * (rows[-1] - rows[0] + 1)]
    if not high:
        return 0.0
    first = min(high, key=lambda at: boxes[at][0])
    left, top, width, height, _ = boxes[first]
    begin, end = (top + round(share * height) for share in BELT)
    middle = labels[begin : end + 1, left : left + width] == first
    wide = [int(np.ptp(np.flatnonzero(row))) + 1 for row in middle if row.any()]
    return float(np.median(wide)) / _pen_px(dark) if wide else 0.0


def _pen_px(dark: NDArray[np.uint8]) -> float:
    """The width of the pen: the median run of ink along the rows."""
    edges = np.flatnonzero(np.diff(np.pad(dark, ((0, 0), (1, 1))).ravel().astype(np.int8)))
    return float(np.median(edges[1::2] - edges[::2]))


def _nearest(log_probs: list[Floats], likely: Mapping[str, float]) -> tuple[int, list[int], list[int], bool]:
    """The year, months and days from the best fitting on, and whether the year has four figures.

    Each part is sought with the best of the others, until nothing gets better.
    """
    begin = date.fromisoformat(max(likely, key=lambda day: likely[day]))
    months, days = [begin.month], [begin.day]
    tails = [(year, full) for year in sorted({int(day[:4]) for day in likely}) for full in (True, False)]
    for _ in range(ROUNDS):
        before = (months[0], days[0])
        fit = _scores(log_probs, [_forms(year, *before, full) for year, full in tails])
        year, full = tails[int(fit.argmax())]
        months = _ranked(range(1, 13), log_probs, [_forms(year, month, days[0], full) for month in range(1, 13)])
        days = _ranked(range(1, 32), log_probs, [_forms(year, months[0], day, full) for day in range(1, 32)])
        if (months[0], days[0]) == before:
            break
    return year, months, days, full


def _one_digit(year: int) -> set[int]:
    """The years with one of their last two figures changed, and itself."""
    tens, ones = divmod(year - FIRST_YEAR, 10)
    years = {FIRST_YEAR + 10 * ten + ones for ten in range(8)} | {FIRST_YEAR + 10 * tens + digit for digit in range(10)}
    return {near_year for near_year in years if FIRST_YEAR <= near_year <= LAST_YEAR}


def _ranked(values: Iterable[int], log_probs: list[Floats], forms: Sequence[tuple[str, ...]]) -> list[int]:
    scores = _scores(log_probs, forms)
    return [value for _, value in sorted(zip(-scores, values, strict=True))]


def _scores(log_probs: list[Floats], forms: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
    """How well each of these fits all readers' outputs, in nats; each may be spelled in several ways."""
    texts = [text for ways in forms for text in ways]
    owner = np.repeat(np.arange(len(forms)), [len(ways) for ways in forms])
    total = np.zeros(len(forms))
    for output in log_probs:
        fits = np.array(ctc.scores(output, texts, SIGNS))
        top = fits.max()
        if np.isfinite(top):
            sums = np.bincount(owner, np.exp(fits - top), len(forms))
            total += WEIGHT * (top + np.log(sums + exp(-FLOOR)))
        # A reader whose output can spell none of these cannot decide between them.
    return total


@lru_cache(maxsize=8192)
def _forms(year: int, month: int, day: int, full_year: bool) -> tuple[str, ...]:
    """All spellings of a day: with and without leading zeros, ones run together or into a stroke."""
    spellings = []
    tail = str(year) if full_year else f"{year % 100:02d}"
    for month_text in sorted({str(month), f"{month:02d}"}):  # in order: sums of floats depend on it
        for day_text in sorted({str(day), f"{day:02d}"}):
            plain = f"{month_text}/{day_text}/"
            ways = {plain, plain.replace("11", "N", 1)}
            spellings += [way + tail for way in sorted(ways | {way.replace("1/", "V", 1) for way in ways})]
    return tuple(spellings)


def _with_unclear_stroke(ways: Sequence[str]) -> tuple[str, ...]:
    """Spellings that lost the stroke before the year, or have a 7 for one of the two."""
    heads = [way.rsplit("/", 1) for way in ways]
    lost, second = ([sign.join(parts) for parts in heads] for sign in ("", "7"))
    return (*lost, *second, *(way.replace("/", "7", 1) for way in ways if way.count("/") > 1))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _folded(output: ppocr.Text | figures.Figures) -> Floats:
    """A reader's output over its signs as one over SIGNS; signs that mean nothing here count as paper."""
    fold = _fold(ppocr.ASCII if isinstance(output, ppocr.Text) else figures.ALPHABET)
    folded: Floats = np.log(np.maximum(fold(np.exp(output.log_probs)), NEVER)).astype(np.float32)
    return folded


@lru_cache(maxsize=2)
def _fold(alphabet: str) -> ctc.Fold:
    """From the classes of a reader to 1 + len(SIGNS): how much of each counts as a sign; column 0 is paper."""
    matrix = np.zeros((len(alphabet) + 1, len(SIGNS) + 1), np.float32)
    matrix[0, 0] = 1
    meant = {char: char for char in "0123456789"}
    for chars, sign in ((_ONES, "1"), (_ZEROS, "0"), (_STROKES, "/"), (_TWO_ONES, "N"), (_ONE_AND_STROKE, "V")):
        meant |= dict.fromkeys(chars, sign)
    for row, char in enumerate(alphabet, 1):
        if char in _POINTS:
            matrix[row, SIGNS.index("/") + 1] = matrix[row, 0] = 0.5
        elif char not in _NEVER:
            matrix[row, SIGNS.index(meant[char]) + 1 if char in meant else 0] = 1
    return ctc.Fold(matrix)
