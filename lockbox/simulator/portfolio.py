"""A lender's contracts, customers and payers, made up from one seed; every contract has a history behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, cycle
from pathlib import Path

import numpy as np
from stdnum.iso7064 import mod_97_10

from lockbox.contract.master import Contract, ContractFlag, ContractTerms, Customer, KnownPayer, Master, Opening
from lockbox.lender.profile import read_profile
from lockbox.lender.profile_rules import mail_calendar_of, rules_of
from lockbox.settings import REFERENCE_PROFILE
from lockbox.simulator.leases import make_leases
from lockbox.simulator.loans import make_loans
from lockbox.simulator.people import bank_accounts, make_customers, service_account, uses_service
from lockbox.simulator.schedule_state import Frame, Lender
from lockbox.tokens import account_token

PART = 50_000  # contracts made at a time
FLAGS = ("bankruptcy", "scra", "charged_off", "deceased", "litigation", "repossessed")


@dataclass(frozen=True, slots=True)
class PortfolioMix:
    """Shares of all contracts."""

    lease: float = 0.25
    past_due: float = 0.12
    fee_alone: float = 0.015  # owes a late fee although no installment is past due
    flagged: float = 0.02
    further_contract: float = 0.10  # belongs to the customer of the contract before it


def make_portfolio(
    seed: int,
    opening_on: date,
    token_key: bytes,
    contracts: int = 2000,
    lender_id: str = "meridian",
    mix: PortfolioMix | None = None,
    profile: Path = REFERENCE_PROFILE,
) -> Master:
    """A contract master as it stands at the end of `opening_on`; the same arguments give the same master."""
    parts = list(portfolio_parts(seed, opening_on, token_key, contracts, lender_id, mix, profile))
    return Master(
        lender_id,
        opening_on,
        customers=tuple(chain.from_iterable(part.customers for part in parts)),
        contracts=tuple(chain.from_iterable(part.contracts for part in parts)),
        terms=tuple(chain.from_iterable(part.terms for part in parts)),
        openings=tuple(chain.from_iterable(part.openings for part in parts)),
        flags=tuple(chain.from_iterable(part.flags for part in parts)),
        payers=tuple(chain.from_iterable(part.payers for part in parts)),
    )


def portfolio_parts(
    seed: int,
    opening_on: date,
    token_key: bytes,
    contracts: int = 2000,
    lender_id: str = "meridian",
    mix: PortfolioMix | None = None,
    profile: Path = REFERENCE_PROFILE,
) -> Iterator[Master]:
    """The same master in parts of at most `PART` contracts that can be loaded separately, for millions of contracts."""
    rng = np.random.default_rng([seed, 1])
    bodies = rng.choice(90_000_000, size=contracts, replace=False) + 10_000_000
    for start in range(0, contracts, PART):
        numbers = [with_check_digits(body) for body in bodies[start : start + PART].tolist()]
        yield _part(seed, opening_on, token_key, lender_id, mix or PortfolioMix(), _lender(profile), start, numbers)


@lru_cache(maxsize=2)
def _lender(profile: Path) -> Lender:
    plain = read_profile(profile)
    return Lender(rules_of(plain), mail_calendar_of(plain))


def with_check_digits(body: int) -> str:
    """The account number: 8 digits and the two check digits of ISO 7064 mod 97-10."""
    return f"{body:08d}{98 - body * 100 % 97:02d}"


def is_account_number(text: str) -> bool:
    """Whether the text is 10 characters long with valid check digits."""
    return len(text) == 10 and bool(mod_97_10.is_valid(text))


def _part(
    seed: int,
    opening_on: date,
    key: bytes,
    lender_id: str,
    mix: PortfolioMix,
    lender: Lender,
    start: int,
    numbers: list[str],
) -> Master:
    rng = np.random.default_rng([seed, 2, start])
    owners = np.cumsum(rng.random(len(numbers)) >= mix.further_contract, dtype=np.int64)
    owners -= owners[0]
    customers = make_customers(seed, start, int(owners[-1]) + 1)
    owned = [customers[owner] for owner in owners.tolist()]
    contracts, terms, openings = _contracts(rng, opening_on, mix, lender, numbers, owned)
    flags = tuple(_flags(rng, opening_on, mix, contracts))
    return Master(
        lender_id,
        opening_on,
        customers=tuple(customer for customer, _ in customers),
        contracts=tuple(contracts),
        terms=tuple(terms),
        openings=tuple(openings),
        flags=flags,
        payers=tuple(_payers(seed, key, contracts)),
    )


def _contracts(
    rng: np.random.Generator,
    opening_on: date,
    mix: PortfolioMix,
    lender: Lender,
    numbers: list[str],
    owners: list[tuple[Customer, str]],
) -> tuple[list[Contract], list[ContractTerms], list[Opening]]:
    """Loans and leases in the order of their numbers, with their terms and positions."""
    count = len(numbers)
    lease = rng.random(count) < mix.lease
    frame = Frame.draw(rng, opening_on, [state for _, state in owners], mix.past_due, mix.fee_alone)
    made = make_loans(rng, frame.only(~lease), lender), make_leases(rng, frame.only(lease), lender)
    sources = [iter(made[0]), iter(made[1])]
    contracts, terms, openings = [], [], []
    for number, (customer, state), is_lease in zip(numbers, owners, lease.tolist(), strict=True):
        new = next(sources[is_lease])
        product = "lease" if is_lease else "loan"
        contracts.append(
            Contract(number, customer.customer_no, product, state, new.terms.valid_from, new.original_cents)
        )
        terms.append(ContractTerms(number, new.terms))
        openings.append(Opening(number, new.position))
    return contracts, terms, openings


def _flags(
    rng: np.random.Generator, opening_on: date, mix: PortfolioMix, contracts: list[Contract]
) -> Iterator[ContractFlag]:
    """At least one of each flag where there are enough contracts."""
    count = min(max(len(FLAGS), round(len(contracts) * mix.flagged)), len(contracts) // 5)
    ages = rng.integers(10, 700, count).tolist()
    places = rng.permutation(len(contracts))[:count].tolist()
    for flag, place, age in zip(cycle(FLAGS), places, ages, strict=False):
        since = max(contracts[place].opened_on + timedelta(days=1), opening_on - timedelta(days=age))
        yield ContractFlag(contracts[place].account_number, flag, since)


def _payers(seed: int, key: bytes, contracts: list[Contract]) -> Iterator[KnownPayer]:
    for contract in contracts:
        first_seen_on = contract.opened_on + timedelta(days=28)
        for account in bank_accounts(seed, contract.customer_no):
            if account.known:
                token = account_token(key, account.routing, account.bank_account)
                yield KnownPayer(token, contract.account_number, first_seen_on)
        service = uses_service(contract.account_number)
        if service is not None:
            shared = service_account(service)
            yield KnownPayer(
                account_token(key, shared.routing, shared.bank_account), contract.account_number, first_seen_on
            )
