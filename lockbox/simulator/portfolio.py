"""A lender's contracts, customers and payers, made up from one seed."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from stdnum.iso7064 import mod_97_10

from lockbox.contract import Charge, Contract, ContractFlag, Customer, Master, Payer
from lockbox.simulator.people import bank_accounts, make_customers, service_account, uses_service
from lockbox.tokens import account_token

PART = 50_000  # contracts made at a time
FLAGS = ("bankruptcy", "scra", "charged_off", "deceased", "litigation", "repossessed")
LATE_FEE = {"TX": 0.05, "PA": 0.02, "KS": 0.05, "OK": 0.05}  # share of the installment; elsewhere $15
TAX = {"TX": 0.0625, "PA": 0.09, "CO": 0.0715, "OK": 0.0475, "KS": 0.0865}  # on a lease payment; elsewhere 6 %


@dataclass(frozen=True, slots=True)
class PortfolioMix:
    """Shares of all contracts."""

    lease: float = 0.25
    past_due: float = 0.12
    fee_alone: float = 0.015  # a fee is open although no installment is
    flagged: float = 0.02
    further_contract: float = 0.10  # belongs to the customer of the contract before


def make_portfolio(
    seed: int,
    opening_on: date,
    token_key: bytes,
    contracts: int = 2000,
    lender_id: str = "meridian",
    mix: PortfolioMix | None = None,
) -> Master:
    """A contract master as it stands at the end of `opening_on`; the same arguments give the same master."""
    parts = list(portfolio_parts(seed, opening_on, token_key, contracts, lender_id, mix))
    return Master(
        lender_id,
        opening_on,
        customers=tuple(one for part in parts for one in part.customers),
        contracts=tuple(one for part in parts for one in part.contracts),
        charges=tuple(one for part in parts for one in part.charges),
        flags=tuple(one for part in parts for one in part.flags),
        payers=tuple(one for part in parts for one in part.payers),
    )


def portfolio_parts(
    seed: int,
    opening_on: date,
    token_key: bytes,
    contracts: int = 2000,
    lender_id: str = "meridian",
    mix: PortfolioMix | None = None,
) -> Iterator[Master]:
    """The same master in parts of at most `PART` contracts, each loadable by itself, for millions of contracts."""
    rng = np.random.default_rng([seed, 1])
    bodies = rng.choice(90_000_000, size=contracts, replace=False) + 10_000_000
    for start in range(0, contracts, PART):
        numbers = [with_check_digits(body) for body in bodies[start : start + PART].tolist()]
        yield _part(seed, opening_on, token_key, lender_id, mix or PortfolioMix(), start, numbers)


def with_check_digits(body: int) -> str:
    """The account number of 8 digits and the two of ISO 7064 mod 97-10."""
    return f"{body:08d}{98 - body * 100 % 97:02d}"


def is_account_number(text: str) -> bool:
    """Whether the check digits hold."""
    return len(text) == 10 and bool(mod_97_10.is_valid(text))


def _part(
    seed: int, opening_on: date, key: bytes, lender_id: str, mix: PortfolioMix, start: int, numbers: list[str]
) -> Master:
    rng = np.random.default_rng([seed, 2, start])
    owners = np.cumsum(rng.random(len(numbers)) >= mix.further_contract, dtype=np.int64)
    owners -= owners[0]
    customers = make_customers(seed, start, int(owners[-1]) + 1)
    contracts = _contracts(rng, opening_on, mix, numbers, [customers[owner] for owner in owners.tolist()])
    return Master(
        lender_id,
        opening_on,
        customers=tuple(customer for customer, _ in customers),
        contracts=tuple(contracts),
        charges=tuple(_charges(rng, opening_on, mix, contracts)),
        flags=tuple(_flags(rng, opening_on, mix, contracts)),
        payers=tuple(_payers(seed, key, contracts)),
    )


def _contracts(
    rng: np.random.Generator,
    opening_on: date,
    mix: PortfolioMix,
    numbers: list[str],
    owners: list[tuple[Customer, str]],
) -> list[Contract]:
    count = len(numbers)
    lease = (rng.random(count) < mix.lease).tolist()
    installments = np.clip(rng.lognormal(np.log(46_500), 0.38, count), 18_000, 140_000).round().astype(int)
    installments -= np.where(rng.random(count) < 0.25, installments % 100, 0)  # some are whole dollars
    days = rng.integers(1, 29, count).tolist()
    ages = rng.integers(130, 1700, count).tolist()
    return [
        Contract(
            account_number=number,
            customer_no=customer.customer_no,
            product="lease" if is_lease else "loan",
            state=state,
            installment_cents=installment,
            due_day=day,
            opened_on=opening_on - timedelta(days=130 + age % 900 if is_lease else age),
        )
        for number, (customer, state), is_lease, installment, day, age in zip(
            numbers, owners, lease, installments.tolist(), days, ages, strict=True
        )
    ]


def _charges(
    rng: np.random.Generator, opening_on: date, mix: PortfolioMix, contracts: list[Contract]
) -> Iterator[Charge]:
    count = len(contracts)
    behind = np.where(rng.random(count) < mix.past_due, rng.choice([1, 2, 3], count, p=[0.7, 0.2, 0.1]), 0).tolist()
    luck = rng.random((count, 2)).tolist()
    left = rng.integers(2, 60, count).tolist()
    for contract, months, (fee, rest), to_come in zip(contracts, behind, luck, left, strict=True):
        owed: list[tuple[date, str, int]] = []
        current = next_due(contract.due_day, opening_on - timedelta(days=9))
        tax_cents = _tax_cents(contract)
        for back in range(months, -1, -1):
            due_on = months_later(current, -back)
            owed.append((due_on, "installment", contract.installment_cents))
            if tax_cents:
                owed.append((due_on, "tax", tax_cents))
        if fee < (0.5 if months else mix.fee_alone):
            owed.append((months_later(current, -max(months, 1)) + timedelta(days=16), "fee", _fee_cents(contract)))
        owed.sort()
        owed.append((months_later(current, to_come), "principal", _principal_cents(contract, to_come, rest)))
        for charge_no, (due_on, kind, amount_cents) in enumerate(owed, start=1):
            yield Charge(contract.account_number, charge_no, kind, due_on, amount_cents)


def _tax_cents(contract: Contract) -> int:
    return round(contract.installment_cents * TAX.get(contract.state, 0.06)) if contract.product == "lease" else 0


def _fee_cents(contract: Contract) -> int:
    share = LATE_FEE.get(contract.state)
    return round(contract.installment_cents * share) if share else 1500


def _principal_cents(contract: Contract, to_come: int, rest: float) -> int:
    """What is not due yet: the discounted installments to come; for a lease the residual too."""
    cents = round(contract.installment_cents * to_come * 0.88)
    return cents + (round(600_000 + rest * 1_600_000) if contract.product == "lease" else 0)


def _flags(
    rng: np.random.Generator, opening_on: date, mix: PortfolioMix, contracts: list[Contract]
) -> Iterator[ContractFlag]:
    """At least one of each flag where there are contracts enough to have them."""
    wanted = min(max(len(FLAGS), round(len(contracts) * mix.flagged)), len(contracts) // 5)
    ages = rng.integers(10, 700, wanted).tolist()
    for at, (chosen, age) in enumerate(zip(rng.permutation(len(contracts))[:wanted].tolist(), ages, strict=True)):
        since = max(contracts[chosen].opened_on + timedelta(days=1), opening_on - timedelta(days=age))
        yield ContractFlag(contracts[chosen].account_number, FLAGS[at % len(FLAGS)], since)


def _payers(seed: int, key: bytes, contracts: list[Contract]) -> Iterator[Payer]:
    for contract in contracts:
        seen = contract.opened_on + timedelta(days=28)
        for account in bank_accounts(seed, contract.customer_no):
            if account.known:
                token = account_token(key, account.routing, account.bank_account)
                yield Payer(token, contract.account_number, seen)
        service = uses_service(contract.account_number)
        if service is not None:
            shared = service_account(service)
            yield Payer(account_token(key, shared.routing, shared.bank_account), contract.account_number, seen)


def next_due(due_day: int, not_before: date) -> date:
    """The first due date on or after a day."""
    due_on = not_before.replace(day=min(due_day, monthrange(not_before.year, not_before.month)[1]))
    return due_on if due_on >= not_before else months_later(due_on, 1)


def months_later(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
