"""A contract from its events: where it stands on any day, what each event paid, which fees were charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract import delinquency, schedule
from lockbox.contract.balances import Balances, Posting
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
from lockbox.contract.grace import IsOpen, Lateness, late_fee_cents, on_time_until
from lockbox.contract.position import Credit, Position, Receipt
from lockbox.contract.terms import Installment, Method, Product, Rules, Stop, Terms, terms_on

_DAY = timedelta(1)
_LONGEST = timedelta(62)


@dataclass(frozen=True, slots=True)
class AssessedFee:
    """A late fee that is found due at the end of an installment's last on-time day."""

    no: int
    on_time_until: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class History:
    """The contract at the end of a day, and every posting that brought it there since the opening."""

    position: Position
    postings: tuple[Posting, ...]
    assessed: tuple[AssessedFee, ...] = ()  # late fees that the night after `until` charges, unless a flag stops them


def history(
    terms: Sequence[Terms], rules: Rules, opening: Position, events: Iterable[Event], until: date, is_open: IsOpen,
    under_way: Iterable[Event] = (),
) -> History:  # fmt: skip
    """Replays a contract from the end of `opening.on` to the end of `until`, nights included.

    What is `under_way` has happened after `until`, on days whose night is still to come: it moves balances, and the
    position's days past due stay those of `until`.

    This is the definition of servicing: the set-based night and posting must end where this ends. A payment posted
    late is an event put in at its own date, a returned one an event taken out (I10, I11). On each day come its terms,
    its events by `seq` and id, then its night: bill, step the scheduled base, accrue, late fees, unapplied money,
    refund of a paid loan.

    Raises:
        ValueError: an event on or before the opening, one id twice, an amount below 1, or `until` before the opening.
        SettingsError: no terms, or no rule of the state in force.
    """
    known = _checked(opening, events, until)
    replay = _Replay(terms, rules, opening, known, is_open)
    days = replay.days(opening.on, until)
    replay.assess(opening.on)
    for day in days:
        replay.take(day)
    behind = delinquency.delinquency(until, replay.running.installment_claims(until))
    assessed = tuple(replay.assessed_on(until))
    for event in _in_order(under_way):
        replay.take_terms(event.on)
        replay.happen(event)
    return History(replay.position(until, behind), tuple(replay.running.postings), assessed)


def _checked(opening: Position, events: Iterable[Event], until: date) -> list[Event]:
    found = _in_order(events)
    if until < opening.on:
        raise ValueError(f"until {until}, opened {opening.on}")
    if len({one.event_id for one in found}) < len(found):
        raise ValueError("one event id twice")
    for one in found:
        if one.on <= opening.on:
            raise ValueError(f"event {one.event_id} on {one.on}, opened {opening.on}")
        if not isinstance(one, (Flag, LeaseEnd, WriteOff)) and one.amount_cents <= 0:
            raise ValueError(f"event {one.event_id}: {one.amount_cents} cents")
    return [one for one in found if one.on <= until]


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda one: (one.on, one.seq, one.event_id))


