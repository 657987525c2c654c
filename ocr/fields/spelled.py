"""Amounts in words weighed against the picture of their line: of amounts that sound alike, the one that is written.

Reading the words and then looking up what they may mean throws away how likely each letter was. Here every amount that
may be meant is spelled, and the reader's output says how well each spelling fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import exp

import numpy as np

from ocr.fields import words as number_words
from ocr.fields.lines import Reread, TextLine
from ocr.image.prepare import Floats
from ocr.nets import ctc, ppocr
from ocr.reading import Candidate, FieldReading, ranked

SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789/&"  # capitals read as small, all other signs as paper
ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
HEADS = ("", "pay", "payexactly", "exactly", "thesumof", "paythesumof")  # printed before the words, in one line
JOINTS = ("and", "&", "")
TAILS = ("", "dollars", "only")
CENTS = "cents"  # the tail of "and 16 cents", "and no cents": without the hundred
NO_CENTS = ("00/100", "no/100", "xx/100", "")
MOST_DOLLARS = 1_000_000
TRIED = 2  # of the amounts given, those that the form of the line is found with
GIVEN = 6  # of each reader's amounts
LISTED = 12
# How the likelihoods become probabilities, fitted on 600 drawn checks: letters of one hand are misread alike, so each
# tells less than it seems to; and a line that fits no spelling well is likely none that was tried.
SCALE = 0.85
FAR, STEEP = 8.0, 0.5  # so many nats below what the reader reads freely, the amount is as likely as not none of these
BLIND = 0.002  # what no likelihood foretells: part of the line lost, and what is left of it fits well
LEFT_OUT = 1.0  # hardly anybody leaves the cents out; more often that part of the line is lost
CLEAR_GAP, CLEAR_FIT = 4.5, -4.0  # nats: nearer to the next amount, or farther below a free reading, PP-OCR is asked
SURELY, LIKELY = 0.9, 0.75  # as the figures, and as the words say an amount, for no second look at the words
Form = tuple[str, str, str, str, bool]  # head, joint, no cents, tail, whether "twelve hundred"
PLAIN: Form = ("", "and", "00/100", "", False)


def heard(spoken: FieldReading, line: TextLine, figures: FieldReading, again: Reread | None = None) -> FieldReading:
    """The legal amount once every amount that the words or the figures may mean is weighed against the words' line.

    The figures only say what to try: how likely each is comes from the line alone. `again`, the second reader, is asked
    when the first one cannot tell two amounts apart, or reads what no amount spells, unless the figures settle it.
    """
    given = _given(spoken, figures)
    found, fit, whole_line = _found(line.text, given)
    if not found:
        return spoken
    chances = _chances(found, fit, whole_line)
    texts = [line.text]
    doubt = (_gap(found) < CLEAR_GAP or fit < CLEAR_FIT) and not _agree(chances, figures)
    if again is not None and line.text.source != ppocr.SOURCE and doubt:
        other = again(line).text
        given = list(dict.fromkeys([*given, *number_words.candidates(other), max(found, key=lambda one: found[one])]))
        both = [_found(text, given) for text in (line.text, other)]
        fit, whole_line = max(one[1] for one in both), any(one[2] for one in both)
        least = [min(one[0].values()) for one in both]
        found = {
            cents: sum(one[0].get(cents, low) for one, low in zip(both, least, strict=True))
            for cents in {*both[0][0], *both[1][0]}
        }
        chances = _chances(found, fit, whole_line)
        texts.append(other)
    source = "+".join(text.source for text in texts)
    listed = (Candidate(str(cents), p, source) for cents, p in chances.items())
    return replace(spoken, candidates=ranked(listed, LISTED))


def _chances(found: dict[int, float], fit: float, whole_line: bool) -> dict[int, float]:
    """The chance of each amount, from its log-likelihood; of what is all but impossible, none."""
    best = max(found.values())
    weights = {cents: exp(SCALE * (score - best)) for cents, score in found.items()}
    none = exp(min(3.0, -STEEP * (fit + FAR))) + (BLIND if whole_line else LEFT_OUT)
    whole = sum(weights.values()) + none
    return {cents: weight / whole for cents, weight in weights.items() if weight > 1e-9}


def _agree(chances: dict[int, float], figures: FieldReading) -> bool:
    """Whether the figures surely say what the words likely say: a second look could only say so again."""
    best = figures.best
    return best is not None and best.probability >= SURELY and chances.get(int(best.value), 0.0) >= LIKELY


def _given(spoken: FieldReading, figures: FieldReading) -> list[int]:
    """What to try: first what both say, then in turn what each says."""
    said, written = ([int(one.value) for one in field.candidates[:GIVEN]] for field in (spoken, figures))
    turns = [cents for pair in zip(said, written, strict=False) for cents in pair]
    return list(dict.fromkeys([*(one for one in said if one in written), *turns, *said, *written]))


def _found(text: ppocr.Text, given: Iterable[int]) -> tuple[dict[int, float], float, bool]:
    """`fits`, how far the best lies above what the reader reads freely (negative: below); whether cents are said."""
    found, form = fits(text, given)
    best = max(found, key=lambda one: found[one], default=0)
    fit = found.get(best, 0.0) - free(folded(text.log_probs))
    return found, fit, best % 100 > 0 or form[2] != ""


def _gap(found: dict[int, float]) -> float:
    first, *rest = sorted(found.values(), reverse=True)
    return first - rest[0] if rest else 99.0


def fits(text: ppocr.Text, given: Iterable[int]) -> tuple[dict[int, float], Form]:
    """log P(line | amount) of amounts in cents, likeliest given first, and of near misses; and how the line spells.

    Each is spelled as the line spells: with "and" or "&", with "no/100" or "00/100", with "dollars" after it or not.
    """
    likely = [cents for cents in given if 0 < cents < 100 * MOST_DOLLARS]
    if not likely:
        return {}, PLAIN
    log_probs = folded(text.log_probs)
    headed = [(likely[0], (head, *PLAIN[1:])) for head in HEADS]
    trials = _trials(likely, HEADS[0])
    scored = ctc.scores(log_probs, [spelling(*one) for one in (*headed, *trials)], SIGNS)
    best_head = max(range(len(HEADS)), key=lambda at: scored[at])
    head, scored = HEADS[best_head], scored[len(HEADS) :]
    if best_head:  # few lines have one
        trials = _trials(likely, head)
        scored = ctc.scores(log_probs, [spelling(*one) for one in trials], SIGNS)
    order = sorted(range(len(trials)), key=lambda at: -scored[at])
    best, (_, joint, _, tail, hundreds) = trials[order[0]]
    none = next((trials[at][1][2] for at in order if trials[at][0] % 100 == 0), PLAIN[2])
    wanted = sorted({*likely, *near_misses(best)})
    form = (head, joint, none, tail, hundreds)
    scores = ctc.scores(log_probs, [spelling(cents, form) for cents in wanted], SIGNS)
    return dict(zip(wanted, scores, strict=True)), form


def _trials(likely: Sequence[int], head: str) -> list[tuple[int, Form]]:
    return [(cents, form) for cents in likely[:TRIED] for form in _forms(cents, head)]


def spelling(cents: int, form: Form) -> str:
    """An amount in letters and figures without spaces: "twohundredfiftyand93/100"."""
    head, joint, none, tail, hundreds = form
    whole, rest = divmod(cents, 100)
    part = (f"{rest}" if tail == CENTS else f"{rest:02d}/100") if rest else none
    spelled = words(whole)
    if hundreds and _has_hundreds(whole):
        spelled = words(whole // 100) + "hundred" + (words(whole % 100) if whole % 100 else "")
    return head + spelled + (joint if part else "") + part + tail


@lru_cache(maxsize=4096)
def words(number: int) -> str:
    """A whole number below a million in words without spaces; "zero" for 0."""
    if number >= 1000:
        return words(number // 1000) + "thousand" + (words(number % 1000) if number % 1000 else "")
    if number >= 100:
        return ONES[number // 100] + "hundred" + (words(number % 100) if number % 100 else "")
    if number >= 20:
        return TENS[number // 10] + ONES[number % 10]
    return ONES[number] or "zero"


def near_misses(cents: int) -> set[int]:
    """Amounts that are spelled with one word or one figure of the cents other, more or less."""
    whole, rest = divmod(cents, 100)
    found = {whole * 100 + other for other in _one_digit(rest)}
    for low, many in ((1, 100), (100, 10), (1000, 100), (100_000, 10)):
        part = whole // low % many
        bare = whole - part * low
        if part or low == 1:
            others = [*range(many)] if many == 10 else [one for one in range(100) if _one_word(one, part)]
            found |= {(bare + other * low) * 100 + rest for other in others}
    return {one for one in found if 100 <= one < 100 * MOST_DOLLARS and one != cents}


def folded(log_probs: Floats) -> Floats:
    """A reader's output over all signs as one over SIGNS: capitals read as small, other signs as paper."""
    probs = np.exp(log_probs)
    found: Floats = np.log(np.maximum(probs @ _folding(), 1e-12)).astype(np.float32)
    return found


