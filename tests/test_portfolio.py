"""A made-up portfolio: repeatable, valid in every number, with the shares and rarities that were asked for."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from stdnum.us import rtn

from lockbox.contract import Master
from lockbox.simulator import portfolio
from lockbox.simulator.people import bank_accounts, pools, service_account
from lockbox.simulator.portfolio import is_account_number, make_portfolio, portfolio_parts
from lockbox.tokens import account_token

OPENING_ON = date(2026, 11, 15)
KEY = b"k" * 32


@pytest.fixture(scope="module")
def master() -> Master:
    return make_portfolio(7, OPENING_ON, KEY, contracts=2000)


def test_same_seed_same_master_other_seed_another(master: Master) -> None:
    pools.cache_clear()
    assert make_portfolio(7, OPENING_ON, KEY, contracts=2000) == master
    assert make_portfolio(8, OPENING_ON, KEY, contracts=2000).contracts != master.contracts


def test_account_numbers_are_distinct_sparse_and_hold_their_check_digits(master: Master) -> None:
    numbers = [one.account_number for one in master.contracts]
    assert len(set(numbers)) == 2000
    assert all(is_account_number(number) and int(number) % 97 == 1 for number in numbers)
    bodies = sorted(int(number[:8]) for number in numbers)
    assert sum(later - before < 100 for before, later in itertools.pairwise(bodies)) < 40


def test_every_row_names_a_contract_and_customer_that_is_there(master: Master) -> None:
    customers = {one.customer_no for one in master.customers}
    numbers = {one.account_number for one in master.contracts}
    assert {one.customer_no for one in master.contracts} == customers
    assert {one.account_number for one in master.charges} == numbers
    assert {one.account_number for one in (*master.flags, *master.payers)} <= numbers
    tokens = [(one.account_token, one.account_number) for one in master.payers]
    assert len(set(tokens)) == len(tokens)


def test_charges_fit_their_contract(master: Master) -> None:
    charges = defaultdict(list)
    for one in master.charges:
        charges[one.account_number].append(one)
    behind: Counter[int] = Counter()
    for contract in master.contracts:
        owed = charges[contract.account_number]
        assert [one.charge_no for one in owed] == list(range(1, len(owed) + 1))
        assert [one.due_on for one in owed] == sorted(one.due_on for one in owed)
        assert owed[-1].kind == "principal"
        assert all(one.amount_cents > 0 for one in owed)
        installments = [one for one in owed if one.kind == "installment"]
        assert all(one.amount_cents == contract.installment_cents for one in installments)
        assert all(contract.opened_on < one.due_on and one.due_on.day == contract.due_day for one in installments)
        taxes = [one.due_on for one in owed if one.kind == "tax"]
        assert taxes == ([one.due_on for one in installments] if contract.product == "lease" else [])
        assert timedelta(-9) <= installments[-1].due_on - OPENING_ON <= timedelta(22)
        behind[len(installments) - 1] += 1
    assert set(behind) == {0, 1, 2, 3}
    assert 0.09 < 1 - behind[0] / 2000 < 0.15


def test_shares_are_those_of_the_mix(master: Master) -> None:
    leases = sum(one.product == "lease" for one in master.contracts)
    assert 0.21 < leases / 2000 < 0.29
    assert {"TX", "PA", "CO", "KS", "OK"} < {one.state for one in master.contracts}
    assert all(18_000 <= one.installment_cents <= 140_000 for one in master.contracts)
    assert len(master.flags) == 40
    assert {one.flag for one in master.flags} == set(portfolio.FLAGS)
    assert {2, 3} < set(Counter(one.customer_no for one in master.contracts).values())


def test_payers_are_the_known_accounts_of_the_customer_and_can_be_nobodys(master: Master) -> None:
    tokens = {(one.account_token, one.account_number) for one in master.payers}
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
    shared = Counter(one.account_token for one in master.payers)
    service = service_account(0)
    assert shared[account_token(KEY, service.routing, service.bank_account)] > 10


def test_parts_together_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio, "PART", 70)
    parts = list(portfolio_parts(3, OPENING_ON, KEY, contracts=200))
    whole = make_portfolio(3, OPENING_ON, KEY, contracts=200)
    assert [len(one.contracts) for one in parts] == [70, 70, 60]
    assert tuple(c for one in parts for c in one.contracts) == whole.contracts
    assert len({one.customer_no for one in whole.customers}) == len(whole.customers)
    for one in parts:
        assert {c.customer_no for c in one.contracts} == {c.customer_no for c in one.customers}
