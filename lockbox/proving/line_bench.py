"""How fast the line is on this machine: a simulated day stage by stage, and posting alone at volume."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from rich.table import Table

from lockbox import db
from lockbox.lender.profile import load_profile, site_ids
from lockbox.mail import pipeline
from lockbox.mail.posting import post_batch
from lockbox.runtime import open_runtime
from lockbox.settings import Settings
from lockbox.simulator.day import simulate

DAY = date(2026, 11, 16)
AS_OF = datetime(2026, 11, 17, 1, tzinfo=UTC)


def bench(settings: Settings, envelopes: int, payments: int) -> Table:
    """Times in a database and folder of its own, gone afterwards. Seconds are wall time, with `settings.workers`."""
    table = Table("what", "seconds", "count", "per second", title=f"Bench, {settings.workers} reader processes")
    with TemporaryDirectory(prefix="lockbox-bench-", dir=_parent(settings)) as home:
        own = settings.model_copy(update={"home": Path(home), "database_url": "", "inbox": None, "image_store": ""})
        db.start_server(own)
        try:
            db.migrate(own)
            with db.engine(own).begin() as connection:
                load_profile(connection, own.profile)
            _day(own, envelopes, table)
            _posting(own, payments, table)
        finally:
            db.engine(own).dispose()
            db.stop_server(own)
    return table


def _parent(settings: Settings) -> Path:
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings.home


def _day(settings: Settings, envelopes: int, table: Table) -> None:
    def draw() -> int:
        simulate(settings, 2, DAY, envelopes, 1000)
        return _items(settings)

    _timed(table, "drawing and scanning (documents)", draw)
    runtime = open_runtime(settings)
    scopes = [scope for site in site_ids(settings.profile) for scope in pipeline.waiting_batches(runtime, site, AS_OF)]
    for name, stage in pipeline.STAGES.items():

        def run(stage: pipeline.Stage = stage) -> int:
            for scope in scopes:
                stage(runtime, scope, AS_OF)
            return _items(settings)

        _timed(table, f"{name} (documents)", run)


def _posting(settings: Settings, payments: int, table: Table) -> None:
    engine = db.engine(settings)
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(db.query("bench/contracts"), {"lender": "meridian", "count": payments, "as_of": AS_OF})
    with engine.begin() as connection:
        asked = {"site": "dallas", "day": DAY, "batch_no": "BENCH", "count": payments, "shift": 0, "as_of": AS_OF}
        made = connection.execute(db.query("bench/decided_batch"), asked).one()
    with db.engine(settings, owner=True).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("analyze"))

    def run() -> int:
        with engine.begin() as connection:
            post_batch(connection, made.batch_id, AS_OF)
        return int(made.decisions)

    _timed(table, "posting alone, one batch (payments)", run)


def _timed(table: Table, what: str, run: Callable[[], int]) -> None:
    begun = time.perf_counter()
    count = run()
    seconds = time.perf_counter() - begun
    table.add_row(what, f"{seconds:.1f}", f"{count:,}", f"{count / seconds:,.1f}")


def _items(settings: Settings) -> int:
    with db.engine(settings).connect() as connection:
        taken = connection.execute(sa.text("select count(*) from item")).scalar_one()
    return taken or len(list(settings.inbox_path.rglob("*F.*")))
