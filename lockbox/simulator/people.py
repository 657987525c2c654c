"""Made-up people, firms, addresses and bank accounts; no account can be a real one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from faker import Faker
from stdnum.us import rtn

from lockbox.contract.master import Customer

STATES = {
    "TX": 0.38,
    "PA": 0.08,
    "CO": 0.08,
    "OK": 0.08,
    "KS": 0.06,
    "FL": 0.05,
    "CA": 0.05,
    "GA": 0.04,
    "LA": 0.04,
    "AZ": 0.03,
    "NM": 0.03,
    "OH": 0.03,
    "MO": 0.02,
    "AR": 0.02,
    "NC": 0.01,
}  # share of customers
BUSINESS_SHARE = 0.05
BANKS = (
    "First Prairie Bank",
    "Cedar Mill Savings Bank",
    "Lone Mesa Credit Union",
    "Bluebonnet Valley Bank",
    "Keystone Ridge Bank",
    "Flint Hills Federal Credit Union",
    "Red Fork National Bank",
    "Front Range Community Bank",
    "Harbor & Pine Trust",
    "Magnolia Street Bank",
    "Sandstone Credit Union",
    "Tall Oaks State Bank",
    "Cross Timbers Bank",
    "Pecan Grove Bank & Trust",
    "Silver Lark Bank",
    "Mariposa Federal Savings",
    "Ironwood National Bank",
    "Two Rivers Teachers Credit Union",
    "Copper Basin Bank",
    "Old Depot Bank",
    "Wheatland Farmers Bank",
    "Juniper Peak Bank",
    "Galena Park Savings",
    "Clearwater Exchange Bank",
)
SERVICES = ("Bill Payment Service Center", "Online Bill Pay Processing")  # drawn on the service's own account


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account at a made-up bank. `known`: it has paid before, so the contract master has its token."""

    bank_name: str
    routing: str  # 9 digits, valid by ABA check digit, in a range that is never assigned
    bank_account: str
    known: bool


@dataclass(frozen=True, slots=True)
class Pools:
    """The words from which names and addresses are composed."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    firms: tuple[str, ...]
    streets: tuple[str, ...]
    towns: dict[str, tuple[str, ...]]  # by state: "Plano, TX 75074"


@lru_cache(maxsize=2)
def pools(seed: int) -> Pools:
    """Word lists drawn once: asking Faker for each of a million customers would take minutes."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    towns = {
        state: tuple(f"{fake.city()}, {state} {fake.zipcode_in_state(state_abbr=state)}" for _ in range(60))
        for state in STATES
    }
    return Pools(
        given=tuple(fake.first_name() for _ in range(1500)),
        family=tuple(fake.last_name() for _ in range(3000)),
        firms=tuple(fake.company().replace("-", " & ") for _ in range(800)),
        streets=tuple(fake.street_name() for _ in range(2500)),
        towns=towns,
    )


def make_customers(seed: int, first_no: int, count: int) -> list[tuple[Customer, str]]:
    """Customers numbered from `first_no`, each with its state."""
    rng = np.random.default_rng([seed, 11, first_no])
    words = pools(seed)
    names = list(STATES)
    states = rng.choice(len(names), size=count, p=np.array(list(STATES.values())) / sum(STATES.values())).tolist()
    draws = rng.integers(0, 2**31, size=(count, 6)).tolist()
    lots = rng.random(size=(count, 2)).tolist()  # for an apartment, for a firm
    customers = []
    for no, (state_no, draw, (flat, firm)) in enumerate(zip(states, draws, lots, strict=True), start=first_no):
        state = names[state_no]
        name = _firm_name(words, draw) if firm < BUSINESS_SHARE else _person_name(words, draw)
        customers.append((Customer(f"C{no:08d}", name, _address(words, state, draw, flat < 0.15)), state))
    return customers


def _firm_name(words: Pools, draw: list[int]) -> str:
    return words.firms[draw[0] % len(words.firms)]


def _person_name(words: Pools, draw: list[int]) -> str:
    middle = "ABCDEFGHJKLMNPRSTW"[draw[5] % 18] + " " if draw[5] % 3 == 0 else ""
    return f"{words.given[draw[0] % len(words.given)]} {middle}{words.family[draw[1] % len(words.family)]}"


def _address(words: Pools, state: str, draw: list[int], flat: bool) -> tuple[str, str]:
    street = f"{100 + draw[2] % 9800} {words.streets[draw[3] % len(words.streets)]}"
    if flat:
        street += f" Apt {1 + draw[2] % 240}"
    towns = words.towns[state]
    return street, towns[draw[4] % len(towns)]


def is_firm(customer: Customer, seed: int) -> bool:
    """Whether the customer is a firm and so writes business checks."""
    return customer.name in _firms(seed)


@lru_cache(maxsize=2)
def _firms(seed: int) -> frozenset[str]:
    return frozenset(pools(seed).firms)


def bank_accounts(seed: int, customer_no: str) -> tuple[BankAccount, ...]:
    """The customer's one or two accounts; the same seed and number always give the same accounts."""
    number = int.from_bytes(hashlib.blake2b(f"{seed}:{customer_no}".encode(), digest_size=32).digest(), "big")
    number, second = divmod(number, 100)
    accounts = []
    for _ in range(2 if second < 25 else 1):
        number, bank = divmod(number, len(BANKS))
        number, length = divmod(number, 6)
        number, known = divmod(number, 100)
        number, digits = divmod(number, 9 * 10 ** (6 + length))
        account = str(digits + 10 ** (6 + length))
        accounts.append(BankAccount(BANKS[bank], bank_routing(bank), account, known < 88))
    return tuple(accounts)


@lru_cache(maxsize=256)
def bank_routing(bank: int) -> str:
    """A routing number of 57xxxxxxx: the Federal Reserve assigns none there, so it can never be a real bank's."""
    body = f"57{(bank + 1) * 41_507 % 1_000_000:06d}"
    return body + str(rtn.calc_check_digit(body))


def service_account(service: int) -> BankAccount:
    """The account that a bill-payment service draws its checks on, the same for all its users."""
    bank = len(BANKS) + service
    return BankAccount(SERVICES[service], bank_routing(bank), str(7_100_000_019 + 1_234_577 * service), known=True)


def uses_service(account_number: str) -> int | None:
    """Which bill-payment service, if any, the contract's customer pays through: about 4 in 100 use one."""
    body = int(account_number[:8])
    return body // 100 % len(SERVICES) if body % 25 == 7 else None
