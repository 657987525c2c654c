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

FRACTION = 8  # digits of the bank's number in fraction form: "57-4521/5712" repeats the routing number's
MISREAD = 2
DIGITS = 10  # 8 and 2 check digits, ISO 7064 mod 97-10
# How much likelier a number whose check digits hold is to be meant than one where they do not: people copy nearly all
# numbers rightly, and of misread ones only 1 in 97 holds. Lower than that would give, so that a slip stays visible.
HOLDS = 100.0
LISTED = 20  # candidates kept: the contract master weighs them all
NONE = 1e-3  # a run this unlikely to have as many digits has not
COUNTED = 0.5  # a line read more surely than that has as many digits as were read
SURE = 0.99  # a number less sure is read again, by the slower reader
TYPE_IN = 0.08  # the bank's number in fraction form is smaller than what anybody fills in
_LOOKALIKES = str.maketrans(digits.LOOKALIKES)
_LABEL = re.compile(r"(?i)acc(?:oun)?t|loan|lease|contract|\ba/c|#|\bref|\bre\b|\bid\b|memo|\bfor\b")
_RUN = re.compile(digits.START + r"[0-9OoQDlI|iZzSsbGBgq .\-]{8,16}")
_PHONE = re.compile(r"(?<!\d)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d)")

Seen = Mapping[str, Lattice]  # what each reader left of one run of digits


def holds(number: str) -> bool:
    """Whether the check digits of an account number hold."""
    return len(number) == DIGITS and number.isdigit() and bool(mod_97_10.is_valid(number))


def read_account(
    found: Iterable[TextLine],
    page: zones.Sheet | None = None,
    again: Reread | None = None,
    not_these: Iterable[str] = (),
) -> FieldReading:
    """Account numbers among lines, best first; also those whose check digits do not hold.

    With the `page` that the lines are from, our own reader of figures is heard beside the one that read them; where
    both together are in doubt and there is `again`, the second reader too. `not_these` are numbers that mean something
    else: serial, bank account, routing number, the bank's fraction. Each candidate carries what the images alone say of
    it, for those who know which numbers there are.
    """
    others = {number for number in not_these if len(number) >= 6}
    said: list[Candidate] = []
    box: Box | None = None
    best = 0.0
    for line in found:
        seen, nats = _heard(line, page, again)
        if _PHONE.search(line.value):
            nats = {number: value for number, value in nats.items() if holds(number)}
        for number, probability in believed(_chances(nats)).items():
            if any(_is_same(number, other) for other in others):
                continue
            if probability > best:
                best, box = probability, line.box
            said.append(Candidate(number, probability, "+".join(seen), round(nats[number], 2)))
    return FieldReading(Field.ACCOUNT_NUMBER, ranked(_within_one(said), LISTED), box)


def _heard(line: TextLine, page: zones.Sheet | None, again: Reread | None) -> tuple[Seen, dict[str, float]]:
    """The line's digits as all readers that are needed see them, and log P of each number that they may be."""
    seen = dict(_lattices(line.text))
    if not (seen or _may_hold(line)) or says(line, "customer service", "telephone"):
        return {}, {}
    if page is None:
        return seen, digits.numbers([*seen.values()], DIGITS)
    written = figures.read_figures(zones.line_image(page, line.piece))
    seen |= _named(figures.SOURCE, digits.lattice(written.log_probs, figures.ALPHABET))
    nats = digits.numbers([*seen.values()], DIGITS)
    doubtful = _is_digits(line) if not seen else len(seen) == 1 or not is_settled(seen, nats, line)
    if again is None or line.height_in < TYPE_IN or not doubtful:
        return seen, nats
    seen |= _lattices(again(line).text)
    return seen, digits.numbers([*seen.values()], DIGITS)


def _may_hold(line: TextLine) -> bool:
    """Whether a line in which the first reader sees no number may hold one: a hand that it reads badly."""
    digit_count = sum(char.isdigit() for char in line.value)
    return digit_count >= 5 and line.x < 0.7 and line.y > 0.25 and line.height_in >= TYPE_IN


def _is_digits(line: TextLine) -> bool:
    return sum(char.isdigit() for char in line.value) >= max(6, 0.4 * len(line.value))


def is_settled(seen: Seen, nats: Mapping[str, float], line: TextLine) -> bool:
    """Whether the readers so far are sure of a number, or that the run has too few or too many digits for one.

    `nats` are the numbers that it may be, by `digits.numbers`. Readers may differ about how many digits there are where
    one takes letters of the label before them for digits: then the first reader is believed if it is sure of the line.
    """
    together = _chances(nats)
    if sum(together.values()) >= NONE:
        return max(believed(together).values(), default=0.0) >= SURE
    return line.text.probability >= COUNTED or all(
        sum(_chances(digits.numbers([one], DIGITS)).values()) < NONE for one in seen.values()
    )


def _chances(nats: Mapping[str, float]) -> dict[str, float]:
    return {one: exp(value) for one, value in nats.items()}


def _lattices(text: ppocr.Text) -> Seen:
    if sum(map(str.isdigit, text.value)) < digits.LEAST:
        return {}
    return _named(text.source, digits.lattice(text.log_probs, ppocr.ASCII))


def _named(source: str, lattice: Lattice | None) -> dict[str, Lattice]:
    return {} if lattice is None else {source: lattice}


def _within_one(said: list[Candidate]) -> Iterator[Candidate]:
    """Candidates of several lines: only one of them can be the number meant."""
    whole = max(1.0, sum(one.probability for one in said))
    for one in said:
        yield Candidate(one.value, one.probability / whole, one.source, one.log_likelihood)


def _is_same(number: str, other: str) -> bool:
    """Whether a number read is one that is known to mean something else, a digit or two of its end misread at most."""
    if other in number or number in other:
        return True
    return len(other) >= FRACTION and Levenshtein.distance(number[-FRACTION:], other[-FRACTION:]) <= MISREAD


def candidates(text: ppocr.Text) -> dict[str, float]:
    """Numbers of 10 digits that a line may say, with probabilities in which the check digits have had their say."""
    return believed(numbers(text))


def numbers(text: ppocr.Text) -> dict[str, float]:
    """Numbers of 10 digits that a line may say, with what the image gives each."""
    return _chances(digits.numbers([*_lattices(text).values()], DIGITS))


def believed(seen: Mapping[str, float]) -> dict[str, float]:
    """What the image says of numbers once their check digits are heard."""
    if not seen:
        return {}
    weights = {number: p * (HOLDS if holds(number) else 1.0) for number, p in seen.items()}
    rest = max(0.0, 1 - sum(seen.values()))
    whole = sum(weights.values()) + rest
    return {number: min(0.9995, weight / whole) for number, weight in weights.items() if weight / whole > 1e-4}


def find(text: str) -> str | None:
    """The 10 digits that a text holds as one number, lookalike letters among them forgiven; or None."""
    plain = _LABEL.split(text)[-1] if _LABEL.search(text) else text
    for part in (plain, text):
        for run in _RUN.findall(part):
            if sum(char.isdigit() for char in run) < DIGITS - 2:
                continue
            if re.search(r"\d{5}-\d{4}\b", run):  # a ZIP code
                continue
            number = re.sub(r"[ .\-]", "", run).translate(_LOOKALIKES)
            phone = re.match(r"\d{3}[-. ]\d{3}[-. ]\d{4}$", run.strip())
            if len(number) == DIGITS and number.isdigit() and (not phone or holds(number)):
                return number
    return None
