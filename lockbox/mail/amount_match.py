"""How much a check is for: figures, words and expected amounts are scored together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr.reading import Candidate

EXPECTED_SHARE = 0.6  # of payments are for an expected amount ...
WHOLE_SHARE, WHOLE_AMOUNTS = 0.5, 1_000  # ... half of the rest for whole dollars, of about so many amounts ...
OTHER_AMOUNTS = 50_000  # ... and half for one of about so many others
# A digit mistaken for another, surely and in figures and words alike: a writer whose 7 is a 1 writes it so in both, and
# no reader's claim allows for it. Rare, but far more people pay what is due than an amount one digit away from it.
LOOKALIKE = 2e-4
# A stroke that runs from the words into the figures hides the same digits of both: an expected amount that ends with
# all the digits that were read is so much likelier than chance.
BEGINNING_LOST = 1e-4
SUPPORTED = 0.1  # of the best candidate's probability: an expected amount with less is not on the image
LEGIBLE = 0.5  # words this sure support an expected amount whatever the figures seem to be
# An expected amount tells which of the amounts it is that the image shows. That it shows none of them is another
# matter: there it counts like so many more readings as legible as the image's own, and no more.
EXPECTED_READINGS = 4
# Checks whose words and figures are two amounts; and of these, checks with figures that are due and illegible words.
DIFFERENT, DIFFERENT_DUE = 0.01, 0.0005
CENTS = 100
DIGIT_WAYS, CENTS_WAYS = 27, 18  # digits that three of the dollars, and the two of the cents, may become


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of errors by what they do to an amount, for two amounts that differ in nothing else."""

    cents_lost: float  # the cents became 00
    cents: float  # one digit of the cents is another
    digit: float  # one digit of the dollars is another
    swapped: float  # two neighboring digits changed places
    point_lost: float  # a hundred times as much: the decimal point was not seen
    first_lost: float  # the first digit is missing
    first_gained: float  # a mark before the figures became a digit
    lost: float  # another digit is missing
    other: float  # anything else


# What readers of figures and of words misread: shares on one drawn day, rounded. Since then points and the sides of
# boxes are lost less often; the reading bench prints its own counts beside these.
FIGURES = Errors(0.1, 0.2, 0.15, 0.0, 0.2, 0.05, 0.1, 0.05, 0.15)
WORDS = Errors(0.1, 0.4, 0.2, 0.0, 0.0, 0.05, 0.0, 0.0, 0.25)
# What payers write by mistake: a wrong digit or two swapped, hardly ever a digit more or less. Whoever alters a check
# adds a digit in front or at the end. Nobody leaves out the cents by mistake.
SLIPS = Errors(0.0, 0.2, 0.58, 0.08, 0.01, 0.01, 0.01, 0.01, 0.1)


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount in cents and the chance that it is the right one."""

    cents: int
    probability: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """The possible amounts, best first.

    `differing` is the chance that figures and words are two amounts, `overruled` the part of it where the words are
    not the best amount: then theirs would be the one that counts (UCC 3-114).
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

    A reader's candidates are as likely as it claims; an amount that it does not list may have been misread as one of
    them, by the errors that readers make. An amount one digit away from an expected one loses probability to it, and
    the expected one is listed, but never in first place. Candidates carry cents as digits. Words control where they
    differ from the figures (UCC 3-114), but a person looks at that: `differing` is the chance of it.

    No evidence counts for more than it is. One source, figures or words, is never surer than it claims itself; one
    whose best candidate is the amount never makes it less sure, one that does not name it never makes it surer; an
    expected amount makes it surer only as far as the image is legible.
    """
    in_figures, in_words = _by_cents(figures), _by_cents(words)
    expected_all = frozenset(cents for cents in expected if cents > 0)
    amounts = _ranked(in_figures, in_words, expected_all)
    if not amounts:
        return Amounts((), 0.0, 0.0)
    if in_figures and in_words:
        amounts = _held_to_sources(amounts, in_figures, in_words, expected_all)
    expected_cents = _supported(expected_all, in_figures, in_words)
    two, overruled = _two_amounts(amounts[0].cents, in_figures, in_words, expected_cents, expected_all)
    both = two + sum(_scores(in_figures, in_words, expected_cents).values())
    return Amounts(tuple(amounts), two / both, overruled / both)


def _ranked(figures: dict[int, float], words: dict[int, float], expected: frozenset[int]) -> list[Amount]:
    """The amounts that these readings may mean, best first, none surer than the readings' claims allow."""
    expected_cents = _supported(expected, figures, words)
    scores = _scores(figures, words, expected_cents)
    if not scores:
        return []
    ranked = sorted(scores, key=lambda cents: (-scores[cents], cents))
    best, rest = ranked[0], _neither(figures, words)
    # The chance of none of the candidates: an unexpected amount of the best one's kind.
    total = sum(scores.values()) + rest * _prior(best, frozenset())
    amounts = [Amount(cents, scores[cents] / total) for cents in ranked[:10]]
    if figures:
        amounts = _doubted(amounts, scores[best], figures, words, expected)
    shown = sum(_likelihoods(figures, words).values())
    legible = shown / (shown + rest)
    if best in expected_cents:
        return _at_most(amounts, 1 - (1 - legible) ** (1 + EXPECTED_READINGS))
    if figures and words:
        return amounts
    claims = figures or words  # those not listed are expected ones that may have been misread
    return [Amount(amount.cents, min(amount.probability, claims.get(amount.cents, 1.0))) for amount in amounts]


