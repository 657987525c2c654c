"""The pieces of text on a document, each read: what the field readers choose from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import fuzz

from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.nets import ctc, ppocr, text
from ocr.reading import Box

WORDS_IN = 0.5  # the least room that two short words take
WORDS_LETTERS = 3  # letters, right or wrong, that are read of the worst written words: fewer are strokes
PRINT_IN = 0.135  # higher type is rare on a check, lower writing too
# A line that begins left of the first share of the paper's width and ends right of the second may be a payee's name
# that has run into the courtesy amount.
PAYEE_LEFT, AMOUNT_RIGHT = 0.45, 0.8
SENTENCE_RIGHT, SENTENCE_TOP, SENTENCE_LOW = 0.6, 0.28, 0.98  # right of the first are signatures, above the bank
ALIKE = 80.0  # percent of a phrase that must fit, misread letters forgiven
SHORT = 4  # letters: so short a word must stand there letter by letter
LEAST_LETTERS = 0.8  # share of a phrase's letters that a line must have to be held against it
CLEAR = 4  # power of a row's clarity by which its letters count: half as clear counts a sixteenth
LEFT_IN, ABOVE_IN, BELOW_IN = 0.1, 0.3, 0.15  # how far what belongs to a label may overlap it, and stand off its level
# Letters, then the printed sign of dollars (by hand next to it, it may read as another), then figures up to the end.
_PAYEE_AND_FIGURES = re.compile(
    r".*[A-Za-z]{3}.*?(?P<figures>[$]\s?\S.*\d\S*|(?:[sS58]?\s?\d{2}|&,?\s?\d{3})[-\d.,/ xXnNoO]*)$"
)
_IN_WORDS = re.compile(r"(?i)[/&]|\band\b|undr|dred|thous|dollar")  # an amount in words, misread


@dataclass(frozen=True, slots=True)
class TextLine:
    """One piece of text and what it says; `x` and `y` are its middle as share of the paper's width and height."""

    piece: Piece
    text: ppocr.Text
    x: float
    y: float
    height_in: float
    width_in: float

    @property
    def value(self) -> str:
        """Its likeliest text."""
        return self.text.value

    @property
    def box(self) -> Box:
        """Where it stands."""
        return self.piece.box


Reread = Callable[[TextLine], TextLine]  # the same line as the second reader reads it


def read(page: zones.Sheet, piece: Piece, bottom_px: int, known: ppocr.Text | None = None) -> TextLine:
    """A piece, read, unless what it says is `known`.

    `bottom_px` is where the paper's printed part ends, the height that `y` is a share of.
    """
    box = piece.box
    return TextLine(
        piece,
        known or text.read_line(zones.line_image(page, piece)),
        piece.center_px / page.width_px,
        piece.middle_px / bottom_px,
        box.height_px / page.dpi,
        box.width_px / page.dpi,
    )


def parted(page: zones.Sheet, line: TextLine, bottom_px: int) -> list[TextLine]:
    """The line, or its two halves: a long payee runs into the figures of the amount, which stand level with it."""
    box = line.box
    if box.left_px > PAYEE_LEFT * page.width_px or box.left_px + box.width_px < AMOUNT_RIGHT * page.width_px:
        return [line]
    chars = ctc.greedy(line.text.log_probs, ppocr.ASCII)
    match = _PAYEE_AND_FIGURES.match("".join(char.value for char in chars))
    if match is None or line.text.source != text.SOURCE or _IN_WORDS.search(match.string[: match.start("figures")]):
        return [line]
    first = match.start("figures")
    middle = (chars[first - 1].frame + chars[first].frame) / 2
    picture = zones.line_image(page, line.piece)
    halves = zones.cut(page, line.piece, zones.image_left_px(line.piece) + text.column(picture, middle))
    return [read(page, half, bottom_px) for half in halves] if len(halves) > 1 else [line]


def second_reader(page: zones.Sheet) -> Reread:
    """PP-OCR for single lines of a page: ten times slower than the first reader, so asked in doubt, once for a line."""
    known: dict[Piece, ppocr.Text] = {}

    def reread(line: TextLine) -> TextLine:
        if line.text.source == ppocr.SOURCE:
            return line
        if line.piece not in known:
            printed = line.piece.rule is None and line.height_in < PRINT_IN
            known[line.piece] = ppocr.read_line(zones.line_image(page, line.piece), printed=printed)
        return replace(line, text=known[line.piece])

    return reread


def may_be_sentence(line: TextLine) -> bool:
    """Whether somebody may have written words there: letters, on a rule or large, left of where signatures stand."""
    if line.width_in < WORDS_IN or line.x > SENTENCE_RIGHT or not SENTENCE_TOP < line.y < SENTENCE_LOW:
        return False
    if letters(line.value) < WORDS_LETTERS:
        return False
    return line.piece.rule is not None or line.height_in > PRINT_IN


def says(line: TextLine, *words: str, at_least: float = ALIKE) -> bool:
    """Whether the line contains one of these words or phrases, misread letters forgiven."""
    plain = squeezed(line.value)
    for word in words:
        sought = squeezed(word)
        if len(sought) <= SHORT:
            if re.search(rf"\b{re.escape(word.lower())}\b", line.value.lower()):
                return True
        elif len(plain) >= LEAST_LETTERS * len(sought) and fuzz.partial_ratio(sought, plain) >= at_least:
            return True
    return False


def legibility(rows: Sequence[ppocr.Text]) -> float:
    """How well rows read, 0 to 1, each counting by its letters."""
    return legible(rows) / max(1, sum(len(row.value) for row in rows))


def legible(rows: Iterable[ppocr.Text]) -> float:
    """How much reads well: letters, each counted by how clear it is. Upside down, hardly any do."""
    return sum(len(row.value) * row.clarity**CLEAR for row in rows)


def letters(text: str) -> int:
    """How many letters a text has."""
    return sum(char.isalpha() for char in text)


@lru_cache(maxsize=4096)  # each line is held against dozens of words, and each word against all lines
def squeezed(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def right_of(label: TextLine, lines: list[TextLine], most_in: float, dpi: int) -> list[TextLine]:
    """Lines that start right of a label and stand level with it, nearest first."""
    box = label.box
    end, top = box.left_px + box.width_px, box.top_px - ABOVE_IN * dpi
    bottom = box.top_px + box.height_px + BELOW_IN * dpi
    beside = [
        line
        for line in lines
        if line is not label
        and -LEFT_IN * dpi <= line.box.left_px - end <= most_in * dpi
        and top <= line.piece.middle_px <= bottom
    ]
    return sorted(beside, key=lambda line: line.box.left_px)
