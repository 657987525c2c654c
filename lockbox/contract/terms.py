"""What a contract says: its rate, its schedule, its allocation order, and the dated rules of its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from lockbox.errors import SettingsError


class Product(StrEnum):
    """What kind of contract it is."""

    LOAN = "loan"
    LEASE = "lease"


class DayCount(StrEnum):
    """How many days a year of interest has."""

    ACTUAL_365 = "actual_365"
    ACTUAL_ACTUAL = "actual_actual"  # 366 in leap years


class Method(StrEnum):
    """On which principal interest accrues (Tex. Fin. Code 348.001)."""

    DAILY = "daily"  # on the principal actually outstanding
    SCHEDULED = "scheduled"  # as if every installment were paid on its due date


class Bucket(StrEnum):
    """What is owed, by kind. Each is a ledger account `receivable.<bucket>`."""

    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    RENT = "rent"
    TAX = "tax"


class Timing(StrEnum):
    """Where a claim's due date lies, seen from the day of a payment."""

    PAST_DUE = "past_due"  # its due date is before the day
    DUE = "due"  # the first installment due on the day or later; a fee charged on the day
    ADVANCE = "advance"  # every installment after that


class Excess(StrEnum):
    """What money beyond the current installment pays."""

    ADVANCE = "advance"  # the installments to come
    PRINCIPAL = "principal"  # principal only; no installment is credited


Cell = tuple[Timing, Bucket]


@dataclass(frozen=True, slots=True)
class AllocationOrder:
    """In which order a payment pays claims: lower ranks first; within a rank by due date, then bucket, then number.

    A payment never pays a cell without a rank: its money stays unapplied.
    """

    order_id: str
    ranks: Mapping[Cell, int]
    current_ranks: Mapping[Cell, int] = field(default_factory=dict)  # where no installment is due; empty: as `ranks`
    most_ahead: int | None = None  # installments paid ahead; beyond them money reduces principal only; None: all
    principal_only: bool = True  # whether a customer may ask for money beyond what is due to pay principal only

    def ranks_where(self, is_due: bool) -> Mapping[Cell, int]:
        """The ranks where an installment is due, and where none is."""
        return self.ranks if is_due or not self.current_ranks else self.current_ranks

    def followed(self, instruction: Excess | None) -> Excess | None:
        """A customer's instruction as far as this order lets it be followed."""
        return None if instruction is Excess.PRINCIPAL and not self.principal_only else instruction


def order_of(
    order_id: str,
    steps: Iterable[Iterable[str]],
    steps_when_current: Iterable[Iterable[str]] = (),
    most_ahead: int | None = None,
    principal_only: bool = True,
) -> AllocationOrder:
    """An order from data: steps of cells such as "past_due.interest". The cells of one step share a rank.

    Raises:
        SettingsError: a cell is unknown or named twice, or fewer than no installments may be paid ahead.
    """
    if most_ahead is not None and most_ahead < 0:
        raise SettingsError(f"allocation order {order_id}: most_ahead is {most_ahead}, the least is 0")
    return AllocationOrder(
        order_id, _ranks(order_id, steps), _ranks(order_id, steps_when_current), most_ahead, principal_only
    )


def _ranks(order_id: str, steps: Iterable[Iterable[str]]) -> dict[Cell, int]:
    ranks: dict[Cell, int] = {}
    for rank, step in enumerate(steps, 1):
        for cell_name in step:
            timing, _, bucket = cell_name.partition(".")
            try:
                cell = (Timing(timing), Bucket(bucket))
            except ValueError as error:
                raise SettingsError(f"allocation order {order_id}: no such cell: {cell_name}") from error
            if cell in ranks:
                raise SettingsError(f"allocation order {order_id}: {cell_name} twice")
            ranks[cell] = rank
    return ranks


# The published default (RULES: allocation): interest, oldest past due, current installment, fees, in advance.
LOAN_ORDER = order_of(
    "loan.default",
    [
        ["past_due.interest", "due.interest", "advance.interest"],
        ["past_due.principal"],
        ["due.principal"],
        ["past_due.fee", "due.fee"],
        ["advance.principal"],
    ],
)
LEASE_ORDER = order_of(
    "lease.default", [["past_due.rent", "past_due.tax"], ["due.rent", "due.tax"], ["past_due.fee", "due.fee"]]
)


@dataclass(frozen=True, slots=True)
class Installment:
    """One scheduled payment. Of a lease, `amount_cents` is the rent without its tax."""

    no: int  # from 1
    due_on: date
    amount_cents: int
    tax_cents: int = 0

    @property
    def total_cents(self) -> int:
        """All that is due on the due date."""
        return self.amount_cents + self.tax_cents


