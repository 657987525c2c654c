"""The lender's account number, wherever on a document it stands, by hand or in print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import exp

from rapidfuzz.distance import Levenshtein
from stdnum.iso7064 import mod_97_10

from ocr.fields.lines import Reread, TextLine, says
from ocr.layout import zones
from ocr.nets import digits, figures, ppocr
from ocr.nets.digits import Lattice
from ocr.reading import Box, Candidate, Field, FieldReading, ranked

DIGITS = 10  # 8 and 2 check digits, ISO 7064 mod 97-10
# How many times likelier a number is to be meant if its check digits hold. People copy nearly all numbers correctly,
# and only 1 misread number in 97 passes. Those odds would be higher; this is kept low so that a slip stays visible.
HOLDS = 100.0
MOST = 0.9995  # no reading is certain
LISTED = 20  # candidates kept: the contract master weighs them all
LISTED_AT = 1e-4  # a number less likely is not worth listing
NO_NUMBER = 1e-3  # a run with less chance than this of being 10 digits has fewer or more
COUNTED = 0.5  # where the first reader is this sure of a line, its count of digits stands
SURE = 0.99  # below this a line is read again, by the slower reader
SHORTEST_KNOWN = 6  # digits: a shorter number may stand inside an account number by chance
FRACTION = 8  # digits of the bank's number in fraction form: "57-4521/5712" repeats the routing number's
MISREAD = 2  # digits at most by which a number may differ from one that is known to mean something else
TYPE_IN = 0.08  # the bank's number in fraction form is smaller than what anybody fills in
# Where a number may stand that the first reader missed: not at the top, where bank and check have theirs.
MEMO_DIGITS, MEMO_RIGHT, MEMO_TOP = 5, 0.7, 0.25  # digits at least; then shares of the paper's width and height
MOSTLY_DIGITS, DIGITS_SEEN = 0.4, 6  # share of a line's characters, and how many, that make it a line of digits
_PHONE = re.compile(r"(?<!\d)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d)")

# The bank's number alone on a line, "57-549/5729": a reader may take the stroke for a 1, and then it has ten digits.
_FRACTION = re.compile(r"\W*\d{1,2}\s?-\s?\d{1,4}\s?/\s?\d{3,4}\W*")

_ZIP = re.compile(
    r".*[A-Za-z]{3}[,.:;] ?[A-Z]{2} \d{5}(?:-\d{4})?\W*"
)  # city, state, ZIP code: no account stands there

Lattices = Mapping[str, Lattice]  # what each reader left of one run of digits, by the reader's name


def holds(number: str) -> bool:
    """Whether the check digits of an account number hold."""
    return len(number) == DIGITS and number.isdigit() and bool(mod_97_10.is_valid(number))


def read_account(
    lines: Iterable[TextLine],
    page: zones.Sheet | None = None,
    reread: Reread | None = None,
    not_these: Iterable[str] = (),
) -> FieldReading:
    """Account numbers among lines, best first; also those whose check digits do not hold.

    With the `page` that the lines are from, our own reader of figures is asked beside the one that read them; where
    both together are in doubt and there is a `reread`, the second reader too. `not_these` are numbers that mean
    something else: serial, bank account, routing number, the bank's fraction. Each candidate carries what the images
    alone give it, for those who know which numbers there are.
    """
    known_numbers = {number for number in not_these if len(number) >= SHORTEST_KNOWN}
    candidates: list[Candidate] = []
    box: Box | None = None
    best = 0.0
    for line in lines:
        lattices, nats = _numbers_of(line, page, reread)
        if _PHONE.search(line.value):
            nats = {number: value for number, value in nats.items() if holds(number)}
        for number, probability in with_check_digits(_chances(nats)).items():
            if any(_is_same(number, known) for known in known_numbers):
                continue
            if probability > best:
                best, box = probability, line.box
            candidates.append(Candidate(number, probability, "+".join(lattices), round(nats[number], 2)))
    return FieldReading(Field.ACCOUNT_NUMBER, ranked(_one_number_meant(candidates), LISTED), box)


def _numbers_of(line: TextLine, page: zones.Sheet | None, reread: Reread | None) -> tuple[Lattices, dict[str, float]]:
    """The line's digits as every reader that is needed sees them, and log P of each number that they may be."""
    lattices = dict(_lattices(line.text))
    if not (lattices or _may_hold(line)) or says(line, "customer service", "telephone"):
        return {}, {}
    if _FRACTION.fullmatch(line.value) or _ZIP.fullmatch(line.value):
        return {}, {}
    if page is None:
        return lattices, digits.numbers([*lattices.values()], DIGITS)
    written = figures.read_figures(zones.line_image(page, line.piece))
    lattices |= _named(figures.SOURCE, digits.lattice(written.log_probs, figures.ALPHABET))
    nats = digits.numbers([*lattices.values()], DIGITS)
    in_doubt = len(lattices) == 1 or not is_settled(lattices, nats, line) if lattices else _is_digits(line)
    if reread is None or line.height_in < TYPE_IN or not in_doubt:
        return lattices, nats
    lattices |= _lattices(reread(line).text)
    return lattices, digits.numbers([*lattices.values()], DIGITS)


