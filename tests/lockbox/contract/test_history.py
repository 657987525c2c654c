"""The edge days of servicing, each as the history of one contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lockbox.business_days import effective_date
from lockbox.contract import schedule
from lockbox.contract.event import (
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
)
from lockbox.contract.history import History, history
from lockbox.contract.position import OpenBill, Position, opened
from lockbox.contract.posting import LedgerLine
from lockbox.contract.terms import AllocationOrder, BillDays, DayCount, Excess, FlagRule, Method, Run, Stop
from tests.builders.contract import (
    CURRENT_FIRST,
    FEES_FIRST,
    FIRST,
    HOURS,
    LEASE_FEES_FIRST,
    RULES,
    lease,
    loan,
    paid,
    replay,
)
from tests.oracles.amortization import amortize

MARCH = OpenBill(1, date(2026, 3, 1), 40_000, 2_500)
DALLAS = ZoneInfo("America/Chicago")


def late_fees(past: History) -> list[tuple[date, int]]:
    return [(posting.on, posting.lines[0].amount_cents) for posting in past.postings if posting.kind == "late_fee"]


def split(past: History, key: str) -> dict[str, int]:
    return {
        line.account.removeprefix("receivable."): -line.amount_cents
        for posting in past.postings
        if posting.key == key and posting.kind in ("payment", "application")
        for line in posting.lines
        if line.amount_cents < 0
    }


@pytest.mark.parametrize(
    ("on", "interest", "principal"), [(date(2026, 3, 1), 8_219, 29_481), (date(2026, 2, 24), 6_849, 30_851)]
)
def test_the_worked_example(on: date, interest: int, principal: int) -> None:
    """20,000 at 5 % opened on 30 January, paying 377 after 30 and after 25 days (RULES: worked examples)."""
    past = replay(loan(), [paid(on, 37_700, "p")], on)
    assert split(past, "p") == {"interest": interest, "principal": principal}
    assert past.position.principal_cents == 2_000_000 - principal


def test_texas_due_on_1_march_charges_on_the_17th_and_not_before() -> None:
    assert late_fees(replay(loan("TX"), [], date(2026, 3, 16))) == []
    assert late_fees(replay(loan("TX"), [], date(2026, 3, 17))) == [(date(2026, 3, 17), 1_885)]
    assert late_fees(replay(loan("TX"), [paid(date(2026, 3, 16), 37_700)], date(2026, 3, 31))) == []
    assert late_fees(replay(loan("TX"), [paid(date(2026, 3, 17), 37_700)], date(2026, 3, 31))) != []


@pytest.mark.parametrize(("clock", "fees"), [((16, 17, 0), 0), ((16, 17, 1), 1), ((14, 9, 0), 0)])
def test_receipt_after_the_cut_off_counts_for_the_next_open_day(clock: tuple[int, int, int], fees: int) -> None:
    """16 March is the last day on time; Saturday the 14th becomes Monday the 16th."""
    day, hour, minute = clock
    received = datetime(2026, 3, day, hour, minute, tzinfo=DALLAS)
    on = effective_date(received, HOURS)
    assert len(late_fees(replay(loan("TX"), [paid(on, 37_700)], date(2026, 3, 31)))) == fees


def test_one_fee_for_an_installment_however_long_it_is_open() -> None:
    """I12: three installments, three fees, in months of waiting."""
    past = replay(loan("TX"), [], date(2026, 5, 30))
    assert late_fees(past) == [(date(2026, 3, 17), 1_885), (date(2026, 4, 17), 1_885), (date(2026, 5, 19), 1_885)]
    assert past.position.late_fees == (1, 2, 3)


@pytest.mark.parametrize(
    ("state", "year", "fees"), [("KS", 2024, 1), ("KS", 2025, 2), ("KS", 2026, 2), ("OK", 2026, 1), ("TX", 2026, 2)]
)
def test_an_installment_paid_in_its_own_grace_while_an_earlier_one_is_open(state: str, year: int, fees: int) -> None:
    """March is never paid; April's money comes in time and goes to March. Oklahoma bars a second fee, and Kansas did.

    Since 1 January 2025 Kansas bars pyramiding alone (16a-2-502(4), L. 2024, ch. 6, 54).
    """
    terms = loan(state, first_due_on=date(year, 3, 1))
    past = replay(terms, [paid(date(year, 4, 5), 37_700)], date(year, 4, 30), opened_on=date(year, 1, 30))
    assert len(late_fees(past)) == fees
    assert past.position.oldest_due_on == date(year, 4, 1)


@pytest.mark.parametrize(("day", "fees"), [(date(2026, 4, 5), 1), (date(2026, 4, 20), 2)])
def test_money_kept_for_a_customer_was_received_in_time(day: date, fees: int) -> None:
    """A deceased customer's check is kept unapplied: it bars the fee of its own window as an applied one does."""
    past = replay(loan("OK"), [paid(day, 37_700, keep_unapplied=True)], date(2026, 4, 30))
    assert sum(posting.kind == "late_fee" for posting in past.postings) == fees


