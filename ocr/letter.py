"""Letters: their words, account numbers in them, what they are about, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time

from ocr import account, lines, page, phrase, ppocr, text, topic, zones
from ocr.prepare import Gray
from ocr.reading import Candidate, FieldReading, Name, ranked

CLEAR = 0.99  # per letter: rows read worse are read again, two thirds of print and nearly all by hand
SURER = 0.1  # the first reader claims that much too little, against the second
TRIED = 6  # widest rows, read both ways up
WRITING = 0.1  # legibility: less is a picture, a grid, noise; hands have 0.25 and more, the wrong way up 0.05 to 0.24
MOST_ROWS = 100  # of a page


def read_letter(gray: Gray, dpi: int) -> tuple[dict[Name, FieldReading], int, float]:
    """Text, account number and phrases of a page; the turn, 0 or 180 degrees, that makes it upright; then its skew."""
    began = time.perf_counter()
    sheet, skew_deg = page.sheet(gray, dpi)
    overturned = _is_overturned(sheet)
    if overturned:
        sheet = page.overturned(sheet)
    first = [lines.read(sheet, piece, sheet.height_px) for piece in sheet.pieces[:MOST_ROWS]]
    again = lines.second_reader(sheet)
    is_writing = _legibility(first) >= WRITING
    read = [_surer(one, again(one)) if is_writing and one.text.clarity < CLEAR else one for one in first]
    read = [one for one in read if one.value]
    said, sure = "\n".join(one.value for one in read), round(min(0.99, _legibility(read)), 4)
    # A phrase that one reader saw is enough.
    heard = [(" ".join(one.value for one in some), sure) for some in (read, first)]
    source = f"{text.SOURCE}+{ppocr.SOURCE}"
    duration = (time.perf_counter() - began) * 1000
    return (
        {
            Name.TEXT: FieldReading(Name.TEXT, (Candidate(said, sure, source),) if said else (), duration_ms=duration),
            Name.ACCOUNT_NUMBER: account.read_account(read, sheet, again if is_writing else None),
            Name.PHRASE: FieldReading(Name.PHRASE, ranked(phrase.find(heard, source))),
            Name.TOPIC: FieldReading(Name.TOPIC, ranked(topic.find(said, sure, source))),
        },
        180 if overturned else 0,
        skew_deg,
    )


def _is_overturned(sheet: zones.Sheet) -> bool:
    """Whether the page reads better the other way up."""
    widest = sorted(sheet.pieces, key=lambda one: -one.box.width_px)[:TRIED]
    rows = [zones.line_image(sheet, one) for one in widest]
    upright, over = (
        sum(len(one.value) * one.clarity**4 for one in map(text.read_line, pictures))
        for pictures in (rows, [row[::-1, ::-1] for row in rows])
    )
    return over > upright


def _surer(first: lines.Line, again: lines.Line) -> lines.Line:
    """The line as that reader has it who read it better."""
    return again if again.text.clarity > first.text.clarity - SURER else first


def _legibility(read: list[lines.Line]) -> float:
    """How well a page reads, 0 to 1: how clear its rows are, each counting by its letters."""
    letters = sum(len(one.value) for one in read)
    return sum(len(one.value) * one.text.clarity**4 for one in read) / max(1, letters)
