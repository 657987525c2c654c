"""Payoffs that are taken back, shell: what they had ended goes on, as if they had never come; a person is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.money import dollars
from lockbox.ops_events import note
from lockbox.servicing.books import PAYMENTS


@dataclass(frozen=True, slots=True)
class PayoffReturn:
    """A payment that is taken back, as the payoff that it was or may have been."""

    connection: sa.Connection
    payment_id: int  # its journal
    day: date
    as_of: datetime
    maker: str

    def undo_buyouts(self) -> list[int]:
        """Lets the leases go on that the payment bought; gives their contracts. What a person ended stays ended."""
        statement = sa.text("select contract_id from undo_buyouts(:payment, :day, :as_of, :maker)")
        values = {"payment": self.payment_id, "day": self.day, "as_of": self.as_of, "maker": self.maker}
        return list(self.connection.execute(statement, values).scalars())

    def journals(self) -> list[sa.RowMapping]:
        """The journals to reverse with it: the end of a lease that it bought, a shortage that was waived with it."""
        return db.rows(self.connection, "queries/payoff_journals", journal_id=self.payment_id)

    def reopen(self, resumed: list[int]) -> None:
        """Once its journals are reversed: bills, quotes and liens as before it, and an event for each contract."""
        self.connection.execute(sa.text("select resume_leases(:contracts)"), {"contracts": resumed})
        statement = sa.text("select * from reopen_payoffs(:payment, :resumed, :day)")
        values = {"payment": self.payment_id, "resumed": resumed, "day": self.day}
        for row in self.connection.execute(statement, values).all():
            self._note("payoff_returned", row.account_number, _message(row, self.day))
            if row.released_on is not None:
                lien = f"the lien was released on {row.released_on}, but the last payment was returned"
                self._note("lien_returned", row.account_number, lien)

    def note_paid_refunds(self, contract_id: int, account_number: str) -> None:
        """An event for each refund of a contract that went out before its payment came back."""
        statement = sa.text("""
            select refund_no, amount_cents, state from refund_now
            where contract_id = :contract and state in ('issued', 'cleared') order by refund_no""")
        for row in self.connection.execute(statement, {"contract": contract_id}):
            message = f"refund {row.refund_no} of {dollars(row.amount_cents)} was issued before a check came back: "
            message += "stop it, or the contract owes it" if row.state == "issued" else "it was paid, and is owed again"
            self._note("refund", account_number, message, f"{self.payment_id}/{row.refund_no}")

    def _note(self, kind: str, account_number: str, message: str, cause: str = "") -> None:
        scope, named = f"contract/{account_number}", cause or str(self.payment_id)
        note(self.connection, "warning", kind, scope, message, self.as_of, named)


@dataclass(frozen=True, slots=True)
class PayoffReturns:
    """The payments of one check that are taken back, its own and those by which it was identified."""

    payoffs: tuple[PayoffReturn, ...]
    journals: list[sa.RowMapping]  # to reverse with them
    resumed: list[int]  # leases that go on

    def reopen(self) -> None:
        """Once the journals are reversed."""
        for payoff in self.payoffs:
            payoff.reopen(self.resumed)


def payoffs_of(
    connection: sa.Connection, journals: Iterable[sa.RowMapping], day: date, as_of: datetime, maker: str
) -> PayoffReturns:
    """What the payments among the journals of one check had ended goes on; the journals to reverse with them."""
    payoffs = tuple(
        PayoffReturn(connection, journal["journal_id"], day, as_of, maker)
        for journal in journals
        if journal["source_kind"] in PAYMENTS
    )
    ended = {row["journal_id"]: row for payoff in payoffs for row in payoff.journals()}
    resumed = [contract_id for payoff in payoffs for contract_id in payoff.undo_buyouts()]
    return PayoffReturns(payoffs, list(ended.values()), resumed)


def _message(row: sa.Row[tuple[object, ...]], day: date) -> str:
    message = f"the payoff was taken back on {day}: {dollars(row.owed_cents)} is owed"
    if row.is_resumed:
        message += "; the lease goes on"
    if row.is_stopped and row.released_on is None:
        message += "; do not release the lien"
    return message