def test_money_of_the_last_on_time_day_is_of_the_window_that_ends() -> None:
    """Oklahoma: the payment of 11 March, the last day for March's installment, does not count for April's."""
    assert late_fees(replay(loan("OK"), [paid(date(2026, 3, 11), 37_700)], date(2026, 4, 30))) == [
        (date(2026, 4, 14), 1_885)
    ]


def test_kansas_charges_on_what_is_unpaid_of_the_installment() -> None:
    """300.00 of 377.00 paid: 5 % of 77.00."""
    assert late_fees(replay(loan("KS"), [paid(date(2026, 3, 1), 30_000)], date(2026, 3, 31))) == [
        (date(2026, 3, 12), 385)
    ]


@pytest.mark.parametrize(("scheduled", "fee"), [(37_700, 124), (500_000, 124), (2_000, 100)])
def test_the_last_installment_charges_on_what_it_asks_for(scheduled: int, fee: int) -> None:
    """Texas, 24.90 left of a scheduled 377.00 or of a balloon: about 5 % of that; never of more than is scheduled."""
    terms = loan("TX", count=1, final_cents=scheduled, level_cents=scheduled)
    past = replay(terms, [], date(2026, 3, 31), principal_cents=2_475)
    assert late_fees(past) == [(date(2026, 3, 17), fee)]


def test_what_was_paid_of_a_last_installment_is_part_of_what_it_asked_for() -> None:
    """Of a scheduled 377.00, 100.00 were left: 90.00 come, and the fee is 5 % of 100.00."""
    terms = loan("TX", count=1, rate_ppm=0)
    past = replay(terms, [paid(date(2026, 3, 1), 9_000)], date(2026, 3, 31), principal_cents=10_000)
    assert late_fees(past) == [(date(2026, 3, 17), 500)]


def test_a_fee_that_was_paid_first_causes_no_second_fee() -> None:
    """16 CFR 444.4: with fees ahead in the order each installment stays short by the one fee, month after month."""
    terms = replace(loan("TX"), order=FEES_FIRST)
    months = [paid(date(2026, 3, 20), 37_700), *(paid(date(2026, month, 1), 37_700) for month in (4, 5, 6))]
    past = replay(terms, months, date(2026, 6, 30))
    assert len(late_fees(past)) == 1
    assert past.position.past_due_cents == 1_885


@pytest.mark.parametrize(("cents", "fees"), [(37_200, 1), (37_199, 2)])
@pytest.mark.parametrize(("order", "march"), [(FEES_FIRST, (20, 37_700)), (CURRENT_FIRST, (1, 35_815))])
def test_a_small_shortage_beside_one_that_had_its_fee_makes_no_other(
    order: AllocationOrder, march: tuple[int, int], cents: int, fees: int
) -> None:
    """18.85 of March stay open, taken by its fee or never paid, and had a fee: April is short of 5.00, of 5.01."""
    day, march_cents = march
    payments = [paid(date(2026, 3, day), march_cents), paid(date(2026, 4, 1), cents)]
    past = replay(loan("TX", order=order, rate_ppm=0), payments, date(2026, 4, 30))
    assert len(late_fees(past)) == fees
    assert past.position.past_due_cents == 1_885 + 37_700 - cents


@pytest.mark.parametrize(("cents", "fees"), [(2_480, 1), (2_479, 2)])
def test_a_last_installment_is_paid_in_its_own_window_by_what_it_asks_for(cents: int, fees: int) -> None:
    """Oklahoma, 24.80 left for a scheduled 377.00: they come in time and go to the installment before it."""
    past = replay(
        loan("OK", count=2, rate_ppm=0), [paid(date(2026, 4, 6), cents)], date(2026, 4, 30), principal_cents=40_180
    )
    assert len(late_fees(past)) == fees


@pytest.mark.parametrize(("last_cents", "paid_through"), [(37_700, 3), (37_699, 2)])
def test_the_last_installment_is_settled_once_nothing_is_owed(last_cents: int, paid_through: int) -> None:
    """Three of 377.00 without interest, each paid on its day; a position in between is all that the rest needs."""
    terms = loan(count=3, rate_ppm=0)
    days = [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]
    payments = [paid(day, cents) for day, cents in zip(days, (37_700, 37_700, last_cents), strict=True)]
    past = replay(terms, payments, date(2026, 5, 31), principal_cents=113_100)
    assert past.position.paid_through == paid_through
    april = replay(terms, payments[:2], date(2026, 4, 30), principal_cents=113_100).position
    assert april.paid_through == 2
    assert replay(terms, payments[2:], date(2026, 5, 31), april).position == past.position


