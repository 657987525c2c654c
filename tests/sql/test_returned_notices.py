"""Who is told that a payment was returned: the customer whose bank returned it, nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox import db
from lockbox.runtime import Runtime
from tests.builders import corrections as make
from tests.builders.contract import loan


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("reason", "cents"), [("returned", [37_700]), ("keyed to the wrong contract", [])])
def test_only_a_check_that_its_bank_returned_is_told_as_returned(
    runtime: Runtime, reason: str, cents: list[int]
) -> None:
    make.contract(runtime, 1, loan())
    (item,) = make.pay(runtime, date(2026, 10, 12), [(1, 37_700)])
    make.take_back(runtime, item, date(2026, 10, 14), reason)
    with runtime.engine.begin() as connection:
        connection.execute(db.query("notices/plan_payment_returned"), {"day": date(2026, 10, 14), "days": 3})
        planned = connection.exec_driver_sql("select facts ->> 'amount_cents' from planned").scalars()
        assert [int(amount) for amount in planned] == cents
        reasons = connection.exec_driver_sql("select reason from journal where reverses is not null").scalars()
        assert set(reasons) == {reason}
