"""The balances of a contract while its days are replayed: how terms, a night, a charge or a decision moves them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from lockbox.contract import interest, schedule
from lockbox.contract.debt import Debt
from lockbox.contract.event import LeaseEnd, WriteOff
from lockbox.contract.loss import loss_lines, waiver_lines
from lockbox.contract.position import Credit, OpenBill, OpenFee
from lockbox.contract.terms import Bucket, Installment, Method, Product, Terms


class Balances(Debt):
    """The balances of one contract, moved day by day. Every move leaves a posting."""

    def take_terms(self, terms: Terms) -> None:
        """Puts other terms in force from the start of their first day."""
        old, self.terms = self.terms, terms
        first = schedule.first_due(old.schedule, terms.valid_from)
        if terms.product is Product.LOAN:
            self._settle_again(first)
        elif self.ended_on is None:
            for no in range(first, self.billed_through + 1):
                self._bill_again(old, no)
            self.billed_through = min(self.billed_through, schedule.last_no(terms.schedule))
        self.limit_fee_ahead(terms.valid_from)
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
            self.limit_fee_ahead(day)

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
        self.ended_on = self.ended_on or event.on
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

    def write_off(self, event: WriteOff, *, may_set_off: bool = False) -> None:
        """Writes off all that is owed, unless it is more than the limit. The bills of a lease count as settled.

        With `may_set_off`, what is payable to the customer is applied first, to what is not yet due as well.
        """
        if event.limit_cents is not None and sum(self._owed().values()) > event.limit_cents:
            return
        if may_set_off:
            self.net_refund(event.on, f"{event.event_id}/set_off")
        if event.kind == "charge_off" and self.terms.product is Product.LEASE:
            self.ended_on = self.ended_on or event.on
        if not any((owed := self._owed()).values()):
            return
        settled = tuple(Credit(bill.no, bill.rent_cents + bill.tax_cents) for bill in self.bills)
        self.principal = self.interest = self.base = self.fee_ahead = 0
        self.fees, self.bills = [], []
        self._post(event.on, event.kind, event.event_id, loss_lines(event.kind, owed), settled)

    def recover(self, day: date, key: str, limit_cents: int) -> None:
        """Turns money of a charged-off contract into income, up to a limit: what is unapplied, then what is payable."""
        unapplied = min(limit_cents, self.unapplied)
        payable = min(limit_cents - unapplied, self.refund)
        self.unapplied -= unapplied
        self.refund -= payable
        if cents := unapplied + payable:
            lines = [("suspense.unapplied", unapplied), ("payable.refund", payable), ("income.recovery", -cents)]
            self._post(day, "recovery", key, lines)

    def _owe(self, day: date, kind: str, key: str, owed: dict[Bucket, int]) -> None:
        contra = {Bucket.FEE: "income.fee", Bucket.RENT: "income.rent", Bucket.TAX: "liability.sales_tax"}
        lines = [(f"receivable.{bucket}", cents) for bucket, cents in owed.items()]
        self._post(day, kind, key, lines + [(contra[bucket], -cents) for bucket, cents in owed.items()])
