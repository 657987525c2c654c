"""How much a check is for: figures, words and what could be expected, scored together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr.reading import Candidate

EXPECTED_SHARE = 0.6  # of payments are for an amount that could be expected ...
OTHER_AMOUNTS = 50_000  # ... the rest is spread over about so many others
UNLISTED = 1e-3  # chance that a reader leaves a particular amount out of its candidates though it is the right one
WORDS_UNLISTED = 0.05  # words are read worse
# A digit taken for another, surely and alike in figures and words: a hand whose 7 is a 1 writes it so in both, and no
# claim of a reader knows of it. Rare, but far more people pay what is due than what differs from it in one digit.
LOOKALIKE = 2e-4
SUPPORTED = 0.1  # of the best candidate's probability: below, an expected amount is wishful thinking
# Words that differ from the figures: how many checks, and how many where the figures are what is due (a payer errs in
# either, but hardly so that the figures come out as due). One amount or another that the words may say instead.
DIFFERENT, DIFFERENT_DUE, OTHERS = 0.01, 0.0005, 20
LEAST = 1e-5  # no reader of words is as sure as this that they do not say an amount
# Words this legible that say another amount, and of this one but that share of it, are a doubt however rare it is that
# payers write two.
CONTRADICT, AGAINST, AT_LEAST = 0.15, 0.1, 0.01
CLEAR_FIGURES, CLEAR_WORDS = 0.8, 0.7


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount in cents and the chance that it is the right one."""

    cents: int
    probability: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """What could be meant, best first. `differing`: the chance that figures and words are two amounts.

    `differ`: that this is likelier than not, or both were read clearly and are not the same.
    """

    ranked: tuple[Amount, ...]
    differing: float
    differ: bool

    @property
    def best(self) -> Amount | None:
        """The likeliest amount."""
        return self.ranked[0] if self.ranked else None


def weigh(figures: Sequence[Candidate], words: Sequence[Candidate], expected: Iterable[int]) -> Amounts:
    """Ranks the amounts that the image supports; expected amounts only break ties among those.

    An amount that differs in one digit alone from an expected one is doubted for it, and the expected one listed: it
    never takes the place of what was read. Candidates carry cents as digits. Words control where they differ from the
    figures (UCC 3-114), but a person looks at that: `differing` says how likely it is.
    """
    in_figures, in_words = _by_cents(figures), _by_cents(words)
    expected_all = [cents for cents in expected if cents > 0]
    strongest = max(in_figures.values(), default=0.0)
    expected_cents = frozenset(
        cents for cents in expected_all if not in_figures or in_figures.get(cents, 0.0) >= SUPPORTED * strongest
    )
    scores = {
        cents: _likelihood(cents, in_figures, UNLISTED)
        * _likelihood(cents, in_words, WORDS_UNLISTED)
        * _prior(cents, expected_cents)
        for cents in {*in_figures, *in_words}
    }
    # What no candidate names, seen as an amount nobody expected. Words that nobody could read are no evidence; where
    # both could be read and name one amount, both would have to miss the same other one.
    rest = _rest(in_figures) * (_rest(in_words) / OTHERS if in_words else 1.0) * _prior(-1, frozenset())
    total = sum(scores.values()) + rest
    ranked = sorted(scores, key=lambda cents: (-scores[cents], cents))
    found = [Amount(cents, scores[cents] / total) for cents in ranked[:10]]
    if found and in_figures:
        found = _doubted(found, scores[found[0].cents], in_figures, in_words, frozenset(expected_all))
    if not found:
        return Amounts((), 0.0, False)
    differing = _differing(found[0].cents, in_figures, in_words, frozenset(expected_all))
    return Amounts(tuple(found), differing, differing > 0.5 or _differ(found[0].cents, in_figures, in_words))


def _doubted(
    found: list[Amount], score: float, figures: dict[int, float], words: dict[int, float], expected: frozenset[int]
) -> list[Amount]:
    """The best amount less sure by the chance that a lookalike of one of its digits, expected all along, was meant."""
    best = found[0]
    if best.cents in expected:
        return found
    alike = {
        cents: max(figures.get(cents, 0.0), LOOKALIKE * max(figures.values()))
        * _likelihood(cents, words, WORDS_UNLISTED)
        * _prior(cents, expected)
        for cents in expected
        if one_digit_apart(cents, best.cents)
    }
    doubt = min(0.5, sum(alike.values()) / (score + sum(alike.values()))) if alike else 0.0
    if not doubt:
        return found
    shares = {cents: best.probability * doubt * weight / sum(alike.values()) for cents, weight in alike.items()}
    for one in found[1:]:
        shares[one.cents] = shares.get(one.cents, 0.0) + one.probability
    first = Amount(best.cents, best.probability * (1 - doubt))
    rest = [Amount(cents, min(p, first.probability)) for cents, p in shares.items()]
    return [first, *sorted(rest, key=lambda one: (-one.probability, one.cents))][:10]


def one_digit_apart(cents: int, other: int) -> bool:
    """Whether two amounts are written with as many digits and differ in one of them."""
    one, two = str(cents), str(other)
    return len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) == 1


def _by_cents(candidates: Sequence[Candidate]) -> dict[int, float]:
    found: dict[int, float] = {}
    for one in candidates:
        if one.value.isdigit() and int(one.value) > 0:
            found[int(one.value)] = max(found.get(int(one.value), 0.0), one.probability)
    return found


def _likelihood(cents: int, read: dict[int, float], unlisted: float) -> float:
    if not read:
        return 1.0  # nothing was read there: no evidence either way
    return read.get(cents, 0.0) + unlisted * _rest(read)


def _rest(read: dict[int, float]) -> float:
    return max(1e-4, 1.0 - sum(read.values())) if read else 1.0


def _prior(cents: int, expected: frozenset[int]) -> float:
    if not expected:
        return 1.0 / OTHER_AMOUNTS
    other = (1 - EXPECTED_SHARE) / OTHER_AMOUNTS
    return EXPECTED_SHARE / len(expected) + other if cents in expected else other


def _differing(cents: int, figures: dict[int, float], words: dict[int, float], expected: frozenset[int]) -> float:
    """The chance that words and figures are two amounts, given that one of them is `cents`.

    What the words show of other amounts counts against what they show of this one. What nobody can read speaks for
    neither: then all that is left is how often payers write two amounts.
    """
    if not figures:
        return 0.0
    before = {one: DIFFERENT_DUE if one in expected else DIFFERENT for one in {cents, *figures}}
    if not words:
        return before[cents]
    rest = max(0.0, 1.0 - sum(words.values()))
    written, spoken = _likelihood(cents, figures, UNLISTED), max(LEAST, words.get(cents, 0.0)) + rest
    other = max((p for one, p in words.items() if one != cents), default=0.0)
    two = before[cents] * written * (other / OTHERS + rest)
    # Digits lost or gained are a reader's errors; a payer's slip changes them.
    slips = [before[one] * p for one, p in figures.items() if one != cents and len(str(one)) == len(str(cents))]
    two += max(slips, default=0.0) * spoken / OTHERS
    one = (1 - before[cents]) * written * spoken
    contradict = other >= CONTRADICT and words.get(cents, 0.0) <= AGAINST * other
    return max(two / (two + one), AT_LEAST if contradict else 0.0)


def _differ(cents: int, figures: dict[int, float], words: dict[int, float]) -> bool:
    """Whether the figures clearly say this amount and the words clearly another."""
    said = max(words, key=lambda one: words[one], default=cents)
    return said != cents and figures.get(cents, 0.0) >= CLEAR_FIGURES and words[said] >= CLEAR_WORDS