class _Replay:
    """One pass over the days that matter; between them only interest moves, and it may be taken in one step (I9)."""

    def __init__(
        self, terms: Sequence[Terms], rules: Rules, opening: Position, events: list[Event], is_open: IsOpen
    ) -> None:
        self.terms, self.rules, self.is_open = terms, rules, is_open
        self.events = defaultdict[date, list[Event]](list)
        for one in events:
            self.events[one.on].append(one)
        self.flags = [*opening.flags, *(one for one in events if isinstance(one, Flag))]
        self.receipts = [*opening.receipts, *_receipts(events)]
        self.running = Balances(opening, terms_on(terms, opening.on))
        self.accrued_through = opening.on
        self.due: dict[date, Installment] = {}  # by due date
        self.assessed: dict[
            date, list[tuple[Installment, date]]
        ] = {}  # by last on-time day; with that of the one before
        self.pending: list[tuple[Installment, Lateness]] = []  # assessed yesterday, charged tonight
        self.window_from = date.min  # receipts up to here count for no later installment

    def days(self, after: date, until: date) -> list[date]:
        """The days on which anything but interest may happen, and the last day."""
        wanted = {until, *self.events}
        for flag in self.flags:
            wanted |= {flag.on, flag.until or flag.on}
        starts = sorted({one.valid_from for one in self.terms if after < one.valid_from <= until})
        for start, end in zip([after, *starts], [*starts, until + _DAY], strict=True):
            wanted.add(start)
            wanted |= self._calendar(terms_on(self.terms, start), start, end)
        return sorted(day for day in wanted if after < day <= until)

    def _calendar(self, terms: Terms, start: date, end: date) -> set[date]:
        """Due days and last on-time days that fall under these terms, from `start` to before `end`."""
        wanted: set[date] = set()
        before = date.min
        for one in _installments(terms, start, end):
            on_time = on_time_until(one.due_on, self.rules.late_fee(terms.state, one.due_on), self.is_open)
            if start <= one.due_on < end:
                self.due[one.due_on] = one
                wanted.add(one.due_on)
            wanted.add(self._billed_on(one))
            if start <= on_time < end:
                self.assessed.setdefault(on_time, []).append((one, before))
                wanted |= {on_time, on_time + _DAY}
            before = on_time
        return wanted

    def take(self, day: date) -> None:
        """One day: the nights since the last one, the day's events, its night."""
        running = self.running
        if running.base and not self._stopped(Stop.INTEREST, self.accrued_through + _DAY):
            running.accrue(self.accrued_through + _DAY, day - _DAY)
        self.take_terms(day)
        for event in self.events.get(day, ()):
            self.happen(event)
        self._night(day)
        self.accrued_through = day

    def take_terms(self, day: date) -> None:
        """The terms of a day come into force."""
        terms = terms_on(self.terms, day)
        if terms is not self.running.terms:
            self.running.take_terms(terms)

    def happen(self, event: Event) -> None:
        """One event, under the terms in force."""
        running = self.running
        match event:
            case Payment(held=True):
                running.hold(event.on, event.event_id, event.amount_cents)
            case Payment():
                running.pay(event.on, event.event_id, event.amount_cents, event.excess)
            case Application():
                running.apply(event.on, event.event_id, event.amount_cents, event.excess)
            case FeeCharge():
                running.charge_fee(event.on, "fee", event.event_id, event.amount_cents)
            case Waiver():
                running.waive(event.on, event.event_id, event.amount_cents, event.fee_key)
            case Refund():
                running.give_back(event.on, event.event_id, event.amount_cents)
            case LeaseEnd():
                running.end(event)
            case WriteOff():
                running.write_off(event)
            case Recovery():
                running.recover(event.on, event.event_id, event.amount_cents)
            case Flag():
                pass

    def _night(self, day: date) -> None:
        running, due = self.running, self.due.get(day)
        lease = running.terms.product is Product.LEASE
        if lease and not running.ended:
            self._bill(day)
        if due is not None and not lease and running.terms.method is Method.SCHEDULED:
            running.step_base(due)
        if running.base and not self._stopped(Stop.INTEREST, day):
            running.accrue(day, day)
        for one, lateness in self.pending:
            self._charge(day, one, lateness)
        free = not self._stopped(Stop.APPLICATION, day)
        if lease and free and running.unapplied:
            running.apply(day, f"night/{day}", running.unapplied)
        self.assess(day)
        owed = running.principal or running.interest or running.fees or running.bills
        if free and running.unapplied and not owed and (running.ended or not lease):
            running.give_back(day, f"refund/{day}", running.unapplied)

    def _bill(self, day: date) -> None:
        """Every installment of a lease whose time has come."""
        runs = self.running.terms.schedule
        while (due := schedule.installment(runs, self.running.billed_through + 1)) and self._billed_on(due) <= day:
            self.running.bill(day, due)

    def _billed_on(self, due: Installment) -> date:
        return due.due_on - timedelta(self.rules.bill_days)

    def assess(self, day: date) -> None:
        """What counts for a late fee, of each installment whose last on-time day ends."""
        self.pending = []
        for due, before in self.assessed.get(day, ()):
            short, through = self.running.short_cents(day, due)
            window = sum(one.amount_cents for one in self.receipts if before < one.on <= day)
            lateness = Lateness(due, short, through, window, self.running.fee_ahead)
            self.pending.append((due, lateness))
            self.window_from = max(self.window_from, before)

    def assessed_on(self, day: date) -> Iterator[AssessedFee]:
        """The fees that are pending at the end of a day."""
        for due, lateness in self.pending:
            rule = self.rules.late_fee(self.running.terms.state, due.due_on)
            cents = late_fee_cents(lateness, rule)
            if cents and due.no not in self.running.late_fees:
                yield AssessedFee(due.no, day, cents)

    def _charge(self, day: date, due: Installment, lateness: Lateness) -> None:
        if self.running.paid_off():
            return  # a payoff of this day left nothing owed, and the quote did not ask for a fee of its night (I13)
        rule = self.rules.late_fee(self.running.terms.state, due.due_on)
        fee_cents = late_fee_cents(lateness, rule)
        if fee_cents and due.no not in self.running.late_fees and not self._stopped(Stop.LATE_FEE, day):
            self.running.late_fees.add(due.no)
            self.running.charge_fee(day, "late_fee", f"late/{due.no}", fee_cents)

    def _stopped(self, stop: Stop, day: date) -> bool:
        return any(
            one.on <= day and (one.until is None or day < one.until)
            for one in self.flags
            if one.flag in self.rules.flags and stop in self.rules.flags[one.flag].stops
        )

    def position(self, until: date, behind: delinquency.Delinquency) -> Position:
        """Everything as it stands."""
        running = self.running
        paid_through = running.paid_through
        if running.terms.product is Product.LEASE:
            paid_through = min((one.no - 1 for one in running.bills if one.no), default=running.billed_through)
        return Position(
            on=until,
            principal_cents=running.principal,
            interest_cents=running.interest,
            unapplied_cents=running.unapplied,
            refund_cents=running.refund,
            carry=running.carry,
            base_cents=running.base,
            period_cents=running.period,
            fee_ahead_cents=running.fee_ahead,
            paid_through=paid_through,
            billed_through=running.billed_through,
            credits=tuple(Credit(no, cents) for no, cents in sorted(running.credits.items())),
            fees=tuple(running.fees),
            bills=tuple(running.bills),
            late_fees=tuple(sorted(running.late_fees)),
            ended=running.ended,
            receipts=tuple(one for one in self.receipts if one.on > self.window_from),
            flags=tuple(one for one in self.flags if one.until is None or one.until > until),
            oldest_due_on=behind.oldest_due_on,
            past_due_cents=behind.past_due_cents,
            days_past_due=behind.days_past_due,
        )


def _receipts(events: Iterable[Event]) -> Iterator[Receipt]:
    """The money that counts in an installment's own window: received to be applied, or applied by hand later."""
    for one in events:
        if isinstance(one, Application) or (isinstance(one, Payment) and not one.held):
            yield Receipt(one.on, one.amount_cents)


def _installments(terms: Terms, start: date, end: date) -> Iterator[Installment]:
    """The installments whose billing, due date or grace may touch `start` to before `end`, and one before."""
    runs = terms.schedule
    no = max(schedule.first_due(runs, start - _LONGEST) - 1, runs[0].first_no)
    while (one := schedule.installment(runs, no)) is not None and one.due_on < end + _LONGEST:
        yield one
        no += 1
