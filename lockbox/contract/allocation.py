"""How a payment is split over what a contract owes: claims in the contract's own order, paid from the top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lockbox.contract import schedule
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Installment, Run, Timing

# Within one rank and due date: as the lender's statement lists them.
_BUCKETS = {bucket: place for place, bucket in enumerate(("fee", "interest", "rent", "tax", "principal"))}


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing owed on the day of a payment."""

    timing: Timing
    bucket: Bucket
    due_on: date  # of a fee the day of the payment
    no: int  # of the installment; of a fee its place among the open ones; 0: no installment
    open_cents: int


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a payment for one claim; `claim` None: unapplied, nothing was left to pay."""

    claim: Claim | None
    amount_cents: int


def allocate(amount_cents: int, claims: Iterable[Claim], order: AllocationOrder) -> list[Part]:
    """The claims paid one after the other, as the order ranks them; what no claim takes is unapplied.

    The parts are positive, none above what is open, and add up to the payment (I8).

    Raises:
        ValueError: the payment is not positive.
    """
    if amount_cents <= 0:
        raise ValueError(f"a payment of {amount_cents} cents")
    parts, left_cents = [], amount_cents
    for claim in ranked(claims, order):
        part_cents = min(left_cents, claim.open_cents)
        if part_cents > 0:
            parts.append(Part(claim, part_cents))
            left_cents -= part_cents
    return parts + ([Part(None, left_cents)] if left_cents else [])


def ranked(claims: Iterable[Claim], order: AllocationOrder) -> list[Claim]:
    """The claims that the order ranks, first to be paid first."""
    ranks = order.ranks
    payable = [one for one in claims if (one.timing, one.bucket) in ranks]
    return sorted(payable, key=lambda one: (ranks[one.timing, one.bucket], one.due_on, _BUCKETS[one.bucket], one.no))


def loan_claims(
    day: date, runs: Sequence[Run], paid_through: int, credits: Mapping[int, int], interest_cents: int,
    principal_cents: int, excess: Excess,
) -> list[Claim]:  # fmt: skip
    """What a loan's installments ask for on a day, oldest first, out of accrued interest and principal.

    Accrued interest is asked for with the oldest open installment. The last installment asks for all that is left.
    Money beyond the installment now due is asked for by the next ones, or under `Excess.PRINCIPAL` by the principal
    alone (number 0: credited to no installment).
    """
    claims: list[Claim] = []
    interest, principal, last = interest_cents, principal_cents, schedule.last_no(runs)
    due_no = schedule.first_due(runs, day)
    for one in open_installments(runs, paid_through):
        if not interest and not principal:
            break
        timing = Timing.PAST_DUE if one.no < due_no else Timing.DUE if one.no == due_no else Timing.ADVANCE
        if timing is Timing.ADVANCE and excess is Excess.PRINCIPAL:
            claims += _two(timing, one.due_on, 0, interest, principal)
            break
        asked = interest + principal if one.no == last else max(one.amount_cents - credits.get(one.no, 0), 0)
        of_interest = min(asked, interest)
        of_principal = min(asked - of_interest, principal)
        claims += _two(timing, one.due_on, one.no, of_interest, of_principal)
        interest -= of_interest
        principal -= of_principal
    return claims


def open_installments(runs: Sequence[Run], paid_through: int) -> Iterable[Installment]:
    """The installments after `paid_through`; the last one is always among them."""
    for no in range(min(paid_through + 1, schedule.last_no(runs)), schedule.last_no(runs) + 1):
        one = schedule.installment(runs, no)
        if one is not None:
            yield one


def timing_of(on: date, day: date) -> Timing:
    """How a fee charged, or an installment billed, on a day stands to a payment's day."""
    return Timing.PAST_DUE if on < day else Timing.DUE


def _two(timing: Timing, due_on: date, no: int, interest_cents: int, principal_cents: int) -> list[Claim]:
    both = ((Bucket.INTEREST, interest_cents), (Bucket.PRINCIPAL, principal_cents))
    return [Claim(timing, bucket, due_on, no, cents) for bucket, cents in both if cents]
