"""The net on PP-OCR's features: one look, two readings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr import figure_head, ppocr
from ocr.figures import ALPHABET


def _line(text: str, seed: int) -> np.ndarray:
    """A line by hand, dark on white, cut to its ink."""
    rng = dice(seed, 78)
    mask, _, _ = line_mask(text, hand(rng), rng)
    rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
    inked = 255 - mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(cv2.copyMakeBorder(inked, 6, 6, 8, 8, cv2.BORDER_CONSTANT, value=255), np.uint8)


def test_the_same_look_gives_what_pp_ocr_reads_with_care() -> None:
    line = _line("412.50", 3)
    text, _ = figure_head.read_line(line)
    alone = ppocr.read_line(line, careful=True)
    assert text.value == alone.value
    np.testing.assert_array_equal(text.log_probs, alone.log_probs)


@pytest.mark.parametrize("shape", [(1, 1), (2, 400), (40, 4), (5, 4000), (3, 3)])
@pytest.mark.parametrize("shade", [0, 255])
def test_odd_pictures_are_read_without_harm(shape: tuple[int, int], shade: int) -> None:
    _, seen = figure_head.read_line(np.full(shape, shade, np.uint8))
    assert seen.log_probs.shape[1] == len(ALPHABET) + 1
    assert np.isfinite(seen.log_probs).all()


def test_features_stand_twice_as_close_as_outputs_and_only_where_the_line_is() -> None:
    """Columns of 8 pixels are wider than a 1: the last convolution has two to each."""
    line = _line("412.50", 3)
    _, seen = ppocr.read_with_features(line)
    scaled_px = line.shape[1] * ppocr.HEIGHT_PX / line.shape[0]
    assert seen.shape[1] == ppocr.FEATURES
    assert scaled_px < len(seen) * ppocr.COLUMN_PX / 2 < scaled_px + 40


def test_most_amounts_by_hand_are_read() -> None:
    texts = [f"{100 + 37 * at}.{(13 * at) % 100:02d}" for at in range(24)]
    read = [figure_head.read_line(_line(text, at))[1].value.lstrip("$") for at, text in enumerate(texts)]
    assert sum(one == text for one, text in zip(read, texts, strict=True)) >= 18
