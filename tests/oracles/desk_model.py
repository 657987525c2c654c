"""A small independent model of people who decide items: who may do what, on which day it counts, and what is left.

Written from the rules (docs/decisions/0012) and not from the product's code: it imports nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

SECOND_FROM = {"post": 50_000, "suspense": 50_000, "hold": 50_000, "reject": 0, "forward": 0, "file": 30_000}
DOUBLE_FROM = 90_000
LEASE = timedelta(minutes=15)
KEPT = ("post", "suspense")


@dataclass
class Wish:
    """What a person wants of an item. Shares: (contract, or "" for an unknown one, cents)."""

    outcome: str
    cents: int | None
    shares: tuple[tuple[str, int], ...] = ()

    @property
    def contracts(self) -> set[str]:
        """Those that it names."""
        return {contract for contract, _ in self.shares if contract}

    @property
    def unidentified_cents(self) -> int:
        """Of the money that is kept, the part of which no contract is known."""
        if self.outcome not in KEPT:
            return 0
        return (self.cents or 0) - sum(cents for contract, cents in self.shares if contract)


@dataclass
class Proposed:
    """A wish that somebody proposed."""

    wish: Wish
    maker: str
    needs_second: bool
    checker: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it can be made final."""
        return not self.needs_second or bool(self.checker)


@dataclass
class Item:
    """One check. Its decisions: (business date, outcome, cents), the engine's first."""

    site: str
    decisions: list[tuple[date, str, int | None]]
    proposed: Proposed | None = None
    keyed: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    leased: tuple[str, datetime] | None = None
    last: Wish | None = None  # that was made final
    makers: list[tuple[str, str]] = field(default_factory=list)  # maker and checker of what was final
    deposited_on: date | None = None
    is_returned: bool = False  # by its bank

    @property
    def outcome(self) -> str:
        """Of the newest decision."""
        return self.decisions[-1][1]

    @property
    def waits(self) -> bool:
        """For a person."""
        return self.outcome in ("review", "hold")

    def on(self, day: date) -> tuple[str, int | None]:
        """Outcome and cents at the end of a day, ("", None) before it came."""
        known = [(outcome, cents) for at, outcome, cents in self.decisions if at <= day]
        return known[-1] if known else ("", None)


@dataclass
class DeskModel:
    """All items of all sites, and the first day of each site that is not closed."""

    own: dict[str, set[str]]  # person -> contracts of that person or the household
    open_day: dict[str, date]
    items: dict[int, Item] = field(default_factory=dict)

    def may_work(self, item: Item, person: str, contracts: set[str], at: datetime) -> bool:
        """Whether a person may decide it now."""
        is_others = item.leased and item.leased[0] != person and item.leased[1] > at
        return item.waits and not is_others and not contracts & self.own.get(person, set())

    def take(self, item: Item, person: str, at: datetime) -> bool:
        """A person takes it for a while; False: refused."""
        if item.leased and item.leased[0] != person and item.leased[1] > at:
            return False
        item.leased = (person, at + LEASE)
        return True

    def key(self, item: Item, person: str, cents: int, contracts: set[str], at: datetime) -> bool:
        """A person keys it blindly."""
        if not self.may_work(item, person, contracts, at) or person in item.keyed:
            return False
        item.keyed[person] = (cents, tuple(sorted(contracts)))
        item.leased = None
        return True

    def propose(self, item: Item, person: str, wish: Wish, at: datetime) -> bool:
        """A person proposes something."""
        if not self.may_work(item, person, wish.contracts, at) or item.proposed:
            return False
        cents = wish.cents if wish.cents is not None else item.decisions[-1][2] or 0
        needs_second = cents >= SECOND_FROM[wish.outcome]
        if wish.outcome in KEPT and cents >= DOUBLE_FROM:
            keyed = (cents, tuple(sorted(wish.contracts)))
            if list(item.keyed.values()).count(keyed) < 2:
                return False
            needs_second = False
        item.proposed, item.leased = Proposed(wish, person, needs_second), None
        return True

    def confirm(self, item: Item, person: str) -> bool:
        """A second person agrees."""
        wish = item.proposed
        if not wish or wish.is_ready or person == wish.maker or wish.wish.contracts & self.own.get(person, set()):
            return False
        wish.checker = person
        return True

    def refuse(self, item: Item, person: str) -> bool:
        """A second person does not agree."""
        wish = item.proposed
        if not wish or person == wish.maker or wish.wish.contracts & self.own.get(person, set()):
            return False
        item.proposed = None
        return True

    def undo(self, item: Item, person: str) -> bool:
        """The maker takes it back."""
        if not item.proposed or person != item.proposed.maker:
            return False
        item.proposed = None
        return True

    def finish(self) -> int:
        """What is ready becomes final on the site's first day that is not closed; gives how many."""
        ready = [item for item in self.items.values() if item.proposed and item.proposed.is_ready]
        for item in ready:
            assert item.proposed
            wish = item.proposed.wish
            cents = wish.cents if wish.cents is not None else item.decisions[-1][2]
            item.decisions.append((self.open_day[item.site], wish.outcome, cents))
            item.makers.append((item.proposed.maker, item.proposed.checker))
            item.last, item.proposed, item.keyed = wish, None, {}
        return len(ready)

    def take_back(self, item: Item, *, by_bank: bool) -> bool:
        """A posted check that is taken back; False: it is not in the ledger."""
        if item.outcome not in KEPT or item.is_returned:
            return False
        item.is_returned = by_bank
        if not by_bank:
            outcome = "suspense" if item.deposited_on else "review"
            cents = item.decisions[-1][2]
            item.decisions.append((self.open_day[item.site], outcome, cents))
            item.last, item.keyed = Wish(outcome, cents), {}
        return True

    def close(self, site: str) -> tuple[int, int, int, int]:
        """Closes a site's first open day; gives what it deposits and carries forward, in count and cents."""
        day = self.open_day[site]
        at_site = [item for item in self.items.values() if item.site == site]
        deposited = [i for i in at_site if i.outcome in KEPT and not i.is_returned and not i.deposited_on]
        for item in deposited:
            item.deposited_on = day
        carried = [cents or 0 for outcome, cents in (item.on(day) for item in at_site) if outcome == "review"]
        return len(deposited), sum(i.decisions[-1][2] or 0 for i in deposited), len(carried), sum(carried)

    def unidentified_cents(self) -> int:
        """Money of which no contract is known."""
        standing = (item for item in self.items.values() if item.outcome in KEPT and not item.is_returned)
        return sum(item.last.unidentified_cents for item in standing if item.last)
