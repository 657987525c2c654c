"""The legal amount: English number words, printed or by hand, matched by letters with misread ones forgiven."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import exp

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from ocr.fields.lines import Reread, TextLine
from ocr.fields.lines import letters as letter_count
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
    "fourty": 40,  # a common misspelling
}
_WORDS = {**_UNITS, **_TEENS, **_TENS, "hundred": 100, "thousand": 1000}
_FILLERS = ("and", "dollars", "only", "exactly", "even")
_LEXICON = (*_WORDS, *_FILLERS)
WORD_MISREAD = 0.4  # share of a word's letters that may be misread
_MISREAD = np.array([max(1, round(WORD_MISREAD * len(word))) for word in _LEXICON])
LONGEST = max(len(word) + int(most) for word, most in zip(_LEXICON, _MISREAD, strict=True))
# Which lines may hold the amount.
LEAST_IN, FEWEST_LETTERS = 0.8, 5  # width, letters: shorter ones spell no amount
TOP, FOOT = 0.25, 0.85  # shares of the height above the MICR line
LONG_IN, RIGHT, READ_TWICE = 1.6, 0.62, 2  # the second reader gets the two longest, if long and left enough
READ = 0.7  # a line that the first reader is surer of is something else, and not read again
# How likely an amount is.
PER_LETTER = 1.6  # exponent by which each misread letter more makes an amount less likely than the best
TRUST_PER_LETTER = 0.25  # and by which each misread letter of the best lowers the trust in the line
WORST = 0.34  # share of all letters that may be misread
FORGIVEN = 2  # right letters that one misread letter outweighs when lines are compared
SHORTEST = 3  # letters of the words of an amount
TEXTS = 4  # likely texts of a line that are parsed
BEAM, NUMBERS = 24, 8  # partial numbers kept at each letter, and numbers returned
NEVER = 99  # misread letters: more than any line has
_HUNDREDTHS = r"[1lI|]?\s*[0oOcCQD'5]{1,3}(?!\w)"
_CENTS = (  # the slash may be read as a 1, the hundred as almost anything round
    re.compile(rf"(\d\d|[xX]{{2}}|[nN][oO0]|[oO]{{2}}|zero)\s*[/|]\s*{_HUNDREDTHS}", re.ASCII),
    re.compile(r"(\d\d|[xX]{2}|[nN][oO0]|[oO]{2}|zero)\s*[/|lI1]{1,2}\s*[1lI|]?\s*[0oO]{1,4}(?!\d)", re.ASCII),
    re.compile(rf"(\d[. ]\d)\s*[/|]\s*{_HUNDREDTHS}", re.ASCII),
    re.compile(rf"(?<![\d/|])(\d)\s*[/|]\s*{_HUNDREDTHS}", re.ASCII),  # "0/100"
    re.compile(r"(\d\d|[xX]{2}|[nN][oO0]|[oO]{2})\s*[/|]\s*[xX]{2}", re.ASCII),
    re.compile(
        r"(?:and|&)?\s*(no|zero|\d{1,2})\s*(?:cents?|c\wn[tkfl]s?|ce\w[tkfl]s?|\went?s)\b", re.IGNORECASE | re.ASCII
    ),
)
_SPOKEN = re.compile(  # "and twenty-five cents", "dollars and no cents"; the print after them may read as letters
    r"(?:\bd\wl\w?ars?\b\W*(?:and\b|&)?|\band\b|&)\W*([a-z][a-z -]{1,18}?)\W*"
    r"(?:c\w{1,2}ts?|\wents?)(?:\w{0,8}|\W+\w{0,4})\W*$",
    re.IGNORECASE | re.ASCII,
)
_NO = re.compile(r"(?i)no|n[o0]|zero|z\wro")
_NOTHING_MORE = re.compile(r"(?i)\b(?:on[lt1i]y|even|ex\wct[lt1i]y)\W*(?:d\wl\w?ars?)?\W*$")
_LABEL = re.compile(r"(?i)^\W*(?:pay|the sum of)\b(?=.*\w{3})")  # printed before the words in the same piece
CENTS_READ = 0.95  # nearly sure: they are figures
CENTS_UNREAD = 0.15  # something stands where the cents should, and cannot be read
CENTS_LEFT_OUT = 0.6

# The place in a number's grammar tells what may follow.
_START, _UNIT, _HUNDRED, _TEN, _FULL = range(5)


def read_words(lines: Iterable[TextLine], again: Reread | None = None) -> FieldReading:
    """The line that spells an amount, and the amounts it may mean; no candidates when no line does.

    `again`, the second reader, is asked when the first one found no such line. `spelled.weigh` estimates the
    probabilities better, from the picture.
    """
    likely = [
        line
        for line in lines
        if line.width_in >= LEAST_IN and TOP < line.y < FOOT and letter_count(line.value) >= FEWEST_LETTERS
    ]
    best = _best(likely)
    if again is not None and best is None:
        long = [line for line in likely if line.width_in >= LONG_IN and line.x < RIGHT and line.text.probability < READ]
        best = _best([again(line) for line in sorted(long, key=lambda line: -line.width_in)[:READ_TWICE]])
    if best is None:
        return FieldReading(Field.LEGAL_AMOUNT, ())
    line, amounts = best
    ranking = ranked(Candidate(str(cents), chance, line.text.source) for cents, chance in amounts.items())
    return FieldReading(Field.LEGAL_AMOUNT, ranking, line.box)


def _best(lines: Iterable[TextLine]) -> tuple[TextLine, dict[int, float]] | None:
    """The line with the most letters of an amount, and its amounts: half a name may look like one short number."""

    def merit(spelled: tuple[TextLine, dict[int, float]]) -> tuple[int, float]:
        line, amounts = spelled
        return _spelled_letters(line.value), max(amounts.values())

    parsed = [(line, candidates(line.text)) for line in lines]
    return max([(line, amounts) for line, amounts in parsed if amounts], key=merit, default=None)


def _spelled_letters(text: str) -> int:
    """Letters of number words in a text that spells an amount, less a penalty for misread ones."""
    letters = re.sub(r"[^a-z]", "", _cents(_LABEL.sub("", text))[0].lower())
    return len(letters) - FORGIVEN * _numbers(letters)[0][1]


def candidates(text: ppocr.Text) -> dict[int, float]:
    """Amounts in cents with their probabilities, over the likeliest texts of a line."""
    if not parse(text.value):  # most lines of a check spell no number: one look is enough
        return {}
    texts = text.likely(TEXTS)
    whole = sum(probability for _, probability in texts) or 1.0
    amounts: dict[int, float] = {}
    for value, probability in texts:
        for cents, chance in parse(value).items():
            amounts[cents] = amounts.get(cents, 0.0) + chance * probability / whole
    return amounts


@lru_cache(maxsize=512)  # the likeliest texts of a line often differ in a comma alone
def parse(text: str) -> Mapping[int, float]:
    """Amounts in cents that the words may spell, with probabilities; empty when they are not number words."""
    head, cents, cents_sure = _cents(_LABEL.sub("", text))
    letters = re.sub(r"[^a-z]", "", head.lower())
    if len(letters) < SHORTEST:
        return {}
    numbers = _numbers(letters)
    if not numbers or numbers[0][1] > WORST * len(letters):
        return {}
    lightest = numbers[0][1]
    weights = {dollars: exp(-PER_LETTER * (cost - lightest)) for dollars, cost in numbers}
    trust = exp(-TRUST_PER_LETTER * lightest) * cents_sure
    whole = sum(weights.values())
    return {dollars * 100 + cents: trust * weight / whole for dollars, weight in weights.items()}


def _cents(text: str) -> tuple[str, int, float]:
    """The words before the cents, the cents, and how sure they are."""
    for pattern in _CENTS:
        matches = list(pattern.finditer(text))
        if matches:
            last = matches[-1]
            figures = re.sub(r"[. ]", "", last.group(1))
            return text[: last.start()], int(figures) if figures.isdigit() else 0, CENTS_READ
    spoken = _SPOKEN.search(text)
    if spoken and (rest := _spoken_cents(spoken.group(1))) is not None:
        return text[: spoken.start()], rest, CENTS_READ
    if _NOTHING_MORE.search(text):
        return text, 0, CENTS_READ
    tail = re.search(r"\d\s*\S*\s*$|/", text)
    if tail and re.search(r"[A-Za-z]{3}", text[: tail.start()]):
        words_end = re.search(r"(?i)(.*)(?:\band\b|&)", text)
        return (words_end[1] if words_end else text[: tail.start()]), 0, CENTS_UNREAD
    return text, 0, CENTS_LEFT_OUT


def _spoken_cents(text: str) -> int | None:
    """What words between the dollars and "cents" come to; None where they are no number below 100."""
    if _NO.fullmatch(text):
        return 0
    letters = re.sub(r"[^a-z]", "", text.lower())
    numbers = _numbers(letters) if len(letters) >= SHORTEST else []
    likely = [number for number, misread in numbers if number < 100 and misread <= WORST * len(letters)]
    return likely[0] if likely else None


@lru_cache(maxsize=512)
def _numbers(letters: str) -> list[tuple[int, int]]:
    """Dollars and misread letters of the likeliest ways to cut letters into number words, best first."""
    size = len(letters)
    # At each position: (place in the grammar, thousands, current group) -> fewest misread letters.
    beams: list[dict[tuple[int, int, int], int]] = [{} for _ in range(size + 1)]
    beams[0][(_START, 0, 0)] = 0
    spans = _spans(letters)
    for at in range(size):
        states = sorted(beams[at].items(), key=lambda state: state[1])[:BEAM]
        if not states:
            continue
        _keep(beams[at + 1], {state: cost + 1 for state, cost in states if at == 0 or cost < WORST * size})
        for word, end, cost in spans[at]:
            grown: dict[tuple[int, int, int], int] = {}
            for state, so_far in states:
                following = _follow(state, word)
                if following is not None and so_far + cost <= WORST * size + 1:
                    grown[following] = min(grown.get(following, NEVER), so_far + cost)
            _keep(beams[end], grown)
    sums: dict[int, int] = {}
    for (place, thousands, group), cost in beams[size].items():
        dollars = thousands * 1000 + group
        if place != _START or thousands:
            sums[dollars] = min(sums.get(dollars, NEVER), cost)
    return sorted(sums.items(), key=lambda number: (number[1], number[0]))[:NUMBERS]


def _keep(beam: dict[tuple[int, int, int], int], grown: dict[tuple[int, int, int], int]) -> None:
    for state, cost in grown.items():
        if cost < beam.get(state, NEVER):
            beam[state] = cost


def _spans(letters: str) -> list[list[tuple[str, int, int]]]:
    """Stretches of letters that may be a word, by where they begin: the word, where it ends, its misread letters."""
    stretches = [(at, end) for at in range(len(letters)) for end in range(at + 1, min(at + LONGEST, len(letters)) + 1)]
    costs = cdist(_LEXICON, [letters[at:end] for at, end in stretches], scorer=Levenshtein.distance, dtype=np.uint8)
    spans: list[list[tuple[str, int, int]]] = [[] for _ in letters]
    for word, which in np.argwhere(costs <= _MISREAD[:, None]).tolist():
        at, end = stretches[which]
        spans[at].append((_LEXICON[word], end, int(costs[word, which])))
    return spans


def _follow(state: tuple[int, int, int], word: str) -> tuple[int, int, int] | None:
    """The grammar: a number's state after one more word, or None when the word cannot follow."""
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
    if place in (_TEN, _HUNDRED):
        return (_FULL, thousands, group + value)
    return (_UNIT, thousands, value) if place == _START else None
