"""Rows of print near the bottom edge: where the MICR line stands, how it slopes, and its level cut-out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.fields import micr_band
from ocr.image.e13b import draw_line
from ocr.image.prepare import Gray

DPI = 200
HEIGHT, WIDTH = 550, 1200  # 2.75 x 6 inches
LINE = "A570000019A 1234567890C 10452"
LEFT, FOOT = 90, HEIGHT - 62 + 12  # the middle of the line is 5/16 inch above the edge, half a digit is 12 pixels
HEIGHT_PX, DIGIT_PX = 32, 18


def _check(slope: float = 0.0) -> Gray:
    """White paper with a MICR line; `slope` lets it fall to the right, around the left end of the line."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    line = draw_line(LINE, DPI)
    top = HEIGHT - 62 - line.shape[0] // 2
    page[top : top + line.shape[0], LEFT : LEFT + line.shape[1]] = line
    shear = np.array([[1, 0, 0], [slope, 1, -slope * LEFT]])
    return np.asarray(cv2.warpAffine(page, shear, (WIDTH, HEIGHT), borderValue=255), np.uint8)


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.03])
def test_the_foot_line_of_a_row_has_its_place_slope_and_ends(slope: float) -> None:
    band = next(micr_band.bands(_check(slope), DPI))
    assert band.slope == pytest.approx(slope, abs=0.003)
    assert band.foot_px + band.slope * LEFT == pytest.approx(FOOT, abs=2)
    assert band.digit_px == pytest.approx(micr_band.DIGIT_IN * DPI, abs=2)
    assert band.left_px == pytest.approx(LEFT, abs=12)
    assert band.right_px == pytest.approx(LEFT + (len(LINE) * 0.125) * DPI, abs=12)
    assert not band.drift


def test_a_fine_scan_gives_the_same_row_at_its_own_scale() -> None:
    fine = np.asarray(cv2.resize(_check(), None, fx=2, fy=2), np.uint8)
    coarse_band, fine_band = next(micr_band.bands(_check(), DPI)), next(micr_band.bands(fine, 2 * DPI))
    assert fine_band.foot_px == pytest.approx(2 * coarse_band.foot_px, abs=2)
    assert fine_band.digit_px == pytest.approx(2 * coarse_band.digit_px, abs=2)


def test_characters_that_stand_off_the_line_drift() -> None:
    page = _check()
    right = page[:, 500:].copy()
    page[:, 500:] = 255
    page[8:, 500:] = right[:-8]  # the account and the serial stand 8 pixels lower
    band = next(micr_band.bands(page, DPI))
    offsets = np.array([off for _, off in band.drift])
    assert np.ptp(offsets) == pytest.approx(8, abs=2)


def test_blank_paper_and_lone_marks_have_no_row() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert list(micr_band.bands(page, DPI)) == []
    page[480:504, 100:112] = page[480:504, 300:312] = 0
    assert list(micr_band.bands(page, DPI)) == []
    assert micr_band.line_band(page) is None


def test_a_row_in_the_upper_part_is_not_looked_at() -> None:
    assert list(micr_band.bands(np.ascontiguousarray(_check()[::-1]), DPI)) == []


@pytest.mark.parametrize("dpi", [120, 200, 300])
def test_a_line_of_unknown_scale_gives_the_height_of_its_digits(dpi: int) -> None:
    line = np.pad(draw_line(LINE, dpi), 8, constant_values=255)
    band = micr_band.line_band(line)
    assert band is not None
    assert band.digit_px == pytest.approx(micr_band.DIGIT_IN * dpi, rel=0.1)
    assert (band.left_px, band.right_px) == (0.0, line.shape[1])


def test_only_a_picture_with_marks_of_a_digit_s_size_may_hold_a_line() -> None:
    line = np.pad(draw_line(LINE, DPI), 8, constant_values=255)
    digit_px = micr_band.DIGIT_IN * DPI
    assert micr_band.may_hold_line(line, digit_px)
    assert not micr_band.may_hold_line(line, 3 * digit_px)
    assert not micr_band.may_hold_line(np.full((60, 600), 255, np.uint8), digit_px)


@pytest.mark.parametrize("slope", [0.0, 0.05])
def test_a_cut_out_is_level_to_scale_and_leads_back_to_the_page(slope: float) -> None:
    page = _check(slope)
    band = next(micr_band.bands(page, DPI))
    picture, back = micr_band.cut(page, band, HEIGHT_PX, DIGIT_PX)
    assert picture.shape[0] == HEIGHT_PX
    rows = np.flatnonzero(picture.max(axis=1) > 0.5)  # ink is 1, paper 0
    assert rows[0] == pytest.approx((HEIGHT_PX - DIGIT_PX) / 2, abs=2)
    assert rows[-1] == pytest.approx((HEIGHT_PX + DIGIT_PX) / 2, abs=2)
    first = np.flatnonzero(picture.max(axis=0) > 0.5)[0]
    x, y = back @ np.array([first, (HEIGHT_PX + DIGIT_PX) / 2, 1])
    assert x == pytest.approx(LEFT, abs=12)
    assert y == pytest.approx(FOOT, abs=3)
