"""What must be posted so that a contract's books say what its history says: an event was put in or taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import schedule
from lockbox.contract.balances import LedgerLine
from lockbox.contract.history import AssessedFee, History
from lockbox.contract.position import Credit, Position
from lockbox.contract.terms import Installment, Product, Run, terms_on
from lockbox.errors import ConflictError
from lockbox.servicing.books import PostedFee
from lockbox.servicing.record import Record

# Unapplied money belongs to a check, the rest of an adjustment to none: what moves between them passes through here,
# and so does what only moves between installments.
TRANSFER = "transfer.adjustment"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The difference to post on one contract; each list of lines sums to 0."""

    contract_id: int
    lines: tuple[LedgerLine, ...]
    of_items: Mapping[int, tuple[LedgerLine, ...]]  # unapplied money of a check, each a journal of its own
    credits: tuple[Credit, ...]  # to installments, more or less than is there
    fees_gone: tuple[PostedFee, ...]
    fees_new: tuple[PostedFee, ...]
    to_bill: tuple[Installment, ...]  # credited now, and never asked for yet
    position: Position
    assessed: tuple[AssessedFee, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the books say it already."""
        return not (self.lines or self.of_items or self.credits or self.fees_gone or self.fees_new)


def adjustment(record: Record, found: History, bill_days: int) -> Adjustment:
    """What is missing in the books of a record for its history.

    Late fees that only a delay caused go, those that a return uncovers come (I10, I11).

    Raises:
        ConflictError: the books hold other money received than the history; nothing can be posted for that.
    """
    books = record.books
    target: Counter[str] = Counter()
    credits: Counter[int] = Counter()
    for posting in found.postings:
        target.update({line.account: 0 for line in posting.lines})
        for line in posting.lines:
            target[line.account] += line.amount_cents
        for credit in posting.credits:
            credits[credit.no] += credit.amount_cents
    if terms_on(record.terms, record.last_night).product is Product.LEASE:
        # What was billed before it was known that the lease had ended is owed no more: it counts as settled.
        needless = {no: cents for no, cents in books.billed.items() if no > found.position.billed_through}
        credits.update(needless)
    off = {account: target[account] - books.accounts.get(account, 0) for account in {*target, *books.accounts}}
    if off.pop("clearing", 0):
        raise ConflictError(f"{record.account_number}: the ledger holds other payments than the history")
    of_items = _of_items(record, found)
    moved = off.pop("suspense.unapplied", 0) - sum(lines[0].amount_cents for lines in of_items.values())
    off["suspense.unapplied"] = moved
    off[TRANSFER] = -books.accounts.get(TRANSFER, 0) - sum(lines[1].amount_cents for lines in of_items.values())
    fees = _fees(found)
    changed = {no: credits[no] - books.credits.get(no, 0) for no in {*credits, *books.credits}}
    return Adjustment(
        contract_id=record.contract_id,
        lines=tuple(LedgerLine(account, cents) for account, cents in sorted(off.items()) if cents),
        of_items=of_items,
        credits=tuple(Credit(no, cents) for no, cents in sorted(changed.items()) if cents),
        fees_gone=tuple(one for one in books.late_fees if one not in fees),
        fees_new=tuple(one for one in fees if one not in books.late_fees),
        to_bill=tuple(_to_bill(record, found.position, credits, bill_days)),
        position=found.position,
        assessed=found.assessed,
    )


def _of_items(record: Record, found: History) -> dict[int, tuple[LedgerLine, ...]]:
    """What stands unapplied of each check is moved to where the replay leaves it: what came first is used first."""
    wanted: dict[int | None, int] = {}
    if record.opening.unapplied_cents:
        wanted[None] = record.opening.unapplied_cents
    for posting in found.postings:
        left = -sum(line.amount_cents for line in posting.lines if line.account == "suspense.unapplied")
        if posting.kind in ("payment", "unapplied") and left:
            item = record.items[posting.key]
            wanted[item] = wanted.get(item, 0) + left
    used = sum(wanted.values()) - found.position.unapplied_cents
    for owner in wanted:
        part = min(used, wanted[owner])
        wanted[owner] -= part
        used -= part
    stands = record.books.unapplied
    moved = {item: wanted.get(item, 0) - stands.get(item, 0) for item in {*wanted, *stands}}
    return {
        item: (LedgerLine("suspense.unapplied", -cents), LedgerLine(TRANSFER, cents))
        for item, cents in moved.items()
        if cents and item is not None
    }


def _fees(found: History) -> list[PostedFee]:
    return [
        PostedFee(int(posting.key.removeprefix("late/")), posting.on, posting.lines[0].amount_cents)
        for posting in found.postings
        if posting.kind == "late_fee"
    ]


def _to_bill(record: Record, end: Position, credits: Mapping[int, int], bill_days: int) -> Iterable[Installment]:
    """Installments that must be there. Of a loan: those that got something, and those whose time has come."""
    terms = terms_on(record.terms, record.last_night)
    first, last = record.opening.billed_through + 1, end.billed_through
    if terms.product is Product.LOAN:
        first, last = record.opening.paid_through + 1, max([no for no, cents in credits.items() if cents], default=0)
        if end.principal_cents or end.interest_cents:
            last = max(last, billed_by(terms.schedule, record.last_night + timedelta(bill_days)))
    for no in range(first, last + 1):
        one = schedule.installment(terms.schedule, no)
        if one is not None and no not in record.books.billed:
            yield one


def billed_by(runs: Sequence[Run], day: date) -> int:
    """The number of the last installment due on a day or before it."""
    return schedule.first_due(runs, day + timedelta(1)) - 1
