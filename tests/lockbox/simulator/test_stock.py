"""Check stock: light patterns, borders at the edge, emblems and microprint in their place."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.sheet import dice
from lockbox.simulator.stock import PATTERNS, background, bank_emblem, border, pantograph
from tests.builders.simulated import blank, ink, ink_columns, ink_rows


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_is_light_and_larger_than_any_check(name: str) -> None:
    field = PATTERNS[name](dice(1, 2))
    assert (field.shape[0] >= 700, field.shape[1] >= 1700) == (True, True)
    assert field.min() >= 0
    assert field.max() < 0.5
    assert field.mean() < 0.25
    assert (PATTERNS[name](dice(1, 2)) == field).all()


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_a_background_is_light_and_leaves_ink_readable(busy: bool, seed: int) -> None:
    sheet = background((1700, 700), dice(seed), busy)
    assert sheet.shape == (700, 1700)
    assert np.median(sheet) > 180
    assert (sheet < 110).mean() < 0.001
    assert (background((1700, 700), dice(seed), busy) == sheet).all()


def test_backgrounds_differ() -> None:
    assert len({background((600, 300), dice(seed)).tobytes() for seed in range(20)}) == 20


@pytest.mark.parametrize("seed", range(12))
def test_a_border_runs_around_the_edge_and_leaves_the_middle_free(seed: int) -> None:
    page = blank(1200, 550)
    border(page, dice(seed))
    assert (np.asarray(page.image)[60:-60, 60:-60] == 255).all()
    picture = np.asarray(page.image)
    for edge in (picture[:60], picture[-60:], picture[:, :60].T, picture[:, -60:].T):
        assert (edge[:, 60:-60] < 200).any(0).all()


@pytest.mark.parametrize("seed", range(24))
def test_an_emblem_stands_on_its_lower_left_corner(seed: int) -> None:
    page = blank()
    assert bank_emblem(page, 300, 150, 60, dice(seed)) == 60
    assert ink_columns(page)[0] >= 300
    assert ink_columns(page)[-1] < 360
    assert ink_rows(page)[0] >= 90
    assert ink_rows(page)[-1] < 150
    assert ink(page.image, (300, 90, 360, 150), under=150) > 0.1


def test_a_pantograph_fills_its_area() -> None:
    page = blank()
    pantograph(page, "VOID", (100, 40, 600, 120), 100)
    columns, rows = ink_columns(page, under=220), ink_rows(page)
    assert columns[0] == pytest.approx(100, abs=3)
    assert 560 < columns[-1] <= 602
    assert 38 <= rows[0] < 50
    assert 100 < rows[-1] < 125
