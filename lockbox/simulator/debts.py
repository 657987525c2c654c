"""Who could pay on a day and what they owe: the contracts of a master, queued for their turn to pay."""

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
    behind: bool  # an installment is past due by more than `SLOW_DAYS`
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
        """What ends it: a loan's payoff, a lease's buyout."""
        return self.debt.balance_cents

    @property
    def behind(self) -> bool:
        """Whether an installment is past due by more than `SLOW_DAYS`."""
        return self.debt.behind

    @property
    def due_on(self) -> date:
        """When the latest installment billed is due."""
        return self.debt.due_on


class Debts:
    """The queue of contracts. Each pays at most once a day, and the days that follow take different contracts."""

    def __init__(self, master: Master, seed: int, business_date: date, envelopes: int, lender: Terms) -> None:
        self.waiting = _queue(master, seed, business_date, envelopes, lender)

    def next(self, sort: str, *, firm: bool = False) -> Owed | None:
        """The next contract of a sort (a key of `SORTS`) owned by a person or a firm; None when none is left.

        Raises:
            UsageError: the queue is empty.
        """
        if not self.waiting:
            raise UsageError("more envelopes than contracts to pay on: ask for fewer envelopes or a larger portfolio")
        belongs = SORTS[sort]
        for place, owed in enumerate(self.waiting):
            if belongs(owed) and owed.firm is firm and (sort != "several" or self._further_contracts(owed)):
                return self.waiting.pop(place)
        return None

    def further_contracts(self, owed: Owed, limit: int = 2) -> list[Owed]:
        """More contracts of the same customer, taken out of the queue."""
        further = self._further_contracts(owed)[:limit]
        self.waiting = [candidate for candidate in self.waiting if candidate not in further]
        return further

    def _further_contracts(self, owed: Owed) -> list[Owed]:
        return [
            candidate
            for candidate in self.waiting
            if candidate is not owed
            and candidate.contract.customer_no == owed.contract.customer_no
            and candidate.contract.product == owed.contract.product  # one P.O. box, one payee
            and SORTS["current"](candidate)
        ]


def _is_current(owed: Owed) -> bool:
    return not owed.behind and not owed.flags


SORTS: Mapping[str, Callable[[Owed], bool]] = {
    "current": _is_current,
    "behind": lambda owed: owed.behind and not owed.flags,
    "flagged": lambda owed: bool(owed.flags),
    "lease": lambda owed: _is_current(owed) and owed.contract.product == "lease",
    "small": lambda owed: _is_current(owed) and owed.balance_cents < 1_500_000,
    "several": _is_current,
}


def _queue(master: Master, seed: int, business_date: date, envelopes: int, lender: Terms) -> list[Owed]:
    """A stretch of the master that moves on from day to day; neighbors stay together because they share customers."""
    customers = {customer.customer_no: customer for customer in master.customers}
    flags = _flags_on(master, business_date)
    queue = []
    for place in _stretch(master, business_date, envelopes):
        contract, terms, opening = master.contracts[place], master.terms[place], master.openings[place]
        assert contract.account_number == terms.account_number == opening.account_number
        debt = debt_on(terms.terms, opening.position, business_date, lender)
        if debt is not None:
            customer = customers[contract.customer_no]
            raised = tuple(flags[contract.account_number])
            queue.append(Owed(contract, customer, debt, raised, is_firm(customer, seed)))
    return queue


def _stretch(master: Master, business_date: date, envelopes: int) -> list[int]:
    """Places in the master of the contracts whose turn it is; the first contract follows the last."""
    count = len(master.contracts)
    length = min(count, max(400, envelopes * 3))
    start = max(0, (business_date - master.opening_on).days - 1) * length % count if count else 0
    return [place % count for place in range(start, start + length)]


def _flags_on(master: Master, day: date) -> defaultdict[str, list[str]]:
    """The flags valid on a day, by account number."""
    flags: defaultdict[str, list[str]] = defaultdict(list)
    for flag in master.flags:
        if flag.valid_from <= day and (flag.valid_to is None or day < flag.valid_to):
            flags[flag.account_number].append(flag.flag)
    return flags


def debt_on(terms: ContractTerms, opening: Position, day: date, lender: Terms) -> Debt | None:
    """What is owed on a day by a contract that nobody has paid since its opening; None when nothing is billed.

    Interest and late fees are those of all nights before the day, by the same rule as the nightly run.
    """
    eve = day - timedelta(1)
    now = history([terms], lender.rules, opening, (), eve, lender.is_open).position if eve > opening.on else opening
    credits = {credit.no: credit.amount_cents for credit in opening.credits}
    unpaid = [due for due in installments(terms.schedule) if due.no > opening.paid_through]
    billed = [due for due in unpaid if due.due_on - timedelta(lender.rules.bill_days) <= eve]
    if not billed:
        return None
    due_cents = now.fee_cents + sum(due.total_cents - credits.get(due.no, 0) for due in billed)
    balance_cents = now.principal_cents + now.interest_cents + now.fee_cents
    if terms.lease is not None:  # all rents, billed and still to come, and the price of the vehicle
        price = terms.lease.residual_cents + terms.lease.purchase_fee_cents
        rents = sum(due.total_cents for due in unpaid)
        balance_cents = rents + now.fee_cents + price + tax_of(price, terms.lease.tax_ppm)
    behind = any(due.due_on < day - timedelta(SLOW_DAYS) for due in billed)
    return Debt(due_cents, billed[-1].total_cents, balance_cents, behind, billed[-1].due_on)
