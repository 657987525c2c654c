"""A sheet in the printer: text at its anchor, lines, boxes, and ink that only darkens."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.sheet import Sheet, Type, dice
from tests.builders.simulated import blank, ink, ink_columns, ink_rows

PLAIN = Type("sans", 40)
MACHINES = pytest.mark.parametrize(
    "kind",
    [PLAIN, Type("courier", 40, 30, "typewriter"), Type("mono", 40, 30, "matrix"), Type("sans", 40, 30, spacing_px=3)],
)


def test_dice_depend_on_seed_and_aspect() -> None:
    rolls = [dice(*about).integers(2**62) for about in ((1, 2), (1, 2), (1, 3), (2, 2), (1 + 2**33, 2))]
    assert rolls[0] == rolls[1]
    assert len({*rolls}) == 4


@MACHINES
def test_text_is_placed_by_its_anchor(kind: Type) -> None:
    width = kind.width_px("Meridian")
    for anchor, left in (("l", 600.0), ("m", 600 - width / 2), ("r", 600 - width)):
        page = blank()
        assert page.text(600, 120, "Meridian", kind, anchor) == pytest.approx(left + width)
        columns = ink_columns(page)
        assert columns[0] == pytest.approx(left, abs=10)
        assert columns[-1] == pytest.approx(left + width, abs=12)
        assert 80 < ink_rows(page)[0] < 96
        assert ink_rows(page)[-1] == pytest.approx(120, abs=4)


def test_the_same_text_is_struck_the_same_way_unless_dice_say_otherwise() -> None:
    kind = Type("courier", 40, 30, "typewriter")
    pictures = []
    for rng in (None, None, dice(1), dice(2)):
        page = blank()
        page.text(50, 120, "Meridian", kind, rng=rng)
        pictures.append(page.image.tobytes())
    assert pictures[0] == pictures[1]
    assert len({*pictures}) == 3


def test_a_line_that_does_not_fit_is_set_smaller() -> None:
    assert blank().fitted(50, 120, "Meridian", PLAIN, 1000) == pytest.approx(50 + PLAIN.width_px("Meridian"))
    assert 110 < blank().fitted(50, 120, "Meridian", PLAIN, 80) <= 50 + 80 * 1.1


def test_sized_type_is_never_below_8_px() -> None:
    assert PLAIN.sized(0.5).size_px == 20
    assert PLAIN.sized(0.01).size_px == 8


def test_lines_go_down_by_their_leading() -> None:
    page = blank()
    assert page.lines(50, 60, ("HHH", "HHH", "HHH"), PLAIN, 1.25) == pytest.approx(60 + 3 * 50)
    assert ink_rows(page)[-1] == pytest.approx(160, abs=2)


def test_rules_and_boxes_are_drawn_where_they_belong() -> None:
    page = blank()
    page.rule(100, 300, 50, gray=0, width_px=1)
    assert (ink_columns(page)[0], ink_columns(page)[-1], ink_rows(page)) == (100, 300, [50])
    page = blank()
    page.box(100, 40, 200, 90, gray=0, width_px=1, fill=200)
    assert (ink_columns(page)[0], ink_columns(page)[-1]) == (100, 200)
    assert np.asarray(page.image)[60, 150] == 200
    assert np.asarray(page.image)[30, 150] == 255


def test_ink_darkens_and_never_lightens() -> None:
    page = Sheet(np.full((20, 20), 100, np.uint8))
    page.ink(np.full((5, 5), 255, np.uint8), 2, 2, 40)
    page.ink(np.full((5, 5), 255, np.uint8), 10, 10, 180)
    picture = np.asarray(page.image)
    assert (picture[3, 3], picture[12, 12], picture[0, 0]) == (40, 100, 100)


def test_ink_beyond_the_edge_is_cut_off() -> None:
    page = blank(20, 20)
    page.ink(np.full((10, 10), 255, np.uint8), -5, -5)
    page.ink(np.full((10, 10), 255, np.uint8), 100, 100)
    assert int((np.asarray(page.image) == 0).sum()) == 25


def test_a_stamp_is_black_on_white() -> None:
    page = blank(20, 20)
    drawing = np.full((4, 4), 255, np.uint8)
    drawing[1, 1] = 0
    page.stamp(drawing, 3, 3)
    assert np.argwhere(np.asarray(page.image) == 0).tolist() == [[4, 4]]


def test_a_crease_is_a_dark_line_across_the_sheet() -> None:
    page = blank(400, 60)
    page.crease(200, 80)
    columns = np.asarray(page.image).min(axis=0)
    assert abs(int(columns.argmin()) - 200) <= 1
    assert columns[150] == 255
    assert ink(page.image) == 0
