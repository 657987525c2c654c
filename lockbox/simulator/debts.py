"""Who could pay on a day and what they owe: contracts of a master waiting for their turn to write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lockbox.contract.history import history
from lockbox.contract.master import Contract, Customer, Master
from lockbox.contract.position import Position
from lockbox.contract.schedule import installments, tax_of
from lockbox.contract.terms import Terms as ContractTerms
from lockbox.errors import UsageError
from lockbox.simulator.lender_terms import Terms
from lockbox.simulator.people import is_firm
from lockbox.simulator.schedule_state import SLOW_DAYS


@dataclass(frozen=True, slots=True)
class Debt:
    """What one contract owes on a day, in cents."""

    due_cents: int  # billed and not paid, with fees: what its coupon asks for
    installment_cents: int  # with its tax
    balance_cents: int  # what ends it: a loan's payoff, a lease's buyout
    behind: bool
    due_on: date  # of the latest installment billed


@dataclass(frozen=True, slots=True)
class Owed:
    """A contract with what is owed on it."""

    contract: Contract
    customer: Customer
    debt: Debt
    flags: tuple[str, ...]
    firm: bool

    @property
    def due_cents(self) -> int:
        """What its coupon asks for."""
        return self.debt.due_cents

    @property
    def installment_cents(self) -> int:
        """One installment with its tax."""
        return self.debt.installment_cents

    @property
    def balance_cents(self) -> int:
        """What ends the contract."""
        return self.debt.balance_cents

    @property
    def behind(self) -> bool:
        """Whether an installment is missed."""
        return self.debt.behind

    @property
    def due_on(self) -> date:
        """When the latest installment billed is due."""
        return self.debt.due_on


class Debts:
    """Contracts in the order of their turn. Each pays at most once a day, and days that follow take others."""

    def __init__(self, master: Master, seed: int, business_date: date, envelopes: int, lender: Terms) -> None:
        self.waiting = _turn(master, seed, business_date, envelopes, lender)

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


def _turn(master: Master, seed: int, business_date: date, envelopes: int, lender: Terms) -> list[Owed]:
    """A stretch of the master that moves on from day to day; neighbours stay together, as they share customers."""
    count = len(master.contracts)
    stretch = min(count, max(400, envelopes * 3))
    start = max(0, (business_date - master.opening_on).days - 1) * stretch % count if count else 0
    chosen = [at % count for at in range(start, start + stretch)]
    customers = {one.customer_no: one for one in master.customers}
    flags: defaultdict[str, list[str]] = defaultdict(list)
    for flag in master.flags:
        if flag.valid_from <= business_date and (flag.valid_to is None or business_date < flag.valid_to):
            flags[flag.account_number].append(flag.flag)
    found = []
    for at in chosen:
        contract, terms, opening = master.contracts[at], master.terms[at].terms, master.openings[at].position
        assert contract.account_number == master.terms[at].account_number == master.openings[at].account_number
        debt = debt_on(terms, opening, business_date, lender)
        if debt is not None:
            customer, raised = customers[contract.customer_no], tuple(flags[contract.account_number])
            found.append(Owed(contract, customer, debt, raised, is_firm(customer, seed)))
    return found


def debt_on(terms: ContractTerms, opening: Position, day: date, lender: Terms) -> Debt | None:
    """What is owed on a day by a contract that nobody paid since its opening; None: nothing was billed.

    Interest and late fees are those of all nights before the day, as the line's own nights make them.
    """
    eve = day - timedelta(1)
    now = history([terms], lender.rules, opening, (), eve, lender.is_open).position if eve > opening.on else opening
    credits = {one.no: one.amount_cents for one in opening.credits}
    unpaid = [one for one in installments(terms.schedule) if one.no > opening.paid_through]
    billed = [one for one in unpaid if one.due_on - timedelta(lender.rules.bill_days) <= eve]
    if not billed:
        return None
    due_cents = now.fee_cents + sum(one.total_cents - credits.get(one.no, 0) for one in billed)
    balance_cents = now.principal_cents + now.interest_cents + now.fee_cents
    if terms.lease is not None:  # all rents, billed and to come, and the price of the vehicle
        price = terms.lease.residual_cents + terms.lease.purchase_fee_cents
        rents = sum(one.total_cents for one in unpaid)
        balance_cents = rents + now.fee_cents + price + tax_of(price, terms.lease.tax_ppm)
    behind = any(one.due_on < day - timedelta(SLOW_DAYS) for one in billed)
    return Debt(due_cents, billed[-1].total_cents, balance_cents, behind, billed[-1].due_on)
