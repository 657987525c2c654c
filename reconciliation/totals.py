"""What must be equal at the end of a day: mail, decisions, ledger and deposit, in count and cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lockbox.money import dollars
from lockbox.scopes import BatchScope, SiteDayScope

Scope = BatchScope | SiteDayScope | date  # a date: all sites together


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of pieces and their sum in cents; `cents` is None where only pieces are counted."""

    count: int = 0
    cents: int | None = 0

    def __add__(self, other: Tally) -> Tally:
        cents = None if self.cents is None or other.cents is None else self.cents + other.cents
        return Tally(self.count + other.count, cents)

    def __sub__(self, other: Tally) -> Tally:
        cents = None if self.cents is None or other.cents is None else self.cents - other.cents
        return Tally(self.count - other.count, cents)

    def __str__(self) -> str:
        return f"{self.count:,}" if self.cents is None else f"{self.count:,} / {dollars(self.cents)}"


@dataclass(frozen=True, slots=True)
class Tie:
    """Two totals from different sources that must be equal."""

    scope: Scope  # a batch, or the site day
    left_name: str
    left: Tally
    right_name: str
    right: Tally

    @property
    def is_equal(self) -> bool:
        """Whether both sides agree, in count and in cents."""
        return self.left == self.right

    def __str__(self) -> str:
        text = f"{self.scope}: {self.left_name} {self.left}, {self.right_name} {self.right}"
        return text if self.is_equal else f"{text}, difference {self.left - self.right}"


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """One batch, counted independently at each step. Documents are counted; checks are counted and summed."""

    scope: Scope
    announced_documents: int | None  # by the site's manifest; None: not on it
    declared_envelopes: int | None  # by the batch itself; None: it does not say
    declared_documents: int | None
    declared_images: int | None
    declared_cents: int | None  # None: the source carries no control total
    envelopes: int
    documents: int
    images: int  # that came and can be used
    set_aside_documents: int  # declared but not captured, as noted; negative: more arrived than declared
    is_difference_noted: bool  # the sender's counts are known to be wrong, and that is on file
    set_aside_files: int
    carried: Tally  # checks and amounts as stated by the source itself (X9)
    captured: Tally  # checks, and their amounts as decided
    posted: Tally  # from the ledger
    suspense: Tally  # from the ledger
    review: Tally
    review_unread: int  # of the checks in review, those whose amount is not known
    rejected: Tally
    support: int  # coupons and blanks that belong to a check
    papers: int  # letters, coupons without a check and the like: in review or rejected, no money
    accepted: Tally  # by decision: to post, or to suspense
    journals: Tally  # all journals of the batch's items, whatever the decision
    straight_through: int  # posted with no human touch

    @property
    def batch_no(self) -> str:
        """The batch within its day."""
        return self.scope.batch_no if isinstance(self.scope, BatchScope) else str(self.scope)

    @property
    def expected_documents(self) -> int | None:
        """What the batch itself declares, or else what the site's manifest announced."""
        return self.declared_documents if self.declared_documents is not None else self.announced_documents


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """One site day according to the ledger and the deposit."""

    clearing: Tally  # item journals of the day: their count and their clearing entries
    clearing_left_cents: int  # balance of the day's clearing, deposit included
    deposit: Tally | None  # as recorded; None: not made
    deposit_items: Tally  # its items, summed from their journals
    bank_cents: int  # what the deposit's journal debits to bank.deposits
    earlier: Tally  # part of clearing: items captured on other days, posted on this one
    later: Tally  # items of this day's batches, posted on other days


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


