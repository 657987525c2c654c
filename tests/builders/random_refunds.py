"""Random events around money that is made payable while a contract still owes: paid out, set off, recovered, undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from lockbox.contract.event import (
    Event,
    Flag,
    Payment,
    Recovery,
    Refund,
    RefundPaid,
    RefundStopped,
    WriteOff,
    WriteOffUndone,
)


def refund_events(chance: Random, opened_on: date, until: date) -> list[Event]:
    """A person makes money payable; then any of: a flag, a refund paid or stopped, a charge-off, what follows it."""
    kept_on = opened_on + timedelta(chance.randint(0, (until - opened_on).days))
    cents = chance.choice((100, 1_885, 40_000, 300_000))
    payable_on = _later(chance, kept_on)
    events: list[Event] = [
        Payment("kept", kept_on, cents, keep_unapplied=True),
        Refund("payable", payable_on, chance.choice((cents, cents // 2 + 1)), seq=2),
    ]
    if chance.random() < 0.3:
        events.append(RefundPaid("paid out", _later(chance, payable_on), cents // chance.choice((1, 2)), seq=3))
    if chance.random() < 0.3:
        events.append(RefundStopped("stopped", _later(chance, payable_on), cents // 2, seq=3))
    if chance.random() < 0.7:
        events += _charge_off(chance, _later(chance, payable_on), cents)
    return [event for event in events if opened_on <= event.on <= until]


def _charge_off(chance: Random, on: date, cents: int) -> Iterator[Event]:
    """A charge-off, with or without a flag that forbids set-off; later money, recoveries, the end of it."""
    yield WriteOff("loss", on, limit_cents=chance.choice((None, None, None, 40_000)), seq=4)
    if chance.random() < 0.5:
        flag = chance.choice(("bankruptcy", "bankruptcy", "charged_off", "deceased"))
        until = chance.choice((None, on, on + timedelta(1), on + timedelta(25)))
        yield Flag("stay", on - timedelta(chance.choice((0, 0, 3, 30))), flag, until)
    if chance.random() < 0.3:
        yield Payment("late money", _later(chance, on), cents, keep_unapplied=chance.random() < 0.5)
    if chance.random() < 0.6:
        yield Recovery("recovered", _later(chance, on), chance.choice((100, 40_000)), seq=chance.choice((2, 6)))
    if chance.random() < 0.3:
        yield WriteOffUndone("loss undone", _later(chance, on), "loss", seq=5)


def _later(chance: Random, day: date) -> date:
    return day + timedelta(chance.choice((0, 0, 1, 5, 20, 50)))
