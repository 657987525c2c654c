"""How fast the money side is: a night against the bare SQL that writes the same rows, posting, statements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psutil
import sqlalchemy as sa
from rich.table import Table

from lockbox import db
from lockbox.customer.statement_pdf import render
from lockbox.customer.statement_runs import load_statements, make_statements
from lockbox.errors import ConflictError
from lockbox.mail.posting import post_batch
from lockbox.proving.scratch import scratch
from lockbox.runtime import Runtime, open_runtime
from lockbox.scopes import NightScope
from lockbox.servicing import night as nightly
from lockbox.settings import Settings

BEFORE, MEASURED = date(2026, 11, 17), date(2026, 11, 18)  # the first night seals and checks the opening too
OPENED, CYCLE = date(2026, 11, 15), MEASURED + timedelta(21)  # statements are made so many days before they are due
PDFS = 1000
TICK_S = 0.01  # what the processor's clock can tell; shorter steps count as one tick
SITE, SMALL_BATCH = "dallas", 500  # as scanners deliver them: a few hundred checks each
AS_OF = datetime(2026, 11, 19, 5, tzinfo=UTC)


def bench_money(settings: Settings, contracts: int, payments: int) -> Table:
    """Times in a scratch database; ratios are within one run. Seconds are wall time."""
    with scratch(settings) as own:
        with db.engine(own, owner=True).begin() as connection:
            many = {"lender": "meridian", "count": contracts, "as_of": AS_OF}
            made = _timed(own, lambda: connection.execute(db.query("bench/contracts"), many))
        with db.engine(own, owner=True).begin() as connection:
            connection.execute(
                db.query("bench/earlier_statements"), {"made_on": OPENED, "due_on": CYCLE, "as_of": AS_OF}
            )
        _analyze(own)
        runtime = open_runtime(own)
        nightly.night(runtime, BEFORE, AS_OF)
        _analyze(own)
        posted = _posting(runtime, min(payments, contracts))
        with db.engine(own, owner=True).begin() as connection:
            db.run_script(connection, (db.SQL / "bench" / "bare_tables.sql").read_text())
        _analyze(own)
        night = _timed(own, lambda: nightly.night(runtime, MEASURED, AS_OF))
        bare = _bare(own)
        before = _rows(own)
        repeated = _timed(own, lambda: nightly.night(runtime, MEASURED, AS_OF))
        table = summary(contracts, made, posted, night, _steps(runtime), bare)
        written = sum(abs(then - now) for then, now in zip(before, _rows(own), strict=True))
        wall, cpu = f"{repeated.wall_s:.2f}", f"{repeated.cpu_s:.2f}"
        table.add_row("the night again", wall, cpu, "", f"{written} rows written")
        for what, count, took in _statements(runtime):
            rates = f"{count / took.wall_s:,.0f} a second; over two processes {2 * count / took.cpu_s:,.0f}"
            table.add_row(f"{what}: {count:,}", f"{took.wall_s:.2f}", f"{took.cpu_s:.2f}", "", rates)
        table.add_row("the ledger sums to", "", "", "", f"{_ledger_cents(own)} cents")
    return table


def _posting(runtime: Runtime, payments: int) -> tuple[Posted, Posted]:
    """Posts payments with full allocation between the two nights: one batch, then small ones, two at a time."""
    size = min(SMALL_BATCH, payments)
    small = [decided_batch(runtime, f"B{no:03}", size, 1 + no) for no in range(payments // size)]
    large = decided_batch(runtime, "BENCH", payments, 0)
    _analyze(runtime.settings)

    def post(batch_id: int) -> None:
        with runtime.engine.begin() as connection:
            post_batch(connection, batch_id, AS_OF)

    alone = _timed(runtime.settings, lambda: post(large))
    with ThreadPoolExecutor(2) as pool:
        together = _timed(runtime.settings, lambda: list(pool.map(post, small)))
    with db.engine(runtime.settings, owner=True).begin() as connection:
        day = {"site": SITE, "day": MEASURED, "count": payments + size * len(small), "as_of": AS_OF}
        connection.execute(db.query("bench/closed_day"), day)
    return Posted(1, payments, alone), Posted(len(small), size * len(small), together)


def decided_batch(runtime: Runtime, batch_no: str, count: int, shift: int) -> int:
    """The id of a batch of `count` decided checks; batches of different `shift` pay different contracts."""
    parameters = {"site": SITE, "day": MEASURED, "batch_no": batch_no, "count": count, "shift": shift, "as_of": AS_OF}
    with runtime.engine.begin() as connection:
        return int(connection.execute(db.query("bench/decided_batch"), parameters).one().batch_id)


def _statements(runtime: Runtime) -> Iterator[tuple[str, int, Took]]:
    """(what, how many, time): all statements of a cycle day made, and some drawn from the ledger as PDFs.

    CPU seconds are of the database and of this process.
    """
    took = _timed(runtime.settings, lambda: make_statements(runtime, "meridian", MEASURED, AS_OF), and_own=True)
    with runtime.engine.connect() as connection:
        made = connection.execute(
            sa.text("select statement_id from statement where made_on = :day order by 1"), {"day": MEASURED}
        )
        ids = list(made.scalars())
        yield "statements of a cycle day", len(ids), took
        sample = ids[:PDFS]

        def draw() -> None:
            for loaded in load_statements(connection, sample):
                if isinstance(loaded, ConflictError):
                    raise loaded
                render(loaded.statement)

        yield "of them drawn as PDFs", len(sample), _timed(runtime.settings, draw, and_own=True)


def _steps(runtime: Runtime) -> dict[str, float]:
    """Wall seconds of each step of the measured night."""
    with runtime.engine.connect() as connection:
        rows = connection.execute(
            sa.text("select stage, duration_ms from stage_run where scope = :scope"),
            {"scope": str(NightScope(MEASURED))},
        )
        took = {row.stage: row.duration_ms / 1000 for row in rows}
    return {name: took[name] for name in [*nightly.STEPS, "finish"]}


def _bare(settings: Settings) -> Took:
    def run() -> None:
        with db.engine(settings, owner=True).begin() as connection:
            connection.execute(db.query("bench/bare_night"), {"day": MEASURED})

    return _timed(settings, run)


def _rows(settings: Settings) -> list[int]:
    tables = (
        "journal",
        "entry",
        "installment",
        "installment_credit",
        "late_fee",
        "delinquency_status",
        "seal",
        "night",
    )
    with db.engine(settings).connect() as connection:
        return [connection.execute(sa.text(f"select count(*) from {table}")).scalar_one() for table in tables]


def _ledger_cents(settings: Settings) -> int:
    with db.engine(settings).connect() as connection:
        return int(connection.execute(sa.text("select sum(amount_cents) from entry")).scalar_one())


def _analyze(settings: Settings) -> None:
    with db.engine(settings, owner=True).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("vacuum analyze"))


@dataclass(frozen=True, slots=True)
class Took:
    """Wall time, and CPU time of the database's processes: on a busy machine only the latter means much."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Posted:
    """The time that a number of payments took, in a number of batches."""

    batches: int
    payments: int
    took: Took


