"""Loss accounts: each part of what was owed has one, and the lender's ledger knows it."""

from __future__ import annotations

from lockbox.contract.loss import LOSS
from lockbox.contract.terms import Bucket
from lockbox.lender.profile import LEDGER_ACCOUNTS


def test_each_part_of_what_is_owed_has_a_loss_account_of_its_own_in_the_ledger() -> None:
    assert set(LOSS) == set(Bucket)
    assert len(set(LOSS.values())) == len(LOSS)
    for bucket, account in LOSS.items():
        assert LEDGER_ACCOUNTS[account][0] == ("expense" if bucket in ("principal", "tax") else "income")
