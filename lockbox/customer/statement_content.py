"""How a statement follows from the ledger: what is due and why, what happened, where the account stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import interest, schedule
from lockbox.contract.grace import IsOpen, Lateness, late_fee_cents, on_time_until
from lockbox.contract.terms import DayCount, Installment, Rules, Run
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
    "application": "Money held for you, applied",
    "late_fee": "Late fee",
    "accrual": "Interest accrued",
    "adjustment": "Correction of earlier entries",
    "fee": "Fee",
    "waiver": "Fee waived",
    "refund": "Refund to you",
    "payoff": "Rest let go at payoff",
    "recovery": "Money taken after charge-off",
    "lease_end": "Charges at the end of the lease",
    "charge_off": "Charged off",
    "item": "Payment, thank you",
}


@dataclass(frozen=True, slots=True)
class Journal:
    """A ledger journal as far as it concerns the contract: debit positive, in cents by part."""

    kind: str
    reversed_kind: str | None
    posted_on: date
    effective_on: date
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BilledInstallment:
    """An installment that is asked for, and what it got so far. `amount_cents` has the tax in it."""

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
    previous_on: date | None  # when the statement before was made
    rate_ppm: int
    day_count: DayCount
    base_cents: int  # principal that interest accrues on
    last_run: Run  # the last one of the schedule
    installment_no: int
    opening: Mapping[str, int]  # balances at the end of the statement before, by part
    journals: Sequence[Journal]  # since then; an "opening" is where a contract was taken over
    installments: Sequence[BilledInstallment]
    late_fee: LateFee | None


def compose(basis: Basis, sender: Letterhead) -> tuple[Statement, dict[str, int]]:
    """The statement, and the balances by part at its end, with which the next one begins."""
    opening = {part: basis.opening.get(part, 0) for part in PARTS}
    taken_over = [one for one in basis.journals if one.kind == "opening"]
    for one in taken_over:
        opening = {part: opening[part] + one.parts.get(part, 0) for part in PARTS}
    journals = [one for one in basis.journals if one.kind != "opening"]
    closing = {part: opening[part] + sum(one.parts.get(part, 0) for one in journals) for part in PARTS}
    lines, past_due = due_lines(basis, closing)
    since = basis.previous_on or max((one.posted_on for one in taken_over), default=basis.made_on - timedelta(30))
    movements = tuple(_movement(one) for one in journals)
    made = Statement(
        sender=sender,
        recipient=basis.recipient,
        made_on=basis.made_on,
        period_from=since,
        due_on=basis.due_on,
        amount_due_cents=max(sum(line.amount_cents for line in lines), 0),
        due_lines=lines,
        past_due_cents=past_due,
        facts=_facts(basis, opening, closing, journals),
        movements=movements,
        late_fee=basis.late_fee,
        notes=_notes(journals),
    )
    return made, closing


def due_lines(basis: Basis, closing: Mapping[str, int]) -> tuple[tuple[StatementLine, ...], int]:
    """What makes up the amount due, and how much of it was due before the statement. Never more than is owed at all."""
    loan = basis.recipient.product == "loan"
    left = _owed_by_due_date(basis, closing) if loan else None
    past, now, lines = 0, 0, []
    for one in basis.installments:
        open_cents = max(one.amount_cents - one.credited_cents, 0)
        if left is not None:  # a loan asks for no more than is left; its last installment for all of it
            open_cents = left if one.is_last else min(open_cents, left)
            left -= open_cents
        if one.due_on < basis.made_on:
            past += open_cents
            continue
        now += open_cents
        lines += _asked_lines(one, open_cents, loan)
    first = [StatementLine("Past due", past)] if past else []
    if closing["fee"]:
        lines.append(StatementLine("Fees", closing["fee"]))
    if closing["unapplied"]:
        lines.append(StatementLine("Money held for you", closing["unapplied"]))
    return (*first, *lines), past


def late_fee_of(one: BilledInstallment, state: str, rules: Rules, is_open: IsOpen) -> LateFee | None:
    """The warning for an installment that is not paid; None where no fee follows."""
    short = one.amount_cents - one.credited_cents
    if short <= 0:
        return None
    rule = rules.late_fee(state, one.due_on)
    due = Installment(one.no, one.due_on, one.amount_cents - one.tax_cents, one.tax_cents)
    cents = late_fee_cents(Lateness(due, short, short, 0, 0), rule)
    return LateFee(on_time_until(one.due_on, rule, is_open), cents) if cents else None


def _owed_by_due_date(basis: Basis, closing: Mapping[str, int]) -> int:
    """All that a loan owes on the due date, fees aside, if nothing is paid until then."""
    nights = interest.numerator(
        basis.base_cents, basis.rate_ppm, basis.made_on + timedelta(1), basis.due_on - timedelta(1), basis.day_count
    )
    return max(closing["principal"] + closing["interest"] + interest.accrue(0, nights)[0], 0)


def _asked_lines(one: BilledInstallment, open_cents: int, loan: bool) -> list[StatementLine]:
    day = short_date(one.due_on)
    if loan:
        asked = open_cents + one.credited_cents
        lines = [StatementLine(f"Installment due {day}", asked)]
    else:
        asked = one.amount_cents
        lines = [StatementLine(f"Lease payment due {day}", asked - one.tax_cents)]
        lines += [StatementLine("Sales tax", one.tax_cents)] if one.tax_cents else []
    paid = asked - open_cents
    return [*lines, StatementLine("Already paid toward it", -paid)] if paid else lines


def _movement(one: Journal) -> Movement:
    what = _WHAT.get(one.kind, one.kind.replace("_", " ").capitalize())
    if one.kind == "reversal":
        what = "Payment returned by your bank" if one.reversed_kind == "item" else "Correction of an entry"
    effective_on = one.posted_on if one.kind == "accrual" else one.effective_on
    parts = {part: cents for part, cents in one.parts.items() if cents}
    return Movement(one.posted_on, effective_on, what, sum(parts.values()), parts)


def _facts(
    basis: Basis, opening: Mapping[str, int], closing: Mapping[str, int], journals: Sequence[Journal]
) -> tuple[Fact, ...]:
    paid = -sum(sum(one.parts.values()) for one in journals if one.kind == "item")
    to_come = basis.last_run.first_no + basis.last_run.count - 1 - basis.installment_no
    if basis.recipient.product == "lease":
        run = basis.last_run
        ends_on = schedule.due_on(run.first_due_on, run.due_day, run.count)
        return (
            Fact("Payments left after this one", str(to_come)),
            Fact("Lease ends", long_date(ends_on)),
            Fact("Paid since the last statement", dollars(paid)),
            Fact("Fees owed", dollars(closing["fee"])),
        )
    interest_paid = -sum(one.parts.get("interest", 0) for one in journals if one.kind == "item")
    per_day = interest.numerator(basis.base_cents, basis.rate_ppm, basis.made_on, basis.made_on, basis.day_count)
    return (
        Fact("Principal at the last statement", dollars(opening["principal"])),
        Fact("Principal now", dollars(closing["principal"])),
        Fact("Interest accrued, not paid yet", dollars(closing["interest"])),
        Fact("Annual rate, simple interest", percent(basis.rate_ppm)),
        Fact("Interest per day", dollars(interest.accrue(0, per_day)[0])),
        Fact("Installments left after this one", str(to_come)),
        Fact("Paid since the last statement", dollars(paid)),
        Fact("Of that, interest", dollars(interest_paid)),
    )


def percent(rate_ppm: int) -> str:
    """64900 as "6.49 %": two decimals, more where the rate has them."""
    whole, rest = divmod(rate_ppm, 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{decimals} %"


def _notes(journals: Sequence[Journal]) -> tuple[str, ...]:
    returned = [one for one in journals if one.kind == "reversal" and one.reversed_kind == "item"]
    return tuple(
        f"Your bank returned your payment of {dollars(sum(one.parts.values()))}: what it had paid is owed again."
        for one in returned
    )