def test_a_last_installment_that_asked_for_nothing_got_nothing() -> None:
    """The first of two pays all that is left: what is known of the second is the same after a stop."""
    terms, payments = loan(count=2, rate_ppm=0), [paid(date(2026, 3, 1), 37_700)]
    march = replay(terms, payments, date(2026, 3, 2), principal_cents=37_700).position
    assert (march.paid_through, [credit.no for credit in march.credits]) == (2, [])
    later = date(2026, 3, 20)
    assert replay(terms, [], later, march).position == replay(terms, payments, later, principal_cents=37_700).position


def test_due_on_a_federal_reserve_holiday() -> None:
    """Due on 15 December with 10 days of grace: Christmas is a Friday, so Monday the 28th is on time."""
    terms = loan("GA", first_due_on=date(2026, 12, 15))
    for day, fees in ((28, 0), (29, 1)):
        events = [paid(date(2026, 12, day), 37_700)]
        assert len(late_fees(replay(terms, events, date(2026, 12, 31), opened_on=date(2026, 11, 15)))) == fees


def test_a_leap_year_and_a_due_day_that_february_lacks() -> None:
    runs = schedule.level(date(2028, 1, 31), 31, 12, 37_700)
    terms = replace(loan(day_count=DayCount.ACTUAL_ACTUAL), schedule=runs)
    past = replay(terms, [paid(date(2028, 1, 31), 37_700)], date(2028, 3, 1), opened_on=date(2028, 1, 1))
    assert (past.position.oldest_due_on, past.position.days_past_due) == (date(2028, 2, 29), 1)
    assert split(past, "p2028-01-31") == {"interest": 8_197, "principal": 29_503}  # 30 of 366 days


def test_two_identical_payments_on_one_day_are_two_payments() -> None:
    on = date(2026, 3, 1)
    past = replay(loan(), [paid(on, 37_700, "a"), paid(on, 37_700, "b")], date(2026, 4, 30))
    assert split(past, "a") == {"interest": 8_219, "principal": 29_481}
    assert split(past, "b") == {"principal": 37_700}
    assert (past.position.days_past_due, late_fees(past)) == (0, [])  # the second one is April's
    with pytest.raises(ValueError, match="one event id twice"):
        replay(loan(), [paid(on, 37_700, "a"), paid(on, 37_700, "a")], on)


def test_a_return_uncovers_a_late_fee() -> None:
    """The payment of 1 March comes back on the 20th: the fee of the 17th is owed, and the returned-check fee."""
    first, second = paid(date(2026, 3, 1), 37_700, "a"), paid(date(2026, 4, 1), 37_700, "b")
    until = date(2026, 4, 10)
    kept = replay(loan(), [first, second], until)
    fee = FeeCharge("returned/a", date(2026, 3, 20), RULES.return_fee("TX", date(2026, 3, 20)).fee_cents)
    without = replay(loan(), [second, fee], until)
    assert late_fees(kept) == []
    assert late_fees(without) == [(date(2026, 3, 17), 1_885)]
    assert without.position.fee_cents == 1_885 + 3_000
    assert (kept.position.days_past_due, without.position.days_past_due) == (0, 9)
    assert split(without, "b")["interest"] == 2_000_000 * 5 * 61 // 36_500  # March's interest too, no interest on fees


def test_a_payment_posted_late_ends_where_it_would_have_ended() -> None:
    """I10: the fee that only the delay caused is gone."""
    payments = [paid(date(2026, 3, 10), 37_700, "a"), paid(date(2026, 4, 2), 37_700, "b")]
    delayed = replay(loan(), payments[1:], date(2026, 4, 20))
    on_time = replay(loan(), payments, date(2026, 4, 20))
    assert [len(late_fees(past)) for past in (delayed, on_time)] == [2, 0]


def test_money_beyond_what_is_owed_is_refunded() -> None:
    past = replay(loan(), [paid(date(2026, 3, 1), 2_100_000)], date(2026, 3, 1))
    assert past.position.refund_cents == 2_100_000 - 2_008_219
    assert (past.position.principal_cents, past.position.interest_cents, past.position.unapplied_cents) == (0, 0, 0)
    later = replay(loan(), [paid(date(2026, 3, 1), 2_100_000)], date(2027, 3, 1))
    assert later.position.interest_cents == later.position.fee_cents == later.position.days_past_due == 0


