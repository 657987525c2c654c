"""The line of a check whose file states a wrong resolution: found at the paper's own scale."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.fields.micr import read_micr
from ocr.fields.micr_scale import read_at_any_scale
from ocr.image.e13b import draw_line
from ocr.image.prepare import Gray
from ocr.reading import Field

ROUTING, ACCOUNT, SERIAL = "570000019", "1234567890", "10452"


def _check() -> Gray:
    """A personal check of 200 dpi."""
    page, line = np.full((550, 1200), 235, np.uint8), draw_line(f"A{ROUTING}A {ACCOUNT}C {SERIAL}", 200)
    page[490 - line.shape[0] // 2 :, 90:][: line.shape[0], : line.shape[1]] = np.minimum(line, 235)
    return page


@pytest.mark.parametrize("stated", [75, 100, 150, 300, 600])
def test_a_line_is_found_at_its_own_scale_where_the_stated_one_is_wrong(stated: int) -> None:
    page = _check()
    reading = read_at_any_scale(page, read_micr(page, stated), stated)
    best = {name: field.best.value for name, field in reading.fields.items() if field.best}
    assert (best[Field.ROUTING], best[Field.BANK_ACCOUNT], best[Field.SERIAL]) == (ROUTING, ACCOUNT, SERIAL)
    assert reading.dpi == pytest.approx(200, rel=0.04)


def test_a_settled_line_is_not_looked_for_again() -> None:
    reading = read_micr(_check(), 200)
    assert reading.settled
    assert read_at_any_scale(np.zeros((0, 0), np.uint8), reading, 200) is reading
