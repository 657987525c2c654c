"""Random books: many contracts at once, day by day, with all that mail, nights and people do to them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox.contract.event import Event, FeeCharge, Payment
from lockbox.contract.history import history
from lockbox.contract.master import Contract, ContractFlag, ContractTerms, Customer, Master, Opening
from lockbox.contract.position import Position, opened
from lockbox.contract.terms import LEASE_ORDER, AllocationOrder, Product, Stop, Terms, order_of
from lockbox.errors import LockboxError
from lockbox.lender.profile import load_profile
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs, night
from lockbox.servicing.correction import adjust_late, reverse_item
from lockbox.servicing.load_master import load_master
from lockbox.servicing.recorded_action import Instruction
from lockbox.settings import Settings
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.contract import (
    BY_CLASS,
    FEES_FIRST,
    LARGE_BANK,
    NO_PRINCIPAL_ONLY,
    next_terms,
    principal_of,
    random_events,
    random_terms,
)

LENDER, DAY = "meridian", timedelta(1)
LOAN_BOX = "650805"
PAYOFF_BOX = "660893"  # payoff.boxes of the reference profile
Action = Callable[[Instruction], object]
Money = tuple[str, date, int, str | None]  # kind, day from which it counts, cents, instruction

# The ledger keeps one sum of credits for an installment: its rent is paid before its tax.
LEASE_FEES_FIRST = order_of(
    "lease.fees_first", [["due.fee", "past_due.fee"], ["past_due.rent", "past_due.tax"], ["due.rent"], ["due.tax"]]
)

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
            item_id, version, kind, outcome, suspense_kind, amount_cents, misread_ppm, reasons, ranked, maker,
            decided_at
        )
        select i.item_id, 1, 'check', s.outcome, s.suspense_kind, s.amount_cents, 1, array[]::text[], '{}', 'engine',
            :at
        from made_item as i inner join staged as s on i.sequence = s.no
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


@dataclass
class RandomBooks:
    """A portfolio that `live` takes through random days. `expected` has the money that a history must show."""

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
    batches: int = 0

    def open(self) -> None:
        """Takes the contracts over, with money to come for each."""
        self.master = random_master(self.chance, self.count, self.opening_on)
        with self.runtime.engine.begin() as connection:
            load_profile(connection, Settings().profile)
            for order in (FEES_FIRST, BY_CLASS, LARGE_BANK, NO_PRINCIPAL_ONLY, LEASE_FEES_FIRST):
                add_order(connection, order)
            load_master(connection, self.master, at(self.opening_on))
            rows = connection.execute(sa.text("select account_number, contract_id from contract"))
            self.ids = {row.account_number: row.contract_id for row in rows}
        self.terms = {version.account_number: version.terms for version in self.master.terms}
        self.state = {contract.account_number: contract.state for contract in self.master.contracts}
        for number in self.ids:
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
        if how < 0.3:
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
        night.night(
            self.runtime, self.opening_on + timedelta(self.days), at(self.opening_on + timedelta(self.days + 1))
        )

    def live_day(self, day: date) -> None:
        """The mail, returns and decisions of one day, then its night."""
        is_mail = day.isoweekday() < 6
        if is_mail:
            self._mail(day)
        for _ in range(portion(self.chance, self.count / 250)):
            self._take_back(day)
        for _ in range(portion(self.chance, self.count / 100)):
            self._decide(day)
        if is_mail:
            with self.runtime.engine.begin() as connection:
                make.closed_day(connection, day=day)
        if self.chance.random() < 0.85:
            night.night(self.runtime, day, at(day + DAY, 1))

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
            adjust_late(connection, batch, at(day))
        for row, check in zip(rows, checks, strict=True):
            self.posted.append((row.item_id, check))
            self.done["check held" if check.is_held else "check"] += 1
            for number, cents in check.lines:
                self.expected[number][money(Payment, on, cents, check.excess)] += 1

    def _payoffs(self, day: date) -> Iterable[Check]:
        """Some contracts are paid off, a little short, exactly, or too much."""
        for number in self.chance.sample(sorted(self.ids), portion(self.chance, self.count / 300)):
            with self.runtime.engine.connect() as connection:
                cents = connection.execute(
                    sa.text("""
                        select payoff_cents(p.contract_id, :day) - p.unapplied_cents from position as p
                        where p.contract_id = :contract"""),
                    {"contract": self.ids[number], "day": day},
                ).scalar_one()
            cents = (cents or 0) + self.chance.choice((0, 0, -300, 5_000))
            if cents > 0:
                is_lease = self.terms[number].product is Product.LEASE
                yield Check(day, day, ((number, cents),), box=PAYOFF_BOX if is_lease else LOAN_BOX)

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
        if reason == "returned":
            number = min(check.lines, key=lambda line: (-line[1], self.ids[line[0]]))[0]
            if self._stops_fee(number, day):
                return
            fee = nights.RULES.return_fee(self.state[number], day).fee_cents
            self.expected[number][money(FeeCharge, day, fee)] += 1

    def _stops_fee(self, number: str, day: date) -> bool:
        stopping = [flag for flag, rule in nights.RULES.flags.items() if Stop.RETURN_FEE in rule.stops]
        with self.runtime.engine.connect() as connection:
            statement = sa.text("select has_flag(:contract, cast(:flags as text[]), :day)")
            values = {"contract": self.ids[number], "flags": stopping, "day": day}
            return bool(connection.execute(statement, values).scalar_one())

    def _decide(self, day: date) -> None:
        """A person decides something about a contract, for this day or an earlier one; much of it is refused."""
        number, chance = self.chance.choice(sorted(self.ids)), self.chance
        back = timedelta(chance.choice((0, 0, 0, 2, 9, 25)))
        on = max(day - back, self.opening_on + DAY)
        kind, action = chance.choice(self._actions(number, on))
        instruction = Instruction(number, f"reason {self.done.total()}", "ann", at(day), on if on < day else None)
        try:
            action(instruction)
        except LockboxError as error:
            self.done[f"{kind}: refused, {type(error).__name__}"] += 1
        else:
            self.done[kind] += 1

    def _actions(self, number: str, on: date) -> list[tuple[str, Action]]:
        chance, runtime = self.chance, self.runtime
        flag, until = chance.choice(actions.FLAGS), chance.choice((None, on + timedelta(chance.randint(1, 40))))
        miles, wear, cents = chance.choice((0, 90_000)), chance.choice((0, 12_300)), chance.choice((100, 1_500, 1_885))
        valid_from = on + timedelta(chance.randint(-20, 40))
        of_all: list[tuple[str, Action]] = [
            ("flag", lambda asked: actions.set_flag(runtime, asked, flag, until)),
            ("flag", lambda asked: actions.set_flag(runtime, asked, flag, until)),
            ("flag cleared", lambda asked: actions.clear_flag(runtime, asked, flag)),
            ("waiver", lambda asked: actions.waive(runtime, asked, cents)),
            ("charge-off", lambda asked: charge_offs.charge_off(runtime, asked)),
            ("recovery", lambda asked: charge_offs.recover(runtime, asked, None)),
            ("terms", lambda asked: self._take_terms(number, valid_from, asked.as_of)),
        ]
        if self.terms[number].product is Product.LEASE:
            of_all += [
                ("extension", lambda asked: actions.extend(runtime, asked, 2)),
                ("buyout", lambda asked: actions.buy_out(runtime, asked)),
                ("turn-in", lambda asked: actions.turn_in(runtime, asked, miles, wear)),
            ]
        return of_all

    def _take_terms(self, number: str, valid_from: date, as_of: datetime) -> None:
        """Another version of the terms, from an earlier or a later day on, in a new delivery of the master."""
        versions = [version.terms for version in self.master.terms if version.account_number == number]
        newest = versions[-1]
        if valid_from <= max(newest.valid_from, self.opening_on):
            return
        changed = ranked(next_terms(self.chance, newest, valid_from))
        with self.runtime.engine.begin() as connection:
            known = {
                version
                for (version,) in connection.execute(
                    sa.text("select version from contract_terms where contract_id = :c"), {"c": self.ids[number]}
                )
            }
            if known != {version.version for version in versions}:
                return  # a lease was extended meanwhile
            more = ContractTerms(number, changed)
            place = next(place for place, known in enumerate(self.master.contracts) if known.account_number == number)
            part = replace(
                self.master,
                customers=(self.master.customers[place],),
                contracts=(self.master.contracts[place],),
                openings=(self.master.openings[place],),
                terms=(*(ContractTerms(number, version) for version in versions), more),
                flags=(),
            )
            load_master(connection, part, as_of)
        self.master = replace(self.master, terms=(*self.master.terms, more))


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


def ranked(terms: Terms) -> Terms:
    """The terms with an allocation order that the ledger can follow."""
    is_other = terms.product is Product.LEASE and terms.order.order_id != LEASE_ORDER.order_id
    return replace(terms, order=LEASE_FEES_FIRST) if is_other else terms


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


def at(day: date, hour: int = 18) -> datetime:
    """An instant of a day: noon in Dallas."""
    return datetime.combine(day, time(hour), UTC)


def weekday(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + timedelta(max(8 - day.isoweekday(), 0) if day.isoweekday() > 5 else 0)


def portion(chance: Random, mean: float) -> int:
    """A whole number, on average `mean`."""
    return int(mean) + (chance.random() < mean % 1)
