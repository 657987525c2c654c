"""The net on PP-OCR's features: one look, two readings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.nets import figure_head, ppocr, ppocr_net
from ocr.nets.figures import ALPHABET


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
    assert seen.shape[1] == figure_head.HEIGHT
    assert scaled_px < len(seen) * ppocr.COLUMN_PX / 2 < scaled_px + 40


def test_features_tell_where_in_its_height_a_stroke_stands() -> None:
    """That distinguishes cents over a stroke from dollars."""
    blank = np.full((48, 160), 255, np.uint8)
    thirds = []
    for top in (6, 38):
        line = blank.copy()
        line[top : top + 4, 40:120] = 0
        _, seen = ppocr.read_with_features(line)
        thirds.append(np.abs(seen - ppocr.read_with_features(blank)[1]).reshape(-1, ppocr_net.ROWS, ppocr_net.FEATURES))
    above, below = (change[8:28].mean(axis=(0, 2)) for change in thirds)
    assert above[0] > above[2]
    assert below[2] > below[0]


def test_a_side_of_the_box_is_no_one_and_cents_over_a_stroke_are_cents() -> None:
    boxed, raised = [], []
    for at in range(12):
        dollars, cents = f"{213 + 61 * at}", f"{(17 * at + 23) % 100:02d}"
        written = _line(f"{dollars}.{cents}", at)
        box = np.asarray(cv2.copyMakeBorder(written, 4, 8, 10, 30, cv2.BORDER_CONSTANT, value=255), np.uint8)
        cv2.line(box, (3, 2), (3, box.shape[0] - 4), 0, 2)
        cv2.line(box, (3, 2), (box.shape[1] - 4, 2), 0, 2)
        boxed.append(figure_head.read_line(box)[1].value.strip("$") == f"{dollars}.{cents}")
        line = _raised(_line(dollars, at), _line(cents, at))
        raised.append(figure_head.read_line(line)[1].value.strip("$") == f"{dollars}_{cents}")
    assert sum(boxed) >= 9
    assert sum(raised) >= 9


def _raised(dollars: np.ndarray, cents: np.ndarray) -> np.ndarray:
    """The cents behind the dollars, half as high, over a stroke."""
    small = cv2.resize(cents, None, fx=0.6, fy=0.55, interpolation=cv2.INTER_AREA)
    whole = np.full((dollars.shape[0], dollars.shape[1] + small.shape[1] + 4), 255, np.uint8)
    whole[:, : dollars.shape[1]] = dollars
    whole[2 : 2 + small.shape[0], dollars.shape[1] :][:, : small.shape[1]] = small
    low = small.shape[0] + 3
    cv2.line(whole, (dollars.shape[1], low), (whole.shape[1] - 6, low - 2), 0, 2)
    return whole


def test_most_amounts_by_hand_are_read() -> None:
    texts = [f"{100 + 37 * at}.{(13 * at) % 100:02d}" for at in range(24)]
    read = [figure_head.read_line(_line(text, at))[1].value.lstrip("$") for at, text in enumerate(texts)]
    assert sum(value == text for value, text in zip(read, texts, strict=True)) >= 18
