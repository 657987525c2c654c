"""Signatures: dark ink on the line, in the writer's own style, within their room."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.simulator.hand import hand
from lockbox.simulator.sheet import dice
from lockbox.simulator.signature import sign
from tests.builders.simulated import blank, ink_columns, ink_rows


def signed(writer_seed: int, seed: int = 9, name: str = "Dolores Kim") -> bytes:
    page = blank()
    sign(page, name, hand(dice(writer_seed)), (50, 120), 500, dice(seed))
    return page.image.tobytes()


@pytest.mark.parametrize("seed", range(12))
def test_a_signature_is_ink_on_the_line_within_its_room(seed: int) -> None:
    page = blank()
    sign(page, "Dolores Kim", hand(dice(seed)), (150, 120), 500, dice(seed, 1))
    assert (np.asarray(page.image) < 150).sum() > 200
    columns, rows = ink_columns(page), ink_rows(page)
    assert columns[0] > 100
    assert columns[-1] < 150 + 500 + 80
    assert rows[0] < 110
    assert 90 < rows[-1] < 190


def test_signatures_of_one_writer_and_of_two_differ() -> None:
    assert signed(1) == signed(1)
    assert signed(1) != signed(1, seed=10)
    assert signed(1) != signed(2)


def test_a_name_of_one_word_or_of_none_can_be_signed() -> None:
    assert signed(3, name="Cher") != blank().image.tobytes()
    assert signed(3, name="") != blank().image.tobytes() or signed(4, name="") != blank().image.tobytes()
