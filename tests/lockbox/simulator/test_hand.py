"""Hands: a writer is recognisable, no two lines are equal, and lines keep to their room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lockbox.simulator.hand import FACES, hand, line_mask, write, write_amount
from lockbox.simulator.sheet import Sheet, dice
from lockbox.simulator.signature import sign
from lockbox.simulator.strokes import shapes_of, smooth


def sheet() -> Sheet:
    return Sheet(np.full((200, 1400), 255, np.uint8))


def ink_columns(drawn: Sheet) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.flatnonzero((np.asarray(drawn.image) < 150).any(0))


def test_a_hand_never_writes_the_same_twice_but_again_from_the_same_dice() -> None:
    who = hand(dice(3))
    first, again, other = (line_mask("Four hundred", who, dice(seed))[0] for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_hands_differ() -> None:
    hands = [hand(dice(seed)) for seed in range(60)]
    assert len({who.face for who in hands}) > 12
    assert len({who.pen for who in hands}) == 60


@pytest.mark.parametrize("face", sorted(FACES))
def test_every_face_writes_dark_ink_at_the_baseline(face: str) -> None:
    drawn = sheet()
    who = replace(hand(dice(1)), face=face)
    end = write(drawn, "Four hundred twelve", who, (50, 120), 900, dice(2))
    columns = ink_columns(drawn)
    assert 30 < columns[0] < 90
    assert abs(columns[-1] - end) < 60
    rows = np.flatnonzero((np.asarray(drawn.image) < 150).any(1))
    assert 30 < rows[0] < 110
    assert 100 < rows[-1] < 170


@pytest.mark.parametrize("seed", range(10))
def test_a_long_line_keeps_to_its_room(seed: int) -> None:
    drawn = sheet()
    end = write(
        drawn, "Nine thousand nine hundred ninety-nine and 99/100", hand(dice(seed)), (40, 120), 500, dice(seed)
    )
    assert end <= 541
    assert ink_columns(drawn)[-1] < 590


def test_raised_cents_stand_above_the_line() -> None:
    who = replace(hand(dice(5)), raised_cents=True, slant=0.0, rise=0.0)
    plain, raised = sheet(), sheet()
    write_amount(plain, "412 50/100", replace(who, raised_cents=False), (50, 120), 400, dice(1))
    write_amount(raised, "412 50/100", who, (50, 120), 400, dice(1))
    assert ink_columns(raised)[-1] < ink_columns(plain)[-1]


def test_signatures_of_one_writer_and_of_two_differ() -> None:
    drawn = []
    for seed in (1, 2):
        page = sheet()
        sign(page, "Dolores Kim", hand(dice(seed)), (50, 120), 500, dice(9))
        assert (np.asarray(page.image) < 150).sum() > 200
        drawn.append(page.image.tobytes())
    assert drawn[0] != drawn[1]


def test_strokes_know_every_figure_and_keep_sharp_corners() -> None:
    assert all(len(shapes_of(figure)) >= 3 for figure in "0123456789")
    corner = np.array([[0, 0], [1, 0], [1, 0], [1, 1]], np.float32)
    assert np.abs(smooth(corner) - [1, 0]).sum(1).min() == 0
