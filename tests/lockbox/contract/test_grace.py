"""Late fees: each state's amount, the last on-time day, and the rules that forbid a fee."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.contract.grace import Lateness, late_fee_cents, on_time_until
from lockbox.contract.terms import FeeChoice, LateFeeRule, Rules
from lockbox.errors import SettingsError
from tests.builders.contract import RULES, is_open

DUE_ON = date(2026, 3, 1)


def lateness(
    asked: int = 37_700,
    short: int = 37_700,
    through: int = 75_400,
    window: int = 0,
    ahead: int = 0,
    small: int = 0,
    had_fee: int = 0,
) -> Lateness:
    """An installment of 377.00 of which nothing came, and nothing of the one before it; amounts in cents."""
    return Lateness(asked, short, through, had_fee, window, ahead, small)


def rule(state: str, due_on: date = DUE_ON) -> LateFeeRule:
    return RULES.late_fee(state, due_on)


@pytest.mark.parametrize(
    ("state", "asked", "short", "fee"),
    [
        ("TX", 37_700, 37_700, 1_885),  # 5 % of the installment
        ("TX", 37_719, 1, 1_885),  # down to the cent; of the installment, however little is short
        ("TX", 2_500, 2_500, 125),  # of what is left to ask
        ("PA", 37_700, 10_000, 200),  # 2 % of what is in arrears
        ("CO", 37_700, 1, 1_500),
        ("KS", 37_700, 37_700, 1_885),  # the lesser of 5 % of what is unpaid and 25.00
        ("KS", 37_700, 7_700, 385),
        ("KS", 60_000, 60_000, 2_500),
        ("OK", 37_700, 37_700, 1_885),  # the greater of 5 % of what is unpaid and 5.00
        ("OK", 37_700, 7_700, 500),
        ("WY", 37_700, 37_700, 1_885),  # the row for all others
    ],
)
def test_the_fee_of_a_state(state: str, asked: int, short: int, fee: int) -> None:
    assert late_fee_cents(lateness(asked, short), rule(state)) == fee


def test_no_fee_on_what_is_paid() -> None:
    assert late_fee_cents(lateness(short=0), rule("TX")) == 0


@pytest.mark.parametrize(("through", "fee"), [(500, 0), (501, 1_885)])
def test_no_fee_when_no_more_than_the_small_amount_is_short_altogether(through: int, fee: int) -> None:
    assert late_fee_cents(lateness(short=1, through=through, small=500), rule("TX")) == fee


@pytest.mark.parametrize(("ahead", "had_fee"), [(1_885, 0), (0, 1_885), (1_885, 1_885), (1_000, 1_885)])
@pytest.mark.parametrize(("short", "fee"), [(300, 0), (500, 0), (501, 1_885)])
def test_a_small_amount_is_no_shortage_beside_what_had_its_fee(ahead: int, had_fee: int, short: int, fee: int) -> None:
    late = lateness(short=short, through=1_885 + short, ahead=ahead, small=500, had_fee=had_fee)
    assert late_fee_cents(late, rule("TX")) == fee


@pytest.mark.parametrize(("short", "ahead", "fee"), [(1_885, 1_885, 0), (1_886, 1_885, 1_885), (1_885, 1_884, 1_885)])
def test_no_fee_when_an_earlier_fee_is_all_that_is_missing(short: int, ahead: int, fee: int) -> None:
    """16 CFR 444.4."""
    assert late_fee_cents(lateness(short=short, through=short, ahead=ahead), rule("TX")) == fee


@pytest.mark.parametrize(
    ("state", "year", "window", "fee"),
    [
        ("KS", 2024, 37_700, 0),
        ("KS", 2024, 37_699, 1_885),
        ("KS", 2025, 37_700, 1_885),
        ("OK", 2026, 37_700, 0),
        ("TX", 2026, 37_700, 1_885),
    ],
)
def test_the_installments_own_window(state: str, year: int, window: int, fee: int) -> None:
    """Oklahoma looks at the money of the installment's own time, whatever it paid; Kansas did until 2024."""
    assert late_fee_cents(lateness(window=window), rule(state, date(year, 3, 1))) == fee


@pytest.mark.parametrize(
    ("state", "due_on", "last", "why"),
    [
        ("TX", date(2026, 3, 1), date(2026, 3, 16), "15 days, a Monday"),
        ("TX", date(2025, 3, 1), date(2025, 3, 17), "the 16th is a Sunday"),
        ("GA", date(2026, 12, 15), date(2026, 12, 28), "the 25th is a Federal Reserve holiday, a Friday"),
        ("GA", date(2026, 6, 23), date(2026, 7, 3), "a holiday on Saturday, 4 July, leaves Friday open"),
        ("GA", date(2028, 2, 19), date(2028, 2, 29), "a leap day"),
        ("PA", date(2026, 3, 1), date(2026, 3, 11), "10 days, a Wednesday"),
        ("CO", date(2026, 3, 4), date(2026, 3, 16), "the 14th is a Saturday"),
        ("KS", date(2026, 1, 9), date(2026, 1, 20), "the 19th is a Monday, Martin Luther King's day"),
        ("OK", date(2026, 6, 24), date(2026, 7, 6), "the 4th is a Saturday"),
    ],
)
def test_the_last_day_on_time(state: str, due_on: date, last: date, why: str) -> None:
    assert on_time_until(due_on, rule(state), is_open) == last, why


def test_without_grace_a_due_date_on_a_closed_day_passes_to_the_next_open_one() -> None:
    """12 CFR 1026.10(d): Christmas 2026 is a Friday."""
    none = LateFeeRule("*", date(2000, 1, 1), 0, FeeChoice.FIXED, fixed_cents=100)
    assert on_time_until(date(2026, 12, 25), none, is_open) == date(2026, 12, 28)
    with pytest.raises(ValueError, match="no open day"):
        on_time_until(date(2026, 12, 25), none, lambda _: False)


def test_a_rule_changes_by_a_later_row() -> None:
    old = LateFeeRule("OK", date(2020, 1, 1), 10, FeeChoice.FIXED, fixed_cents=2_500)
    new = LateFeeRule("OK", date(2026, 7, 1), 10, FeeChoice.FIXED, fixed_cents=2_700)
    rules = Rules((old, new))
    assert [rules.late_fee("OK", day).fixed_cents for day in (date(2026, 6, 30), date(2026, 7, 1))] == [2_500, 2_700]
    with pytest.raises(SettingsError, match="OK on 2019-12-31"):
        rules.late_fee("OK", date(2019, 12, 31))
    with pytest.raises(SettingsError, match="late fee rule for TX"):
        rules.late_fee("TX", date(2026, 1, 1))
