"""Random histories: the engine against the slow model in fractions, and the invariants of money in random steps.

Short by default. `LOCKBOX_TEST_HISTORIES=100000` with `-k histories` compares that many histories;
`LOCKBOX_TEST_STEPS=1000000` with `-k steps` takes that many random steps, different ones each time.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

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
from lockbox.contract.history import History, history
from lockbox.contract.position import Position, opened
from lockbox.contract.terms import Bucket, Excess, Product, Terms, terms_on
from tests.builders.contract import RULES, Case, is_open, loan, next_terms, random_case, random_terms
from tests.oracles.model_comparison import differences
from tests.oracles.payoff import payoff_quote
from tests.oracles.slow_model import as_it_stands

HISTORIES = int(os.environ.get("LOCKBOX_TEST_HISTORIES", "150"))
STEPS = int(os.environ.get("LOCKBOX_TEST_STEPS", "1000"))
PHASES = (Phase.generate, Phase.shrink) if STEPS <= 1000 else (Phase.generate,)  # a long run only looks
DAY = timedelta(1)
Correction = Waiver | InterestWaiver | Application | Refund | RefundPaid | RefundStopped | Recovery
NO_LIMIT = pytest.mark.timeout(0 if HISTORIES > 150 or STEPS > 1000 else 600)
chance = st.randoms(use_true_random=False)


@NO_LIMIT
def test_histories_agree_with_the_slow_model() -> None:
    """Every balance, the fraction of a cent, each fee, each credit and what every payment paid; by seed."""
    differences_by_seed = {}
    for seed in range(HISTORIES):
        different = differences(random_case(Random(seed)))
        if different:
            differences_by_seed[seed] = different
        if len(differences_by_seed) == 5:
            break
        if seed % 5_000 == 4_999:
            print(f"{seed + 1} histories compared, {len(differences_by_seed)} differ", flush=True)
    assert differences_by_seed == {}


@given(chance)
def test_histories_that_hypothesis_searches_for_agree(random: Random) -> None:
    assert differences(random_case(random)) == []


@given(chance, st.integers(0, 400))
def test_a_replay_may_stop_and_go_on_from_any_day(random: Random, days: int) -> None:
    """I9: a position is all that the days after it need, unless one of these days undoes what came before it."""
    case = random_case(random)
    case = replace(case, events=tuple(event for event in case.events if not isinstance(event, WriteOffUndone)))
    cut = min(case.opening.on + timedelta(days), case.until)
    first = case.replay(tuple(event for event in case.events if event.on <= cut), cut)
    rest = tuple(event for event in case.events if event.on > cut)
    second = history(case.terms, case.rules, first.position, rest, case.until, is_open)
    whole = case.replay()
    assert second.position == whole.position
    assert ledger(first, second) == ledger(whole)


def test_money_of_a_window_counts_across_a_stop() -> None:
    """Oklahoma: the money of 5 April, in April's own window, bars its fee also when the replay stops on the 7th."""
    terms, opening = (loan("OK"),), opened(2_000_000, date(2026, 1, 30))
    paid = [Payment("p", date(2026, 4, 5), 37_700)]
    first = history(terms, RULES, opening, paid, date(2026, 4, 7), is_open)
    second = history(terms, RULES, first.position, (), date(2026, 4, 30), is_open)
    late_fees = [posting.key for posting in (*first.postings, *second.postings) if posting.kind == "late_fee"]
    assert late_fees == ["late/1"]


@given(chance)
def test_the_order_in_which_events_are_given_changes_nothing(random: Random) -> None:
    case = random_case(random)
    shuffled = list(case.events)
    random.shuffle(shuffled)
    assert case.replay(tuple(shuffled)) == case.replay()


@given(chance)
def test_positions_are_what_the_postings_add_up_to(random: Random) -> None:
    case = random_case(random)
    past = case.replay()
    sums = ledger(past)
    sums["receivable.principal"] += case.opening.principal_cents
    for bucket in Bucket:
        assert sums[f"receivable.{bucket}"] == bucket_cents(past.position, bucket)
    assert -sums["suspense.unapplied"] == past.position.unapplied_cents
    assert -sums["payable.refund"] == past.position.refund_cents
    assert all(sum(line.amount_cents for line in posting.lines) == 0 for posting in past.postings)


def bucket_cents(at: Position, bucket: Bucket) -> int:
    """The balance of `receivable.<bucket>`."""
    cents: int = getattr(at, f"{bucket}_cents")
    return cents


def ledger(*parts: History) -> Counter[str]:
    """Account -> cents of all postings, without zeros."""
    sums: Counter[str] = Counter()
    for posting in (posting for part in parts for posting in part.postings):
        sums.update({line.account: line.amount_cents for line in posting.lines})
    return Counter({account: cents for account, cents in sums.items() if cents})


