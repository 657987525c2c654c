"""The courtesy amount: which line of a check holds the figures, and what they come to in cents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocr.fields.amount_forms import candidates, forms, meant, supported
from ocr.fields.amount_judge import IMAGE_SAYS, UNEXPLAINED, judged
from ocr.fields.lines import TextLine, read
from ocr.image.prepare import Gray
from ocr.layout.piece import gaps, piece_of
from ocr.layout.zones import Sheet, line_image
from ocr.nets import figures
from ocr.nets.figures import Figures
from ocr.reading import Box, Candidate, Field, FieldReading, ranked

SPOKEN = 4  # amounts in words that are looked for in the figures
CLAIMED = 0.02  # amounts that the words claim more surely than this, every reader is asked about
MOST = 0.9999  # no reading is certain
SIDE, LEVEL = 0.25, 0.6  # shares of a piece's height: how near writing that goes on stands, and how level
FEW_DIGITS, SELDOM = 3, 0.3  # two digits alone are more often a scrap than an amount
LOOKED_AT = 4  # lines that may be the amount
BEAM = 8  # texts of such a line: enough to tell which line it is
UNREAD = 0.1  # what a line counts by its place and looks alone, if its figures come to no amount
CONFIRMS = 0.02  # the least chance that a piece cut out of a line must give an amount that the words claim
TOP = 0.2  # above stand the check's number, the payer and the bank
LEAST_HIGH_IN, LEAST_WIDE_IN = 0.05, 0.2  # smaller ink is no amount
TALL_IN = 0.15  # higher figures read as letters more often
LETTERS, LETTERS_TALL = 3, 5  # so many may be misread figures; the second of tall ones

# Lines that a payee's name may share with the figures.
LOWEST, LONG_IN = 0.47, 2.5  # they stand above this share of the paper's height, and are longer
AT_RIGHT = (0.6, 0.88)  # shares of the paper's width between which the figures begin
GAPS = 3  # widest ones that the figures may begin after

# Where amounts stand, as shares of the paper's width and height.
LEFT, FAR_RIGHT = 0.55, 0.7  # left of the first no courtesy amount stands; right of the second nearly all do
HIGH, LOW = 0.18, 0.85
NUMBERS_ABOVE = 0.32  # serial and bank number stand here too
UPPER = 0.25  # few amounts stand higher
# What a place and a text add to a line's score, or take from it. Scores only put lines in order.
PLACE, PLACE_RIGHT, HIGH_UP, ONE_DIGIT, LEAST = 0.5, 0.5, 0.4, 0.5, 0.05
DOLLAR, STAR, POINT = 0.6, 0.4, 0.4
_DATE = re.compile(r"\d[-/]\d{1,2}[-/]\d")
_SIGN_OR_CENTS = re.compile(r"[$*]|\d[.]\d\d$")
_CENTS = re.compile(r"\d[.]\d\d\b|\d, ?\d\d$|/100|_")


def read_amount(lines: Iterable[TextLine], page: Sheet, words: FieldReading | None = None) -> FieldReading:
    """The figures among the lines of a check: those that look most like an amount, where an amount stands.

    `words` are the legal amount: what they claim is looked for in the figures too, and counts as far as these show it.
    """
    lines = list(lines)
    spoken = [int(amount.value) for amount in words.candidates[:SPOKEN]] if words else []
    courtesy = _courtesy(lines, page, spoken)
    if courtesy is None:
        return FieldReading(Field.COURTESY_AMOUNT, ())
    line = courtesy.line
    claimed = (
        [int(amount.value) for amount in words.candidates[:SPOKEN] if amount.probability >= CLAIMED] if words else []
    )
    cents, source = judged(courtesy.picture, courtesy.figures, line.text, claimed)
    if cut_short(line.box, [beside.box for beside in lines if beside is not line and beside.value != "$"]):
        cents = {value: p * UNEXPLAINED for value, p in cents.items()}
    if spoken:
        quick = supported(line.text, spoken)
        for value in spoken:
            p = max(quick[value], courtesy.figures.support(forms(value)))
            if value not in cents and p > IMAGE_SAYS:
                cents[value] = p
    whole = max(1.0, sum(cents.values()))
    ordered = ranked(Candidate(str(value), min(MOST, p / whole), source) for value, p in cents.items())
    return FieldReading(Field.COURTESY_AMOUNT, ordered, line.box)


@dataclass(frozen=True, slots=True)
class _Courtesy:
    """A line that may be the amount, as the net of figures reads it."""

    line: TextLine
    picture: Gray
    figures: Figures


def _courtesy(lines: Iterable[TextLine], page: Sheet, spoken: Sequence[int]) -> _Courtesy | None:
    """The line that looks most like an amount where one stands; the net of figures looks at the likeliest few.

    Where there is none, ends of longer lines are tried. Where to cut such a line is a guess: if the words can be read,
    it counts only if it shows what they claim; otherwise digits are lost, or letters taken for digits.
    """
    lines = list(lines)
    standing = places(lines)
    cut = [] if standing else [end for line in lines for end in ends(line, page)]
    widest = max((end.width_in for end in cut), default=0.0)
    best: tuple[float, _Courtesy] | None = None
    for place, _, line in (standing or places(cut))[:LOOKED_AT]:
        picture = line_image(page, line.piece)
        seen = figures.read_figures(picture)
        cents = meant(seen.likely(BEAM))
        score = (place + _looks(seen.value)) * (UNREAD + max(sum(cents.values()), sum(candidates(line.text).values())))
        if sum(char.isdigit() for char in seen.value) < FEW_DIGITS:
            score *= SELDOM
        if not standing:  # the farther right the cut, the surer what is left, and the likelier that digits are lost
            score *= (line.width_in / widest) ** 2
            if spoken and max(cents.get(value, 0.0) for value in spoken) < CONFIRMS:
                continue
        if best is None or score > best[0]:
            best = (score, _Courtesy(line, picture, seen))
    return best[1] if best else None


def places(lines: Iterable[TextLine]) -> list[tuple[float, int, TextLine]]:
    """Lines that may be the amount, best first. The check's number stands on top, and on stubs once more."""
    lines = list(lines)
    numbers = {line.value for line in lines if line.y < TOP and line.value.isdigit()}
    likely = [(place, at, line) for at, line in enumerate(lines) if (place := _place(line)) > 0]
    return sorted((place for place in likely if place[2].value not in numbers), reverse=True)


