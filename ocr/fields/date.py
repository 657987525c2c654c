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
from ocr.fields.lines import Reread, TextLine, letters, right_of, says
from ocr.image.prepare import Floats, Gray
from ocr.layout.zones import Sheet, line_image
from ocr.nets import ctc, figure_head, figures, ppocr
from ocr.reading import Candidate, Field, FieldReading, ranked

SURE, SURE_SPELLED = 0.95, 0.9  # below this the second reader is asked too: of 78 surer ones it mended none
LEGIBLE = 0.9  # per letter: words read so well are what they say
LEAST = 0.05  # a line that may say a date with less than this says none
ELSEWHERE = 0.9  # weight of a date that stands by no word DATE
FLOOR = 0.01  # what a reader leaves a day that it does not name
TOOK = 0.5  # exponent of each reader where two are joined: they mostly err on the same lines
WIDE_IN, HIGH_IN = 0.5, 0.1  # a date fills at least that
KEPT = 16  # days listed: those that look like the likeliest one belong to it
LISTED = 1e-4  # a day less likely is not worth naming
SHARED, VETO = 0.7, 12.0  # weight of each of two readers, and the nats that one of them can count against a month
MISFIT = 8.0  # nats that the likeliest date may lie below what is read freely, to be as likely as no date at all
NO_DATE = 3.0  # nats at most for no date at all
NO_MONTH = 1.5  # the same for a line that is one long word and figures: what else should it be
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


