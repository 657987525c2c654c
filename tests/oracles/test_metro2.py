"""The Metro 2 account status, code by code."""

from __future__ import annotations

import pytest

from tests.oracles.metro2 import metro2_status


@pytest.mark.parametrize(
    ("days", "status"),
    [
        (0, "11"),
        (29, "11"),
        (30, "71"),
        (59, "71"),
        (60, "78"),
        (90, "80"),
        (120, "82"),
        (150, "83"),
        (180, "84"),
        (2_000, "84"),
    ],
)
def test_the_status_by_days_past_due(days: int, status: str) -> None:
    assert metro2_status(days) == status
    assert metro2_status(days, charged_off=True) == "97"
    assert metro2_status(days, repossessed=True) == "96"
    assert metro2_status(days, charged_off=True, repossessed=True) == "97"


@pytest.mark.parametrize(
    ("flags", "status"),
    [((), "13"), (("repossessed",), "63"), (("charged_off",), "64"), (("charged_off", "repossessed"), "64")],
)
def test_the_status_of_a_paid_contract(flags: tuple[str, ...], status: str) -> None:
    assert metro2_status(0, paid=True, **dict.fromkeys(flags, True)) == status


def test_days_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="-1 days"):
        metro2_status(-1)
