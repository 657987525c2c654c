"""The legal amount: English number words, printed or written by hand, matched letter by letter with errors forgiven."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import exp

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from ocr.fields.lines import Reread, TextLine
from ocr.nets import ppocr
from ocr.reading import Candidate, Field, FieldReading, ranked

_UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}
_TEENS |= {"seventeen": 17, "eighteen": 18, "nineteen": 19}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "fourty": 40,
}
_WORDS = {**_UNITS, **_TEENS, **_TENS, "hundred": 100, "thousand": 1000}
_FILLERS = ("and", "dollars", "only", "exactly")
_LEXICON = (*_WORDS, *_FILLERS)
_MISREAD = np.array([max(1, round(0.4 * len(word))) for word in _LEXICON])  # letters of each that may be misread
LONGEST = max(len(word) + int(most) for word, most in zip(_LEXICON, _MISREAD, strict=True))
READ = 0.7  # a line read more surely than this is what it says, and no amount
LONG_IN = 1.6
PER_LETTER = 1.6  # how much less likely each misread letter makes a reading, as exponent
WORST = 0.34  # share of letters that may be misread
FORGIVEN = 2  # letters right that one misread letter outweighs, where lines are compared
_HUNDREDTHS = r"[1lI|]?\s*[0oOcCQD'5]{1,3}(?!\w)"
_CENTS = (  # the stroke may be read as a 1, the hundred as almost anything round
    re.compile(rf"(\d\d|[xX]{{2}}|[nN][oO0]|[oO]{{2}}|zero)\s*[/|]\s*{_HUNDREDTHS}", re.ASCII),
    re.compile(r"(\d\d|[xX]{2}|[nN][oO0]|[oO]{2}|zero)\s*[/|lI1]{1,2}\s*[1lI|]?\s*[0oO]{1,4}(?!\d)", re.ASCII),
    re.compile(rf"(\d[. ]\d)\s*[/|]\s*{_HUNDREDTHS}", re.ASCII),
    re.compile(
        r"(?:and|&)?\s*(no|zero|\d{1,2})\s*(?:cents?|c\wn[tkfl]s?|ce\w[tkfl]s?|\went?s)\b", re.IGNORECASE | re.ASCII
    ),
)
_LABEL = re.compile(r"(?i)^\W*(?:pay|the sum of)\b(?=.*\w{3})")  # printed before the words, and cut out with them
CENTS_UNREAD = 0.15  # something stands where the cents stand, and cannot be read
CENTS_LEFT_OUT = 0.6

# Where a number stands in its grammar: what may follow.
_START, _UNIT, _HUNDRED, _TEN, _FULL = range(5)


def read_words(lines: Iterable[TextLine], again: Reread | None = None) -> FieldReading:
    """The line that spells an amount, and what it comes to; no candidates when none does.

    `again`, the second reader, is asked when the first one found no such line. How likely each amount is, the line
    itself says better: `spelled.heard`.
    """
    likely = [
        one
        for one in lines
        if one.width_in >= 0.8 and 0.25 < one.y < 0.85 and sum(char.isalpha() for char in one.value) >= 5
    ]
    best = _best(likely)
    if again is not None and best is None:
        long = [one for one in likely if one.width_in >= LONG_IN and one.x < 0.62 and one.text.probability < READ]
        best = _best([again(one) for one in sorted(long, key=lambda one: -one.width_in)[:2]])
    if best is None:
        return FieldReading(Field.LEGAL_AMOUNT, ())
    line, found = best
    source = line.text.source
    return FieldReading(Field.LEGAL_AMOUNT, ranked(Candidate(str(c), p, source) for c, p in found.items()), line.box)


def _best(lines: Iterable[TextLine]) -> tuple[TextLine, dict[int, float]] | None:
    """The line that spells most of an amount, and the amounts: half a name may look like one short number."""
    read = [(line, candidates(line.text)) for line in lines]
    spelled = [one for one in read if one[1]]
    return max(spelled, key=lambda one: (_spelled(one[0].value), max(one[1].values())), default=None)


def _spelled(text: str) -> int:
    """Letters of number words in a text that spells an amount, less those that had to be forgiven."""
    letters = re.sub(r"[^a-z]", "", _cents(_LABEL.sub("", text))[0].lower())
    return len(letters) - FORGIVEN * _numbers(letters)[0][1]


def candidates(text: ppocr.Text, width: int = 4) -> dict[int, float]:
    """Amounts in cents with their probabilities, over the likeliest readings of a line."""
    if not parse(text.value):  # most lines of a check spell no number: one look is enough
        return {}
    texts = text.likely(width)
    whole = sum(probability for _, probability in texts) or 1.0
    found: dict[int, float] = {}
    for value, probability in texts:
        for cents, sure in parse(value).items():
            found[cents] = found.get(cents, 0.0) + sure * probability / whole
    return found


@lru_cache(maxsize=512)  # the likeliest readings of a line often differ in a comma alone
def parse(text: str) -> Mapping[int, float]:
    """Amounts in cents that the words may spell, with probabilities; empty: these are no number words."""
    head, cents, sure = _cents(_LABEL.sub("", text))
    letters = re.sub(r"[^a-z]", "", head.lower())
    if len(letters) < 3:
        return {}
    numbers = _numbers(letters)
    if not numbers or numbers[0][1] > WORST * len(letters):
        return {}
    lightest = numbers[0][1]
    weights = {dollars: exp(-PER_LETTER * (cost - lightest)) for dollars, cost in numbers}
    trust = exp(-0.25 * lightest) * sure
    whole = sum(weights.values())
    return {dollars * 100 + cents: trust * weight / whole for dollars, weight in weights.items()}


def _cents(text: str) -> tuple[str, int, float]:
    """The words before the cents, the cents, and how sure they are."""
    for pattern in _CENTS:
        matches = list(pattern.finditer(text))
        if matches:
            last = matches[-1]
            said = re.sub(r"[. ]", "", last.group(1))
            return text[: last.start()], int(said) if said.isdigit() else 0, 0.95
    tail = re.search(r"\d\s*\S*\s*$|/", text)
    if tail and re.search(r"[A-Za-z]{3}", text[: tail.start()]):
        words_end = re.search(r"(?i)(.*)(?:\band\b|&)", text)
        return (words_end[1] if words_end else text[: tail.start()]), 0, CENTS_UNREAD
    return text, 0, CENTS_LEFT_OUT


@lru_cache(maxsize=512)
def _numbers(letters: str, width: int = 24) -> list[tuple[int, int]]:
    """Dollars and misread letters of the likeliest ways to cut the letters into number words, best first."""
    size = len(letters)
    # At each position: (place in the grammar, thousands, current group) -> fewest misread letters.
    beams: list[dict[tuple[int, int, int], int]] = [{} for _ in range(size + 1)]
    beams[0][(_START, 0, 0)] = 0
    spans = _spans(letters)
    for at in range(size):
        states = sorted(beams[at].items(), key=lambda one: one[1])[:width]
        if not states:
            continue
        _keep(beams[at + 1], {state: cost + 1 for state, cost in states if at == 0 or cost < WORST * size})
        for word, end, cost in spans[at]:
            grown: dict[tuple[int, int, int], int] = {}
            for state, so_far in states:
                following = _follow(state, word)
                if following is not None and so_far + cost <= WORST * size + 1:
                    grown[following] = min(grown.get(following, 99), so_far + cost)
            _keep(beams[end], grown)
    sums: dict[int, int] = {}
    for (place, thousands, group), cost in beams[size].items():
        dollars = thousands * 1000 + group
        if place != _START or thousands:
            sums[dollars] = min(sums.get(dollars, 99), cost)
    return sorted(sums.items(), key=lambda one: (one[1], one[0]))[:8]


def _keep(beam: dict[tuple[int, int, int], int], grown: dict[tuple[int, int, int], int]) -> None:
    for state, cost in grown.items():
        if cost < beam.get(state, 99):
            beam[state] = cost


def _spans(letters: str) -> list[list[tuple[str, int, int]]]:
    """Stretches that may be a word, by where they begin: the word, where it ends, letters misread in it."""
    stretches = [(at, end) for at in range(len(letters)) for end in range(at + 1, min(at + LONGEST, len(letters)) + 1)]
    costs = cdist(_LEXICON, [letters[at:end] for at, end in stretches], scorer=Levenshtein.distance, dtype=np.uint8)
    spans: list[list[tuple[str, int, int]]] = [[] for _ in letters]
    for word, which in np.argwhere(costs <= _MISREAD[:, None]).tolist():
        at, end = stretches[which]
        spans[at].append((_LEXICON[word], end, int(costs[word, which])))
    return spans


def _follow(state: tuple[int, int, int], word: str) -> tuple[int, int, int] | None:
    """The grammar: what a number is after one more word, or None when the word cannot follow."""
    place, thousands, group = state
    if word in _FILLERS:
        return state if place != _START or thousands or word != "and" else None
    value = _WORDS[word]
    if value == 1000:
        return (_START, group, 0) if group and not thousands else None
    if value == 100:
        return (_HUNDRED, thousands, group * 100) if place in (_UNIT, _FULL) and 1 <= group <= 99 else None
    if value >= 20:
        return (_TEN, thousands, group + value) if place in (_START, _HUNDRED) else None
    if value >= 10:
        return (_FULL, thousands, group + value) if place in (_START, _HUNDRED) else None
    if place == _TEN:
        return (_FULL, thousands, group + value)
    if place == _HUNDRED:
        return (_FULL, thousands, group + value)
    return (_UNIT, thousands, value) if place == _START else None
