"""Checks as payers write them: paper and truth agree, and each story changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from lockbox.mail.reason import Reason
from lockbox.simulator import phrasing
from lockbox.simulator.payment import ISSUERS, CheckWriter
from lockbox.simulator.people import SERVICES, bank_accounts
from lockbox.simulator.portfolio import is_account_number
from lockbox.simulator.scenarios import Story
from lockbox.simulator.truth import TrueLine
from ocr.reading import CheckKind
from tests.builders import simulated
from tests.builders.simulated import DAY, SEED, written_check

SEEDS = pytest.mark.parametrize("seed", range(6))


@SEEDS
@pytest.mark.parametrize("kind", list(CheckKind))
def test_an_exact_check_is_for_what_is_due_on_an_account_of_the_payer(kind: CheckKind, seed: int) -> None:
    check, owed = written_check("exact", kind, seed)
    paper, truth = check.paper, check.truth
    assert paper.amount_cents == truth.amount_cents == owed.due_cents
    assert truth.lines == (TrueLine(owed.contract.account_number, owed.due_cents),)
    assert (truth.routing, truth.bank_account, truth.serial) == (paper.routing, paper.bank_account, paper.serial)
    assert owed.contract.account_number in f"{paper.memo_text} {paper.reference_text}"
    assert paper.payer_lines[1:] == owed.customer.address_lines
    assert 1 <= (DAY - date.fromisoformat(truth.dated_on)).days <= 9
    if kind in (CheckKind.PERSONAL, CheckKind.BUSINESS):
        accounts = bank_accounts(SEED, owed.customer.customer_no)
        assert paper.bank_account in {account.bank_account for account in accounts}
    if kind in (CheckKind.CASHIERS, CheckKind.MONEY_ORDER):
        assert paper.bank_name in {bank_name for bank_name, _, _ in ISSUERS}


@SEEDS
def test_who_signs_depends_on_the_kind(seed: int) -> None:
    personal, owed = written_check("exact", CheckKind.PERSONAL, seed)
    assert personal.paper.signer == owed.customer.name
    business, firm = written_check("exact", CheckKind.BUSINESS, seed)
    assert business.paper.signer not in (None, firm.customer.name)
    assert written_check("exact", CheckKind.BILL_PAY, seed)[0].paper.signer is None


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("due", 80_050),
        ("installment", 40_000),
        ("cents_short", 79_800),
        ("rounded", 85_000),
        ("double", 160_100),
        ("payoff", 1_000_000),
        ("too_much", 1_025_000),
    ],
)
def test_amounts_of_a_debt_of_800_50(amount: str, cents: int) -> None:
    _, owed = written_check()
    debt = replace(owed.debt, due_cents=80_050, installment_cents=40_000, balance_cents=1_000_000)
    writer = CheckWriter(SEED, DAY, simulated.terms(), Random(1))
    assert writer.amount(Story("x", 0.0, amount=amount), replace(owed, debt=debt), Random(1)) == cents
    short = writer.amount(Story("x", 0.0, amount="short"), replace(owed, debt=debt), Random(1))
    assert 80_050 * 0.39 < short < 80_050 * 0.93
    assert short % 100 == 0
    small = replace(debt, balance_cents=100_000)
    assert writer.amount(Story("x", 0.0, amount="double"), replace(owed, debt=small), Random(1)) == 100_000


@SEEDS
def test_dates_of_stale_post_dated_and_undated_checks(seed: int) -> None:
    stale, ahead, undated = (written_check(name, seed=seed)[0] for name in ("stale", "post_dated", "undated"))
    assert 200 <= (DAY - date.fromisoformat(stale.truth.dated_on)).days <= 400
    assert DAY + timedelta(6) <= date.fromisoformat(ahead.truth.dated_on) <= DAY + timedelta(45)
    assert (undated.paper.date_text, undated.truth.dated_on) == (None, "")
    assert (stale.truth.must_stop, ahead.truth.must_stop, undated.truth.must_stop) == (True, True, False)


@SEEDS
def test_words_control_where_words_and_figures_differ(seed: int) -> None:
    check, owed = written_check("words_differ", seed=seed)
    assert check.truth.amount_cents != check.paper.amount_cents
    assert owed.due_cents in (check.truth.amount_cents, check.paper.amount_cents)
    assert check.truth.lines[0].amount_cents == check.truth.amount_cents
    assert check.truth.reasons == (Reason.AMOUNTS_DIFFER,)


@SEEDS
def test_other_stories_change_what_they_are_named_for(seed: int) -> None:
    assert written_check("unsigned", seed=seed)[0].paper.signer is None
    assert written_check("wrong_payee", seed=seed)[0].paper.payee in phrasing.STRANGERS
    assert written_check("unknown_account", seed=seed)[0].truth.lines == ()
    transposed, owed = written_check("transposed", seed=seed)
    assert transposed.truth.account_number in str(transposed.paper.memo_text)
    assert sorted(transposed.truth.account_number) == sorted(owed.contract.account_number)
    assert not is_account_number(transposed.truth.account_number)
    assert transposed.truth.lines[0].account_number == owed.contract.account_number


@pytest.mark.thorough
def test_a_phrase_that_settles_the_debt_is_in_the_memo_line_or_on_the_back() -> None:
    places = set()
    for seed in range(30):
        paper = written_check("paid_in_full", seed=seed)[0].paper
        assert paper.back_lines or paper.memo_text
        places.add(bool(paper.back_lines))
    assert places == {True, False}


def test_flags_of_the_contract_are_reasons() -> None:
    check, owed = written_check("flagged")
    assert owed.flags
    assert check.truth.reasons == tuple(sorted(f"flag_{flag}" for flag in owed.flags))


def test_a_lender_that_takes_no_partial_payments_stops_them() -> None:
    _, owed = written_check("underpaid")
    writer = CheckWriter(SEED, DAY, replace(simulated.terms(), accept_partial=False), Random(1))
    check = writer.check(simulated.story("underpaid"), owed, CheckKind.PERSONAL, number_on_check=True)
    assert (check.truth.outcome, check.truth.must_stop) == ("review", True)
    exact = writer.check(simulated.story("exact"), owed, CheckKind.PERSONAL, number_on_check=True)
    assert (exact.truth.outcome, exact.truth.must_stop) == ("post", False)


def test_customers_of_a_payment_service_pay_from_its_account() -> None:
    _, owed = written_check()
    contract = replace(owed.contract, account_number="1000000753")  # body 10000007: through a service
    writer = CheckWriter(SEED, DAY, simulated.terms(), Random(1))
    check = writer.check(
        simulated.story("exact"), replace(owed, contract=contract), CheckKind.BILL_PAY, number_on_check=True
    )
    assert check.paper.bank_name in SERVICES
