"""Amounts in words, compared with the picture of their line: the ink tells which of two similar amounts is written.

To read the words first and then look up what they mean loses how likely each letter was. Instead, every possible amount
is spelled, and the reader's output says how well each spelling fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import exp
from typing import NamedTuple

import numpy as np

from ocr.fields import words as number_words
from ocr.fields.lines import Reread, TextLine
from ocr.image.prepare import Floats
from ocr.nets import ctc, ppocr
from ocr.reading import Candidate, FieldReading, ranked

SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789/&"  # capitals count as small letters, all other signs as paper
ONES = (
    *("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
HEADS = ("", "pay", "payexactly", "exactly", "thesumof", "paythesumof")  # printed before the words in the same line
JOINTS = ("and", "&", "")
TAILS = ("", "dollars", "only")
# How cents are said, and no cents at all: in hundredths, in cents, or in words.
OVER, OVER_XX, CENTS, SPOKEN = "/100", "/xx", "cents", "cents in words"
IN_CENTS = (CENTS, SPOKEN)
NO_CENTS = {
    OVER: ("00/100", "no/100", "xx/100", ""),
    OVER_XX: ("00/xx", "no/xx", "xx/xx"),
    CENTS: ("nocents", "00cents"),
    SPOKEN: ("nocents", "zerocents"),
}
# Rarer endings, tried where the usual ones fit badly: "dollars and no/100", "zero/100", "even", "and twelve cents".
RARE_JOINTS = (*JOINTS, "dollarsand", "dollars")
RARE_NO_CENTS = {**NO_CENTS, OVER: (*NO_CENTS[OVER], "0/100", "zero/100")}
RARE_TAILS = (*TAILS, "dollarsonly", "even", "dollarseven", "exactly", "dollarsexactly")
NOTHING_MORE = ("only", "even", "exactly")  # what follows whole dollars; nobody says it where cents follow
MOST_DOLLARS = 1_000_000
TRIED = 2  # how many of the likeliest amounts are tried with every form of spelling
GIVEN = 6  # how many amounts each reader suggests
LISTED = 12  # how many candidates the field keeps
LEAST_CENTS = 100  # near misses are a dollar or more
# How the likelihoods become probabilities, fitted on 600 drawn checks: letters of one hand are misread alike, so each
# tells less than it seems to; and a line that fits no spelling well most likely says none of the amounts that were
# tried.
SCALE = 0.85
FAR, STEEP = 8.0, 0.5  # nats below a free reading at which "none of these" is as likely as the amounts; slope per nat
NONE_MOST = 3.0  # nats: "none of these" weighs no more
BLIND = 0.002  # weight of what no likelihood shows: part of the line is lost, and the rest fits well
LEFT_OUT = 1.0  # the same weight without cents: hardly anybody leaves them out, more often they are lost
LEAST_WEIGHT = 1e-9  # of the best amount's: less is as good as impossible
CLEAR_GAP, CLEAR_FIT = 4.5, -4.0  # nats: nearer to the next amount, or farther below a free reading, PP-OCR is asked
USUAL_FIT = -3.0  # nats below a free reading: where no usual ending fits better, rarer ones are tried
NO_RIVAL = 99.0  # nats: the gap when there is only one amount
SURELY, LIKELY = 0.9, 0.75  # chances in the figures and in the words at which the words need no second look
LEAST_PROBABILITY = 1e-12  # of a sign: its log must be finite


class Form(NamedTuple):
    """How a line spells its amount, whatever the amount is."""

    head: str = ""
    joint: str = "and"
    over: str = OVER  # how cents are said
    no_cents: str = "00/100"
    tail: str = ""
    hundreds: bool = False  # "twelve hundred"

    @property
    def says_cents(self) -> bool:
        """Whether it says that there are no cents where there are none."""
        return self.no_cents != "" or self.tail.endswith(NOTHING_MORE)


PLAIN = Form()


def weigh(spoken: FieldReading, line: TextLine, figures: FieldReading, again: Reread | None = None) -> FieldReading:
    """The legal amount, once every amount that the words or the figures may mean is compared with the words' line.

    The figures only suggest amounts; how likely each is comes from the line alone. `again`, the second reader, is asked
    when the first one cannot tell two amounts apart or fits no amount well, unless the figures settle it.
    """
    amounts = _suggested(spoken, figures)
    first = _weighed(line.text, amounts)
    if not first.scores:
        return spoken
    chances, source = _chances(first), line.text.source
    doubtful = (first.gap < CLEAR_GAP or first.fit < CLEAR_FIT) and not _agree(chances, figures)
    if again is not None and source != ppocr.SOURCE and doubtful:
        text = again(line).text
        amounts = list(dict.fromkeys([*amounts, *number_words.candidates(text), first.best]))
        chances = _chances(_combined(_weighed(line.text, amounts), _weighed(text, amounts)))
        source = f"{source}+{text.source}"
    listed = (Candidate(str(cents), chance, source) for cents, chance in chances.items())
    return replace(spoken, candidates=ranked(listed, LISTED))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """How well amounts fit the picture of a line."""

    scores: dict[int, float]  # log P(line | amount) by amount in cents
    fit: float  # nats of the best amount above a free reading of the line; negative: below
    with_cents: bool  # whether the line says the cents

    @property
    def best(self) -> int:
        """The amount that fits best."""
        return max(self.scores, key=lambda cents: self.scores[cents])

    @property
    def gap(self) -> float:
        """Nats between the best amount and the next."""
        first, *rest = sorted(self.scores.values(), reverse=True)
        return first - rest[0] if rest else NO_RIVAL


def _weighed(text: ppocr.Text, amounts: Iterable[int]) -> _Weighed:
    scores, form = fits(text, amounts)
    best = max(scores, key=lambda cents: scores[cents], default=0)
    fit = scores.get(best, 0.0) - free(folded(text.log_probs))
    return _Weighed(scores, fit, best % 100 > 0 or form.says_cents)


def _combined(first: _Weighed, second: _Weighed) -> _Weighed:
    """The views of both readers; an amount that one of them did not try fits as badly as the worst that it tried."""
    lows = [min(weighed.scores.values()) for weighed in (first, second)]
    scores = {
        cents: first.scores.get(cents, lows[0]) + second.scores.get(cents, lows[1])
        for cents in {*first.scores, *second.scores}
    }
    return _Weighed(scores, max(first.fit, second.fit), first.with_cents or second.with_cents)


def _chances(weighed: _Weighed) -> dict[int, float]:
    """The chance of each amount; those that are all but impossible are left out."""
    best = max(weighed.scores.values())
    weights = {cents: exp(SCALE * (score - best)) for cents, score in weighed.scores.items()}
    none = exp(min(NONE_MOST, -STEEP * (weighed.fit + FAR))) + (BLIND if weighed.with_cents else LEFT_OUT)
    whole = sum(weights.values()) + none
    return {cents: weight / whole for cents, weight in weights.items() if weight > LEAST_WEIGHT}


def _agree(chances: dict[int, float], figures: FieldReading) -> bool:
    """Whether the figures surely say what the words likely say: a second look could only confirm it."""
    best = figures.best
    return best is not None and best.probability >= SURELY and chances.get(int(best.value), 0.0) >= LIKELY


def _suggested(spoken: FieldReading, figures: FieldReading) -> list[int]:
    """Amounts to try: first those in both words and figures, then in turn one of each."""
    in_words, in_figures = (
        [int(candidate.value) for candidate in reading.candidates[:GIVEN]] for reading in (spoken, figures)
    )
    turns = [cents for pair in zip(in_words, in_figures, strict=False) for cents in pair]
    shared = [cents for cents in in_words if cents in in_figures]
    return list(dict.fromkeys([*shared, *turns, *in_words, *in_figures]))


def fits(text: ppocr.Text, amounts: Iterable[int]) -> tuple[dict[int, float], Form]:
    """log P(line | amount) of amounts in cents and of their near misses, and the form in which the line spells.

    `amounts` come likeliest first. Each is spelled in the line's form: with "and" or "&", with "no/100" or "00/100",
    with "dollars" after it or not.
    """
    likely = [cents for cents in amounts if 0 < cents < 100 * MOST_DOLLARS]
    if not likely:
        return {}, PLAIN
    log_probs = folded(text.log_probs)
    headed = [(likely[0], PLAIN._replace(head=head)) for head in HEADS]
    trials = _trials(likely, HEADS[0])
    scores = _scored(log_probs, [*headed, *trials])
    best_head = max(range(len(HEADS)), key=lambda at: scores[at])
    head, scores = HEADS[best_head], scores[len(HEADS) :]
    if best_head:  # few lines have a head
        trials = _trials(likely, head)
        scores = _scored(log_probs, trials)
    likeliest = trials[scores.index(max(scores))][0]
    if max(scores) < free(log_probs) + USUAL_FIT or 0 < likeliest % 100 < 10:  # "0/100" may read as "01/100"
        rare = _trials(likely, head, is_rare=True)
        trials, scores = trials + rare, scores + _scored(log_probs, rare)
    order = sorted(range(len(trials)), key=lambda at: -scores[at])
    best, form = trials[order[0]]
    if form.over != CENTS:
        same = (trials[at][1].no_cents for at in order if trials[at][0] % 100 == 0 and trials[at][1].over == form.over)
        form = form._replace(no_cents=next(same, NO_CENTS[form.over][0]))
    is_unread = scores[order[0]] < free(log_probs) + USUAL_FIT
    compared = sorted({*likely, *near_misses(best), *(any_cents(best) if is_unread or form.over in IN_CENTS else ())})
    each = [_scored(log_probs, [(cents, way) for cents in compared]) for way in _ways(form)]
    return dict(zip(compared, map(max, *each) if len(each) > 1 else each[0], strict=True)), form


def _ways(form: Form) -> list[Form]:
    """A form and those that the same line may have: "seven" for "even", "06 cents" and "56 cents" for "six cents"."""
    if form.over in IN_CENTS:
        return [form._replace(over=over, no_cents=none) for over in IN_CENTS for none in NO_CENTS[over]]
    return [form] + [form._replace(tail=form.tail.removesuffix("even"))] * form.tail.endswith("even")


def _scored(log_probs: Floats, trials: Sequence[tuple[int, Form]]) -> list[float]:
    """log P(line | amount in this form) of each."""
    return ctc.scores(log_probs, [spelling(*trial) for trial in trials], SIGNS)


def _trials(likely: Sequence[int], head: str, *, is_rare: bool = False) -> list[tuple[int, Form]]:
    """The likeliest amounts, each with every form it may be spelled in."""
    return [(cents, form) for cents in likely[:TRIED] for form in _forms(cents, head, is_rare)]


def spelling(cents: int, form: Form) -> str:
    """An amount in letters and figures without spaces: "twohundredfiftyand93/100"."""
    dollars, rest = divmod(cents, 100)
    part = _cents(rest, form) if rest else form.no_cents
    spelled = words(dollars)
    if form.hundreds and _has_hundreds(dollars):
        spelled = words(dollars // 100) + "hundred" + (words(dollars % 100) if dollars % 100 else "")
    return form.head + spelled + (form.joint if part else "") + part + form.tail


def _cents(rest: int, form: Form) -> str:
    if form.over == SPOKEN:
        return words(rest) + "cents"
    if form.over == CENTS:  # who writes "00 cents" writes "04 cents"
        return f"{rest:02d}cents" if form.no_cents == "00cents" else f"{rest}cents"
    return f"{rest:02d}{form.over}"


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
    """Amounts whose spelling differs in one word, or in one digit of the cents."""
    dollars, rest = divmod(cents, 100)
    amounts = {dollars * 100 + near for near in _one_digit(rest)}
    for unit, base in ((1, 100), (100, 10), (1000, 100), (100_000, 10)):
        part = dollars // unit % base
        without = dollars - part * unit
        if part or unit == 1:
            near_parts = [*range(base)] if base == 10 else [near for near in range(100) if _one_word(near, part)]
            amounts |= {(without + near * unit) * 100 + rest for near in near_parts}
    return {amount for amount in amounts if LEAST_CENTS <= amount < 100 * MOST_DOLLARS and amount != cents}


def any_cents(cents: int) -> range:
    """The same dollars with any cents: those that could not be read may differ in both digits."""
    return range(max(LEAST_CENTS, cents - cents % 100), cents - cents % 100 + 100)


def folded(log_probs: Floats) -> Floats:
    """A reader's output over all signs as one over SIGNS: capitals count as small letters, other signs as paper."""
    folded_log_probs: Floats = np.log(np.maximum(_fold()(np.exp(log_probs)), LEAST_PROBABILITY)).astype(np.float32)
    return folded_log_probs


