"""The deposit of a site day: all accepted checks in clearing, on one deposit ticket with one journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit ticket."""

    deposit_id: int
    items: int
    amount_cents: int


def make_deposit(connection: sa.Connection, site_id: str, day: date, as_of: datetime) -> Deposit | None:
    """Deposits what a site day accepted (debit bank.deposits, credit clearing); None where nothing was accepted.

    Raises:
        sqlalchemy.exc.IntegrityError: the site day was deposited before.
    """
    deposits = connection.execute(
        sa.text("select * from make_deposit(:site_id, :day, :as_of)"), {"site_id": site_id, "day": day, "as_of": as_of}
    ).mappings()
    return next((Deposit(**deposit) for deposit in deposits), None)
