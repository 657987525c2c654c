"""A site day that is not closed yet: its cut-off, and what still keeps it open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.difference import Difference
from lockbox.mail.inbox import delivered_batches
from lockbox.mail.noted_differences import load_differences
from lockbox.scopes import SiteDayScope


def unclosed_site_days(connection: sa.Connection, inbox: Path) -> Iterator[UnclosedSiteDay]:
    """All site days on record that are not closed, oldest first.

    A delivery that lies in the inbox and was not looked at yet is on its way, announced or not.
    """
    for row in db.rows(connection, "queries/close_open_days"):
        scope = SiteDayScope(row["site_id"], row["business_date"])
        policy = policy_on(connection, scope.site_id, scope.business_date)
        delivered = delivered_batches(inbox, scope)
        undelivered = tuple(sorted(set(row["undelivered_batches"]) - delivered))
        open_batches = tuple(sorted({*row["open_batches"], *(delivered - set(row["known_batches"]))}))
        is_in_process = set(open_batches) > set(undelivered)
        yield UnclosedSiteDay(
            scope=scope,
            cut_off_at=policy.hours.cut_off_at(scope.business_date),
            is_announced=row["is_announced"],
            has_mail=row["has_mail"],
            earlier_open=row["earlier_open"],
            open_batches=open_batches,
            undelivered_batches=undelivered,
            closes_anyway_at=policy.open_differences_at(scope.business_date),
            differences=() if is_in_process else tuple(load_differences(connection, scope)),
        )


@dataclass(frozen=True, slots=True)
class UnclosedSiteDay:
    """A site day that is not closed, and what still keeps it open."""

    scope: SiteDayScope
    cut_off_at: datetime
    is_announced: bool  # the site's manifest has arrived
    open_batches: tuple[str, ...]  # announced or captured, but not posted yet
    undelivered_batches: tuple[str, ...] = ()  # of these, the announced ones of which nothing has come
    closes_anyway_at: datetime | None = None  # with what is missing; None: it waits until a person accepted all of it
    differences: tuple[Difference, ...] = ()  # while a batch is in process nothing is known to be missing
    has_mail: bool = True  # announced or captured; without, people decided what earlier days carried forward
    earlier_open: date | None = None  # the last day before it that is not closed: days close in order

    @property
    def batches_in_process(self) -> tuple[str, ...]:
        """The batches that have come and are not posted."""
        return tuple(batch for batch in self.open_batches if batch not in self.undelivered_batches)

    @property
    def is_comparable(self) -> bool:
        """Whether what was declared can be compared: all that came is posted."""
        return not self.batches_in_process

    @property
    def is_manifest_awaited(self) -> bool:
        """Whether the site has not said what it sent, and nobody accepted that."""
        if not self.has_mail and self.closes_anyway_at is None:
            return False  # nothing came by the cut-off, and no hour is named to wait for
        accepted = any(each.kind == "manifest" and not each.is_open for each in self.differences)
        return not self.is_announced and not accepted

    def awaited(self, as_of: datetime) -> tuple[str, ...]:
        """The undelivered batches that may still come: from the policy's hour on they are missing."""
        return () if self._closes_anyway(as_of) else self.undelivered_batches

    def obstacles(self, as_of: datetime, after: Collection[SiteDayScope] = ()) -> list[str]:
        """Why it cannot be closed yet, in words; empty when it can be, once those in `after` are closed."""
        before = [f"the cut-off is {self.cut_off_at:%Y-%m-%d %H:%M %Z}"] if as_of < self.cut_off_at else []
        if self.earlier_open and SiteDayScope(self.scope.site_id, self.earlier_open) not in after:
            before.append(f"{self.earlier_open} is not closed, and days close in order")
        return before + (self._in_process() if self._closes_anyway(as_of) else self.unfinished())

    def unfinished(self) -> list[str]:
        """What is due by the cut-off and still missing, in words."""
        return self.late() + self.waiting_for_people()

    def late(self) -> list[str]:
        """What has not come, or is not posted."""
        missing = ["the site's manifest has not arrived"] if self.is_manifest_awaited else []
        missing += self._in_process()
        if self.undelivered_batches:
            missing.append(f"announced and not delivered: {', '.join(self.undelivered_batches)}")
        return missing

    def waiting_for_people(self) -> list[str]:
        """What a person has to look into, or accept."""
        texts = [
            difference.text
            for difference in self.differences
            if difference.is_open
            and difference.kind != "manifest"
            and difference.scope.batch_no not in self.undelivered_batches
        ]
        return [f"a person has to accept what differs: {'; '.join(texts)}"] if texts else []

    def _in_process(self) -> list[str]:
        return [f"not posted: {', '.join(self.batches_in_process)}"] if self.batches_in_process else []

    def _closes_anyway(self, as_of: datetime) -> bool:
        return self.closes_anyway_at is not None and as_of >= self.closes_anyway_at
