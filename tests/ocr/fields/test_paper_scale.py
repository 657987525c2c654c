"""Coupons whose file states another resolution than their paper has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.draw import draw_front
from ocr.fields import paper_scale
from ocr.image.prepare import Gray
from tests.builders import papers

COUPON: Gray = np.asarray(draw_front(replace(papers.coupon(), barcode=""), 3), np.uint8)  # at 200 dpi


@pytest.mark.parametrize("stated", [72, 200, 600])
def test_a_scan_line_is_found_whatever_the_file_says(stated: int) -> None:
    located = paper_scale.find_scan_line(COUPON, stated)
    assert located is not None
    (line, _, _), dpi = located
    assert line.candidates[0].value == papers.coupon().scan_line.replace(" ", "")
    assert dpi == pytest.approx(200, rel=0.2)


def test_a_format_near_what_is_stated_is_not_tried() -> None:
    assert paper_scale._others(COUPON, 210) == []
    assert paper_scale._others(COUPON, 300) == [pytest.approx(200, rel=0.1)]
