"""Drawn mail: every kind of paper has its size, carries ink, and is the same for the same seed only."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.check_face import SIZES_PX
from lockbox.simulator.draw import draw_back, draw_front
from lockbox.simulator.papers import CheckPaper, Paper
from tests.builders import papers
from tests.builders.simulated import ink

KINDS = pytest.mark.parametrize(
    "paper", papers.every_kind(), ids=lambda paper: getattr(paper, "kind", type(paper).__name__)
)


@KINDS
def test_same_seed_same_picture_other_seed_other_picture(paper: Paper) -> None:
    for draw in (draw_front, draw_back):
        assert draw(paper, 5).tobytes() == draw(paper, 5).tobytes()
    assert len({draw_front(paper, seed).tobytes() for seed in range(12)}) == 12


@KINDS
def test_front_and_back_are_one_sheet_in_gray(paper: Paper) -> None:
    front, back = draw_front(paper, 3), draw_back(paper, 3)
    assert front.mode == back.mode == "L"
    assert front.size == back.size
    if isinstance(paper, CheckPaper):
        assert front.size == SIZES_PX[paper.kind]


@KINDS
def test_paper_is_light_and_carries_ink(paper: Paper) -> None:
    for seed in range(6):
        image = draw_front(paper, seed)
        assert np.median(np.asarray(image)) > 190
        assert ink(image) > 0.0008


@KINDS
def test_long_texts_stay_on_the_paper(paper: Paper) -> None:
    if isinstance(paper, CheckPaper):
        paper = papers.check(
            paper.kind,
            payer_lines=(
                "Bartholomew Featherstonehaugh-Cholmondeley and Associates",
                "1 " + "Long " * 12 + "Road",
                "X",
            ),
            payee="The Meridian Automobile and Equipment Finance Company of Columbus Ohio",
            legal_text="Seven thousand seven hundred seventy-seven dollars and seventy-seven cents exactly",
            bank_name="Farmers and Merchants Community Savings Bank of the Upper Valley",
            courtesy_text="7,777,777 77/100",
            memo_text="4071938212 and 4071938309 both loans paid",
        )
    assert draw_front(paper, 1).size == draw_front(paper, 2).size
