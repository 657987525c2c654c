"""How much a check is for: figures, words and what could be expected, scored together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr.reading import Candidate

EXPECTED_SHARE = 0.6  # of payments are for an amount that could be expected ...
WHOLE_SHARE, WHOLE_AMOUNTS = 0.5, 1_000  # ... half of the rest for whole dollars, of about so many ...
OTHER_AMOUNTS = 50_000  # ... and half for any of about so many others
# A digit taken for another, surely and alike in figures and words: a hand whose 7 is a 1 writes it so in both, and no
# claim of a reader knows of it. Rare, but far more people pay what is due than what differs from it in one sign.
LOOKALIKE = 2e-4
# What runs from the words into the figures hides the same digits of both: so much likelier than chance is an expected
# amount that ends with all the digits that were read.
BEGINNING_LOST = 1e-4
SUPPORTED = 0.1  # of the best candidate's probability: below, in figures and words, an expected amount is wished for
LEGIBLE = 0.5  # words this sure support an expected amount whatever the figures seem to say
# Checks whose words and figures are two amounts; those among them whose figures are what is due and whose words nobody
# can read.
DIFFERENT, DIFFERENT_DUE = 0.01, 0.0005
CENTS = 100
DIGIT_WAYS, CENTS_WAYS = 27, 18  # digits that three of the dollars, and the two of the cents, may become


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of errors by what they do to an amount, for amounts that differ in nothing else."""

    cents_lost: float  # the cents became 00
    cents: float  # one digit of the cents is another
    digit: float  # one digit of the dollars is another
    swapped: float  # two neighbours changed places
    point_lost: float  # a hundred times as much: the point was not seen
    first_lost: float  # the first digit is missing
    first_gained: float  # a sign before the figures became a digit
    lost: float  # another digit is missing
    other: float  # anything else


