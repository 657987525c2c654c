"""The contract master as values: whom we may be paid by, for what, and what was owed on the day it was taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or firm who signed contracts."""

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
    installment_cents: int  # without tax
    due_day: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class Charge:
    """One thing owed on a contract; numbered from 1 in the contract, oldest first."""

    account_number: str
    charge_no: int
    kind: str  # "installment", "tax", "fee" or "principal" (all that is not due yet)
    due_on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class ContractFlag:
    """What stops an automatic posting from a day on, until a day (not included) if one is known."""

    account_number: str
    flag: str  # bankruptcy, deceased, charged_off, litigation, repossessed, scra, closed
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """A bank account that paid a contract before, known by its token alone (see `lockbox.tokens`)."""

    account_token: str
    account_number: str
    first_seen_on: date


@dataclass(frozen=True, slots=True)
class Master:
    """A contract master, whole or a part of one, as it stood at the end of `opening_on`."""

    lender_id: str
    opening_on: date
    customers: tuple[Customer, ...]
    contracts: tuple[Contract, ...]
    charges: tuple[Charge, ...]  # of one contract together, in the order of the contracts
    flags: tuple[ContractFlag, ...]
    payers: tuple[Payer, ...]
