"""The E-13B table, and lines drawn from it."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.image.e13b import ALPHABET, GLYPHS, HEIGHT_MODULES, MODULE_IN, PITCH_IN, draw_line, master, width_modules


def _runs(marks: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marks.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def test_every_character_has_straight_rows_of_its_width() -> None:
    assert len(ALPHABET) == 14
    for char in ALPHABET:
        assert len({len(row) for row in GLYPHS[char]}) == 1
        assert len(GLYPHS[char]) == {"C": 7, "D": 4}.get(char, HEIGHT_MODULES)
        assert width_modules(char) <= 7


def test_no_two_characters_look_alike() -> None:
    shapes = {"".join(GLYPHS[char]) for char in ALPHABET}
    assert len(shapes) == len(ALPHABET)


@pytest.mark.parametrize("dpi", [100, 200, 240, 300, 600])
def test_size_is_pitch_times_characters_and_eleven_modules(dpi: int) -> None:
    line = draw_line("A123456780A 12C", dpi)
    assert line.dtype == np.uint8
    assert line.shape == (pytest.approx(11 * MODULE_IN * dpi, abs=0.6), pytest.approx(15 * PITCH_IN * dpi, abs=0.6))
    assert line.min() < 40
    assert line.max() == 255


def test_right_edges_stand_on_the_pitch() -> None:
    dpi = 600
    line = draw_line("0123456789", dpi) < 128
    pitch = PITCH_IN * dpi
    rights = [np.flatnonzero(line[:, round(k * pitch) : round((k + 1) * pitch)].any(axis=0)).max() for k in range(10)]
    assert max(rights) - min(rights) <= 1


def test_digits_are_nine_modules_high() -> None:
    dpi = 600
    rows = np.flatnonzero((draw_line("2580", dpi) < 128).any(axis=1))
    assert rows.max() - rows.min() + 1 == pytest.approx(9 * MODULE_IN * dpi, abs=2)


def test_zero_is_one_closed_stroke() -> None:
    row = (master("0") < 128)[master("0").shape[0] // 2]
    assert len(_runs(row)) == 2
    top = np.asarray((master("0") < 128).any(axis=1))
    assert len(_runs(top)) == 1


def test_space_leaves_white() -> None:
    assert (draw_line("   ", 200) == 255).all()


@pytest.mark.parametrize(("text", "dpi"), [("12X", 200), ("", 200), ("12", 10)])
def test_what_cannot_be_drawn_is_refused(text: str, dpi: int) -> None:
    with pytest.raises(ValueError, match="character"):
        draw_line(text, dpi)
