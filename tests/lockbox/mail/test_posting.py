"""Posting: the set-based SQL is tested against the allocation rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from lockbox import db
from lockbox.contract.balances import Balances
from lockbox.contract.position import Credit, OpenBill, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import Excess, Method, Terms, order_of
from lockbox.mail.posting import post_batch
from lockbox.settings import Settings
from tests.builders import ledger as make
from tests.builders.published_orders import save_order

BALANCES = ["principal", "interest", "fee", "rent", "tax", "unapplied"]


@pytest.fixture
def connection(settings: Settings) -> Iterator[sa.Connection]:
    with db.engine(settings).connect() as connection, connection.begin() as transaction:
        make.lender(connection)
        yield connection
        if transaction.is_active:
            transaction.rollback()


def post(connection: sa.Connection, batch_id: int) -> None:
    post_batch(connection, batch_id, make.WORKED)


def posted(connection: sa.Connection, contract: int, *amounts: int) -> list[int]:
    """Several checks for a contract, posted as one batch; gives the items."""
    batch = make.batch(connection)
    items = [make.item(connection, batch, number) for number in range(1, len(amounts) + 1)]
    for item, cents in zip(items, amounts, strict=True):
        make.decision(connection, item, amount_cents=cents, lines=[(contract, cents)])
    post(connection, batch)
    return items


def lines(connection: sa.Connection, item_id: int) -> list[tuple[str, int]]:
    entries = sa.text("""
        select e.account, e.amount_cents from entry as e join journal as j using (journal_id)
        where j.item_id = :item order by e.line_no""")
    return [(account, cents) for account, cents in connection.execute(entries, {"item": item_id})]


def credits(connection: sa.Connection, item_id: int) -> list[Credit]:
    credited = sa.text("""
        select c.installment_no, c.amount_cents from installment_credit as c join journal as j using (journal_id)
        where j.item_id = :item order by 1""")
    return [Credit(no, cents) for no, cents in connection.execute(credited, {"item": item_id})]


def balances(connection: sa.Connection, contract: int) -> dict[str, int]:
    row = connection.execute(sa.text("select * from position where contract_id = :c"), {"c": contract}).mappings().one()
    return {name: row[f"{name}_cents"] for name in [*BALANCES, "fee_ahead", "base"]}


def test_a_check_is_posted_once_however_often_posting_runs(connection: sa.Connection) -> None:
    contract = make.contract(connection, principal_cents=900_000, count=48, interest_cents=1_250)
    batch = make.batch(connection)
    item = make.item(connection, batch)
    make.decision(connection, item, lines=[(contract, 41250)])
    for _ in range(3):
        post(connection, batch)
    assert lines(connection, item) == [
        ("clearing.dallas", 41250),
        ("receivable.interest", -1250),
        ("receivable.principal", -40000),
    ]
    assert credits(connection, item) == [Credit(22, 41250)]
    assert balances(connection, contract)["principal"] == 860_000


def test_two_payments_of_one_contract_in_one_batch_share_what_is_owed(connection: sa.Connection) -> None:
    contract = make.contract(connection, principal_cents=70_000, count=24, fee_cents=1_500)
    first, second = posted(connection, contract, 30_000, 60_000)
    assert lines(connection, first) == [("clearing.dallas", 30000), ("receivable.principal", -30000)]
    assert lines(connection, second) == [
        ("clearing.dallas", 60000),
        ("receivable.fee", -1500),
        ("receivable.principal", -40000),
        ("suspense.unapplied", -18500),
    ]
    assert credits(connection, second) == [Credit(22, 11_250), Credit(23, 28_750)]  # 23 was due next, 24 not needed


def test_what_nobody_is_owed_is_unapplied(connection: sa.Connection) -> None:
    contract = make.contract(connection)
    (item,) = posted(connection, contract, 41_251)
    assert lines(connection, item)[-1] == ("suspense.unapplied", -1)
    assert balances(connection, contract)["unapplied"] == 1


def test_an_overpayment_goes_to_the_next_installments_or_to_principal_alone(connection: sa.Connection) -> None:
    contracts = [
        make.contract(connection, no, principal_cents=900_000, count=48, terms=terms)
        for no, terms in ((1, None), (2, {"excess": Excess.PRINCIPAL}))
    ]
    batch = make.batch(connection)
    for sequence, contract in enumerate(contracts, 1):
        item = make.item(connection, batch, sequence)
        make.decision(connection, item, amount_cents=130_000, lines=[(contract, 130_000)])
    post(connection, batch)
    credited = sa.text("""
        select contract_id, array_agg(credited_cents order by installment_no) as credited, max(installment_no) as last
        from installment group by 1 order by 1""")
    assert [tuple(row)[1:] for row in connection.execute(credited)] == [
        ([41_250, 41_250, 41_250, 6_250], 25),  # 22 past due, 23 due, 24 and 25 paid ahead
        ([41_250, 41_250], 23),
    ]
    assert {balances(connection, contract)["principal"] for contract in contracts} == {770_000}
    following = sa.text("select next_no, next_due_on from position order by contract_id")
    assert [tuple(row) for row in connection.execute(following)] == [
        (26, date(2027, 3, 15)),
        (24, date(2027, 1, 15)),
    ]


def test_what_payers_of_one_contract_ask_for_is_followed_check_by_check(connection: sa.Connection) -> None:
    """Two checks of one batch, 412.50 past due and 412.50 due: the first pays ahead, the second principal only."""
    contract = make.contract(connection, principal_cents=900_000, count=48)
    batch = make.batch(connection)
    items = [make.item(connection, batch, sequence) for sequence in (1, 2, 3)]
    for item, asked in zip(items, (None, Excess.PRINCIPAL, None), strict=True):
        make.decision(connection, item, amount_cents=100_000, lines=[(contract, 100_000)], excess=asked)
    post(connection, batch)
    assert credits(connection, items[0]) == [Credit(22, 41_250), Credit(23, 41_250), Credit(24, 17_500)]
    assert credits(connection, items[1]) == []
    assert credits(connection, items[2]) == [Credit(24, 23_750), Credit(25, 41_250), Credit(26, 35_000)]
    assert balances(connection, contract)["principal"] == 600_000


def test_a_check_for_two_contracts_is_one_journal_in_whichever_round(connection: sa.Connection) -> None:
    contracts = [make.contract(connection, no, principal_cents=900_000, count=48) for no in (1, 2)]
    batch = make.batch(connection)
    first, both = (make.item(connection, batch, sequence) for sequence in (1, 2))
    make.decision(connection, first, amount_cents=41_250, lines=[(contracts[0], 41_250)])
    lines_of_both = [(contract, 100_000) for contract in contracts]
    make.decision(connection, both, amount_cents=200_000, lines=lines_of_both, excess=Excess.PRINCIPAL)
    post(connection, batch)
    assert lines(connection, both) == [
        ("clearing.dallas", 200_000),
        ("receivable.principal", -100_000),
        ("receivable.principal", -100_000),
    ]
    assert credits(connection, both) == [Credit(22, 41_250), Credit(23, 41_250), Credit(23, 41_250)]


def test_a_lease_payment_pays_billed_rent_and_tax_and_the_rest_is_unapplied(connection: sa.Connection) -> None:
    contract = make.open_contract(connection, 1, *make.lease())
    (item,) = posted(connection, contract, 50_000)
    assert lines(connection, item) == [
        ("clearing.dallas", 50000),
        ("receivable.rent", -41250),
        ("receivable.tax", -2578),
        ("suspense.unapplied", -6172),
    ]


def test_suspense_goes_to_its_account_and_review_to_none(connection: sa.Connection) -> None:
    contract = make.contract(connection)
    batch = make.batch(connection)
    unknown, flagged, in_review = (make.item(connection, batch, n) for n in (1, 2, 3))
    make.decision(connection, unknown, "suspense", 5000, suspense_kind="unidentified", reasons=["account_unknown"])
    make.decision(
        connection, flagged, "suspense", 7000, [(contract, 7000)], ["flag_bankruptcy"], suspense_kind="unapplied"
    )
    make.decision(connection, in_review, "review", 9000, reasons=["stale"])
    post(connection, batch)
    assert lines(connection, unknown) == [("clearing.dallas", 5000), ("suspense.unidentified", -5000)]
    assert lines(connection, flagged) == [("clearing.dallas", 7000), ("suspense.unapplied", -7000)]
    assert lines(connection, in_review) == []


def test_money_that_counts_from_a_later_day_is_unapplied_until_then(connection: sa.Connection) -> None:
    """It came after the cut-off: deposited today, credited as of the next day (12 CFR 1026.10)."""
    contract = make.contract(connection)
    late = make.batch(connection, "D002", effective_date=make.DAY + timedelta(1))
    item = make.item(connection, late)
    make.decision(connection, item, lines=[(contract, 41_250)])
    post(connection, late)
    assert lines(connection, item) == [("clearing.dallas", 41250), ("suspense.unapplied", -41250)]
    assert credits(connection, item) == []


INTEREST = ["past_due.interest", "due.interest", "advance.interest"]
FEES = ["past_due.fee", "due.fee"]
ORDERS = [
    [INTEREST, ["past_due.principal"], ["due.principal"], FEES, ["advance.principal"]],
    [
        FEES,
        ["past_due.interest", "past_due.principal"],
        ["due.interest", "due.principal"],
        ["advance.interest", "advance.principal"],
    ],
    [["past_due.principal"], INTEREST, ["due.principal"], FEES],
]
TEST_ORDERS = (
    *(order_of(f"test.{at}", steps) for at, steps in enumerate(ORDERS)),
    order_of("test.ahead", ORDERS[0], [FEES, INTEREST, ["advance.principal"]], most_ahead=2),
    order_of("test.barred", ORDERS[1], principal_only=False),
)


@st.composite
def loans(draw: st.DrawFn) -> tuple[Terms, Position]:
    count = draw(st.integers(3, 30))
    first = draw(st.sampled_from([date(2025, 2, 15), date(2025, 1, 31), date(2026, 2, 16), date(2026, 5, 17)]))
    final = draw(st.integers(100, 60_000))
    paid = draw(st.integers(0, min(count - 1, 23)))
    principal = draw(st.integers(0, 900_000))
    part = draw(st.integers(0, 41_249)) if paid + 1 < count else 0
    method = draw(st.sampled_from(Method))
    return make.loan(
        principal_cents=principal,
        terms={
            "schedule": level(first, first.day, count, make.INSTALLMENT_CENTS, final),
            "excess": draw(st.sampled_from(list(Excess))),
            "order": draw(st.sampled_from(TEST_ORDERS)),
            "method": method,
        },
        paid_through=paid,
        credits=(Credit(paid + 1, part),) if part else (),
        interest_cents=draw(st.integers(0, 60_000)),
        fee_cents=draw(st.integers(0, 5_000)),
        fee_ahead_cents=draw(st.sampled_from([0, 900])),
        base_cents=principal if method is Method.DAILY else draw(st.integers(0, 900_000)),
    )


@st.composite
def leases(draw: st.DrawFn) -> tuple[Terms, Position]:
    bills = tuple(
        OpenBill(no, date(2026, no - 12, 15) if no < 24 else date(2027, 1, 15), rent, tax)
        for no, rent, tax in (
            (21, draw(st.integers(0, 41_250)), 2_578),
            (22, 41_250, 2_578),
            (23, 41_250, 2_578),
        )
        if rent + tax
    )
    return make.lease(paid_through=20, bills=bills)


@budget(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contracts=st.lists(st.one_of(loans(), loans(), leases()), min_size=1, max_size=3),
    payments=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 500_000), st.sampled_from((None, *Excess))), min_size=1, max_size=6
    ),
    day=st.sampled_from([make.DAY, date(2026, 11, 15), date(2026, 10, 20)]),
)
def test_the_sql_allocates_as_the_rule_does(
    connection: sa.Connection,
    contracts: list[tuple[Terms, Position]],
    payments: list[tuple[int, int, Excess | None]],
    day: date,
) -> None:
    """Any contracts, orders, payments and instructions in one batch: lines, credits, balances are those of the rule."""
    with connection.begin_nested() as savepoint:
        for order in TEST_ORDERS:
            save_order(connection, order)
        ids = [make.open_contract(connection, no, *contract) for no, contract in enumerate(contracts, 1)]
        rules = [Balances(position, terms) for terms, position in contracts]
        batch = make.batch(connection, effective_date=day)
        items = []
        for sequence, (which, cents, asked) in enumerate(payments, 1):
            at = which % len(ids)
            item = make.item(connection, batch, sequence)
            make.decision(connection, item, amount_cents=cents, lines=[(ids[at], cents)], excess=asked)
            rules[at].pay(day, str(sequence), cents, asked)
            items.append((item, at))
        post(connection, batch)
        for item, at in items:
            posting = rules[at].postings.pop(0)
            by_rule = [(line.account, line.amount_cents) for line in posting.lines]
            assert sorted(lines(connection, item)[1:]) == sorted(by_rule[1:])
            assert tuple(credits(connection, item)) == posting.credits
        for contract, rule, (terms, _) in zip(ids, rules, contracts, strict=True):
            assert balances(connection, contract) == balances_by_rule(rule, terms)
        savepoint.rollback()


def balances_by_rule(rule: Balances, terms: Terms) -> dict[str, Any]:
    return {
        "principal": rule.principal,
        "interest": rule.interest,
        "fee": sum(fee.open_cents for fee in rule.fees),
        "rent": sum(bill.rent_cents for bill in rule.bills),
        "tax": sum(bill.tax_cents for bill in rule.bills),
        "unapplied": rule.unapplied,
        "fee_ahead": rule.fee_ahead,
        "base": rule.base if terms.method is Method.SCHEDULED else 0,
    }


def test_a_reversal_restores_balances_and_credits(connection: sa.Connection) -> None:
    contract = make.contract(connection, principal_cents=900_000, count=48, interest_cents=700)
    before = balances(connection, contract)
    (item,) = posted(connection, contract, 50_000)
    assert balances(connection, contract) != before
    connection.execute(
        sa.text("select reverse_journal(journal_id, :day, :at, 'kim') from journal where item_id = :item"),
        {"day": make.DAY, "at": make.WORKED, "item": item},
    )
    assert balances(connection, contract) == before
    assert connection.execute(sa.text("select sum(credited_cents) from installment")).scalar_one() == 0
