"""Handwriting: a writer is recognizable, no two lines are equal, and lines keep to their room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.hand import FACES, hand, line_mask, stroke, wavy_rule, write, write_amount
from lockbox.simulator.sheet import dice
from tests.builders.simulated import blank, ink_columns


def test_a_hand_writes_the_same_only_from_the_same_dice() -> None:
    writer = hand(dice(3))
    first, repeated, second = (line_mask("Four hundred", writer, dice(seed))[0] for seed in (1, 1, 2))
    assert first.tobytes() == repeated.tobytes() != second.tobytes()


def test_hands_differ() -> None:
    hands = [hand(dice(seed)) for seed in range(60)]
    assert len({writer.face for writer in hands}) > 12
    assert len({writer.pen for writer in hands}) == 60


@pytest.mark.parametrize("face", sorted(FACES))
def test_every_face_writes_dark_ink_at_the_baseline(face: str) -> None:
    drawn = blank()
    writer = replace(hand(dice(1)), face=face)
    end = write(drawn, "Four hundred twelve", writer, (50, 120), 900, dice(2))
    columns = ink_columns(drawn)
    assert 30 < columns[0] < 90
    assert abs(columns[-1] - end) < 60
    rows = np.flatnonzero((np.asarray(drawn.image) < 150).any(1))
    assert 30 < rows[0] < 110
    assert 100 < rows[-1] < 170


@pytest.mark.parametrize("seed", range(10))
def test_a_long_line_keeps_to_its_room(seed: int) -> None:
    drawn = blank()
    end = write(
        drawn, "Nine thousand nine hundred ninety-nine and 99/100", hand(dice(seed)), (40, 120), 500, dice(seed)
    )
    assert end <= 541
    assert ink_columns(drawn)[-1] < 590


def test_raised_cents_stand_above_the_line() -> None:
    writer = replace(hand(dice(5)), raised_cents=True, slant=0.0, rise=0.0)
    plain, raised = blank(), blank()
    write_amount(plain, "412 50/100", replace(writer, raised_cents=False), (50, 120), 400, dice(1))
    write_amount(raised, "412 50/100", writer, (50, 120), 400, dice(1))
    assert ink_columns(raised)[-1] < ink_columns(plain)[-1]


def test_a_stroke_is_ink_along_its_points() -> None:
    drawn = blank()
    stroke(drawn, np.array([[100, 100], [400, 100]], np.float32), hand(dice(1)), dice(2))
    columns = ink_columns(drawn)
    assert columns[0] == pytest.approx(100, abs=6)
    assert columns[-1] == pytest.approx(400, abs=6)


def test_a_wavy_rule_fills_the_rest_of_the_line_if_there_is_any() -> None:
    drawn = blank()
    wavy_rule(drawn, 300, 310, 100, hand(dice(1)), dice(2))
    assert ink_columns(drawn) == []
    wavy_rule(drawn, 300, 900, 100, hand(dice(1)), dice(2))
    assert len(ink_columns(drawn)) > 400
