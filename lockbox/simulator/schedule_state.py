"""How far made-up contracts are in their schedules: when they began, what is paid, what is past due, which fees."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from lockbox.contract.grace import IsOpen, Lateness, late_fee_cents, on_time_until
from lockbox.contract.position import OpenFee, Position
from lockbox.contract.schedule import installment
from lockbox.contract.terms import Installment, Rules, Terms

Ints = NDArray[np.int64]
_EPOCH = date(1970, 1, 1).toordinal()
SLOW_DAYS = 9  # a payment up to so late is still ordinary


@dataclass(frozen=True, slots=True)
class Lender:
    """The rules and the calendar by which late fees were assessed in the past."""

    rules: Rules
    is_open: IsOpen


@dataclass(frozen=True, slots=True)
class MadeUpContract:
    """One contract: its terms, the amount at its start, and its position at the opening."""

    terms: Terms
    original_cents: int
    position: Position


@dataclass(frozen=True, slots=True)
class Frame:
    """What loans and leases have in common, a place in each array for every contract."""

    opening_on: date
    states: NDArray[np.str_]
    installments: Ints  # cents a month
    due_days: Ints
    ages: Ints  # months since the first due date, as far as the term allows
    behind: Ints  # installments past due by more than `SLOW_DAYS`
    slow: NDArray[np.bool_]  # the latest one, due a few days ago, has not come yet
    fee_alone: NDArray[np.bool_]
    draws: NDArray[np.float64]  # two random numbers for each contract

    @classmethod
    def draw(
        cls, rng: np.random.Generator, opening_on: date, states: list[str], past_due: float, fee_alone: float
    ) -> Frame:
        """A frame of as many contracts as there are states."""
        count = len(states)
        cents = np.clip(rng.lognormal(np.log(46_500), 0.38, count), 18_000, 140_000).round().astype(np.int64)
        cents -= np.where(rng.random(count) < 0.25, cents % 100, 0)  # some are whole dollars
        missed = rng.choice([1, 2, 3], count, p=[0.7, 0.2, 0.1])
        return cls(
            opening_on,
            np.array(states),
            cents,
            rng.integers(1, 29, count),
            rng.integers(4, 70, count),
            np.where(rng.random(count) < past_due, missed, 0),
            rng.random(count) < 0.5,
            rng.random(count) < fee_alone,
            rng.random((count, 2)),
        )

    def only(self, mask: NDArray[np.bool_]) -> Frame:
        """The contracts where the mask is true, in their order."""
        kept = {field.name: getattr(self, field.name)[mask] for field in fields(self) if field.name != "opening_on"}
        return Frame(self.opening_on, **kept)

    def __len__(self) -> int:
        return len(self.states)


def locate_in_schedule(frame: Frame, counts: Ints) -> tuple[Ints, Ints, Ints]:
    """(month of the first installment, see `due_ordinals`; number of the next one due after the opening; number paid).

    `counts` is how many installments each contract has; every contract has at least two to come.
    """
    opening = frame.opening_on
    month = opening.year * 12 + opening.month - 1
    elapsed = np.minimum(4 + frame.ages % np.maximum(counts - 5, 1), counts - 2)  # due on or before the opening
    coming = np.where(frame.due_days > opening.day, month, month + 1)
    age = opening.toordinal() - due_ordinals(coming - 1, frame.due_days)
    missed = frame.behind + ((age <= SLOW_DAYS) & ((frame.behind > 0) | frame.slow))
    return coming - elapsed, elapsed + 1, np.maximum(elapsed - missed, 1)


def due_ordinals(months: Ints, due_days: Ints) -> Ints:
    """Ordinals of due dates; a month is year * 12 + month of the year - 1, and no due day is above 28."""
    first: Ints = (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return first + _EPOCH + due_days - 1


def month_date(month: int, day: int) -> date:
    """One due date; the month is counted as in `due_ordinals`."""
    return date(month // 12, month % 12 + 1, day)


def fees_of(
    frame: Frame, at: int, terms: Terms, lender: Lender, paid: int, next_no: int, part_cents: int
) -> tuple[tuple[OpenFee, ...], tuple[int, ...]]:
    """(late fees open at the opening, installments that had theirs), by the rule of the contract's state."""
    opened = []
    for no in range(paid + 1, next_no):
        due = _scheduled(terms, no)
        fee = _assessed(frame, terms, lender, due, due.total_cents - (part_cents if no == paid + 1 else 0))
        if fee is not None:
            opened.append((no, fee))
    if not opened and frame.fee_alone[at] and paid > 1:
        due = _scheduled(terms, paid - 1)  # was paid after its grace period, without the late fee
        fee = _assessed(frame, terms, lender, due, due.total_cents)
        if fee is not None:
            opened.append((due.no, fee))
    return tuple(fee for _, fee in opened), tuple(no for no, _ in opened)


def _assessed(frame: Frame, terms: Terms, lender: Lender, due: Installment, short_cents: int) -> OpenFee | None:
    rule = lender.rules.late_fee(terms.state, due.due_on)
    last_day = on_time_until(due.due_on, rule, lender.is_open)
    assessed_on, small_cents = last_day + timedelta(1), lender.rules.small_shortage_cents(last_day)
    lateness = Lateness(due.total_cents, short_cents, short_cents, 0, 0, 0, small_cents)
    cents = late_fee_cents(lateness, rule)
    return OpenFee(assessed_on, f"late/{due.no}", cents) if cents and assessed_on <= frame.opening_on else None


def _scheduled(terms: Terms, no: int) -> Installment:
    due = installment(terms.schedule, no)
    assert due is not None
    return due
