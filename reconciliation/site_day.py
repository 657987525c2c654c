"""One site day as the database records it: its batches, its ledger, its deposit and its close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.mail.difference import Difference
from lockbox.mail.noted_differences import load_differences
from lockbox.scopes import BatchScope, SiteDayScope
from reconciliation.carried_work import CarriedWork, Waiting
from reconciliation.suspense_roll import RollForward, SuspenseDay
from reconciliation.tally import Tally, Tie
from reconciliation.totals import COUNTED, BatchTotals, LedgerDay, TieOut, tie_out


@dataclass(frozen=True, slots=True)
class SiteDay:
    """What is known of one site day."""

    site_id: str
    business_date: date
    batches: tuple[BatchTotals, ...]
    ledger: LedgerDay
    work: CarriedWork
    suspense: SuspenseDay
    closed_at: datetime | None
    differences: tuple[Difference, ...] = ()  # of all deliveries, those included of which nothing was captured

    @property
    def scope(self) -> SiteDayScope:
        """Its name."""
        return SiteDayScope(self.site_id, self.business_date)

    def tie_out(self) -> TieOut:
        """All that must be equal on it."""
        result = tie_out(self.site_id, self.business_date, self.batches, self.ledger, self.work)
        others = [difference for difference in self.differences if difference.kind not in COUNTED]
        on_record = [difference for difference in others if difference.difference_id is not None]
        names = "deliveries and files that differ", "those on record"
        tie = Tie(self.scope, names[0], Tally(len(others), None), names[1], Tally(len(on_record), None))
        return replace(result, ties=(*result.ties, *self.suspense.ties(self.scope), tie))


def load_site_day(connection: sa.Connection, site_id: str, day: date) -> SiteDay:
    """Reads one site day. A day that nothing is known of has no batches."""
    key = {"site_id": site_id, "business_date": day}
    closed = connection.execute(
        sa.text("""
            select closed_at, totals -> 'suspense_roll' as suspense from day_close
            where site_id = :site_id and business_date = :business_date"""),
        key,
    ).one_or_none()
    scope = SiteDayScope(site_id, day)
    differences = tuple(load_differences(connection, scope))
    batches = tuple(_batch(scope, row, differences) for row in db.rows(connection, "queries/close_batches", **key))
    ledger = _ledger(db.rows(connection, "queries/close_ledger", **key)[0])
    work = _work(db.rows(connection, "queries/close_work", **key)[0])
    suspense = SuspenseDay.stored(closed.suspense) if closed else _suspense(connection, key)
    return SiteDay(site_id, day, batches, ledger, work, suspense, closed.closed_at if closed else None, differences)


def _suspense(connection: sa.Connection, key: Mapping[str, object]) -> SuspenseDay:
    rows = db.rows(connection, "queries/close_suspense", **key)
    accounts = ({name: value for name, value in row.items() if name != "seen"} for row in rows)
    return SuspenseDay(rows[0]["seen"], tuple(RollForward(**numbers) for numbers in accounts))


def _batch(day: SiteDayScope, row: sa.RowMapping, differences: Iterable[Difference]) -> BatchTotals:
    scope = BatchScope(day.site_id, day.business_date, row["batch_no"])
    return BatchTotals(
        scope=scope,
        differences=tuple(difference for difference in differences if difference.scope == scope),
        carried=_tally(row, "carried"),
        captured=_tally(row, "checks"),
        posted=_tally(row, "posted"),
        suspense=_tally(row, "suspense"),
        review=_tally(row, "review"),
        held=_tally(row, "held"),
        sent_on=_tally(row, "sent_on"),
        rejected=_tally(row, "rejected"),
        accepted=_tally(row, "accepted"),
        journals=_tally(row, "journals"),
        **{
            name: row[name]
            for name in (
                "announced_envelopes",
                "announced_documents",
                "declared_envelopes",
                "declared_documents",
                "declared_images",
                "declared_cents",
                "envelopes",
                "documents",
                "images",
                "set_aside_files",
                "review_unread",
                "support",
                "papers",
                "straight_through",
            )
        },
    )


def _ledger(row: sa.RowMapping) -> LedgerDay:
    return LedgerDay(
        posted=_tally(row, "posted"),
        earlier=_tally(row, "earlier"),
        deposited=_tally(row, "deposited"),
        taken_back=_tally(row, "taken_back"),
        clearing_left_cents=row["left_cents"],
        deposit=_tally(row, "deposit") if row["deposit"] is not None else None,
        deposit_items=_tally(row, "deposit_items"),
        bank_cents=row["bank_cents"],
    )


def _work(row: sa.RowMapping) -> CarriedWork:
    return CarriedWork(
        stored=Waiting.stored(row["stored"]),
        brought=Waiting(_tally(row, "brought"), _tally(row, "vault_brought"), row["papers_brought"]),
        carried=Waiting(_tally(row, "carried"), _tally(row, "vault_carried"), row["papers_carried"]),
        carried_unread=row["carried_unread"],
        captured=_tally(row, "captured"),
        items_corrected=row["items_corrected"],
        corrected_cents=row["corrected_cents"],
        corrected_captured_cents=row["corrected_captured_cents"],
        reclassified=_tally(row, "reclassified"),
        reclassified_captured=_tally(row, "reclassified_captured"),
        reopened=_tally(row, "reopened"),
        from_vault=_tally(row, "from_vault"),
        to_vault=_tally(row, "to_vault"),
        accepted_earlier=_tally(row, "accepted_earlier"),
        rejected=_tally(row, "rejected"),
        forwarded=_tally(row, "forwarded"),
        filed=_tally(row, "filed"),
        papers_captured=row["papers_captured"],
        papers_done=row["papers_done"],
        taken_up=_tally(row, "taken_up"),
        papers_taken_up=row["papers_taken_up"],
    )


def _tally(row: sa.RowMapping, name: str) -> Tally:
    return Tally(row[name], row[f"{name}_cents"])