def read_date(lines: list[TextLine], page: Sheet, again: Reread | None = None, serial: str = "") -> FieldReading:
    """The date among the lines of a check: right of the word DATE, else in the upper right part.

    Dates in figures are weighed against their picture by two readers of our own; in doubt, PP-OCR and the net that
    reads its outputs are asked, too. Where no date was seen, `again`, the second reader, looks where one is likeliest
    to stand. The check's own number (`serial`) is no date.
    """
    lines = [one for one in lines if not serial or re.sub(r"\D", "", one.value) != serial]
    near: list[TextLine] = []
    for label in lines:
        if label.y < 0.6 and label.x > 0.3 and says(label, "date", "dated", "date issued"):
            near += [one for one in (label, *right_of(label, lines, 2.5, page.dpi)[:2]) if one not in near]
    others = [one for one in lines if one not in near and one.x > 0.42 and one.y < 0.55]
    total = 0.0
    best: _Seen | None = None
    for share, group in ((1.0, near), (ELSEWHERE, others)):
        if total < share:  # what stands elsewhere cannot be likelier than that
            for seen in (_seen(line, page) for line in group if _may_be_date(line.value)):
                sure = share * sum(seen.found.values())
                total, best = max((total, best), (sure, seen), key=itemgetter(0))
    if best is not None and total > LEAST:
        least = SURE_SPELLED if best.figures is None else SURE
        return _field(best if max(best.found.values()) >= least else _in_doubt(best))
    if again is not None:
        faint = [best] if best is not None and total > 0 and not _says_else(best.line) else []
        likely = [one for one in (*near, *others) if one.width_in > WIDE_IN and one.height_in > HIGH_IN]
        for seen in [*faint, *(_seen(line, page) for line in likely[:2] if not _says_else(line))]:
            closer = _in_doubt(seen)
            if sum(closer.found.values()) > LEAST:
                return _field(closer)
    return FieldReading(Field.DATE, ())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the first readers saw on one line."""

    line: TextLine
    picture: Gray
    figures: figures.Figures | None  # none where a month is spelled
    likely: dict[str, float]  # what their texts say
    found: dict[str, float]  # ISO dates with their probabilities


def _seen(line: TextLine, page: Sheet) -> _Seen:
    picture = line_image(page, line.piece)
    letters, days = _letters(line.value), candidates(line.text)
    words = letters > 2 and (sum(days.values()) > LEAST or _says_else(line))  # else figures that read like letters
    seen = None if words else figures.read_figures(picture)
    if seen is None or (letters == 2 and not re.search("[-/]", seen.value)):
        return _Seen(line, picture, None, days, days)
    likely = _added(days, _days(seen.likely(24)))
    return _Seen(line, picture, seen, likely, date_figures.weighed((line.text, seen), likely))


def _in_doubt(seen: _Seen) -> _Seen:
    """The same once the second reader, and the net that reads its outputs, were asked."""
    text, head = figure_head.read_line(seen.picture)
    read = candidates(text)
    if seen.figures is None:
        both, apart = named([seen.line.text, text]), joined(seen.found, read)
        return replace(seen, found=both if sum(both.values()) > sum(read.values()) else apart)
    likely = _added(_added(seen.likely, read), _days(head.likely(24)))
    found = date_figures.weighed((seen.line.text, seen.figures, text, head), likely)
    if _letters(text.value) > 2 and sum(read.values()) > sum(found.values()):  # "Nov" taken for figures
        return replace(seen, figures=None, found=read)
    return replace(seen, found=found)


def _added(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {day: first.get(day, 0.0) + second.get(day, 0.0) for day in {*first, *second}}


def _field(seen: _Seen) -> FieldReading:
    line, found = seen.line, seen.found
    source = ppocr.SOURCE if _letters(line.value) > 2 else figures.SOURCE
    if seen.figures is not None and not re.match(r"\W*0", seen.figures.value):
        found = date_figures.doubted(found, seen.picture)
    listed = (Candidate(value, min(p, 0.999), source) for value, p in found.items())
    return FieldReading(Field.DATE, ranked(listed, KEPT), line.box)


def joined(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """What two readers of one line say together."""
    scores = {
        day: ((first.get(day, 0.0) + FLOOR) * (second.get(day, 0.0) + FLOOR)) ** TOOK for day in {*first, *second}
    }
    neither = (1 - sum(first.values()) + FLOOR) * (1 - sum(second.values()) + FLOOR)
    whole = sum(scores.values()) + neither
    return {day: score / whole for day, score in scores.items()}


def candidates(text: ppocr.Text) -> dict[str, float]:
    """ISO dates that the line may say, with their probabilities."""
    if not _may_be_date(text.value):
        return {}
    if _letters(text.value) <= 1:
        return _days(text.among(NUMERIC, 24))
    found, spelled_out = _days(text.likely(16)), named([text])
    return spelled_out if sum(spelled_out.values()) > sum(found.values()) else found


def named(texts: Sequence[ppocr.Text]) -> dict[str, float]:
    """ISO dates with a spelled month: each month, then each day and year, is weighed against the line as a whole.

    `texts` are the line as one reader or several see it. Four figures after the month are a day and a short year, or a
    year whose day was not read: what fits better counts.
    """
    tails = [re.sub(r"\D", "", match[1]) for text in texts if (match := _SPELLED.search(text.value))]
    splits = {(tail[:-2], tail[-2:]) for tail in tails if 3 <= len(tail) <= 4}
    splits |= {(tail[:-4], tail[-4:]) for tail in tails if 4 <= len(tail) <= 6}
    seen = [spelled.folded(text.log_probs) for text in texts]
    word = all(_ONE_WORD.fullmatch(text.value) for text in texts)
    read = [_named(seen, day, year, word) for day, year in sorted(splits)]
    best = max((fit for fit, _ in read), default=0.0)
    weights = [exp(fit - best) for fit, _ in read]
    found: dict[str, float] = {}
    for weight, (_, days) in zip(weights, read, strict=True):
        for key, p in days.items():
            found[key] = found.get(key, 0.0) + p * weight / sum(weights)
    return found


def _named(seen: Sequence[Floats], day: str, year: str, word: bool) -> tuple[float, dict[str, float]]:
    """How well the best spelling with these figures fits, or with any day where none was read; and its dates.

    Where a whole `word` stands before them, only which month it is can be in doubt.
    """
    most, rest = (NO_MONTH, None) if word else (NO_DATE, NO_DATE)
    forms = {form: f"{form}{day}{year}" for name in _MONTHS for form in (name, name[:3], name[:4])}
    months, _ = _chances(seen, forms, most)
    if not months:
        return -99.0, {}
    form = max(months, key=lambda one: months[one])
    days, _ = _chances(seen, {str(one): f"{form}{one}{year}" for one in range(1, 32)}, rest)
    if not day and days:
        return _named(seen, max(days, key=lambda one: days[one]), year, word)
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    ends, fit = _chances(seen, {str(one): f"{form}{day}{str(one)[-len(year) :]}" for one in years}, rest)
    found: dict[str, float] = {}
    kept = [[(one, p) for one, p in part.items() if p > LISTED] for part in (months, days, ends)]
    for (one, p), (other, q), (last, r) in product(*kept):
        if p * q * r > LISTED:
            month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(one))
            for whole, _ in _day(last, str(month), other, 1.0):
                found[whole.isoformat()] = found.get(whole.isoformat(), 0.0) + p * q * r
    return fit, found


def _chances(seen: Sequence[Floats], texts: Mapping[str, str], none: float | None) -> tuple[dict[str, float], float]:
    """How likely each of these texts is on the line, and how well the best fits.

    The worse it fits, the likelier there is none of them, by `none` nats at most; None: one of them it must be.
    """
    weight = 1.0 if len(seen) == 1 else SHARED
    scores = np.zeros(len(texts))
    for log_probs in seen:
        each = np.array(ctc.scores(log_probs, [*texts.values()], spelled.SIGNS))
        if np.isfinite(each.max()):
            scores += weight * (np.logaddexp(each, each.max() - VETO) - spelled.free(log_probs))
    if not scores.any():
        return {}, -99.0
    best = float(scores.max())
    weights = np.exp(scores - best)
    whole = float(weights.sum()) + (0.0 if none is None else exp(min(none, -0.5 * (best + MISFIT))))
    return {key: float(one) / whole for key, one in zip(texts, weights, strict=True)}, best


def _may_be_date(value: str) -> bool:
    return sum(char.isdigit() for char in value) >= 3 and len(value) <= 40


def _letters(value: str) -> int:
    """How many letters of a month there are, however badly it was read; the printed word before the date has none."""
    return letters(re.sub(r"(?i)dated?", "", value))


def _says_else(line: TextLine) -> bool:
    """Whether a line was read well and is words, none of them a month: a name, a street, a bank."""
    if line.text.clarity < LEGIBLE or _letters(line.value) <= 2:
        return False
    return not any(_month(word)[0] for word in re.findall("[A-Za-z]{3,}", line.value))


def _days(texts: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for value, probability in texts:
        for day, sure in parse(value):
            found[day.isoformat()] = found.get(day.isoformat(), 0.0) + sure * probability
    return found


def parse(text: str) -> list[tuple[date, float]]:
    """The days that a text names, each with how surely its form means that day, best first.

    American order, month first; a first number over 12 makes it day first.
    """
    if match := _ISO.search(text):
        return _day(match[1], match[2], match[3], 0.98)
    if match := _NUMERIC.search(text):
        return _day(match[3], match[1], match[2], 1.0) or _day(match[3], match[2], match[1], 0.5)
    for pattern, month_at, day_at in ((_NAMED, 1, 2), (_DAY_FIRST, 2, 1)):
        for match in pattern.finditer(text):
            month, sure = _month(match[month_at])
            if month:
                return _day(match[3], str(month), match[day_at], sure)
    tight = re.sub(r"\s", "", text)
    if match := _ONE_STROKE.fullmatch(tight):
        return _day(match[3], match[1], match[2], 0.5)
    if match := _RUN_TOGETHER.fullmatch(tight):
        return _day(match[3], match[1], match[2], 0.25)
    return []


def _month(word: str) -> tuple[int, float]:
    """The month that a word or its beginning means, with how sure; 0 for none."""
    plain = word.lower()
    best, least = 0, 9.0
    for at, name in enumerate(_MONTHS, 1):
        for form in {name, name[:3], name[:4]}:
            cost = Levenshtein.distance(plain, form) / len(form)
            if cost < least:
                best, least = at, cost
    return (best, 1.0 - least) if least <= 0.34 else (0, 0.0)


def _day(year: str, month: str, day: str, sure: float) -> list[tuple[date, float]]:
    full = int(year) + (2000 if len(year) == 2 else 0)
    try:
        found = date(full, int(month), int(day))
    except ValueError:
        return []
    return [(found, sure)] if FIRST_YEAR <= full <= LAST_YEAR else []
