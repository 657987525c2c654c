"""The back of a check: what its payer wrote there, level or where payees endorse, whichever way it was turned over."""

from __future__ import annotations

from collections.abc import Sequence

from ocr.fields import lines, phrase
from ocr.image.prepare import Gray, turned
from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.layout.rows import percentile
from ocr.nets import text
from ocr.reading import Candidate

SOURCE = "back"
TYPE_IN, LETTER_IN = 0.1, 0.075  # printed backs have small type; a phrase by hand is larger: a capital, most letters
LEAST_IN = 0.25  # narrower ones say nothing
WIDE_IN = 0.3  # as much large writing, added up, is worth taking a back apart
ROWS, TRIED = 10, 4  # widest ones that are read, and read both ways up
CLEAR = 0.9  # per letter: rows read worse are read again
WRITING = 0.45  # per letter: rows read worse are specks and pictures, or lost


def phrases(gray: Gray, dpi: int) -> list[Candidate]:
    """The restrictive phrases on the back of a check (uint8 [height, width], 0 black), any way up, surest first."""
    ink = zones.large_ink_in(gray, dpi, TYPE_IN)
    ways = [turn for turn, wide in zip((0, 90), ink, strict=True) if wide >= WIDE_IN]
    if not ways:
        return []
    page = zones.sheet(turned(gray, _upright(gray, dpi, ways)), dpi)
    first = [lines.read(page, one, page.height_px) for one in _large(page, ROWS)]
    first = [one for one in first if not phrase.is_endorsement(one.value)]
    again = lines.second_reader(page)
    surer = [again(one) if one.text.clarity < CLEAR or phrase.hinted(one.value) else one for one in first]
    rows = [(one.value, one.text.probability) for one in (*first, *surer)]
    # One reader is enough, and so is one row; but a sentence goes over several.
    return phrase.find([*rows, _sentence(first), _sentence(surer)], SOURCE)


def _sentence(rows: Sequence[lines.TextLine]) -> tuple[str, float]:
    """What the rows say together, those that are no writing left out, and how legible they are."""
    written = [one for one in rows if one.text.clarity >= WRITING]
    return " ".join(one.value for one in written), lines.legibility([one.text for one in written])


def _upright(gray: Gray, dpi: int, ways: list[int]) -> int:
    """The turn under which its rows read best, in degrees."""
    found = []
    for turn in ways:
        page = zones.sheet(turned(gray, turn), dpi)
        rows = [zones.line_image(page, one) for one in _large(page, TRIED)]
        for over, pictures in ((0, rows), (180, [row[::-1, ::-1] for row in rows])):
            found.append((lines.legible([text.read_line(one) for one in pictures]), turn + over))
    return max(found)[1]


def _large(page: zones.Sheet, count: int) -> list[Piece]:
    """The widest pieces of large writing, in reading order."""
    large = [one for one in page.pieces if one.box.width_px > max(LEAST_IN * page.dpi, one.box.height_px)
             and percentile([page.boxes[mark][3] for mark in one.marks], 0.8) > LETTER_IN * page.dpi]  # fmt: skip
    widest = sorted(large, key=lambda one: -one.box.width_px)[:count]
    return [one for one in large if one in widest]
