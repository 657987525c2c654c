"""A made-up portfolio: repeatable, valid in every number, with the shares of its mix."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from stdnum.us import rtn

from lockbox.contract.master import Master
from lockbox.contract.schedule import installment, installments
from lockbox.contract.terms import Method, Rules
from lockbox.lender.profile import read_profile
from lockbox.lender.profile_rules import rules_of
from lockbox.settings import ROOT
from lockbox.simulator import portfolio
from lockbox.simulator.people import bank_accounts, pools, service_account
from lockbox.simulator.portfolio import is_account_number, make_portfolio, portfolio_parts, with_check_digits
from lockbox.tokens import account_token

OPENING_ON = date(2026, 11, 15)
KEY = b"k" * 32


def reference_rules() -> Rules:
    return rules_of(read_profile(ROOT / "profiles" / "reference.toml"))


@pytest.fixture(scope="module")
def master() -> Master:
    return make_portfolio(7, OPENING_ON, KEY, contracts=2000)


@pytest.mark.thorough
def test_same_seed_same_master_other_seed_another(master: Master) -> None:
    pools.cache_clear()
    assert make_portfolio(7, OPENING_ON, KEY, contracts=2000) == master
    assert make_portfolio(8, OPENING_ON, KEY, contracts=2000).contracts != master.contracts


def test_account_numbers_are_distinct_and_sparse_with_valid_check_digits(master: Master) -> None:
    numbers = [contract.account_number for contract in master.contracts]
    assert len(set(numbers)) == 2000
    assert all(is_account_number(number) and int(number) % 97 == 1 for number in numbers)
    bodies = sorted(int(number[:8]) for number in numbers)
    assert sum(later - before < 100 for before, later in itertools.pairwise(bodies)) < 40


def test_every_row_names_a_contract_and_customer_that_is_there(master: Master) -> None:
    customers = {customer.customer_no for customer in master.customers}
    numbers = {contract.account_number for contract in master.contracts}
    assert {contract.customer_no for contract in master.contracts} == customers
    assert {terms.account_number for terms in master.terms} == numbers
    assert {opening.account_number for opening in master.openings} == numbers
    assert {flag.account_number for flag in master.flags} <= numbers
    assert {payer.account_number for payer in master.payers} <= numbers
    tokens = [(payer.account_token, payer.account_number) for payer in master.payers]
    assert len(set(tokens)) == len(tokens)


def test_terms_and_positions_fit_their_contract(master: Master) -> None:
    behind: Counter[int] = Counter()
    for contract, own, opening in zip(master.contracts, master.terms, master.openings, strict=True):
        terms, position = own.terms, opening.position
        assert contract.account_number == own.account_number == opening.account_number
        assert (contract.product, contract.state, contract.opened_on) == (terms.product, terms.state, terms.valid_from)
        plan = list(installments(terms.schedule))
        assert contract.opened_on < plan[0].due_on
        assert plan[-2].due_on > OPENING_ON  # two to come at least
        assert 1 <= position.paid_through < len(plan) - 1
        unpaid = [due for due in plan if due.no > position.paid_through]
        behind[sum(due.due_on < OPENING_ON - timedelta(9) for due in unpaid)] += 1
        if terms.product == "lease":
            assert [bill.no for bill in position.bills] == [
                due.no for due in unpaid if due.due_on - timedelta(25) <= OPENING_ON
            ]
            assert position.principal_cents == position.interest_cents == 0
        else:
            assert 0 < position.principal_cents < contract.original_cents
            assert position.bills == ()
        assert all(fee.on <= OPENING_ON for fee in position.fees)
    assert set(behind) == {0, 1, 2, 3}
    assert 0.09 < 1 - behind[0] / 2000 < 0.15


def test_late_fees_are_those_of_the_state(master: Master) -> None:
    rules = reference_rules()
    for own, opening in zip(master.terms, master.openings, strict=True):
        for fee in opening.position.fees:
            due = installment(own.terms.schedule, int(fee.key.removeprefix("late/")))
            assert due is not None
            rule = rules.late_fee(own.terms.state, due.due_on)
            assert fee.on > due.due_on + timedelta(rule.grace_days)
            assert 0 < fee.open_cents <= max(due.total_cents * rule.percent_ppm // 1_000_000, rule.fixed_cents)


def test_shares_are_those_of_the_mix(master: Master) -> None:
    leases = sum(contract.product == "lease" for contract in master.contracts)
    assert 0.21 < leases / 2000 < 0.29
    assert {"TX", "PA", "CO", "KS", "OK"} < {contract.state for contract in master.contracts}
    assert all(18_000 <= version.terms.schedule[0].amount_cents <= 140_000 for version in master.terms)
    methods = Counter(version.terms.method for version in master.terms if version.terms.product == "loan")
    assert 0.05 < methods[Method.SCHEDULED] / 1500 < 0.12
    assert len(master.flags) == 40
    assert {flag.flag for flag in master.flags} == set(portfolio.FLAGS)
    assert {2, 3} < set(Counter(contract.customer_no for contract in master.contracts).values())


def test_payers_are_the_known_accounts_of_the_customer(master: Master) -> None:
    tokens = {(payer.account_token, payer.account_number) for payer in master.payers}
    known = unknown = 0
    for contract in master.contracts[:300]:
        for account in bank_accounts(7, contract.customer_no):
            token = account_token(KEY, account.routing, account.bank_account)
            assert ((token, contract.account_number) in tokens) == account.known
            assert rtn.is_valid(account.routing)
            assert account.routing.startswith("57")
            assert 7 <= len(account.bank_account) <= 12
            known, unknown = known + account.known, unknown + (not account.known)
    assert 0.06 < unknown / (known + unknown) < 0.2
    shared = Counter(payer.account_token for payer in master.payers)
    service = service_account(0)
    assert shared[account_token(KEY, service.routing, service.bank_account)] > 10


def test_parts_together_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio, "PART", 70)
    parts = list(portfolio_parts(3, OPENING_ON, KEY, contracts=200))
    whole = make_portfolio(3, OPENING_ON, KEY, contracts=200)
    assert [len(part.contracts) for part in parts] == [70, 70, 60]
    assert tuple(contract for part in parts for contract in part.contracts) == whole.contracts
    assert len({customer.customer_no for customer in whole.customers}) == len(whole.customers)
    for part in parts:
        owners = {contract.customer_no for contract in part.contracts}
        assert owners == {customer.customer_no for customer in part.customers}


@pytest.mark.parametrize(
    ("body", "number"), [(12_345_678, "1234567889"), (99_999_999, "9999999952"), (1, "0000000195")]
)
def test_check_digits_are_those_of_iso_7064(body: int, number: str) -> None:
    assert with_check_digits(body) == number
    assert is_account_number(number)
    assert not is_account_number(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert not is_account_number(number[1:])
