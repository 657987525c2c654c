"""How a statement follows from the ledger: what is due and why, what was posted, where the account stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import interest, schedule
from lockbox.contract.grace import IsOpen, Lateness, late_fee_cents, on_time_until
from lockbox.contract.terms import DayCount, Rules, Run
from lockbox.customer.statement import (
    Fact,
    LateFee,
    Letterhead,
    Movement,
    Recipient,
    Statement,
    StatementLine,
    long_date,
    short_date,
)
from lockbox.money import dollars

PARTS = ("principal", "interest", "fee", "rent", "tax", "unapplied")
_WHAT = {
    "billing": "Lease payment billed",
    "application": "Unapplied funds applied",
    "late_fee": "Late fee",
    "accrual": "Interest accrued",
    "adjustment": "Adjustment to earlier entries",
    "fee": "Fee",
    "waiver": "Fee waived",
    "interest_waiver": "Interest waived",
    "refund": "Refund due to you",
    "payoff": "Payoff shortage waived",
    "recovery": "Applied to charged-off balance",
    "lease_end": "End-of-lease charges",
    "charge_off": "Balance charged off",
    "item": "Payment - thank you",
}

_WHO_REVERSED = {True: "Your bank returned", False: "We reversed"}


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a journal reverses."""

    kind: str  # of the journal that is reversed
    is_returned: bool  # a check that its bank returned; else the lender reverses it
    is_of_period: bool  # posted since the previous statement, too: both are on this one


@dataclass(frozen=True, slots=True)
class Journal:
    """A ledger journal, as far as it concerns the contract: debits positive, in cents by part."""

    kind: str
    reversal: Reversal | None
    posted_on: date
    effective_on: date
    parts: Mapping[str, int]
    instruction: str | None = None  # of a payment: "principal_only", followed, or "principal_only_barred"


