"""The date of a check: many ways to write it, one calendar day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from math import exp
from operator import itemgetter

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr.fields import date_figures, spelled
from ocr.fields.date_figures import FIRST_YEAR, LAST_YEAR
from ocr.fields.lines import TextLine, letters, right_of, says
from ocr.image.prepare import Floats, Gray
from ocr.layout.zones import Sheet, line_image
from ocr.nets import ctc, figure_head, figures, ppocr
from ocr.reading import Candidate, Field, FieldReading, ranked

SURE, SURE_SPELLED = 0.95, 0.9  # below this the second reader is asked too: of 78 surer ones it mended none
LEGIBLE = 0.9  # per letter: words read so well are what they say
LEAST = 0.05  # a line with less chance than this of being a date is none
LABEL_LEFT, LABEL_LOW = 0.3, 0.6  # the word DATE stands right of and above these shares of the paper
REACH_IN, BESIDE = 2.5, 2  # how far right of that word a date may begin; pieces of text that may be it
LEFT, LOW = 0.42, 0.55  # a date without that word stands right of and above these shares
ELSEWHERE = 0.9  # weight of a date that stands by no word DATE
FLOOR = 0.01  # what a reader leaves a day that it does not name
EXPONENT = 0.5  # of each reader where two are joined: they mostly err on the same lines
WIDE_IN, HIGH_IN = 0.5, 0.1  # a date is at least so wide and high
TRIED = 2  # lines that are looked at closely where no date was seen
LEAST_DIGITS, LONGEST = 3, 40  # characters of a date: at least so many digits, at most so many in all
BEAM, SPELLED_BEAM = 24, 16  # texts of a line that are considered: figures, and words
KEPT = 16  # days listed: room for all that look like the likeliest one
MOST = 0.999  # no reading is certain
LISTED = 1e-4  # a day less likely is not worth naming
SHARED, VETO = 0.7, 12.0  # weight of each of two readers, and the nats that one of them can count against a month
MISFIT = 8.0  # nats below what is read freely at which the likeliest date is as likely as no date at all
SLOPE = 0.5  # nats for no date at all that each further nat of misfit is worth
NO_DATE = 3.0  # nats at most for no date at all
NO_MONTH = 1.5  # the same for a line that is one long word and figures: it can hardly be anything else
IMPOSSIBLE = -99.0  # nats of a date that no reader's output can spell
# How surely a text in these forms means the day that it seems to name.
ISO, DAY_FIRST, ONE_STROKE, RUN_TOGETHER = 0.98, 0.5, 0.5, 0.25
MISSPELLED = 0.34  # share of a month's letters that may be wrong: one of three, two of six
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
_NAMED = re.compile(r"([A-Za-z]{2,10})[.,]?\s*(\d{1,2})(?:st|nd|rd|th)?[\s.,'/-]+(\d{4}|\d{2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s-]*([A-Za-z]{3,9})[.,\s'-]*(\d{4}|\d{2})(?!\d)")
_RUN_TOGETHER = re.compile(r"(\d\d)[.17lI|](\d\d)[.17lI|](20\d\d|\d\d)")  # both strokes read as figures
_ONE_STROKE = re.compile(r"(?=.*[-/])(\d{1,2})[-/.17lI|](\d{1,2})[-/.17lI|](20\d\d|\d\d)")  # one of them
_SPELLED = re.compile(r"[A-Za-z]{2}[^0-9]{0,9}?(\d[^A-Za-z]{2,8})\W*$")
_ONE_WORD = re.compile(r"[^A-Za-z0-9]*[A-Za-z]{5,10}\W*\d[\W\d]*")
NUMERIC = "0123456789/-. "


def read_date(lines: Iterable[TextLine], page: Sheet, serial: str = "", *, closely: bool = False) -> FieldReading:
    """The date among the lines of a check: right of the word DATE, else in the upper right part.

    Dates in figures are weighed against their picture by two readers of our own; in doubt, PP-OCR and the net that
    reads its outputs are asked, too. Where no date was seen, they look `closely` where one is likeliest to stand. The
    check's own number (`serial`) is no date.
    """
    lines = [line for line in lines if not serial or re.sub(r"\D", "", line.value) != serial]
    near = _near_labels(lines, page.dpi)
    elsewhere = [line for line in lines if line not in near and line.x > LEFT and line.y < LOW]
    total, best = _likeliest_line(near, elsewhere, page)
    if best is not None and total > LEAST:
        sure = SURE_SPELLED if best.figures is None else SURE
        return _field(best if max(best.days.values()) >= sure else _second_look(best))
    if closely:
        faint = [best] if best is not None and total > 0 and not _is_other_text(best.line) else []
        large = [line for line in (*near, *elsewhere) if line.width_in > WIDE_IN and line.height_in > HIGH_IN]
        for look in [*faint, *(_first_look(line, page) for line in large[:TRIED] if not _is_other_text(line))]:
            closer = _second_look(look)
            if sum(closer.days.values()) > LEAST:
                return _field(closer)
    return FieldReading(Field.DATE, ())


@dataclass(frozen=True, slots=True)
class _Look:
    """What readers saw on one line."""

    line: TextLine
    picture: Gray
    figures: figures.Figures | None  # none where a month is spelled
    by_text: dict[str, float]  # the ISO dates that the readers' texts name, with what these give them
    days: dict[str, float]  # ISO dates with their probabilities


def _near_labels(lines: list[TextLine], dpi: int) -> list[TextLine]:
    """The lines with the word DATE, and what stands right of it."""
    near: list[TextLine] = []
    for label in lines:
        if label.y < LABEL_LOW and label.x > LABEL_LEFT and says(label, "date", "dated", "date issued"):
            beside = right_of(label, lines, REACH_IN, dpi)[:BESIDE]
            near += [line for line in (label, *beside) if line not in near]
    return near


def _likeliest_line(near: list[TextLine], elsewhere: list[TextLine], page: Sheet) -> tuple[float, _Look | None]:
    """The line that is likeliest a date, and how likely that is."""
    total = 0.0
    best: _Look | None = None
    for share, group in ((1.0, near), (ELSEWHERE, elsewhere)):
        if total < share:  # what stands elsewhere cannot be likelier than that
            for look in (_first_look(line, page) for line in group if _may_be_date(line.value)):
                chance = share * sum(look.days.values())
                total, best = max((total, best), (chance, look), key=itemgetter(0))
    return total, best


def _first_look(line: TextLine, page: Sheet) -> _Look:
    """What the first readers see on a line."""
    picture = line_image(page, line.piece)
    letter_count, days = _letter_count(line.value), candidates(line.text)
    is_words = letter_count > 2 and (sum(days.values()) > LEAST or _is_other_text(line))  # else figures like letters
    seen = None if is_words else figures.read_figures(picture)
    if seen is None or (letter_count == 2 and not re.search("[-/]", seen.value)):
        return _Look(line, picture, None, days, days)
    by_text = _added(days, _days(seen.likely(BEAM)))
    return _Look(line, picture, seen, by_text, date_figures.weighed((line.text, seen), by_text))


def _second_look(look: _Look) -> _Look:
    """The same once the second reader, and the net that reads its outputs, were asked."""
    text, head = figure_head.read_line(look.picture)
    read = candidates(text)
    if look.figures is None:
        both, apart = spelled_days([look.line.text, text]), joined(look.days, read)
        return replace(look, days=both if sum(both.values()) > sum(read.values()) else apart)
    by_text = _added(_added(look.by_text, read), _days(head.likely(BEAM)))
    days = date_figures.weighed((look.line.text, look.figures, text, head), by_text)
    if _letter_count(text.value) > 2 and sum(read.values()) > sum(days.values()):  # "Nov" taken for figures
        return replace(look, figures=None, days=read)
    return replace(look, days=days)


def _added(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {day: first.get(day, 0.0) + second.get(day, 0.0) for day in sorted({*first, *second})}


def _field(look: _Look) -> FieldReading:
    line, days = look.line, look.days
    source = ppocr.SOURCE if _letter_count(line.value) > 2 else figures.SOURCE
    if look.figures is not None and not re.match(r"\W*0", look.figures.value):
        days = date_figures.doubted(days, look.picture)
    listed = (Candidate(day, min(p, MOST), source) for day, p in days.items())
    return FieldReading(Field.DATE, ranked(listed, KEPT), line.box)


def joined(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """What two readers of one line say together."""
    scores = {
        day: ((first.get(day, 0.0) + FLOOR) * (second.get(day, 0.0) + FLOOR)) ** EXPONENT
        for day in sorted({*first, *second})  # in order: a sum of floats depends on it
    }
    neither = (1 - sum(first.values()) + FLOOR) * (1 - sum(second.values()) + FLOOR)
    whole = sum(scores.values()) + neither
    return {day: score / whole for day, score in scores.items()}


def candidates(text: ppocr.Text) -> dict[str, float]:
    """ISO dates that the line may say, with their probabilities."""
    if not _may_be_date(text.value):
        return {}
    if _letter_count(text.value) <= 1:
        return _days(text.among(NUMERIC, BEAM))
    by_text, by_spelling = _days(text.likely(SPELLED_BEAM)), spelled_days([text])
    return by_spelling if sum(by_spelling.values()) > sum(by_text.values()) else by_text


def spelled_days(texts: Sequence[ppocr.Text]) -> dict[str, float]:
    """ISO dates with a spelled month: each month, then each day and year, is weighed against the line as a whole.

    `texts` are the line as one reader or several see it. Four figures after the month are a day and a short year, or a
    year whose day was not read: what fits better counts.
    """
    tails = [re.sub(r"\D", "", match[1]) for text in texts if (match := _SPELLED.search(text.value))]
    splits = {(tail[:-2], tail[-2:]) for tail in tails if 3 <= len(tail) <= 4}
    splits |= {(tail[:-4], tail[-4:]) for tail in tails if 4 <= len(tail) <= 6}
    outputs = [spelled.folded(text.log_probs) for text in texts]
    is_word = all(_ONE_WORD.fullmatch(text.value) for text in texts)
    readings = [_days_with(outputs, day, year, is_word) for day, year in sorted(splits)]
    best = max((fit for fit, _ in readings), default=0.0)
    weights = [exp(fit - best) for fit, _ in readings]
    chances: dict[str, float] = {}
    for weight, (_, days) in zip(weights, readings, strict=True):
        for day, p in days.items():
            chances[day] = chances.get(day, 0.0) + p * weight / sum(weights)
    return chances


def _days_with(outputs: Sequence[Floats], day: str, year: str, is_word: bool) -> tuple[float, dict[str, float]]:
    """How well the best spelling with these figures fits, or with any day where none was read; and its dates.

    Where a whole word stands before them (`is_word`), only which month it is can be in doubt.
    """
    no_month, no_day = (NO_MONTH, None) if is_word else (NO_DATE, NO_DATE)
    forms = {form: f"{form}{day}{year}" for name in _MONTHS for form in (name, name[:3], name[:4])}
    months, _ = _fitting(outputs, forms, no_month)
    if not months:
        return IMPOSSIBLE, {}
    month = max(months, key=lambda form: months[form])
    days, _ = _fitting(outputs, {str(number): f"{month}{number}{year}" for number in range(1, 32)}, no_day)
    if not day and days:
        return _days_with(outputs, max(days, key=lambda number: days[number]), year, is_word)
    numbers = range(FIRST_YEAR, LAST_YEAR + 1)
    years, fit = _fitting(outputs, {str(n): f"{month}{day}{str(n)[-len(year) :]}" for n in numbers}, no_day)
    return fit, _combined(months, days, years)


def _combined(months: Mapping[str, float], days: Mapping[str, float], years: Mapping[str, float]) -> dict[str, float]:
    """ISO dates of the likely months (as they are spelled), days and years, each weighed apart."""
    chances: dict[str, float] = {}
    likely = [[(text, p) for text, p in part.items() if p > LISTED] for part in (months, days, years)]
    for (form, p), (day, q), (year, r) in product(*likely):
        if p * q * r > LISTED:
            month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(form))
            for real_day, _ in _calendar_day(year, str(month), day, 1.0):
                chances[real_day.isoformat()] = chances.get(real_day.isoformat(), 0.0) + p * q * r
    return chances


def _fitting(outputs: Sequence[Floats], texts: Mapping[str, str], none: float | None) -> tuple[dict[str, float], float]:
    """How likely each of these texts is on the line, and how well the best fits, in nats.

    The worse it fits, the likelier there is none of them, by `none` nats at most; None: one of them it must be.
    """
    weight = 1.0 if len(outputs) == 1 else SHARED
    scores = np.zeros(len(texts))
    for log_probs in outputs:
        fits = np.array(ctc.scores(log_probs, [*texts.values()], spelled.SIGNS))
        if np.isfinite(fits.max()):
            scores += weight * (np.logaddexp(fits, fits.max() - VETO) - spelled.free(log_probs))
    if not scores.any():
        return {}, IMPOSSIBLE
    best = float(scores.max())
    weights = np.exp(scores - best)
    whole = float(weights.sum()) + (0.0 if none is None else exp(min(none, -SLOPE * (best + MISFIT))))
    return {key: float(share) / whole for key, share in zip(texts, weights, strict=True)}, best


def _may_be_date(value: str) -> bool:
    return sum(char.isdigit() for char in value) >= LEAST_DIGITS and len(value) <= LONGEST


def _letter_count(value: str) -> int:
    """How many letters of a month there are, however badly it was read; the printed word before the date has none."""
    return letters(re.sub(r"(?i)dated?", "", value))


def _is_other_text(line: TextLine) -> bool:
    """Whether a line was read well and is words, none of them a month: a name, a street, a bank."""
    if line.text.clarity < LEGIBLE or _letter_count(line.value) <= 2:
        return False
    return not any(_month(word)[0] for word in re.findall("[A-Za-z]{3,}", line.value))


def _days(texts: Iterable[tuple[str, float]]) -> dict[str, float]:
    chances: dict[str, float] = {}
    for value, probability in texts:
        for day, sure in parse(value):
            chances[day.isoformat()] = chances.get(day.isoformat(), 0.0) + sure * probability
    return chances


def parse(text: str) -> list[tuple[date, float]]:
    """The days that a text names, each with how surely its form means that day, best first.

    American order, month first; a first number over 12 makes it day first.
    """
    if match := _ISO.search(text):
        return _calendar_day(match[1], match[2], match[3], ISO)
    if match := _NUMERIC.search(text):
        month_first = _calendar_day(match[3], match[1], match[2], 1.0)
        return month_first or _calendar_day(match[3], match[2], match[1], DAY_FIRST)
    for pattern, month_at, day_at in ((_NAMED, 1, 2), (_DAY_FIRST, 2, 1)):
        for match in pattern.finditer(text):
            month, sure = _month(match[month_at])
            if month:
                return _calendar_day(match[3], str(month), match[day_at], sure)
    tight = re.sub(r"\s", "", text)
    for pattern, sure in ((_ONE_STROKE, ONE_STROKE), (_RUN_TOGETHER, RUN_TOGETHER)):
        if match := pattern.fullmatch(tight):
            return _calendar_day(match[3], match[1], match[2], sure)
    return []


def _month(word: str) -> tuple[int, float]:
    """The month that a word or its beginning means, with how sure; 0 for none."""
    plain = word.lower()
    best, least = 0, float("inf")
    for at, name in enumerate(_MONTHS, 1):
        for form in dict.fromkeys((name, name[:3], name[:4])):
            cost = Levenshtein.distance(plain, form) / len(form)
            if cost < least:
                best, least = at, cost
    return (best, 1.0 - least) if least <= MISSPELLED else (0, 0.0)


def _calendar_day(year: str, month: str, day: str, sure: float) -> list[tuple[date, float]]:
    """That day, as sure as given; none where the calendar has no such day, or not in these years."""
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    try:
        real_day = date(full_year, int(month), int(day))
    except ValueError:
        return []
    return [(real_day, sure)] if FIRST_YEAR <= full_year <= LAST_YEAR else []