def _held_to_sources(
    amounts: list[Amount], figures: dict[int, float], words: dict[int, float], expected: frozenset[int]
) -> list[Amount]:
    """The amounts of figures and words together, the best one as sure as what each of them says of it permits."""
    best = amounts[0].cents
    for source, other in ((figures, words), (words, figures)):
        alone = next((amount for amount in _alone(source, figures, expected) if amount.cents == best), None)
        if best not in other:
            amounts = _at_most(amounts, alone.probability if alone else 0.0)
        elif alone and other[best] == max(other.values()):
            amounts = _at_least(amounts, alone.probability)
    return amounts


def _alone(source: dict[int, float], figures: dict[int, float], expected: frozenset[int]) -> list[Amount]:
    return _ranked(source, {}, expected) if source is figures else _ranked({}, source, expected)


def _at_most(amounts: list[Amount], most: float) -> list[Amount]:
    """The amounts, with the best one no surer than this; what it loses goes to none of them."""
    best, *rest = amounts
    first = Amount(best.cents, min(best.probability, most))
    return [first, *(Amount(amount.cents, min(amount.probability, first.probability)) for amount in rest)]


def _at_least(amounts: list[Amount], least: float) -> list[Amount]:
    """The amounts, with the best one at least so sure, at the cost of the others."""
    best, *rest = amounts
    if best.probability >= least:
        return amounts
    share = (1 - least) / (1 - best.probability)
    return [Amount(best.cents, least), *(Amount(amount.cents, amount.probability * share) for amount in rest)]


def _scores(figures: dict[int, float], words: dict[int, float], expected: frozenset[int]) -> dict[int, float]:
    return {cents: shown * _prior(cents, expected) for cents, shown in _likelihoods(figures, words).items()}


def _likelihoods(figures: dict[int, float], words: dict[int, float]) -> dict[int, float]:
    """P(both readings | this amount is written) of every amount that one of them lists, up to a factor."""
    return {
        cents: _likelihood(cents, figures, FIGURES) * _likelihood(cents, words, WORDS) for cents in {*figures, *words}
    }


def _neither(figures: dict[int, float], words: dict[int, float]) -> float:
    """The same for an amount that neither lists."""
    if figures and words:
        return _rest(figures) * _rest(words) * WORDS.digit / DIGIT_WAYS
    return _rest(figures or words)


def _doubted(
    amounts: list[Amount], score: float, figures: dict[int, float], words: dict[int, float], expected: frozenset[int]
) -> list[Amount]:
    """The amounts, with the best one less sure by the chance that an expected one was meant.

    That is one from which it differs by a lookalike digit, or whose cents or first digits were not seen.
    """
    best = amounts[0]
    if best.cents in expected:
        return amounts
    alike = _lookalikes(best.cents, figures, words, expected)
    doubt = min(0.5, sum(alike.values()) / (score + sum(alike.values()))) if any(alike.values()) else 0.0
    if not doubt:
        return amounts
    shares = {cents: best.probability * doubt * weight / sum(alike.values()) for cents, weight in alike.items()}
    for amount in amounts[1:]:
        shares[amount.cents] = shares.get(amount.cents, 0.0) + amount.probability
    first = Amount(best.cents, best.probability * (1 - doubt))
    rest = [Amount(cents, min(p, first.probability)) for cents, p in shares.items()]
    return [first, *sorted(rest, key=lambda amount: (-amount.probability, amount.cents))][:10]


def _lookalikes(
    best: int, figures: dict[int, float], words: dict[int, float], expected: frozenset[int]
) -> dict[int, float]:
    """Expected amounts that may have been misread as `best`, each with its weight."""
    alike = {
        cents: max(figures.get(cents, 0.0), LOOKALIKE * max(figures.values()))
        * _likelihood(cents, words, WORDS)
        * _prior(cents, expected)
        for cents in expected
        if is_one_digit_apart(cents, best) or lost_its_cents(cents, best)
    }
    return alike | {
        cents: BEGINNING_LOST * _prior(cents, expected) for cents in expected if lost_its_beginning(cents, best)
    }


def is_one_digit_apart(cents: int, read_cents: int) -> bool:
    """Whether both amounts have as many digits and differ in one, or in several with the same pair of digits."""
    digits, read = str(cents), str(read_cents)
    return len(digits) == len(read) and len({(a, b) for a, b in zip(digits, read, strict=True) if a != b}) == 1


