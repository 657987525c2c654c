"""The account of a contract for people: its journals as of an instant, and what they add up to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lockbox.errors import InputError
from lockbox.runtime import Runtime
from lockbox.servicing.account_view import BUCKETS, balances, load_account
from tests.builders import ledger as make
from tests.builders import nights


@pytest.mark.usefixtures("quiet")
def test_the_journals_of_an_account_add_up_to_its_position(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(connection, principal_cents=900_000, count=48, fee_cents=1_500, interest_cents=77)
    (number,) = nights.positions(runtime)
    nights.pay(runtime, make.DAY, [(number, 41_250)])
    with runtime.engine.connect() as connection:
        account = load_account(connection, number, make.EVENING)
        before = load_account(connection, number, make.WORKED - timedelta(hours=1))
    position = nights.positions(runtime)[number]
    cents = balances(account)
    assert {bucket: abs(cents[bucket]) for bucket in BUCKETS} == {
        bucket: position[f"{bucket}_cents"] for bucket in BUCKETS
    }
    assert (account.about["account_number"], len(account.journals), len(before.journals)) == (number, 2, 1)
    assert balances(before)["principal"] == 900_000
    assert account.installments


def test_an_unknown_account_is_refused(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection, pytest.raises(InputError, match="no contract with account number 1"):
        load_account(connection, "1", make.EVENING)
