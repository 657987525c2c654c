"""An independent model of servicing: day by day, in fractions, with plain lists; shares only the value types.

Written from the rules, not from the engine: it visits every day, sums interest as exact fractions, steps due dates
month by month, works out all claims again for every part that is paid, and keeps a log of what was short each day.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from lockbox.contract.event import (
    Application,
    Event,
    FeeCharge,
    Flag,
    InterestWaiver,
    LeaseEnd,
    Payment,
    Recovery,
    Refund,
    RefundPaid,
    RefundStopped,
    Waiver,
    WriteOff,
    WriteOffUndone,
)
from lockbox.contract.interest import DENOMINATOR
from lockbox.contract.terms import LateFeeRule, Rules, Terms
from tests.builders.contract import Case

Claim = tuple[str, str, date, int, int]  # timing, bucket, due date, number, cents
Planned = tuple[int, date, int, int]  # number, due date, amount, tax of an installment
# At the end of a night: principal, interest, fees, rent, tax, unapplied, refund, fee ahead, in cents.
Balances = tuple[int, int, int, int, int, int, int, int]


def written(terms: Terms) -> list[Planned]:
    """Every installment as a version of the terms says."""
    rows = []
    for run in terms.schedule:
        year, month = run.first_due_on.year, run.first_due_on.month
        for index in range(run.count):
            last = calendar.monthrange(year, month)[1]
            on = date(year, month, run.due_day if run.due_day < last else last)
            rows.append((run.first_no + index, on, run.amount_cents, run.tax_cents))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return rows


@dataclass
class Bill:
    """An installment of a lease that is owed."""

    no: int
    due_on: date
    rent: int
    tax: int


@dataclass
class Fee:
    """A fee that is owed."""

    on: date
    key: str
    cents: int


def as_it_stands(events: Iterable[Event]) -> list[Event]:
    """The events in order, without charge-offs that were undone: these, and recoveries in between, have never been."""
    in_order = sorted(events, key=lambda event: (event.on, event.seq, event.event_id))
    for undoing in [event for event in in_order if isinstance(event, WriteOffUndone)]:
        first = next(place for place, event in enumerate(in_order) if event.event_id == undoing.undone)
        last = in_order.index(undoing)
        between = [event for event in in_order[first + 1 : last] if not isinstance(event, Recovery)]
        in_order[first : last + 1] = between
    return in_order


@dataclass
class SlowModel:
    """A contract that `run` moves day by day."""

    case: Case
    rules: Rules
    principal: int = 0
    exact_interest: Fraction = Fraction(0)  # all that ever accrued
    posted_interest: int = 0  # of it, in whole cents
    paid_interest: int = 0
    unapplied: int = 0
    refund: int = 0
    paid: dict[int, int] = field(default_factory=dict)  # installment -> cents
    fees: list[Fee] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    billed: int = 0
    ended: bool = False
    ended_on: date | None = None  # when a lease ended while it was watched: later terms change nothing
    fee_ahead: int = 0
    charged: list[int] = field(default_factory=list)
    scheduled_base: int = 0
    scheduled_interest: int = 0
    by_event: dict[str, dict[str, int]] = field(default_factory=dict)  # event -> bucket -> cents
    shorts: dict[tuple[date, int], tuple[int, int, int]] = field(default_factory=dict)  # day, installment
    plans: dict[int, list[Planned]] = field(default_factory=dict)  # by the number of versions in force
    past_due: int = 0
    days_past_due: int = 0
    lost: int = 0  # charged off and not recovered
    by_night: dict[date, Balances] = field(default_factory=dict)

    def __post_init__(self) -> None:
        last_of_day = {version.valid_from: version for version in sorted(self.case.terms, key=lambda row: row.version)}
        self.in_order = [last_of_day[day] for day in sorted(last_of_day)]
        self.happened = as_it_stands(self.case.events)
        self.flags = [event for event in (*self.case.opening.flags, *self.happened) if isinstance(event, Flag)]

    def run(self) -> SlowModel:
        """Every day from the opening to the end."""
        self.take_over()
        self.log_shorts(self.case.opening.on)
        to_come = [event for event in self.happened if event.on > self.case.opening.on]
        day = self.case.opening.on + timedelta(1)
        while day <= self.case.until:
            self.take_terms(day)
            self.limit_fee_ahead(day)
            while to_come and to_come[0].on == day:
                self.apply_event(to_come.pop(0))
                self.limit_fee_ahead(day)
            self.night(day)
            self.limit_fee_ahead(day)
            self.by_night[day] = self.balances()
            day += timedelta(1)
        self.behind(self.case.until)
        return self

    def balances(self) -> Balances:
        return (
            self.principal,
            self.interest,
            sum(fee.cents for fee in self.fees),
            sum(bill.rent for bill in self.bills),
            sum(bill.tax for bill in self.bills),
            self.unapplied,
            self.refund,
            self.fee_ahead,
        )

    def take_over(self) -> None:
        """Where the contract stood when its history begins."""
        start = self.case.opening
        self.principal, self.scheduled_base = start.principal_cents, start.base_cents
        self.exact_interest = start.interest_cents + Fraction(start.carry, DENOMINATOR)
        self.posted_interest, self.scheduled_interest = start.interest_cents, start.period_cents
        self.unapplied, self.refund, self.fee_ahead = start.unapplied_cents, start.refund_cents, start.fee_ahead_cents
        self.billed, self.ended_on, self.charged = start.billed_through, start.ended_on, list(start.late_fees)
        self.ended = start.ended_on is not None
        self.fees = [Fee(fee.on, fee.key, fee.open_cents) for fee in start.fees]
        self.bills = [Bill(bill.no, bill.due_on, bill.rent_cents, bill.tax_cents) for bill in start.bills]
        self.paid = {credit.no: credit.amount_cents for credit in start.credits}
        for no, _, amount, _ in self.plan(start.on):
            if no <= start.paid_through:
                self.paid.setdefault(no, amount)

    def versions(self, day: date) -> list[Terms]:
        """Those in force on a day or before, oldest first; before the first one, the first."""
        return [version for version in self.in_order if version.valid_from <= day] or self.in_order[:1]

    def terms(self, day: date) -> Terms:
        return self.versions(day)[-1]

    def plan(self, day: date) -> list[Planned]:
        """Every installment as the terms of a day have it: a version decides what is not yet due on its first day."""
        versions = self.versions(min(day, self.ended_on or day))
        if len(versions) not in self.plans:
            decided = {row[0]: row for row in written(versions[0])}
            for version in versions[1:]:
                kept = {no: row for no, row in decided.items() if row[1] < version.valid_from}
                decided = {row[0]: row for row in written(version)} | kept
            self.plans[len(versions)] = [decided[no] for no in sorted(decided)]
        return self.plans[len(versions)]

    def take_terms(self, day: date) -> None:
        """What changes when another version comes into force: what is billed, and the base of the scheduled method."""
        before, after = self.terms(day - timedelta(1)), self.terms(day)
        if before is after:
            return
        if after.method == "daily" or before.method == "daily":
            self.scheduled_base, self.scheduled_interest = self.principal, 0
        if after.product == "lease" and not self.ended:
            old = {row[0]: row for row in self.plan(day - timedelta(1))}
            new = {row[0]: row for row in self.plan(day)}
            for no in sorted(old):
                if no <= self.billed and old[no][1] >= day and old[no] != new.get(no):
                    self.bill_again(old[no], new.get(no))
            self.billed = min(self.billed, max(new))

    def bill_again(self, old: Planned, new: Planned | None) -> None:
        """A rent that is billed and not yet due: the new date and amounts; what was paid beyond them is unapplied."""
        no, _, rent, tax = old
        bill = next((bill for bill in self.bills if bill.no == no), Bill(no, old[1], 0, 0))
        paid = rent + tax - bill.rent - bill.tax
        _, due_on, rent, tax = new or (no, old[1], 0, 0)
        self.bills = [other for other in self.bills if other is not bill]
        on_rent = min(paid, rent)
        on_tax = min(paid - on_rent, tax)
        self.bills.append(Bill(no, due_on, rent - on_rent, tax - on_tax))
        self.unapplied += paid - on_rent - on_tax

    @property
    def interest(self) -> int:
        return self.posted_interest - self.paid_interest

    def apply_event(self, event: Event) -> None:
        match event:
            case Payment() if event.keep_unapplied:
                self.unapplied += event.amount_cents
            case Payment():
                self.unapplied += self.spend(event.on, event.event_id, event.amount_cents, event.excess)
            case Application():
                usable = min(event.amount_cents, self.unapplied)
                self.unapplied -= usable
                self.unapplied += self.spend(event.on, event.event_id, usable, event.excess)
            case FeeCharge(kind="returned_check") if self.is_stopped("return_fee", event.on):
                pass
            case FeeCharge():
                self.fees.append(Fee(event.on, event.event_id, event.amount_cents))
            case Waiver():
                self.waive(event)
            case InterestWaiver():
                self.paid_interest += min(event.amount_cents, self.interest)
            case Refund():
                back = min(event.amount_cents, self.unapplied)
                self.unapplied -= back
                self.refund += back
            case RefundPaid():
                payable = min(event.amount_cents, self.refund)
                self.refund -= payable
                if event.amount_cents > payable:  # paid back though it was not payable: a debt
                    self.fees.append(Fee(event.on, event.event_id, event.amount_cents - payable))
            case RefundStopped():
                self.refund += event.amount_cents
            case LeaseEnd():
                self.end_lease(event)
            case WriteOff():
                self.write_off(event)
            case Recovery():
                recovered = min(event.amount_cents, self.unapplied + self.refund)
                of_unapplied = min(recovered, self.unapplied)
                self.unapplied -= of_unapplied
                self.refund -= recovered - of_unapplied
                self.lost -= recovered
            case Flag() | WriteOffUndone():
                pass

    def waive(self, event: Waiver) -> None:
        left = event.amount_cents
        for fee in self.fees:
            if event.fee_key is None or event.fee_key == fee.key:
                waived = min(left, fee.cents)
                fee.cents -= waived
                left -= waived

    def end_lease(self, event: LeaseEnd) -> None:
        self.ended, self.ended_on = True, self.ended_on or event.on
        for charge in event.charges:
            if charge.bucket == "fee":
                self.fees.append(Fee(event.on, f"{event.event_id}/{charge.kind}", charge.amount_cents))
            else:
                rent = charge.amount_cents if charge.bucket == "rent" else 0
                self.bills.append(Bill(0, event.on, rent, charge.amount_cents - rent))

    def write_off(self, event: WriteOff) -> None:
        if event.limit_cents is not None and self.owed() > event.limit_cents:
            return
        if event.kind == "charge_off" and not self.is_stopped("application", event.on, but="charged_off"):
            back, self.refund = self.refund, 0  # set off, unless the automatic stay or another flag forbids it
            self.refund = self.spend(event.on, f"{event.event_id}/set_off", back, None)
        owed = self.owed()
        self.lost += owed if event.kind == "charge_off" else 0
        self.principal = self.scheduled_base = 0
        if owed:
            self.fee_ahead = 0
        self.paid_interest = self.posted_interest
        self.fees.clear()
        self.bills.clear()
        if event.kind == "charge_off":
            self.ended = True
            if self.in_order[0].product == "lease" and event.limit_cents is None:
                self.ended_on = self.ended_on or event.on

    def spend(self, day: date, key: str, cents: int, excess: str | None, due_until: date = date.max) -> int:
        """Pays the claim that ranks first, works out the claims again, and so on. Returns what is left.

        Only claims that fall due until a day.
        """
        fee_part, order = 0, self.terms(day).order
        if excess == "principal" and not order.principal_only:
            excess = None  # the lender does not offer it
        ahead = 0 if (excess or self.terms(day).excess) == "principal" else order.most_ahead
        is_due = any(
            timing != "advance" and bucket != "fee" and cents for timing, bucket, _, _, cents in self.claims(day, None)
        )
        ranks = order.ranks if is_due or not order.current_ranks else order.current_ranks
        while cents > 0:
            in_words = {(str(timing), str(bucket)): ranks[timing, bucket] for timing, bucket in ranks}
            claim = self.first_claim(day, ahead, in_words, due_until)
            if claim is None:
                break
            _, bucket, on, no, owed = claim
            part = min(cents, owed)
            cents -= part
            fee_part += part if bucket == "fee" else 0
            self.settle(day, bucket, no, on, part)
            split = self.by_event.setdefault(key, {})
            split[bucket] = split.get(bucket, 0) + part
        self.fee_ahead += fee_part
        self.limit_fee_ahead(day)
        return cents

    def limit_fee_ahead(self, day: date) -> None:
        """What fees took while installments stayed short is never more than what is short through the next one."""
        if self.fee_ahead:
            short = [
                cents for timing, bucket, *_, cents in self.claims(day, None) if timing != "advance" and bucket != "fee"
            ]
            self.fee_ahead = min(self.fee_ahead, sum(short))

    def first_claim(
        self, day: date, ahead: int | None, ranks: dict[tuple[str, str], int], due_until: date
    ) -> Claim | None:
        """The open claim that the order pays first, of those that fall due until a day."""
        buckets = ["fee", "interest", "rent", "tax", "principal"]
        ranked = [
            ((ranks[timing, bucket], on, buckets.index(bucket), no), (timing, bucket, on, no, owed))
            for timing, bucket, on, no, owed in self.claims(day, ahead)
            if (timing, bucket) in ranks and owed and on <= due_until
        ]
        return min(ranked, key=lambda candidate: candidate[0])[1] if ranked else None

    def settle(self, day: date, bucket: str, no: int, on: date, part: int) -> None:
        if bucket == "fee":
            self.fees[no].cents -= part
        elif bucket in ("rent", "tax"):
            bill = next(
                bill for bill in self.bills if bill.no == no and bill.due_on == on and getattr(bill, bucket) >= part
            )
            setattr(bill, bucket, getattr(bill, bucket) - part)
        else:
            if bucket == "interest":
                self.paid_interest += part
            else:
                self.principal -= part
                if no == 0 and self.terms(day).method == "scheduled":
                    self.scheduled_base = max(0, self.scheduled_base - part)
                if self.principal == 0:
                    self.scheduled_base = 0
            if no:
                self.paid[no] = self.paid.get(no, 0) + part

    def claims(self, day: date, ahead: int | None) -> list[Claim]:
        """All that is owed on a day; so many installments may be paid ahead, None: all."""
        fees = [
            ("past_due" if fee.on < day else "due", "fee", day, place, fee.cents) for place, fee in enumerate(self.fees)
        ]
        if self.terms(day).product == "lease":
            return fees + self.lease_claims(day)
        return fees + self.loan_claims(day, ahead)

    def lease_claims(self, day: date) -> list[Claim]:
        claims = []
        for bill in self.bills:
            timing = "past_due" if bill.due_on < day else "due"
            claims += [(timing, "rent", bill.due_on, bill.no, bill.rent)]
            claims += [(timing, "tax", bill.due_on, bill.no, bill.tax)]
        return claims

    def loan_claims(self, day: date, ahead: int | None) -> list[Claim]:
        claims: list[Claim] = []
        plan = self.plan(day)
        left_interest, left_principal, seen = self.interest, self.principal, 0
        for no, on, amount, _ in plan:
            timing = "past_due"
            if on >= day:
                timing = "advance" if seen else "due"
                seen += 1
            unpaid = max(0, amount - self.paid.get(no, 0))
            if no == plan[-1][0]:
                unpaid = left_interest + left_principal
            if timing == "advance" and ahead is not None and seen - 1 > ahead:
                if unpaid == 0:
                    continue
                claims += [(timing, "interest", on, 0, left_interest), (timing, "principal", on, 0, left_principal)]
                break
            interest_part = min(unpaid, left_interest)
            principal_part = min(unpaid - interest_part, left_principal)
            left_interest -= interest_part
            left_principal -= principal_part
            claims += [(timing, "interest", on, no, interest_part), (timing, "principal", on, no, principal_part)]
        return claims

    def is_stopped(self, stop: str, day: date, but: str = "") -> bool:
        """Whether a flag, but one, stops something on a day."""
        for event in self.flags:
            if event.flag != but and event.on <= day and (event.until is None or event.until > day):
                rule = self.rules.flags.get(event.flag)
                if rule is not None and stop in rule.stops:
                    return True
        return False

    def night(self, day: date) -> None:
        terms = self.terms(day)
        plan = self.plan(day)
        horizon = day + timedelta(self.bill_days(day))
        for no, on, amount, tax in plan:
            if terms.product == "lease" and on <= horizon and no > self.billed and not self.ended:
                self.bills.append(Bill(no, on, amount, tax))
                self.billed = no
            if on == day and terms.method == "scheduled":
                part = max(0, amount - self.scheduled_interest)
                self.scheduled_interest = max(0, self.scheduled_interest - amount)
                self.scheduled_base = 0 if no == plan[-1][0] else max(0, self.scheduled_base - part)
        if terms.product == "loan" and not self.is_stopped("interest", day):
            self.accrue(terms, day)
        self.late_fees(day)
        may_apply = not self.is_stopped("application", day)
        if terms.product == "lease" and may_apply and self.unapplied:
            usable, self.unapplied = self.unapplied, 0
            self.unapplied = self.spend(day, f"night/{day}", usable, None)
        if may_apply and self.refund and self.owed():
            # while principal is left, a loan's money takes nothing that is not due yet
            due_until = day if terms.product == "loan" and self.principal else date.max
            back, self.refund = self.refund, 0
            self.refund = self.spend(day, f"netting/{day}", back, None, due_until)
        self.log_shorts(day)
        if may_apply and self.owed() == 0 and (terms.product == "loan" or self.ended):
            self.refund += self.unapplied
            self.unapplied = 0

    def owed(self) -> int:
        on_bills = sum(bill.rent + bill.tax for bill in self.bills)
        return self.principal + self.interest + sum(fee.cents for fee in self.fees) + on_bills

    def accrue(self, terms: Terms, day: date) -> None:
        base = self.scheduled_base if terms.method == "scheduled" else self.principal
        year = 366 if terms.day_count == "actual_actual" and calendar.isleap(day.year) else 365
        self.exact_interest += Fraction(base * terms.rate_ppm, 1_000_000 * year)
        whole = floor(self.exact_interest + Fraction(1, 2))
        if terms.method == "scheduled":
            self.scheduled_interest += whole - self.posted_interest
        self.posted_interest = whole

    def last_on_time(self, terms: Terms, due_on: date) -> date:
        rule = self.rule_of(terms.state, due_on)
        day = due_on + timedelta(rule.grace_days)
        while not self.case.is_open(day):
            day += timedelta(1)
        return day

    def rule_of(self, state: str, due_on: date) -> LateFeeRule:
        rows = [row for row in self.rules.late_fees if row.valid_from <= due_on]
        of_state = [row for row in rows if row.state == state] or [row for row in rows if row.state == "*"]
        return sorted(of_state, key=lambda row: row.valid_from)[-1]

    def log_shorts(self, day: date) -> None:
        """What is short of each installment whose last on-time day this is."""
        terms, previous_due_on, long_ago = self.terms(day), None, day - timedelta(100)
        for no, on, amount, tax in self.plan(day):
            if on > day or on < long_ago:
                previous_due_on = on
                continue
            if self.last_on_time(terms, on) == day:
                open_by_no = self.open_through(day, no)
                if terms.product == "loan":
                    open_by_no[no] = min(open_by_no[no], max(0, amount - self.paid.get(no, 0)))
                # an installment asks for its amount; one that is more than what is left asks for that
                asked = (
                    min(amount + tax, self.paid.get(no, 0) + open_by_no[no])
                    if terms.product == "loan"
                    else amount + tax
                )
                start = self.last_on_time(terms, previous_due_on) if previous_due_on else date.min
                if self.received(start, day) >= asked and self.rule_of(terms.state, on).own_window:
                    open_by_no[no] = 0
                # neither what fees took counts, nor what had its fee already: one fee must not make the next
                without_fees = sum(open_by_no.values()) - self.fee_ahead
                without_charged = sum(cents for other, cents in open_by_no.items() if other not in self.charged)
                if open_by_no[no] and min(without_fees, without_charged) > self.small(day):
                    self.shorts[day, no] = (open_by_no[no], asked, on.toordinal())
            previous_due_on = on

    def bill_days(self, day: date) -> int:
        rows = [row for row in self.rules.bill_days_rows if row.valid_from <= day]
        return sorted(rows, key=lambda row: row.valid_from)[-1].days if rows else self.rules.bill_days

    def small(self, day: date) -> int:
        """The lender's small amount: so much short, all together, is no shortage."""
        rows = [row for row in self.rules.small_shortages if row.valid_from <= day]
        return sorted(rows, key=lambda row: row.valid_from)[-1].cents if rows else 0

    def open_through(self, day: date, last_no: int) -> dict[int, int]:
        """Number -> cents open of the installments through a number."""
        open_by_no = dict.fromkeys(range(last_no + 1), 0)
        for _, bucket, _, no, cents in self.claims(day, None):
            if bucket != "fee" and 1 <= no <= last_no:
                open_by_no[no] += cents
        return open_by_no

    def received(self, after: date, until: date) -> int:
        """The money received after one day and until another, whatever becomes of it."""
        money = [(receipt.on, receipt.amount_cents) for receipt in self.case.opening.receipts]
        money += [(event.on, event.amount_cents) for event in self.case.events if isinstance(event, Payment)]
        return sum(cents for on, cents in money if after < on <= until)

    def late_fees(self, day: date) -> None:
        for (on_time, no), (short, amount, due) in self.shorts.items():
            if on_time + timedelta(1) != day or no in self.charged or self.is_stopped("late_fee", day):
                continue
            rule = self.rule_of(self.terms(day).state, date.fromordinal(due))
            percent = floor(Fraction((amount if rule.base == "installment" else short) * rule.percent_ppm, 1_000_000))
            fee = {
                "percent": percent,
                "fixed": rule.fixed_cents,
                "lesser": min(percent, rule.fixed_cents),
                "greater": max(percent, rule.fixed_cents),
            }[str(rule.choice)]
            paid_off = self.terms(day).product == "loan" and self.principal == self.interest == 0
            if fee and not paid_off:
                self.charged.append(no)
                self.fees.append(Fee(day, f"late/{no}", fee))

    def behind(self, day: date) -> None:
        past_due = sorted(
            (on, cents)
            for timing, bucket, on, _, cents in self.claims(day, None)
            if timing == "past_due" and bucket != "fee" and cents
        )
        self.past_due = self.days_past_due = 0
        together = sum(cents for _, cents in past_due)
        for oldest in sorted({on for on, _ in past_due}):
            if sum(cents for on, cents in past_due if on <= oldest) > self.small(day):
                self.past_due, self.days_past_due = together, (day - oldest).days
                break
