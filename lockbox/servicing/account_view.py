"""A contract's account for people: who, what it says, every journal with its running balance, every installment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError

BUCKETS = ("principal", "interest", "fee", "rent", "tax", "unapplied", "refund")
OWED = BUCKETS[:5]


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one contract at an instant; rows as the queries give them."""

    about: sa.RowMapping
    journals: Sequence[sa.RowMapping]
    installments: Sequence[sa.RowMapping]
    events: Sequence[sa.RowMapping]


def load_account(connection: sa.Connection, account_number: str, as_of: datetime) -> Account:
    """The account of a contract as it stood in the ledger at an instant.

    Raises:
        InputError: no such contract.
    """
    accounts = db.rows(connection, "queries/contract_account", account_number=account_number, as_of=as_of)
    if not accounts:
        raise InputError(f"no contract with account number {account_number}")
    about = accounts[0]
    key = {"contract_id": about["contract_id"], "as_of": as_of}
    return Account(
        about,
        db.rows(connection, "queries/contract_journals", **key),
        db.rows(connection, "queries/contract_installments", **key),
        db.rows(connection, "queries/contract_events", **key),
    )


def balances(account: Account) -> dict[str, int]:
    """What each bucket holds in cents: owed by the customer positive, unapplied and refundable money negative."""
    return {bucket: sum(row[f"{bucket}_cents"] for row in account.journals) for bucket in BUCKETS}
