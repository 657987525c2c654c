"""The history of a contract from its events: where it stands on any day, what each event paid, which fees it had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lockbox.contract import delinquency, schedule
from lockbox.contract.balances import Balances
from lockbox.contract.event import (
    CHARGED_OFF,
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
from lockbox.contract.grace import IsOpen, Lateness, late_fee_cents, on_time_until
from lockbox.contract.position import Position, Receipt
from lockbox.contract.posting import Posting
from lockbox.contract.terms import Installment, Method, Product, Rules, Stop, Terms, terms_on
from lockbox.contract.undone import undone_ids
from lockbox.contract.versions import in_sequence

_DAY = timedelta(1)
_REACH = timedelta(62)  # billing comes before a due date, grace after it: neither is farther away than this


@dataclass(frozen=True, slots=True)
class AssessedFee:
    """A late fee that is assessed at the end of an installment's last on-time day."""

    no: int
    on_time_until: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class History:
    """The contract at the end of a day, and every posting that brought it there since its opening."""

    position: Position
    postings: tuple[Posting, ...]
    billed: tuple[Installment, ...] = ()  # the rents of a lease that were billed since, as the terms have them now
    assessed: tuple[AssessedFee, ...] = ()  # late fees that the night after `until` charges, unless a flag stops them


def history(
    terms: Sequence[Terms],
    rules: Rules,
    opening: Position,
    events: Iterable[Event],
    until: date,
    is_open: IsOpen,
    under_way: Iterable[Event] = (),
) -> History:
    """Replays a contract from the end of `opening.on` to the end of `until`, nights included.

    Events `under_way` happened after `until`, on days whose night is still to come. They move balances, but the
    position's days past due stay those of `until`.

    This is the definition of servicing: the set-based night and posting must end where it ends. A payment posted late
    is an event inserted at its own date, a returned payment is an event removed (I10, I11). Each day has its terms,
    its events by `seq` and id, then its night: bill, step the scheduled base, accrue, late fees, unapplied money,
    refunds netted against what is owed (of a loan that goes on: what is due), refund of a paid loan. A charge-off that
    is undone, now or on a later day, has never been.

    Raises:
        ValueError: an event on or before the opening, a repeated id, an amount below 1, `until` before the opening, or
            an undone charge-off that was none.
        SettingsError: no terms, or no rule of the state in force.
    """
    events, later = list(events), _in_order(under_way)
    gone = undone_ids(_in_order([*events, *later]))
    known_events = [event for event in _checked(opening, events, until) if event.event_id not in gone]
    replay = _Replay(terms, rules, opening, known_events, is_open)
    days = replay.days(opening.on, until)
    replay.assess(opening.on)
    for day in days:
        replay.run_day(day)
    small = rules.small_shortage_cents(until)
    behind = delinquency.delinquency(until, replay.balances.installment_claims(until), small)
    assessed = tuple(replay.assessed_on(until))
    replay.flags += [event for event in later if isinstance(event, Flag)]
    for event in (event for event in later if event.event_id not in gone):
        replay.take_terms(event.on)
        replay.apply_event(event)
    billed = tuple(due for _, due in sorted(replay.balances.billed.items()))
    return History(replay.position(until, behind), tuple(replay.balances.postings), billed, assessed)


def _checked(opening: Position, events: Iterable[Event], until: date) -> list[Event]:
    in_order = _in_order(events)
    if until < opening.on:
        raise ValueError(f"until {until}, opened {opening.on}")
    if len({event.event_id for event in in_order}) < len(in_order):
        raise ValueError("one event id twice")
    for event in in_order:
        if event.on <= opening.on:
            raise ValueError(f"event {event.event_id} on {event.on}, opened {opening.on}")
        if not isinstance(event, (Flag, LeaseEnd, WriteOff, WriteOffUndone)) and event.amount_cents <= 0:
            raise ValueError(f"event {event.event_id}: {event.amount_cents} cents")
    return [event for event in in_order if event.on <= until]


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.on, event.seq, event.event_id))


