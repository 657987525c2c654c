"""Payoffs under terms that change, shell: quotes that pay the contract off no more, liens of what owes again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa


def withdraw_payoffs(connection: sa.Connection, starts: Iterable[tuple[int, date]], as_of: datetime) -> int:
    """Withdraws quotes given under other terms, and stops liens of contracts that owe again; gives how many.

    `starts`: contracts with the first day of their new terms, once the books follow these. Each is an event for people
    to see. A check over a withdrawn quote is still taken for a payoff: where it is short, a person is told.
    """
    rows = [{"contract_id": contract_id, "valid_from": str(valid_from)} for contract_id, valid_from in starts]
    statement = sa.text("select withdraw_payoffs(cast(:starts as jsonb), :as_of)")
    return int(connection.execute(statement, {"starts": json.dumps(rows), "as_of": as_of}).scalar_one())
