"""Signed or not: writing on the line at the lower right, even where it breaks or touches its neighbors."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ocr.fields.signature import memo_apart, read_signature
from ocr.image.prepare import Gray
from ocr.layout import zones

DPI, BOTTOM = 200, 480
RULE = 410


def _scribble(page: Gray, left: int, right: int, high: int) -> None:
    x = np.arange(left, right)
    y = RULE - 8 - high / 2 - high / 2 * np.sin((x - left) / 14)
    cv2.polylines(page, [np.stack([x, y.astype(int)], axis=1).astype(np.int32)], False, 20, 3)


def _beside_a_memo(page: Gray) -> None:
    """One rule for memo and signature, and hardly a gap between what stands on it."""
    cv2.line(page, (80, RULE), (1130, RULE), 40, 2)
    for at in range(100, 540, 30):
        cv2.rectangle(page, (at, RULE - 40), (at + 14, RULE - 18), 20, 3)
    _scribble(page, 585, 1000, 60)


def _flat(page: Gray) -> None:
    """An initial and a line that nearly runs along the rule."""
    cv2.line(page, (640, RULE), (1130, RULE), 40, 2)
    cv2.ellipse(page, (690, RULE - 24), (11, 15), 0, 40, 330, 20, 2)
    for left in (760, 860, 960):
        cv2.ellipse(page, (left + 35, RULE - 9), (34, 4), 0, 0, 360, 20, 2)


def _nobody(page: Gray) -> None:
    cv2.line(page, (640, RULE), (1130, RULE), 40, 2)


def _words(page: Gray) -> None:
    """The line of the words runs on to the right, above."""
    _nobody(page)
    cv2.putText(page, "sixty-nine & 58/100 dollars", (500, 275), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.1, 20, 3)


def _pattern(page: Gray) -> None:
    """Scraps of a pale pattern, as thresholds leave them."""
    _nobody(page)
    rng = np.random.default_rng(3)
    for x, y in zip(rng.integers(700, 1060, 70), rng.integers(340, 400, 70), strict=True):
        cv2.line(page, (int(x), int(y)), (int(x) + 7, int(y) + 5), 20, 2)


def _border(page: Gray) -> None:
    _nobody(page)
    for y in range(300, 470, 12):
        cv2.rectangle(page, (1170, y), (1186, y + 13), 20, 2)


def _torn(page: Gray) -> None:
    """The scanner saw its bed where the corner was."""
    _nobody(page)
    cv2.fillPoly(page, [np.array([[1199, 330], [1150, 380], [1165, 430], [1130, 470], [1199, 470]], np.int32)], 0)


def _into_the_border(page: Gray) -> None:
    """Its last stroke runs into the pattern at the paper's edge: one mark, too high for writing."""
    _nobody(page)
    for y in range(20, 550, 11):
        cv2.circle(page, (1180, y), 8, 20, -1)
    _scribble(page, 700, 1178, 60)


@pytest.mark.parametrize(
    ("draw", "value"),
    [
        (_beside_a_memo, "present"),
        (_flat, "present"),
        (_into_the_border, "present"),
        (_nobody, "absent"),
        (_words, "absent"),
        (_pattern, "absent"),
        (_border, "absent"),
        (_torn, "absent"),
    ],
)
def test_a_signature_is_distinguished_from_everything_else_there(draw: Callable[[Gray], None], value: str) -> None:
    page = np.full((560, 1200), 250, np.uint8)
    draw(page)
    best = read_signature(zones.sheet(page, DPI, BOTTOM), BOTTOM, {}).best
    assert best is not None
    assert best.value == value, best
    assert best.probability >= 0.6


def test_a_memo_in_one_piece_with_the_signature_is_read_alone() -> None:
    page = np.full((560, 1200), 250, np.uint8)
    _beside_a_memo(page)
    sheet = zones.sheet(page, DPI, BOTTOM)
    whole = max(sheet.pieces, key=lambda piece: piece.box.width_px)
    assert whole.right_px > 900
    memo, signature = memo_apart(sheet, whole, BOTTOM)
    assert memo.right_px < 570 < signature.box.left_px
    assert memo_apart(sheet, memo, BOTTOM) == [memo]
