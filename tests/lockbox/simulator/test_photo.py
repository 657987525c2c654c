"""Photos of drawn checks: 4:3, the check to scale on its table, the same bytes for the same seed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lockbox.simulator.draw import draw_front
from lockbox.simulator.photo import as_jpeg, photograph
from ocr.image.paper import flat_check
from tests.builders import papers


@pytest.mark.parametrize("dpi", [75, 150])
def test_a_photo_shows_the_check_to_scale_on_a_table(dpi: int) -> None:
    front = draw_front(papers.check(), 3)
    for seed in range(4):
        seen = photograph(front, dpi, seed)
        assert seen.shape[1] / seen.shape[0] == pytest.approx(4 / 3, abs=0.02)
        flat = flat_check(seen)
        assert flat is not None
        assert flat.gray.shape[1] == pytest.approx(6 * dpi, rel=0.06)


def test_the_same_seed_gives_the_same_photo() -> None:
    front = draw_front(papers.check(), 3)
    assert np.array_equal(photograph(front, 100, 5), photograph(front, 100, 5))
    assert not np.array_equal(photograph(front, 100, 5)[:60], photograph(front, 100, 6)[:60])


def test_the_file_states_what_it_is_told() -> None:
    seen = photograph(draw_front(papers.check(), 3), 75, 1)
    assert Image.open(io.BytesIO(as_jpeg(seen, 96, 80))).info["dpi"] == (96, 96)
    assert "dpi" not in Image.open(io.BytesIO(as_jpeg(seen, None, 80))).info
