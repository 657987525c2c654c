"""How far behind a contract is: the oldest due date that counts, the cents past due, the days past due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from lockbox.contract.allocation import Claim
from lockbox.contract.terms import Bucket, Timing


@dataclass(frozen=True, slots=True)
class Delinquency:
    """What is past due at the end of a day, fees aside. Grace days do not count."""

    oldest_due_on: date | None
    past_due_cents: int
    days_past_due: int


def delinquency(day: date, claims: Iterable[Claim], small_cents: int) -> Delinquency:
    """Counts days from the first due date with which more than the lender's small amount is past due.

    No more than that altogether is not past due: it stays owed, and the next statement asks for it.
    """
    past_due = sorted(
        (claim for claim in claims if claim.timing is Timing.PAST_DUE and claim.bucket is not Bucket.FEE),
        key=lambda claim: (claim.due_on, claim.no),
    )
    through = accumulate(claim.open_cents for claim in past_due)
    oldest = next((claim.due_on for claim, cents in zip(past_due, through, strict=True) if cents > small_cents), None)
    if oldest is None:
        return Delinquency(None, 0, 0)
    return Delinquency(oldest, sum(claim.open_cents for claim in past_due), (day - oldest).days)
