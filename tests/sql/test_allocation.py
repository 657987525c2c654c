"""The order in which SQL pays what a contract owes, against the rule's own ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.contract.allocation import ranked
from lockbox.contract.balances import Balances
from lockbox.contract.position import Position
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Product, Terms, Timing
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.contract import BY_CLASS, FEES_FIRST, LEASE_FEES_FIRST
from tests.builders.published_orders import DAY as PAID_ON
from tests.builders.published_orders import GOLDEN, Golden, save_order

ONE_RANK = AllocationOrder("one.rank", {(timing, bucket): 1 for timing in Timing for bucket in Bucket})
LOAN = make.loan(principal_cents=200_000, count=30, fee_cents=1_500, interest_cents=777)
LEASE = make.lease()
LEASE_WITH_FEE = (LEASE[0], replace(LEASE[1], fees=make.loan(fee_cents=1_500)[1].fees))
DUE_ON = make.EVE  # of the oldest open installment


@pytest.mark.parametrize("day", [date(2026, 11, 1), DUE_ON, make.DAY, date(2026, 12, 15), date(2027, 1, 20)])
@pytest.mark.parametrize(
    ("contract", "order", "excess"),
    [
        *((LOAN, order, excess) for order in (ONE_RANK, FEES_FIRST, BY_CLASS) for excess in Excess),
        *((LEASE_WITH_FEE, order, Excess.ADVANCE) for order in (ONE_RANK, LEASE_FEES_FIRST)),
    ],
)
def test_sql_ranks_what_is_owed_as_the_rule_does(
    runtime: Runtime, contract: tuple[Terms, Position], order: AllocationOrder, excess: Excess, day: date
) -> None:
    """Every bucket that a loan or a lease can owe, past due, due and in advance; within one rank too."""
    terms, position = replace(contract[0], order=order, excess=excess), contract[1]
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        save_order(connection, order)
        contract_id = make.open_contract(connection, 1, terms, position)
        assert paid_first(connection, contract_id, day) == [
            (claim.bucket, 0 if claim.bucket is Bucket.FEE else claim.no, claim.open_cents)
            for claim in ranked(Balances(position, terms).claims(day), order)
        ]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_every_published_order_pays_what_it_says(runtime: Runtime, golden: Golden) -> None:
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        save_order(connection, golden.terms.order)
        contract_id = make.open_contract(connection, 1, golden.terms, golden.position)
        assert paid_parts(connection, contract_id, golden) == golden.parts


def test_every_bucket_is_among_the_cases() -> None:
    claims = [claim for made in (LOAN, LEASE_WITH_FEE) for claim in Balances(made[1], made[0]).claims(make.DAY)]
    assert {claim.bucket for claim in claims} == set(Bucket)
    assert {LOAN[0].product, LEASE[0].product} == set(Product)


def paid_first(connection: sa.Connection, contract_id: int, day: date) -> list[tuple[str, int, int]]:
    """(bucket, installment, cents) in the order in which a payment of everything pays them."""
    connection.execute(
        sa.text("""
            create temp table pay on commit drop as
            select 1::bigint as pay_no, cast(:contract as bigint) as contract_id, 9999999::bigint as amount_cents"""),
        {"contract": contract_id},
    )
    connection.execute(sa.text("select allocate_payments(:day, :day)"), {"day": day})
    rows = connection.execute(sa.text("select bucket, installment_no, cents from pay_owed order by from_cents"))
    return [(row.bucket, row.installment_no, row.cents) for row in rows]


def paid_parts(connection: sa.Connection, contract_id: int, golden: Golden) -> list[tuple[str, int, int]]:
    """(bucket, installment, cents) in the order in which the payment pays them."""
    connection.execute(
        sa.text("""
            create temp table pay on commit drop as
            select 1 as pay_no, cast(:contract as bigint) as contract_id, cast(:cents as bigint) as amount_cents,
                cast(:asked as text) as excess"""),
        {"contract": contract_id, "cents": golden.amount_cents, "asked": golden.asked},
    )
    connection.execute(sa.text("select allocate_payments(:day, :day)"), {"day": PAID_ON})
    rows = connection.execute(
        sa.text("""
            select p.bucket, p.installment_no, p.amount_cents
            from pay_part as p join pay_owed as o using (timing, bucket, installment_no) order by o.from_cents""")
    )
    return [(row.bucket, row.installment_no, row.amount_cents) for row in rows]
