"""One site day as the database records it: its batches, its ledger, its deposit and its close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.scopes import BatchScope, SiteDayScope
from reconciliation.totals import BatchTotals, LedgerDay, Tally, TieOut, tie_out


@dataclass(frozen=True, slots=True)
class SiteDay:
    """What is known of one site day."""

    site_id: str
    business_date: date
    batches: tuple[BatchTotals, ...]
    ledger: LedgerDay
    closed_at: datetime | None

    @property
    def scope(self) -> SiteDayScope:
        """Its name."""
        return SiteDayScope(self.site_id, self.business_date)

    def tie_out(self) -> TieOut:
        """All that must be equal on it."""
        return tie_out(self.site_id, self.business_date, self.batches, self.ledger)


def load_site_day(connection: sa.Connection, site_id: str, day: date) -> SiteDay:
    """Reads one site day. A day that nothing is known of has no batches."""
    key = {"site_id": site_id, "business_date": day}
    closed_at = connection.execute(
        sa.text("select closed_at from day_close where site_id = :site_id and business_date = :business_date"), key
    ).scalar()
    scope = SiteDayScope(site_id, day)
    batches = tuple(_batch(scope, row) for row in db.rows(connection, "queries/close_batches", **key))
    return SiteDay(site_id, day, batches, _ledger(db.rows(connection, "queries/close_ledger", **key)[0]), closed_at)


def _batch(scope: SiteDayScope, row: sa.RowMapping) -> BatchTotals:
    return BatchTotals(
        scope=BatchScope(scope.site_id, scope.business_date, row["batch_no"]),
        carried=_tally(row, "carried"),
        captured=_tally(row, "checks"),
        posted=_tally(row, "posted"),
        suspense=_tally(row, "suspense"),
        review=_tally(row, "review"),
        rejected=_tally(row, "rejected"),
        accepted=_tally(row, "accepted"),
        journals=_tally(row, "journals"),
        **{
            name: row[name]
            for name in (
                "announced_documents",
                "declared_envelopes",
                "declared_documents",
                "declared_images",
                "declared_cents",
                "envelopes",
                "documents",
                "images",
                "set_aside_documents",
                "is_difference_noted",
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
        clearing=_tally(row, "clearing"),
        clearing_left_cents=row["left_cents"],
        deposit=_tally(row, "deposit") if row["deposit"] is not None else None,
        deposit_items=_tally(row, "deposit_items"),
        bank_cents=row["bank_cents"],
        earlier=_tally(row, "earlier"),
        later=_tally(row, "later"),
    )


def _tally(row: sa.RowMapping, name: str) -> Tally:
    return Tally(row[name], row[f"{name}_cents"])
