"""How far behind a contract is: days past due, and the account status reported to credit bureaus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lockbox.contract.allocation import Claim
from lockbox.contract.terms import Bucket, Timing

# Metro 2 account status by days past due (Credit Reporting Resource Guide, field 17A).
_STATUS = ((180, "84"), (150, "83"), (120, "82"), (90, "80"), (60, "78"), (30, "71"), (0, "11"))
# And what else is known of a contract: paid, paid after a repossession, paid after a charge-off; repossessed, charged
# off. Nothing here is surrendered, sold, assigned to collections or foreclosed, so codes 05, 61, 62, 65, 88, 89, 93, 94
# and 95 have no cause; DA and DF are for accounts that should never have been reported.
PAID, PAID_REPOSSESSION, PAID_CHARGE_OFF = "13", "63", "64"
REPOSSESSED, CHARGED_OFF = "96", "97"


@dataclass(frozen=True, slots=True)
class Delinquency:
    """What is past due at the end of a day, fees aside; no day of grace counts."""

    oldest_due_on: date | None
    past_due_cents: int
    days_past_due: int


def delinquency(day: date, claims: Iterable[Claim]) -> Delinquency:
    """From the oldest installment that is open and was due before the day."""
    past = [one for one in claims if one.timing is Timing.PAST_DUE and one.bucket is not Bucket.FEE]
    oldest = min((one.due_on for one in past), default=None)
    return Delinquency(oldest, sum(one.open_cents for one in past), (day - oldest).days if oldest else 0)


def metro2_status(
    days_past_due: int, *, paid: bool = False, charged_off: bool = False, repossessed: bool = False
) -> str:
    """The account status code.

    `paid`: nothing is owed any more and, of a lease, it has ended; of a charge-off, all of the loss was recovered.

    Raises:
        ValueError: days below 0.
    """
    if charged_off:
        return PAID_CHARGE_OFF if paid else CHARGED_OFF
    if paid:
        return PAID_REPOSSESSION if repossessed else PAID
    if repossessed:
        return REPOSSESSED
    for days, status in _STATUS:
        if days_past_due >= days:
            return status
    raise ValueError(f"{days_past_due} days past due")
