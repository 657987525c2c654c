"""The courtesy amount: which line holds it, whole or cut, or grown together with the payee's name."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.fields import lines
from ocr.fields.amount import cut_short, places, read_amount
from ocr.layout import zones
from ocr.reading import Box, Candidate, Field, FieldReading

DPI, GAP_PX = 200, 10


def test_writing_that_goes_on_beside_the_piece_is_doubt() -> None:
    """$94 of $946: the rest stands in a piece of its own; the row below and what stands farther off do not count."""
    piece = Box(100, 100, 80, 50)
    assert cut_short(piece, [Box(170, 95, 120, 55)])
    assert cut_short(piece, [Box(20, 100, 75, 50)])
    assert not cut_short(piece, [Box(170, 140, 120, 55), Box(230, 100, 60, 50), Box(130, 120, 40, 25)])


def test_an_amount_that_the_payees_name_runs_into_is_cut_off_and_read() -> None:
    """A large hand leaves no room before the figures: one line to the eye of the machine, and in doubt."""
    page = zones.sheet(_check("Meridian Motor Leasing", "667.78"), DPI)
    read = [lines.read(page, piece, page.height_px) for piece in page.pieces]
    assert [line.width_in > 3 for line in read] == [True]
    best = read_amount(read, page).candidates[0]
    assert best.value == "66778"
    assert best.probability < 0.6
    assert not read_amount([line for line in read if line.width_in < 3], page).candidates
    for cents, count in ((66778, 1), (34912, 0)):  # only the words can tell where the cut is right
        words = FieldReading(Field.LEGAL_AMOUNT, (Candidate(str(cents), 0.9, "text"),))
        amounts = read_amount(read, page, words).candidates[:1]
        assert [amount.value for amount in amounts] == [str(cents)] * count


def test_a_line_of_words_alone_is_no_amount() -> None:
    page = zones.sheet(_check("Meridian Motor Leasing", "of Tomland"), DPI)
    read = [lines.read(page, piece, page.height_px) for piece in page.pieces]
    assert all(amount.probability < 0.1 for amount in read_amount(read, page).candidates)


def test_the_checks_number_on_a_stub_is_no_amount() -> None:
    """The number of the top stands once more beside the amount, whose point reads as a comma."""
    page = zones.sheet(_check("Meridian Motor Leasing", "667.78"), DPI)
    whole = lines.read(page, page.pieces[0], page.height_px)
    texts = (("694128", 0.91, 0.11), ("694128", 0.73, 0.45), ("656, 16", 0.87, 0.45))
    read = [_line(whole, *text) for text in texts]
    assert [line.value for _, _, line in places(read)] == ["656, 16"]
    assert len(places(read[1:])) == 2


def _line(line: lines.TextLine, value: str, x: float, y: float) -> lines.TextLine:
    return replace(line, text=replace(line.text, value=value), x=x, y=y, height_in=0.12, width_in=0.53)


def _check(name: str, figures: str) -> np.ndarray:
    """A check of 1,200 pixels with nothing on it but a name by hand, and figures by the same hand close to it."""
    rng = dice(4, 91)
    who = hand(rng)
    gray = np.full((550, 1200), 255, np.uint8)
    end = 1130
    for text, size in ((figures, 1.1), (name, 1.0)):
        mask, _, _ = line_mask(text, who, rng, size)
        rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
        inked = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        size_px = (260 if text == figures else 540, 62)
        inked = np.asarray(cv2.resize(inked, size_px, interpolation=cv2.INTER_AREA), np.uint8)
        gray[170:232, end - inked.shape[1] : end] = 255 - inked
        end -= inked.shape[1] + GAP_PX
    return gray
