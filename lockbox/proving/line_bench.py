"""How fast the line is on this machine: a simulated day stage by stage, and posting alone at volume."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import sqlalchemy as sa
from rich.table import Table

from lockbox import db
from lockbox.lender.profile import site_ids
from lockbox.mail import pipeline
from lockbox.mail.posting import post_batch
from lockbox.proving.scratch import copied, scratch
from lockbox.runtime import open_runtime
from lockbox.settings import Settings
from lockbox.simulator.day import simulate

DAY = date(2026, 11, 16)
AS_OF = datetime(2026, 11, 17, 1, tzinfo=UTC)
SEED, CONTRACTS = 2, 1000  # of the simulated day


def bench(settings: Settings, envelopes: int, payments: int) -> Table:
    """Wall-clock seconds, with `settings.workers` reader processes.

    The simulated day and posting alone have a scratch database each: the contracts that posting is measured on are
    written set by set over an empty ledger, and would clash with the simulated portfolio.
    """
    table = Table("what", "seconds", "count", "per second", title=f"Bench, {settings.workers} reader processes")
    with scratch(settings) as own, copied(own, "posting") as empty:
        measure_day(own, envelopes, table)
        measure_posting(empty, payments, table)
    return table


def measure_day(settings: Settings, envelopes: int, table: Table) -> None:
    """Adds a row for drawing a day's mail and for each stage of the line; the database holds the profile alone."""

    def draw() -> int:
        simulate(settings, SEED, DAY, envelopes, max(CONTRACTS, envelopes))
        return len(list(settings.inbox_path.rglob("*F.*")))

    _timed(table, "drawing and scanning (documents)", draw)
    runtime = open_runtime(settings)
    scopes = [scope for site in site_ids(settings.profile) for scope in pipeline.waiting_batches(runtime, site, AS_OF)]
    for name, stage in pipeline.STAGES.items():

        def run(stage: pipeline.Stage = stage) -> int:
            for scope in scopes:
                stage(runtime, scope, AS_OF)
            return _items(settings)

        _timed(table, f"{name} (documents)", run)


def measure_posting(settings: Settings, payments: int, table: Table) -> None:
    """Adds a row for one batch of payments, each on a contract of its own; the database holds the profile alone."""
    engine = db.engine(settings)
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(db.query("bench/contracts"), {"lender": "meridian", "count": payments, "as_of": AS_OF})
    with engine.begin() as connection:
        parameters = {"site": "dallas", "day": DAY, "batch_no": "BENCH", "count": payments, "shift": 0, "as_of": AS_OF}
        batch = connection.execute(db.query("bench/decided_batch"), parameters).one()
    with db.engine(settings, owner=True).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("analyze"))

    def run() -> int:
        with engine.begin() as connection:
            post_batch(connection, batch.batch_id, AS_OF)
        return int(batch.decisions)

    _timed(table, "posting alone, one batch (payments)", run)


def _timed(table: Table, what: str, run: Callable[[], int]) -> None:
    begun = time.perf_counter()
    count = run()
    seconds = time.perf_counter() - begun
    table.add_row(what, f"{seconds:.1f}", f"{count:,}", f"{count / seconds:,.1f}")


def _items(settings: Settings) -> int:
    with db.engine(settings).connect() as connection:
        return int(connection.execute(sa.text("select count(*) from item")).scalar_one())
