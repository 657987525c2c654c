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
CLEAR_FIGURES, CLEAR_WORDS = 0.8, 0.7


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount in cents and the chance that it is the right one."""

    cents: int
    probability: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """What could be meant, best first. `differ`: figures and words were both read clearly and are not the same."""

    ranked: tuple[Amount, ...]
    differ: bool

    @property
    def best(self) -> Amount | None:
        """The likeliest amount."""
        return self.ranked[0] if self.ranked else None


def weigh(figures: Sequence[Candidate], words: Sequence[Candidate], expected: Iterable[int]) -> Amounts:
    """Ranks the amounts that the image supports; expected amounts only break ties among those.

    An amount that differs in one digit alone from an expected one is doubted for it, and the expected one listed: it
    never takes the place of what was read. Candidates carry cents as digits. Words control where they differ from the
    figures (UCC 3-114), but a person looks at that: `differ` says so.
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
    # What no candidate names: the figures' own rest, seen as an amount nobody expected.
    rest = _rest(in_figures) * (WORDS_UNLISTED if in_words else 1.0) * _prior(-1, frozenset())
    total = sum(scores.values()) + rest
    ranked = sorted(scores, key=lambda cents: (-scores[cents], cents))
    found = [Amount(cents, scores[cents] / total) for cents in ranked[:10]]
    if found and in_figures:
        found = _doubted(found, scores[found[0].cents], in_figures, in_words, frozenset(expected_all))
    return Amounts(tuple(found), _differ(in_figures, in_words))


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


def _differ(figures: dict[int, float], words: dict[int, float]) -> bool:
    if not figures or not words:
        return False
    clear_figures = max(figures, key=lambda cents: figures[cents])
    clear_words = max(words, key=lambda cents: words[cents])
    return (
        clear_figures != clear_words and figures[clear_figures] >= CLEAR_FIGURES and words[clear_words] >= CLEAR_WORDS
    )
