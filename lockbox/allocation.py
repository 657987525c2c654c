"""How a payment is split over what a contract owes: the rule as a function, and the yardstick of the posting SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """Something owed: `open_cents` is still to be paid."""

    charge_id: int
    kind: str  # installment, tax, fee, principal
    due_on: date
    open_cents: int


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a payment for one charge; `charge_id` None: unapplied, nothing was left to pay."""

    charge_id: int | None
    amount_cents: int


def allocate(amount_cents: int, charges: Sequence[OpenCharge]) -> list[Part]:
    """Installments with their tax, oldest first; then fees; then principal not yet due; the rest is unapplied.

    The parts are positive, none above what is open, and add up to the payment (I8).

    Raises:
        ValueError: the payment is not positive.
    """
    if amount_cents <= 0:
        raise ValueError(f"a payment of {amount_cents} cents")
    parts, left_cents = [], amount_cents
    for charge in sorted(charges, key=_order):
        part_cents = min(left_cents, charge.open_cents)
        if part_cents > 0:
            parts.append(Part(charge.charge_id, part_cents))
            left_cents -= part_cents
    return parts + ([Part(None, left_cents)] if left_cents else [])


def _order(charge: OpenCharge) -> tuple[int, date, int]:
    """Default order of the lender (RULES: allocation): the past and current due first, fees last, then in advance."""
    return {"fee": 2, "principal": 3}.get(charge.kind, 1), charge.due_on, charge.charge_id
