"""Events from journals: each kind of journal, what is left out, and what must wait for its night."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from lockbox.contract.event import (
    Application,
    EndCharge,
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
)
from lockbox.contract.terms import Bucket
from lockbox.servicing.journal_events import (
    IN_THE_NIGHT,
    LAST,
    event_without_journal,
    journal_events,
    until_its_night,
)

DAY = date(2026, 11, 16)
NEXT = DAY + timedelta(1)


def line(kind: str, account: str, cents: int, journal: int = 4, **fields: Any) -> dict[str, Any]:
    plain = {
        "journal_id": journal,
        "source_kind": kind,
        "source_key": "x",
        "item_id": None,
        "business_date": DAY,
        "effective_date": DAY,
        "maker": "ann",
        "is_reversed": False,
        "is_suspense": False,
        "excess": None,
    }
    return {**plain, "account": account, "amount_cents": cents, **fields}


@pytest.mark.parametrize(
    ("lines", "event"),
    [
        ([line("fee", "receivable.fee", 3_000, source_key="returned_check/9")], FeeCharge("journal/4", DAY, 3_000)),
        ([line("waiver", "receivable.fee", -300)], Waiver("journal/4", DAY, 300)),
        ([line("interest_waiver", "receivable.interest", -300)], InterestWaiver("journal/4", DAY, 300)),
        (
            [line("application", "suspense.unapplied", 70), line("application", "receivable.rent", -70)],
            Application("journal/4", DAY, 70),
        ),
        (
            [line("refund", "suspense.unapplied", 70), line("refund", "payable.refund", -70)],
            Refund("journal/4", DAY, 70),
        ),
        (
            [line("refund_paid", "payable.refund", 70), line("refund_paid", "payable.refund_outstanding", -70)],
            RefundPaid("journal/4", DAY, 70),
        ),
        (
            [line("refund_stopped", "payable.refund_outstanding", 70), line("refund_stopped", "payable.refund", -70)],
            RefundStopped("journal/4", DAY, 70),
        ),
        ([line("recovery", "suspense.unapplied", 70)], Recovery("journal/4", DAY, 70)),
        ([line("charge_off", "receivable.fee", -70)], WriteOff("journal/4", DAY, "charge_off")),
        ([line("payoff", "receivable.fee", -70, source_key="1/2/500")], WriteOff("journal/4", DAY, "payoff", 500)),
        (
            [line("lease_end", "receivable.rent", 900, source_key="buyout/1"), line("lease_end", "income.rent", -900)],
            LeaseEnd("journal/4", DAY, "buyout", (EndCharge("receivable.rent", Bucket.RENT, 900),)),
        ),
        ([line("opening", "receivable.principal", 900)], None),
        ([line("late_fee", "receivable.fee", 900, maker="night")], None),
        ([line("waiver", "receivable.fee", -300, is_reversed=True)], None),
    ],
)
def test_a_journal_is_an_event(lines: list[dict[str, Any]], event: Event | None) -> None:
    events, items = journal_events(lines, DAY)
    assert (events, items) == ([event] if event else [], {})


def test_a_check_is_a_payment_of_its_item() -> None:
    lines = [
        line("item", "clearing.dallas", 500, item_id=9),
        line("item", "receivable.principal", -450, item_id=9),
        line("item", "suspense.unapplied", -50, item_id=9),
    ]
    assert journal_events(lines, DAY) == ([Payment("journal/4", DAY, 500)], {"journal/4": 9})


def test_events_keep_the_order_in_which_they_were_written() -> None:
    events, _ = journal_events([line("waiver", "receivable.fee", -1, journal=no) for no in (5, 8)], DAY)
    assert [(event.event_id, event.seq) for event in events] == [("journal/5", 0), ("journal/8", 1)]


def test_a_check_after_the_cut_off_comes_after_the_day_s_own_checks() -> None:
    late = line("item", "receivable.principal", -450, effective_date=NEXT)
    assert journal_events([late], DAY)[0] == [Payment("journal/4", NEXT, 450, IN_THE_NIGHT, is_ahead=True)]


def test_money_from_before_the_opening_counts_from_the_day_after_it() -> None:
    early = line("item", "receivable.principal", -450, effective_date=DAY - timedelta(9))
    (payment,) = journal_events([early], DAY)[0]
    assert payment.on == DAY


def test_a_suspense_check_is_kept_unapplied() -> None:
    (payment,) = journal_events([line("item", "suspense.unapplied", -450, is_suspense=True)], DAY)[0]
    assert payment == Payment("journal/4", DAY, 450, keep_unapplied=True)


def test_an_end_without_a_journal_is_the_last_event_of_its_day() -> None:
    row = {"kind": "turn_in", "event_id": 3, "effective_on": DAY}
    assert event_without_journal(row) == LeaseEnd("turn_in/3", DAY, "turn_in", (), LAST)
    assert event_without_journal({**row, "kind": "charge_off"}) == WriteOff("charge_off/3", DAY, seq=LAST)


@pytest.mark.parametrize(("on", "is_ahead", "kept"), [(NEXT, False, False), (NEXT, True, True), (DAY, True, True)])
def test_a_check_for_a_later_night_waits_unapplied(on: date, is_ahead: bool, kept: bool) -> None:
    payment = Payment("p", on, 100, is_ahead=is_ahead)
    waiting = until_its_night(payment, DAY)
    assert isinstance(waiting, Payment)
    assert waiting.keep_unapplied is kept
    assert until_its_night(Payment("p", NEXT + timedelta(1), 100), DAY) != Payment("p", NEXT + timedelta(1), 100)
    flag = Flag("f", NEXT, "scra")
    assert until_its_night(flag, DAY) is flag