class Steps(RuleBasedStateMachine):
    """The life of a contract: days pass, money comes on time and late, is returned, is corrected.

    The books are kept as a ledger keeps them: what a step changes is posted as the difference of two histories.
    """

    taken = 0

    @initialize(random=chance)
    def open(self, random: Random) -> None:
        opened_on = date(2026, 1, 1) + timedelta(random.randint(0, 400))
        self.terms: tuple[Terms, ...] = (random_terms(random, opened_on),)
        principal = random.choice((30_000, 2_000_000)) if self.terms[0].product is Product.LOAN else 0
        self.opening = opened(principal, opened_on)
        self.lender_rules = random.choice((RULES, replace(RULES, bill_days=25)))
        self.today = opened_on
        self.events: dict[str, Event] = {}
        self.count = 0
        self.now = self.at(self.today)
        self.books: Counter[str] = ledger(self.now)

    def at(self, until: date, events: dict[str, Event] | None = None) -> History:
        chosen = self.events if events is None else events
        return history(self.terms, self.lender_rules, self.opening, chosen.values(), until, is_open)

    def key(self) -> str:
        self.count += 1
        return f"e{self.count}"

    def post(self, later: History) -> None:
        """An adjusting journal: account by account what the new history has over the old one."""
        change = ledger(later)
        change.subtract(ledger(self.now))
        assert sum(change.values()) == 0
        self.books.update({account: cents for account, cents in change.items() if cents})
        self.now = later

    def record(self, event: Event) -> None:
        self.events[event.event_id] = event
        self.post(self.at(self.today))

    @rule(days=st.sampled_from((1, 1, 3, 10, 31)))
    def days_pass(self, days: int) -> None:
        """Catching up several nights is the same as one after the other (I9)."""
        before, self.today = self.now.position, self.today + timedelta(days)
        later = self.at(self.today)
        on_from_there = history(self.terms, self.lender_rules, before, (), self.today, is_open)
        assert on_from_there.position == later.position
        self.post(later)

    @rule(
        back=st.sampled_from((0, 0, 0, 1, 5, 20, 60)),
        installments=st.sampled_from((1, 1, 1, 2, 0.5, 0.01, 9)),
        excess=st.sampled_from((None, None, *Excess)),
        keep_unapplied=st.sampled_from((False,) * 9 + (True,)),
    )
    def pay(self, back: int, installments: float, excess: Excess | None, keep_unapplied: bool) -> None:
        """Money for today or, posted late, for an earlier day; it ends as if it had been posted then (I10)."""
        on = max(self.today - timedelta(back), self.opening.on + DAY)
        run = self.terms[0].schedule[0]
        cents = max(int((run.amount_cents + run.tax_cents) * installments), 1)
        payment = Payment(self.key(), on, cents, excess=excess, keep_unapplied=keep_unapplied)
        standing = as_it_stands(self.events.values())
        earlier = {event.event_id: event for event in standing if event.on <= on}
        later = [event for event in standing if event.on > on]
        then = self.at(on, {**earlier, payment.event_id: payment})
        on_time = history(self.terms, self.lender_rules, then.position, later, self.today, is_open)
        self.record(payment)
        assert self.now.position == on_time.position
        postings = [posting for posting in self.now.postings if posting.key == payment.event_id]
        lines = [line for posting in postings for line in posting.lines]
        assert lines[0].account == "clearing"
        assert sum(line.amount_cents for line in lines) == 0
        assert lines[0].amount_cents == cents  # I8: the parts are the payment
        assert all(line.amount_cents < 0 for line in lines[1:])

    @precondition(lambda self: any(isinstance(event, Payment) for event in self.events.values()))
    @rule(pick=st.integers(0, 10**6), fee=st.booleans())
    def take_back(self, pick: int, fee: bool) -> None:
        """A returned check: as if it had never come, except for its fee (I11)."""
        payments = [event for event in self.events.values() if isinstance(event, Payment)]
        returned = payments[pick % len(payments)]
        without = {key: event for key, event in self.events.items() if key != returned.event_id}
        never_paid = self.at(self.today, without)
        del self.events[returned.event_id]
        self.post(self.at(self.today))
        assert self.now == never_paid
        if fee:
            self.record(FeeCharge(self.key(), self.today, RULES.return_fee(self.terms[0].state, self.today).fee_cents))

    @rule(
        back=st.sampled_from((0, 0, 4, 30)),
        cents=st.sampled_from((5, 100, 1_885, 50_000)),
        kind=st.sampled_from((Waiver, InterestWaiver, Application, Refund, RefundPaid, RefundStopped, Recovery)),
    )
    def correct(self, back: int, cents: int, kind: type[Correction]) -> None:
        """What a person decides, for today or an earlier day."""
        self.record(kind(self.key(), max(self.today - timedelta(back), self.opening.on + DAY), cents, seq=2))

    @rule(back=st.sampled_from((0, 0, 4, 30)), cents=st.sampled_from((100, 1_885, 50_000)))
    def make_payable(self, back: int, cents: int) -> None:
        """A person makes money payable while the contract may still owe: then it is netted, set off, or recovered."""
        on = max(self.today - timedelta(back), self.opening.on + DAY)
        self.record(Payment(self.key(), on, cents, keep_unapplied=True))
        self.record(Refund(self.key(), on, cents, seq=2))

    @rule(back=st.sampled_from((0, 0, 4, 30)), kind=st.sampled_from(("charge_off", "charge_off", "payoff")))
    def write_off(self, back: int, kind: str) -> None:
        on = max(self.today - timedelta(back), self.opening.on + DAY)
        limit = 500 if kind == "payoff" else None
        self.record(WriteOff(self.key(), on, kind, limit, seq=3))

    @precondition(lambda self: any(isinstance(event, WriteOff) for event in as_it_stands(self.events.values())))
    @rule(pick=st.integers(0, 10**6))
    def undo_write_off(self, pick: int) -> None:
        """A charge-off is taken back: as if it, and the recoveries between, had never been."""
        standing = as_it_stands(self.events.values())
        charge_offs = [event for event in standing if isinstance(event, WriteOff) and event.kind == "charge_off"]
        if charge_offs:
            undone = charge_offs[pick % len(charge_offs)]
            self.record(WriteOffUndone(self.key(), self.today, undone.event_id, seq=9))
            never = {event.event_id: event for event in as_it_stands(self.events.values())}
            assert undone.event_id not in never
            assert self.now.position == self.at(self.today, never).position

    @precondition(lambda self: len(self.terms) < 4)
    @rule(random=chance, back=st.sampled_from((0, 0, 7, 40, 100)))
    def change_terms(self, random: Random, back: int) -> None:
        """Another version of the terms, from today on or, known late, from an earlier day on."""
        valid_from = max(self.today - timedelta(back), self.opening.on + DAY)
        if valid_from > self.terms[-1].valid_from:
            self.terms = (*self.terms, next_terms(random, self.terms[-1], valid_from))
            self.post(self.at(self.today))

    @rule(flag=st.sampled_from(sorted(RULES.flags)), days=st.sampled_from((1, 20)))
    def flag(self, flag: str, days: int) -> None:
        self.record(Flag(self.key(), self.today, flag, self.today + timedelta(days)))

    @precondition(lambda self: self.terms[0].product is Product.LOAN)
    @rule(days=st.integers(1, 30))
    def quote(self, days: int) -> None:
        """I13: the quote paid on its last day leaves nothing."""
        unflagged = replace(self.now.position, flags=())
        good_through = self.today + timedelta(days)
        quote = payoff_quote(self.terms, self.lender_rules, unflagged, good_through, is_open)
        assert quote.total_cents >= unflagged.owed_cents - unflagged.refund_cents  # which a night nets
        if quote.total_cents:
            paid = [Payment("payoff", good_through, quote.total_cents, excess=Excess.ADVANCE)]
            end = history(
                self.terms, self.lender_rules, unflagged, paid, good_through + timedelta(40), is_open
            ).position
            assert end.owed_cents == end.unapplied_cents == end.days_past_due == 0

    @invariant()
    def books_are_in_order(self) -> None:
        if not hasattr(self, "now"):
            return
        Steps.taken += 1
        at = self.now.position
        assert {account: cents for account, cents in self.books.items() if cents} == dict(ledger(self.now))
        assert sum(self.books.values()) == 0  # I2
        balances = [bucket_cents(at, bucket) for bucket in Bucket]
        assert min(*balances, at.unapplied_cents, at.refund_cents, at.base_cents) >= 0  # I8
        assert min((fee.open_cents for fee in at.fees), default=1) > 0
        charged = [posting.key for posting in self.now.postings if posting.kind == "late_fee"]
        assert len(charged) == len(set(charged)) == len(at.late_fees)  # I12
        assert (at.days_past_due > 0) == (at.past_due_cents > 0)
        assert terms_on(self.terms, self.today) is self.terms[-1]

    def teardown(self) -> None:
        """At the end of each life, the slow model must agree."""
        if hasattr(self, "now"):
            case = Case(self.terms, self.opening, tuple(self.events.values()), self.today, self.lender_rules)
            assert differences(case) == []


@NO_LIMIT
def test_random_steps_break_no_invariant() -> None:
    """Lives of up to 50 steps, one after the other, until STEPS steps were taken."""
    Steps.taken = 0
    while Steps.taken < STEPS:
        lives = budget(
            max_examples=min(max((STEPS - Steps.taken) // 40, 1), 500),
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
        )
        run_state_machine_as_test(Steps, settings=lives)
        print(f"{Steps.taken} steps", flush=True)