def _may_hold(line: TextLine) -> bool:
    """Whether a line in which the first reader sees no number may hold one, in a hand that it reads badly."""
    digit_count = sum(char.isdigit() for char in line.value)
    return digit_count >= MEMO_DIGITS and line.x < MEMO_RIGHT and line.y > MEMO_TOP and line.height_in >= TYPE_IN


def _is_digits(line: TextLine) -> bool:
    return sum(char.isdigit() for char in line.value) >= max(DIGITS_SEEN, MOSTLY_DIGITS * len(line.value))


def is_settled(lattices: Lattices, nats: Mapping[str, float], line: TextLine) -> bool:
    """Whether the readers so far are sure of a number, or that the run has too few or too many digits for one.

    `nats` are the numbers that it may be, from `digits.numbers`. Readers may differ about how many digits there are
    where one takes letters of the label before them for digits: then the first reader is believed if it is sure of
    the line.
    """
    together = _chances(nats)
    if sum(together.values()) >= NO_NUMBER:
        return max(with_check_digits(together).values(), default=0.0) >= SURE
    return line.text.probability >= COUNTED or all(
        sum(_chances(digits.numbers([lattice], DIGITS)).values()) < NO_NUMBER for lattice in lattices.values()
    )


def _chances(nats: Mapping[str, float]) -> dict[str, float]:
    return {number: exp(value) for number, value in nats.items()}


def _lattices(text: ppocr.Text) -> Lattices:
    if sum(map(str.isdigit, text.value)) < digits.LEAST:
        return {}
    return _named(text.source, digits.lattice(text.log_probs, ppocr.ASCII))


def _named(source: str, lattice: Lattice | None) -> dict[str, Lattice]:
    return {} if lattice is None else {source: lattice}


def _one_number_meant(candidates: list[Candidate]) -> Iterator[Candidate]:
    """Candidates of several lines with their shares: only one of them can be the number meant."""
    whole = max(1.0, sum(candidate.probability for candidate in candidates))
    for candidate in candidates:
        share = candidate.probability / whole
        yield Candidate(candidate.value, share, candidate.source, candidate.log_likelihood)


def _is_same(number: str, known: str) -> bool:
    """Whether a number read is one that is known to mean something else, with at most two digits of its end misread."""
    if known in number or number in known:
        return True
    return len(known) >= FRACTION and Levenshtein.distance(number[-FRACTION:], known[-FRACTION:]) <= MISREAD


def with_check_digits(chances: Mapping[str, float]) -> dict[str, float]:
    """How likely each number is to be meant, from what the image alone gives it and whether its check digits hold."""
    if not chances:
        return {}
    weights = {number: p * (HOLDS if holds(number) else 1.0) for number, p in chances.items()}
    rest = max(0.0, 1 - sum(chances.values()))
    whole = sum(weights.values()) + rest
    return {number: min(MOST, weight / whole) for number, weight in weights.items() if weight / whole > LISTED_AT}
