"""Letters: their words, the account numbers in them, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time

from ocr import account, lines, phrase, ppocr, tesseract, zones
from ocr.prepare import Gray, turned
from ocr.reading import Candidate, FieldReading, Name, ranked

WELL_READ = 0.75  # Tesseract's mean confidence on typed pages is 0.9, on handwriting 0.3


def read_letter(gray: Gray, dpi: int) -> tuple[dict[Name, FieldReading], int]:
    """Text, account number and phrases of a page; and the turn, 0 or 180 degrees, that made it upright."""
    began = time.perf_counter()
    text, sure, rotation, source = "", 0.0, 0, tesseract.SOURCE
    if tesseract.is_installed():
        for turn in (0, 180):
            try:
                read, confidence = tesseract.read_page(turned(gray, turn))
            except RuntimeError:  # it failed or took too long: the lines are read one by one below
                break
            if confidence * len(read) > sure * len(text):
                text, sure, rotation = read, confidence, turn
            if sure >= WELL_READ:
                break
    page = zones.sheet(turned(gray, rotation), dpi)
    pieces = _rows(page)
    if sure < WELL_READ:  # written by hand, or no Tesseract
        again = lines.second_reader(page)  # a page of handwriting is rare and worth it
        read_lines = [again(lines.read(page, piece, page.height_px)) for piece in pieces]
        text, source = "\n".join(one.value for one in read_lines if one.value), ppocr.SOURCE
        chances = [one.text.probability for one in read_lines] or [0.0]
        sure = sum(chances) / len(chances)
        numbers = account.read_account(read_lines)
    else:
        found = [number for row in text.splitlines() if (number := account.find(row))]
        chances = [sure * (1.0 if account.holds(number) else 0.5) for number in found]
        numbers = FieldReading(
            Name.ACCOUNT_NUMBER,
            ranked(Candidate(number, p, source) for number, p in zip(found, chances, strict=True)),
        )
    phrases = phrase.find([(text.replace("\n", " "), sure)], source)
    duration = (time.perf_counter() - began) * 1000
    whole = (Candidate(text, min(sure, 0.99), source),) if text else ()
    return {
        Name.TEXT: FieldReading(Name.TEXT, whole, duration_ms=duration),
        Name.ACCOUNT_NUMBER: numbers,
        Name.PHRASE: FieldReading(Name.PHRASE, ranked(phrases)),
    }, rotation


def _rows(page: zones.Sheet) -> list[zones.Piece]:
    """Whole rows of writing from top to bottom: words far apart are one sentence."""
    rows: list[list[zones.Piece]] = []
    for piece in page.pieces:
        if rows and abs(rows[-1][-1].middle_px - piece.middle_px) < 0.5 * max(
            piece.box.height_px, rows[-1][-1].box.height_px
        ):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [zones.joined(sorted(row, key=lambda one: one.box.left_px)) for row in rows]
