"""A site day that is not closed yet: its cut-off, and what still keeps it open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.dated_rules import policy_on
from lockbox.scopes import SiteDayScope


def unclosed_site_days(connection: sa.Connection) -> Iterator[UnclosedSiteDay]:
    """All site days on record that are not closed, oldest first."""
    for row in db.rows(connection, "queries/close_open_days"):
        policy = policy_on(connection, row["site_id"], row["business_date"])
        yield UnclosedSiteDay(
            scope=SiteDayScope(row["site_id"], row["business_date"]),
            cut_off_at=policy.hours.cut_off_at(row["business_date"]),
            is_announced=row["is_announced"],
            open_batches=tuple(row["open_batches"]),
            awaited_batches=tuple(row["set_aside_batches"]) if policy.hold_for_set_aside else (),
        )


@dataclass(frozen=True, slots=True)
class UnclosedSiteDay:
    """A site day that is not closed, and what still keeps it open."""

    scope: SiteDayScope
    cut_off_at: datetime
    is_announced: bool  # the site's manifest has arrived
    open_batches: tuple[str, ...]  # announced or captured, but not posted yet
    awaited_batches: tuple[str, ...] = ()  # set aside as a whole, if the lender's policy waits for them

    def obstacles(self, as_of: datetime) -> list[str]:
        """Why it cannot be closed yet, in words; empty when it can be."""
        before_cut_off = [f"the cut-off is {self.cut_off_at:%Y-%m-%d %H:%M %Z}"] if as_of < self.cut_off_at else []
        return before_cut_off + self.unfinished()

    def unfinished(self) -> list[str]:
        """What is due by the cut-off and still missing, in words."""
        missing = [] if self.is_announced else ["the site's manifest has not arrived"]
        if self.open_batches:
            missing.append(f"not posted: {', '.join(self.open_batches)}")
        if self.awaited_batches:
            missing.append(f"set aside, waiting for redelivery: {', '.join(self.awaited_batches)}")
        return missing
