"""PP-OCR: its texts in plain ASCII, decoded under several rules."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.image.prepare import Gray
from ocr.nets import ppocr
from ocr.nets.ppocr import ASCII, SOURCE, Text, text_of


def _line(words: str) -> Gray:
    page = np.full((60, 40 + 24 * len(words)), 255, np.uint8)
    cv2.putText(page, words, (10, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 2)
    return page


def _doubtful(first: str, second: str, doubt: float) -> Text:
    """A reader's output that says `first`, or where it differs `second` with the probability `doubt`."""
    rows = []
    for sure, rival in zip(first, second, strict=True):
        row = np.full(len(ASCII) + 1, 1e-9)
        row[1 + ASCII.index(rival)] += doubt
        row[1 + ASCII.index(sure)] += 1 - doubt
        blank = np.full(len(ASCII) + 1, 1e-9)
        blank[0] = 1.0
        rows += [row, blank]
    return text_of(np.log(np.array(rows)).astype(np.float32), "x")


@pytest.mark.parametrize("options", [{}, {"careful": True}, {"printed": True}])
def test_a_printed_line_is_read(options: dict[str, bool]) -> None:
    read = ppocr.read_line(_line("Pay $1,042.17"), **options)
    assert read.value.replace(" ", "") == "Pay$1,042.17"
    assert read.source == SOURCE
    assert read.log_probs.shape[1] == 1 + len(ASCII)


def test_a_picture_without_room_for_a_sign_says_nothing() -> None:
    before = ppocr.looks()
    assert ppocr.read_line(np.full((2, 400), 255, np.uint8)) is ppocr.NOTHING
    assert ppocr.looks() == before
    ppocr.read_line(_line("12"))
    assert ppocr.looks() == before + 1


def test_the_likeliest_text_comes_with_its_probability() -> None:
    read = _doubtful("4I7", "417", 0.3)
    assert read.value == "4I7"
    assert read.probability == pytest.approx(0.7, abs=1e-4)
    assert read.clarity == pytest.approx(0.7 ** (1 / 3), abs=1e-4)
    text, probability = read.likely()[1]
    assert text == "417"
    assert probability == pytest.approx(0.3, abs=1e-3)


def test_only_the_characters_asked_for_are_spelled() -> None:
    best, probability = _doubtful("4I7", "417", 0.3).among(ppocr.DIGITS)[0]
    assert best == "417"
    assert probability == pytest.approx(1.0, abs=1e-3)


def test_every_twin_stands_for_one_ascii_sign() -> None:
    assert all(len(twin) == 1 and twin not in ASCII and sign in ASCII for twin, sign in ppocr._TWINS.items())