@dataclass(frozen=True, slots=True)
class Run:
    """Equal monthly installments in a row. A `due_day` of 29 to 31 falls on the last day of shorter months."""

    first_no: int
    first_due_on: date
    due_day: int
    count: int
    amount_cents: int
    tax_cents: int = 0


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """What a lease says about its end. Amounts are cents, mileage is miles."""

    term_months: int  # as signed, without extensions
    residual_cents: int
    disposition_fee_cents: int
    purchase_fee_cents: int
    allowed_miles: int
    excess_mile_cents: int  # for each mile beyond those allowed
    tax_ppm: int  # sales tax on the charges at the end


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of a contract's terms, in force from the start of `valid_from` until the next one's."""

    version: int
    valid_from: date
    product: Product
    state: str  # of the contract's law, two letters
    rate_ppm: int  # a year; 0 for a lease
    day_count: DayCount
    method: Method
    schedule: tuple[Run, ...]  # in the order of number and due date; at least one
    order: AllocationOrder
    excess: Excess = Excess.ADVANCE
    lease: LeaseTerms | None = None


class FeeBase(StrEnum):
    """The amount of which a late fee is a percentage."""

    INSTALLMENT = "installment"  # what the installment asks for: its amount, or what is left where that is less
    UNPAID = "unpaid"  # what is unpaid of this installment when its grace ends
    ARREARS = "arrears"  # the same, in the words of Pennsylvania's statute


class FeeChoice(StrEnum):
    """Which of the percentage and the fixed amount is the fee."""

    PERCENT = "percent"
    FIXED = "fixed"
    LESSER = "lesser"
    GREATER = "greater"


@dataclass(frozen=True, slots=True)
class LateFeeRule:
    """A state's late fee from a day on: a dated row. It applies to installments due on `valid_from` or later."""

    state: str  # "*": every state without a row of its own
    valid_from: date
    grace_days: int  # a payment this many days after the due date is still on time
    choice: FeeChoice
    percent_ppm: int = 0
    fixed_cents: int = 0
    base: FeeBase = FeeBase.INSTALLMENT
    own_window: bool = False  # no fee if the money of the installment's own window would have paid it (KS, OK)
    source: str = ""


@dataclass(frozen=True, slots=True)
class ReturnFeeRule:
    """The highest fee for a returned check in a state, from a day on: a dated row."""

    state: str
    valid_from: date
    fee_cents: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class LienReleaseRule:
    """How many days after a payoff a state gives for releasing the lien, from a day on: a dated row."""

    state: str
    valid_from: date
    days: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class SmallShortage:
    """How much may be short altogether and still be no shortage for late fees and delinquency: a dated row."""

    valid_from: date
    cents: int


@dataclass(frozen=True, slots=True)
class BillDays:
    """How many days before its due date a lease's installment is billed by the nights from a day on: a dated row."""

    valid_from: date
    days: int


class Stop(StrEnum):
    """What a flag on a contract stops."""

    LATE_FEE = "late_fee"
    INTEREST = "interest"
    APPLICATION = "application"  # the night does not apply unapplied money
    RETURN_FEE = "return_fee"  # a returned check costs no fee


@dataclass(frozen=True, slots=True)
class FlagRule:
    """What one flag stops."""

    flag: str
    stops: frozenset[Stop]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The dated rows that servicing follows, for all states."""

    late_fees: tuple[LateFeeRule, ...]
    return_fees: tuple[ReturnFeeRule, ...] = ()
    flags: Mapping[str, FlagRule] = field(default_factory=dict)
    lien_releases: tuple[LienReleaseRule, ...] = ()
    bill_days: int = 0  # how many days before its due date a lease's installment is billed; it is owed from then on
    bill_days_rows: tuple[BillDays, ...] = ()  # the same by day, for nights of the past
    small_shortages: tuple[SmallShortage, ...] = ()

    def late_fee(self, state: str, due_on: date) -> LateFeeRule:
        """The late-fee row of a state for an installment due on a day.

        Raises:
            SettingsError: no row of the state, and none of "*", is in force.
        """
        return _in_force(self.late_fees, state, due_on, "late fee")

    def bill_days_on(self, day: date) -> int:
        """The days before a due date by which the night of a day bills; before the first row, `bill_days`."""
        in_force = [row for row in self.bill_days_rows if row.valid_from <= day]
        return max(in_force, key=lambda row: row.valid_from).days if in_force else self.bill_days

    def small_shortage_cents(self, day: date) -> int:
        """The lender's small amount on a day; 0 before its first row: every cent is a shortage."""
        in_force = [row for row in self.small_shortages if row.valid_from <= day]
        return max(in_force, key=lambda row: row.valid_from).cents if in_force else 0

    def return_fee(self, state: str, day: date) -> ReturnFeeRule:
        """The returned-check fee of a state on a day.

        Raises:
            SettingsError: no row is in force.
        """
        return _in_force(self.return_fees, state, day, "returned-check fee")

    def lien_release(self, state: str, day: date) -> LienReleaseRule:
        """The lien-release rule of a state on a day.

        Raises:
            SettingsError: no row is in force.
        """
        return _in_force(self.lien_releases, state, day, "lien-release")


DatedRule = TypeVar("DatedRule", LateFeeRule, ReturnFeeRule, LienReleaseRule)


def _in_force(rows: Sequence[DatedRule], state: str, day: date, rule_name: str) -> DatedRule:
    for row_state in (state, "*"):
        in_force = [row for row in rows if row.state == row_state and row.valid_from <= day]
        if in_force:
            return max(in_force, key=lambda row: row.valid_from)
    raise SettingsError(f"no {rule_name} rule for {state} on {day}")


def terms_on(versions: Sequence[Terms], day: date) -> Terms:
    """The version in force on a day; before the first one, the first.

    Raises:
        SettingsError: no version at all.
    """
    if not versions:
        raise SettingsError("a contract without terms")

    def place(version: Terms) -> tuple[date, int]:
        return version.valid_from, version.version

    in_force = [version for version in versions if version.valid_from <= day]
    return max(in_force, key=place) if in_force else min(versions, key=place)