def lost_its_cents(cents: int, read_cents: int) -> bool:
    """Whether the amount was read with 00 for its cents: small and raised, they are misread most often."""
    return read_cents == cents // CENTS * CENTS != cents


def lost_its_beginning(cents: int, read_cents: int) -> bool:
    """Whether the amount was read without its first digits."""
    return cents > read_cents and str(cents).endswith(str(read_cents))


def _by_cents(candidates: Sequence[Candidate]) -> dict[int, float]:
    chances: dict[int, float] = {}
    for candidate in candidates:
        if candidate.value.isdigit() and int(candidate.value) > 0 and candidate.probability > 0:
            cents = int(candidate.value)
            chances[cents] = max(chances.get(cents, 0.0), candidate.probability)
    return chances


def _supported(expected: frozenset[int], figures: dict[int, float], words: dict[int, float]) -> frozenset[int]:
    """The expected amounts that figures or words show; without figures, the words may be any amount."""
    if not figures:
        return expected
    least = SUPPORTED * max(figures.values())
    return frozenset(
        cents for cents in expected if words.get(cents, 0.0) >= LEGIBLE or figures.get(cents, 0.0) >= least
    )


def _likelihood(cents: int, read: dict[int, float], errors: Errors) -> float:
    """P(reading | this amount is written), up to a factor; 1 if nothing was read, which is no evidence."""
    if not read:
        return 1.0
    listed = sum(read.values())
    return read.get(cents, 0.0) + _rest(read) * sum(
        p / listed * share_of(errors, cents, candidate) for candidate, p in read.items() if candidate != cents
    )


def share_of(errors: Errors, meant: int, became: int) -> float:
    """The share of errors that turn one amount into the other, both in cents."""
    name, ways = error_of(meant, became)
    share: float = getattr(errors, name) / ways
    if name == "cents_lost":  # or the digits that were not 0 became one
        share += errors.cents / CENTS_WAYS if meant % 10 == 0 or meant % 100 < 10 else errors.other / CENTS
    return share


def error_of(meant: int, became: int) -> tuple[str, int]:
    """Which of `Errors` turns one amount into the other, and how many amounts it could have turned it into."""
    before, after = str(meant), str(became)
    if meant // 100 == became // 100:
        if became % 100 == 0:
            return "cents_lost", 1
        alike = meant % 100 // 10 == became % 100 // 10 or meant % 10 == became % 10
        return ("cents", CENTS_WAYS) if alike else ("other", CENTS)
    if became == 100 * meant:
        return "point_lost", 1
    if len(before) == len(after):
        wrong = [at for at in range(len(before)) if before[at] != after[at]]
        if len(wrong) == 1:
            return "digit", DIGIT_WAYS
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1 and before[wrong[0]] == after[wrong[1]]:
            return "swapped", len(before)
    elif before[1:] == after:
        return "first_lost", 1
    elif after[1:] == before:
        return "first_gained", 9
    elif len(before) == len(after) + 1 and any(before[:at] + before[at + 1 :] == after for at in range(len(before))):
        return "lost", len(before)
    return "other", OTHER_AMOUNTS


def _rest(read: dict[int, float]) -> float:
    return max(1e-4, 1.0 - sum(read.values())) if read else 1.0


def _prior(cents: int, expected: frozenset[int]) -> float:
    unexpected = WHOLE_SHARE / WHOLE_AMOUNTS if cents % 100 == 0 else (1 - WHOLE_SHARE) / OTHER_AMOUNTS
    if not expected:
        return unexpected
    return (EXPECTED_SHARE / len(expected) if cents in expected else 0.0) + (1 - EXPECTED_SHARE) * unexpected


def _two_amounts(
    best: int, figures: dict[int, float], words: dict[int, float], expected: frozenset[int], due: frozenset[int]
) -> tuple[float, float]:
    """How likely the readings are if figures and words are two amounts, and of that, if the words are not `best`.

    One of the two amounts is a slip for the other. Only the legible part of the words is evidence for another amount;
    for the rest all that counts is how often payers write two amounts.
    """
    two = overruled = 0.0
    for figure_cents, figure_chance in figures.items():
        for word_cents, word_chance in words.items():
            if figure_cents != word_cents:
                slip = _prior(figure_cents, expected) * share_of(SLIPS, figure_cents, word_cents)
                slip += _prior(word_cents, expected) * share_of(SLIPS, word_cents, figure_cents)
                two += DIFFERENT * slip * figure_chance * word_chance
                overruled += DIFFERENT * slip * figure_chance * word_chance * (word_cents != best)
        # The illegible part of the words is as little evidence for any other amount as for this one.
        rest = _rest(words)
        illegible = _likelihood(figure_cents, words, WORDS) * rest / (rest + words.get(figure_cents, 0.0))
        share = DIFFERENT_DUE if figure_cents in due else DIFFERENT
        unknown = share * _prior(figure_cents, expected) * figure_chance * illegible
        two, overruled = two + unknown, overruled + unknown
    return two, overruled
