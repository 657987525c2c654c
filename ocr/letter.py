"""Letters: their words, the account numbers in them, and whether they carry a restrictive phrase."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ocr import account, lines, phrase, ppocr, tesseract, zones
from ocr.piece import Piece, joined
from ocr.prepare import Gray, turned
from ocr.reading import Candidate, FieldReading, Name, ranked

TALL = 1.6  # heights of a usual row; what is higher are two or more
THIN = 0.45  # of the ink of the rows on both sides
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
    heard: list[tuple[str, float]] = []
    if sure < WELL_READ:  # written by hand, or no Tesseract
        pages = [_apart(turned(gray, turn), dpi) for turn in (0, 180)]
        first = [[lines.read(page, piece, page.height_px) for piece in _rows(page)] for page in pages]
        upright = max((0, 1), key=lambda at: _legible(first[at]))
        rotation = 180 * upright
        again = lines.second_reader(pages[upright])  # a page of handwriting is rare and worth it
        read_lines = [again(one) for one in first[upright]]
        text, source = "\n".join(one.value for one in read_lines if one.value), ppocr.SOURCE
        chances = [one.text.probability for one in read_lines] or [0.0]
        sure = sum(chances) / len(chances)
        numbers = account.read_account(read_lines)
        heard = [(" ".join(one.value for one in first[upright]), sure)]  # a phrase that one reader saw is enough
    else:
        found = [number for row in text.splitlines() if (number := account.find(row))]
        chances = [sure * (1.0 if account.holds(number) else 0.5) for number in found]
        numbers = FieldReading(
            Name.ACCOUNT_NUMBER,
            ranked(Candidate(number, p, source) for number, p in zip(found, chances, strict=True)),
        )
    phrases = phrase.find([(text.replace("\n", " "), sure), *heard], source)
    duration = (time.perf_counter() - began) * 1000
    whole = (Candidate(text, min(sure, 0.99), source),) if text else ()
    return {
        Name.TEXT: FieldReading(Name.TEXT, whole, duration_ms=duration),
        Name.ACCOUNT_NUMBER: numbers,
        Name.PHRASE: FieldReading(Name.PHRASE, ranked(phrases)),
    }, rotation


def _apart(gray: Gray, dpi: int) -> zones.Sheet:
    """The page taken apart; rows that hang in one another by long letters are cut where the ink is thinnest."""
    page = zones.sheet(gray, dpi)
    heights = sorted(one.box.height_px for one in page.pieces if one.box.width_px > one.box.height_px)
    if not heights:
        return page
    usual = heights[len(heights) // 2]
    cut = gray.copy()
    for piece in page.pieces:
        box = piece.box
        if box.height_px < TALL * usual or box.width_px < box.height_px:
            continue
        part = page.ink[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px] > 0
        for row in _valleys(part.sum(axis=1).astype(float), round(0.5 * usual)):
            top = box.top_px + row
            cut[top - 1 : top + 2, box.left_px : box.left_px + box.width_px] = 255
    return page if np.array_equal(cut, gray) else zones.sheet(cut, dpi)


def _valleys(ink: NDArray[np.float64], least_px: int) -> list[int]:
    """Rows between two rows of writing: the thinnest for `least_px` around, and thin beside those."""
    smooth = np.convolve(ink, np.ones(5) / 5, mode="same")
    found = []
    for at in range(least_px, len(smooth) - least_px):
        above, below = smooth[at - least_px : at], smooth[at + 1 : at + 1 + least_px]
        deep = smooth[at] < THIN * min(above.max(), below.max())
        if deep and smooth[at] <= above.min() and smooth[at] < below.min():
            found.append(at)
    return found


def _legible(read: list[lines.Line]) -> float:
    """How much of a page reads well: letters, each counted by how clear it is. Upside down, hardly any do."""
    return sum(len(one.value) * one.text.clarity**4 for one in read)


def _rows(page: zones.Sheet) -> list[Piece]:
    """Whole rows of writing from top to bottom: words far apart are one sentence."""
    rows: list[list[Piece]] = []
    for piece in page.pieces:
        if rows and abs(rows[-1][-1].middle_px - piece.middle_px) < 0.6 * min(
            piece.box.height_px, rows[-1][-1].box.height_px
        ):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [joined(sorted(row, key=lambda one: one.box.left_px)) for row in rows]
