"""The first reader of lines: the pictures that it gets, and how it reads print and handwriting."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

from lockbox.simulator.fonts import font
from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.image.prepare import Gray
from ocr.nets import ctc, text

LINES = (
    "Meridian Motor Credit",
    "PAY TO THE ORDER OF",
    "Four hundred twelve and 50/100",
    "12 Cedar Lane",
    "Plano, TX 75074",
    "PAID IN FULL",
    "November 13, 2026",
    "SIX HUNDRED FIFTY-SEVEN AND 28/100",
    "No. 20451187",
    "Acct 4051236791",
)


def _printed(words: str, face: str = "serif", size_px: int = 30) -> Gray:
    opened = font(face, size_px)
    page = Image.new("L", (round(opened.getlength(words)) + 40, size_px * 2), 255)
    ImageDraw.Draw(page).text((20, size_px * 1.4), words, fill=20, font=opened, anchor="ls")
    return np.asarray(page, np.uint8)


def _written(words: str, seed: int) -> Gray:
    mask, _, _ = line_mask(words, hand(dice(seed)), dice(seed, 1))
    return np.asarray(255 - mask, np.uint8)


def test_a_picture_is_cut_to_its_ink_and_as_high_as_the_net_takes_it() -> None:
    page = np.full((200, 900), 255, np.uint8)
    page[80:110, 300:500] = 0
    small = text.picture(page, 40)
    assert small.shape[0] == 40
    assert small.shape[1] % 4 == 0
    assert small[: text.EDGE_PX].max() == 0.0
    assert small[text.EDGE_PX : -text.EDGE_PX].max() == 1.0
    assert (small[20] > 0.5).mean() > 0.9  # the ink, and little paper left and right of it


def test_frames_lead_back_to_columns_of_the_line() -> None:
    """Ink from column 300 to 500, 30 rows high, becomes 36 rows: a frame in the middle looks at its middle."""
    page = np.full((200, 900), 255, np.uint8)
    page[80:110, 300:500] = 0
    net = ctc.load(text.MODEL)
    frames = (text.picture(page, net.height_px).shape[1] - 2 * text.SIDE_PX) / net.stride_px
    assert text.column(page, -100) == 300
    assert text.column(page, frames / 2) == pytest.approx(400, abs=10)
    assert text.column(page, 1000) == 500


def test_a_picture_of_a_long_line_has_its_bounds() -> None:
    page = np.full((40, 9000), 255, np.uint8)
    page[10:30:3, 5:8990] = 0
    assert text.picture(page, 40).shape[1] <= text.MOST_PX


def test_paper_without_ink_says_nothing() -> None:
    assert text.picture(np.full((40, 200), 255, np.uint8), 40) is None
    assert text.read_line(np.full((40, 200), 255, np.uint8)).value == ""


@pytest.mark.parametrize("words", LINES)
def test_clean_print_is_read(words: str) -> None:
    read = text.read_line(_printed(words))
    assert read.source == text.SOURCE
    assert Levenshtein.distance(read.value, words) <= 1


def test_most_of_what_people_write_is_read() -> None:
    wrong = letters = 0
    for seed in range(30):
        words = LINES[seed % len(LINES)]
        wrong += Levenshtein.distance(text.read_line(_written(words, seed)).value, words)
        letters += len(words)
    assert wrong < 0.12 * letters


def test_sure_lines_are_right() -> None:
    """Confidence means something: of the lines read with 80 percent and more hardly one is wrong."""
    sure = wrong = 0
    for seed in range(40):
        words = LINES[seed % len(LINES)]
        line = _printed(words, ("serif", "sans", "mono", "palatino")[seed % 4], 22 + seed % 12)
        read = text.read_line(line)
        sure += read.probability >= 0.8
        wrong += read.probability >= 0.8 and read.value != words
    assert sure >= 15
    assert wrong <= 1


def test_only_the_characters_asked_for_are_spelled() -> None:
    assert text.read_line(_printed("Acct 4051236791")).among("0123456789")[0][0].endswith("4051236791")


def test_its_measures_are_kept_beside_the_net() -> None:
    facts = json.loads((ctc.MODELS / f"{text.MODEL}.json").read_text())
    assert facts["parameters"] <= 500_000
    assert {"hand", "print", "hand_kept_out_faces", "print_kept_out_faces"} <= set(facts["figures"])
