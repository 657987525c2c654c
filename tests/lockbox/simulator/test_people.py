"""Made-up people: plausible, the same for the same seed, and with bank accounts that can be nobody's."""

from __future__ import annotations

import re

import pytest
from stdnum.us import rtn

from lockbox.contract.master import Customer
from lockbox.simulator import people
from lockbox.simulator.people import (
    BANKS,
    SERVICES,
    STATES,
    bank_accounts,
    bank_routing,
    is_firm,
    make_customers,
    service_account,
    uses_service,
)

SEED = 7


def test_customers_are_numbered_and_live_in_their_state() -> None:
    customers = make_customers(SEED, 500, 300)
    assert [customer.customer_no for customer, _ in customers] == [f"C{no:08d}" for no in range(500, 800)]
    for customer, state in customers:
        street, town = customer.address_lines
        assert re.fullmatch(r"[1-9]\d{2,3} .+", street)
        assert re.fullmatch(rf".+, {state} \d{{5}}", town)
        assert state in STATES
        assert customer.name.strip() == customer.name != ""


def test_the_same_seed_gives_the_same_customers() -> None:
    customers = make_customers(SEED, 0, 20)
    assert make_customers(SEED, 0, 20) == customers
    assert make_customers(SEED + 1, 0, 20) != customers


def test_about_one_customer_in_twenty_is_a_firm_and_some_live_in_apartments() -> None:
    customers = [customer for customer, _ in make_customers(SEED, 0, 2000)]
    assert 0.03 < sum(is_firm(customer, SEED) for customer in customers) / 2000 < 0.07
    assert 0.1 < sum(" Apt " in customer.address_lines[0] for customer in customers) / 2000 < 0.2
    assert not is_firm(Customer("C1", "Jordan Q Nobody", ()), SEED)


def test_the_shares_of_the_states_are_kept() -> None:
    states = [state for _, state in make_customers(SEED, 0, 2000)]
    assert sum(STATES.values()) == pytest.approx(1, abs=0.02)
    assert states.count("TX") / 2000 == pytest.approx(STATES["TX"], abs=0.05)
    assert {*states} == {*STATES}


def test_bank_accounts_belong_to_the_customer_number() -> None:
    numbers = [f"C{no:08d}" for no in range(400)]
    accounts = [bank_accounts(SEED, number) for number in numbers]
    assert bank_accounts(SEED, numbers[0]) == accounts[0] != bank_accounts(SEED + 1, numbers[0])
    assert {len(own) for own in accounts} == {1, 2}
    known = [account.known for own in accounts for account in own]
    assert 0.8 < sum(known) / len(known) < 0.95
    for own in accounts:
        for account in own:
            assert re.fullmatch(r"[1-9]\d{6,11}", account.bank_account)
            assert account.routing == bank_routing(BANKS.index(account.bank_name))


@pytest.mark.parametrize("bank", range(60))
def test_a_routing_number_is_valid_and_never_assigned(bank: int) -> None:
    routing = bank_routing(bank)
    assert rtn.is_valid(routing)
    assert routing.startswith("57")  # the Federal Reserve assigns no number that begins so
    assert routing not in {bank_routing(other_bank) for other_bank in range(60) if other_bank != bank}


def test_four_customers_in_a_hundred_pay_through_a_service() -> None:
    services = [uses_service(f"{body:08d}00") for body in range(10_000_000, 10_005_000)]
    users = [service for service in services if service is not None]
    assert len(users) == 200
    assert {*users} == {*range(len(SERVICES))}


def test_a_service_draws_on_one_account_of_its_own() -> None:
    accounts = [service_account(service) for service in range(len(people.SERVICES))]
    assert [account.bank_name for account in accounts] == list(SERVICES)
    assert len({account.bank_account for account in accounts}) == len(SERVICES)
    assert all(account.known and rtn.is_valid(account.routing) for account in accounts)
