"""The differences on record: noted by number, accepted by a person, settled by what comes later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import ConflictError, InputError, UsageError
from lockbox.mail.difference import Difference, describe, open_words
from lockbox.ops_events import note, settle
from lockbox.scopes import BatchScope, SiteDayScope

EVENT = "open_differences"  # kind of the event of a closed day on which differences are open


def load_differences(connection: sa.Connection, scope: SiteDayScope) -> list[Difference]:
    """Everything that differs on a site day now, on record or not yet."""
    key = {"site_id": scope.site_id, "business_date": scope.business_date}
    return [_difference(connection, scope, row) for row in db.rows(connection, "queries/day_differences", **key)]


def note_differences(
    connection: sa.Connection, scope: SiteDayScope, as_of: datetime, awaited: Collection[str] = ()
) -> list[Difference]:
    """Puts on record what differs on a site day, settles what came later, and returns all of it.

    Noting again changes nothing. Only for a day on which nothing is in process: what is not captured yet would be
    noted as missing. Batches that are still `awaited` are left out.
    """
    if not load_differences(connection, scope):
        return []
    lock = {"name": f"differences/{scope}"}  # two that note at once would both count what a later batch brings
    connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), lock)
    for difference in load_differences(connection, scope):
        if difference.difference_id is None and difference.scope.batch_no not in awaited:
            _add(connection, difference, as_of)
    _settle(connection, load_differences(connection, scope), as_of)
    noted = load_differences(connection, scope)
    _alarm(connection, scope, noted, as_of)
    return [difference for difference in noted if difference.scope.batch_no not in awaited]


def note_controls(connection: sa.Connection, scope: BatchScope, as_of: datetime) -> None:
    """Puts the controls of a batch that do not hold on record at once: what is under them waits for a person."""
    for difference in load_differences(connection, scope.site_day):
        if difference.kind == "control" and difference.scope == scope and difference.difference_id is None:
            _add(connection, difference, as_of)


def released_batches(connection: sa.Connection, site_id: str | None = None) -> list[BatchScope]:
    """The batches with items that waited for a control that has been accepted since."""
    batches = connection.execute(
        sa.text("""
            select distinct b.site_id, b.business_date, b.batch_no
            from released_item as r join batch as b using (batch_id)
            where cast(:site as text) is null or b.site_id = :site order by 2, 1, 3"""),
        {"site": site_id},
    )
    return [BatchScope(*batch) for batch in batches]


def noted_since(connection: sa.Connection, day: date) -> list[Difference]:
    """All differences on record that are open, and those of a day and later; newest day first."""
    days = connection.execute(
        sa.text("""
            select distinct d.business_date, d.site_id from difference as d
            where d.business_date >= :day
                or not exists (select from difference_acceptance as a where a.difference_id = d.difference_id)
            order by 1 desc, 2"""),
        {"day": day},
    )
    scopes = [SiteDayScope(row.site_id, row.business_date) for row in days.all()]
    differences = [difference for scope in scopes for difference in load_differences(connection, scope)]
    return [
        difference
        for difference in differences
        if difference.difference_id is not None and (difference.is_open or difference.scope.business_date >= day)
    ]


def settle_named(connection: sa.Connection, scope: BatchScope, named: Collection[str], as_of: datetime) -> None:
    """Counts what a batch brings against what is missing of the closed days of the batches that it names.

    A batch that misses nothing is named in vain: an event tells so. A day that is not closed is settled at its close.
    """
    batches = [BatchScope.parse(name) for name in named]
    for day in sorted({batch.site_day for batch in batches}):
        if is_closed(connection, day):
            missing = {each.scope for each in note_differences(connection, day, as_of) if each.missing > 0}
            for batch in batches:
                if batch.site_day == day and batch not in missing:
                    message = f"names {batch} as the batch that it completes, but nothing of that batch is missing"
                    note(connection, "warning", "settles_nothing", str(scope), message, as_of)


def is_closed(connection: sa.Connection, scope: SiteDayScope) -> bool:
    """Whether a site day is closed."""
    closed = connection.execute(
        sa.text("select 1 from day_close where (site_id, business_date) = (:site, :day)"),
        {"site": scope.site_id, "day": scope.business_date},
    )
    return closed.first() is not None


def accept(connection: sa.Connection, numbers: Sequence[int], by: str, reason: str, as_of: datetime) -> list[str]:
    """A person accepts differences, by their numbers, as they are; returns a line for each.

    Raises:
        UsageError: no name, or no reason.
        InputError: no such difference, or it is gone: other numbers are another difference.
        ConflictError: accepted before by another person or for another reason.
    """
    if not by.strip() or not reason.strip():
        raise UsageError("give the name of the person who accepts (--by) and why (--reason)")
    lines, days = [], set()
    for number in numbers:
        difference = _numbered(connection, number)
        day = difference.scope.site_day
        if difference.accepted_by and (difference.accepted_by, difference.reason) != (by.strip(), reason.strip()):
            raise ConflictError(f"difference {number}: accepted by {difference.accepted_by}: {difference.reason}")
        connection.execute(
            sa.text("insert into difference_acceptance values (:number, :by, :reason, :at) on conflict do nothing"),
            {"number": number, "by": by.strip(), "reason": reason.strip(), "at": as_of},
        )
        lines.append(f"{number}: {day}: {difference.text}; accepted by {by.strip()}")
        days.add(day)
    for day in days:
        _alarm(connection, day, load_differences(connection, day), as_of)
    return lines


def _numbered(connection: sa.Connection, number: int) -> Difference:
    row = connection.execute(
        sa.text("select site_id, business_date, text from difference where difference_id = :number"),
        {"number": number},
    ).first()
    if row is None:
        raise InputError("no such difference; `lockbox differences` lists them", record=f"difference {number}")
    present = load_differences(connection, SiteDayScope(row.site_id, row.business_date))
    for difference in present:
        if difference.difference_id == number:
            return difference
    raise InputError(f"no longer differs like this ({row.text})", record=f"difference {number}")


def _difference(connection: sa.Connection, scope: SiteDayScope, row: sa.RowMapping) -> Difference:
    difference = Difference(
        scope=BatchScope(scope.site_id, scope.business_date, row["batch_no"]),
        kind=row["kind"],
        declared=row["declared"],
        counted=row["counted"],
        text=row["text"] or "",
        record=row["record"],
        sources=tuple(row["sources"]),
        difference_id=row["difference_id"],
        accepted_by=row["accepted_by"],
        reason=row["reason"] or "",
        settled=row["settled"],
        settled_by=tuple(row["settled_by"]),
    )
    if difference.text:
        return difference
    return replace(difference, text=describe(difference, _sequences(connection, difference.scope), row["cause"] or ""))


def _add(connection: sa.Connection, difference: Difference, as_of: datetime) -> None:
    scope = difference.scope
    connection.execute(
        db.query("queries/insert_difference"),
        {
            "site_id": scope.site_id,
            "business_date": scope.business_date,
            "batch_no": scope.batch_no,
            "kind": difference.kind,
            "record": difference.record,
            "declared": difference.declared,
            "counted": difference.counted,
            "text": difference.text,
            "as_of": as_of,
        },
    )


def _sequences(connection: sa.Connection, scope: BatchScope) -> list[int]:
    rows = connection.execute(
        sa.text("""
            select i.sequence from item as i join batch as b using (batch_id)
            where (b.site_id, b.business_date, b.batch_no) = (:site, :day, :batch_no)"""),
        {"site": scope.site_id, "day": scope.business_date, "batch_no": scope.batch_no},
    )
    return list(rows.scalars())


def _settle(connection: sa.Connection, noted: list[Difference], as_of: datetime) -> None:
    """Counts what later batches bring against what is missing of the batches they name."""
    noted = [difference for difference in noted if difference.difference_id is not None]
    missing = {str(difference.scope) for difference in noted}
    if not missing:
        return
    for batch in db.rows(connection, "queries/settling_batches", scopes=sorted(missing)):
        for name in batch["settles"]:
            noted = [_settled(connection, each, batch, as_of) if str(each.scope) == name else each for each in noted]


def _settled(connection: sa.Connection, difference: Difference, batch: sa.RowMapping, as_of: datetime) -> Difference:
    """The difference, after a batch brought as much of it as it has left."""
    if difference.is_settled or difference.missing < 0:
        return difference
    key = {"difference": difference.difference_id, "batch": batch["batch_id"]}
    settled = connection.execute(
        db.query("queries/insert_settlement"),
        key | {"remaining": difference.left, "kind": difference.kind, "as_of": as_of},
    ).scalar()
    return replace(difference, settled=difference.settled + (settled or 0))


def _alarm(connection: sa.Connection, scope: SiteDayScope, noted: Sequence[Difference], as_of: datetime) -> None:
    """A closed day on which differences are open is an event until all of them are accepted or settled."""
    still_open = [difference for difference in noted if difference.is_open]
    if not still_open:
        settle(connection, EVENT, str(scope), as_of)
    elif is_closed(connection, scope):
        note(connection, "error", EVENT, str(scope), f"closed with open differences: {open_words(noted)}", as_of)
    open_batches = {difference.scope for difference in still_open}
    for batch in {difference.scope for difference in noted} - open_batches:
        settle(connection, "batch_set_aside", str(batch), as_of)
