"""Limits at which exceptions and misreads together cost least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lockbox.proving.curve import Judged, Point, curve, kept_apart

ENOUGH = 300  # accepted; with fewer no row is offered, since the limit would be chance


@dataclass(frozen=True, slots=True)
class Prices:
    """The cost of an exception and of a misread, in cents."""

    exception_cents: int
    misread_cents: int

    @property
    def break_even(self) -> float:
        """The chance of a misread at which accepting costs as much as a person's look."""
        return min(1.0, self.exception_cents / self.misread_cents)


@dataclass(frozen=True, slots=True)
class Operating:
    """The cheapest point of a curve, and the total cost of exceptions and misreads there."""

    point: Point
    total_cents: int

    @property
    def misread_ppm(self) -> int:
        """The limit as a chance of a misread."""
        return round((1 - self.point.limit) * 1e6) if self.point.accepted else 0


def cheapest(judged: Sequence[Judged], prices: Prices) -> Operating:
    """The point with the least cost among those that honest probabilities allow.

    A probability p is worth accepting when (1 - p) * misread < exception; so no limit is lower than that, even where
    few documents happen to show no misread further down. Above it, the measured curve decides.
    """
    allowed = [point for point in curve(judged) if point.limit >= 1 - prices.break_even]
    best = min(allowed, key=lambda point: (_cents(point, prices), -point.accepted))
    return Operating(best, _cents(best, prices))


def judged_apart(judged: Sequence[Judged], prices: Prices) -> Operating:
    """The cheapest limit of one half, with what it accepts and costs on the other."""
    point = kept_apart(judged, lambda choosing: cheapest(choosing, prices).point.limit)
    return Operating(point, _cents(point, prices))


def _cents(point: Point, prices: Prices) -> int:
    by_hand = max(0, point.expected - point.accepted)
    return by_hand * prices.exception_cents + point.wrong * prices.misread_cents


def policy_row(rule: str, value: int, from_day: date, why: str) -> str:
    """One dated row of a profile, ready to paste."""
    return f'[[policy]]\nrule = "{rule}"\nvalid_from = {from_day}\nvalue = {value:_}\nsource = "{why}"\n'
