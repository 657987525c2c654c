"""Figures as pen paths: several shapes for every figure, rounded between sharp corners."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.strokes import shapes_of, smooth


@pytest.mark.parametrize("figure", "0123456789")
def test_every_figure_has_several_shapes_that_fill_its_cell(figure: str) -> None:
    assert len(shapes_of(figure)) >= 3
    for shape in shapes_of(figure):
        points = np.vstack(shape.paths)
        assert 0.1 < shape.width < 0.8
        assert points[:, 0].min() >= -0.01
        assert points[:, 0].max() <= shape.width + 0.01
        assert points[:, 1].min() == pytest.approx(0, abs=0.1)
        assert points[:, 1].max() == pytest.approx(1, abs=0.11)


def test_signs_of_amounts_are_known_and_letters_are_not() -> None:
    assert all(shapes_of(sign) for sign in "$.,/-#*=x:")
    assert shapes_of("A") == ()


def test_a_cross_is_two_strokes() -> None:
    assert {len(shape.paths) for shape in shapes_of("x")} == {2}


def test_a_smooth_path_passes_through_its_points_and_keeps_double_points_sharp() -> None:
    path = np.array([[0, 0], [1, 0], [1, 0], [1, 1]], np.float32)
    curve = smooth(path, 6)
    assert len(curve) == 3 * 6 + 1
    for point in path:
        assert np.abs(curve - point).sum(1).min() == 0


def test_two_points_are_a_straight_line() -> None:
    path = np.array([[0, 0], [3, 4]], np.float32)
    assert (smooth(path) == path).all()
