"""The contract master as values: customers, contracts, their terms, and what was owed when they were taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.contract.position import Position
from lockbox.contract.terms import Terms


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or company that signed contracts."""

    customer_no: str
    name: str
    address_lines: tuple[str, ...]  # street, then city, state and ZIP code


@dataclass(frozen=True, slots=True)
class Contract:
    """A loan or a lease. `account_number` is what customers write: 10 digits, the last two are check digits."""

    account_number: str
    customer_no: str
    product: str  # "loan" or "lease"
    state: str  # of the contract's law, two letters
    opened_on: date
    original_cents: int  # the amount financed; of a lease the capitalized cost


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """One version of what a contract says."""

    account_number: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Opening:
    """The position of a contract when it was taken over: at the end of `Master.opening_on`, after that day's night."""

    account_number: str
    position: Position


@dataclass(frozen=True, slots=True)
class ContractFlag:
    """A flag that stops automatic posting from a day on, until a day (not included) if one is known."""

    account_number: str
    flag: str  # bankruptcy, deceased, charged_off, litigation, repossessed, scra, accelerated, closed
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """A bank account that paid a contract before, known only by its token (see `lockbox.tokens`)."""

    account_token: str
    account_number: str
    first_seen_on: date


@dataclass(frozen=True, slots=True)
class Master:
    """A contract master, or a part of one, as it stood at the end of `opening_on`."""

    lender_id: str
    opening_on: date
    customers: tuple[Customer, ...]
    contracts: tuple[Contract, ...]
    terms: tuple[ContractTerms, ...]
    openings: tuple[Opening, ...]  # one for each contract
    flags: tuple[ContractFlag, ...]
    payers: tuple[KnownPayer, ...]