def _timed(settings: Settings, run: Callable[[], object], *, and_own: bool = False) -> Took:
    wall_s, cpu_s, own_s = time.perf_counter(), _cpu_s(settings), time.process_time()
    run()
    cpu_s = _cpu_s(settings) - cpu_s + (time.process_time() - own_s if and_own else 0)
    return Took(time.perf_counter() - wall_s, cpu_s)


def _cpu_s(settings: Settings) -> float:
    """CPU seconds of the embedded server so far; its backends stay connected while they are timed."""
    server = psutil.Process(int((settings.database_path / "postmaster.pid").read_text().split()[0]))
    times = [process.cpu_times() for process in (server, *server.children())]
    return float(sum(used.user + used.system for used in times))


def summary(
    contracts: int, made: Took, posted: tuple[Posted, ...], night: Took, steps: dict[str, float], bare: Took
) -> Table:
    table = Table("what", "seconds", "CPU seconds", "a contract", "", title=f"Money bench, {contracts:,} contracts")

    def row(what: str, took: Took, remark: str = "") -> None:
        per_contract = f"{took.cpu_s / contracts * 1e6:.1f} µs"
        table.add_row(what, f"{took.wall_s:.2f}", f"{took.cpu_s:.2f}", per_contract, remark)

    row("making the contracts", made)
    for run in posted:
        how = "one batch" if run.batches == 1 else f"{run.batches} batches, two at a time"
        wall, cpu = (run.payments / max(seconds, TICK_S) for seconds in (run.took.wall_s, run.took.cpu_s))
        rates = f"{wall:,.0f} payments a second, {cpu:,.0f} a CPU second"
        row(f"posting {run.payments:,}: {how}", run.took, rates)
    for name, wall_s in steps.items():
        table.add_row(f"  {name}", f"{wall_s:.2f}", "", f"{wall_s / contracts * 1e6:.1f} µs", "")
    row(
        "the night",
        night,
        f"{night.wall_s / max(bare.wall_s, TICK_S):.2f} x bare, {night.cpu_s / max(bare.cpu_s, TICK_S):.2f} x its CPU",
    )
    row("bare SQL, the same rows", bare)
    return table
