"""The date of a check: many ways to write it, one calendar day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from math import exp, inf

from rapidfuzz.distance import Levenshtein

from ocr import ctc, figure_head, figures, ppocr, spelled
from ocr.lines import Again, Line, right_of, says
from ocr.prepare import Floats, Gray
from ocr.reading import Candidate, FieldReading, Name, ranked
from ocr.zones import Sheet, line_image

SURE = 0.95  # below this the second reader is asked too
LEAST = 0.05  # a line that may say a date with less than this says none
FLOOR = 0.01  # what a reader leaves a day that it does not name
TOOK = 0.5  # exponent of each reader where two are joined: they mostly err on the same lines
WIDE_IN, HIGH_IN = 0.5, 0.1  # a date fills at least that
LISTED = 1e-4  # a day less likely is not worth naming
MISFIT = 8.0  # nats that the likeliest date may lie below what is read freely, to be as likely as no date at all
FIRST_YEAR, LAST_YEAR = 2000, 2079  # two digits are read as 20yy
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
_RUN_TOGETHER = re.compile(r"(\d\d)[-/.17lI|](\d\d)[-/.17lI|](20\d\d|\d\d)")  # strokes read as figures
_SPELLED = re.compile(r"[A-Za-z]{2}[^0-9]{0,9}?(\d[\d\s.,'/-]{2,8})\W*$")
NUMERIC = "0123456789/-. "


def read_date(lines: list[Line], page: Sheet, again: Again | None = None) -> FieldReading:
    """The date among the lines of a check: right of the word DATE, else in the upper right part.

    Dates in figures are read by the net of figures too, which tells a stroke from a one. What is not sure, PP-OCR reads
    once more, with care. Where no date was seen, `again`, the second reader, looks where one is likeliest to stand.
    """
    near: list[Line] = []
    for label in lines:
        if label.y < 0.6 and label.x > 0.3 and says(label, "date", "dated", "date issued"):
            near += [label, *right_of(label, lines, 2.5, page.dpi)[:2]]
    others = [one for one in lines if one not in near and one.x > 0.42 and one.y < 0.55]
    best: tuple[float, Line, Gray, dict[str, float]] | None = None
    for share, group in ((1.0, near), (0.9, others)):
        for line in group:
            if not _may_be_date(line.value):
                continue
            picture = line_image(page, line.piece)
            found = candidates(line.text)
            if not _is_named(line.value):
                found = joined(by_figures(picture), found)
            total = sum(found.values()) * share
            if total > LEAST and (best is None or total > best[0]):
                best = (total, line, picture, found)
    if best is None and again is not None:
        likely = [one for one in (*near, *others) if one.width_in > WIDE_IN and one.height_in > HIGH_IN]
        for line in likely[:2]:
            found = candidates(again(line).text)
            if sum(found.values()) > LEAST:
                best = (sum(found.values()), line, line_image(page, line.piece), joined(found, named(line.text)))
                break
    if best is None:
        return FieldReading(Name.DATE, ())
    _, line, picture, found = best
    source = ppocr.SOURCE if _is_named(line.value) else figures.SOURCE
    if max(found.values()) < SURE:
        text, seen = figure_head.read_line(picture)
        found = joined(found, candidates(text))
        if not _is_named(line.value):
            found = joined(found, _days(seen.likely(24)))
    return FieldReading(
        Name.DATE, ranked(Candidate(value, min(p, 0.999), source) for value, p in found.items()), line.box
    )


def by_figures(picture: Gray) -> dict[str, float]:
    """ISO dates that a line of figures may say, with their probabilities."""
    return _days(figures.read_figures(picture).likely(24))


def joined(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """What two readers of one line say together."""
    scores = {
        day: ((first.get(day, 0.0) + FLOOR) * (second.get(day, 0.0) + FLOOR)) ** TOOK for day in {*first, *second}
    }
    whole = sum(scores.values()) + FLOOR
    return {day: score / whole for day, score in scores.items()}


def candidates(text: ppocr.Text) -> dict[str, float]:
    """ISO dates that the line may say, with their probabilities."""
    if not _may_be_date(text.value):
        return {}
    if not _has_letters(text.value):
        return _days(text.among(NUMERIC, 24))
    found, spelled_out = _days(text.likely(16)), named(text)
    return spelled_out if sum(spelled_out.values()) > sum(found.values()) else found


def named(text: ppocr.Text) -> dict[str, float]:
    """ISO dates with a spelled month: each month, then each day and year, is weighed against the line as a whole."""
    match = _SPELLED.search(text.value)
    tail = re.sub(r"\D", "", match[1]) if match else ""
    year_digits = 4 if len(tail) > 4 else 2
    if not year_digits < len(tail) <= year_digits + 2:
        return {}
    log_probs = spelled.folded(text.log_probs)
    day, year = tail[:-year_digits], tail[-year_digits:]
    months = _chances(log_probs, {form: f"{form}{tail}" for name in _MONTHS for form in (name, name[:3], name[:4])})
    if not months:
        return {}
    form = max(months, key=lambda one: months[one])
    days = _chances(log_probs, {str(one): f"{form}{one}{year}" for one in range(1, 32)})
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    ends = _chances(log_probs, {str(one): f"{form}{day}{str(one)[-year_digits:]}" for one in years})
    found: dict[str, float] = {}
    for one, p in months.items():
        for other, q in days.items():
            for last, r in ends.items():
                if p * q * r > LISTED:
                    month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(one))
                    for whole, _ in _day(last, str(month), other, 1.0):
                        found[whole.isoformat()] = found.get(whole.isoformat(), 0.0) + p * q * r
    return found


def _chances(log_probs: Floats, texts: Mapping[str, str]) -> dict[str, float]:
    """How likely each of these texts is on the line, and none of them the less the worse the best of them fits."""
    scores = dict(zip(texts, ctc.scores(log_probs, list(texts.values()), spelled.SIGNS), strict=True))
    best = max(scores.values())
    if best == -inf:
        return {}
    none = exp(min(3.0, -0.5 * (best - spelled.free(log_probs) + MISFIT)))
    weights = {key: exp(score - best) for key, score in scores.items()}
    whole = sum(weights.values()) + none
    return {key: weight / whole for key, weight in weights.items()}


def _may_be_date(value: str) -> bool:
    return sum(char.isdigit() for char in value) >= 3 and len(value) <= 40


def _has_letters(value: str) -> bool:
    """Whether a month may be spelled, however badly it was read."""
    return sum(char.isalpha() for char in re.sub(r"(?i)dated?", "", value)) > 1


def _is_named(value: str) -> bool:
    """Whether a month is spelled; the printed word before the date is none."""
    return sum(char.isalpha() for char in re.sub(r"(?i)dated?", "", value)) > 2


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
    if match := _RUN_TOGETHER.fullmatch(re.sub(r"\s", "", text)):
        return _day(match[3], match[1], match[2], 0.5 if re.search(r"[-/]", text) else 0.25)
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
