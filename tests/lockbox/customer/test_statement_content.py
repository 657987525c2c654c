"""What a statement says follows from the ledger: what is due, what was posted, and where the account stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lockbox.contract.schedule import level
from lockbox.contract.terms import DayCount
from lockbox.customer.statement import LateFee, StatementLine
from lockbox.customer.statement_content import (
    Basis,
    BilledInstallment,
    Journal,
    Reversal,
    compose,
    due_lines,
    late_fee_of,
    percent,
)
from tests.builders.contract import RULES
from tests.builders.customer import SENDER, recipient

MADE, DUE = date(2026, 11, 16), date(2026, 12, 7)
DEBT = {"principal": 1_510_012, "interest": 3_000}


def journal(kind: str, day: int, reversal: Reversal | None = None, /, **parts: int) -> Journal:
    """Posted on a day of October 2026."""
    return Journal(kind, reversal, date(2026, 10, day), date(2026, 10, day), parts)


def installment(no: int = 22, due_on: date = DUE, credited_cents: int = 0, is_last: bool = False) -> BilledInstallment:
    return BilledInstallment(no, due_on, 41_250, 0, is_last, credited_cents)


def basis(*journals: Journal, product: str = "loan", installments: tuple[BilledInstallment, ...] = ()) -> Basis:
    """Of a loan of 15,100.12 at 6.49 % that was taken over on October 15, 2026, if it is one."""
    return Basis(
        recipient=recipient(product=product),
        made_on=MADE,
        due_on=DUE,
        previous_on=None,
        rate_ppm=64_900,
        day_count=DayCount.ACTUAL_365,
        base_cents=1_510_012,
        last_run=level(date(2025, 3, 7), 7, 60, 41_250)[-1],
        installment_no=22,
        opening={},
        journals=journals,
        installments=installments or (installment(),),
        late_fee=None,
    )


RETURNED = Reversal("item", is_returned=True, is_of_period=True)
TAKEN_OVER = journal("opening", 15, **DEBT)


def test_balances_at_the_end_are_the_beginning_and_what_was_posted() -> None:
    paid = journal("item", 20, principal=-38_000, interest=-3_000, unapplied=-250)
    statement, closing = compose(basis(TAKEN_OVER, paid), SENDER)
    assert closing == {"principal": 1_472_012, "interest": 0, "fee": 0, "rent": 0, "tax": 0, "unapplied": -250}
    assert statement.period_from == date(2026, 10, 15)  # since it was taken over, not before
    assert [(row.what, row.amount_cents) for row in statement.movements] == [("Payment - thank you", -41_250)]
    facts = {fact.label: fact.value for fact in statement.facts}
    assert facts["Previous principal balance"] == "$15,100.12"
    assert facts["Current principal balance"] == "$14,720.12"
    assert facts["Daily interest"] == "$2.68"  # 15,100.12 x 6.49 % / 365 = 2.6849
    assert facts["Payments since last statement"] == "$412.50"
    assert facts["Interest portion of those payments"] == "$30.00"
    assert facts["Installments remaining after this one"] == "38"


@pytest.mark.parametrize(
    ("kind", "reversal", "words"),
    [
        ("payoff", None, "Payoff shortage waived"),
        ("recovery", None, "Applied to charged-off balance"),
        ("reversal", RETURNED, "Payment returned by your bank"),
        ("reversal", replace(RETURNED, is_returned=False), "Payment reversed"),
        ("reversal", Reversal("late_fee", False, True), "Earlier entry reversed"),
        ("lease_end", None, "End-of-lease charges"),
    ],
)
def test_every_row_is_named_for_the_customer(kind: str, reversal: Reversal | None, words: str) -> None:
    statement, _ = compose(basis(TAKEN_OVER, journal(kind, 20, reversal, fee=100)), SENDER)
    assert [row.what for row in statement.movements] == [words]


@pytest.mark.parametrize(("is_returned", "who"), [(True, "Your bank returned"), (False, "We reversed")])
def test_a_payment_taken_back_is_named_with_its_amount(is_returned: bool, who: str) -> None:
    reversal = replace(RETURNED, is_returned=is_returned)
    statement, _ = compose(
        basis(TAKEN_OVER, journal("reversal", 25, reversal, principal=38_000, interest=3_250)), SENDER
    )
    assert statement.notes == (f"{who} your payment of $412.50. This amount is due again.",)


@pytest.mark.parametrize(
    ("is_of_period", "paid", "interest"),
    [
        (True, "$100.00", "$5.00"),
        (False, "$512.50", "$37.50"),
    ],  # returned: a payment of now, or of an earlier statement
)
def test_a_payment_that_was_returned_is_no_payment(is_of_period: bool, paid: str, interest: str) -> None:
    journals = (
        journal("item", 20, principal=-38_000, interest=-3_250),
        journal("item", 22, principal=-9_500, interest=-500),
        journal("reversal", 25, replace(RETURNED, is_of_period=is_of_period), principal=38_000, interest=3_250),
    )
    statement, _ = compose(basis(TAKEN_OVER, *journals), SENDER)
    facts = {fact.label: fact.value for fact in statement.facts}
    assert (facts["Payments since last statement"], facts["Interest portion of those payments"]) == (paid, interest)


def test_what_is_due_with_past_due_fees_and_unapplied_funds() -> None:
    early = installment(21, DUE - timedelta(30), credited_cents=1_250)
    lines, past_due = due_lines(
        basis(installments=(early, installment(credited_cents=250))), DEBT | {"fee": 2_063, "unapplied": -500}
    )
    assert past_due == 40_000
    assert lines == (
        StatementLine("Past due", 40_000),
        StatementLine("Installment due 12/07/2026", 41_250),
        StatementLine("Partial payment received", -250),
        StatementLine("Fees", 2_063),
        StatementLine("Unapplied funds", -500),
    )


@pytest.mark.parametrize(("is_last", "due_cents"), [(False, 41_250), (True, 50_000)])
def test_the_last_installment_of_a_loan_bills_all_that_is_left(is_last: bool, due_cents: int) -> None:
    free = replace(basis(installments=(installment(is_last=is_last),)), rate_ppm=0)
    lines, _ = due_lines(free, {"principal": 50_000, "interest": 0, "fee": 0, "unapplied": 0})
    assert [line.amount_cents for line in lines] == [due_cents]


def test_a_loan_bills_no_more_than_it_owes_and_a_lease_what_was_billed() -> None:
    little = {"principal": 10_000, "interest": 0, "fee": 0, "unapplied": 0}
    lines, _ = due_lines(replace(basis(), rate_ppm=0), little)
    assert lines == (StatementLine("Installment due 12/07/2026", 10_000),)
    rent = replace(installment(), amount_cents=43_828, tax_cents=2_578)
    lines, _ = due_lines(basis(product="lease", installments=(rent,)), little)
    assert lines == (StatementLine("Lease payment due 12/07/2026", 41_250), StatementLine("Sales tax", 2_578))


def late_fee(*installments: BilledInstallment, product: str = "loan", owed_cents: int = 1_510_012) -> LateFee | None:
    standing = {"principal": owed_cents, "interest": 0}
    of = replace(basis(product=product, installments=installments), rate_ppm=0)
    return late_fee_of(of, standing, "TX", RULES, lambda _: True)


def test_the_late_fee_is_that_of_the_state_and_none_when_all_is_paid() -> None:
    assert late_fee(installment()) == LateFee(date(2026, 12, 22), 2_062)
    assert late_fee(installment(credited_cents=41_250)) is None
    assert late_fee(installment(21)) is None  # the statement's own is not billed


@pytest.mark.parametrize(("owed", "cents"), [(2_500, 125), (1_000_000, 2_062), (43_000, 2_062), (42_250, 2_062)])
def test_the_late_fee_is_of_what_a_last_installment_asks_for(owed: int, cents: int) -> None:
    assert late_fee(installment(is_last=True), owed_cents=owed) == LateFee(date(2026, 12, 22), cents)


def test_no_late_fee_is_announced_for_a_small_amount() -> None:
    almost = installment(credited_cents=41_250 - 300)
    earlier = installment(21, DUE - timedelta(30), credited_cents=41_250 - 201)
    assert late_fee(almost) is None
    assert late_fee(earlier, almost) == LateFee(date(2026, 12, 22), 2_062)
    assert late_fee(earlier, installment(), owed_cents=2_701) == LateFee(date(2026, 12, 22), 125)


@pytest.mark.parametrize(
    ("short", "label", "past_due"), [(500, "Balance of earlier installments", 0), (501, "Past due", 501)]
)
def test_a_small_amount_from_before_is_asked_for_and_not_called_past_due(short: int, label: str, past_due: int) -> None:
    earlier = installment(21, DUE - timedelta(30), credited_cents=41_250 - short)
    of = replace(basis(TAKEN_OVER, installments=(earlier, installment())), small_cents=500)
    statement, _ = compose(of, SENDER)
    assert statement.due_lines[0] == StatementLine(label, short)
    assert (statement.past_due_cents, statement.amount_due_cents) == (past_due, 41_250 + short)


@pytest.mark.parametrize(
    ("rate_ppm", "text"),
    [(64_900, "6.49%"), (0, "0.00%"), (100_000, "10.00%"), (64_925, "6.4925%"), (64_950, "6.495%")],
)
def test_a_rate_has_two_decimals_or_as_many_as_it_needs(rate_ppm: int, text: str) -> None:
    assert percent(rate_ppm) == text