def free(log_probs: Floats) -> float:
    """log P of the likeliest path through `folded` output, whatever it spells."""
    return float(log_probs.max(axis=1).sum())


@lru_cache(maxsize=1)
def _fold() -> ctc.Fold:
    """From the classes of a reader to 1 + len(SIGNS)."""
    matrix = np.zeros((len(ppocr.ASCII) + 1, len(SIGNS) + 1), np.float32)
    for row, char in enumerate(("", *ppocr.ASCII)):
        matrix[row, SIGNS.find(char.lower()) + 1 if char else 0] = 1
    return ctc.Fold(matrix)


def _forms(cents: int, head: str, is_rare: bool) -> list[Form]:
    """The usual forms of an amount, or the rare ones alone."""
    hundreds = (False, True) if _has_hundreds(cents // 100) else (False,)
    usual = _endings(cents, JOINTS, {OVER: NO_CENTS[OVER]}, TAILS)
    usual |= _endings(cents, JOINTS, {CENTS: NO_CENTS[CENTS][:1]}, ("",))
    endings = _endings(cents, RARE_JOINTS, RARE_NO_CENTS, RARE_TAILS, TAILS[:2]) - usual if is_rare else usual
    return [Form(head, *ending, big) for ending in sorted(endings) for big in hundreds]


def _endings(
    cents: int,
    joints: Sequence[str],
    no_cents: Mapping[str, Sequence[str]],
    tails: Sequence[str],
    after_cents: Sequence[str] = TAILS[:1],
) -> set[tuple[str, str, str, str]]:
    """Joint, how cents are said, no cents, and tail; without any cents said there is nothing to join."""
    endings = set()
    for over, ways in no_cents.items():
        is_same = cents % 100 > 0 and over != CENTS  # however no cents would be said
        for none, tail in product(ways[:1] if is_same else ways, tails if over == OVER else after_cents):
            is_said = cents % 100 > 0 or none != ""
            if not is_said:
                endings.add((PLAIN.joint, over, none, tail))
            elif tail in TAILS:
                endings |= {(joint, over, none, tail) for joint in joints}
    return endings


def _has_hundreds(dollars: int) -> bool:
    """Whether the dollars can also be said in hundreds, as in "twelve hundred"."""
    return 1100 <= dollars < 10_000 and dollars % 1000 >= 100


def _one_digit(rest: int) -> set[int]:
    tens, ones = divmod(rest, 10)
    return {10 * tens + digit for digit in range(10)} | {10 * digit + ones for digit in range(10)}


@lru_cache(maxsize=128)
def _parts(number: int) -> tuple[str, str]:
    if number >= 20:
        return TENS[number // 10], ONES[number % 10]
    return "", ONES[number]


def _one_word(first: int, second: int) -> bool:
    """Whether two numbers below 100 differ in one word: a different word, one more, or one fewer."""
    return sum(a != b for a, b in zip(_parts(first), _parts(second), strict=True)) == 1
