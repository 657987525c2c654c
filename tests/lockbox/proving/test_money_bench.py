"""The money bench: its batches of payments, and its table."""

from __future__ import annotations

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.profile import load_profile
from lockbox.proving.money_bench import AS_OF, Posted, Took, decided_batch, summary
from lockbox.runtime import Runtime


def paid_contracts(connection: sa.Connection, batch_id: int) -> set[int]:
    rows = connection.execute(
        sa.text("""
            select l.contract_id
            from decision_line as l join decision as d using (decision_id) join item as i using (item_id)
            where i.batch_id = :batch"""),
        {"batch": batch_id},
    )
    return set(rows.scalars())


def test_batches_of_another_shift_pay_other_contracts(runtime: Runtime) -> None:
    with db.engine(runtime.settings, owner=True).begin() as connection:
        load_profile(connection, runtime.settings.profile)
        contracts = {"lender": "meridian", "count": 400, "as_of": AS_OF}
        connection.execute(db.query("bench/contracts"), contracts)
    first, second = (decided_batch(runtime, f"B{shift}", 100, shift) for shift in (0, 1))
    with runtime.engine.connect() as connection:
        paid = [paid_contracts(connection, batch_id) for batch_id in (first, second)]
    assert [len(contracts) for contracts in paid] == [100, 100]
    assert paid[0].isdisjoint(paid[1])


def test_the_table_shows_ratios_to_bare_sql() -> None:
    took = Took(wall_s=2.0, cpu_s=1.0)
    posted = (Posted(1, 100, took), Posted(2, 100, took))
    table = summary(1_000, took, posted, Took(6.0, 3.0), {"accrue": 1.5}, took)
    rows = list(zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True))
    assert rows[0] == ("making the contracts", "2.00", "1.00", "1000.0 µs", "")
    assert rows[1][0] == "posting 100: one batch"
    assert rows[1][4] == "50 payments a second, 100 a CPU second"
    assert rows[2][0] == "posting 100: 2 batches, two at a time"
    assert rows[3] == ("  accrue", "1.50", "", "1500.0 µs", "")
    assert rows[4][4] == "3.00 x bare, 3.00 x its CPU"
