"""What must be equal at the end of a day: mail, decisions, ledger and deposit, in count and cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lockbox.mail.difference import Difference
from lockbox.scopes import BatchScope, SiteDayScope
from reconciliation.carried_work import CarriedWork, work_ties
from reconciliation.tally import Scope, Tally, Tie, pieces


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """One batch, counted independently at each step. Documents are counted; checks are counted and summed."""

    scope: Scope
    announced_envelopes: int | None  # by the site's manifest; None: not on it
    announced_documents: int | None
    declared_envelopes: int | None  # by the batch itself; None: it does not say
    declared_documents: int | None
    declared_images: int | None
    declared_cents: int | None  # None: the source carries no control total
    envelopes: int
    documents: int
    images: int  # that came and can be used
    set_aside_files: int
    carried: Tally  # checks and amounts as stated by the source itself (X9)
    captured: Tally  # checks, and their amounts as decided
    posted: Tally  # from the ledger
    suspense: Tally  # from the ledger
    review: Tally
    review_unread: int  # of the checks in review, those whose amount is not known
    held: Tally  # in the vault until their date
    sent_on: Tally  # to somebody else, or filed: not a payment
    rejected: Tally
    support: int  # coupons and blanks that belong to a check
    papers: int  # letters, coupons without a check and the like: in review or rejected, no money
    accepted: Tally  # by decision: to post, or to suspense
    journals: Tally  # all journals of the batch's items, whatever the decision
    straight_through: int  # posted with no human touch
    differences: tuple[Difference, ...] = ()  # between declared and counted, on record or not

    @property
    def batch_no(self) -> str:
        """The batch within its day."""
        return self.scope.batch_no if isinstance(self.scope, BatchScope) else str(self.scope)

    @property
    def expected_documents(self) -> int | None:
        """What the batch itself declares, or the manifest announced, whichever misses more; None: neither says."""
        if any(difference.kind == "documents" for difference in self.differences):
            return self.documents + self.missing_documents
        return self.declared_documents if self.declared_documents is not None else self.announced_documents

    @property
    def missing_documents(self) -> int:
        """Declared or announced and not captured; negative: more were captured."""
        missing: dict[Scope, int] = {}
        for difference in self.differences:
            if difference.kind == "documents":
                missing[difference.scope] = max(missing.get(difference.scope, difference.missing), difference.missing)
        return sum(missing.values())


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """One site day according to the ledger and the deposit."""

    posted: Tally  # item journals of the day: their count and their clearing entries
    earlier: Tally  # of these, items captured on other days
    deposited: Tally  # of these, items that an earlier deposit has: posted again
    taken_back: Tally  # item journals of earlier days that were reversed on this one, not by the bank
    clearing_left_cents: int  # balance of the day's clearing, deposit included
    deposit: Tally | None  # as recorded; None: not made
    deposit_items: Tally  # its items, summed from their journals
    bank_cents: int  # what the deposit's journal debits to bank.deposits


@dataclass(frozen=True, slots=True)
class TieOut:
    """All ties of one site day."""

    site_id: str
    business_date: date
    ties: tuple[Tie, ...]

    @property
    def differences(self) -> tuple[Tie, ...]:
        """The ties whose sides differ."""
        return tuple(tie for tie in self.ties if not tie.is_equal)

    @property
    def balanced(self) -> bool:
        """Whether there is no difference."""
        return not self.differences


def tie_out(site_id: str, day: date, batches: Sequence[BatchTotals], ledger: LedgerDay, work: CarriedWork) -> TieOut:
    """Everything that must be equal on a site day (RULES I6, I7): per batch, then for the day.

    Once a deposit is made, it is compared with the ledger as well, and clearing must be back to 0.
    """
    scope = SiteDayScope(site_id, day)
    ties = [tie for batch in batches for tie in batch_ties(batch)]
    captured = total(batches, scope)
    ties += _captured_ties(scope, captured)
    ties += work_ties(scope, work, ledger.posted, ledger.taken_back, captured.captured)
    accepted = captured.accepted + work.accepted_earlier
    ties.append(Tie(scope, "accepted checks", accepted, "posted in the ledger", ledger.posted))
    ties.append(Tie(scope, "accepted of earlier days", work.accepted_earlier, "posted of earlier days", ledger.earlier))
    if ledger.deposit is not None:
        expected = accepted - ledger.deposited
        ties.append(Tie(scope, "deposit", ledger.deposit, "accepted checks", expected))
        ties.append(Tie(scope, "deposit", ledger.deposit, "its items in the ledger", ledger.deposit_items))
        bank = Tally(ledger.deposit.count, ledger.bank_cents)
        ties.append(Tie(scope, "deposit", ledger.deposit, "sent to the bank in the ledger", bank))
        ties.append(Tie(scope, "clearing after the deposit", Tally(0, ledger.clearing_left_cents), "nothing", Tally()))
    return TieOut(site_id, day, tuple(ties))


def batch_ties(batch: BatchTotals) -> list[Tie]:
    """What must be equal within one batch: each number that the sender declared is counted, or missing by name."""
    ties = []
    for name, declared, kind, counted in (
        ("declared documents", batch.declared_documents, "documents", pieces(batch.documents)),
        ("announced documents", batch.announced_documents, "documents", pieces(batch.documents)),
        ("declared envelopes", batch.declared_envelopes, "envelopes", pieces(batch.envelopes)),
        ("announced envelopes", batch.announced_envelopes, "envelopes", pieces(batch.envelopes)),
        ("declared images", batch.declared_images, "images", pieces(batch.images)),
        ("control total", batch.declared_cents, "cents", batch.carried),
    ):
        if declared is not None:
            left = Tally(counted.count, declared) if kind == "cents" else pieces(declared)
            named = _named(batch, kind, declared)
            right_name = COUNTED[kind] + (", and missing by name" if named.count or named.cents else "")
            ties.append(Tie(batch.scope, name, left, right_name, counted + named))
    return ties + _captured_ties(batch.scope, batch)


COUNTED = {
    "documents": "captured documents",
    "envelopes": "captured envelopes",
    "images": "usable images",
    "cents": "amounts carried",
}


def _named(batch: BatchTotals, kind: str, declared: int) -> Tally:
    """What is missing of one declared number and on record as missing: open, accepted by a person, or found later."""
    missing = sum(
        difference.missing
        for difference in batch.differences
        if (difference.kind, difference.declared) == (kind, declared) and difference.difference_id is not None
    )
    return Tally(0, missing) if kind == "cents" else pieces(missing)


def _captured_ties(scope: Scope, batch: BatchTotals) -> list[Tie]:
    """The core of the tie-out: posted and suspense come from the ledger, the rest from decisions."""
    accounted = batch.posted + batch.suspense + batch.review + batch.held + batch.sent_on + batch.rejected
    return [
        Tie(
            scope,
            "captured documents",
            pieces(batch.documents),
            "checks, coupons and other documents accounted for",
            pieces(accounted.count + batch.support + batch.papers),
        ),
        Tie(
            scope,
            "captured checks",
            batch.captured,
            "posted, suspense, in review, held, sent on and rejected",
            accounted,
        ),
        Tie(scope, "accepted by decision", batch.accepted, "journals of its items", batch.journals),
    ]


def total(batches: Iterable[BatchTotals], scope: Scope) -> BatchTotals:
    """The sums over several batches."""
    parts = list(batches)
    tallies = (
        "carried",
        "captured",
        "posted",
        "suspense",
        "review",
        "held",
        "sent_on",
        "rejected",
        "accepted",
        "journals",
    )
    counts = (
        "envelopes",
        "documents",
        "images",
        "set_aside_files",
        "review_unread",
        "support",
        "papers",
    )
    optional = ("announced_envelopes", "announced_documents", "declared_envelopes", "declared_images", "declared_cents")
    summed: dict[str, Any] = {name: sum((getattr(part, name) for part in parts), Tally()) for name in tallies}
    summed |= {name: sum(getattr(part, name) for part in parts) for name in (*counts, "straight_through")}
    summed |= {name: _sum_known(getattr(part, name) for part in parts) for name in optional}
    summed["declared_documents"] = _sum_known(part.expected_documents for part in parts)
    summed["differences"] = tuple(difference for part in parts for difference in part.differences)
    return BatchTotals(scope=scope, **summed)


def _sum_known(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
