"""Allocation: the lender's default order, other orders, and money beyond what is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.contract import schedule
from lockbox.contract.allocation import Claim, Part, allocate, loan_claims
from lockbox.contract.balances import Balances
from lockbox.contract.event import Payment
from lockbox.contract.position import Position
from lockbox.contract.terms import LEASE_ORDER, LOAN_ORDER, AllocationOrder, Bucket, Excess, Timing, order_of
from lockbox.errors import SettingsError
from tests.builders.contract import BY_CLASS, FEES_FIRST, replay
from tests.builders.contract import loan as loan_terms
from tests.builders.published_orders import DAY as PAID_ON
from tests.builders.published_orders import GOLDEN, PUBLISHED, Golden

RUNS = schedule.level(date(2026, 3, 1), 1, 4, 10_000)
DAY = date(2026, 4, 15)
PAST, DUE, ADVANCE = Timing.PAST_DUE, Timing.DUE, Timing.ADVANCE
FEE = Claim(PAST, Bucket.FEE, date(2026, 3, 17), 0, 500)


def claims(
    interest: int = 1_500,
    principal: int = 60_000,
    excess: Excess = Excess.ADVANCE,
    credits: Mapping[int, int] | None = None,
) -> list[Claim]:
    return [*loan_claims(DAY, RUNS, 0, credits or {}, interest, principal, excess), FEE]


def split(amount: int, owed: list[Claim], order: AllocationOrder = LOAN_ORDER) -> list[tuple[str, int, int]]:
    return [
        (str(part.claim.bucket) if part.claim else "unapplied", part.claim.no if part.claim else 0, part.amount_cents)
        for part in allocate(amount, owed, order)
    ]


def test_the_default_order() -> None:
    """Accrued interest, the oldest past due, the current installment, fees, then in advance (RULES: allocation)."""
    assert split(40_000, claims()) == [
        ("interest", 1, 1_500),
        ("principal", 1, 8_500),
        ("principal", 2, 10_000),
        ("principal", 3, 10_000),  # due on 1 May: the current one
        ("fee", 0, 500),
        ("principal", 4, 9_500),
    ]


def test_an_order_is_data() -> None:
    assert split(1_000, claims(), FEES_FIRST) == [("fee", 0, 500), ("interest", 1, 500)]
    assert split(21_000, claims(), BY_CLASS) == [
        ("principal", 1, 8_500),
        ("principal", 2, 10_000),
        ("interest", 1, 1_500),
        ("fee", 0, 500),
        ("principal", 3, 500),
    ]


def test_what_no_cell_ranks_is_not_paid() -> None:
    order = order_of("interest only", [["past_due.interest"]])
    assert split(40_000, claims(), order) == [("interest", 1, 1_500), ("unapplied", 0, 38_500)]


def test_beyond_the_current_installment_money_may_go_to_principal_alone() -> None:
    owed = claims(excess=Excess.PRINCIPAL)
    assert split(40_000, owed)[-1] == ("principal", 0, 9_500)
    assert sum(claim.open_cents for claim in owed if claim.bucket is Bucket.PRINCIPAL) == 60_000


def test_an_installment_that_is_partly_paid_claims_the_rest() -> None:
    owed = claims(credits={1: 9_000})
    assert [claim.open_cents for claim in owed if claim.no == 1 and claim.timing is PAST] == [1_000]


def test_the_last_installment_claims_all_that_is_left() -> None:
    owed = loan_claims(date(2027, 1, 1), RUNS, 3, {4: 9_999}, 77, 12_345, Excess.ADVANCE)
    assert [(claim.no, claim.bucket, claim.open_cents) for claim in owed] == [
        (4, Bucket.INTEREST, 77),
        (4, Bucket.PRINCIPAL, 12_345),
    ]


def test_a_loan_nearly_paid_claims_no_more_than_is_left() -> None:
    owed = claims(interest=10, principal=12_000)
    assert [(claim.no, claim.open_cents) for claim in owed if claim.bucket is Bucket.PRINCIPAL] == [
        (1, 9_990),
        (2, 2_010),
    ]


def test_rent_and_its_tax_are_paid_together_oldest_first() -> None:
    bills = [
        Claim(PAST, bucket, date(2026, month, 1), month, cents)
        for month in (4, 3)
        for bucket, cents in ((Bucket.TAX, 25), (Bucket.RENT, 400))
    ]
    assert split(800, bills, LEASE_ORDER) == [("rent", 3, 400), ("tax", 3, 25), ("rent", 4, 375)]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_every_published_order_pays_what_it_says(golden: Golden) -> None:
    balances = Balances(golden.position, golden.terms)
    owed = balances.claims(PAID_ON, golden.asked)
    assert split(golden.amount_cents, owed, golden.terms.order) == golden.parts


def test_a_carried_interest_shortfall_is_paid_before_principal() -> None:
    """20,000.00 at 5 %: 50.00 of the first 82.19 are paid; the next time 32.19 and 82.19 are, then the late fee."""
    first, second = date(2026, 3, 1), date(2026, 3, 31)
    events = [Payment("short", first, 5_000), Payment("whole", second, 37_700)]
    paid = [
        {line.account: line.amount_cents for line in posting.lines}
        for posting in replay(loan_terms(order=PUBLISHED["shortfall.first"]), events, second).postings
        if posting.kind == "payment"
    ]
    assert paid[0] == {"clearing": 5_000, "receivable.interest": -5_000}
    assert paid[1] == {
        "clearing": 37_700,
        "receivable.interest": -11_438,
        "receivable.fee": -1_885,
        "receivable.principal": -24_377,
    }


@pytest.mark.parametrize("step", [["past_due.intrest"], ["soon.fee"], ["fee"], ["due.fee", "due.fee"]])
def test_an_order_with_a_wrong_cell_is_refused(step: list[str]) -> None:
    with pytest.raises(SettingsError, match=r"no such cell|twice"):
        order_of("bad", [step])


@given(
    st.integers(1, 200_000),
    st.integers(0, 30_000),
    st.integers(0, 100_000),
    st.sampled_from([LOAN_ORDER, FEES_FIRST, BY_CLASS]),
    st.sampled_from(Excess),
    st.dates(date(2026, 1, 1), date(2026, 9, 1)),
)
def test_the_parts_add_up_and_none_is_more_than_was_owed(
    amount: int, interest: int, principal: int, order: AllocationOrder, excess: Excess, day: date
) -> None:
    """I8; and as every cell is ranked, unapplied money means that nothing is owed any more."""
    owed = [*loan_claims(day, RUNS, 0, {}, interest, principal, excess), FEE]
    parts = allocate(amount, owed, order)
    assert sum(part.amount_cents for part in parts) == amount
    assert all(0 < part.amount_cents <= (part.claim.open_cents if part.claim else amount) for part in parts)
    assert sum(claim.open_cents for claim in owed) == interest + principal + 500
    unapplied = sum(part.amount_cents for part in parts if part.claim is None)
    assert unapplied == max(amount - interest - principal - 500, 0)


@given(
    st.integers(1, 200_000),
    st.integers(0, 30_000),
    st.integers(0, 2_000_000),
    st.sampled_from([LOAN_ORDER, *PUBLISHED.values()]),
    st.integers(0, 60),
    st.dates(date(2026, 1, 1), date(2031, 9, 1)),
)
def test_principal_only_never_while_an_installment_is_due(
    amount: int, interest: int, principal: int, order: AllocationOrder, paid_through: int, day: date
) -> None:
    """Whatever the order: money that reduces principal only is what all installments due have left."""
    position = Position(day, principal_cents=principal, interest_cents=interest, paid_through=paid_through)
    owed = Balances(position, loan_terms(order=order)).claims(day, Excess.PRINCIPAL)
    parts = allocate(amount, owed, order)
    due = sum(claim.open_cents for claim in owed if claim.timing is not ADVANCE)
    paid = sum(part.amount_cents for part in parts if part.claim and part.claim.timing is not ADVANCE)
    beyond = sum(
        part.amount_cents
        for part in parts
        if part.claim and part.claim.no == 0 and part.claim.bucket is not Bucket.INTEREST
    )
    assert beyond == 0 or paid == due


def test_nothing_is_no_payment() -> None:
    assert allocate(700, [FEE], LOAN_ORDER) == [Part(FEE, 500), Part(None, 200)]
    with pytest.raises(ValueError, match="payment of 0"):
        allocate(0, [FEE], LOAN_ORDER)
