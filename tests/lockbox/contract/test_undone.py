"""Undone charge-offs: they, and the recoveries on them, have never been."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.contract.event import Event, Flag, InterestWaiver, Payment, Recovery, WriteOff, WriteOffUndone
from lockbox.contract.history import History, history
from lockbox.contract.position import opened
from lockbox.contract.undone import undone_ids
from tests.builders.contract import RULES, is_open, loan

OPENED = date(2026, 1, 30)
LAST = date(2026, 5, 31)
CHARGE_OFF = WriteOff("off", date(2026, 3, 10))
PAID = [Payment("a", date(2026, 3, 1), 37_700), Payment("b", date(2026, 4, 1), 37_700)]  # the second while charged off
RECOVERED = Recovery("back", date(2026, 4, 2), 37_700)


def replay(*events: Event, until: date = LAST, under_way: tuple[Event, ...] = ()) -> History:
    return history([loan()], RULES, opened(2_000_000, OPENED), [*PAID, *events], until, is_open, under_way)


def test_an_undone_charge_off_leaves_no_trace_after_nights_and_a_recovery() -> None:
    never = replay()
    assert replay(CHARGE_OFF, RECOVERED, WriteOffUndone("undone", date(2026, 5, 20), "off")) == never
    undone = WriteOffUndone("undone", date(2026, 6, 1), "off")  # it counts for the days before it, too
    assert replay(CHARGE_OFF, RECOVERED, undone) == never
    assert replay(CHARGE_OFF, RECOVERED, under_way=(undone,)) == never
    assert replay(CHARGE_OFF, RECOVERED) != never


def test_a_charge_off_after_one_that_was_undone_stands_with_its_recoveries() -> None:
    again, later = WriteOff("again", date(2026, 5, 20)), Payment("c", date(2026, 5, 25), 10_000)
    recovered = Recovery("of again", date(2026, 5, 26), 10_000)
    undone = WriteOffUndone("undone", date(2026, 5, 19), "off")
    standing = replay(again, later, recovered)
    assert replay(CHARGE_OFF, RECOVERED, undone, again, later, recovered) == standing
    assert standing.position.principal_cents == 0


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((WriteOffUndone("u", date(2026, 5, 20), "off"),), "event u: off is no charge-off before it"),
        ((CHARGE_OFF, WriteOffUndone("u", date(2026, 3, 9), "off")), "event u: off is no charge-off before it"),
        ((WriteOff("off", date(2026, 3, 10), "payoff"), WriteOffUndone("u", LAST, "off")), "off is no charge-off"),
        ((CHARGE_OFF, WriteOffUndone("u", LAST, "off"), WriteOffUndone("v", LAST, "off")), "off was undone already"),
    ],
)
def test_only_a_charge_off_that_stands_can_be_undone(events: tuple[Event, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replay(*events)


def test_what_is_undone_besides_the_charge_off_are_recoveries_in_between() -> None:
    before = Recovery("before", date(2026, 3, 1), 1)
    flag = Flag("flag", date(2026, 3, 10), "charged_off")
    undone = WriteOffUndone("undone", date(2026, 5, 1), "off")
    after = Recovery("after", date(2026, 5, 2), 1)
    assert undone_ids([before, CHARGE_OFF, flag, RECOVERED, undone, after]) == {"off", "back", "undone"}


def test_waived_interest_goes_before_a_later_payment_is_split() -> None:
    """20,000.00 at 5 %: 30 nights to 1 March are 82.19, of which 50.00 are waived; 377.00 then pays 344.81 off."""
    waived = replay(InterestWaiver("waived", date(2026, 3, 1), 5_000, seq=-1))
    paid = next(posting for posting in waived.postings if posting.key == "a")
    assert {line.account: line.amount_cents for line in paid.lines} == {
        "clearing": 37_700,
        "receivable.interest": -3_219,
        "receivable.principal": -34_481,
    }
