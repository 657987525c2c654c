"""The balances of a contract while its days are replayed: how a payment, a night or a charge moves them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lockbox.contract import interest, schedule
from lockbox.contract.allocation import Claim, Part, allocate, loan_claims, timing_of
from lockbox.contract.event import LeaseEnd, WriteOff
from lockbox.contract.grace import Shortage
from lockbox.contract.loss import loss_lines, waiver_lines
from lockbox.contract.position import Credit, OpenBill, OpenFee, Position
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Installment, Method, Product, Terms, Timing


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One ledger line of a posting, in cents; a debit is positive."""

    account: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What one cause moved on a contract. The lines sum to 0."""

    on: date  # effective date
    # accrual, bill, rebill, payment, unapplied, application, late_fee, fee, waiver, interest_waiver, refund,
    # refund_paid, refund_stopped, end_charge, charge_off, payoff, recovery
    kind: str
    key: str  # the event's id, "late/<no>", "bill/<no>", or the last night of an accrual
    lines: tuple[LedgerLine, ...]
    credits: tuple[Credit, ...] = ()


class Balances:
    """The balances of one contract, moved day by day. Every move leaves a posting."""

    def __init__(self, opening: Position, terms: Terms) -> None:
        self.terms = terms
        self.principal, self.interest = opening.principal_cents, opening.interest_cents
        self.unapplied, self.refund = opening.unapplied_cents, opening.refund_cents
        self.carry, self.base, self.period = opening.carry, opening.base_cents, opening.period_cents
        self.fee_ahead, self.paid_through = opening.fee_ahead_cents, opening.paid_through
        self.billed_through = opening.billed_through
        self.credits = _paid_ahead(opening, terms) | {credit.no: credit.amount_cents for credit in opening.credits}
        self.fees, self.bills = list(opening.fees), list(opening.bills)
        self.late_fees, self.ended = set(opening.late_fees), opening.ended
        billed = (schedule.installment(terms.schedule, bill.no) for bill in opening.bills)
        self.billed = {due.no: due for due in billed if due is not None}  # rents as they were billed last
        self.postings: list[Posting] = []

    def take_terms(self, terms: Terms) -> None:
        """Puts other terms in force from the start of their first day."""
        old, self.terms = self.terms, terms
        first = schedule.first_due(old.schedule, terms.valid_from)
        if terms.product is Product.LOAN:
            self._settle_again(first)
        elif not self.ended:
            for no in range(first, self.billed_through + 1):
                self._bill_again(old, no)
            self.billed_through = min(self.billed_through, schedule.last_no(terms.schedule))
        if terms.method is Method.DAILY:
            self.base, self.period = self.principal, 0

    def _settle_again(self, first: int) -> None:
        """Which installments of a loan are settled, once those from the first one not yet due ask for other amounts."""
        runs = self.terms.schedule
        self.paid_through = min(self.paid_through, schedule.last_no(runs) - 1)
        for no in range(first, self.paid_through + 1):
            due = schedule.installment(runs, no)
            if due is None or self.credits.get(no, 0) < due.amount_cents:
                self.paid_through = no - 1
                break
        self._count_settled()

    def _bill_again(self, old: Terms, no: int) -> None:
        """A billed rent that is not yet due gets the new date and amount; what was paid beyond that is unapplied."""
        before, due = schedule.installment(old.schedule, no), schedule.installment(self.terms.schedule, no)
        if before is None or before == due:
            return
        after = due or replace(before, amount_cents=0, tax_cents=0)
        self.billed.pop(no, None)
        if due is not None:
            self.billed[no] = due
        left = next((bill for bill in self.bills if bill.no == no), OpenBill(no, before.due_on, 0, 0))
        paid = before.total_cents - left.rent_cents - left.tax_cents
        bill = OpenBill(
            no,
            after.due_on,
            max(after.amount_cents - paid, 0),
            max(min(after.tax_cents, after.total_cents - paid), 0),
        )
        over = max(paid - after.total_cents, 0)
        self.unapplied += over
        bills = [other for other in self.bills if other is not left]
        self.bills = sorted(
            [*bills, bill] if bill.rent_cents or bill.tax_cents else bills, key=lambda bill: bill.due_on
        )
        lines = [
            ("receivable.rent", bill.rent_cents - left.rent_cents),
            ("receivable.tax", bill.tax_cents - left.tax_cents),
            ("income.rent", before.amount_cents - after.amount_cents),
            ("liability.sales_tax", before.tax_cents - after.tax_cents),
            ("suspense.unapplied", -over),
        ]
        credits = (Credit(no, -over),) if over else ()
        self._post(self.terms.valid_from, "rebill", f"rebill/{self.terms.version}/{no}", lines, credits)

    def claims(self, day: date, excess: Excess | None = None) -> list[Claim]:
        """All that is owed on a day: installments, then fees."""
        fees = [
            Claim(timing_of(fee.on, day), Bucket.FEE, day, place, fee.open_cents) for place, fee in enumerate(self.fees)
        ]
        order = self.terms.order
        return self.installment_claims(day, order.followed(excess) or self.terms.excess, order.most_ahead) + fees

    def installment_claims(
        self, day: date, excess: Excess = Excess.ADVANCE, most_ahead: int | None = None
    ) -> list[Claim]:
        """What the installments claim on a day."""
        if self.terms.product is Product.LOAN:
            runs, balances = self.terms.schedule, (self.interest, self.principal)
            return loan_claims(day, runs, self.paid_through, self.credits, *balances, excess, most_ahead)
        return [
            Claim(timing_of(bill.due_on, day), bucket, bill.due_on, bill.no, cents)
            for bill in self.bills
            for bucket, cents in ((Bucket.RENT, bill.rent_cents), (Bucket.TAX, bill.tax_cents))
            if cents
        ]

    def pay(self, day: date, key: str, amount_cents: int, excess: Excess | None = None) -> None:
        """Splits money received in the order of the terms. What no claim takes is unapplied."""
        parts = allocate(amount_cents, self.claims(day, excess), self.terms.order)
        self._settle(day, "payment", key, parts, [LedgerLine("clearing", amount_cents)])

    def keep_unapplied(self, day: date, key: str, amount_cents: int) -> None:
        """Takes in money that must not be applied."""
        self.unapplied += amount_cents
        self._post(day, "unapplied", key, [("clearing", amount_cents), ("suspense.unapplied", -amount_cents)])

    def apply(
        self, day: date, key: str, limit_cents: int, excess: Excess | None = None, order: AllocationOrder | None = None
    ) -> None:
        """Applies unapplied money up to a limit. What no claim takes stays unapplied."""
        amount_cents = min(limit_cents, self.unapplied)
        if amount_cents > 0:
            parts = allocate(amount_cents, self.claims(day, excess), order or self.terms.order)
            self.unapplied -= self._apply_from("suspense.unapplied", day, key, parts)

    def net_refund(self, day: date, key: str) -> None:
        """Applies what is payable to the customer to what the contract owes. The rest stays payable."""
        if self.refund > 0:
            parts = allocate(self.refund, self.claims(day), self.terms.order)
            self.refund -= self._apply_from("payable.refund", day, key, parts)

    def _apply_from(self, account: str, day: date, key: str, parts: Iterable[Part]) -> int:
        applied = [part for part in parts if part.claim]
        used_cents = sum(part.amount_cents for part in applied)
        if used_cents:
            self._settle(day, "application", key, applied, [LedgerLine(account, used_cents)])
        return used_cents

    def _settle(self, day: date, kind: str, key: str, parts: Iterable[Part], debits: list[LedgerLine]) -> None:
        lines, credits_by_no, fee_cents = list(debits), dict[int, int](), 0
        paid: dict[Bucket, int] = {}
        for part in parts:
            claim, cents = part.claim, part.amount_cents
            if claim is None:
                self.unapplied += cents
                lines.append(LedgerLine("suspense.unapplied", -cents))
                continue
            paid[claim.bucket] = paid.get(claim.bucket, 0) + cents
            if claim.bucket is Bucket.FEE:
                fee_cents += cents
            elif claim.no or claim.bucket in (Bucket.RENT, Bucket.TAX):  # 0: what is owed at the end of a lease
                credits_by_no[claim.no] = credits_by_no.get(claim.no, 0) + cents
            self._pay_claim(claim, cents)
        self.fees = [fee for fee in self.fees if fee.open_cents]
        self.bills = [bill for bill in self.bills if bill.rent_cents or bill.tax_cents]
        lines[1:1] = [LedgerLine(f"receivable.{bucket}", -cents) for bucket, cents in paid.items()]
        credits = tuple(Credit(no, cents) for no, cents in sorted(credits_by_no.items()))
        self.postings.append(Posting(day, kind, key, tuple(lines), credits))
        self._credit_installments(credits)
        # Only what is still short through the installment now due can be short because of fees (16 CFR 444.4).
        short = sum(claim.open_cents for claim in self.installment_claims(day) if claim.timing is not Timing.ADVANCE)
        self.fee_ahead = min(self.fee_ahead + fee_cents, short)

    def _pay_claim(self, claim: Claim, cents: int) -> None:
        if claim.bucket is Bucket.FEE:
            fee = self.fees[claim.no]
            self.fees[claim.no] = replace(fee, open_cents=fee.open_cents - cents)
        elif claim.bucket is Bucket.INTEREST:
            self.interest -= cents
        elif claim.bucket is Bucket.PRINCIPAL:
            self._pay_principal(claim, cents)
        else:
            self._pay_bill(claim, cents)

    def _pay_principal(self, claim: Claim, cents: int) -> None:
        self.principal -= cents
        if self.terms.method is Method.DAILY:
            self.base = self.principal
        elif not claim.no:
            self.base = max(self.base - cents, 0)
        if not self.principal:
            self.base = 0

    def _pay_bill(self, claim: Claim, cents: int) -> None:
        place, bill = next(
            (place, bill) for place, bill in enumerate(self.bills) if (bill.no, bill.due_on) == (claim.no, claim.due_on)
        )
        if claim.bucket is Bucket.RENT:
            self.bills[place] = replace(bill, rent_cents=bill.rent_cents - cents)
        else:
            self.bills[place] = replace(bill, tax_cents=bill.tax_cents - cents)

    def _credit_installments(self, credits: Iterable[Credit]) -> None:
        if self.terms.product is not Product.LOAN:
            return
        for credit in credits:
            self.credits[credit.no] = self.credits.get(credit.no, 0) + credit.amount_cents
        self._count_settled()

    def _count_settled(self) -> None:
        """The last installment asks for all that is left: it is settled once nothing is."""
        last = schedule.last_no(self.terms.schedule)
        while (due := schedule.installment(self.terms.schedule, self.paid_through + 1)) is not None:
            is_paid = self.credits.get(due.no, 0) >= due.amount_cents if due.no < last else self.is_paid_off()
            if not is_paid:
                break
            self.paid_through += 1

    def credits_on(self, day: date) -> tuple[Credit, ...]:
        """What the installments that are open or not yet due after a day have received; terms may change these."""
        first = schedule.first_due(self.terms.schedule, day + timedelta(1))
        kept = (no for no, cents in sorted(self.credits.items()) if cents and (no > self.paid_through or no >= first))
        return tuple(Credit(no, self.credits[no]) for no in kept)

    def shortage(self, day: date, due: Installment) -> Shortage:
        """What an installment is short of on a day, as the schedule has it; of a loan never more than it owes."""
        owed = Counter[int]()
        for claim in self.installment_claims(day):
            owed[claim.no] += claim.open_cents if 0 < claim.no <= due.no else 0
        asked, had_fee = due.total_cents, sum(owed[no] for no in self.late_fees if no < due.no)
        if self.terms.product is Product.LOAN:
            # The last installment claims all that is left; only its own amount can be late.
            credited = self.credits.get(due.no, 0)
            owed[due.no] = min(owed[due.no], max(due.amount_cents - credited, 0))
            asked = min(due.amount_cents, credited + owed[due.no])
        return Shortage(asked, owed[due.no], owed.total(), had_fee)

    def is_paid_off(self) -> bool:
        """Whether this is a loan that owes neither principal nor interest."""
        return self.terms.product is Product.LOAN and not self.principal and not self.interest

    def accrue(self, first: date, last: date) -> None:
        """Accrues the nights of `first` to `last` on the base."""
        nights = interest.numerator(self.base, self.terms.rate_ppm, first, last, self.terms.day_count)
        cents, self.carry = interest.accrue(self.carry, nights)
        self.interest += cents
        if self.terms.method is Method.SCHEDULED:
            self.period += cents
        if cents:
            self._post(last, "accrual", last.isoformat(), [("receivable.interest", cents), ("income.interest", -cents)])

    def step_base(self, due: Installment) -> None:
        """Scheduled method: the principal part of an installment leaves the base on its due date, paid or not."""
        if due.no == schedule.last_no(self.terms.schedule):
            self.base = 0
        else:
            self.base -= min(self.base, max(due.amount_cents - self.period, 0))
        self.period = max(self.period - due.amount_cents, 0)

    def bill(self, day: date, due: Installment) -> None:
        """Makes a rent and its tax owed from now on."""
        self.bills.append(OpenBill(due.no, due.due_on, due.amount_cents, due.tax_cents))
        self.billed[due.no] = due
        self._owe(day, "bill", f"bill/{due.no}", {Bucket.RENT: due.amount_cents, Bucket.TAX: due.tax_cents})
        self.billed_through = due.no

    def charge_fee(self, day: date, kind: str, key: str, amount_cents: int) -> None:
        """Makes a fee owed from now on. It bears no interest."""
        self.fees.append(OpenFee(day, key, amount_cents))
        self._owe(day, kind, key, {Bucket.FEE: amount_cents})

    def waive(self, day: date, key: str, limit_cents: int, fee_key: str | None) -> None:
        """Waives fees up to a limit: the fee of that key, or the oldest fees first."""
        left, still_open = limit_cents, []
        for fee in self.fees:
            cents = min(left, fee.open_cents) if fee_key in (None, fee.key) else 0
            left -= cents
            if fee.open_cents > cents:
                still_open.append(replace(fee, open_cents=fee.open_cents - cents))
        self.fees = still_open
        waived = limit_cents - left
        if waived:
            self._post(day, "waiver", key, [("expense.waiver", waived), ("receivable.fee", -waived)])

    def waive_interest(self, day: date, key: str, limit_cents: int) -> None:
        """Waives accrued interest, up to a limit."""
        cents = min(limit_cents, self.interest)
        if cents > 0:
            self.interest -= cents
            self._post(day, "interest_waiver", key, waiver_lines(cents))

    def refund_unapplied(self, day: date, key: str, limit_cents: int) -> None:
        """Makes unapplied money payable to the customer, up to a limit."""
        cents = min(limit_cents, self.unapplied)
        if cents > 0:
            self.unapplied -= cents
            self.refund += cents
            self._post(day, "refund", key, [("suspense.unapplied", cents), ("payable.refund", -cents)])

    def pay_refund(self, day: date, key: str, amount_cents: int) -> None:
        """Pays money back to the customer. What was not payable is owed back, without interest."""
        payable = min(amount_cents, self.refund)
        over = amount_cents - payable
        self.refund -= payable
        if over:
            self.fees.append(OpenFee(day, key, over))
        lines = [("payable.refund", payable), ("receivable.fee", over), ("payable.refund_outstanding", -amount_cents)]
        self._post(day, "refund_paid", key, lines)

    def stop_refund(self, day: date, key: str, amount_cents: int) -> None:
        """Makes a refund that did not reach the customer payable again."""
        self.refund += amount_cents
        lines = [("payable.refund_outstanding", amount_cents), ("payable.refund", -amount_cents)]
        self._post(day, "refund_stopped", key, lines)

    def end_lease(self, event: LeaseEnd) -> None:
        """Ends a lease: its charges are owed at once, and nothing more is billed."""
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
        """Writes off all that is owed, unless it is more than the limit. The bills of a lease count as settled."""
        total = sum((owed := self._owed()).values())
        if event.limit_cents is not None and total > event.limit_cents:
            return
        self.ended = self.ended or (event.kind == "charge_off" and self.terms.product is Product.LEASE)
        if not total:
            return
        settled = tuple(Credit(bill.no, bill.rent_cents + bill.tax_cents) for bill in self.bills)
        self.principal = self.interest = self.base = self.fee_ahead = 0
        self.fees, self.bills = [], []
        self._post(event.on, event.kind, event.event_id, loss_lines(event.kind, owed), settled)

    def _owed(self) -> dict[Bucket, int]:
        return {
            Bucket.PRINCIPAL: self.principal,
            Bucket.INTEREST: self.interest,
            Bucket.FEE: sum(fee.open_cents for fee in self.fees),
            Bucket.RENT: sum(bill.rent_cents for bill in self.bills),
            Bucket.TAX: sum(bill.tax_cents for bill in self.bills),
        }

    def recover(self, day: date, key: str, limit_cents: int) -> None:
        """Turns unapplied money of a charged-off contract into income, up to a limit."""
        cents = min(limit_cents, self.unapplied)
        if cents > 0:
            self.unapplied -= cents
            self._post(day, "recovery", key, [("suspense.unapplied", cents), ("income.recovery", -cents)])

    def _owe(self, day: date, kind: str, key: str, owed: dict[Bucket, int]) -> None:
        contra = {Bucket.FEE: "income.fee", Bucket.RENT: "income.rent", Bucket.TAX: "liability.sales_tax"}
        lines = [(f"receivable.{bucket}", cents) for bucket, cents in owed.items()]
        self._post(day, kind, key, lines + [(contra[bucket], -cents) for bucket, cents in owed.items()])

    def _post(
        self, day: date, kind: str, key: str, lines: Iterable[tuple[str, int]], credits: tuple[Credit, ...] = ()
    ) -> None:
        ledger_lines = tuple(LedgerLine(account, cents) for account, cents in lines if cents)
        self.postings.append(Posting(day, kind, key, ledger_lines, credits))


def _paid_ahead(opening: Position, terms: Terms) -> dict[int, int]:
    """Installment -> cents of a loan that were settled at the opening and not yet due: they were paid as scheduled."""
    if terms.product is not Product.LOAN:
        return {}
    first = schedule.first_due(terms.schedule, opening.on + timedelta(1))
    ahead = (schedule.installment(terms.schedule, no) for no in range(first, opening.paid_through + 1))
    return {due.no: due.amount_cents for due in ahead if due is not None}
