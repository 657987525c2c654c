"""How much a check is for: figures, words and what could be expected, scored together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr.reading import Candidate

EXPECTED_SHARE = 0.6  # of payments are for an amount that could be expected ...
OTHER_AMOUNTS = 50_000  # ... the rest is spread over about so many others
UNLISTED = 1e-3  # chance that a reader leaves a particular amount out of its candidates though it is the right one
WORDS_UNLISTED = 0.05  # words are read worse
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

    Candidates carry cents as digits. Words control where they differ from the figures (UCC 3-114), but a person
    looks at that: `differ` says so.
    """
    in_figures, in_words = _by_cents(figures), _by_cents(words)
    strongest = max(in_figures.values(), default=0.0)
    expected_cents = frozenset(
        cents for cents in expected if not in_figures or in_figures.get(cents, 0.0) >= SUPPORTED * strongest
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
    return Amounts(tuple(Amount(cents, scores[cents] / total) for cents in ranked[:10]), _differ(in_figures, in_words))


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
