"""The net of figures: the pictures that it gets, and how it reads drawn lines."""

from __future__ import annotations

import re
from itertools import product

import cv2
import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.nets.figures import ALPHABET, HEIGHT_PX, INK_PX, STEP_PX, Figures, _left_over, picture, read_figures


def _bars(height: int, count: int = 6, pad: int = 10) -> np.ndarray:
    """Upright bars of that height on white paper."""
    page = np.full((height + 2 * pad, count * height // 2 + 2 * pad), 255, np.uint8)
    for at in range(count):
        left = pad + at * height // 2
        page[pad : pad + height, left : left + max(2, height // 8)] = 0
    return page


@pytest.mark.parametrize("height", [12, 34, 90])
def test_the_ink_fills_the_rows_whatever_its_size(height: int) -> None:
    made = picture(_bars(height))
    rows = np.flatnonzero((made > 0.4).any(axis=1))
    assert made.shape[0] == HEIGHT_PX
    assert made.shape[1] % STEP_PX == 0
    assert abs((rows[-1] - rows[0] + 1) - INK_PX) <= 3


@pytest.mark.parametrize("shape", [(1, 1), (2, 400), (40, 4), (5, 4000), (3, 3)])
@pytest.mark.parametrize("shade", [0, 255])
def test_odd_pictures_are_read_without_harm(shape: tuple[int, int], shade: int) -> None:
    read = read_figures(np.full(shape, shade, np.uint8))
    assert read.log_probs.shape[1] == len(ALPHABET) + 1


def _doubtful(first: str, second: str, doubt: float) -> Figures:
    """A line that says `first`, or where it differs `second` with the probability `doubt`."""
    rows = []
    for sure, rival in zip(first, second, strict=True):
        row = np.full(len(ALPHABET) + 1, 1e-9)
        row[ALPHABET.index(rival) + 1] += doubt
        row[ALPHABET.index(sure) + 1] += 1 - doubt
        blank = np.full(len(ALPHABET) + 1, 1e-9)
        blank[0] = 1
        rows += [row, blank]
    return Figures(first, np.log(np.array(rows)).astype(np.float32))


def test_likely_texts_and_their_support() -> None:
    seen = _doubtful("412.50", "472.50", 0.3)
    text, probability = seen.likely()[0]
    assert text == "412.50"
    assert probability == pytest.approx(0.7, abs=0.01)
    assert seen.support(["472.50", "999.99"]) == pytest.approx(0.3, abs=0.01)
    assert seen.among("0123456789.")[1][0] == "472.50"


def test_ink_that_no_sign_explains_is_measured() -> None:
    """Two bars were read, and two more to the left of them were not."""
    seen = np.zeros((HEIGHT_PX, 160), np.float32)
    for left in (20, 50, 100, 130):
        seen[5:35, left : left + 5] = 1
    assert _left_over(seen, [22, 52, 102, 132]) == 0
    assert _left_over(seen, [102, 132]) == pytest.approx(2.0)
    assert _left_over(seen, []) == 0


TEXTS = ("412.50", "11/16/26", "1,107.11", "1-11-2026", "4051236711", "$95.00")


def test_most_of_what_the_simulators_writers_write_is_read() -> None:
    """Ten writers, six texts each. This guards model and preparation; how well it reads, the bench measures."""
    right = 0
    for seed, text in product(range(10), TEXTS):
        rng = dice(seed, 77)
        mask, _, _ = line_mask(text, hand(rng), rng)
        rows = np.flatnonzero(mask.max(axis=1))
        line = cv2.copyMakeBorder(255 - mask[rows[0] : rows[-1] + 1], 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=255)
        read = read_figures(np.asarray(line, np.uint8)).value
        right += re.sub(r"\D", "", read) == re.sub(r"\D", "", text)
    assert right >= 48, f"{right} of 60"
