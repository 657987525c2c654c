"""A posted check that is taken back: by its bank, or because it was posted wrong; then it waits to be decided anew."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import UsageError
from lockbox.mail.books_day import books_day
from lockbox.servicing.correction import RETURNED, reverse_item


def take_back(
    connection: sa.Connection, item_id: int, reason: str, day: date | None, as_of: datetime, maker: str
) -> list[str]:
    """Reverses a posted check in the books of a day, by default of the site's first one that is not closed; gives a
    line for each contract.

    What a bank returned is gone. Another check waits for people again, if it is not deposited yet; a deposited one is
    unidentified money until somebody says whose it is.

    Raises:
        InputError: no such check in the ledger.
        ConflictError: it was taken back already.
        NotReady: a night broke off half way.
        UsageError: the day is closed.
    """
    site_id = connection.execute(
        sa.text("select site_id from batch join item using (batch_id) where item_id = :item"), {"item": item_id}
    ).scalar_one()
    day = day or books_day(connection, site_id, as_of)
    lines = reverse_item(connection, item_id, reason, day, as_of, maker)
    if reason == RETURNED:
        return lines
    closed = sa.text("select 1 from day_close where site_id = :site and business_date >= :day")
    if connection.execute(closed, {"site": site_id, "day": day}).first():
        raise UsageError(f"{site_id} {day}: the day is closed; leave --day out")
    values = {"item": item_id, "day": day, "as_of": as_of}
    outcome = connection.execute(db.query("queries/reopen_item"), values).scalar_one()
    if outcome == "suspense":
        connection.execute(sa.text("select post_items(array[cast(:item as bigint)], :as_of)"), values)
        return [*lines, f"item {item_id}: deposited already, unidentified until somebody says whose it is"]
    return [*lines, f"item {item_id}: waits to be decided anew"]
