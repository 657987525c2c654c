"""The events of a contract, as values: payments, fees, waivers, flags, uses of unapplied money, its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.contract.terms import Bucket, Excess

CHARGED_OFF = "charged_off"  # the flag that comes with a charge-off


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for the contract, credited as of `on` (receipt, 12 CFR 1026.10)."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0  # order within the day
    excess: Excess | None = None  # what the customer asked for, instead of the contract's own rule
    keep_unapplied: bool = False  # deposited, but not to be applied: all of it is unapplied
    is_ahead: bool = False  # received on an earlier day after the cut-off: the night of `on` applies it, not before


@dataclass(frozen=True, slots=True)
class FeeCharge:
    """A fee that the night does not charge: a returned check, a charge by hand."""

    event_id: str
    on: date
    amount_cents: int
    kind: str = "returned_check"
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Waiver:
    """Fees waived, as far as any are owed: the fee of `fee_key`, or the oldest first."""

    event_id: str
    on: date
    amount_cents: int
    fee_key: str | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag from `on` until `until` (not included), or for good."""

    event_id: str
    on: date
    flag: str  # bankruptcy, deceased, charged_off, litigation, repossessed, scra, accelerated, closed
    until: date | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Application:
    """Unapplied money applied as a payment of `on` would be, as far as that much is there."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0
    excess: Excess | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Unapplied money to be paid back, as far as that much is there."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RefundPaid:
    """A refund is paid out of what is payable to the customer. It can no longer be netted.

    What is paid beyond that is owed back, as a fee is: it bears no interest. So a check that comes back after its
    overpayment was refunded makes the contract owe.
    """

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RefundStopped:
    """A refund that was paid out was stopped or came back: it is payable again."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class EndCharge:
    """One charge at the end of a lease."""

    kind: str  # excess_mileage, wear, disposition, residual, purchase_fee, remaining_rent, tax
    bucket: Bucket  # fee, rent or tax
    amount_cents: int


@dataclass(frozen=True, slots=True)
class LeaseEnd:
    """The lease ends: nothing due after `on` is billed, and the charges of its end are owed at once."""

    event_id: str
    on: date
    kind: str  # turn_in or buyout
    charges: tuple[EndCharge, ...]
    seq: int = 0


@dataclass(frozen=True, slots=True)
class WriteOff:
    """All that is owed is written off: a charge-off, or the shortfall of a payoff check within the lender's tolerance.

    A charge-off is first paid out of what is payable to the customer, unless a flag forbids the set-off (bankruptcy:
    11 USC 362(a)(7)). With a limit, only if no more than that is owed before. A lease that is charged off bills nothing
    more.
    """

    event_id: str
    on: date
    kind: str = "charge_off"  # or payoff
    limit_cents: int | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class WriteOffUndone:
    """A charge-off is taken back: the contract stands as if it, and the recoveries after it, had never been.

    It counts for every day, also before `on`, which is the day on which it was decided. The flag of the charge-off is
    an event of its own.
    """

    event_id: str
    on: date
    undone: str  # the event id of the charge-off
    seq: int = 0


@dataclass(frozen=True, slots=True)
class InterestWaiver:
    """Accrued interest waived, as far as any is owed."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Recovery:
    """Money of a charged-off contract that becomes income, as far as that much is there: unapplied, then payable."""

    event_id: str
    on: date
    amount_cents: int
    seq: int = 0


Event = (
    Payment
    | FeeCharge
    | Waiver
    | InterestWaiver
    | Flag
    | Application
    | Refund
    | RefundPaid
    | RefundStopped
    | LeaseEnd
    | WriteOff
    | WriteOffUndone
    | Recovery
)

# What a person may decide for a day whose night was run, with a journal of its own.
Backdated = LeaseEnd | WriteOff | Waiver | InterestWaiver
