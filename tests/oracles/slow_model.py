"""An independent model of servicing: day by day, in fractions, with plain lists; shares only the value types.

Written against the rules, not against the engine: every day is visited, interest is summed as exact fractions, due
dates are stepped month by month, claims are worked out anew for every cent that moves, what was short on a day is
looked up in the log of that day.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from lockbox.contract.event import (
    Application,
    Event,
    FeeCharge,
    Flag,
    LeaseEnd,
    Payment,
    Recovery,
    Refund,
    Waiver,
    WriteOff,
)
from lockbox.contract.interest import DENOMINATOR
from lockbox.contract.terms import Rules, Terms
from tests.builders.contract import Case, is_open


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


@dataclass
class SlowModel:
    """The contract, moved on by `run`."""

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
    fee_ahead: int = 0
    charged: list[int] = field(default_factory=list)
    scheduled_base: int = 0
    scheduled_interest: int = 0
    by_event: dict[str, dict[str, int]] = field(default_factory=dict)  # event -> bucket -> cents
    shorts: dict[tuple[date, int], tuple[int, int, int]] = field(default_factory=dict)  # day, installment
    past_due: int = 0
    days_past_due: int = 0

    def run(self) -> SlowModel:
        """Every day from the opening to the end."""
        self.principal = self.scheduled_base = self.case.opening.principal_cents
        day = self.case.opening.on + timedelta(1)
        method = self.terms(self.case.opening.on).method
        while day <= self.case.until:
            if self.terms(day).method != method:
                method, self.scheduled_base, self.scheduled_interest = "daily", self.principal, 0
            for event in sorted(self.case.events, key=lambda one: (one.on, one.seq, one.event_id)):
                if event.on == day:
                    self.happens(event)
            self.night(day)
            day += timedelta(1)
        self.behind(self.case.until)
        return self

    def terms(self, day: date) -> Terms:
        chosen = self.case.terms[0]
        for one in self.case.terms:
            if one.valid_from <= day:
                chosen = one
        return chosen

    def plan(self, day: date) -> list[tuple[int, date, int, int]]:
        """(number, due date, amount, tax) of every installment as the terms of a day say."""
        rows = []
        for run in self.terms(day).schedule:
            year, month = run.first_due_on.year, run.first_due_on.month
            for index in range(run.count):
                last = calendar.monthrange(year, month)[1]
                on = date(year, month, run.due_day if run.due_day < last else last)
                rows.append((run.first_no + index, on, run.amount_cents, run.tax_cents))
                year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return rows

    @property
    def interest(self) -> int:
        return self.posted_interest - self.paid_interest

    def happens(self, event: Event) -> None:
        match event:
            case Payment() if event.held:
                self.unapplied += event.amount_cents
            case Payment():
                self.unapplied += self.spend(event.on, event.event_id, event.amount_cents, event.excess)
            case Application():
                usable = min(event.amount_cents, self.unapplied)
                self.unapplied -= usable
                self.unapplied += self.spend(event.on, event.event_id, usable, event.excess)
            case FeeCharge():
                self.fees.append(Fee(event.on, event.event_id, event.amount_cents))
            case Waiver():
                left = event.amount_cents
                for fee in self.fees:
                    if event.fee_key is None or event.fee_key == fee.key:
                        less = min(left, fee.cents)
                        fee.cents -= less
                        left -= less
            case Refund():
                back = min(event.amount_cents, self.unapplied)
                self.unapplied -= back
                self.refund += back
            case LeaseEnd():
                self.ended = True
                for charge in event.charges:
                    if charge.bucket == "fee":
                        self.fees.append(Fee(event.on, f"{event.event_id}/{charge.kind}", charge.amount_cents))
                    else:
                        rent = charge.amount_cents if charge.bucket == "rent" else 0
                        self.bills.append(Bill(0, event.on, rent, charge.amount_cents - rent))
            case WriteOff():
                owed = self.principal + self.interest + sum(one.cents for one in self.fees) + self.owed_on_bills()
                if event.limit_cents is None or owed <= event.limit_cents:
                    self.principal = self.scheduled_base = 0
                    if owed:
                        self.fee_ahead = 0
                    self.paid_interest = self.posted_interest
                    self.fees.clear()
                    self.bills.clear()
                    self.ended = self.ended or event.kind == "charge_off"
            case Recovery():
                self.unapplied -= min(event.amount_cents, self.unapplied)
            case Flag():
                pass

    def spend(self, day: date, key: str, cents: int, excess: str | None) -> int:
        """Pays the claim that ranks first, works out the claims anew, and so on. Gives what is left."""
        ranks = {(str(t), str(b)): rank for (t, b), rank in self.terms(day).order.ranks.items()}
        places = ["fee", "interest", "rent", "tax", "principal"]
        fee_part = 0
        while cents > 0:
            best = None
            for timing, bucket, on, no, owed in self.claims(day, excess):
                rank = ranks.get((timing, bucket))
                if rank is None or owed == 0:
                    continue
                key_of = (rank, on, places.index(bucket), no)
                if best is None or key_of < best[0]:
                    best = (key_of, bucket, no, on, owed)
            if best is None:
                break
            _, bucket, no, on, owed = best
            part = min(cents, owed)
            cents -= part
            fee_part += part if bucket == "fee" else 0
            self.settle(day, bucket, no, on, part)
            split = self.by_event.setdefault(key, {})
            split[bucket] = split.get(bucket, 0) + part
        still = sum(c[4] for c in self.claims(day, "advance") if c[0] != "advance" and c[1] != "fee")
        self.fee_ahead = min(self.fee_ahead + fee_part, still)
        return cents

    def settle(self, day: date, bucket: str, no: int, on: date, part: int) -> None:
        if bucket == "fee":
            self.fees[no].cents -= part
        elif bucket in ("rent", "tax"):
            bill = next(one for one in self.bills if one.no == no and one.due_on == on and getattr(one, bucket) >= part)
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

    def claims(self, day: date, excess: str | None) -> list[tuple[str, str, date, int, int]]:
        """(class, bucket, due date, number, cents) of all that is owed on a day."""
        found = [
            ("past_due" if fee.on < day else "due", "fee", day, place, fee.cents) for place, fee in enumerate(self.fees)
        ]
        terms = self.terms(day)
        if terms.product == "lease":
            for bill in self.bills:
                timing = "past_due" if bill.due_on < day else "due"
                found += [(timing, "rent", bill.due_on, bill.no, bill.rent)]
                found += [(timing, "tax", bill.due_on, bill.no, bill.tax)]
            return found
        plan = self.plan(day)
        left_interest, left_principal, current_seen = self.interest, self.principal, False
        for no, on, amount, _ in plan:
            timing = "past_due"
            if on >= day:
                timing = "advance" if current_seen else "due"
                current_seen = True
            asked = max(0, amount - self.paid.get(no, 0))
            if no == plan[-1][0]:
                asked = left_interest + left_principal
            if timing == "advance" and (excess or terms.excess) == "principal":
                if asked == 0:
                    continue
                found += [(timing, "interest", on, 0, left_interest), (timing, "principal", on, 0, left_principal)]
                break
            of_interest = min(asked, left_interest)
            of_principal = min(asked - of_interest, left_principal)
            left_interest -= of_interest
            left_principal -= of_principal
            found += [(timing, "interest", on, no, of_interest), (timing, "principal", on, no, of_principal)]
        return found

    def flagged(self, stop: str, day: date) -> bool:
        for one in self.case.events:
            if isinstance(one, Flag) and one.on <= day and (one.until is None or one.until > day):
                rule = self.rules.flags.get(one.flag)
                if rule is not None and stop in rule.stops:
                    return True
        return False

    def night(self, day: date) -> None:
        terms = self.terms(day)
        plan = self.plan(day)
        for no, on, amount, tax in plan:
            early = on - timedelta(self.rules.bill_days) <= day
            if terms.product == "lease" and early and no > self.billed and not self.ended:
                self.bills.append(Bill(no, on, amount, tax))
                self.billed = no
            if on == day and terms.method == "scheduled":
                part = max(0, amount - self.scheduled_interest)
                self.scheduled_interest = max(0, self.scheduled_interest - amount)
                self.scheduled_base = 0 if no == plan[-1][0] else max(0, self.scheduled_base - part)
        if terms.product == "loan" and not self.flagged("interest", day):
            self.accrue(terms, day)
        self.late_fees(day)
        free = not self.flagged("application", day)
        if terms.product == "lease" and free and self.unapplied:
            usable, self.unapplied = self.unapplied, 0
            self.unapplied = self.spend(day, f"night/{day}", usable, None)
        self.log_shorts(day)
        nothing = self.principal + self.interest + sum(f.cents for f in self.fees) + self.owed_on_bills() == 0
        if free and nothing and (terms.product == "loan" or self.ended):
            self.refund += self.unapplied
            self.unapplied = 0

    def owed_on_bills(self) -> int:
        return sum(one.rent + one.tax for one in self.bills)

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
        while not is_open(day):
            day += timedelta(1)
        return day

    def rule_of(self, state: str, due_on: date):
        rows = [one for one in self.rules.late_fees if one.valid_from <= due_on]
        own = [one for one in rows if one.state == state] or [one for one in rows if one.state == "*"]
        return sorted(own, key=lambda one: one.valid_from)[-1]

    def log_shorts(self, day: date) -> None:
        """What is short of each installment whose last on-time day this is."""
        terms, before = self.terms(day), None
        for no, on, amount, tax in self.plan(day):
            if on > day or on < day - timedelta(100):
                before = on
                continue
            if self.last_on_time(terms, on) == day:
                open_of = dict.fromkeys(range(no + 1), 0)
                for _, bucket, _, number, cents in self.claims(day, "advance"):
                    if bucket != "fee" and 1 <= number <= no:
                        open_of[number] += cents
                if terms.product == "loan":
                    open_of[no] = min(open_of[no], max(0, amount - self.paid.get(no, 0)))
                start = self.last_on_time(terms, before) if before else date.min
                window = sum(
                    one.amount_cents
                    for one in self.case.events
                    if isinstance(one, Payment | Application) and start < one.on <= day
                    and not (isinstance(one, Payment) and one.held)
                )  # fmt: skip
                if window >= amount + tax and self.rule_of(terms.state, on).own_window:
                    open_of[no] = 0
                if open_of[no] and sum(open_of.values()) > self.fee_ahead:
                    self.shorts[day, no] = (open_of[no], amount + tax, on.toordinal())
            before = on

    def late_fees(self, day: date) -> None:
        for (on_time, no), (short, amount, due) in self.shorts.items():
            if on_time + timedelta(1) != day or no in self.charged or self.flagged("late_fee", day):
                continue
            rule = self.rule_of(self.terms(day).state, date.fromordinal(due))
            percent = floor(Fraction((short if rule.base == "arrears" else amount) * rule.percent_ppm, 1_000_000))
            fee = {"percent": percent, "fixed": rule.fixed_cents, "lesser": min(percent, rule.fixed_cents),
                   "greater": max(percent, rule.fixed_cents)}[str(rule.choice)]  # fmt: skip
            paid_off = self.terms(day).product == "loan" and self.principal == self.interest == 0
            if fee and not paid_off:
                self.charged.append(no)
                self.fees.append(Fee(day, f"late/{no}", fee))

    def behind(self, day: date) -> None:
        past = [c for c in self.claims(day, "advance") if c[0] == "past_due" and c[1] != "fee" and c[4]]
        self.past_due = sum(c[4] for c in past)
        self.days_past_due = max(((day - c[2]).days for c in past), default=0)


def differences(case: Case) -> list[str]:
    """Where the engine and the model end differently; empty: they agree, to the fraction of a cent."""
    fast, slow = case.replay(), SlowModel(case, case.rules).run()
    at = fast.position
    split: dict[str, dict[str, int]] = {}
    for posting in fast.postings:
        if posting.kind in ("payment", "application"):
            of_key = split.setdefault(posting.key, {})
            for line in posting.lines:
                if line.account.startswith("receivable."):
                    bucket = line.account.removeprefix("receivable.")
                    of_key[bucket] = of_key.get(bucket, 0) - line.amount_cents
    pairs = {
        "principal": (at.principal_cents, slow.principal),
        "interest": (at.interest_cents, slow.interest),
        "carry": (Fraction(at.carry, DENOMINATOR), slow.exact_interest - slow.posted_interest),
        "fees": ([(f.key, f.on, f.open_cents) for f in at.fees],
                 [(f.key, f.on, f.cents) for f in slow.fees if f.cents]),
        "rent": (at.rent_cents, sum(one.rent for one in slow.bills)),
        "tax": (at.tax_cents, sum(one.tax for one in slow.bills)),
        "unapplied": (at.unapplied_cents, slow.unapplied),
        "refund": (at.refund_cents, slow.refund),
        "late fees": (list(at.late_fees), sorted(slow.charged)),
        "fee ahead": (at.fee_ahead_cents, slow.fee_ahead),
        "past due": (at.past_due_cents, slow.past_due),
        "days": (at.days_past_due, slow.days_past_due),
        "split": ({k: v for k, v in split.items() if v}, slow.by_event),
        "credits": ({one.no: one.amount_cents for one in at.credits if one.no > at.paid_through},
                    {no: cents for no, cents in slow.paid.items() if no > at.paid_through}),
    }  # fmt: skip
    return [f"{name}: {one} instead of {other}" for name, (one, other) in pairs.items() if one != other]
