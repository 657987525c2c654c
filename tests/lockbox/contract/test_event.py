"""Events: what each is when only the necessary is said."""

from __future__ import annotations

from datetime import date
from typing import get_args

from lockbox.contract.event import Event, FeeCharge, Flag, LeaseEnd, Payment, Waiver, WriteOff

DAY = date(2026, 3, 1)


def test_a_payment_is_applied_when_it_comes_unless_it_says_otherwise() -> None:
    payment = Payment("p", DAY, 100)
    assert (payment.keep_unapplied, payment.is_ahead, payment.excess, payment.seq) == (False, False, None, 0)


def test_what_a_bare_event_means() -> None:
    assert FeeCharge("f", DAY, 100).kind == "returned_check"
    assert Waiver("w", DAY, 100).fee_key is None  # the oldest fees first
    assert Flag("f", DAY, "scra").until is None  # for good
    assert (WriteOff("w", DAY).kind, WriteOff("w", DAY).limit_cents) == ("charge_off", None)


def test_every_event_can_be_ordered_within_its_day() -> None:
    for kind in get_args(Event):
        assert {"event_id", "on", "seq"} <= kind.__dataclass_fields__.keys()
    assert LeaseEnd("e", DAY, "buyout", ()).seq == 0
