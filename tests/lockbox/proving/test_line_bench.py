"""The line bench on ten envelopes and on a hundred payments."""

from __future__ import annotations

from rich.table import Table

from lockbox import db
from lockbox.lender.profile import load_profile
from lockbox.proving.line_bench import measure_day, measure_posting
from lockbox.settings import Settings


def counts(table: Table) -> dict[str, int]:
    """The third column of a bench's table by its first."""
    names, numbers = table.columns[0].cells, table.columns[2].cells
    return {str(name): int(str(number).replace(",", "")) for name, number in zip(names, numbers, strict=True)}


def empty_table() -> Table:
    return Table("what", "seconds", "count", "per second")


def with_profile(settings: Settings) -> Settings:
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    return settings


def test_every_stage_works_through_the_documents_of_the_day(settings: Settings) -> None:
    table = empty_table()
    measure_day(with_profile(settings), 10, table)
    by_stage = counts(table)
    assert list(by_stage)[1:] == [f"{stage} (documents)" for stage in ("ingest", "read", "decide", "post")]
    assert all(count >= 10 for count in by_stage.values())
    with db.engine(settings).connect() as connection:
        posted = connection.exec_driver_sql("select count(*) from journal where source_kind <> 'opening'").scalar_one()
    assert posted > 0


def test_payments_of_one_batch_are_posted_alone(settings: Settings) -> None:
    table = empty_table()
    measure_posting(with_profile(settings), 120, table)
    assert counts(table) == {"posting alone, one batch (payments)": 120}
    with db.engine(settings).connect() as connection:
        cents = connection.exec_driver_sql("select sum(amount_cents) from entry").scalar_one()
        paid = connection.exec_driver_sql(
            "select count(distinct contract_id) from entry join journal using (journal_id)"
            " where source_kind <> 'opening'"
        ).scalar_one()
    assert (cents, paid) == (0, 120)
