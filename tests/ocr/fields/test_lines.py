"""Lines of a check: a payee that runs into the figures of the amount is parted from them."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.hand import hand, line_mask
from lockbox.simulator.sheet import dice
from ocr.fields import lines
from ocr.layout import zones
from ocr.layout.piece import joined

DPI = 200
LEFT_PX = 120


def parted(value: str) -> list[str]:
    """What is read of a line by hand that goes from the left of a check to its right edge, after it was parted."""
    rng = dice(5, 12)
    mask, _, _ = line_mask(value, hand(rng), rng, 1.2)
    columns = np.flatnonzero(mask.any(axis=0))
    mask = mask[:, columns[0] : columns[-1] + 1]
    paper = np.full((500, LEFT_PX + mask.shape[1] + 40), 255, np.uint8)
    paper[200 : 200 + mask.shape[0], LEFT_PX : LEFT_PX + mask.shape[1]] -= mask
    page = zones.sheet(paper, DPI)
    whole = lines.read(page, joined(list(page.pieces)), paper.shape[0])
    return [one.value for one in lines.parted(page, whole, paper.shape[0])]


@pytest.mark.parametrize("between", [" $ ", " $", "$"])
def test_a_payee_that_runs_into_the_figures_is_parted_from_them(between: str) -> None:
    payee, figures = parted(f"Meridian Motor Leasing{between}634.29")
    assert "634" not in payee
    assert figures.replace(" ", "").endswith("634.29")
    assert "easin" not in figures


def test_a_payee_alone_and_an_amount_in_words_stay_whole() -> None:
    assert len(parted("Meridian Motor Leasing Company")) == 1
    assert len(parted("Six hundred thirty-four and 29/100")) == 1