def ends(line: TextLine, page: Sheet) -> list[TextLine]:
    """What may be figures at the end of a line that a payee's name runs into: right of its widest gaps there.

    A large hand leaves no room between the name and the printed $.
    """
    if line.y > LOWEST or line.width_in < LONG_IN or line.piece.right_px < AT_RIGHT[0] * page.width_px:
        return []
    white = gaps(page.boxes[mark] for mark in line.piece.marks)
    wide = [(right - left, right) for left, right in white if AT_RIGHT[0] <= right / page.width_px <= AT_RIGHT[1]]
    tails = []
    for _, start in sorted(wide, reverse=True)[:GAPS]:
        marks = [mark for mark in line.piece.marks if page.boxes[mark][0] >= start]
        piece = piece_of(page.boxes, marks, line.piece.rule)
        tails.append(read(page, piece, round(line.piece.middle_px / line.y)))
    return tails


def cut_short(box: Box, neighbors: Iterable[Box]) -> bool:
    """Whether other writing goes on from this piece in its own row: digits of it may stand there."""
    near = SIDE * box.height_px
    left, right, low = box.left_px, box.left_px + box.width_px, box.top_px + box.height_px
    for neighbor in neighbors:
        level = min(low, neighbor.top_px + neighbor.height_px) - max(box.top_px, neighbor.top_px)
        if level < LEVEL * box.height_px:
            continue
        end = neighbor.left_px + neighbor.width_px
        if (neighbor.left_px < right + near < end) or (neighbor.left_px < left - near < end):
            return True
    return False


def _place(line: TextLine) -> float:
    """How much this place speaks for an amount, 0 to 2; 0 where it cannot stand or something else does."""
    value = line.value
    digits, letters = sum(char.isdigit() for char in value), sum(char.isalpha() for char in value)
    if line.x < LEFT or not HIGH < line.y < LOW or line.height_in < LEAST_HIGH_IN or line.width_in < LEAST_WIDE_IN:
        return 0.0
    if _DATE.search(value) or letters > max(digits, LETTERS if line.height_in < TALL_IN else LETTERS_TALL):
        return 0.0
    if line.y < NUMBERS_ABOVE and not _SIGN_OR_CENTS.search(value):
        return 0.0
    score = PLACE + PLACE_RIGHT * (line.x > FAR_RIGHT) + _looks(value)
    return max(LEAST, score - HIGH_UP * (line.y < UPPER) - ONE_DIGIT * (digits < 2))


def _looks(value: str) -> float:
    """How much these figures look like an amount, 0 to 1.4."""
    return DOLLAR * ("$" in value) + STAR * ("*" in value) + POINT * bool(_CENTS.search(value))
