"""What waits for people from day to day: brought forward, resolved, carried forward, and what must be equal in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockbox.scopes import SiteDayScope
from reconciliation.tally import NOTHING, Tally, Tie, pieces


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for people at the end of a day. Amounts that nobody knows yet count as pieces, with 0 cents."""

    checks: Tally = NOTHING
    vault: Tally = NOTHING  # post-dated checks that wait for their date
    papers: int = 0  # letters, coupons without a check and the like: no money

    @classmethod
    def stored(cls, totals: Mapping[str, Any] | None) -> Waiting:
        """As a close has kept it; nothing before the first close."""
        if totals is None:
            return cls()
        return cls(
            Tally(totals["checks"], totals["checks_cents"]),
            Tally(totals["vault"], totals["vault_cents"]),
            totals["papers"],
        )

    def to_store(self) -> dict[str, int | None]:
        """What a close keeps."""
        return {
            "checks": self.checks.count,
            "checks_cents": self.checks.cents,
            "vault": self.vault.count,
            "vault_cents": self.vault.cents,
            "papers": self.papers,
        }


@dataclass(frozen=True, slots=True)
class CarriedWork:
    """One site day from what was brought forward to what is carried forward, as decisions have it."""

    stored: Waiting  # as the close before kept it
    brought: Waiting  # the same, from the decisions before the day
    carried: Waiting  # from the decisions through the day
    carried_unread: int  # of the checks carried forward, those whose amount is not known
    captured: Tally  # the day's own checks, as the engine decided them
    items_corrected: int
    corrected_cents: int  # amounts established or corrected, less what they were
    corrected_captured_cents: int  # the same of the day's own checks
    reclassified: Tally  # papers that turned out to be checks, less checks that turned out to be papers
    reclassified_captured: Tally  # the same of the day's own documents
    reopened: Tally  # posted on an earlier day, and taken back
    from_vault: Tally
    to_vault: Tally
    accepted_earlier: Tally  # of earlier mail, to post or to suspense
    rejected: Tally
    forwarded: Tally
    filed: Tally  # not a payment
    papers_captured: int
    papers_done: int  # filed, returned, sent on, or found to belong to a check
    taken_up: Tally = NOTHING  # returned, sent on or filed on an earlier day, and taken up again
    papers_taken_up: int = 0  # the same of papers

    @property
    def is_empty(self) -> bool:
        """Whether nothing was brought forward, and nobody but the engine decided anything."""
        acted = self.accepted_earlier.count or self.from_vault.count or self.taken_up.count or self.papers_taken_up
        return self.brought == Waiting() and not acted


def work_ties(scope: SiteDayScope, work: CarriedWork, posted: Tally, taken_back: Tally, captured: Tally) -> list[Tie]:
    """What must be equal in the work of a day. `posted` (suspense included) and `taken_back` come from the ledger,
    `captured` from the batches, what was brought forward from the close before."""
    stored, brought = work.stored, work.brought
    corrected, here = Tally(0, work.corrected_cents), Tally(0, work.corrected_captured_cents)
    left = stored.checks + work.captured + corrected + work.reclassified + work.reopened + work.taken_up
    left += work.from_vault
    right = posted + work.rejected + work.forwarded + work.filed + work.to_vault + work.carried.checks
    vault = stored.vault + work.to_vault - work.from_vault
    papers = stored.papers + work.papers_captured + work.papers_taken_up - work.reclassified.count
    return [
        Tie(
            scope,
            "brought forward, captured, corrected, reclassified",
            left,
            "posted, suspense, returned, sent on, not a payment, carried forward",
            right,
        ),
        Tie(scope, "brought forward by the close before", stored.checks, "waiting by decision", brought.checks),
        Tie(scope, "vault by the close before", stored.vault, "in the vault by decision", brought.vault),
        Tie(scope, "vault brought forward, in and out", vault, "vault carried forward", work.carried.vault),
        Tie(
            scope,
            "papers by the close before",
            pieces(stored.papers),
            "papers waiting",
            pieces(brought.papers),
        ),
        Tie(
            scope,
            "papers brought forward and captured",
            pieces(papers),
            "papers done and carried forward",
            pieces(work.papers_done + work.carried.papers),
        ),
        Tie(
            scope,
            "checks as first decided, corrected, reclassified",
            work.captured + here + work.reclassified_captured,
            "checks of the day's batches",
            captured,
        ),
        Tie(scope, "taken back by decision", work.reopened, "taken back in the ledger", taken_back),
    ]
