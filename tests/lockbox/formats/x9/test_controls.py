"""Which controls of a file hold, and which checks they cover."""

from __future__ import annotations

import pytest

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9File
from lockbox.formats.x9.writer import write_x9
from tests.builders.cash_letters import check, damaged, deposit_ticket, joined, letter_of, put, records


def bundles(change: int, position: int, text: str) -> X9File:
    """Two bundles of two checks each, read after one change: 01 10 20, 25 50 52 50 52 twice, 70, and so again."""
    letter = letter_of(*(check(number) for number in range(1, 5)), checks_per_bundle=2)
    parts = records(write_x9(letter, "ascii"))
    put(parts, change, position, text)
    return read_x9(joined(parts), "deposit.x9")


def covered(file: X9File) -> list[tuple[str, int, int, int]]:
    return [(each.name, each.record, each.first, each.last) for each in file.failing_controls]


@pytest.mark.parametrize(
    ("change", "position", "text", "expected"),
    [
        (13, 7, "000000082501", ("bundle control", 14, 1, 2)),
        (25, 3, "0003", ("bundle control", 26, 3, 4)),
        (25, 7, " " * 12, ("bundle control", 26, 3, 4)),
        (26, 17, "00000000165001", ("cash letter control", 27, 1, 4)),
        (27, 9, "99999999", ("file control", 28, 1, 4)),
    ],
)
def test_a_control_that_does_not_hold_covers_its_checks(
    change: int, position: int, text: str, expected: tuple[str, int, int, int]
) -> None:
    assert covered(bundles(change, position, text)) == [expected]


def test_controls_that_hold_are_none() -> None:
    assert covered(damaged(lambda _: None)) == []


def test_a_wrong_amount_of_a_check_fails_all_that_is_above_it() -> None:
    file = bundles(3, 48, "0000041251")
    assert covered(file) == [
        ("bundle control", 14, 1, 2),
        ("cash letter control", 27, 1, 4),
        ("file control", 28, 1, 4),
    ]
    assert file.failing_controls[0].reasons == ("amount: says $825.00, counted $825.01",)


def test_a_wrong_deposit_ticket_covers_its_cash_letter() -> None:
    letter = letter_of(check(1), check(2), credit=deposit_ticket("A", 82_499))
    assert covered(read_x9(write_x9(letter), "deposit.x9")) == [("deposit ticket", 3, 1, 2)]