class _Replay:
    """One pass over the days that matter. Between them only interest moves, and one step may take it all (I9)."""

    def __init__(
        self, terms: Sequence[Terms], rules: Rules, opening: Position, events: list[Event], is_open: IsOpen
    ) -> None:
        self.terms, self.rules, self.is_open = _before_end(in_sequence(terms), opening, events), rules, is_open
        self.events = defaultdict[date, list[Event]](list)
        for event in events:
            self.events[event.on].append(event)
        self.flags = [*opening.flags, *(event for event in events if isinstance(event, Flag))]
        self.receipts = [*opening.receipts, *_receipts(events)]
        self.balances = Balances(opening, terms_on(self.terms, opening.on))
        self.accrued_through = opening.on
        self.due: dict[date, Installment] = {}  # by due date
        # By last on-time day; with each installment the last on-time day of the one before it.
        self.assessed: dict[date, list[tuple[Installment, date]]] = {}
        self.pending: list[tuple[Installment, Lateness]] = []  # assessed yesterday, charged tonight
        self.window_from = date.min  # receipts through this day count for no later installment

    def days(self, after: date, until: date) -> list[date]:
        """The days on which anything but interest may happen, and the last day."""
        days = {after + _DAY, until, *self.events}  # the first night finds what was left unapplied before it
        for flag in self.flags:
            days |= {flag.on, flag.until or flag.on}
        starts = sorted({version.valid_from for version in self.terms if after < version.valid_from <= until})
        for start, end in zip([after, *starts], [*starts, until + _DAY], strict=True):
            days.add(start)
            days |= self._calendar(terms_on(self.terms, start), start, end)
        return sorted(day for day in days if after < day <= until)

    def _calendar(self, terms: Terms, start: date, end: date) -> set[date]:
        """Billing days, due dates and last on-time days under these terms, from `start` to before `end`."""
        days = {row.valid_from for row in self.rules.bill_days_rows}
        bill_days = {self.rules.bill_days, *(row.days for row in self.rules.bill_days_rows)}
        previous_on_time = date.min
        for due in _installments(terms, start, end):
            on_time = on_time_until(due.due_on, self.rules.late_fee(terms.state, due.due_on), self.is_open)
            if start <= due.due_on < end:
                self.due[due.due_on] = due
                days.add(due.due_on)
            days |= {due.due_on - timedelta(ahead) for ahead in bill_days}
            if start <= on_time < end:
                self.assessed.setdefault(on_time, []).append((due, previous_on_time))
                days |= {on_time, on_time + _DAY}
            previous_on_time = on_time
        return days

    def run_day(self, day: date) -> None:
        """One day: the nights since the last one, the day's events, its night."""
        balances = self.balances
        if balances.base and not self._is_stopped(Stop.INTEREST, self.accrued_through + _DAY):
            balances.accrue(self.accrued_through + _DAY, day - _DAY)
        self.take_terms(day)
        for event in self.events.get(day, ()):
            self.apply_event(event)
        self._night(day)
        self.accrued_through = day

    def take_terms(self, day: date) -> None:
        """Puts the terms of a day in force, version after version."""
        later = self.terms[self.terms.index(self.balances.terms) + 1 :]
        for terms in later:
            if terms.valid_from <= day:
                self.balances.take_terms(terms)

    def apply_event(self, event: Event) -> None:
        """Applies one event under the terms in force."""
        balances = self.balances
        match event:
            case Payment(keep_unapplied=True):
                balances.keep_unapplied(event.on, event.event_id, event.amount_cents)
            case Payment():
                balances.pay(event.on, event.event_id, event.amount_cents, event.excess)
            case Application():
                balances.apply(event.on, event.event_id, event.amount_cents, event.excess)
            case FeeCharge(kind="returned_check") if self._is_stopped(Stop.RETURN_FEE, event.on):
                pass
            case FeeCharge():
                balances.charge_fee(event.on, "fee", event.event_id, event.amount_cents)
            case Waiver():
                balances.waive(event.on, event.event_id, event.amount_cents, event.fee_key)
            case InterestWaiver():
                balances.waive_interest(event.on, event.event_id, event.amount_cents)
            case Refund():
                balances.refund_unapplied(event.on, event.event_id, event.amount_cents)
            case RefundPaid():
                balances.pay_refund(event.on, event.event_id, event.amount_cents)
            case RefundStopped():
                balances.stop_refund(event.on, event.event_id, event.amount_cents)
            case LeaseEnd():
                balances.end_lease(event)
            case WriteOff():
                balances.write_off(event, may_set_off=event.kind == "charge_off" and self._may_set_off(event.on))
            case Recovery():
                balances.recover(event.on, event.event_id, event.amount_cents)
            case Flag() | WriteOffUndone():
                pass

    def _night(self, day: date) -> None:
        balances, due = self.balances, self.due.get(day)
        is_lease = balances.terms.product is Product.LEASE
        if is_lease and balances.ended_on is None:
            self._bill(day)
        if due is not None and not is_lease and balances.terms.method is Method.SCHEDULED:
            balances.step_base(due)
        if balances.base and not self._is_stopped(Stop.INTEREST, day):
            balances.accrue(day, day)
        for late, lateness in self.pending:
            self._charge_late_fee(day, late, lateness)
        may_apply = not self._is_stopped(Stop.APPLICATION, day)
        if is_lease and may_apply and balances.unapplied:
            balances.apply(day, f"night/{day}", balances.unapplied)
        if may_apply:
            balances.net_refund(day, f"netting/{day}", due_through=day)
        self.assess(day)
        owed = balances.principal or balances.interest or balances.fees or balances.bills
        if may_apply and balances.unapplied and not owed and (balances.ended_on or not is_lease):
            balances.refund_unapplied(day, f"refund/{day}", balances.unapplied)

    def _bill(self, day: date) -> None:
        """Bills every installment of a lease whose billing day has come."""
        runs = self.balances.terms.schedule
        through = day + timedelta(self.rules.bill_days_on(day))
        while (due := schedule.installment(runs, self.balances.billed_through + 1)) and due.due_on <= through:
            self.balances.bill(day, due)

    def assess(self, day: date) -> None:
        """Notes the lateness of each installment whose last on-time day ends."""
        self.pending = []
        for due, previous_on_time in self.assessed.get(day, ()):
            short = self.balances.shortage(day, due)
            lateness = Lateness(
                asked_cents=short.asked_cents,
                short_cents=short.own_cents,
                short_through_cents=short.through_cents,
                had_fee_cents=short.had_fee_cents,
                window_cents=sum(paid.amount_cents for paid in self.receipts if previous_on_time < paid.on <= day),
                fee_ahead_cents=self.balances.fee_ahead,
                small_cents=self.rules.small_shortage_cents(day),
            )
            self.pending.append((due, lateness))
            self.window_from = max(self.window_from, previous_on_time)

    def assessed_on(self, day: date) -> Iterator[AssessedFee]:
        """The fees that are pending at the end of a day."""
        for due, lateness in self.pending:
            rule = self.rules.late_fee(self.balances.terms.state, due.due_on)
            cents = late_fee_cents(lateness, rule)
            if cents and due.no not in self.balances.late_fees:
                yield AssessedFee(due.no, day, cents)

    def _charge_late_fee(self, day: date, due: Installment, lateness: Lateness) -> None:
        if self.balances.is_paid_off():
            return  # a payoff of this day left nothing owed, and its quote did not include a fee of this night (I13)
        rule = self.rules.late_fee(self.balances.terms.state, due.due_on)
        fee_cents = late_fee_cents(lateness, rule)
        if fee_cents and due.no not in self.balances.late_fees and not self._is_stopped(Stop.LATE_FEE, day):
            self.balances.late_fees.add(due.no)
            self.balances.charge_fee(day, "late_fee", f"late/{due.no}", fee_cents)

    def _may_set_off(self, day: date) -> bool:
        """Whether a charge-off may use what is payable. Its own flag does not forbid that."""
        return not self._is_stopped(Stop.APPLICATION, day, beside=CHARGED_OFF)

    def _is_stopped(self, stop: Stop, day: date, beside: str = "") -> bool:
        return any(
            flag.on <= day and (flag.until is None or day < flag.until)
            for flag in self.flags
            if flag.flag != beside and flag.flag in self.rules.flags and stop in self.rules.flags[flag.flag].stops
        )

    def position(self, until: date, behind: delinquency.Delinquency) -> Position:
        """The position at the end of `until`."""
        balances = self.balances
        paid_through = balances.paid_through
        if balances.terms.product is Product.LEASE:
            paid_through = min((bill.no - 1 for bill in balances.bills if bill.no), default=balances.billed_through)
        return Position(
            on=until,
            principal_cents=balances.principal,
            interest_cents=balances.interest,
            unapplied_cents=balances.unapplied,
            refund_cents=balances.refund,
            carry=balances.carry,
            base_cents=balances.base,
            period_cents=balances.period,
            fee_ahead_cents=balances.fee_ahead,
            paid_through=paid_through,
            billed_through=balances.billed_through,
            credits=balances.credits_on(until),
            fees=tuple(balances.fees),
            bills=tuple(balances.bills),
            late_fees=tuple(sorted(balances.late_fees)),
            ended_on=balances.ended_on,
            receipts=tuple(receipt for receipt in self.receipts if receipt.on > self.window_from),
            flags=tuple(flag for flag in self.flags if flag.until is None or flag.until > until),
            oldest_due_on=behind.oldest_due_on,
            past_due_cents=behind.past_due_cents,
            days_past_due=behind.days_past_due,
        )


