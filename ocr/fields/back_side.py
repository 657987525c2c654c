"""The back of a check: what its payer wrote there, along it or across it, whichever way the sheet was turned over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ocr.fields import lines, phrase
from ocr.image.prepare import Gray, turned
from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.layout.rows import percentile
from ocr.nets import text
from ocr.nets.ppocr import Text
from ocr.reading import UNREAD_WRITING, Candidate

SOURCE = "back"
TYPE_IN, LETTER_IN = 0.1, 0.075  # printed backs have small type; a phrase by hand is larger: a capital, most letters
MOST_LETTERS = 0.8  # percentile of the heights of a piece's marks that is taken for the height of its letters
LEAST_IN = 0.25  # narrower ones say nothing
WIDE_IN = 0.3  # this much large writing, added up, makes it worth taking a back apart
ROWS, TRIED = 10, 4  # how many of the widest pieces are read, and how many are tried both ways up
CLEAR = 0.9  # per letter: rows read worse are read again
WRITING = 0.45  # per letter: rows read worse are specks and pictures, or lost


# Rows of so many letters, so many of them: a sentence. Notes take one row, and patterns do not read like words.
SENTENCE_ROWS, ROW_LETTERS = 2, 6
UNDERSTOOD = 0.9  # legibility of a sentence: from here on its words alone count
PATTERN = 0.15  # less is no writing


@dataclass(frozen=True, slots=True)
class Back:
    """What is written large: each row and all as one sentence, with how legible they are; and what was not read."""

    texts: Sequence[tuple[str, float]] = ()
    unread: float = 0.0  # the chance that writing that could not be read settles the debt


def phrases(back: Back) -> list[Candidate]:
    """The restrictive phrases on the back of a check, surest first; then writing that may be one."""
    unread = [Candidate(UNREAD_WRITING, back.unread, SOURCE)] if back.unread else []
    return [*phrase.find(back.texts, SOURCE), *unread]


def read_back(gray: Gray, dpi: int) -> Back:
    """The back of a check (uint8 [height, width], 0 black), any way up, read row by row."""
    ink = zones.large_ink_in(gray, dpi, TYPE_IN)
    turns = [turn for turn, width_in in zip((0, 90), ink, strict=True) if width_in >= WIDE_IN]
    if not turns:
        return Back()
    page, known = _upright(gray, dpi, turns)
    first = [lines.read(page, piece, page.height_px, known.get(piece)) for piece in _large(page, ROWS)]
    first = [line for line in first if not phrase.is_endorsement(line.value)]
    reread = lines.second_reader(page)
    surer = [reread(line) if _in_doubt(line) else line for line in first]
    rows = [(line.value, line.text.clarity) for line in (*first, *surer)]
    # One reader is enough, and so is one row; but a sentence goes over several.
    return Back([*rows, _sentence(first), _sentence(surer)], _unread(surer))


def _unread(rows: Sequence[lines.TextLine]) -> float:
    """The chance that rows settle the debt because they are a sentence that could not be read."""
    long = [row for row in rows if lines.letters(row.value) >= ROW_LETTERS]
    _, legibility = _sentence(rows)
    return phrase.UNREAD_CHANCE if len(long) >= SENTENCE_ROWS and PATTERN <= legibility < UNDERSTOOD else 0.0


def _in_doubt(row: lines.TextLine) -> bool:
    """Whether a second look may show words that the first did not. Where hardly a letter was read, there are none."""
    unclear = row.text.clarity < CLEAR and lines.letters(row.value) >= lines.WORDS_LETTERS
    return unclear or phrase.hinted(row.value)


def _sentence(rows: Sequence[lines.TextLine]) -> tuple[str, float]:
    """What the rows say together, without those that are no writing, and how legible they are."""
    written = [row for row in rows if row.text.clarity >= WRITING]
    return " ".join(row.value for row in written), lines.legibility([row.text for row in written])


def _upright(gray: Gray, dpi: int, turns: list[int]) -> tuple[zones.Sheet, Mapping[Piece, Text]]:
    """The back turned so that its rows read best, and what was read of it so far."""
    tried: list[tuple[float, int, zones.Sheet, Mapping[Piece, Text]]] = []
    for turn in turns:
        page = zones.sheet(turned(gray, turn), dpi)
        rows = {piece: zones.line_image(page, piece) for piece in _large(page, TRIED)}
        level = {piece: text.read_line(row) for piece, row in rows.items()}
        over = [text.read_line(row[::-1, ::-1]) for row in rows.values()]
        tried += [(lines.legible(level.values()), turn, page, level), (lines.legible(over), turn + 180, page, {})]
    _, turn, page, known = max(tried, key=itemgetter(0, 1))
    return (page if turn in turns else zones.sheet(turned(gray, turn), dpi)), known


def _large(page: zones.Sheet, count: int) -> list[Piece]:
    """The widest pieces of large writing, in reading order."""
    large = [piece for piece in page.pieces if _is_large(page, piece)]
    widest = sorted(large, key=lambda piece: -piece.box.width_px)[:count]
    return [piece for piece in large if piece in widest]


def _is_large(page: zones.Sheet, piece: Piece) -> bool:
    heights = [page.boxes[mark][3] for mark in piece.marks]
    wide = piece.box.width_px > max(LEAST_IN * page.dpi, piece.box.height_px)
    return wide and percentile(heights, MOST_LETTERS) > LETTER_IN * page.dpi
