"""Where a contract stands at the end of a day: every balance, what is credited to which installment, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract.event import Flag


@dataclass(frozen=True, slots=True)
class Credit:
    """What is paid of one installment."""

    no: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class OpenFee:
    """What is still owed of a fee. It is owed from the day it was charged."""

    on: date
    key: str  # the event that charged it, or "late/<installment no>"
    open_cents: int


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is still owed of a billed installment of a lease; `no` 0: of the charges of its end."""

    no: int
    due_on: date
    rent_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money received to be applied, as of a day."""

    on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Position:
    """A contract at the end of `on`, after that day's night. All amounts are balances in cents.

    Installments through `paid_through` are settled; `credits` says what the later ones have received so far.
    """

    on: date
    principal_cents: int = 0
    interest_cents: int = 0  # accrued and unpaid
    unapplied_cents: int = 0
    refund_cents: int = 0  # payable to the customer
    carry: int = 0  # accrued numerator not yet a cent, see lockbox.contract.interest
    base_cents: int = 0  # the principal on which interest accrues: the real one, or the scheduled one
    period_cents: int = 0  # scheduled method: interest since the last due date
    fee_ahead_cents: int = 0  # money that fees took while an installment stayed short (16 CFR 444.4)
    paid_through: int = 0
    billed_through: int = 0  # a lease's last billed installment
    credits: tuple[Credit, ...] = ()
    fees: tuple[OpenFee, ...] = ()
    bills: tuple[OpenBill, ...] = ()
    late_fees: tuple[int, ...] = ()  # numbers of the installments that have had their late fee (I12)
    ended_on: date | None = None  # when a lease was turned in, bought, or charged off
    receipts: tuple[Receipt, ...] = ()  # those that may still count in an installment's own window
    flags: tuple[Flag, ...] = ()  # in force, or still to come into force
    oldest_due_on: date | None = None  # of the oldest unpaid installment that is past due
    past_due_cents: int = 0
    days_past_due: int = 0

    @property
    def ended(self) -> bool:
        """Whether this is a lease that was turned in, bought, or charged off."""
        return self.ended_on is not None

    @property
    def fee_cents(self) -> int:
        """All fees owed."""
        return sum(fee.open_cents for fee in self.fees)

    @property
    def rent_cents(self) -> int:
        """All rent billed and owed."""
        return sum(bill.rent_cents for bill in self.bills)

    @property
    def tax_cents(self) -> int:
        """All tax billed and owed."""
        return sum(bill.tax_cents for bill in self.bills)

    @property
    def owed_cents(self) -> int:
        """All that the contract owes the next day: a payoff check of that day is measured against it."""
        return self.principal_cents + self.interest_cents + self.fee_cents + self.rent_cents + self.tax_cents


def opened(principal_cents: int, opened_on: date) -> Position:
    """A new contract before its first day: the night of `opened_on` accrues first. A lease has no principal."""
    return Position(opened_on - timedelta(1), principal_cents=principal_cents, base_cents=principal_cents)
