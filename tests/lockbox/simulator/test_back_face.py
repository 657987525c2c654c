"""The backs of papers: what the payer wrote there, instructions on coupons, empty backs of letters."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.back_face import draw_back
from lockbox.simulator.check_face import SIZES_PX
from lockbox.simulator.coupon_face import SIZE_PX
from ocr.reading import CheckKind
from tests.builders import papers
from tests.builders.simulated import ink


@pytest.mark.parametrize("kind", list(CheckKind))
def test_a_back_has_the_size_of_its_face(kind: CheckKind) -> None:
    assert draw_back(papers.check(kind), 1).image.size == SIZES_PX[kind]
    assert draw_back(papers.coupon(), 1).image.size == SIZE_PX


@pytest.mark.parametrize("seed", range(8))
def test_what_the_payer_wrote_on_the_back_is_ink(seed: int) -> None:
    written = draw_back(papers.check(back_lines=("Full and final payment", "of my account")), seed).image
    empty = draw_back(papers.check(), seed).image
    assert ink(written, under=130) > ink(empty, under=130) + 0.003


@pytest.mark.thorough
def test_most_checks_have_an_endorsement_area_at_one_end() -> None:
    left = right = 0
    for seed in range(40):
        image = draw_back(papers.check(), seed).image
        left += ink(image, (8, 20, 120, 530), under=160) > 0.005
        right += ink(image, (1080, 20, 1192, 530), under=160) > 0.005
    assert left >= 8
    assert right >= 8
    assert left + right >= 24


def test_about_half_of_the_coupons_carry_instructions() -> None:
    backs = [draw_back(papers.coupon(), seed).image for seed in range(30)]
    assert 8 < sum(ink(image, (110, 130, 1600, 340), under=150) > 0.002 for image in backs) < 24
    assert 3 < sum(ink(image, (300, 420, 1100, 640), under=150) > 0.002 for image in backs) < 20  # a new address


def test_the_back_of_a_letter_is_empty() -> None:
    for seed in range(6):
        assert np.asarray(draw_back(papers.letter(), seed).image).min() > 180


def test_the_same_seed_gives_the_same_back() -> None:
    pictures = [draw_back(papers.check(), seed).image.tobytes() for seed in (1, 1, 2)]
    assert pictures[0] == pictures[1] != pictures[2]
