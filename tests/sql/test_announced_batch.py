"""The view that sets the site's announced batches beside those that were captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.mail.manifest import ManifestBatch
from lockbox.settings import Settings
from tests.builders import ledger as make
from tests.oracles.manifest import differences

ANNOUNCED = (ManifestBatch("D001", 2, 3), ManifestBatch("D002", 1, 1))
VIEW = sa.text("""
    select a.*, t.envelopes, t.documents
    from announced_batch as a left join batch_tally as t using (batch_id)""")


def capture(connection: sa.Connection, batch: ManifestBatch) -> None:
    """The batch with its documents, dealt over its envelopes."""
    batch_id = make.batch(connection, batch.batch_no, envelopes=batch.envelopes, documents=batch.documents)
    for sequence in range(1, batch.documents + 1):
        make.item(connection, batch_id, sequence, envelope_no=1 + sequence % batch.envelopes)


def row_differences(row: sa.Row[Any]) -> Iterator[tuple[str, str]]:
    if row.batch_id is None:
        yield row.batch_no, "missing"
    elif not row.is_announced:
        yield row.batch_no, "unannounced"
    else:
        for count in ("envelopes", "documents"):
            if getattr(row, f"announced_{count}") != getattr(row, count):
                yield row.batch_no, count


@pytest.mark.parametrize(
    "captured",
    [
        ANNOUNCED,
        (ManifestBatch("D001", 2, 4), ManifestBatch("D003", 1, 1)),
        (ManifestBatch("D001", 3, 3), ManifestBatch("D002", 1, 1)),
        (),
    ],
)
def test_the_view_differs_where_manifest_and_mail_differ(
    settings: Settings, captured: tuple[ManifestBatch, ...]
) -> None:
    with db.engine(settings, owner=True).begin() as connection:
        make.lender(connection)
        make.manifest(connection, [(batch.batch_no, batch.envelopes, batch.documents) for batch in ANNOUNCED])
        for batch in captured:
            capture(connection, batch)
        seen = {difference for row in connection.execute(VIEW) for difference in row_differences(row)}
    assert seen == differences(ANNOUNCED, captured)


def test_the_oracle_names_every_kind_of_difference() -> None:
    captured = (ManifestBatch("D001", 1, 4), ManifestBatch("D003", 1, 1))
    assert differences(ANNOUNCED, captured) == {
        ("D001", "envelopes"),
        ("D001", "documents"),
        ("D002", "missing"),
        ("D003", "unannounced"),
    }
