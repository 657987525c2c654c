"""Money in suspense from one close to the next, by account, and what must be equal in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lockbox.scopes import SiteDayScope
from reconciliation.tally import Tally, Tie

ACCOUNTS = ("unidentified", "unapplied")


@dataclass(frozen=True, slots=True)
class RollForward:
    """One account of suspense on a site day, in cents; what leaves it is negative."""

    account: str  # "unidentified" or "unapplied"
    opening: int  # as the close before kept it
    taken_in: int  # with checks, less those that were taken back
    identified: int  # out of unidentified; into unapplied, where it is not applied at once
    applied: int  # to what contracts owe, less what was taken back of that
    moved: int  # taken back from contracts for which it was identified wrongly
    refunded: int  # payable to customers, or to senders
    closing: int  # in the ledger
    items: int  # open
    items_cents: int

    @property
    def rolled(self) -> int:
        """What the close before kept, and all that moved since."""
        return self.opening + self.taken_in + self.identified + self.applied + self.moved + self.refunded


@dataclass(frozen=True, slots=True)
class SuspenseDay:
    """Both accounts of a site day, and which transactions their numbers have seen."""

    seen: str = ""
    accounts: tuple[RollForward, ...] = ()

    @classmethod
    def stored(cls, totals: Mapping[str, Any] | None) -> SuspenseDay:
        """As a close has kept it."""
        if totals is None:
            return cls()
        return cls(totals["seen"], tuple(RollForward(account, **totals[account]) for account in ACCOUNTS))

    def to_store(self) -> dict[str, Any]:
        """What a close keeps."""
        kept: dict[str, Any] = {"seen": self.seen}
        for roll in self.accounts:
            kept[roll.account] = {name: value for name, value in asdict(roll).items() if name != "account"}
        return kept

    def ties(self, scope: SiteDayScope) -> list[Tie]:
        """Rolled forward it is what the ledger has, and that is the sum of the open items (RULES I7)."""
        ties = []
        for roll in self.accounts:
            ledger = Tally(0, roll.closing)
            rolled = f"{roll.account} by the close before, and what moved since"
            ties.append(Tie(scope, rolled, Tally(0, roll.rolled), "in the ledger", ledger))
            ties.append(Tie(scope, f"{roll.account} in the ledger", ledger, "open items", Tally(0, roll.items_cents)))
        return ties
