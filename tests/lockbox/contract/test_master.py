"""The contract master: a part of one is made of plain values that compare by content."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest

from lockbox.contract.master import Contract, ContractFlag, ContractTerms, Customer, Master, Opening
from lockbox.contract.position import opened
from tests.builders.contract import loan

DAY = date(2026, 3, 1)


def master() -> Master:
    return Master(
        "meridian",
        DAY,
        customers=(Customer("C1", "Ann Payer", ("1 Elm St", "Dallas TX 75201")),),
        contracts=(Contract("1000000138", "C1", "loan", "TX", DAY, 2_000_000),),
        terms=(ContractTerms("1000000138", loan()),),
        openings=(Opening("1000000138", opened(2_000_000, DAY)),),
        flags=(ContractFlag("1000000138", "scra", DAY),),
        payers=(),
    )


def test_two_masters_with_the_same_content_are_equal() -> None:
    assert master() == master()
    assert master() != replace(master(), flags=())


def test_a_flag_without_an_end_stays() -> None:
    assert master().flags[0].valid_to is None


def test_a_master_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        master().lender_id = "other"  # type: ignore[misc]  # frozen, which is what is tested
