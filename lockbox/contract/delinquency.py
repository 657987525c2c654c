"""How far behind a contract is: the oldest open due date, the cents past due, the days past due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lockbox.contract.allocation import Claim
from lockbox.contract.terms import Bucket, Timing


@dataclass(frozen=True, slots=True)
class Delinquency:
    """What is past due at the end of a day, fees aside. Grace days do not count."""

    oldest_due_on: date | None
    past_due_cents: int
    days_past_due: int


def delinquency(day: date, claims: Iterable[Claim]) -> Delinquency:
    """Counts days from the oldest open installment that was due before the day."""
    past_due = [claim for claim in claims if claim.timing is Timing.PAST_DUE and claim.bucket is not Bucket.FEE]
    oldest = min((claim.due_on for claim in past_due), default=None)
    return Delinquency(oldest, sum(claim.open_cents for claim in past_due), (day - oldest).days if oldest else 0)
