"""What a move leaves behind: a posting with its ledger lines, which sum to 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lockbox.contract.position import Credit


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One ledger line of a posting, in cents; a debit is positive."""

    account: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What one cause moved on a contract. The lines sum to 0."""

    on: date  # effective date
    # accrual, bill, rebill, payment, unapplied, application, late_fee, fee, waiver, interest_waiver, refund,
    # refund_paid, refund_stopped, end_charge, charge_off, payoff, recovery
    kind: str
    key: str  # the event's id, "late/<no>", "bill/<no>", or the last night of an accrual
    lines: tuple[LedgerLine, ...]
    credits: tuple[Credit, ...] = ()


def posting(
    day: date, kind: str, key: str, lines: Iterable[tuple[str, int]], credits: tuple[Credit, ...] = ()
) -> Posting:
    """A posting of (account, cents); lines of 0 are left out."""
    return Posting(day, kind, key, tuple(LedgerLine(account, cents) for account, cents in lines if cents), credits)
