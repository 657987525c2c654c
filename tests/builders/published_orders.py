"""The orders that lenders publish, and what each makes of a payment, in numbers that a person can check."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from lockbox.contract.position import OpenFee, Position
from lockbox.contract.terms import AllocationOrder, Excess, Terms
from lockbox.lender.profile_rules import orders_of
from tests.builders.contract import loan

PUBLISHED = orders_of(tomllib.loads(Path(__file__).with_suffix(".toml").read_text()))
DAY = date(2026, 4, 15)  # 377.00 due on 1 March and 1 April are past due, 377.00 of 1 May are due next
ONLY = Excess.PRINCIPAL
Parts = list[tuple[str, int, int]]  # bucket, installment (0: none), cents; unapplied money is left out
BEHIND: Parts = [("interest", 1, 10_000), ("principal", 1, 27_700), ("principal", 2, 37_700), ("principal", 3, 37_700)]
FEE = ("fee", 0, 3_000)


@dataclass(frozen=True, slots=True)
class Golden:
    """A payment on a loan of 20,000.00 in installments of 377.00 that owes 100.00 of interest and 30.00 of fees."""

    name: str
    order: str
    amount_cents: int
    parts: Parts
    asked: Excess | None = None
    paid_through: int = 0

    @property
    def terms(self) -> Terms:
        """The loan under its order."""
        return loan(order=PUBLISHED[self.order])

    @property
    def position(self) -> Position:
        """Where the loan stands the evening before."""
        fees = (OpenFee(date(2026, 4, 10), "fee/1", 3_000),)
        return Position(
            date(2026, 4, 14),
            principal_cents=2_000_000,
            interest_cents=10_000,
            base_cents=2_000_000,
            paid_through=self.paid_through,
            fees=fees,
        )


GOLDEN = (
    Golden(
        "interest, principal, fees; what is over reduces principal and advances the due date",
        "bank.auto",
        150_000,
        [*BEHIND, FEE, ("principal", 4, 33_900)],
    ),
    Golden(
        "principal only from three months ahead",
        "bank.auto",
        300_000,
        [*BEHIND, FEE, *(("principal", no, 37_700) for no in (4, 5, 6)), ("principal", 0, 70_800)],
    ),
    Golden(
        "fees first when nothing is due",
        "bank.auto",
        5_000,
        [FEE, ("interest", 4, 2_000)],
        paid_through=3,
    ),
    Golden(
        "interest first while something is due",
        "bank.auto",
        5_000,
        [("interest", 3, 5_000)],
        paid_through=2,
    ),
    Golden(
        "three months ahead already: all to principal, after fees and interest",
        "bank.auto",
        50_000,
        [FEE, ("interest", 0, 10_000), ("principal", 0, 37_000)],
        paid_through=6,
    ),
    Golden(
        "past due, current due, fees",
        "by.age",
        150_000,
        [*BEHIND, FEE, ("principal", 4, 33_900)],
    ),
    Golden(
        "no principal only at all, though the customer asks for it",
        "by.age",
        150_000,
        [*BEHIND, FEE, ("principal", 4, 33_900)],
        ONLY,
    ),
    Golden(
        "interest, then principal or fees: the older first",
        "interest.then.oldest",
        120_000,
        [*BEHIND[:3], FEE, BEHIND[3], ("principal", 4, 3_900)],
    ),
    Golden(
        "fees, interest, principal",
        "fees.interest.principal",
        50_000,
        [FEE, ("interest", 1, 10_000), ("principal", 1, 27_700), ("principal", 2, 9_300)],
    ),
    Golden(
        "interest, principal, fees, extra principal",
        "extra.principal",
        150_000,
        [*BEHIND, FEE, ("principal", 0, 33_900)],
    ),
    Golden(
        "late charges last: money ahead comes before them",
        "charges.last",
        150_000,
        [*BEHIND, ("principal", 4, 36_900)],
    ),
    Golden(
        "principal only on request",
        "charges.last",
        150_000,
        [*BEHIND, ("principal", 0, 36_900)],
        ONLY,
    ),
    Golden(
        "a request changes nothing while an installment is due",
        "charges.last",
        113_100,
        BEHIND,
        ONLY,
    ),
    Golden(
        "a carried interest shortfall before fees and principal",
        "shortfall.first",
        14_000,
        [("interest", 1, 10_000), FEE, ("principal", 1, 1_000)],
    ),
)


def save_order(connection: sa.Connection, order: AllocationOrder) -> None:
    """Writes an order into the tables."""
    connection.execute(
        sa.text("insert into allocation_order values (:id, 'meridian', :has_current, :most_ahead, :principal_only)"),
        {
            "id": order.order_id,
            "has_current": bool(order.current_ranks),
            "most_ahead": order.most_ahead,
            "principal_only": order.principal_only,
        },
    )
    connection.execute(
        sa.text("insert into allocation_cell values (:id, :timing, :bucket, :rank, :is_current)"),
        [
            {"id": order.order_id, "timing": timing, "bucket": bucket, "rank": rank, "is_current": is_current}
            for is_current, ranks in ((False, order.ranks), (True, order.current_ranks))
            for (timing, bucket), rank in ranks.items()
        ],
    )
