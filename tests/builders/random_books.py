"""Random books: many contracts at once, day by day, with all that mail, nights and people do to them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox.contract.event import Event, FeeCharge, Flag, Payment
from lockbox.contract.grace import IsOpen
from lockbox.contract.history import history
from lockbox.contract.master import Contract, ContractFlag, ContractTerms, Customer, Master, Opening
from lockbox.contract.position import Position, opened
from lockbox.contract.terms import AllocationOrder, Product, Rules, Terms
from lockbox.customer.payoff_quotes import QuoteRequest, make_quote
from lockbox.errors import LockboxError
from lockbox.lender.dated_rules import rule_book
from lockbox.lender.profile import load_profile
from lockbox.mail.pipeline import items_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import actions, night
from lockbox.servicing.correction import adjust_late, reverse_item
from lockbox.servicing.load_master import load_master
from lockbox.servicing.record import Record, last_night, load_record
from lockbox.settings import Settings
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.contract import (
    BY_CLASS,
    CURRENT_FIRST,
    FEES_FIRST,
    LARGE_BANK,
    NO_PRINCIPAL_ONLY,
    Case,
    principal_of,
    random_events,
    random_terms,
)
from tests.builders.random_decisions import LEASE_FEES_FIRST, Decisions, at, portion, ranked
from tests.oracles.slow_model import Balances

DAY = timedelta(1)
LENDER = "meridian"
LOAN_BOX = "650805"
PAYOFF_BOX = "660893"  # payoff.boxes of the reference profile
# What is noted of a contract at the end of a night, in the order of the slow model.
BALANCES = ("principal", "interest", "fee", "rent", "tax", "unapplied", "refund", "fee_ahead")
Money = tuple[str, date, int, str | None]  # kind, day from which it counts, cents, instruction

# The decided checks of a batch: [{sequence, outcome, suspense_kind, amount_cents, lines: [[contract, cents, excess]]}].
DECIDED = sa.text("""
    with staged as materialized (
        select x.*, row_number() over (order by x.sequence)::int as no
        from jsonb_to_recordset(cast(:items as jsonb)) as x (
            sequence int, outcome text, suspense_kind text, amount_cents bigint, lines jsonb
        )
    ),
    made_image as (insert into image (sha256, size_bytes) values (repeat('b', 64), 1) on conflict do nothing),
    made_envelope as (
        insert into envelope (batch_id, envelope_no) select :batch, s.no from staged as s
        returning envelope_id, batch_id, envelope_no
    ),
    made_item as (
        insert into item (batch_id, envelope_id, sequence, front_sha256)
        select batch_id, envelope_id, envelope_no, repeat('b', 64) from made_envelope
        returning item_id, batch_id, sequence
    ),
    made_decision as (
        insert into decision (
            item_id, version, site_id, business_date, effective_date, kind, outcome, suspense_kind, amount_cents,
            misread_ppm, reasons, ranked, maker, decided_at
        )
        select i.item_id, 1, b.site_id, b.business_date, b.effective_date, 'check', s.outcome, s.suspense_kind,
            s.amount_cents, 1, array[]::text[], '{}', 'engine', :at
        from made_item as i
        inner join batch as b on i.batch_id = b.batch_id
        inner join staged as s on i.sequence = s.no
        returning decision_id, item_id
    ),
    made_line as (
        insert into decision_line (decision_id, line_no, contract_id, amount_cents, excess)
        select d.decision_id, l.no, (l.line ->> 0)::bigint, (l.line ->> 1)::bigint, l.line ->> 2
        from made_decision as d
        inner join made_item as i on d.item_id = i.item_id
        inner join staged as s on i.sequence = s.no
        cross join jsonb_array_elements(s.lines) with ordinality as l (line, no)
    )
    select i.item_id from made_item as i order by i.sequence""")


@dataclass(frozen=True)
class Check:
    """A check to come: on which business date, from which day it counts, for whom."""

    posted_on: date
    on: date
    lines: tuple[tuple[str, int], ...]  # account number, cents
    is_held: bool = False  # deposited, kept unapplied
    box: str = LOAN_BOX
    excess: str | None = None  # what the payer asks for


@dataclass(frozen=True)
class Quote:
    """A payoff quote of a loan, and the contract as it was known then, until the night before its last day."""

    account_number: str
    case: Case
    cents: int


@dataclass
class RandomBooks:
    """A portfolio that `live` takes through random days. `expected` has the money that a history must show.

    `nights` has what the ledger said of every contract at the end of each night, `unsettled` the days of which it
    could not know all: what came late, was taken back, or was decided for an earlier day.
    """

    runtime: Runtime
    chance: Random
    opening_on: date
    count: int
    days: int
    ids: dict[str, int] = field(default_factory=dict)
    expected: dict[str, Counter[Money]] = field(default_factory=lambda: defaultdict(Counter))
    plan: dict[date, list[Check]] = field(default_factory=lambda: defaultdict(list))
    posted: list[tuple[int, Check]] = field(default_factory=list)  # items that may be taken back
    done: Counter[str] = field(default_factory=Counter)  # what was done, and what was refused
    nights: dict[date, dict[int, Balances]] = field(default_factory=dict)
    unsettled: dict[str, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))
    quotes: list[Quote] = field(default_factory=list)
    batches: int = 0

    def open(self) -> None:
        """Takes the contracts over, with money to come for each."""
        master = random_master(self.chance, self.count, self.opening_on)
        with self.runtime.engine.begin() as connection:
            load_profile(connection, Settings().profile)
            for order in (FEES_FIRST, CURRENT_FIRST, BY_CLASS, LARGE_BANK, NO_PRINCIPAL_ONLY, LEASE_FEES_FIRST):
                add_order(connection, order)
            load_master(connection, master, at(self.opening_on))
            rows = connection.execute(sa.text("select account_number, contract_id from contract"))
            self.ids = {row.account_number: row.contract_id for row in rows}
        self.numbers = sorted(self.ids)
        self.terms = {version.account_number: version.terms for version in master.terms}
        self.state = {contract.account_number: contract.state for contract in master.contracts}
        self.decisions = Decisions(self, master)
        for number in self.numbers:
            self._plan(number)

    def _plan(self, number: str) -> None:
        until = self.opening_on + timedelta(self.days)
        for event in random_events(self.chance, self.terms[number], self.opening_on + DAY, until):
            if isinstance(event, Payment):
                check = self._check(number, event)
                self.plan[check.posted_on].append(check)

    def _check(self, number: str, event: Payment) -> Check:
        """On time mostly, else after the cut-off of the day before, or posted late; some are held."""
        lines, how = ((number, event.amount_cents),), self.chance.random()
        if how < 0.1 and event.on > self.opening_on + timedelta(4):
            before = weekday(event.on - timedelta(4))
            return Check(before, weekday(before + DAY), lines, excess=event.excess)
        if how < 0.25:
            return Check(
                weekday(event.on + timedelta(self.chance.choice((1, 1, 3, 8, 17)))),
                event.on,
                lines,
                excess=event.excess,
            )
        on = weekday(event.on)
        return Check(on, on, lines, is_held=event.keep_unapplied, excess=event.excess)

    def live(self) -> None:
        """All days, one after the other; every night but a few is run on its day."""
        for ahead in range(1, self.days + 1):
            self.live_day(self.opening_on + timedelta(ahead))
        last = self.opening_on + timedelta(self.days)
        night.night(self.runtime, last, at(last + DAY))
        self._note_balances(last)

    def live_day(self, day: date) -> None:
        """The mail, returns and decisions of one day, then its night."""
        is_mail = day.isoweekday() < 6
        self._quote(day)
        if is_mail:
            self._mail(day)
        for _ in range(portion(self.chance, self.count / 400)):
            self._take_back(day)
        if self.chance.random() < 0.9:
            self.decisions.take(day, portion(self.chance, self.count / 90))
        if is_mail:
            with self.runtime.engine.begin() as connection:
                make.closed_day(connection, day=day)
        if self.chance.random() < 0.85:
            night.night(self.runtime, day, at(day + DAY, 1))
            self._note_balances(day)

    def _note_balances(self, night: date) -> None:
        columns = ", ".join(f"{name}_cents" for name in BALANCES)
        with self.runtime.engine.connect() as connection:
            rows = connection.execute(sa.text(f"select contract_id, {columns} from position"))
            self.nights[night] = {row[0]: tuple(row[1:]) for row in rows}

    def unsettle(self, number: str, first: date, end: date) -> None:
        """What the ledger said of a contract from a day until another may be otherwise by what is known now."""
        if first < end:
            self.unsettled[number].append((first, end))

    def is_settled(self, number: str, night: date) -> bool:
        """Whether the ledger knew all of a contract that counts at the end of a night."""
        return not any(first <= night < end for first, end in self.unsettled[number])

    def _mail(self, day: date) -> None:
        checks = self.plan.pop(day, [])
        checks += self._payoffs(day)
        batches = defaultdict[tuple[date, str], list[Check]](list)
        for check in checks:
            batches[check.on, check.box].append(check)
        for (on, box), some in batches.items():
            self._post(day, on, box, list(joined(self.chance, some)))

    def _post(self, day: date, on: date, box: str, checks: Sequence[Check]) -> None:
        self.batches += 1
        items = [
            {
                "sequence": sequence,
                "outcome": "suspense" if check.is_held else "post",
                "suspense_kind": "unapplied" if check.is_held else None,
                "amount_cents": sum(cents for _, cents in check.lines),
                "lines": [(self.ids[number], cents, check.excess) for number, cents in check.lines],
            }
            for sequence, check in enumerate(checks, 1)
        ]
        with self.runtime.engine.begin() as connection:
            batch = make.batch(connection, f"B{self.batches}", day=day, effective_date=on, box=box)
            rows = connection.execute(DECIDED, {"batch": batch, "at": at(day), "items": json.dumps(items)}).all()
            post_batch(connection, batch, at(day))
            adjust_late(connection, items_of(connection, batch), at(day))
        for row, check in zip(rows, checks, strict=True):
            self.posted.append((row.item_id, replace(check, posted_on=day)))
            self.done["check held" if check.is_held else "check"] += 1
            for number, cents in check.lines:
                self.expected[number][money(Payment, on, cents, check.excess)] += 1
                self.unsettle(number, min(on, day), max(on, day))

    def _quote(self, day: date) -> None:
        """Some payoff quotes; most are paid by their day, some a little short or too much."""
        for number in self.chance.sample(self.numbers, portion(self.chance, self.count / 600)):
            good_through = weekday(day + timedelta(self.chance.randint(0, 12)))
            asked = QuoteRequest(LENDER, number, day, good_through, "ann", at(day))
            try:
                with self.runtime.engine.begin() as connection:
                    quote_id = make_quote(connection, asked)
                    quote = sa.text("select amount_cents from payoff_quote where quote_id = :quote")
                    cents = connection.execute(quote, {"quote": quote_id}).scalar_one()
                    case = case_of(connection, load_record(connection, self.ids[number], last_night(connection)))
            except LockboxError as error:
                self.done[f"quote: refused, {type(error).__name__}"] += 1
                continue
            self.done["quote"] += 1
            if case is not None and self.terms[number].product is Product.LOAN:
                self.quotes.append(Quote(number, replace(case, until=good_through - DAY), cents))
            if self.chance.random() < 0.8:
                cents += self.chance.choice((0, 0, 0, -300, 5_000))
                check = Check(good_through, good_through, ((number, max(cents, 1)),), box=self._payoff_box(number))
                self.plan[good_through].append(check)

    def _payoffs(self, day: date) -> Iterable[Check]:
        """Some contracts are paid off without a quote, a little short, exactly, or too much."""
        numbers = self.chance.sample(self.numbers, portion(self.chance, self.count / 600))
        statement = sa.text("""
            select p.contract_id, payoff_cents(p.contract_id, :day) - p.unapplied_cents as cents from position as p
            where p.contract_id = any(:contracts)""")
        with self.runtime.engine.connect() as connection:
            values = {"contracts": [self.ids[number] for number in numbers], "day": day}
            payoffs = {row.contract_id: row.cents for row in connection.execute(statement, values)}
        for number in numbers:
            cents = (payoffs[self.ids[number]] or 0) + self.chance.choice((0, 0, -300, 5_000))
            if cents > 0:
                yield Check(day, day, ((number, cents),), box=self._payoff_box(number))

    def _payoff_box(self, number: str) -> str:
        return PAYOFF_BOX if self.terms[number].product is Product.LEASE else LOAN_BOX

    def _take_back(self, day: date) -> None:
        if not self.posted:
            return
        place = self.chance.randrange(max(len(self.posted) - 3 * self.count, 0), len(self.posted))
        item, check = self.posted.pop(place)
        reason = self.chance.choice(("returned", "returned", "wrong contract"))
        with self.runtime.engine.begin() as connection:
            reverse_item(connection, item, reason, day, at(day), "ann")
        self.done[f"taken back: {reason}"] += 1
        for number, cents in check.lines:
            self.expected[number][money(Payment, check.on, cents, check.excess)] -= 1
            self.unsettle(number, min(check.on, check.posted_on), day)
        if reason == "returned":
            number = min(check.lines, key=lambda line: (-line[1], self.ids[line[0]]))[0]
            fee = nights.RULES.return_fee(self.state[number], day).fee_cents
            self.expected[number][money(FeeCharge, day, fee)] += 1


def random_master(chance: Random, count: int, opening_on: date) -> Master:
    """Contracts of all kinds, new ones and those in the middle of their lives."""
    numbers = [account_number(no) for no in range(1, count + 1)]
    standing = [random_standing(chance, opening_on) for _ in numbers]
    return Master(
        LENDER,
        opening_on,
        customers=tuple(Customer(f"C{number}", f"Payer {number}", ("1 Elm St",)) for number in numbers),
        contracts=tuple(
            Contract(number, f"C{number}", str(terms.product), terms.state, terms.valid_from, 1_500_000)
            for number, (terms, _) in zip(numbers, standing, strict=True)
        ),
        terms=tuple(ContractTerms(number, terms) for number, (terms, _) in zip(numbers, standing, strict=True)),
        openings=tuple(Opening(number, position) for number, (_, position) in zip(numbers, standing, strict=True)),
        flags=tuple(
            ContractFlag(number, chance.choice(actions.FLAGS), on, chance.choice((None, on + timedelta(45))))
            for number in numbers
            if chance.random() < 0.1
            for on in [opening_on + timedelta(chance.randint(-30, 30))]
        ),
        payers=(),
    )


def random_standing(chance: Random, opening_on: date) -> tuple[Terms, Position]:
    """Terms, and where such a contract may stand at the end of a day, as far as a takeover can tell."""
    while True:
        began_on = opening_on + DAY - timedelta(chance.choice((0, chance.randint(1, 40), chance.randint(40, 400))))
        terms = ranked(random_terms(chance, began_on))
        if began_on > opening_on:
            return terms, opened(principal_of(terms), began_on)
        events = random_events(chance, terms, began_on, opening_on)
        start = opened(principal_of(terms), began_on)
        past = history((terms,), nights.RULES, start, events, opening_on, nights.IS_OPEN).position
        if not past.ended and all(bill.no for bill in past.bills):
            return terms, taken_over(past)


def taken_over(past: Position) -> Position:
    """What the contract master says of a position."""
    charged = (int(fee.key.removeprefix("late/")) for fee in past.fees if fee.key.startswith("late/"))
    return replace(past, refund_cents=0, receipts=(), flags=(), late_fees=tuple(sorted(charged)))


def account_number(no: int) -> str:
    base = f"{10_000_000 + no}"
    return base + str(mod_97_10.calc_check_digits(base))


def add_order(connection: sa.Connection, order: AllocationOrder) -> None:
    """An allocation order beside those of the profile."""
    connection.execute(
        sa.text("insert into allocation_order values (:order, :lender, :has_current, :most_ahead, :principal_only)"),
        {
            "order": order.order_id,
            "lender": LENDER,
            "has_current": bool(order.current_ranks),
            "most_ahead": order.most_ahead,
            "principal_only": order.principal_only,
        },
    )
    cells = [
        {"order": order.order_id, "timing": str(timing), "bucket": str(bucket), "rank": rank, "is_current": is_current}
        for is_current, ranks in ((False, order.ranks), (True, order.current_ranks))
        for (timing, bucket), rank in ranks.items()
    ]
    connection.execute(
        sa.text("insert into allocation_cell values (:order, :timing, :bucket, :rank, :is_current)"), cells
    )


def joined(chance: Random, checks: Sequence[Check]) -> Iterable[Check]:
    """The checks; now and then one pays two contracts."""
    waiting = list(checks)
    while waiting:
        check = waiting.pop(0)
        if (
            waiting
            and chance.random() < 0.05
            and (waiting[0].is_held, waiting[0].excess) == (check.is_held, check.excess)
        ):
            other = waiting.pop(0)
            if other.lines[0][0] != check.lines[0][0]:
                check = replace(check, lines=(*check.lines, *other.lines))
            else:
                yield other
        yield check


def money(kind: type[Event], on: date, cents: int, excess: str | None = None) -> Money:
    return kind.__name__, on, cents, excess


def weekday(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + timedelta(max(8 - day.isoweekday(), 0) if day.isoweekday() > 5 else 0)


def case_of(connection: sa.Connection, record: Record) -> Case | None:
    """A contract as the ledger tells it; None while events of the day under way are known."""
    if any(not isinstance(event, Flag) for event in record.under_way):
        return None
    rules, is_open = rules_of(connection, record.last_night)
    return Case(record.terms, record.opening, (*record.events, *record.under_way), record.last_night, rules, is_open)


def rules_of(connection: sa.Connection, day: date) -> tuple[Rules, IsOpen]:
    """The lender's rules."""
    return rule_book(connection, LENDER, day)
