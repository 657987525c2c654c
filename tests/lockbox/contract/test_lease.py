"""The end of a lease: extension, buyout, turn-in."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.contract.event import Event, LeaseEnd
from lockbox.contract.lease import buyout, disclosures_due, ends_on, extend, extended_months, turn_in
from lockbox.contract.position import Position
from lockbox.contract.schedule import installments
from tests.builders.contract import lease, loan, paid, replay

MARCH = date(2026, 3, 1)
AT1, AT2 = (Position(date(2026, 4, 9), billed_through=billed) for billed in (1, 2))


def charges(end: LeaseEnd) -> dict[str, int]:
    return {charge.kind: charge.amount_cents for charge in end.charges}


def test_a_lease_is_extended_from_month_to_month() -> None:
    short = lease(count=3)
    assert ends_on(short) == date(2026, 6, 1)
    long = extend(short, 1, date(2026, 5, 20))
    longer = extend(long, 1, date(2026, 6, 20))
    assert [due.due_on for due in installments(longer.schedule)][3:] == [date(2026, 6, 1), date(2026, 7, 1)]
    assert (longer.version, extended_months(longer), ends_on(longer)) == (3, 2, date(2026, 8, 1))
    assert longer.lease is not None
    assert longer.lease.allowed_miles == 36_000 * 5 // 3
    at = replay((short, long, longer), [paid(MARCH, 42_500 * 3)], date(2026, 7, 1)).position
    assert (at.rent_cents, at.tax_cents) == (80_000, 5_000)


@pytest.mark.parametrize(("months", "disclosed"), [(6, []), (7, [7]), (13, [7]), (14, [7, 14]), (21, [7, 14, 21])])
def test_new_disclosures_at_the_seventh_month_and_every_seventh_after(months: int, disclosed: list[int]) -> None:
    """Reg M 1013.5, all extensions counted together."""
    terms = lease(count=3)
    for _ in range(months):
        terms = extend(terms, 1, date(2026, 5, 20))
    disclosures = disclosures_due(terms)
    assert [month for month, _ in disclosures] == disclosed
    if disclosed:
        assert disclosures[0][1] == date(2026, 12, 1)  # the first extended month starts on 1 June


def test_a_buyout_is_the_rents_to_come_the_residual_and_its_taxes() -> None:
    terms = lease(count=4)
    end = buyout(terms, AT2, date(2026, 4, 10), "end")
    assert charges(end) == {
        "remaining_rent": 80_000,
        "residual": 1_500_000,
        "purchase_fee": 30_000,
        "tax": 2 * 2_500 + 95_625,
    }


def test_rent_due_on_the_day_of_the_buyout_is_paid_once() -> None:
    terms = lease(count=4)
    end = buyout(terms, AT1, date(2026, 4, 1), "end")
    assert charges(end)["remaining_rent"] == 120_000
    at = replay(terms, [paid(MARCH, 42_500), end], date(2026, 4, 1)).position
    assert at.rent_cents == 120_000 + 1_500_000


def test_a_turn_in_charges_miles_wear_and_disposition() -> None:
    terms = lease(count=1)
    end = turn_in(terms, AT1, date(2026, 4, 1), 36_100, 12_345, "end")
    assert charges(end) == {
        "excess_mileage": 2_500,
        "wear": 12_345,
        "disposition": 39_500,
        "tax": 3_397,  # 6.25 % of 543.45
    }
    assert "excess_mileage" not in charges(turn_in(terms, AT1, date(2026, 4, 1), 36_000, 0, "end"))
    with pytest.raises(ValueError, match="-1 miles"):
        turn_in(terms, AT1, date(2026, 4, 1), -1, 0, "end")


def test_an_overpayment_at_the_end_is_refunded() -> None:
    terms = lease(count=1)
    end = turn_in(terms, AT1, date(2026, 4, 1), 0, 0, "end")
    events: list[Event] = [paid(MARCH, 42_500), end, paid(date(2026, 4, 2), 50_000)]
    at = replay(terms, events, date(2026, 4, 2)).position
    assert (at.fee_cents, at.tax_cents, at.refund_cents) == (0, 0, 50_000 - 39_500 - 2_469)


def test_a_loan_has_no_lease_end() -> None:
    for call in (lambda: buyout(loan(), AT1, MARCH, "e"), lambda: extend(loan(), 1, MARCH)):
        with pytest.raises(ValueError, match="not a lease"):
            call()
    with pytest.raises(ValueError, match="0 months"):
        extend(lease(), 0, MARCH)
