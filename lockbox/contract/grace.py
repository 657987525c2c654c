"""The late fee of an installment: how long a payment is on time, whether a fee may be charged, and how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract.terms import FeeBase, FeeChoice, LateFeeRule

IsOpen = Callable[[date], bool]  # whether mail is received on that day


@dataclass(frozen=True, slots=True)
class Shortage:
    """What an installment asks for and is short of on a day, in cents."""

    asked_cents: int
    own_cents: int  # unpaid of it
    through_cents: int  # unpaid of it and of all before it
    had_fee_cents: int  # unpaid of those before it that had their late fee


@dataclass(frozen=True, slots=True)
class Lateness:
    """The facts about an installment at the end of its last on-time day."""

    asked_cents: int  # what it asks for: its total, or what is left to pay of the loan where that is less
    short_cents: int  # unpaid of it
    short_through_cents: int  # unpaid of it and of all before it
    had_fee_cents: int  # unpaid of those before it that had their late fee
    window_cents: int  # money received in its own window: after the last on-time day of the installment before it
    fee_ahead_cents: int  # money that earlier fees took while an installment stayed short
    small_cents: int = 0  # the lender's small amount: no more than this is no shortage


def late_fee_cents(lateness: Lateness, rule: LateFeeRule) -> int:
    """The fee to charge, in cents; 0: no fee.

    A paid installment has no fee. Nor has one whose only shortfall is what earlier fees took (no pyramiding, 16 CFR
    444.4) and a small amount: no more than the lender's small amount is short through it besides that, or besides the
    installments that had their fee. Nor, where the rule says so, one that the money of its own window would have paid,
    however much of that money went to older installments (Kan. Stat. 16a-2-502 until 2024, Okla. Stat. 14A-2-203).
    """
    if lateness.short_cents <= 0:
        return 0
    excused_cents = max(lateness.fee_ahead_cents, lateness.had_fee_cents)
    if lateness.short_through_cents - excused_cents <= lateness.small_cents:
        return 0
    if rule.own_window and lateness.window_cents >= lateness.asked_cents:
        return 0
    base_cents = lateness.asked_cents if rule.base is FeeBase.INSTALLMENT else lateness.short_cents
    percent_cents = base_cents * rule.percent_ppm // 1_000_000  # rounded down: the law's percentage is a maximum
    return {
        FeeChoice.PERCENT: percent_cents,
        FeeChoice.FIXED: rule.fixed_cents,
        FeeChoice.LESSER: min(percent_cents, rule.fixed_cents),
        FeeChoice.GREATER: max(percent_cents, rule.fixed_cents),
    }[rule.choice]


def on_time_until(due_on: date, rule: LateFeeRule, is_open: IsOpen) -> date:
    """The last day on which a payment is on time: the due date plus grace, moved to the next day with mail."""
    return open_day(due_on + timedelta(rule.grace_days), is_open)


def open_day(day: date, is_open: IsOpen) -> date:
    """The day itself if mail is received on it, else the next such day.

    Raises:
        ValueError: there is no such day within a year.
    """
    for ahead in range(367):
        if is_open(day + timedelta(ahead)):
            return day + timedelta(ahead)
    raise ValueError(f"no open day in the year after {day}")