def free(log_probs: Floats) -> float:
    """log P of the likeliest path through folded output, whatever it spells."""
    return float(log_probs.max(axis=1).sum())


@lru_cache(maxsize=1)
def _folding() -> Floats:
    """[classes of a reader, 1 + len(SIGNS)]: 1 where a reader's class counts as a sign."""
    matrix = np.zeros((len(ppocr.ASCII) + 1, len(SIGNS) + 1), np.float32)
    for row, char in enumerate(("", *ppocr.ASCII)):
        matrix[row, SIGNS.find(char.lower()) + 1 if char else 0] = 1
    return matrix


def _forms(cents: int, head: str) -> list[Form]:
    nones = NO_CENTS if cents % 100 == 0 else ("",)
    hundreds = (False, True) if _has_hundreds(cents // 100) else (False,)
    ends = [*product(nones, TAILS), ("" if cents % 100 else "no", CENTS)]
    return [(head, joint, none, tail, big) for joint in JOINTS for none, tail in ends for big in hundreds]


def _has_hundreds(whole: int) -> bool:
    """Whether "twelve hundred" is another way to say it."""
    return 1100 <= whole < 10_000 and whole % 1000 >= 100


def _one_digit(rest: int) -> set[int]:
    tens, ones = divmod(rest, 10)
    return {10 * tens + one for one in range(10)} | {10 * one + ones for one in range(10)}


@lru_cache(maxsize=128)
def _parts(number: int) -> tuple[str, str]:
    if number >= 20:
        return TENS[number // 10], ONES[number % 10]
    return "", ONES[number]


def _one_word(one: int, other: int) -> bool:
    """Whether two numbers below 100 differ in one word: another, one more, or one fewer."""
    return sum(a != b for a, b in zip(_parts(one), _parts(other), strict=True)) == 1
