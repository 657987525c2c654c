"""Letters: their words, account numbers in them, what they are about, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocr.fields import account, lines, phrase, topic
from ocr.image.prepare import Gray, turned
from ocr.layout import zones
from ocr.layout.letter_rows import overturned
from ocr.layout.letter_rows import sheet as taken_apart
from ocr.nets import ppocr, text
from ocr.reading import Candidate, Field, FieldReading, ranked

CLEAR = 0.99  # per letter: rows read worse are read again, two thirds of print and nearly all by hand
SURER = 0.1  # the first reader claims that much too little, against the second
TRIED = 6  # widest rows, read both ways up
WRITING = 0.1  # legibility: less is a picture, a grid, noise; hands have 0.25 and more, the wrong way up 0.05 to 0.24
UPRIGHT = 0.25  # legibility: less may be the wrong way up, or sideways
MOST_ROWS = 100  # of a page
LONG_ROW = 0.6  # of the widest one
TYPE_IN, WIDE_IN = 0.05, 1.0  # a back that has no row of letters so high together so wide is empty
WRITTEN = 8  # legible letters that make a back a page
FEWEST_LETTERS = 0.4  # in as much of a row as it is high
Fields = dict[Field, FieldReading]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page taken apart and read: by the better reader of each row, and by the first reader alone."""

    sheet: zones.Sheet
    rotation_deg: int
    skew_deg: float
    read: list[lines.TextLine]
    first: list[lines.TextLine]
    said: str
    sure: float  # legibility of what is said
    worst: float  # and of the worst of its long rows
    again: lines.Reread | None  # the second reader, where it is writing


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
    return _fields(page, began) if page.sure * lines.letters(page.said) >= WRITTEN else {}


def both_sides(front: Fields, back: Fields) -> Fields:
    """What the two sides of a letter say together; its text is as legible as the worse one."""
    found = dict(front)
    for name, field in back.items():
        seen = ranked([*front[name].candidates, *field.candidates])
        if name is Field.TEXT and front[name].candidates:
            worse = min(seen, key=lambda one: one.probability)
            seen = (replace(worse, value="\n\n".join(one.candidates[0].value for one in (front[name], field))),)
        duration_ms = front[name].duration_ms + field.duration_ms
        found[name] = replace(front[name], candidates=seen, duration_ms=duration_ms)
    return found


def _page(gray: Gray, dpi: int) -> _Page:
    sheet, rotation_deg, skew_deg = _upright(gray, dpi)
    first = [lines.read(sheet, piece, sheet.height_px) for piece in sheet.pieces[:MOST_ROWS]]
    again = lines.second_reader(sheet) if lines.legibility([one.text for one in first]) >= WRITING else None
    read = [_surer(one, again(one)) if again and one.text.clarity < CLEAR else one for one in first]
    worst, read = _worst(read), [one for one in read if one.value]
    said, sure = "\n".join(one.value for one in read), round(min(0.99, lines.legibility([one.text for one in read])), 4)
    return _Page(sheet, rotation_deg, skew_deg, read, first, said, sure, worst, again)


def _fields(page: _Page, began: float) -> Fields:
    # A phrase that one reader saw is enough.
    heard = [(" ".join(one.value for one in some), page.sure) for some in (page.read, page.first)]
    source = f"{text.SOURCE}+{ppocr.SOURCE}"
    spoken = (Candidate(page.said, round(min(page.sure, page.worst), 4), source),) if page.said else ()
    duration_ms = (time.perf_counter() - began) * 1000
    return {
        Field.TEXT: FieldReading(Field.TEXT, spoken, duration_ms=duration_ms),
        Field.ACCOUNT_NUMBER: account.read_account(page.read, page.sheet, page.again),
        Field.PHRASE: FieldReading(Field.PHRASE, ranked(phrase.find(heard, source))),
        Field.TOPIC: FieldReading(Field.TOPIC, ranked(topic.find(page.said, page.sure, source))),
    }


def _upright(gray: Gray, dpi: int) -> tuple[zones.Sheet, int, float]:
    """The page taken apart the way that it reads best, which turn that is, and its skew then.

    Sideways is tried where neither way up reads like writing.
    """
    found: list[tuple[float, zones.Sheet, int, float]] = []
    is_writing = False
    for turn in (0, 90):
        sheet, skew_deg = taken_apart(turned(gray, turn), dpi)
        widest = sorted(sheet.pieces, key=lambda one: -one.box.width_px)[:TRIED]
        rows = [zones.line_image(sheet, one) for one in widest]
        for over, pictures in ((0, rows), (180, [row[::-1, ::-1] for row in rows])):
            read = [text.read_line(one) for one in pictures]
            found.append((lines.legible(read), sheet, turn + over, skew_deg))
            is_writing = is_writing or lines.legibility(read) >= UPRIGHT
        if is_writing:
            break
    _, sheet, turn, skew_deg = max(found, key=lambda one: one[0])
    return (overturned(sheet) if turn >= 180 else sheet), turn, skew_deg


def _surer(first: lines.TextLine, again: lines.TextLine) -> lines.TextLine:
    """The line as that reader has it who read it better."""
    return again if again.text.clarity > first.text.clarity - SURER else first


def _worst(rows: Sequence[lines.TextLine]) -> float:
    """How legible the worst of the long rows is: what a smear hides may be the one sentence that matters.

    Short rows are left out: signatures are hardly ever legible.
    """
    widest = max((one.width_in for one in rows), default=0.0)
    long = [one for one in rows if one.width_in > LONG_ROW * widest]
    letters = [max(len(one.value), FEWEST_LETTERS * one.width_in / one.height_in) for one in long]
    return min((lines.legible([one.text]) / many for one, many in zip(long, letters, strict=True)), default=1.0)