@dataclass(frozen=True, slots=True)
class BilledInstallment:
    """An installment that has been billed, and what was credited to it. `amount_cents` includes the tax."""

    no: int
    due_on: date
    amount_cents: int
    tax_cents: int
    is_last: bool
    credited_cents: int


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a statement is derived from."""

    recipient: Recipient
    made_on: date
    due_on: date
    previous_on: date | None  # when the previous statement was made
    rate_ppm: int
    day_count: DayCount
    base_cents: int  # principal that interest accrues on
    last_run: Run  # the last one of the schedule
    installment_no: int
    opening: Mapping[str, int]  # balances at the end of the previous statement, by part
    journals: Sequence[Journal]  # since then; an "opening" is where a contract was taken over
    installments: Sequence[BilledInstallment]
    late_fee: LateFee | None
    small_cents: int = 0  # no more than this from before the statement is not past due, only asked for


def compose(basis: Basis, sender: Letterhead) -> tuple[Statement, dict[str, int]]:
    """The statement, and the balances by part at its end, with which the next one begins."""
    opening = {part: basis.opening.get(part, 0) for part in PARTS}
    openings = [journal for journal in basis.journals if journal.kind == "opening"]
    for taken_over in openings:
        opening = {part: opening[part] + taken_over.parts.get(part, 0) for part in PARTS}
    journals = [journal for journal in basis.journals if journal.kind != "opening"]
    closing = {part: opening[part] + sum(journal.parts.get(part, 0) for journal in journals) for part in PARTS}
    lines, past_due = due_lines(basis, closing)
    since = basis.previous_on or max((journal.posted_on for journal in openings), default=basis.made_on - timedelta(30))
    statement = Statement(
        sender=sender,
        recipient=basis.recipient,
        made_on=basis.made_on,
        period_from=since,
        due_on=basis.due_on,
        amount_due_cents=max(sum(line.amount_cents for line in lines), 0),
        due_lines=lines,
        past_due_cents=past_due,
        facts=_facts(basis, opening, closing, journals),
        movements=tuple(_movement(journal) for journal in journals),
        late_fee=basis.late_fee,
        notes=_notes(journals),
    )
    return statement, closing


def due_lines(basis: Basis, closing: Mapping[str, int]) -> tuple[tuple[StatementLine, ...], int]:
    """What makes up the amount due, and how much of it is past due; never more than is owed.

    A small amount from before the statement is not past due, but asked for.
    """
    loan = basis.recipient.product == "loan"
    left = _owed_on(basis.due_on, basis, closing) if loan else None
    past = 0
    lines: list[StatementLine] = []
    for installment in basis.installments:
        open_cents = max(installment.amount_cents - installment.credited_cents, 0)
        if left is not None:  # a loan bills no more than is left; its last installment bills all of it
            open_cents = left if installment.is_last else min(open_cents, left)
            left -= open_cents
        if installment.due_on < basis.made_on:
            past += open_cents
            continue
        lines += _installment_lines(installment, open_cents, loan)
    is_small = past <= basis.small_cents
    first = [StatementLine("Balance of earlier installments" if is_small else "Past due", past)] if past else []
    if closing["fee"]:
        lines.append(StatementLine("Fees", closing["fee"]))
    if closing["unapplied"]:
        lines.append(StatementLine("Unapplied funds", closing["unapplied"]))
    return (*first, *lines), 0 if is_small else past


def late_fee_of(basis: Basis, standing: Mapping[str, int], state: str, rules: Rules, is_open: IsOpen) -> LateFee | None:
    """The warning for the installment that a statement bills, if nothing is paid; None where no fee follows."""
    due = next((installment for installment in basis.installments if installment.no == basis.installment_no), None)
    if due is None:
        return None
    rule = rules.late_fee(state, due.due_on)
    last_day = on_time_until(due.due_on, rule, is_open)
    earlier_cents = sum(
        max(earlier.amount_cents - earlier.credited_cents, 0) for earlier in basis.installments if earlier.no < due.no
    )
    short_cents = due.amount_cents - due.credited_cents
    if basis.recipient.product == "loan":  # a loan asks for no more than it owes
        short_cents = min(short_cents, max(_owed_on(last_day, basis, standing) - earlier_cents, 0))
    lateness = Lateness(
        asked_cents=min(due.amount_cents, due.credited_cents + short_cents),
        short_cents=short_cents,
        short_through_cents=earlier_cents + short_cents,
        had_fee_cents=0,
        window_cents=0,
        fee_ahead_cents=0,
        small_cents=rules.small_shortage_cents(last_day),
    )
    cents = late_fee_cents(lateness, rule)
    return LateFee(last_day, cents) if cents else None


def _owed_on(day: date, basis: Basis, closing: Mapping[str, int]) -> int:
    """All that a loan owes before the night of a day, fees aside, if nothing is paid by then."""
    first, last = basis.made_on + timedelta(1), day - timedelta(1)
    nights = interest.numerator(basis.base_cents, basis.rate_ppm, first, last, basis.day_count)
    return max(closing["principal"] + closing["interest"] + interest.accrue(0, nights)[0], 0)


def _installment_lines(installment: BilledInstallment, open_cents: int, loan: bool) -> list[StatementLine]:
    day = short_date(installment.due_on)
    if loan:
        billed = open_cents + installment.credited_cents
        lines = [StatementLine(f"Installment due {day}", billed)]
    else:
        billed, tax_cents = installment.amount_cents, installment.tax_cents
        lines = [StatementLine(f"Lease payment due {day}", billed - tax_cents)]
        lines += [StatementLine("Sales tax", tax_cents)] if tax_cents else []
    paid = billed - open_cents
    return [*lines, StatementLine("Partial payment received", -paid)] if paid else lines


def _movement(journal: Journal) -> Movement:
    what = _WHAT.get(journal.kind, journal.kind.replace("_", " ").capitalize())
    if journal.reversal is not None:
        payment = "Payment returned by your bank" if journal.reversal.is_returned else "Payment reversed"
        what = payment if journal.reversal.kind == "item" else "Earlier entry reversed"
    effective_on = journal.posted_on if journal.kind == "accrual" else journal.effective_on
    parts = {part: cents for part, cents in journal.parts.items() if cents}
    return Movement(journal.posted_on, effective_on, what, sum(parts.values()), parts)


def _facts(
    basis: Basis, opening: Mapping[str, int], closing: Mapping[str, int], journals: Sequence[Journal]
) -> tuple[Fact, ...]:
    payments = [journal.parts for journal in journals if journal.kind == "item" or _is_undone_payment(journal)]
    paid = -sum(sum(parts.values()) for parts in payments)
    to_come = basis.last_run.first_no + basis.last_run.count - 1 - basis.installment_no
    if basis.recipient.product == "lease":
        run = basis.last_run
        ends_on = schedule.due_on(run.first_due_on, run.due_day, run.count)
        return (
            Fact("Payments remaining after this one", str(to_come)),
            Fact("Lease end date", long_date(ends_on)),
            Fact("Payments since last statement", dollars(paid)),
            Fact("Unpaid fees", dollars(closing["fee"])),
        )
    interest_paid = -sum(parts.get("interest", 0) for parts in payments)
    per_day = interest.numerator(basis.base_cents, basis.rate_ppm, basis.made_on, basis.made_on, basis.day_count)
    return (
        Fact("Previous principal balance", dollars(opening["principal"])),
        Fact("Current principal balance", dollars(closing["principal"])),
        Fact("Unpaid accrued interest", dollars(closing["interest"])),
        Fact("Annual simple interest rate", percent(basis.rate_ppm)),
        Fact("Daily interest", dollars(interest.accrue(0, per_day)[0])),
        Fact("Installments remaining after this one", str(to_come)),
        Fact("Payments since last statement", dollars(paid)),
        Fact("Interest portion of those payments", dollars(interest_paid)),
    )


def _is_undone_payment(journal: Journal) -> bool:
    """Whether a payment since the previous statement is taken back: both together paid nothing."""
    return journal.reversal is not None and journal.reversal.kind == "item" and journal.reversal.is_of_period


def percent(rate_ppm: int) -> str:
    """64900 as "6.49%": two decimals, more where the rate has them."""
    whole, rest = divmod(rate_ppm, 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{decimals}%"


_INSTRUCTED = {
    "principal_only": "As you asked, what was left of your payment of {amount} after everything due was paid went to "
    "principal only.",
    "principal_only_barred": "You asked us to apply your payment of {amount} to principal only. Your contract does not "
    "provide for that. We applied it as we apply every payment.",
}


def _notes(journals: Sequence[Journal]) -> tuple[str, ...]:
    return (
        *(
            f"{_WHO_REVERSED[journal.reversal.is_returned]} your payment of {dollars(sum(journal.parts.values()))}. "
            "This amount is due again."
            for journal in journals
            if journal.reversal is not None and journal.reversal.kind == "item"
        ),
        *(
            _INSTRUCTED[journal.instruction].format(amount=dollars(-sum(journal.parts.values())))
            for journal in journals
            if journal.instruction
        ),
    )
