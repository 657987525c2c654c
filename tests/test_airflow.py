"""A mail day through real Airflow: scheduler, DAG processor, API server and tasks, as `python -m lockbox run` has."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from lockbox import db, launcher
from lockbox.processes import HOME_MARK
from lockbox.settings import ROOT, Settings

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]
# Each kill costs two runs: more of them when asked (`LOCKBOX_TEST_KILLS=10 make test TESTS=tests/test_airflow.py`).
KILLS = int(os.environ.get("LOCKBOX_TEST_KILLS", "0"))
WORDS = ("run", "--envelopes", "8", "--contracts", "60")


@dataclass(frozen=True)
class Day:
    """A home in which a small day is run through Airflow, as often as asked."""

    settings: Settings
    output: Path

    def start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"LOCKBOX_HOME": str(self.settings.home), "PYTHONWARNINGS": "ignore"}
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "lockbox", *WORDS]
            return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)

    def run(self) -> str:
        """Runs it to its end and gives what it printed."""
        code = self.start().wait()
        assert code == 0, self.output.read_text()
        return self.output.read_text()

    def ledger(self) -> tuple[tuple[str, str, int], ...]:
        """Every entry with what caused it."""
        db.start_server(self.settings)
        with db.engine(self.settings).connect() as connection:
            found = connection.execute(
                sa.text("select source_key, account, amount_cents from entry join journal using (journal_id)")
            )
            entries = tuple(sorted((row[0], row[1], row[2]) for row in found))
        db.stop_server(self.settings)
        return entries

    def database(self) -> list[psutil.Process]:
        """The embedded server's first process, which the others follow."""
        try:
            pid = int((self.settings.database_path / "postmaster.pid").read_text().split()[0])
            return [psutil.Process(pid)]
        except (OSError, IndexError, psutil.Error):
            return []

    def idle_workers(self) -> list[psutil.Process]:
        """Workers of the scheduler that wait for a task, once there are two."""
        idle = [one for one in self.processes() if "LocalExecutor: <idle>" in " ".join(one.cmdline())]
        return idle if len(idle) > 1 else []

    def processes(self) -> list[psutil.Process]:
        """Airflow's processes of this home."""
        mine = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(HOME_MARK) == str(self.settings.home):
                    mine.append(process)
            except (psutil.Error, OSError):
                continue
        return mine


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day that was run once, undisturbed."""
    folder = tmp_path_factory.mktemp("airflow_day")
    made = Day(Settings(home=folder / "home", database_url=""), folder / "output.txt")
    made.run()
    yield made
    launcher.stop(made.settings)


def test_airflow_ran_the_tasks_of_both_sites_and_closed_the_day(day: Day) -> None:
    logs = day.settings.home / "logs"
    scheduler = (logs / "scheduler.log").read_text()
    for site in ("dallas", "richardson"):
        assert re.search(rf"lockbox_mail_{site}.*batch\.post", scheduler)
        assert list((logs / "tasks" / f"lockbox_mail_{site}").glob("run_*/batch.read*/try1.log"))
    db.start_server(day.settings)
    with db.engine(day.settings).connect() as connection:
        closed = connection.execute(sa.text("select site_id from day_close order by 1")).scalars().all()
    db.stop_server(day.settings)
    assert closed == ["dallas", "richardson"]
    assert list(day.settings.reports_path.glob("2026-11-16.html"))


def test_nothing_is_left_running_and_nothing_was_written_beside_the_home(day: Day) -> None:
    assert day.processes() == []
    assert launcher.running(day.settings) is None
    assert not launcher.db_is_alive(day.settings)
    written = {path.name for folder in (ROOT, day.settings.home) for path in folder.iterdir()}
    strays = {"airflow.db", "simple_auth_manager_passwords.json.generated"}  # what Airflow makes unless told
    assert not [name for name in written if "$" in name or name in strays]
    assert not (ROOT / "logs").exists()


def test_killed_in_the_middle_and_run_again_the_ledger_is_the_undisturbed_one(day: Day, tmp_path: Path) -> None:
    other = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    running = other.start()
    while "ingest done" not in other.output.read_text():
        assert running.poll() is None, other.output.read_text()
        time.sleep(0.2)
    running.send_signal(signal.SIGKILL)  # the launcher: all else is left behind, at work
    running.wait()
    assert len(other.processes()) >= 4
    try:
        assert "had left behind are ended" in other.run()
        assert other.ledger() == day.ledger() != ()
    finally:
        launcher.stop(other.settings)


@pytest.mark.skipif(not KILLS, reason="two minutes; the launcher's part of it is in test_processes")
def test_an_idle_worker_killed_while_it_waits_does_not_stop_the_day(day: Day, tmp_path: Path) -> None:
    """It may hold the lock of the queue that all workers take their tasks from: the launcher starts them anew."""
    other = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    running = other.start()
    while not (workers := other.idle_workers()):
        assert running.poll() is None, other.output.read_text()
        time.sleep(0.1)
    time.sleep(2)  # long enough for the launcher to have seen them
    for worker in workers:
        worker.kill()
    try:
        deadline = time.monotonic() + 240
        while running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
        assert running.poll() == 0, other.output.read_text()
        assert "was killed; the others may wait" in other.output.read_text()
        assert other.ledger() == day.ledger() != ()
    finally:
        launcher.stop(other.settings)


@pytest.mark.parametrize("seed", range(KILLS))
def test_any_process_killed_at_any_moment_and_run_again_the_ledger_is_the_undisturbed_one(
    day: Day, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    other = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    running = other.start()
    time.sleep(chance.uniform(1, 90))
    victims = [psutil.Process(running.pid), *other.processes(), *other.database()] if running.poll() is None else []
    if victims:
        chance.choice(victims).kill()
    running.wait()
    try:
        other.run()
        assert other.ledger() == day.ledger() != ()
    finally:
        launcher.stop(other.settings)


def test_a_second_run_posts_nothing_new(day: Day) -> None:
    before = day.ledger()
    day.run()
    assert day.ledger() == before
