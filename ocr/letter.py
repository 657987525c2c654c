"""Letters: their words, account numbers in them, what they are about, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ocr import account, lines, page, phrase, ppocr, text, topic, zones
from ocr.prepare import Gray, turned
from ocr.reading import Candidate, FieldReading, Name, ranked

CLEAR = 0.99  # per letter: rows read worse are read again, two thirds of print and nearly all by hand
SURER = 0.1  # the first reader claims that much too little, against the second
TRIED = 6  # widest rows, read both ways up
WRITING = 0.1  # legibility: less is a picture, a grid, noise; hands have 0.25 and more, the wrong way up 0.05 to 0.24
UPRIGHT = 0.25  # legibility: less may be the wrong way up, or sideways
MOST_ROWS = 100  # of a page
LONG_ROW = 0.6  # of the widest one
FEWEST_LETTERS = 0.4  # in as much of a row as it is high


def read_letter(gray: Gray, dpi: int) -> tuple[dict[Name, FieldReading], int, float]:
    """Text, account number, phrases and topics of a page; the turn that makes it upright, in degrees; then its skew."""
    began = time.perf_counter()
    sheet, rotation_deg, skew_deg = _upright(gray, dpi)
    first = [lines.read(sheet, piece, sheet.height_px) for piece in sheet.pieces[:MOST_ROWS]]
    again = lines.second_reader(sheet)
    is_writing = _legibility([one.text for one in first]) >= WRITING
    read = [_surer(one, again(one)) if is_writing and one.text.clarity < CLEAR else one for one in first]
    worst, read = _worst(read), [one for one in read if one.value]
    said, sure = "\n".join(one.value for one in read), round(min(0.99, _legibility([one.text for one in read])), 4)
    # A phrase that one reader saw is enough.
    heard = [(" ".join(one.value for one in some), sure) for some in (read, first)]
    source = f"{text.SOURCE}+{ppocr.SOURCE}"
    spoken = (Candidate(said, round(min(sure, worst), 4), source),) if said else ()
    duration = (time.perf_counter() - began) * 1000
    return (
        {
            Name.TEXT: FieldReading(Name.TEXT, spoken, duration_ms=duration),
            Name.ACCOUNT_NUMBER: account.read_account(read, sheet, again if is_writing else None),
            Name.PHRASE: FieldReading(Name.PHRASE, ranked(phrase.find(heard, source))),
            Name.TOPIC: FieldReading(Name.TOPIC, ranked(topic.find(said, sure, source))),
        },
        rotation_deg,
        skew_deg,
    )


def _upright(gray: Gray, dpi: int) -> tuple[zones.Sheet, int, float]:
    """The page taken apart the way that it reads best, which turn that is, and its skew then.

    Sideways is tried where neither way up reads like writing.
    """
    found: list[tuple[float, zones.Sheet, int, float]] = []
    is_writing = False
    for turn in (0, 90):
        sheet, skew_deg = page.sheet(turned(gray, turn), dpi)
        widest = sorted(sheet.pieces, key=lambda one: -one.box.width_px)[:TRIED]
        rows = [zones.line_image(sheet, one) for one in widest]
        for over, pictures in ((0, rows), (180, [row[::-1, ::-1] for row in rows])):
            read = [text.read_line(one) for one in pictures]
            found.append((_legible(read), sheet, turn + over, skew_deg))
            is_writing = is_writing or _legibility(read) >= UPRIGHT
        if is_writing:
            break
    _, sheet, turn, skew_deg = max(found, key=lambda one: one[0])
    return (page.overturned(sheet) if turn >= 180 else sheet), turn, skew_deg


def _surer(first: lines.Line, again: lines.Line) -> lines.Line:
    """The line as that reader has it who read it better."""
    return again if again.text.clarity > first.text.clarity - SURER else first


def _legibility(read: Sequence[ppocr.Text]) -> float:
    """How well rows read, 0 to 1, each counting by its letters."""
    return _legible(read) / max(1, sum(len(one.value) for one in read))


def _worst(rows: Sequence[lines.Line]) -> float:
    """How legible the worst of the long rows is: what a smear hides may be the one sentence that matters.

    Short rows are left out: signatures are hardly ever legible.
    """
    widest = max((one.width_in for one in rows), default=0.0)
    long = [one for one in rows if one.width_in > LONG_ROW * widest]
    letters = [max(len(one.value), FEWEST_LETTERS * one.width_in / one.height_in) for one in long]
    return min((_legible([one.text]) / many for one, many in zip(long, letters, strict=True)), default=1.0)


def _legible(read: Sequence[ppocr.Text]) -> float:
    """How much reads well: letters, each counted by how clear it is. Upside down, hardly any do."""
    return sum(len(one.value) * one.clarity**4 for one in read)
