"""Coupons and letters whose file states another resolution than their paper has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.draw import draw_front
from ocr.fields import letter, paper_scale
from ocr.image.prepare import Gray
from ocr.reading import Field
from tests.builders import papers

COUPON: Gray = np.asarray(draw_front(replace(papers.coupon(), barcode=""), 3), np.uint8)
LETTER: Gray = np.asarray(draw_front(papers.letter(), 3), np.uint8)  # both at 200 dpi


@pytest.mark.parametrize("stated", [72, 200, 600])
def test_a_scan_line_is_found_whatever_the_file_says(stated: int) -> None:
    located = paper_scale.find_scan_line(COUPON, stated)
    assert located is not None
    (line, _, _), dpi = located
    assert line.candidates[0].value == papers.coupon().scan_line.replace(" ", "")
    assert dpi == pytest.approx(200, rel=0.2)


@pytest.mark.parametrize("stated", [75, 600])
def test_a_letter_is_read_at_the_scale_at_which_more_is_legible(stated: int) -> None:
    fields, _, _, dpi = paper_scale.read_letter(LETTER, stated)
    right = letter.read_letter(LETTER, 200)[0]
    assert dpi == pytest.approx(200, rel=0.2)
    assert fields[Field.TEXT].candidates[0].probability >= 0.9 * right[Field.TEXT].candidates[0].probability


def test_a_note_of_another_format_keeps_its_own_resolution() -> None:
    """Half a page, as high as wide notes are: by its height it would be a coarse scan of a whole page."""
    note = np.ascontiguousarray(LETTER[: LETTER.shape[0] // 2, : int(LETTER.shape[1] * 0.5)])
    assert paper_scale._others(note, 200, paper_scale.PAGE_IN) == [100]
    fields, _, _, dpi = paper_scale.read_letter(note, 200)
    assert paper_scale._legible(fields) >= paper_scale._legible(letter.read_letter(note, 200)[0])
    assert dpi in (100, 200)
