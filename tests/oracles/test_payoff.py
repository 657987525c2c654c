"""Payoffs by replay: the quote of a loan, the buyout of a lease, the lien."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.contract.event import Payment
from lockbox.contract.history import history
from lockbox.contract.lease import buyout
from lockbox.contract.position import Position
from lockbox.contract.terms import Excess, Product
from tests.builders.contract import RULES, is_open, lease, loan, paid, random_case, replay
from tests.oracles.payoff import buyout_cents, lien_release_due_on, payoff_quote

DAY = timedelta(1)


def test_a_quote_is_principal_interest_fees_and_days_to_come() -> None:
    at = replay(loan(), [], date(2026, 3, 20)).position
    quote = payoff_quote((loan(),), RULES, at, date(2026, 3, 31), is_open)
    assert (quote.quoted_on, quote.days, quote.per_diem_cents) == (date(2026, 3, 21), 10, 274)
    assert (quote.principal_cents, quote.interest_cents, quote.fee_cents) == (2_000_000, 13_699, 1_885)
    assert quote.interest_to_come_cents == 2_739  # 60 nights are 16,438.36
    assert quote.total_cents == 2_000_000 + 13_699 + 1_885 + 2_739


def test_a_late_fee_to_come_is_in_the_quote() -> None:
    at = replay(loan(), [], date(2026, 3, 10)).position
    before, after = (
        payoff_quote((loan(),), RULES, at, date(2026, 3, day), is_open).fees_to_come_cents for day in (17, 18)
    )
    assert (before, after) == (0, 1_885)


def test_a_payoff_on_the_day_of_a_late_fee_leaves_no_fee_behind() -> None:
    """The fee of the 17th is charged in the night after a payoff of the 17th: the quote does not include it (I13)."""
    at = replay(loan(), [], date(2026, 3, 16)).position
    quote = payoff_quote((loan(),), RULES, at, date(2026, 3, 17), is_open)
    end = replay(loan(), [paid(date(2026, 3, 17), quote.total_cents)], date(2026, 3, 31)).position
    assert (quote.fees_to_come_cents, end.owed_cents, end.refund_cents) == (0, 0, 0)


def test_a_quote_looks_ahead_and_only_at_loans() -> None:
    at = replay(loan(), [], date(2026, 3, 10)).position
    with pytest.raises(ValueError, match="good through 2026-03-10"):
        payoff_quote((loan(),), RULES, at, date(2026, 3, 10), is_open)
    with pytest.raises(ValueError, match="lease"):
        payoff_quote((lease(),), RULES, at, date(2026, 3, 20), is_open)


@given(st.randoms(use_true_random=False), st.integers(1, 40), st.integers(0, 39))
def test_paying_the_quote_by_its_date_leaves_nothing(chance: Random, days: int, earlier: int) -> None:
    """I13, on any day up to the good-through date: an overpayment is refunded, and paying earlier never costs more."""
    case = random_case(chance)
    terms = tuple(replace(version, excess=Excess.ADVANCE) for version in case.terms)
    if terms[0].product is Product.LEASE:
        return
    case = replace(case, terms=terms)
    at = replace(case.replay().position, flags=())
    good_through = at.on + timedelta(days)
    quote = payoff_quote(terms, case.rules, at, good_through, is_open)
    if not quote.total_cents:
        return
    on = max(at.on + DAY, good_through - timedelta(earlier))
    events = [Payment("payoff", on, quote.total_cents)]
    end = history(terms, case.rules, at, events, good_through + timedelta(90), is_open).position
    assert end.owed_cents == 0
    owed = history(terms, case.rules, at, (), on - DAY, is_open).position.owed_cents
    assert owed <= quote.total_cents
    assert end.refund_cents - at.refund_cents == quote.total_cents - owed + at.unapplied_cents
    assert (end.days_past_due, end.past_due_cents, end.unapplied_cents) == (0, 0, 0)


def test_the_lien_in_texas_is_released_within_ten_days() -> None:
    assert lien_release_due_on("TX", date(2026, 12, 28), RULES) == date(2027, 1, 7)
    assert lien_release_due_on("GA", date(2026, 12, 28), RULES) == date(2027, 1, 27)


def test_a_payment_of_the_day_of_the_quote_owes_the_nights_before_it() -> None:
    at = replay(loan(), [], date(2026, 2, 28)).position
    quote = payoff_quote((loan(),), RULES, at, date(2026, 3, 1), is_open)
    end = replay(loan(), [paid(date(2026, 3, 1), quote.total_cents)], date(2026, 3, 1)).position
    assert (quote.total_cents, end.owed_cents, end.refund_cents) == (2_008_219, 0, 0)


def test_unapplied_money_lowers_the_buyout_down_to_nothing() -> None:
    terms = lease(count=1)
    at = replay(terms, [paid(date(2026, 3, 1), 2_000_000)], date(2026, 3, 31)).position
    cents = buyout_cents(terms, replace(at, unapplied_cents=1_000), date(2026, 4, 1))
    assert cents == 1_500_000 + 30_000 + 95_625 - 1_000
    with pytest.raises(ValueError, match="more than all that is owed"):
        buyout_cents(terms, at, date(2026, 4, 1))


def test_paying_the_buyout_of_a_lease_leaves_nothing() -> None:
    terms = lease(count=4)
    on, first = date(2026, 4, 10), paid(date(2026, 3, 1), 42_500)
    at = replay(terms, [first], on - DAY).position
    cents = buyout_cents(terms, at, on)
    assert cents == 42_500 + 80_000 + 1_500_000 + 30_000 + 100_625
    end = buyout(terms, Position(on - DAY, billed_through=2), on, "end")
    after = replay(terms, [first, end, paid(on, cents, seq=1)], date(2026, 12, 31)).position
    assert (after.owed_cents, after.unapplied_cents, after.ended, after.days_past_due) == (0, 0, True, 0)
