"""Counts with their cents, and two of them that must be equal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.money import dollars
from lockbox.scopes import BatchScope, SiteDayScope

Scope = BatchScope | SiteDayScope | date  # a date: all sites together


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of pieces and their sum in cents; `cents` is None where only pieces are counted."""

    count: int = 0
    cents: int | None = 0

    def __add__(self, other: Tally) -> Tally:
        cents = None if self.cents is None or other.cents is None else self.cents + other.cents
        return Tally(self.count + other.count, cents)

    def __sub__(self, other: Tally) -> Tally:
        cents = None if self.cents is None or other.cents is None else self.cents - other.cents
        return Tally(self.count - other.count, cents)

    def __str__(self) -> str:
        return f"{self.count:,}" if self.cents is None else f"{self.count:,} / {dollars(self.cents)}"


@dataclass(frozen=True, slots=True)
class Tie:
    """Two totals from different sources that must be equal."""

    scope: Scope  # a batch, or the site day
    left_name: str
    left: Tally
    right_name: str
    right: Tally

    @property
    def is_equal(self) -> bool:
        """Whether both sides agree, in count and in cents."""
        return self.left == self.right

    def __str__(self) -> str:
        text = f"{self.scope}: {self.left_name} {self.left}, {self.right_name} {self.right}"
        return text if self.is_equal else f"{text}, difference {self.left - self.right}"


NOTHING = Tally()


def pieces(count: int) -> Tally:
    """A count of what has no cents."""
    return Tally(count, None)