def tie_out(site_id: str, day: date, batches: Sequence[BatchTotals], ledger: LedgerDay) -> TieOut:
    """Everything that must be equal on a site day (RULES I6, I7): per batch, then for the day.

    Once a deposit is made, it is compared with the ledger as well, and clearing must be back to 0.
    """
    scope = SiteDayScope(site_id, day)
    ties = [tie for batch in batches for tie in batch_ties(batch)]
    ties += _captured_ties(scope, total(batches, scope))
    accepted = sum((batch.accepted for batch in batches), Tally())
    expected = accepted - ledger.later + ledger.earlier
    ties.append(Tie(scope, "accepted checks", expected, "clearing in the ledger", ledger.clearing))
    if ledger.deposit is not None:
        ties.append(Tie(scope, "deposit", ledger.deposit, "accepted checks", expected))
        ties.append(Tie(scope, "deposit", ledger.deposit, "its items in the ledger", ledger.deposit_items))
        bank = Tally(ledger.deposit.count, ledger.bank_cents)
        ties.append(Tie(scope, "deposit", ledger.deposit, "sent to the bank in the ledger", bank))
        ties.append(Tie(scope, "clearing after the deposit", Tally(0, ledger.clearing_left_cents), "nothing", Tally()))
    return TieOut(site_id, day, tuple(ties))


def batch_ties(batch: BatchTotals) -> list[Tie]:
    """What must be equal within one batch. A difference to the sender's counts that is on file is not raised again."""
    scope, noted = batch.scope, batch.is_difference_noted
    ties = []
    if batch.expected_documents is not None:
        came = _pieces(batch.documents + batch.set_aside_documents)
        ties.append(Tie(scope, "declared documents", _pieces(batch.expected_documents), "captured and set aside", came))
    if batch.announced_documents is not None and batch.declared_documents is not None and not noted:
        announced, declared = _pieces(batch.announced_documents), _pieces(batch.declared_documents)
        ties.append(Tie(scope, "announced documents", announced, "declared documents", declared))
    if batch.declared_envelopes is not None and not noted:
        counted = _pieces(batch.envelopes)
        ties.append(Tie(scope, "declared envelopes", _pieces(batch.declared_envelopes), "captured envelopes", counted))
    if batch.declared_cents is not None and not noted:
        control = Tally(batch.carried.count, batch.declared_cents)
        ties.append(Tie(scope, "control total", control, "amounts carried", batch.carried))
    return ties + _captured_ties(scope, batch)


def _captured_ties(scope: Scope, batch: BatchTotals) -> list[Tie]:
    """The core of the tie-out: posted and suspense come from the ledger, the rest from decisions."""
    accounted = batch.posted + batch.suspense + batch.review + batch.rejected
    return [
        Tie(
            scope,
            "captured documents",
            _pieces(batch.documents),
            "checks, coupons and other documents accounted for",
            _pieces(accounted.count + batch.support + batch.papers),
        ),
        Tie(scope, "captured checks", batch.captured, "posted, suspense, in review and rejected", accounted),
        Tie(scope, "accepted by decision", batch.accepted, "journals of its items", batch.journals),
    ]


def total(batches: Iterable[BatchTotals], scope: Scope) -> BatchTotals:
    """The sums over several batches."""
    parts = list(batches)
    tallies = ("carried", "captured", "posted", "suspense", "review", "rejected", "accepted", "journals")
    counts = (
        "envelopes",
        "documents",
        "images",
        "set_aside_documents",
        "set_aside_files",
        "review_unread",
        "support",
        "papers",
    )
    optional = ("announced_documents", "declared_envelopes", "declared_images", "declared_cents")
    summed: dict[str, Any] = {name: sum((getattr(part, name) for part in parts), Tally()) for name in tallies}
    summed |= {name: sum(getattr(part, name) for part in parts) for name in (*counts, "straight_through")}
    summed |= {name: _sum_known(getattr(part, name) for part in parts) for name in optional}
    summed["declared_documents"] = _sum_known(part.expected_documents for part in parts)
    summed["is_difference_noted"] = any(part.is_difference_noted for part in parts)
    return BatchTotals(scope=scope, **summed)


def _sum_known(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _pieces(count: int) -> Tally:
    return Tally(count, None)
