"""Builders of servicing values, and random contracts with random histories from one source of chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from random import Random
from typing import Any

from lockbox.business_days import SiteHours
from lockbox.contract import lease as lease_end
from lockbox.contract import schedule
from lockbox.contract.event import (
    Application,
    Event,
    FeeCharge,
    Flag,
    InterestWaiver,
    Payment,
    Recovery,
    Refund,
    RefundPaid,
    RefundStopped,
    Waiver,
    WriteOff,
    WriteOffUndone,
)
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import History, history
from lockbox.contract.position import Position, opened
from lockbox.contract.terms import (
    LEASE_ORDER,
    LOAN_ORDER,
    DayCount,
    Excess,
    FeeBase,
    FeeChoice,
    FlagRule,
    LateFeeRule,
    LeaseTerms,
    LienReleaseRule,
    Method,
    Product,
    ReturnFeeRule,
    Rules,
    Run,
    SmallShortage,
    Stop,
    Terms,
    order_of,
)
from tests.builders.random_refunds import refund_events

HOURS = SiteHours("America/Chicago", time(17), (1, 2, 3, 4, 5), "XFED")
FIRST = date(2000, 1, 1)
RULES = Rules(
    late_fees=(
        LateFeeRule("*", FIRST, 10, FeeChoice.PERCENT, percent_ppm=50_000),
        LateFeeRule("TX", FIRST, 15, FeeChoice.PERCENT, percent_ppm=50_000),
        LateFeeRule("PA", FIRST, 10, FeeChoice.PERCENT, percent_ppm=20_000, base=FeeBase.ARREARS),
        LateFeeRule("CO", FIRST, 10, FeeChoice.FIXED, fixed_cents=1500),
        LateFeeRule("KS", FIRST, 10, FeeChoice.LESSER, 50_000, 2500, FeeBase.UNPAID, own_window=True),
        LateFeeRule("KS", date(2025, 1, 1), 10, FeeChoice.LESSER, 50_000, 2500, FeeBase.UNPAID),
        LateFeeRule("OK", FIRST, 10, FeeChoice.GREATER, 50_000, 500, FeeBase.UNPAID, own_window=True),
    ),
    return_fees=(ReturnFeeRule("*", FIRST, 2500), ReturnFeeRule("TX", FIRST, 3000)),
    flags={
        flag: FlagRule(flag, frozenset(stops))
        for flag, stops in {
            "bankruptcy": (Stop.LATE_FEE, Stop.APPLICATION),
            "scra": (Stop.LATE_FEE,),
            "accelerated": (Stop.LATE_FEE,),
            "repossessed": (Stop.LATE_FEE,),
            "charged_off": (Stop.LATE_FEE, Stop.INTEREST),
            "deceased": (),
        }.items()
    },
    lien_releases=(LienReleaseRule("*", FIRST, 30), LienReleaseRule("TX", FIRST, 10)),
    small_shortages=(SmallShortage(FIRST, 500),),
)
NO_RETURN_FEE = {flag: FlagRule(flag, frozenset({Stop.RETURN_FEE})) for flag in ("bankruptcy", "litigation")}
STATES = ("TX", "PA", "CO", "KS", "OK", "GA")
FEES_FIRST = order_of(
    "fees.first",
    [
        ["past_due.fee", "due.fee"],
        ["past_due.interest", "due.interest", "advance.interest"],
        ["past_due.principal"],
        ["due.principal"],
        ["advance.principal"],
    ],
)
CURRENT_FIRST = order_of(
    "current.first",
    [
        ["past_due.interest", "due.interest", "advance.interest"],
        ["due.principal"],
        ["past_due.principal"],
        ["past_due.fee", "due.fee"],
        ["advance.principal"],
    ],
)
BY_CLASS = order_of(
    "by.class",
    [
        ["past_due.principal"],
        ["past_due.interest"],
        ["past_due.fee"],
        ["due.fee", "due.interest", "due.principal"],
        ["advance.interest"],
        ["advance.principal"],
    ],
)
LARGE_BANK = order_of(
    "large.bank",
    [
        ["past_due.interest", "due.interest", "advance.interest"],
        ["past_due.principal", "due.principal"],
        ["past_due.fee", "due.fee"],
        ["advance.principal"],
    ],
    [["past_due.fee", "due.fee"], ["advance.interest"], ["advance.principal"]],
    most_ahead=3,
)
NO_PRINCIPAL_ONLY = order_of(
    "no.principal_only",
    [
        ["past_due.interest", "past_due.principal"],
        ["due.interest", "due.principal"],
        ["past_due.fee", "due.fee"],
        ["advance.interest", "advance.principal"],
    ],
    principal_only=False,
)
LEASE_FEES_FIRST = order_of(
    "lease.fees.first", [["due.fee", "past_due.fee"], ["past_due.tax", "due.tax"], ["past_due.rent", "due.rent"]]
)


def is_open(day: date) -> bool:
    """Whether the Dallas site receives mail."""
    return HOURS.is_open(day)


def loan(
    state: str = "TX",
    first_due_on: date = date(2026, 3, 1),
    count: int = 60,
    level_cents: int = 37_700,
    rate_ppm: int = 50_000,
    final_cents: int | None = None,
    **fields: Any,
) -> Terms:
    """A loan at 5 % with 60 installments of 377.00 from 1 March 2026, in Texas; `fields` of the terms."""
    runs = schedule.level(first_due_on, first_due_on.day, count, level_cents, final_cents)
    plain = Terms(
        1, FIRST, Product.LOAN, state, rate_ppm, DayCount.ACTUAL_365, Method.DAILY, runs, LOAN_ORDER, Excess.ADVANCE
    )
    return replace(plain, **fields)


def lease(
    state: str = "TX",
    first_due_on: date = date(2026, 3, 1),
    count: int = 36,
    rent_cents: int = 40_000,
    tax_cents: int = 2_500,
    **fields: Any,
) -> Terms:
    """A lease of 36 months at 400.00 and 25.00 tax; `fields` of the terms."""
    runs = schedule.level(first_due_on, first_due_on.day, count, rent_cents, tax_cents=tax_cents)
    end = LeaseTerms(count, 1_500_000, 39_500, 30_000, 36_000, 25, 62_500)
    plain = Terms(
        1, FIRST, Product.LEASE, state, 0, DayCount.ACTUAL_365, Method.DAILY, runs, LEASE_ORDER, Excess.ADVANCE, end
    )
    return replace(plain, **fields)


def replay(
    terms: Terms | tuple[Terms, ...],
    events: Iterable[Event],
    until: date,
    opening: Position | None = None,
    principal_cents: int = 2_000_000,
    opened_on: date = date(2026, 1, 30),
    rules: Rules = RULES,
) -> History:
    """The history of a loan of 20,000.00, or of a lease."""
    versions = terms if isinstance(terms, tuple) else (terms,)
    principal = principal_cents if versions[0].product is Product.LOAN else 0
    return history(versions, rules, opening or opened(principal, opened_on), events, until, is_open)


def paid(on: date, cents: int, event_id: str = "", **fields: Any) -> Payment:
    """A payment of a day; `fields` of the payment."""
    return Payment(event_id or f"p{on}", on, cents, **fields)


@dataclass(frozen=True)
class Case:
    """One contract with its events."""

    terms: tuple[Terms, ...]
    opening: Position
    events: tuple[Event, ...]
    until: date
    rules: Rules = RULES
    is_open: IsOpen = is_open

    def replay(self, events: tuple[Event, ...] | None = None, until: date | None = None) -> History:
        """Its history, or its history with other events or to another day."""
        replayed = self.events if events is None else events
        return history(self.terms, self.rules, self.opening, replayed, until or self.until, self.is_open)


def random_case(chance: Random) -> Case:
    """A contract with payments of all kinds, fees, waivers, flags, new terms, refunds, the end of a lease."""
    opened_on = date(chance.randint(2018, 2027), 1, 1) + timedelta(chance.randint(0, 364))
    terms = random_terms(chance, opened_on)
    months = chance.choice((2, 4, 7, 14))
    until = opened_on + timedelta(chance.randint(20, 31 * months))
    events = random_events(chance, terms, opened_on, until)
    if chance.random() < 0.2:
        events += refund_events(chance, opened_on, until)
    days = max((until - opened_on).days, 1)
    is_changed = chance.random() < 0.25
    versions = [terms]
    if is_changed:
        versions.append(next_terms(chance, terms, opened_on + timedelta(chance.randint(1, days))))
    rules = chance.choice((RULES, replace(RULES, bill_days=25), replace(RULES, flags={**RULES.flags, **NO_RETURN_FEE})))
    case = Case(tuple(versions), opened(principal_of(terms), opened_on), tuple(events), until, rules)
    return with_payoff(chance, case) if chance.random() < 0.15 else case


def with_payoff(chance: Random, case: Case) -> Case:
    """The case with a payment of all that is owed on some day, a little less, or more; refunds of what is over."""
    on = case.opening.on + timedelta(chance.randint(1, max((case.until - case.opening.on).days, 1)))
    before = tuple(event for event in case.events if event.on < on and not isinstance(event, WriteOffUndone))
    cents = case.replay(before, on - timedelta(1)).position.owed_cents + chance.choice((0, 0, -300, -600, 5_000))
    if on > case.until or cents <= 0:
        return case
    later = on + timedelta(chance.randint(0, 40))
    more: tuple[Event, ...] = (
        Payment("payoff", on, cents),
        WriteOff("shortage", on, "payoff", 500, 4),
        RefundPaid("refunded", later, 5_000, seq=3),
        FeeCharge("fee after refund", later + timedelta(3), 2_000),
    )
    chosen = more[: chance.choice((1, 2, 3, 4))]
    return replace(case, events=(*case.events, *(event for event in chosen if event.on <= case.until)))


def random_terms(chance: Random, opened_on: date) -> Terms:
    """A loan of few or many installments, or a lease."""
    due_day = chance.choice((1, 5, 15, 28, 29, 30, 31))
    month = opened_on + timedelta(chance.randint(5, 50))
    first = schedule.month_day(month.year, month.month, due_day)
    first = first if first > opened_on else schedule.due_on(first, due_day, 1)
    count, state = chance.choice((1, 2, 4, 12, 60)), chance.choice(STATES)
    level = chance.choice((5_000, 20_001, 37_700, 99_999))
    if chance.random() < 0.3:
        order = chance.choice((LEASE_ORDER, LEASE_FEES_FIRST))
        tax = chance.choice((0, 2_513))
        runs = schedule.level(first, due_day, count, level, tax_cents=tax)
        plain = lease(state, date(2026, 3, 1), count, level, tax)
        return replace(plain, order=order, valid_from=opened_on, schedule=runs)
    return replace(
        loan(state),
        valid_from=opened_on,
        schedule=schedule.level(first, due_day, count, level, chance.choice((None, level - 137, level + 4_000))),
        rate_ppm=chance.choice((0, 50_000, 123_450, 290_000)),
        day_count=chance.choice(tuple(DayCount)),
        method=chance.choice((Method.DAILY, Method.DAILY, Method.SCHEDULED)),
        order=chance.choice(
            (LOAN_ORDER, LOAN_ORDER, FEES_FIRST, CURRENT_FIRST, BY_CLASS, LARGE_BANK, NO_PRINCIPAL_ONLY)
        ),
        excess=chance.choice(tuple(Excess)),
    )


def random_events(chance: Random, terms: Terms, opened_on: date, until: date) -> list[Event]:
    """Mostly payments around the due dates, with a few of all other events."""
    days = (until - opened_on).days
    events: list[Event] = []
    for due in schedule.installments(terms.schedule):
        if due.due_on - timedelta(5) > until or chance.random() < 0.2:
            continue
        on = due.due_on + timedelta(chance.choice((-20, -3, -1, 0, 0, 0, 1, 9, 10, 11, 12, 15, 16, 17, 18, 33)))
        cents = chance.choice((due.total_cents,) * 6 + (due.total_cents - 1, due.total_cents * 2, 1, 12_345))
        events += [_payment(chance, f"p{due.no}.{copy}", on, cents) for copy in range(chance.choice((1, 1, 1, 2)))]
    for number in range(chance.choice((0, 0, 1, 2, 4))):
        on = opened_on + timedelta(chance.randint(0, days))
        events.append(_random_event(chance, f"x{number}", on))
    if terms.product is Product.LEASE and chance.random() < 0.3:
        on = opened_on + timedelta(chance.randint(0, days))
        events.append(_lease_end(chance, terms, on))
    events = [event for event in events if opened_on <= event.on <= until]
    return events + list(_undone(chance, events, until))


def _undone(chance: Random, events: Iterable[Event], until: date) -> Iterable[WriteOffUndone]:
    """Some charge-offs are taken back, on their own day or later."""
    for event in events:
        if isinstance(event, WriteOff) and event.kind == "charge_off" and chance.random() < 0.5:
            on = event.on + timedelta(chance.randint(0, (until - event.on).days))
            yield WriteOffUndone(f"{event.event_id}.undone", on, event.event_id, seq=chance.choice((4, 5)))


def _random_event(chance: Random, key: str, on: date) -> Event:
    cents = chance.choice((100, 1_885, 40_000))
    return chance.choice(
        (
            FeeCharge(key, on, cents),
            FeeCharge(key, on, cents, "by hand"),
            Waiver(key, on, cents, seq=3),
            Waiver(key, on, cents, f"late/{chance.randint(1, 3)}"),
            InterestWaiver(key, on, cents, seq=3),
            InterestWaiver(key, on, chance.choice((1, 5)), seq=chance.choice((0, 3))),
            Flag(key, on, chance.choice(tuple(RULES.flags)), on + timedelta(chance.randint(1, 60))),
            Flag(key, on, chance.choice(tuple(RULES.flags))),
            Payment(key, on, cents * chance.randint(1, 60), excess=chance.choice((None, *Excess))),
            Application(key, on, cents, seq=2),
            Refund(key, on, cents, seq=2),
            RefundPaid(key, on, cents, seq=3),
            RefundStopped(key, on, cents, seq=3),
            Recovery(key, on, cents, seq=2),
            WriteOff(key, on, chance.choice(("charge_off", "payoff")), chance.choice((None, 500, 40_000)), 4),
        )
    )


def _lease_end(chance: Random, terms: Terms, on: date) -> Event:
    miles, wear = chance.choice((20_000, 40_001)), chance.choice((0, 12_300))
    is_bought = chance.random() < 0.5
    at = Position(on, billed_through=chance.randint(0, 2))  # any charges will do
    if is_bought:
        return lease_end.buyout(terms, at, on, "end")
    return lease_end.turn_in(terms, at, on, miles, wear, "end")


def _payment(chance: Random, key: str, on: date, cents: int) -> Payment:
    excess = chance.choice((None,) * 12 + tuple(Excess))
    seq, is_kept = chance.choice((0, 0, 1)), chance.random() < 0.05
    return Payment(key, on, max(cents, 1), seq=seq, excess=excess, keep_unapplied=is_kept)


def principal_of(terms: Terms) -> int:
    """What a loan of these terms begins with; 0 for a lease."""
    if terms.product is Product.LEASE:
        return 0
    total = sum(due.amount_cents for due in schedule.installments(terms.schedule))
    return max(total * 9 // 10, 1)


def next_terms(chance: Random, terms: Terms, valid_from: date) -> Terms:
    """Another rate, order, method or due day from some day on."""
    changed = replace(terms, version=terms.version + 1, valid_from=valid_from)
    moved = replace(changed, schedule=tuple(_later(run) for run in terms.schedule))
    level = chance.choice((5_000, 30_000, 50_000))
    lowered = replace(changed, schedule=tuple(replace(run, amount_cents=level) for run in terms.schedule))
    if terms.product is Product.LEASE:
        return chance.choice((replace(changed, order=LEASE_FEES_FIRST), moved, lowered))
    return chance.choice(
        (
            replace(changed, rate_ppm=60_000),
            replace(changed, order=chance.choice((FEES_FIRST, LARGE_BANK))),
            replace(changed, method=Method.DAILY),
            moved,
            replace(lowered, rate_ppm=60_000),  # SCRA: 50 USC 3937
        )
    )


def _later(run: Run) -> Run:
    """The same installments a month later (a deferral)."""
    return replace(run, first_due_on=schedule.due_on(run.first_due_on, run.due_day, 1))
