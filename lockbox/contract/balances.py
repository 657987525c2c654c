"""A contract's balances while its days are replayed: what a payment, a night or a charge does to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from lockbox.contract import interest, schedule
from lockbox.contract.allocation import Claim, Part, allocate, loan_claims, timing_of
from lockbox.contract.event import LeaseEnd, WriteOff
from lockbox.contract.position import Credit, OpenBill, OpenFee, Position
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Installment, Method, Product, Terms, Timing


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One ledger line of a posting: debit positive, in cents."""

    account: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What one cause moved on a contract; the lines sum to 0."""

    on: date  # effective
    # accrual, bill, payment, held, application, late_fee, fee, waiver, refund, end_charge, charge_off, payoff, recovery
    kind: str
    key: str  # the event, "late/<no>", "bill/<no>", or the last night of an accrual
    lines: tuple[LedgerLine, ...]
    credits: tuple[Credit, ...] = ()


class Balances:
    """The balances of one contract, moved day by day; every move leaves a posting."""

    def __init__(self, opening: Position, terms: Terms) -> None:
        self.terms = terms
        self.principal, self.interest = opening.principal_cents, opening.interest_cents
        self.unapplied, self.refund = opening.unapplied_cents, opening.refund_cents
        self.carry, self.base, self.period = opening.carry, opening.base_cents, opening.period_cents
        self.fee_ahead, self.paid_through = opening.fee_ahead_cents, opening.paid_through
        self.billed_through = opening.billed_through
        self.credits = {one.no: one.amount_cents for one in opening.credits}
        self.fees, self.bills = list(opening.fees), list(opening.bills)
        self.late_fees, self.ended = set(opening.late_fees), opening.ended
        self.postings: list[Posting] = []

    def take_terms(self, terms: Terms) -> None:
        """Other terms are in force from now on."""
        self.terms = terms
        if terms.method is Method.DAILY:
            self.base, self.period = self.principal, 0

    def claims(self, day: date, excess: Excess | None = None) -> list[Claim]:
        """All that is owed on a day: installments, then fees."""
        fees = [
            Claim(timing_of(one.on, day), Bucket.FEE, day, place, one.open_cents) for place, one in enumerate(self.fees)
        ]
        return self.installment_claims(day, excess or self.terms.excess) + fees

    def installment_claims(self, day: date, excess: Excess = Excess.ADVANCE) -> list[Claim]:
        """What the installments ask for on a day."""
        if self.terms.product is Product.LOAN:
            runs, balances = self.terms.schedule, (self.interest, self.principal)
            return loan_claims(day, runs, self.paid_through, self.credits, *balances, excess)
        return [
            Claim(timing_of(one.due_on, day), bucket, one.due_on, one.no, cents)
            for one in self.bills
            for bucket, cents in ((Bucket.RENT, one.rent_cents), (Bucket.TAX, one.tax_cents))
            if cents
        ]

    def pay(self, day: date, key: str, amount_cents: int, excess: Excess | None = None) -> None:
        """Money received: split in the order of the terms; what nothing takes is unapplied."""
        parts = allocate(amount_cents, self.claims(day, excess), self.terms.order)
        self._settle(day, "payment", key, parts, [LedgerLine("clearing", amount_cents)])

    def hold(self, day: date, key: str, amount_cents: int) -> None:
        """Money received and not to be applied."""
        self.unapplied += amount_cents
        self._post(day, "held", key, [("clearing", amount_cents), ("suspense.unapplied", -amount_cents)])

    def apply(
        self, day: date, key: str, limit_cents: int, excess: Excess | None = None, order: AllocationOrder | None = None
    ) -> None:
        """Unapplied money put to use, at most so much; what nothing takes stays unapplied."""
        amount_cents = min(limit_cents, self.unapplied)
        if amount_cents <= 0:
            return
        parts = allocate(amount_cents, self.claims(day, excess), order or self.terms.order)
        used_cents = sum(part.amount_cents for part in parts if part.claim)
        if used_cents:
            self.unapplied -= used_cents
            taken = [part for part in parts if part.claim]
            self._settle(day, "application", key, taken, [LedgerLine("suspense.unapplied", used_cents)])

    def _settle(self, day: date, kind: str, key: str, parts: Iterable[Part], first: list[LedgerLine]) -> None:
        lines, credits, fee_cents = list(first), dict[int, int](), 0
        taken: dict[Bucket, int] = {}
        for part in parts:
            claim, cents = part.claim, part.amount_cents
            if claim is None:
                self.unapplied += cents
                lines.append(LedgerLine("suspense.unapplied", -cents))
                continue
            taken[claim.bucket] = taken.get(claim.bucket, 0) + cents
            if claim.bucket is Bucket.FEE:
                fee_cents += cents
            elif claim.no or claim.bucket in (Bucket.RENT, Bucket.TAX):  # 0: what is owed at the end of a lease
                credits[claim.no] = credits.get(claim.no, 0) + cents
            self._take(claim, cents)
        self.fees = [one for one in self.fees if one.open_cents]
        self.bills = [one for one in self.bills if one.rent_cents or one.tax_cents]
        lines[1:1] = [LedgerLine(f"receivable.{bucket}", -cents) for bucket, cents in taken.items()]
        found = tuple(Credit(no, cents) for no, cents in sorted(credits.items()))
        self.postings.append(Posting(day, kind, key, tuple(lines), found))
        self._note_credits(found)
        # Only what is still short through the installment now due can be short because of fees (16 CFR 444.4).
        short = sum(one.open_cents for one in self.installment_claims(day) if one.timing is not Timing.ADVANCE)
        self.fee_ahead = min(self.fee_ahead + fee_cents, short)

    def _take(self, claim: Claim, cents: int) -> None:
        if claim.bucket is Bucket.FEE:
            fee = self.fees[claim.no]
            self.fees[claim.no] = replace(fee, open_cents=fee.open_cents - cents)
        elif claim.bucket is Bucket.INTEREST:
            self.interest -= cents
        elif claim.bucket is Bucket.PRINCIPAL:
            self.principal -= cents
            if self.terms.method is Method.DAILY:
                self.base = self.principal
            elif not claim.no:
                self.base = max(self.base - cents, 0)
            if not self.principal:
                self.base = 0
        else:
            at = next(at for at, one in enumerate(self.bills) if (one.no, one.due_on) == (claim.no, claim.due_on))
            bill = self.bills[at]
            if claim.bucket is Bucket.RENT:
                self.bills[at] = replace(bill, rent_cents=bill.rent_cents - cents)
            else:
                self.bills[at] = replace(bill, tax_cents=bill.tax_cents - cents)

    def _note_credits(self, credits: Iterable[Credit]) -> None:
        if self.terms.product is not Product.LOAN:
            return
        for one in credits:
            self.credits[one.no] = self.credits.get(one.no, 0) + one.amount_cents
        while (due := schedule.installment(self.terms.schedule, self.paid_through + 1)) is not None:
            if due.no == schedule.last_no(self.terms.schedule) or self.credits.get(due.no, 0) < due.amount_cents:
                break
            self.paid_through += 1
            self.credits.pop(due.no, None)

    def short_cents(self, day: date, due: Installment) -> tuple[int, int]:
        """(unpaid of an installment, unpaid of it and all before it) on a day, by what the schedule says of it."""
        owed = [one for one in self.installment_claims(day) if 0 < one.no <= due.no]
        through = sum(one.open_cents for one in owed)
        own = sum(one.open_cents for one in owed if one.no == due.no)
        if self.terms.product is Product.LOAN:
            # The last installment asks for all that is left; only its own amount can be late.
            beyond = max(own - max(due.amount_cents - self.credits.get(due.no, 0), 0), 0)
            return own - beyond, through - beyond
        return own, through

    def paid_off(self) -> bool:
        """Whether it is a loan of which neither principal nor interest is owed."""
        return self.terms.product is Product.LOAN and not self.principal and not self.interest

    def accrue(self, first: date, last: date) -> None:
        """The nights of `first` to `last` accrue on the base."""
        nights = interest.numerator(self.base, self.terms.rate_ppm, first, last, self.terms.day_count)
        cents, self.carry = interest.accrue(self.carry, nights)
        self.interest += cents
        if self.terms.method is Method.SCHEDULED:
            self.period += cents
        if cents:
            self._post(last, "accrual", last.isoformat(), [("receivable.interest", cents), ("income.interest", -cents)])

    def step_base(self, due: Installment) -> None:
        """Scheduled method: on its due date the principal part of an installment leaves the base, paid or not."""
        if due.no == schedule.last_no(self.terms.schedule):
            self.base = 0
        else:
            self.base -= min(self.base, max(due.amount_cents - self.period, 0))
        self.period = max(self.period - due.amount_cents, 0)

    def bill(self, day: date, due: Installment) -> None:
        """Rent and its tax are owed from now on."""
        self.bills.append(OpenBill(due.no, due.due_on, due.amount_cents, due.tax_cents))
        self._owe(day, "bill", f"bill/{due.no}", {Bucket.RENT: due.amount_cents, Bucket.TAX: due.tax_cents})
        self.billed_through = due.no

    def charge_fee(self, day: date, kind: str, key: str, amount_cents: int) -> None:
        """A fee is owed from now on; it bears no interest."""
        self.fees.append(OpenFee(day, key, amount_cents))
        self._owe(day, kind, key, {Bucket.FEE: amount_cents})

    def waive(self, day: date, key: str, limit_cents: int, fee_key: str | None) -> None:
        """Fees let go, as far as any are owed."""
        left, kept = limit_cents, []
        for fee in self.fees:
            cents = min(left, fee.open_cents) if fee_key in (None, fee.key) else 0
            left -= cents
            if fee.open_cents > cents:
                kept.append(replace(fee, open_cents=fee.open_cents - cents))
        self.fees = kept
        waived = limit_cents - left
        if waived:
            self._post(day, "waiver", key, [("expense.waiver", waived), ("receivable.fee", -waived)])

    def give_back(self, day: date, key: str, limit_cents: int) -> None:
        """Unapplied money becomes payable to the customer."""
        cents = min(limit_cents, self.unapplied)
        if cents > 0:
            self.unapplied -= cents
            self.refund += cents
            self._post(day, "refund", key, [("suspense.unapplied", cents), ("payable.refund", -cents)])

    def end(self, event: LeaseEnd) -> None:
        """A lease ends: its charges are owed at once, nothing more is billed."""
        self.ended = True
        owed: dict[Bucket, int] = {}
        for charge in event.charges:
            if charge.bucket is Bucket.FEE:
                self.charge_fee(event.on, "end_charge", f"{event.event_id}/{charge.kind}", charge.amount_cents)
            else:
                owed[charge.bucket] = owed.get(charge.bucket, 0) + charge.amount_cents
        if owed:
            rent, tax = owed.get(Bucket.RENT, 0), owed.get(Bucket.TAX, 0)
            self.bills.append(OpenBill(0, event.on, rent, tax))
            self._owe(event.on, "end_charge", event.event_id, owed)

    def write_off(self, event: WriteOff) -> None:
        """All that is owed is let go, unless it is more than the limit; of a lease its bills count as settled."""
        owed = {
            Bucket.PRINCIPAL: self.principal,
            Bucket.INTEREST: self.interest,
            Bucket.FEE: sum(one.open_cents for one in self.fees),
            Bucket.RENT: sum(one.rent_cents for one in self.bills),
            Bucket.TAX: sum(one.tax_cents for one in self.bills),
        }
        total = sum(owed.values())
        if event.limit_cents is not None and total > event.limit_cents:
            return
        self.ended = self.ended or (event.kind == "charge_off" and self.terms.product is Product.LEASE)
        if not total:
            return
        settled = tuple(Credit(one.no, one.rent_cents + one.tax_cents) for one in self.bills)
        self.principal = self.interest = self.base = self.fee_ahead = 0
        self.fees, self.bills = [], []
        lines = [
            (f"expense.{event.kind}", total),
            *((f"receivable.{bucket}", -cents) for bucket, cents in owed.items()),
        ]
        self._post(event.on, event.kind, event.event_id, lines, settled)

    def recover(self, day: date, key: str, limit_cents: int) -> None:
        """Unapplied money of a charged-off contract becomes income."""
        cents = min(limit_cents, self.unapplied)
        if cents > 0:
            self.unapplied -= cents
            self._post(day, "recovery", key, [("suspense.unapplied", cents), ("income.recovery", -cents)])

    def _owe(self, day: date, kind: str, key: str, owed: dict[Bucket, int]) -> None:
        against = {Bucket.FEE: "income.fee", Bucket.RENT: "income.rent", Bucket.TAX: "liability.sales_tax"}
        lines = [(f"receivable.{bucket}", cents) for bucket, cents in owed.items()]
        self._post(day, kind, key, lines + [(against[bucket], -cents) for bucket, cents in owed.items()])

    def _post(
        self, day: date, kind: str, key: str, lines: Iterable[tuple[str, int]], credits: tuple[Credit, ...] = ()
    ) -> None:
        moved = tuple(LedgerLine(account, cents) for account, cents in lines if cents)
        self.postings.append(Posting(day, kind, key, moved, credits))
