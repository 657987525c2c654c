"""Drawn letters: a folded page of letter size, text within its margins, typed or by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.letter_face import SIZE_PX, blank_letter, draw_letter
from lockbox.simulator.papers import LetterPaper
from lockbox.simulator.sheet import Sheet, dice
from tests.builders import papers
from tests.builders.simulated import ink, ink_columns


def test_blank_paper_is_light_with_two_creases_at_its_thirds() -> None:
    rows = blank_letter(dice(4)).mean(axis=1)
    assert rows.mean() > 225
    for third in (1, 2):
        middle = SIZE_PX[1] * third // 3
        window = rows[middle - 60 : middle + 60]
        assert window.min() < rows.max() - 5


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_text_is_ink_in_the_upper_part_of_the_page(by_hand: bool, seed: int) -> None:
    image = draw_letter(papers.letter(by_hand), seed).image
    assert image.size == SIZE_PX
    assert ink(image, (100, 150, 1650, 1000), under=130) > 0.002
    assert ink(image, (0, 1200, 1700, 2200), under=100) == 0


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_long_line_is_wrapped_inside_the_page(by_hand: bool) -> None:
    paper = LetterPaper(("please correct my balance " * 12,), by_hand)
    sheet = draw_letter(paper, 3)
    image = np.asarray(sheet.image)
    columns = ink_columns(Sheet(image), under=100)
    assert columns[-1] < SIZE_PX[0] - 20
    short = draw_letter(replace(paper, lines=("please correct my balance",)), 3)
    assert ink(sheet.image, under=100) > 4 * ink(short.image, under=100)


def test_a_letter_too_long_for_the_page_ends_at_its_foot() -> None:
    image = draw_letter(LetterPaper(("the same line again",) * 80, by_hand=False), 2).image
    assert ink(image, (0, SIZE_PX[1] - 60, *SIZE_PX), under=100) == 0


def test_the_same_seed_gives_the_same_page() -> None:
    pictures = [draw_letter(papers.letter(True), seed).image.tobytes() for seed in (1, 1, 2)]
    assert pictures[0] == pictures[1] != pictures[2]
