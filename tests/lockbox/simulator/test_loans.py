"""Made-up loans: replayed by the rule, their payments leave exactly what the portfolio says is owed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lockbox.contract.event import Payment
from lockbox.contract.history import history
from lockbox.contract.position import opened
from lockbox.contract.schedule import installments
from lockbox.contract.terms import DayCount, FeeChoice, LateFeeRule, Method, Rules
from lockbox.simulator.loans import COUNTS, make_loans
from lockbox.simulator.schedule_state import Frame, Lender, MadeUpContract
from tests.builders import simulated

OPENING_ON = date(2026, 11, 15)
NO_FEES = Rules((LateFeeRule("*", date(2000, 1, 1), 10, FeeChoice.FIXED),))


@pytest.fixture(scope="module")
def loans() -> list[MadeUpContract]:
    rng = np.random.default_rng(3)
    frame = Frame.draw(rng, OPENING_ON, ["TX"] * 300, 0.3, 0.02)
    return make_loans(rng, frame, Lender(simulated.terms().rules, simulated.terms().is_open))


def test_a_loan_of_the_scheduled_method_stands_where_payments_on_time_bring_it(loans: list[MadeUpContract]) -> None:
    scheduled = [loan for loan in loans if loan.terms.method is Method.SCHEDULED and not loan.position.credits]
    assert len(scheduled) >= 12
    for loan in scheduled[:12]:
        terms, position = loan.terms, loan.position
        plan = [due for due in installments(terms.schedule) if due.no <= position.paid_through]
        events = [Payment(str(due.no), due.due_on, due.amount_cents) for due in plan]
        start = opened(loan.original_cents, terms.valid_from)
        replayed = history([terms], NO_FEES, start, events, OPENING_ON, lambda _: True).position
        names = ("principal_cents", "interest_cents", "carry", "base_cents", "period_cents", "paid_through")
        assert [getattr(replayed, name) for name in names] == [getattr(position, name) for name in names]


def test_all_installments_on_time_pay_a_loan_off_to_the_cent(loans: list[MadeUpContract]) -> None:
    for loan in loans[:8]:
        plan = list(installments(loan.terms.schedule))
        events = [Payment(str(due.no), due.due_on, due.amount_cents) for due in plan]
        start = opened(loan.original_cents, loan.terms.valid_from)
        end = history([loan.terms], NO_FEES, start, events, plan[-1].due_on, lambda _: True).position
        assert (end.principal_cents, end.interest_cents, end.unapplied_cents) == (0, 0, 0)


def test_terms_are_those_of_an_auto_loan(loans: list[MadeUpContract]) -> None:
    for loan in loans:
        terms = loan.terms
        assert sum(run.count for run in terms.schedule) in COUNTS
        assert 0 <= terms.rate_ppm < 240_000
        assert 28 <= (terms.schedule[0].first_due_on - terms.valid_from).days <= 45
        assert 0 < loan.position.principal_cents < loan.original_cents
    assert {loan.terms.day_count for loan in loans} == {*DayCount}


def test_a_part_payment_is_a_credit_on_the_first_unpaid_installment(loans: list[MadeUpContract]) -> None:
    partly = [loan for loan in loans if loan.position.credits]
    assert partly
    for loan in partly:
        (credit,) = loan.position.credits
        assert credit.no == loan.position.paid_through + 1
        assert 0 < credit.amount_cents < loan.terms.schedule[0].amount_cents
        assert credit.amount_cents % 100 == 0
