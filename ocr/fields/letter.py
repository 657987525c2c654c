"""Letters: their words, account numbers in them, what they are about, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr.fields import account, instruction, lines, phrase, topic
from ocr.image.prepare import Gray, turned
from ocr.layout import zones
from ocr.layout.letter_rows import overturned
from ocr.layout.letter_rows import sheet as taken_apart
from ocr.nets import ppocr, text
from ocr.reading import Candidate, Field, FieldReading, Topic, ranked

CLEAR = 0.99  # per letter: rows read worse are read again; two thirds of printed rows, nearly all by hand
SURER = 0.1  # so much lower are the first reader's claims than the second's for rows read equally well
TRIED = 6  # widest rows that are read both ways up
MOST = 0.99  # legibility: no reading is certain
WRITING = 0.1  # legibility: less is a picture, a grid, noise; hands have 0.25 and more, the wrong way up 0.05 to 0.24
UPRIGHT = 0.25  # legibility: less may be the wrong way up, or sideways
MOST_ROWS = 100  # of a page
LONG_ROW = 0.6  # of the widest one
TYPE_IN, WIDE_IN = 0.05, 1.0  # a back without a row of letters this high, together this wide, is empty
WRITTEN = 8  # legible letters that make a back a page
FEWEST_LETTERS = 0.4  # in a stretch of a row as long as the row is high
DECIMALS = 4  # of legibility
DISPUTING = (Topic.DISPUTE, Topic.BANKRUPTCY)  # what such a letter asks for, a person reads
Fields = dict[Field, FieldReading]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page taken apart and read: each row by its better reader, and all by the first reader alone."""

    sheet: zones.Sheet
    rotation_deg: int
    skew_deg: float
    rows: list[lines.TextLine]  # by the better reader of each
    first_rows: list[lines.TextLine]  # by the first reader
    text: str
    legibility: float  # of the text
    worst: float  # legibility of the worst of its long rows
    reread: lines.Reread | None  # the second reader, where it is writing


def read_letter(gray: Gray, dpi: int) -> tuple[Fields, int, float]:
    """Text, account number, phrases and topics of a page; the turn that makes it upright, in degrees; then its skew."""
    began = time.perf_counter()
    page = _page(gray, dpi)
    return _fields(page, began), page.rotation_deg, page.skew_deg


def read_back(gray: Gray, dpi: int) -> Fields:
    """The same of a letter's back; nothing where nobody wrote."""
    began = time.perf_counter()
    if max(zones.large_ink_in(gray, dpi, TYPE_IN)) < WIDE_IN:
        return {}
    page = _page(gray, dpi)
    return _fields(page, began) if page.legibility * lines.letters(page.text) >= WRITTEN else {}


def both_sides(front: Fields, back: Fields) -> Fields:
    """What the two sides of a letter say together; its text is as legible as the worse one."""
    fields = dict(front)
    for name, field in back.items():
        candidates = ranked([*front[name].candidates, *field.candidates])
        if name is Field.TEXT and front[name].candidates:
            worse = min(candidates, key=lambda candidate: candidate.probability)
            text_of_both = "\n\n".join(side.candidates[0].value for side in (front[name], field))
            candidates = (replace(worse, value=text_of_both),)
        duration_ms = front[name].duration_ms + field.duration_ms
        fields[name] = replace(front[name], candidates=candidates, duration_ms=duration_ms)
    return fields


def _page(gray: Gray, dpi: int) -> _Page:
    sheet, rotation_deg, skew_deg = _upright(gray, dpi)
    first_rows = [lines.read(sheet, piece, sheet.height_px) for piece in sheet.pieces[:MOST_ROWS]]
    is_writing = lines.legibility([row.text for row in first_rows]) >= WRITING
    reread = lines.second_reader(sheet) if is_writing else None
    rows = [_surer(row, reread(row)) if reread and row.text.clarity < CLEAR else row for row in first_rows]
    worst, rows = _worst(rows), [row for row in rows if row.value]
    legibility = round(min(MOST, lines.legibility([row.text for row in rows])), DECIMALS)
    page_text = "\n".join(row.value for row in rows)
    return _Page(sheet, rotation_deg, skew_deg, rows, first_rows, page_text, legibility, worst, reread)


def _fields(page: _Page, began: float) -> Fields:
    # A phrase that one reader saw is enough.
    sentences = [(" ".join(row.value for row in rows), page.legibility) for rows in (page.rows, page.first_rows)]
    source = f"{text.SOURCE}+{ppocr.SOURCE}"
    sure = round(min(page.legibility, page.worst), DECIMALS)
    words = (Candidate(page.text, sure, source),) if page.text else ()
    duration_ms = (time.perf_counter() - began) * 1000
    phrases = FieldReading(Field.PHRASE, ranked(phrase.find(sentences, source)))
    topics = FieldReading(Field.TOPIC, ranked(topic.find(page.text, page.legibility, source)))
    is_plain = not phrases.candidates and not any(topic.value in DISPUTING for topic in topics.candidates)
    asked = [
        candidate
        for words_of_page, legibility in sentences
        for candidate in instruction.find_in_letter(words_of_page, legibility, source, is_plain=is_plain)
    ]
    return {
        Field.TEXT: FieldReading(Field.TEXT, words, duration_ms=duration_ms),
        Field.ACCOUNT_NUMBER: account.read_account(page.rows, page.sheet, page.reread),
        Field.PHRASE: phrases,
        Field.TOPIC: topics,
        Field.INSTRUCTION: FieldReading(Field.INSTRUCTION, ranked(asked)),
    }


def _upright(gray: Gray, dpi: int) -> tuple[zones.Sheet, int, float]:
    """The page taken apart the way that it reads best, which turn that is, and its skew then.

    Sideways is tried where neither way up reads like writing.
    """
    ways: list[tuple[float, zones.Sheet, int, float]] = []
    is_writing = False
    for turn in (0, 90):
        sheet, skew_deg = taken_apart(turned(gray, turn), dpi)
        widest = sorted(sheet.pieces, key=lambda piece: -piece.box.width_px)[:TRIED]
        rows = [zones.line_image(sheet, piece) for piece in widest]
        for half_turn, pictures in ((0, rows), (180, [row[::-1, ::-1] for row in rows])):
            read = [text.read_line(picture) for picture in pictures]
            ways.append((lines.legible(read), sheet, turn + half_turn, skew_deg))
            is_writing = is_writing or lines.legibility(read) >= UPRIGHT
        if is_writing:
            break
    _, sheet, turn, skew_deg = max(ways, key=lambda way: way[0])
    return (overturned(sheet) if turn >= 180 else sheet), turn, skew_deg


def _surer(first: lines.TextLine, second: lines.TextLine) -> lines.TextLine:
    """The row as that reader has it who read it better."""
    return second if second.text.clarity > first.text.clarity - SURER else first


def _worst(rows: Sequence[lines.TextLine]) -> float:
    """How legible the worst of the long rows is: what a smear hides may be the one sentence that matters.

    Short rows are left out: signatures are hardly ever legible.
    """
    widest = max((row.width_in for row in rows), default=0.0)
    long = [row for row in rows if row.width_in > LONG_ROW * widest]
    letters = [max(len(row.value), FEWEST_LETTERS * row.width_in / row.height_in) for row in long]
    return min((lines.legible([row.text]) / many for row, many in zip(long, letters, strict=True)), default=1.0)