def _before_end(terms: tuple[Terms, ...], opening: Position, events: Iterable[Event]) -> tuple[Terms, ...]:
    """The versions; those that begin after a lease has ended keep its schedule: they change nothing that it owes."""
    if terms and terms[0].product is Product.LOAN:
        return terms
    ends = [event.on for event in events if _ends_lease(event)]
    ended_on = opening.ended_on or min(ends, default=date.max)
    last = terms_on(terms, ended_on).schedule
    return tuple(replace(version, schedule=last) if version.valid_from > ended_on else version for version in terms)


def _ends_lease(event: Event) -> bool:
    return isinstance(event, LeaseEnd) or (
        isinstance(event, WriteOff) and event.kind == "charge_off" and event.limit_cents is None
    )


def _receipts(events: Iterable[Event]) -> Iterator[Receipt]:
    """The money that counts in an installment's own window: all that was received, also what is kept unapplied.

    What the lender keeps in suspense (a deceased customer's check) was paid in time. Applying it later is no new money.
    """
    for event in events:
        if isinstance(event, Payment):
            yield Receipt(event.on, event.amount_cents)


def _installments(terms: Terms, start: date, end: date) -> Iterator[Installment]:
    """The installments whose billing, due date or grace may touch `start` to before `end`, and one before them."""
    runs = terms.schedule
    no = max(schedule.first_due(runs, start - _REACH) - 1, runs[0].first_no)
    while (due := schedule.installment(runs, no)) is not None and due.due_on < end + _REACH:
        yield due
        no += 1