# What readers of figures and of words take for what: shares of their misreads on one drawn day, rounded. Since then
# points and the sides of boxes are lost less often; the reading bench prints what it counts beside these.
FIGURES = Errors(0.1, 0.2, 0.15, 0.0, 0.2, 0.05, 0.1, 0.05, 0.15)
WORDS = Errors(0.1, 0.4, 0.2, 0.0, 0.0, 0.05, 0.0, 0.0, 0.25)
# What payers write for what they mean: a wrong digit or two swapped, hardly ever a digit more or less; but who alters a
# check puts one before or behind. Nobody leaves the cents out by mistake.
SLIPS = Errors(0.0, 0.2, 0.58, 0.08, 0.01, 0.01, 0.01, 0.01, 0.1)


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount in cents and the chance that it is the right one."""

    cents: int
    probability: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """What could be meant, best first.

    `differing` is the chance that figures and words are two amounts, `overruled` the part of it where the words say
    another than the best one: theirs would be the one that counts (UCC 3-114).
    """

    ranked: tuple[Amount, ...]
    differing: float
    overruled: float

    @property
    def differ(self) -> bool:
        """Whether two amounts are likelier than one."""
        return self.differing > 0.5

    @property
    def right(self) -> float:
        """The chance that the best amount is the one that counts."""
        return self.best.probability * (1 - self.overruled) if self.best else 0.0

    @property
    def best(self) -> Amount | None:
        """The likeliest amount."""
        return self.ranked[0] if self.ranked else None


def weigh(figures: Sequence[Candidate], words: Sequence[Candidate], expected: Iterable[int]) -> Amounts:
    """Ranks the amounts that the image supports; expected amounts only break ties among those.

    What a reader lists is as likely as it says; what it does not list it may have misread as what it lists, by the
    errors that readers make. An amount that differs in one sign alone from an expected one is doubted for it, and the
    expected one listed: it never takes the place of what was read. Candidates carry cents as digits. Words control
    where they differ from the figures (UCC 3-114), but a person looks at that: `differing` says how likely it is.
    """
    in_figures, in_words = _by_cents(figures), _by_cents(words)
    expected_all = frozenset(cents for cents in expected if cents > 0)
    expected_cents = frozenset(cents for cents in expected_all if _is_supported(cents, in_figures, in_words))
    scores = {
        cents: _likelihood(cents, in_figures, FIGURES)
        * _likelihood(cents, in_words, WORDS)
        * _prior(cents, expected_cents)
        for cents in {*in_figures, *in_words}
    }
    if not scores:
        return Amounts((), 0.0, 0.0)
    ranked = sorted(scores, key=lambda cents: (-scores[cents], cents))
    # What no candidate names, seen as an amount of the best one's kind that nobody expected.
    rest = _rest(in_figures) * (_rest(in_words) * WORDS.digit / DIGIT_WAYS if in_words else 1.0)
    total = sum(scores.values()) + rest * _prior(ranked[0], frozenset())
    found = [Amount(cents, scores[cents] / total) for cents in ranked[:10]]
    if in_figures:
        found = _doubted(found, scores[found[0].cents], in_figures, in_words, expected_all)
    two, other = _two_amounts(found[0].cents, in_figures, in_words, expected_cents, expected_all)
    whole = two + sum(scores.values())
    return Amounts(tuple(found), two / whole, other / whole)


def _doubted(
    found: list[Amount], score: float, figures: dict[int, float], words: dict[int, float], expected: frozenset[int]
) -> list[Amount]:
    """The best amount less sure by the chance that another, expected all along, was meant.

    One of whose digits it has a lookalike, or whose cents, or first digits, were not seen.
    """
    best = found[0]
    if best.cents in expected:
        return found
    alike = {
        cents: max(figures.get(cents, 0.0), LOOKALIKE * max(figures.values()))
        * _likelihood(cents, words, WORDS)
        * _prior(cents, expected)
        for cents in expected
        if one_sign_apart(cents, best.cents) or lost_its_cents(cents, best.cents)
    }
    alike |= {
        cents: BEGINNING_LOST * _prior(cents, expected) for cents in expected if lost_its_beginning(cents, best.cents)
    }
    doubt = min(0.5, sum(alike.values()) / (score + sum(alike.values()))) if any(alike.values()) else 0.0
    if not doubt:
        return found
    shares = {cents: best.probability * doubt * weight / sum(alike.values()) for cents, weight in alike.items()}
    for one in found[1:]:
        shares[one.cents] = shares.get(one.cents, 0.0) + one.probability
    first = Amount(best.cents, best.probability * (1 - doubt))
    rest = [Amount(cents, min(p, first.probability)) for cents, p in shares.items()]
    return [first, *sorted(rest, key=lambda one: (-one.probability, one.cents))][:10]


def one_sign_apart(cents: int, other: int) -> bool:
    """Whether two amounts are written with as many digits and differ in one, or in several that are alike in both."""
    one, two = str(cents), str(other)
    return len(one) == len(two) and len({(a, b) for a, b in zip(one, two, strict=True) if a != b}) == 1


def lost_its_cents(cents: int, other: int) -> bool:
    """Whether the other is this amount with its cents taken for 00: raised and small, they are what is misread most."""
    return other == cents // CENTS * CENTS != cents


def lost_its_beginning(cents: int, other: int) -> bool:
    """Whether the other is this amount without its first digits."""
    return cents > other and str(cents).endswith(str(other))


def _by_cents(candidates: Sequence[Candidate]) -> dict[int, float]:
    found: dict[int, float] = {}
    for one in candidates:
        if one.value.isdigit() and int(one.value) > 0 and one.probability > 0:
            found[int(one.value)] = max(found.get(int(one.value), 0.0), one.probability)
    return found


def _is_supported(cents: int, figures: dict[int, float], words: dict[int, float]) -> bool:
    """Whether figures or words show this amount; where there are no figures, words may hide any."""
    if not figures or words.get(cents, 0.0) >= LEGIBLE:
        return True
    return figures.get(cents, 0.0) >= SUPPORTED * max(figures.values())


def _likelihood(cents: int, read: dict[int, float], errors: Errors) -> float:
    """P(reading | this amount is written), up to a factor; 1 where nothing was read, which is no evidence."""
    if not read:
        return 1.0
    listed = sum(read.values())
    return read.get(cents, 0.0) + _rest(read) * sum(
        p / listed * share_of(errors, cents, one) for one, p in read.items() if one != cents
    )


def share_of(errors: Errors, meant: int, became: int) -> float:
    """The share of errors that turn one amount into this other one, both in cents."""
    name, ways = error_of(meant, became)
    share: float = getattr(errors, name) / ways
    if name == "cents_lost":  # or all that became a nought
        share += errors.cents / CENTS_WAYS if meant % 10 == 0 or meant % 100 < 10 else errors.other / CENTS
    return share


def error_of(meant: int, became: int) -> tuple[str, int]:
    """Which of `Errors` turns one amount into the other, and how many others it could have come to."""
    one, other = str(meant), str(became)
    if meant // 100 == became // 100:
        if became % 100 == 0:
            return "cents_lost", 1
        alike = meant % 100 // 10 == became % 100 // 10 or meant % 10 == became % 10
        return ("cents", CENTS_WAYS) if alike else ("other", CENTS)
    if became == 100 * meant:
        return "point_lost", 1
    if len(one) == len(other):
        wrong = [at for at in range(len(one)) if one[at] != other[at]]
        if len(wrong) == 1:
            return "digit", DIGIT_WAYS
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1 and one[wrong[0]] == other[wrong[1]]:
            return "swapped", len(one)
    elif one[1:] == other:
        return "first_lost", 1
    elif other[1:] == one:
        return "first_gained", 9
    elif len(one) == len(other) + 1 and any(one[:at] + one[at + 1 :] == other for at in range(len(one))):
        return "lost", len(one)
    return "other", OTHER_AMOUNTS


def _rest(read: dict[int, float]) -> float:
    return max(1e-4, 1.0 - sum(read.values())) if read else 1.0


def _prior(cents: int, expected: frozenset[int]) -> float:
    other = WHOLE_SHARE / WHOLE_AMOUNTS if cents % 100 == 0 else (1 - WHOLE_SHARE) / OTHER_AMOUNTS
    if not expected:
        return other
    return (EXPECTED_SHARE / len(expected) if cents in expected else 0.0) + (1 - EXPECTED_SHARE) * other


def _two_amounts(
    best: int, figures: dict[int, float], words: dict[int, float], expected: frozenset[int], due: frozenset[int]
) -> tuple[float, float]:
    """How likely the readings are if figures and words are two amounts, and words say another than `best`.

    One of the two is the other by a slip. What the words show of other amounts counts. What nobody can read speaks for
    none: then all that is left is how often payers write two amounts.
    """
    two = overruled = 0.0
    for one, seen in figures.items():
        for other, said in words.items():
            if one != other:
                slip = _prior(one, expected) * share_of(SLIPS, one, other)
                slip += _prior(other, expected) * share_of(SLIPS, other, one)
                two += DIFFERENT * slip * seen * said
                overruled += DIFFERENT * slip * seen * said * (other != best)
        # Of what is legible in the words as little speaks for any other amount as for this one.
        rest = _rest(words)
        unread = _likelihood(one, words, WORDS) * rest / (rest + words.get(one, 0.0))
        nobody_knows = (DIFFERENT_DUE if one in due else DIFFERENT) * _prior(one, expected) * seen * unread
        two, overruled = two + nobody_knows, overruled + nobody_knows
    return two, overruled