def test_a_customer_may_ask_for_principal_only() -> None:
    """More than the installment: it counts for the next one, or not, as the customer says."""
    twice = [paid(date(2026, 3, 1), 75_400)]
    only = [paid(date(2026, 3, 1), 75_400, excess=Excess.PRINCIPAL)]
    ends = [replay(loan(), events, date(2026, 4, 2)).position for events in (twice, only)]
    assert [end.days_past_due for end in ends] == [0, 1]
    assert ends[0].principal_cents == ends[1].principal_cents


def test_paying_weeks_early_still_pays_the_installment() -> None:
    events = [paid(date(2026, 3, 1), 37_700), paid(date(2026, 3, 5), 37_700, excess=Excess.PRINCIPAL)]
    assert replay(loan(), events, date(2026, 4, 30)).position.days_past_due == 0


@pytest.mark.parametrize(
    ("flag", "fees", "interest"),
    [
        ("bankruptcy", 0, True),
        ("scra", 0, True),
        ("accelerated", 0, True),
        ("repossessed", 0, True),
        ("charged_off", 0, False),
        ("deceased", 1, True),
    ],
)
def test_what_a_flag_stops(flag: str, fees: int, interest: bool) -> None:
    past = replay(loan(), [Flag("f", date(2026, 3, 5), flag)], date(2026, 3, 31))
    assert len(late_fees(past)) == fees
    assert (past.position.interest_cents == 9_315) is not interest  # 34 nights up to 4 March
    ended = replay(loan(), [Flag("f", date(2026, 3, 5), flag, date(2026, 3, 17))], date(2026, 3, 31))
    assert len(late_fees(ended)) == 1


def test_money_kept_unapplied_waits_until_it_is_applied() -> None:
    kept = paid(date(2026, 3, 1), 37_700, "kept", keep_unapplied=True)
    events: list[Event] = [kept, Application("use", date(2026, 3, 10), 40_000)]
    waiting = replay(loan(), events, date(2026, 3, 9)).position
    assert (waiting.unapplied_cents, waiting.past_due_cents) == (37_700, 37_700)
    past = replay(loan(), events, date(2026, 3, 31))
    assert split(past, "use") == {"interest": 10_685, "principal": 27_015}  # 39 nights
    assert (past.position.unapplied_cents, late_fees(past)) == (0, [])
    stop = Flag("f", date(2026, 3, 9), "bankruptcy")  # else the night would net it against the principal
    refunded: list[Event] = [kept, stop, Refund("refund", date(2026, 3, 10), 40_000)]
    assert replay(loan(), refunded, date(2026, 3, 10)).position.refund_cents == 37_700


@pytest.mark.parametrize(
    ("cents", "fee_key", "open_fees"), [(5_000, "late/1", [("returned", 3_000)]), (3_100, None, [("late/1", 1_785)])]
)
def test_a_waiver_waives_what_is_owed_and_no_more(
    cents: int, fee_key: str | None, open_fees: list[tuple[str, int]]
) -> None:
    day = date(2026, 3, 20)
    events: list[Event] = [FeeCharge("returned", date(2026, 3, 3), 3_000), Waiver("w", day, cents, fee_key)]
    fees = replay(loan(), events, day).position.fees
    assert [(fee.key, fee.open_cents) for fee in fees] == open_fees


def test_a_rate_changes_on_its_day() -> None:
    """SCRA: 6 % from 1 March on; the night of 28 February still accrues at 12 %."""
    high = loan(rate_ppm=120_000)
    low = replace(high, version=2, valid_from=date(2026, 3, 1), rate_ppm=60_000)
    past = replay((high, low), [], date(2026, 3, 31))
    exact = 2_000_000 * (30 * 12 + 31 * 6) / 36_500
    assert past.position.interest_cents == round(exact)


def test_a_deferral_moves_the_due_date_and_the_fee() -> None:
    terms = loan()
    runs = (replace(terms.schedule[0], first_due_on=date(2026, 4, 1)),)
    deferred = replace(terms, version=2, valid_from=date(2026, 2, 20), schedule=runs)
    past = replay((terms, deferred), [], date(2026, 4, 17))
    assert late_fees(past) == [(date(2026, 4, 17), 1_885)]


def test_the_scheduled_method_earns_the_same_however_late_the_money_comes() -> None:
    """Tex. Fin. Code 348.001: interest as if every installment were paid on its due date."""
    terms = replace(loan("GA", count=6, level_cents=35_000), method=Method.SCHEDULED)
    rows = amortize(200_000, 50_000, terms.day_count, date(2026, 1, 30), terms.schedule)
    earned = sum(row.interest_cents for row in rows)
    until = date(2026, 9, 30)
    for days in (-5, 0, 12):
        events = [paid(row.due_on + timedelta(days if row.no < 6 else max(days, 0)), row.amount_cents) for row in rows]
        past = replay(terms, events, until, principal_cents=200_000)
        assert sum(split(past, event.event_id).get("interest", 0) for event in events) == earned
        assert past.position.principal_cents == past.position.interest_cents == 0


