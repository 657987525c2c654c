"""Who could pay on a day and what they owe: contracts of a master waiting for their turn to write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from lockbox.contract import Charge, Contract, Customer, Master
from lockbox.errors import UsageError
from lockbox.simulator.people import is_firm


@dataclass(frozen=True, slots=True)
class Owed:
    """A contract with all that is open on it."""

    contract: Contract
    customer: Customer
    due_cents: int  # all but principal
    installment_cents: int  # with its tax
    balance_cents: int
    behind: bool
    flags: tuple[str, ...]
    firm: bool
    due_on: date  # of the current installment


class Debts:
    """Contracts in the order of their turn. Each pays at most once a day, and days that follow take others."""

    def __init__(self, master: Master, seed: int, business_date: date, envelopes: int) -> None:
        self.waiting = _turn(master, seed, business_date, envelopes)

    def next(self, sort: str, *, firm: bool = False) -> Owed | None:
        """The next contract of a sort (see `SORTS`), of a person or a firm, or None when none is left.

        Raises:
            UsageError: no contract at all is left.
        """
        if not self.waiting:
            raise UsageError("more envelopes than contracts to write them: fewer envelopes, or a larger portfolio")
        wanted = SORTS[sort]
        for at, one in enumerate(self.waiting):
            if wanted(one) and one.firm is firm and (sort != "several" or self._others(one)):
                return self.waiting.pop(at)
        return None

    def others_of(self, owed: Owed, limit: int = 2) -> list[Owed]:
        """Further contracts of the same customer, taken out of the queue."""
        found = self._others(owed)[:limit]
        self.waiting = [one for one in self.waiting if one not in found]
        return found

    def _others(self, owed: Owed) -> list[Owed]:
        return [
            one
            for one in self.waiting
            if one is not owed
            and one.contract.customer_no == owed.contract.customer_no
            and one.contract.product == owed.contract.product  # one box, one payee
            and SORTS["current"](one)
        ]


def _plain(one: Owed) -> bool:
    return not one.behind and not one.flags


SORTS: Mapping[str, Callable[[Owed], bool]] = {
    "current": _plain,
    "behind": lambda one: one.behind and not one.flags,
    "flagged": lambda one: bool(one.flags),
    "lease": lambda one: _plain(one) and one.contract.product == "lease",
    "small": lambda one: _plain(one) and one.balance_cents < 1_500_000,
    "several": _plain,
}


def _turn(master: Master, seed: int, business_date: date, envelopes: int) -> list[Owed]:
    """A stretch of the master that moves on from day to day; neighbours stay together, as they share customers."""
    count = len(master.contracts)
    stretch = min(count, max(300, envelopes * 2))
    start = max(0, (business_date - master.opening_on).days - 1) * stretch % count if count else 0
    chosen = (master.contracts + master.contracts)[start : start + stretch]
    numbers = {one.account_number for one in chosen}
    customers = {one.customer_no: one for one in master.customers}
    charges: defaultdict[str, list[Charge]] = defaultdict(list)
    for charge in master.charges:
        if charge.account_number in numbers:
            charges[charge.account_number].append(charge)
    flags: defaultdict[str, list[str]] = defaultdict(list)
    for flag in master.flags:
        if flag.valid_from <= business_date and (flag.valid_to is None or business_date < flag.valid_to):
            flags[flag.account_number].append(flag.flag)
    return [
        _of(one, customers[one.customer_no], charges[one.account_number], tuple(flags[one.account_number]), seed)
        for one in chosen
        if charges[one.account_number]
    ]


def _of(contract: Contract, customer: Customer, charges: list[Charge], flags: tuple[str, ...], seed: int) -> Owed:
    installments = [one for one in charges if one.kind == "installment"]
    due_on = max((one.due_on for one in installments), default=charges[-1].due_on)
    due_cents = sum(one.amount_cents for one in charges if one.kind != "principal")
    current = [one.amount_cents for one in charges if one.kind in ("installment", "tax") and one.due_on == due_on]
    return Owed(
        contract=contract,
        customer=customer,
        due_cents=due_cents,
        installment_cents=sum(current),
        balance_cents=sum(one.amount_cents for one in charges),
        behind=due_cents > sum(current),
        flags=flags,
        firm=is_firm(customer, seed),
        due_on=due_on,
    )
