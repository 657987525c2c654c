"""The pieces of text on a document, each read: what the field readers choose from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import fuzz

from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.nets import ctc, ppocr, text
from ocr.reading import Box

WORDS_IN = 0.5  # the least room that two short words take
# Letters, then the printed sign of dollars (by hand next to it, it may read as another), then figures up to the end.
_PAYEE_AND_FIGURES = re.compile(
    r".*[A-Za-z]{3}.*?(?P<figures>[$]\s?\S.*\d\S*|(?:[sS58]?\s?\d{2}|&,?\s?\d{3})[-\d.,/ xXnNoO]*)$"
)
_IN_WORDS = re.compile(r"(?i)[/&]|\band\b|undr|dred|thous|dollar")  # an amount in words, misread
PRINT_IN = 0.135  # higher type is rare on a check, lower writing too


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


def read(page: zones.Sheet, piece: Piece, bottom_px: int) -> TextLine:
    """A piece, read. `bottom_px` is where the paper's printed part ends, the height that `y` is a share of."""
    box = piece.box
    return TextLine(
        piece,
        text.read_line(zones.line_image(page, piece)),
        piece.center_px / page.width_px,
        piece.middle_px / bottom_px,
        box.height_px / page.dpi,
        box.width_px / page.dpi,
    )


def parted(page: zones.Sheet, line: TextLine, bottom_px: int) -> list[TextLine]:
    """The line, or its two halves: a long payee runs into the figures of the amount, which stand level with it."""
    box = line.box
    if box.left_px > 0.45 * page.width_px or box.left_px + box.width_px < 0.8 * page.width_px:
        return [line]
    chars = ctc.greedy(line.text.log_probs, ppocr.ASCII)
    found = _PAYEE_AND_FIGURES.match("".join(char.value for char in chars))
    if found is None or line.text.source != text.SOURCE or _IN_WORDS.search(found.string[: found.start("figures")]):
        return [line]
    first = found.start("figures")
    middle = (chars[first - 1].frame + chars[first].frame) / 2
    picture = zones.line_image(page, line.piece)
    halves = zones.cut(page, line.piece, zones.image_left_px(line.piece) + text.column(picture, middle))
    return [read(page, one, bottom_px) for one in halves] if len(halves) > 1 else [line]


def second_reader(page: zones.Sheet) -> Reread:
    """PP-OCR for single lines of a page: ten times slower than the first reader, so asked in doubt, and once a line."""
    known: dict[Piece, ppocr.Text] = {}

    def again(line: TextLine) -> TextLine:
        if line.text.source == ppocr.SOURCE:
            return line
        if line.piece not in known:
            printed = line.piece.rule is None and line.height_in < PRINT_IN
            known[line.piece] = ppocr.read_line(zones.line_image(page, line.piece), printed=printed)
        return replace(line, text=known[line.piece])

    return again


def may_be_sentence(line: TextLine) -> bool:
    """Whether somebody may have written words there: on a rule or large, and left of where signatures stand."""
    if line.width_in < WORDS_IN or line.x > 0.6 or not 0.28 < line.y < 0.98:
        return False
    return line.piece.rule is not None or line.height_in > PRINT_IN


def says(line: TextLine, *words: str, at_least: float = 80) -> bool:
    """Whether the line contains one of these words or phrases, misread letters forgiven."""
    plain = squeezed(line.value)
    for word in words:
        wanted = squeezed(word)
        if len(wanted) <= 4:
            if re.search(rf"\b{re.escape(word.lower())}\b", line.value.lower()):
                return True
        elif len(plain) >= 0.8 * len(wanted) and fuzz.partial_ratio(wanted, plain) >= at_least:
            return True
    return False


def legibility(read: Sequence[ppocr.Text]) -> float:
    """How well rows read, 0 to 1, each counting by its letters."""
    return legible(read) / max(1, sum(len(one.value) for one in read))


def legible(read: Sequence[ppocr.Text]) -> float:
    """How much reads well: letters, each counted by how clear it is. Upside down, hardly any do."""
    return sum(len(one.value) * one.clarity**4 for one in read)


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
    end, low, high = box.left_px + box.width_px, box.top_px - 0.3 * dpi, box.top_px + box.height_px + 0.15 * dpi
    found = [
        one
        for one in lines
        if one is not label
        and -0.1 * dpi <= one.box.left_px - end <= most_in * dpi
        and low <= one.piece.middle_px <= high
    ]
    return sorted(found, key=lambda one: one.box.left_px)