def test_a_lease_bills_rent_and_tax_and_keeps_early_money_unapplied() -> None:
    early = replay(lease(), [paid(date(2026, 2, 20), 50_000, "e")], date(2026, 2, 28)).position
    assert (early.unapplied_cents, early.rent_cents) == (50_000, 0)
    past = replay(lease(), [paid(date(2026, 2, 20), 50_000, "e")], date(2026, 3, 1))
    assert split(past, "night/2026-03-01") == {"rent": 40_000, "tax": 2_500}
    assert past.position.unapplied_cents == 7_500
    later = replay(lease(), [paid(date(2026, 2, 20), 50_000, "e")], date(2026, 4, 17)).position
    assert (later.rent_cents, later.tax_cents, later.days_past_due) == (32_500, 2_500, 16)
    assert later.fee_cents == 2_125  # 5 % of rent and tax


def test_a_lease_may_be_billed_before_it_is_due() -> None:
    """25 days before: the night of 4 February bills the rent of 1 March and applies unapplied money to it."""
    rules = replace(RULES, bill_days=25)
    events = [paid(date(2026, 2, 2), 50_000), paid(date(2026, 3, 5), 35_000)]
    ends = [replay(lease(), events, date(2026, 2, day), rules=rules).position for day in (3, 4)]
    assert [(end.rent_cents, end.unapplied_cents, end.billed_through) for end in ends] == [
        (0, 50_000, 0),
        (0, 7_500, 1),
    ]
    later = replay(lease(), events, date(2026, 3, 31), rules=rules).position
    assert (later.rent_cents, later.tax_cents, later.billed_through, later.fee_cents) == (0, 0, 2, 0)


