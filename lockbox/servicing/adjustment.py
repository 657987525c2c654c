"""The adjustment of a contract: what must be posted so that its books agree with its history after a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import schedule
from lockbox.contract.history import AssessedFee, History
from lockbox.contract.position import Credit, Position
from lockbox.contract.posting import LedgerLine
from lockbox.contract.terms import Installment, Product, Run, terms_on
from lockbox.errors import ConflictError
from lockbox.servicing.books import BilledRow, PostedFee
from lockbox.servicing.record import Record

# Unapplied money belongs to a check, the other lines of an adjustment to none. What moves between them passes through
# this account, and so does what only moves between installments.
TRANSFER = "transfer.adjustment"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The difference to post on one contract; each list of lines sums to 0."""

    contract_id: int
    lines: tuple[LedgerLine, ...]
    of_items: Mapping[int, tuple[LedgerLine, ...]]  # item -> its unapplied money; each is a journal of its own
    credits: tuple[Credit, ...]  # the change of each installment's credit
    fees_gone: tuple[PostedFee, ...]
    fees_new: tuple[PostedFee, ...]
    to_bill: tuple[Installment, ...]  # credited now, or due by now, and never billed
    rewritten: tuple[BilledRow, ...]  # billed, with another date or amount than the terms have now
    unbilled: tuple[int, ...]  # rents billed before it was known that their day comes later
    terms_version: int  # in force after the last night
    position: Position
    assessed: tuple[AssessedFee, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the ledger agrees already."""
        return not (self.lines or self.of_items or self.credits or self.fees_gone or self.fees_new)


def adjustment(record: Record, replayed: History, bill_days: int) -> Adjustment:
    """The difference between the replayed history of a record and its books.

    Late fees that only a delay caused go, late fees that a return uncovers come (I10, I11).

    Raises:
        ConflictError: the books hold other money received than the history; nothing can be posted for that.
    """
    books = record.books
    credits = _credits(record, replayed)
    of_items = _of_items(record, replayed)
    fees = _late_fees(replayed)
    credit_changes = {no: credits[no] - books.credits.get(no, 0) for no in {*credits, *books.credits}}
    return Adjustment(
        contract_id=record.contract_id,
        lines=_lines(record, replayed, of_items),
        of_items=of_items,
        credits=tuple(Credit(no, cents) for no, cents in sorted(credit_changes.items()) if cents),
        fees_gone=tuple(fee for fee in books.late_fees if fee not in fees),
        fees_new=tuple(fee for fee in fees if fee not in books.late_fees),
        to_bill=tuple(_to_bill(record, replayed.position, credits, fees, bill_days)),
        rewritten=tuple(_rewritten(record, replayed, credits)),
        unbilled=tuple(row.no for row in _needless(record, replayed) if not replayed.position.ended),
        terms_version=terms_on(record.terms, record.last_night).version,
        position=replayed.position,
        assessed=replayed.assessed,
    )


def _lines(record: Record, replayed: History, of_items: Mapping[int, tuple[LedgerLine, ...]]) -> tuple[LedgerLine, ...]:
    target: Counter[str] = Counter()
    for line in (line for posting in replayed.postings for line in posting.lines):
        target[line.account] += line.amount_cents
    accounts = record.books.accounts
    off = {account: target[account] - accounts.get(account, 0) for account in {*target, *accounts}}
    if off.pop("clearing", 0):
        raise ConflictError(f"{record.account_number}: the ledger holds other payments than the history")
    moved = off.pop("suspense.unapplied", 0) - sum(lines[0].amount_cents for lines in of_items.values())
    off["suspense.unapplied"] = moved
    off[TRANSFER] = -accounts.get(TRANSFER, 0) - sum(lines[1].amount_cents for lines in of_items.values())
    return tuple(LedgerLine(account, cents) for account, cents in sorted(off.items()) if cents)


def _credits(record: Record, replayed: History) -> Counter[int]:
    """Installment -> cents that the history credits to it."""
    credits: Counter[int] = Counter()
    for credit in (credit for posting in replayed.postings for credit in posting.credits):
        credits[credit.no] += credit.amount_cents
    if replayed.position.ended:
        # What was billed before it was known that the lease had ended is not owed: it counts as settled.
        credits.update({row.no: row.amount_cents for row in _needless(record, replayed)})
    return credits


def _needless(record: Record, replayed: History) -> Iterable[BilledRow]:
    """The rents that were billed and, by what is known now, are not: the lease had ended, or their day comes later."""
    if terms_on(record.terms, record.last_night).product is Product.LEASE:
        yield from (row for no, row in record.books.billed.items() if no > replayed.position.billed_through)


def _of_items(record: Record, replayed: History) -> dict[int, tuple[LedgerLine, ...]]:
    """Moves the unapplied money of each check to where the replay leaves it; what came first is used first."""
    unapplied = _unapplied(record, replayed)
    posted = record.books.unapplied
    moved = {item: unapplied.get(item, 0) - posted.get(item, 0) for item in {*unapplied, *posted}}
    return {
        item: (LedgerLine("suspense.unapplied", -cents), LedgerLine(TRANSFER, cents))
        for item, cents in moved.items()
        if cents and item is not None
    }


def _unapplied(record: Record, replayed: History) -> dict[int | None, int]:
    """Item -> unapplied cents that the replay leaves of it; None: of the opening."""
    unapplied: dict[int | None, int] = {}
    if record.opening.unapplied_cents:
        unapplied[None] = record.opening.unapplied_cents
    newest = None
    for posting in replayed.postings:
        left = -sum(line.amount_cents for line in posting.lines if line.account == "suspense.unapplied")
        if posting.kind in ("payment", "unapplied"):
            newest = record.items[posting.key]
        if posting.kind in ("payment", "unapplied", "rebill") and left:  # a rent lowered below what was paid of it
            unapplied[newest] = unapplied.get(newest, 0) + left
    used = sum(unapplied.values()) - replayed.position.unapplied_cents
    for owner in unapplied:
        part = min(used, unapplied[owner])
        unapplied[owner] -= part
        used -= part
    return unapplied


def _late_fees(replayed: History) -> list[PostedFee]:
    return [
        PostedFee(int(posting.key.removeprefix("late/")), posting.on, posting.lines[0].amount_cents)
        for posting in replayed.postings
        if posting.kind == "late_fee"
    ]


def _to_bill(
    record: Record, end: Position, credits: Mapping[int, int], fees: Sequence[PostedFee], bill_days: int
) -> Iterable[Installment]:
    """Installments that must be billed and are not: of a loan those with a credit or a fee, and those come by now."""
    terms = terms_on(record.terms, record.last_night)
    first, last = record.opening.billed_through + 1, end.billed_through
    if terms.product is Product.LOAN:
        touched = [*(no for no, cents in credits.items() if cents), *(fee.no for fee in fees)]
        first, last = record.opening.paid_through + 1, max(touched, default=0)
        if end.principal_cents or end.interest_cents:
            last = max(last, billed_by(terms.schedule, record.last_night + timedelta(bill_days)))
    again = (no for no in record.books.unbilled if no <= last)  # they may have been billed before the takeover
    for no in sorted({*range(first, last + 1), *again}):
        due = schedule.installment(terms.schedule, no)
        if due is not None and no not in record.books.billed:
            yield due


def billed_by(runs: Sequence[Run], day: date) -> int:
    """The number of the last installment due on a day or before."""
    return schedule.first_due(runs, day + timedelta(1)) - 1


def _rewritten(record: Record, replayed: History, credits: Mapping[int, int]) -> Iterable[BilledRow]:
    """Billed installments as the terms have them now, where the books have them otherwise."""
    for no, row in record.books.billed.items():
        row_now = _row_now(record, replayed, row, record.books.opening_credits.get(no, 0) + credits.get(no, 0))
        if no and row_now != row:
            yield row_now


def _row_now(record: Record, replayed: History, row: BilledRow, credited_cents: int) -> BilledRow:
    """An installment of a loan asks for no less than was paid of it; one that its terms did away with for no more."""
    terms = terms_on(record.terms, record.last_night)
    if terms.product is Product.LEASE:
        bill = next((due for due in replayed.billed if due.no == row.no), None)
        return BilledRow(row.no, bill.due_on, bill.total_cents, bill.tax_cents, False) if bill else row
    due, is_last = schedule.installment(terms.schedule, row.no), row.no == schedule.last_no(terms.schedule)
    if due is None:
        return BilledRow(row.no, row.due_on, credited_cents, 0, False)
    cents = due.amount_cents if is_last else max(due.amount_cents, credited_cents)
    return BilledRow(row.no, due.due_on, cents, 0, is_last)
