"""The parts of checks: labels and lines, boxes, fractions, and layouts that move a little."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from lockbox.simulator.check_parts import (
    Places,
    bank_block,
    courtesy_box,
    fraction_text,
    label_width,
    labeled_rule,
    moved,
    payee_label,
    payer_block,
    printer,
    scaled,
    signature_rule,
    typed,
)
from lockbox.simulator.sheet import dice
from tests.builders.simulated import blank, ink, ink_columns, ink_rows

PLACES = Places(
    payer=(64, 62, "l"),
    bank=(64, 332, "l"),
    number=(1136, 66),
    fraction=(1136, 92),
    date=(700, 970, 132),
    payee=(60, 905, 212),
    courtesy=(948, 168, 1140, 222),
    legal=(60, 1020, 280),
    memo=(60, 520, 408),
    signature=(610, 1136, 408),
)
LOOK = printer(dice(1))


def test_fraction_is_the_routing_number() -> None:
    assert fraction_text("571234565") == "57-3456/5712"


def flat(places: Places) -> list[float]:
    return [value for place in astuple(places) for value in place if not isinstance(value, str)]


@pytest.mark.parametrize("seed", range(20))
def test_a_moved_layout_stays_close_and_keeps_its_anchors(seed: int) -> None:
    layout = moved(PLACES, dice(seed))
    assert layout != PLACES
    assert max(abs(a - b) for a, b in zip(flat(layout), flat(PLACES), strict=True)) < 30
    assert (layout.payer[2], layout.bank[2]) == ("l", "l")
    left, top, right, bottom = layout.courtesy
    assert (right - left, bottom - top) == pytest.approx((192, 54))  # the box keeps its size


def test_a_scaled_layout_grows_by_both_factors() -> None:
    layout = scaled(PLACES, 2, 3)
    assert layout.payer == (128, 186, "l")
    assert layout.date == (1400, 1940, 396)
    assert layout.courtesy == (1896, 504, 2280, 666)


def test_a_larger_scale_sets_larger_type() -> None:
    small, large = printer(dice(4)), printer(dice(4), 1.5)
    assert large.body.size_px > small.body.size_px
    assert large.payee_label == small.payee_label
    assert 27 * 0.85 < typed(dice(4), 30).size_px < 36


def test_a_label_stands_before_its_line_or_below_it() -> None:
    before, below = blank(), blank()
    labeled_rule(before, (100, 600, 100), "DATE", LOOK, below=False)
    labeled_rule(below, (100, 600, 100), "DATE", LOOK, below=True)
    assert ink(before.image, (100, 80, 140, 100)) > 0.05
    assert ink(before.image, (300, 99, 600, 104)) > 0.3
    assert max(ink_rows(before)) < 106
    assert min(ink_rows(below)) >= 99
    assert ink(below.image, (320, 104, 380, 125)) > 0.05


def test_the_payee_line_begins_after_its_label() -> None:
    page = blank()
    payee_label(page, (60, 900, 120), LOOK)
    columns = ink_columns(page)
    assert columns[0] == pytest.approx(60, abs=4)
    assert columns[-1] == pytest.approx(900, abs=2)
    assert ink(page.image, (round(60 + label_width(LOOK) + 10), 119, 900, 124)) > 0.3


def test_the_box_for_the_amount_prints_a_dollar_sign_unless_the_payer_does() -> None:
    own, printed = blank(), blank()
    courtesy_box(own, (400, 60, 600, 120), LOOK, "$412.50", dice(1))
    courtesy_box(printed, (400, 60, 600, 120), LOOK, "412.50", dice(1))
    assert (np.asarray(printed.image) < 110).sum() > (np.asarray(own.image) < 110).sum() + 40


@pytest.mark.parametrize("seed", range(8))
def test_a_signature_line_runs_over_its_width(seed: int) -> None:
    page = blank()
    signature_rule(page, (200, 900, 100), LOOK, dice(seed))
    columns = ink_columns(page, under=240)  # microprint is faint
    assert columns[0] < 210
    assert columns[-1] > 860


@pytest.mark.parametrize("seed", range(8))
def test_payer_and_bank_stay_in_their_blocks(seed: int) -> None:
    page = blank(1200, 400)
    payer_block(page, ("Kathleen O'Brien", "4417 Larkspur Lane", "Dayton, OH 45402"), LOOK, (64, 62, "l"), dice(seed))
    assert ink_columns(page)[-1] < 64 + 1200 * 0.36
    assert 3 * LOOK.body.size_px < ink_rows(page)[-1] < 150
    page = blank(1200, 400)
    bank_block(page, "First Prairie Bank", LOOK, (600, 80, "m"), dice(seed), 400)
    columns = ink_columns(page)
    assert columns[0] > 300
    assert columns[-1] < 900


def test_a_check_without_a_printed_payer_has_no_block() -> None:
    page = blank()
    payer_block(page, (), LOOK, (64, 62, "l"), dice(1))
    assert ink_columns(page) == []