def test_unapplied_money_of_a_bankrupt_customer_is_not_applied() -> None:
    bankruptcy = Flag("f", date(2026, 2, 25), "bankruptcy", date(2026, 4, 1))
    events: list[Event] = [paid(date(2026, 2, 20), 42_500), bankruptcy]
    assert replay(lease(), events, date(2026, 3, 31)).position.unapplied_cents == 42_500
    assert replay(lease(), events, date(2026, 4, 1)).position.unapplied_cents == 0


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (paid(date(2026, 1, 29), 100, "early"), "event early on 2026-01-29"),
        (Payment("none", date(2026, 3, 1), 0), "event none: 0 cents"),
    ],
)
def test_an_impossible_event_is_refused(event: Payment, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replay(loan(), [event], date(2026, 3, 1))


def test_nothing_before_the_opening() -> None:
    with pytest.raises(ValueError, match="until 2026-01-28"):
        replay(loan(), [], date(2026, 1, 28))
    assert replay(loan(), [], date(2026, 1, 29)).position == opened(2_000_000, date(2026, 1, 30))


def test_a_schedule_of_several_runs() -> None:
    """A skipped month: two runs with a gap; nothing is late in between."""
    runs = (Run(1, date(2026, 3, 1), 1, 1, 37_700), Run(2, date(2026, 5, 1), 1, 58, 37_700))
    terms = replace(loan(), schedule=runs)
    past = replay(terms, [paid(date(2026, 3, 1), 37_700)], date(2026, 5, 18))
    assert late_fees(past) == []
    assert past.position.days_past_due == 17


@pytest.mark.parametrize(
    ("flag", "kind", "fees"),
    [
        (Flag("f", date(2026, 3, 10), "bankruptcy"), "returned_check", 0),
        (Flag("f", date(2026, 3, 11), "bankruptcy"), "returned_check", 3_000),
        (Flag("f", date(2026, 3, 1), "bankruptcy", date(2026, 3, 10)), "returned_check", 3_000),
        (Flag("f", date(2026, 3, 10), "scra"), "returned_check", 3_000),
        (Flag("f", date(2026, 3, 10), "bankruptcy"), "by hand", 3_000),
    ],
)
@pytest.mark.parametrize("until", [date(2026, 3, 9), date(2026, 3, 10)])
def test_a_flag_may_stop_the_fee_for_a_returned_check(flag: Flag, kind: str, fees: int, until: date) -> None:
    """As data, and only while it is in force; before the night of its day as well as after it."""
    stops = {**RULES.flags, "bankruptcy": FlagRule("bankruptcy", frozenset({Stop.RETURN_FEE}))}
    fee = FeeCharge("f/1", date(2026, 3, 10), 3_000, kind)
    known = [event for event in (flag, fee) if event.on <= until]
    ahead = [event for event in (flag, fee) if event.on > until]
    rules, opening = replace(RULES, flags=stops), opened(2_000_000, date(2026, 1, 30))
    past = history((loan(),), rules, opening, known, until, HOURS.is_open, ahead)
    assert past.position.fee_cents == fees


OVER = paid(date(2026, 3, 1), 2_008_219 + 5_000, "payoff")  # 20,000.00 and 30 nights of interest; 50.00 over


@pytest.mark.parametrize(("fee", "refund", "owed"), [(3_000, 2_000, 0), (5_000, 0, 0), (7_000, 0, 2_000)])
def test_a_refund_is_netted_against_a_later_fee(fee: int, refund: int, owed: int) -> None:
    """A payoff 50.00 over, then a fee of 30.00: 20.00 go back, not 50.00 while 30.00 are owed."""
    charged = FeeCharge("f", date(2026, 3, 10), fee)
    before = replay(loan(), [OVER], date(2026, 3, 9)).position
    assert (before.refund_cents, before.owed_cents) == (5_000, 0)
    past = replay(loan(), [OVER, charged], date(2026, 3, 10))
    assert (past.position.refund_cents, past.position.owed_cents, past.position.unapplied_cents) == (refund, owed, 0)
    (posting,) = [posting for posting in past.postings if posting.key == "netting/2026-03-10"]
    used = 5_000 - refund
    assert posting.lines == (LedgerLine("payable.refund", used), LedgerLine("receivable.fee", -used))


def test_a_flag_keeps_a_refund_and_a_debt_side_by_side_until_it_ends() -> None:
    fee, flag = FeeCharge("f", date(2026, 3, 10), 3_000), Flag("d", date(2026, 3, 5), "bankruptcy", date(2026, 3, 20))
    kept = replay(loan(), [OVER, flag, fee], date(2026, 3, 19)).position
    assert (kept.refund_cents, kept.fee_cents) == (5_000, 3_000)
    netted = replay(loan(), [OVER, flag, fee], date(2026, 3, 20)).position
    assert (netted.refund_cents, netted.fee_cents) == (2_000, 0)


def test_a_refund_that_was_paid_out_is_netted_no_more() -> None:
    """50.00 over are paid back, then a fee of 30.00: it is owed. Without the payoff, the 50.00 are owed back too."""
    went = RefundPaid("r", date(2026, 3, 8), 5_000)
    fee = FeeCharge("f", date(2026, 3, 10), 3_000)
    at = replay(loan(), [OVER, went, fee], date(2026, 3, 12)).position
    assert (at.refund_cents, at.owed_cents) == (0, 3_000)
    returned = replay(loan(), [went, fee], date(2026, 3, 12)).position
    assert (returned.refund_cents, returned.fee_cents, returned.principal_cents) == (0, 8_000, 2_000_000)
    stopped: list[Event] = [went, fee, RefundStopped("s", date(2026, 3, 11), 5_000)]
    assert replay(loan(), [OVER, *stopped], date(2026, 3, 12)).position.refund_cents == 2_000
    assert replay(loan(), stopped, date(2026, 3, 12)).position.refund_cents == 0


def payable(cents: int, on: date = date(2026, 2, 10)) -> list[Event]:
    """Money that a person made payable on a loan that goes on."""
    return [Payment("kept", on, cents, keep_unapplied=True), Refund("refund", on, cents, seq=1)]


@pytest.mark.parametrize(
    ("day", "refund"),
    [(date(2026, 2, 28), 50_000), (date(2026, 3, 1), 12_300), (date(2026, 3, 10), 9_300), (date(2026, 4, 1), 0)],
)
def test_a_refund_on_a_loan_that_goes_on_pays_what_is_due_and_nothing_before(day: date, refund: int) -> None:
    """500.00 payable: 377.00 due on 1 March, a fee of 30.00 on the 10th, the rest in part of what is due in April."""
    past = replay(loan(), [*payable(50_000), FeeCharge("f", date(2026, 3, 10), 3_000)], day)
    assert past.position.refund_cents == refund
    assert past.position.paid_through == (day >= date(2026, 3, 1))


def test_a_refund_of_a_lease_pays_what_is_billed_ahead() -> None:
    opening = Position(date(2026, 2, 10), bills=(MARCH,), billed_through=1, refund_cents=50_000)
    at = replay(lease(), [], date(2026, 2, 11), opening).position
    assert (at.refund_cents, at.owed_cents) == (7_500, 0)


OFF = date(2026, 2, 20)  # 20,000.00, and 21 nights of interest: 57.53
STOPPED = {flag: FlagRule(flag, frozenset({Stop.APPLICATION})) for flag in ("bankruptcy", "charged_off", "deceased")}
STOPPING = replace(RULES, flags={**RULES.flags, **STOPPED})


def lost(past: History) -> dict[str, int]:
    (posting,) = [posting for posting in past.postings if posting.kind == "charge_off"]
    return {line.account: line.amount_cents for line in posting.lines if not line.account.startswith("receivable.")}


@pytest.mark.parametrize(
    ("flag", "set_off"),
    [(None, 50_000), ("charged_off", 50_000), ("scra", 50_000), ("bankruptcy", 0), ("deceased", 0)],
)
def test_a_charge_off_first_takes_what_is_payable_unless_a_flag_stops_it(flag: str | None, set_off: int) -> None:
    """Interest first, then principal that is not yet due; the rest is lost. Its own flag does not forbid it."""
    flags: list[Event] = [Flag("b", OFF, flag)] if flag else []
    past = replay(loan(), [*payable(50_000), *flags, WriteOff("w", OFF, seq=2)], OFF, rules=STOPPING)
    interest = 5_753
    losses = {
        "expense.charge_off.principal": 2_000_000 + min(interest - set_off, 0),
        "income.charge_off.interest": max(interest - set_off, 0),
    }
    assert lost(past) == {account: cents for account, cents in losses.items() if cents}
    assert (past.position.refund_cents, past.position.owed_cents) == (50_000 - set_off, 0)
    taken = [line for posting in past.postings if posting.key == "w/set_off" for line in posting.lines]
    assert sum(line.amount_cents for line in taken if line.account == "payable.refund") == set_off


def test_a_payoff_shortage_or_a_charge_off_above_its_limit_sets_nothing_off() -> None:
    for kind in ("payoff", "charge_off"):
        past = replay(loan(), [*payable(50_000), WriteOff("w", OFF, kind, 1_960_000, seq=2)], OFF)
        assert (past.position.refund_cents, past.position.principal_cents) == (50_000, 2_000_000)
    owed = replay(loan(), [OVER, FeeCharge("f", date(2026, 3, 10), 3_000)], date(2026, 3, 9)).position
    assert owed.refund_cents == 5_000
    events: list[Event] = [OVER, FeeCharge("f", date(2026, 3, 10), 3_000)]
    short = replay(loan(), [*events, WriteOff("w", date(2026, 3, 10), "payoff", 3_000, 2)], date(2026, 3, 10)).position
    assert (short.refund_cents, short.owed_cents) == (5_000, 0)


def test_what_is_more_than_owed_stays_payable_at_a_charge_off_and_nothing_is_lost() -> None:
    past = replay(loan(), [*payable(2_100_000), WriteOff("w", OFF, seq=2)], OFF)
    assert [posting for posting in past.postings if posting.kind == "charge_off"] == []
    assert (past.position.refund_cents, past.position.owed_cents) == (2_100_000 - 2_005_753, 0)


@pytest.mark.parametrize(("cents", "left"), [(3_000, (1_000, 5_000)), (6_000, (0, 3_000)), (99_000, (0, 0))])
def test_a_recovery_takes_unapplied_money_and_then_what_is_payable(cents: int, left: tuple[int, int]) -> None:
    """40.00 unapplied, 50.00 payable again because its refund was stopped."""
    day = date(2026, 3, 1)
    events: list[Event] = [
        WriteOff("w", OFF),
        Flag("c", OFF, "charged_off"),
        RefundStopped("s", day, 5_000),
        Payment("p", day, 4_000, keep_unapplied=True),
        Recovery("r", day, cents, seq=2),
    ]
    past = replay(loan(), events, day, rules=STOPPING)
    assert (past.position.unapplied_cents, past.position.refund_cents) == left
    (posting,) = [posting for posting in past.postings if posting.kind == "recovery"]
    assert posting.lines[-1] == LedgerLine("income.recovery", -min(cents, 9_000))


def test_a_number_of_billing_days_is_in_force_from_its_first_night() -> None:
    """Billed 25 days ahead until 9 February, 10 days from then on: what was billed stays billed, also in a replay."""
    rows = (BillDays(FIRST, 25), BillDays(date(2026, 2, 10), 10), BillDays(date(2026, 3, 12), 20))
    past = replay(lease(), [], date(2026, 5, 1), rules=replace(RULES, bill_days=20, bill_days_rows=rows))
    assert [posting.on for posting in past.postings if posting.kind == "bill"] == [
        date(2026, 2, 4),
        date(2026, 3, 12),  # not on the 22nd: 20 days again
        date(2026, 4, 11),
    ]


def test_money_left_unapplied_before_the_opening_is_applied_in_the_first_night() -> None:
    opening = Position(date(2026, 3, 9), unapplied_cents=50_000, billed_through=1, bills=(MARCH,))
    past = replay(lease(), [], date(2026, 3, 31), opening)
    assert [posting.on for posting in past.postings if posting.kind == "application"] == [date(2026, 3, 10)]


def test_what_fees_took_of_a_rent_is_forgotten_once_terms_ask_for_less_than_was_paid() -> None:
    """Fees first: the fee of March takes 21.25 of April's money. From 28 March on April's rent is lower than paid."""
    terms, rules = lease(order=LEASE_FEES_FIRST), replace(RULES, bill_days=25)
    payments = [paid(date(2026, 3, 26), 85_000)]
    lowered = replace(lease(rent_cents=10_000, order=LEASE_FEES_FIRST), version=2, valid_from=date(2026, 3, 28))
    assert replay(terms, payments, date(2026, 3, 27), rules=rules).position.fee_ahead_cents == 2_125
    assert replay((terms, lowered), payments, date(2026, 3, 28), rules=rules).position.fee_ahead_cents == 0


def test_what_fees_took_of_an_installment_is_forgotten_once_terms_ask_for_less() -> None:
    """A fee of 75.05 takes money of April's 377.00. From 10 March on 50.00 are asked for: April is paid, May is not.

    What the fee took excuses nothing of May, which nobody paid. Neither does an application of nothing change it.
    """
    terms = loan("GA", order=FEES_FIRST)
    runs = tuple(replace(run, amount_cents=5_000) for run in terms.schedule)
    lowered = replace(terms, version=2, valid_from=date(2026, 3, 10), schedule=runs)
    fee = FeeCharge("fee", date(2026, 3, 2), 7_505, "by hand")
    events: list[Event] = [paid(date(2026, 2, 25), 37_700), fee, paid(date(2026, 3, 5), 20_000)]
    assert replay((terms, lowered), events, date(2026, 3, 9)).position.fee_ahead_cents == 7_505
    for more in ([], [Application("nothing", date(2026, 3, 22), 5)]):
        past = replay((terms, lowered), [*events, *more], date(2026, 5, 12))
        assert past.position.fee_ahead_cents == 0
        assert late_fees(past) == [(date(2026, 5, 12), 250)]


def test_what_fees_took_is_no_more_than_what_is_left_once_interest_is_waived() -> None:
    """74.00 and some interest are left to pay, and a fee took 75.00 of what was paid; then the interest is waived."""
    terms = loan("GA", count=1, level_cents=10_000, rate_ppm=290_000, order=FEES_FIRST)
    events: list[Event] = [FeeCharge("fee", date(2026, 3, 2), 7_500), paid(date(2026, 3, 3), 7_500)]
    assert replay(terms, events, date(2026, 3, 3), principal_cents=7_400).position.fee_ahead_cents == 7_500
    waiver = InterestWaiver("waived", date(2026, 3, 4), 99_999)
    assert replay(terms, [*events, waiver], date(2026, 3, 4), principal_cents=7_400).position.fee_ahead_cents == 7_400


def test_terms_that_begin_after_a_lease_has_ended_change_nothing_that_it_owes() -> None:
    """Billed on 4 February, turned in on the 10th; from the 15th on the rent of 1 March would be due on 1 April."""
    rules, end = replace(RULES, bill_days=25), LeaseEnd("end", date(2026, 2, 10), "turn_in", ())
    runs = (replace(lease().schedule[0], first_due_on=date(2026, 4, 1)),)
    moved = replace(lease(), version=2, valid_from=date(2026, 2, 15), schedule=runs)
    for until in (date(2026, 3, 17), date(2026, 4, 30)):
        past = replay((lease(), moved), [end], until, rules=rules)
        assert late_fees(past) == [(date(2026, 3, 17), 2_125)]
        assert past.position.oldest_due_on == date(2026, 3, 1)
    as_it_was = replay((lease(), moved), [replace(end, on=date(2026, 2, 15))], date(2026, 3, 31), rules=rules)
    assert late_fees(as_it_was) == []  # the terms of the day of the end are in force before it


def test_terms_that_begin_after_a_lease_has_ended_say_in_which_order_it_is_paid() -> None:
    end = LeaseEnd("end", date(2026, 2, 10), "turn_in", ())
    fee = FeeCharge("fee", date(2026, 2, 12), 3_000, "returned_check")
    fees_first = replace(lease(order=LEASE_FEES_FIRST), version=2, valid_from=date(2026, 2, 15))
    rules = replace(RULES, bill_days=25)
    past = replay((lease(), fees_first), [end, fee, paid(date(2026, 3, 2), 3_000)], date(2026, 3, 3), rules=rules)
    assert (past.position.fee_cents, past.position.rent_cents) == (0, 40_000)
