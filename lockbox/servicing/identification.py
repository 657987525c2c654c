"""Money identified for the wrong contract is taken back, and the contract ends as if it had never come (I11)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.servicing.correction import Cause, lock_contracts, take_back
from lockbox.servicing.payoff_returns import payoffs_of


def take_back_identified(
    connection: sa.Connection, item_id: int, contract_id: int, day: date, as_of: datetime, maker: str
) -> None:
    """Reverses all by which a check was identified for a contract, with the uses of that money, in the books of a day.

    What it had ended as a payoff goes on. A refund of that money that was paid is owed again, and a person is told.
    """
    lock_contracts(connection, [contract_id])
    journals = db.rows(connection, "queries/identified_journals", item=item_id, contract=contract_id)
    first = journals[0]
    ended = payoffs_of(connection, journals, day, as_of, maker)
    cause = Cause("reversal", first["journal_id"], first["effective_date"], day, as_of, maker)
    change = take_back(connection, contract_id, [*journals, *ended.journals], cause, "moved")
    ended.reopen()
    if change.position.owed_cents:
        ended.payoffs[0].note_paid_refunds(contract_id, first["account_number"])
