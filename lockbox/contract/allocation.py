"""How a payment is split over what a contract owes: claims ranked in the contract's own order, paid from the top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lockbox.contract import schedule
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Installment, Run, Timing

# Within one rank and due date, as the lender's statement lists them. sql/functions/020_allocation.sql has the same
# order in its `bucket_rank`.
BUCKET_ORDER = (Bucket.FEE, Bucket.INTEREST, Bucket.RENT, Bucket.TAX, Bucket.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing owed on the day of a payment."""

    timing: Timing
    bucket: Bucket
    due_on: date  # of a fee: the day of the payment
    no: int  # of the installment; of a fee: its place among the open fees; 0: no installment
    open_cents: int


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a payment that goes to one claim. `claim` None: unapplied, because nothing was left to pay."""

    claim: Claim | None
    amount_cents: int


def allocate(
    amount_cents: int, claims: Iterable[Claim], order: AllocationOrder, due_through: date = date.max
) -> list[Part]:
    """Pays the claims one after the other as the order ranks them. What no claim takes is unapplied.

    Claims due after `due_through` get nothing, but count where the order asks what is due. The parts are positive, none
    is more than its claim, and they add up to the payment (I8).

    Raises:
        ValueError: the payment is not positive.
    """
    if amount_cents <= 0:
        raise ValueError(f"a payment of {amount_cents} cents")
    parts, left_cents = [], amount_cents
    for claim in ranked(claims, order):
        if claim.due_on > due_through:
            continue
        part_cents = min(left_cents, claim.open_cents)
        if part_cents > 0:
            parts.append(Part(claim, part_cents))
            left_cents -= part_cents
    return parts + ([Part(None, left_cents)] if left_cents else [])


def ranked(claims: Iterable[Claim], order: AllocationOrder) -> list[Claim]:
    """The claims that the order ranks, the first to be paid first."""
    owed = list(claims)
    is_due = any(claim.timing is not Timing.ADVANCE and claim.bucket is not Bucket.FEE for claim in owed)
    ranks = order.ranks_where(is_due)

    def rank(claim: Claim) -> tuple[int, date, int, int]:
        cell = claim.timing, claim.bucket
        return ranks[cell], claim.due_on, BUCKET_ORDER.index(claim.bucket), claim.no

    return sorted((claim for claim in owed if (claim.timing, claim.bucket) in ranks), key=rank)


def loan_claims(
    day: date,
    runs: Sequence[Run],
    paid_through: int,
    credits: Mapping[int, int],
    interest_cents: int,
    principal_cents: int,
    excess: Excess,
    most_ahead: int | None = None,
) -> list[Claim]:
    """What a loan's installments claim on a day, oldest first, from accrued interest and principal.

    Accrued interest is claimed with the oldest open installment. The last installment claims all that is left.
    Money beyond the installment now due goes to the next installments, at most `most_ahead` of them (None: all), and
    then to principal alone (number 0: credited to no installment). Under `Excess.PRINCIPAL` that is at once.
    """
    claims: list[Claim] = []
    interest, principal, last = interest_cents, principal_cents, schedule.last_no(runs)
    due_no = schedule.first_due(runs, day)
    last_ahead = due_no if excess is Excess.PRINCIPAL else last if most_ahead is None else due_no + most_ahead
    for due in open_installments(runs, paid_through):
        if not interest and not principal:
            break
        timing = Timing.PAST_DUE if due.no < due_no else Timing.DUE if due.no == due_no else Timing.ADVANCE
        if timing is Timing.ADVANCE and due.no > last_ahead:
            claims += _interest_and_principal(timing, due.due_on, 0, interest, principal)
            break
        unpaid = interest + principal if due.no == last else max(due.amount_cents - credits.get(due.no, 0), 0)
        interest_part = min(unpaid, interest)
        principal_part = min(unpaid - interest_part, principal)
        claims += _interest_and_principal(timing, due.due_on, due.no, interest_part, principal_part)
        interest -= interest_part
        principal -= principal_part
    return claims


def open_installments(runs: Sequence[Run], paid_through: int) -> Iterable[Installment]:
    """The installments after `paid_through`; the last one is always included."""
    for no in range(min(paid_through + 1, schedule.last_no(runs)), schedule.last_no(runs) + 1):
        due = schedule.installment(runs, no)
        if due is not None:
            yield due


def timing_of(on: date, day: date) -> Timing:
    """The timing, on a payment's day, of a fee charged or an installment billed as of `on`."""
    return Timing.PAST_DUE if on < day else Timing.DUE


def _interest_and_principal(
    timing: Timing, due_on: date, no: int, interest_cents: int, principal_cents: int
) -> list[Claim]:
    both = ((Bucket.INTEREST, interest_cents), (Bucket.PRINCIPAL, principal_cents))
    return [Claim(timing, bucket, due_on, no, cents) for bucket, cents in both if cents]
