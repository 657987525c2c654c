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
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Product, Terms, Timing, order_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing.audit import differences
from tests.builders import ledger as make
from tests.builders import nights
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


OLDER_FIRST = order_of(
    "older.first",
    [
        ["past_due.fee"],
        ["past_due.interest", "due.interest", "past_due.principal", "due.principal"],
        ["due.fee"],
        ["advance.interest", "advance.principal"],
    ],
)
DAY_FIRST = order_of(
    "day.first",
    [["due.fee"], ["past_due.interest", "due.interest", "past_due.principal", "due.principal"], ["past_due.fee"]],
)
LEASE_OLDER_FIRST = order_of(
    "lease.older.first", [["past_due.fee"], ["past_due.rent", "past_due.tax", "due.rent", "due.tax"], ["due.fee"]]
)


@pytest.mark.parametrize(
    ("order", "payments", "fee", "principal"),
    [
        (OLDER_FIRST, (2_000,), 3_000, 199_500),  # 15.00 of older fees, 5.00 of the installment
        (OLDER_FIRST, (2_000, 82_750), 2_250, 117_500),  # both installments, then 7.50 of the day's fee
        (DAY_FIRST, (2_000,), 2_500, 200_000),
        (DAY_FIRST, (2_000, 2_000), 1_500, 199_000),  # the day's fee is paid, the older one waits
    ],
)
def test_a_fee_of_the_day_is_due_and_an_older_one_past_due(
    runtime: Runtime, order: AllocationOrder, payments: tuple[int, ...], fee: int, principal: int
) -> None:
    """15.00 of fees from before, 30.00 for a check returned today, 412.50 due: each payment is a batch of its own."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
    with db.engine(runtime.settings, owner=True).begin() as connection:
        save_order(connection, order)
    made = make.loan(principal_cents=200_000, count=30, fee_cents=1_500, terms={"order": order})
    with runtime.engine.begin() as connection:
        contract = make.open_contract(connection, 1, *made)
        lines = [("receivable.fee", 3_000, contract), ("income.fee", -3_000, None)]
        make.journal(connection, lines, "fee", "returned_check/1", site_id=None)
        for number, cents in enumerate(payments):
            batch = make.batch(connection, f"D00{number}")
            make.decision(connection, make.item(connection, batch), amount_cents=cents, lines=[(contract, cents)])
            post_batch(connection, batch, make.WORKED)
    nights.closed(runtime, make.DAY)
    (position,) = nights.positions(runtime).values()
    assert (position["fee_cents"], position["principal_cents"]) == (fee, principal)
    nights.run(runtime, make.DAY)
    with runtime.engine.connect() as connection:
        assert list(differences(connection, [contract], make.DAY)) == []


@pytest.mark.usefixtures("quiet")
def test_a_late_fee_of_the_night_is_due_in_it(runtime: Runtime) -> None:
    """A lease's money was held until the night that charges the fee: it pays rent, before fees of the day."""
    terms, position = make.lease(unapplied_cents=1_000)
    with runtime.engine.begin() as connection:
        make.lender(connection)
    with db.engine(runtime.settings, owner=True).begin() as connection:
        save_order(connection, LEASE_OLDER_FIRST)
    charged_on = date(2026, 12, 1)  # 15 November and 15 days, a Monday
    with runtime.engine.begin() as connection:
        contract = make.open_contract(connection, 1, replace(terms, order=LEASE_OLDER_FIRST), position)
        connection.execute(
            sa.text("insert into contract_flag values (:contract, 'deceased', :since, :until)"),
            {"contract": contract, "since": make.DAY, "until": charged_on},
        )
    nights.run(runtime, charged_on)
    (at,) = nights.positions(runtime).values()
    fee = (make.INSTALLMENT_CENTS + 2_578) * 5 // 100
    assert (at["fee_cents"], at["unapplied_cents"], at["rent_cents"]) == (fee, 0, 2 * make.INSTALLMENT_CENTS - 1_000)
    with runtime.engine.connect() as connection:
        assert list(differences(connection, [contract], charged_on)) == []


def test_every_bucket_is_among_the_cases() -> None:
    claims = [claim for made in (LOAN, LEASE_WITH_FEE) for claim in Balances(made[1], made[0]).claims(make.DAY)]
    assert {claim.bucket for claim in claims} == set(Bucket)
    assert {LOAN[0].product, LEASE[0].product} == set(Product)


def paid_first(connection: sa.Connection, contract_id: int, day: date) -> list[tuple[str, int, int]]:
    """(bucket, installment, cents) in the order in which a payment of everything pays them."""
    connection.execute(
        sa.text("""
            create temp table pay on commit drop as
            select 1 as pay_no, cast(:contract as bigint) as contract_id, 9999999::bigint as amount_cents,
                null::text as excess"""),
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
