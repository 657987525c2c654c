"""What a contract owes while its days are replayed, and how money that comes is applied to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from lockbox.contract import schedule
from lockbox.contract.allocation import Claim, Part, allocate, loan_claims, timing_of
from lockbox.contract.grace import Shortage
from lockbox.contract.position import Credit, Position
from lockbox.contract.posting import LedgerLine, Posting, posting
from lockbox.contract.terms import AllocationOrder, Bucket, Excess, Installment, Method, Product, Terms, Timing


class Debt:
    """What one contract owes, and what is kept for its customer. Every move leaves a posting."""

    def __init__(self, opening: Position, terms: Terms) -> None:
        self.terms = terms
        self.principal, self.interest = opening.principal_cents, opening.interest_cents
        self.unapplied, self.refund = opening.unapplied_cents, opening.refund_cents
        self.carry, self.base, self.period = opening.carry, opening.base_cents, opening.period_cents
        self.fee_ahead, self.paid_through = opening.fee_ahead_cents, opening.paid_through
        self.billed_through = opening.billed_through
        self.credits = _paid_ahead(opening, terms) | {credit.no: credit.amount_cents for credit in opening.credits}
        self.fees, self.bills = list(opening.fees), list(opening.bills)
        self.late_fees, self.ended_on = set(opening.late_fees), opening.ended_on
        billed = (schedule.installment(terms.schedule, bill.no) for bill in opening.bills)
        self.billed = {due.no: due for due in billed if due is not None}  # rents as they were billed last
        self.postings: list[Posting] = []

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

    def net_refund(self, day: date, key: str, due_through: date = date.max) -> None:
        """Applies what is payable to the customer to what the contract owes. The rest stays payable.

        With `due_through`, a loan that still has principal keeps for the customer what is due later than that.
        """
        if self.refund > 0:
            through = due_through if self.principal else date.max
            parts = allocate(self.refund, self.claims(day), self.terms.order, through)
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
        self.fee_ahead += fee_cents
        self.limit_fee_ahead(day)

    def limit_fee_ahead(self, day: date) -> None:
        """Only what is still short through the installment now due can be short because of fees (16 CFR 444.4)."""
        if self.fee_ahead:
            claims = self.installment_claims(day)
            short = sum(claim.open_cents for claim in claims if claim.timing is not Timing.ADVANCE)
            self.fee_ahead = min(self.fee_ahead, short)

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

    def _owed(self) -> dict[Bucket, int]:
        return {
            Bucket.PRINCIPAL: self.principal,
            Bucket.INTEREST: self.interest,
            Bucket.FEE: sum(fee.open_cents for fee in self.fees),
            Bucket.RENT: sum(bill.rent_cents for bill in self.bills),
            Bucket.TAX: sum(bill.tax_cents for bill in self.bills),
        }

    def _post(
        self, day: date, kind: str, key: str, lines: Iterable[tuple[str, int]], credits: tuple[Credit, ...] = ()
    ) -> None:
        self.postings.append(posting(day, kind, key, lines, credits))


def _paid_ahead(opening: Position, terms: Terms) -> dict[int, int]:
    """Installment -> cents of a loan that were settled at the opening and not yet due: they were paid as scheduled."""
    if terms.product is not Product.LOAN:
        return {}
    first = schedule.first_due(terms.schedule, opening.on + timedelta(1))
    last = min(opening.paid_through, schedule.last_no(terms.schedule) - 1)  # the last one asks for what is left
    ahead = (schedule.installment(terms.schedule, no) for no in range(first, last + 1))
    return {due.no: due.amount_cents for due in ahead if due is not None}
