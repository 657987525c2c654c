"""The deposit of a site day: every accepted check once, debited to the bank and credited to clearing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from lockbox.runtime import Runtime
from reconciliation.deposits import make_deposit
from tests.builders import ledger as make
from tests.builders.site_days import posted_day


def test_a_deposit_moves_the_accepted_checks_from_clearing_to_the_bank(runtime: Runtime) -> None:
    with posted_day(runtime).engine.begin() as connection:
        deposit = make_deposit(connection, make.SITE, make.DAY, make.EVENING)
        entries = connection.execute(
            sa.text(
                "select account, amount_cents from entry natural join journal where source_kind = 'deposit' "
                "order by amount_cents"
            )
        ).all()
    assert deposit is not None
    assert (deposit.items, deposit.amount_cents) == (4, 112_599)
    assert [tuple(entry) for entry in entries] == [("clearing.dallas", -112_599), ("bank.deposits", 112_599)]


def test_a_day_that_accepted_nothing_has_no_deposit(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        assert make_deposit(connection, make.SITE, make.DAY, make.EVENING) is None


def test_a_day_is_deposited_once(runtime: Runtime) -> None:
    with posted_day(runtime).engine.begin() as connection:
        make_deposit(connection, make.SITE, make.DAY, make.EVENING)
        item_id = make.item(connection, make.batch(connection, "D003"))
        make.suspense_check(connection, item_id, 700)
        with pytest.raises(sa.exc.IntegrityError):
            make_deposit(connection, make.SITE, make.DAY, make.EVENING)
