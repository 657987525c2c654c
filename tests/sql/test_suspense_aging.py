"""Money of customers by age: suspense, refunds payable, refunds issued and not cleared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.settings import Settings
from tests.builders import ledger as make

DAY = timedelta(1)
Ages = list[tuple[str, str, int, date]]


@pytest.fixture
def connection(settings: Settings) -> Iterator[sa.Connection]:
    """Two loans of Texas; nothing is written for good."""
    with db.engine(settings, owner=True).connect() as connection:
        make.lender(connection)
        for no in (1, 2):
            make.contract(connection, no)
        yield connection


def ages(connection: sa.Connection, day: date) -> Ages:
    rows = db.rows(connection, "reports/suspense_aging", business_date=day, through=None)
    return [(row["account"], row["bucket"], row["amount_cents"], row["oldest_on"]) for row in rows]


def payable(connection: sa.Connection, cents: int, day: date, contract: int = 1) -> None:
    lines = [("equity.opening", cents, None), ("payable.refund", -cents, contract)]
    make.journal(connection, lines, "refund", f"{contract}/{day}", site_id=None, day=day)


def moved(connection: sa.Connection, kind: str, cents: int, day: date, no: int = 1) -> None:
    """A refund of contract 1 is paid out (cents above 0), or stopped (below)."""
    lines = [("payable.refund", cents, 1), ("payable.refund_outstanding", -cents, 1)]
    make.journal(connection, lines, kind, str(no), site_id=None, day=day)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "today"),
        (7, "up to a week"),
        (30, "up to 30 days"),
        (90, "up to 90 days"),
        (1_095, "over 90 days"),
        (1_096, "presumed abandoned"),
    ],
)
def test_what_nobody_claims_is_presumed_abandoned_after_the_years_of_its_state(
    connection: sa.Connection, days: int, bucket: str
) -> None:
    """Texas: three years (Prop. Code 72.101)."""
    payable(connection, 5_000, make.DAY)
    make.suspense_check(connection, make.item(connection, make.batch(connection)), 700)
    assert ages(connection, make.DAY + DAY * days) == [
        ("payable.refund", bucket, 5_000, make.DAY),
        ("suspense.unidentified", bucket, 700, make.DAY),
    ]


def test_what_was_paid_out_is_the_oldest(connection: sa.Connection) -> None:
    payable(connection, 5_000, make.DAY)
    payable(connection, 3_000, make.DAY + DAY * 40)
    moved(connection, "refund_paid", 6_000, make.DAY + DAY * 50)
    payable(connection, 100, make.DAY, contract=2)
    assert ages(connection, make.DAY + DAY * 60) == [
        ("payable.refund", "up to 30 days", 2_000, make.DAY + DAY * 40),
        ("payable.refund", "up to 90 days", 100, make.DAY),
    ]


def test_a_refund_that_was_stopped_is_as_old_as_it_was_before(connection: sa.Connection) -> None:
    payable(connection, 5_000, make.DAY)
    moved(connection, "refund_paid", 5_000, make.DAY + DAY * 50)
    moved(connection, "refund_stopped", -5_000, make.DAY + DAY * 60)
    assert ages(connection, make.DAY + DAY * 60) == [("payable.refund", "up to 90 days", 5_000, make.DAY)]


def test_a_refund_issued_and_not_cleared_ages_from_its_issue(connection: sa.Connection) -> None:
    payable(connection, 5_000, make.DAY)
    for statement in (
        "select propose_refund(1, 'customer', 'Payer 1', array['x'], '', 'check', null, '2026-11-26', now(), 'night')",
        "select step_refund(1, 'approved', 'bo', '', '2026-11-26', now(), approved_by => 'bo')",
        "select issue_refund(1, 'cy', '2026-11-27', now())",
    ):
        connection.execute(sa.text(statement))
    issued_on = date(2026, 11, 27)
    assert ages(connection, issued_on + DAY * 8) == [("payable.refund_outstanding", "up to 30 days", 5_000, issued_on)]


def test_a_state_without_years_of_its_own_has_those_of_every_state(connection: sa.Connection) -> None:
    """A value of another day changes the row from that day on."""
    connection.execute(sa.text("update contract set state = 'GA'"))
    connection.execute(
        sa.text("""
            insert into unclaimed_rule
            values ('meridian', 'GA', '2027-01-01', 12, 0, 60, ''), ('meridian', '*', '2027-01-01', 60, 0, 60, '')""")
    )
    payable(connection, 5_000, make.DAY)
    assert ages(connection, make.DAY + DAY * 365)[0][1] == "presumed abandoned"
    connection.execute(sa.text("update contract set state = 'OK'"))
    assert ages(connection, make.DAY + DAY * 1_100)[0][1] == "over 90 days"
