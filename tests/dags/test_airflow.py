"""A mail day through real Airflow: scheduler, DAG processor, API server and tasks, as in `python -m lockbox run`."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from rich.console import Console

from lockbox import db
from lockbox.operations import launcher
from lockbox.operations.dag_runs import FINISHED
from lockbox.operations.processes import HOME_MARK, NAME_MARK
from lockbox.settings import ROOT, Settings

# More of them, on a larger day, when asked; each kill costs two runs:
# LOCKBOX_TEST_KILLS=10 LOCKBOX_TEST_ENVELOPES=200 make test JOBS=0 TESTS="-s tests/dags/test_airflow.py -k kill"
KILLS = int(os.environ.get("LOCKBOX_TEST_KILLS", "0"))
ENVELOPES = int(os.environ.get("LOCKBOX_TEST_ENVELOPES", "8"))
NUMBERS = ("--envelopes", str(ENVELOPES), "--contracts", str(max(60, 10 * ENVELOPES)))
LIMIT_S = 600 + 10 * ENVELOPES  # per run, on a busy machine
pytestmark = [pytest.mark.airflow, pytest.mark.timeout(3 * LIMIT_S)]
KINDS = ("launcher", "worker", "PostgreSQL", "scheduler", "task", "API server", "backend", "DAG processor")


@dataclass(frozen=True)
class Day:
    """A home where a small day can be run through Airflow any number of times."""

    settings: Settings
    output: Path
    took_s: list[float] = field(default_factory=list)

    def start(self, verb: str = "run") -> subprocess.Popen[bytes]:
        environment = os.environ | {"LOCKBOX_HOME": str(self.settings.home), "PYTHONWARNINGS": "ignore"}
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "lockbox", verb, *NUMBERS]
            return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)

    def run(self, verb: str = "run") -> str:
        """Runs the verb to its end and returns what it printed."""
        assert wait(self.start(verb)) == 0, self.output.read_text()
        return self.output.read_text()

    def take_mail(self, source_day: Day) -> None:
        """Delivers the mail that was drawn for another day here, so that nothing is drawn again."""
        for name in ("inbox", "simulated", "secrets/token_key"):
            source, target = source_day.settings.home / name, self.settings.home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)

    def ledger(self) -> dict[str, object]:
        """The whole ledger as one hash."""
        db.start_server(self.settings)
        with db.engine(self.settings).connect() as connection:
            (signature,) = db.rows(connection, "reports/ledger_signature")
        db.stop_server(self.settings)
        assert signature["entries"]
        return dict(signature)

    def of_kind(self, kind: str, launched: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """The running processes of a kind."""
        if kind == "launcher":
            return [psutil.Process(launched.pid)]
        if kind in ("PostgreSQL", "backend"):
            try:
                pid = int((self.settings.database_path / "postmaster.pid").read_text().split()[0])
                first = psutil.Process(pid)
                return [first] if kind == "PostgreSQL" else first.children()
            except (OSError, IndexError, psutil.Error):
                return []
        names = {"API server": "api-server", "DAG processor": "dag-processor"}
        candidates = self.processes(names.get(kind, "scheduler"))
        if kind in names:
            return candidates
        pids = {process.pid for process in candidates}
        first_pids = {process.pid for process in candidates if process.ppid() not in pids}
        below = [process for process in candidates if process.pid not in first_pids]
        if kind == "scheduler":
            return [process for process in candidates if process.pid in first_pids]
        return [process for process in below if (process.ppid() in first_pids) == (kind == "worker")]

    def kill_one(self, kind: str, launched: subprocess.Popen[bytes], chance: random.Random) -> bool:
        """Kills a process of that kind as soon as there is one; False if the run ended first."""
        while launched.poll() is None:
            try:
                chance.choice(self.of_kind(kind, launched)).kill()
                return True
            except (IndexError, psutil.NoSuchProcess):  # none yet, or it has just ended
                time.sleep(0.05)
        return False

    def idle_workers(self) -> list[psutil.Process]:
        """The scheduler's idle workers, once there are all four."""
        idle = [process for process in self.processes() if "LocalExecutor: <idle>" in " ".join(process.cmdline())]
        return idle if len(idle) > 3 else []

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Airflow's processes of this home, or those of one part of it."""
        marked = []
        for process in psutil.process_iter():
            try:
                marks = process.environ()
                if marks.get(HOME_MARK) == str(self.settings.home) and name in ("", marks[NAME_MARK]):
                    marked.append(process)
            except (psutil.Error, OSError):
                continue
        return marked


def wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code; a run that hangs is killed."""
    try:
        return process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return -1


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day that was run once, undisturbed."""
    folder = tmp_path_factory.mktemp("airflow_day")
    made = Day(Settings(home=folder / "home", database_url=""), folder / "output.txt")
    if KILLS:  # what is timed next is what the days with the same mail will take
        made.run("simulate")
    begun = time.monotonic()
    made.run()
    made.took_s.append(time.monotonic() - begun)
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


def test_nothing_is_left_running_and_nothing_was_written_outside_the_home(day: Day) -> None:
    assert day.processes() == []
    assert launcher.running(day.settings) is None
    assert not launcher.db_is_alive(day.settings)
    written = {path.name for folder in (ROOT, day.settings.home) for path in folder.iterdir()}
    strays = {"airflow.db", "simple_auth_manager_passwords.json.generated"}  # what Airflow creates by default
    assert not [name for name in written if "$" in name or name in strays]
    assert not (ROOT / "logs").exists()


def test_killed_in_the_middle_and_run_again_the_ledger_is_the_undisturbed_one(day: Day, tmp_path: Path) -> None:
    second = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    running = second.start()
    while "ingest done" not in second.output.read_text():
        assert running.poll() is None, second.output.read_text()
        time.sleep(0.2)
    running.send_signal(signal.SIGKILL)  # the launcher: all else is left behind, at work
    running.wait()
    assert len(second.processes()) >= 4
    try:
        assert "that it had left behind" in second.run()
        assert second.ledger() == day.ledger()
    finally:
        launcher.stop(second.settings)


@pytest.mark.skipif(not KILLS, reason="minutes; the launcher's part of it is in test_processes and test_task_queue")
@pytest.mark.parametrize(
    ("end", "message"),
    [
        (psutil.Process.kill, "a worker was killed; the others may wait"),
        (psutil.Process.suspend, "although a worker is free"),  # it hangs with the lock
    ],
)
def test_idle_workers_that_keep_the_queue_locked_do_not_stop_the_day(
    day: Day, tmp_path: Path, end: Callable[[psutil.Process], None], message: str
) -> None:
    """One of them has the lock of the queue that all take tasks from; the launcher restarts them."""
    second = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    running = second.start()
    while not (workers := second.idle_workers()):
        assert running.poll() is None, second.output.read_text()
        time.sleep(0.1)
    if end is psutil.Process.kill:
        time.sleep(2)  # long enough for the launcher to have seen them
    for worker in workers:
        end(worker)
    try:
        assert wait(running) == 0, second.output.read_text()
        assert message in second.output.read_text()
        assert second.ledger() == day.ledger()
    finally:
        launcher.stop(second.settings)


@pytest.mark.skipif(not KILLS, reason="minutes; LOCKBOX_TEST_KILLS says how many processes of one day are killed")
def test_a_day_in_which_process_after_process_is_killed_ends_in_the_undisturbed_ledger(
    day: Day, tmp_path: Path
) -> None:
    """Also during the restart after an earlier kill. Only the launcher needs a person to restart it."""
    chance = random.Random(KILLS)
    second = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    second.take_mail(day)
    running = second.start()
    try:
        for number in range(KILLS):
            kind = KINDS[number % len(KINDS)]
            time.sleep(chance.uniform(0, 2 * day.took_s[0] / KILLS))
            while not second.kill_one(kind, running, chance):
                running = second.start()
            done = len(list((second.settings.home / "logs" / "tasks").glob("lockbox_mail_*/*/batch.post*/*")))
            print(f"kill {number + 1}: a {kind}, {done} batches posted or being posted", flush=True)
        wait(running)
        second.run()
        print(f"killed {KILLS} times: {second.ledger()}, undisturbed: {day.ledger()}", flush=True)
        assert second.ledger() == day.ledger()
    finally:
        launcher.stop(second.settings)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_process_killed_at_any_moment_and_run_again_the_ledger_is_the_undisturbed_one(
    day: Day, tmp_path: Path, seed: int
) -> None:
    kind, chance = KINDS[seed % len(KINDS)], random.Random(seed)
    second = Day(Settings(home=tmp_path / "home", database_url=""), tmp_path / "output.txt")
    second.take_mail(day)
    running, begun = second.start(), time.monotonic()
    time.sleep(chance.uniform(0, day.took_s[0]))
    killed, after_s = second.kill_one(kind, running, chance), time.monotonic() - begun
    code = wait(running)
    ended_s = time.monotonic() - begun
    try:
        second.run()
        how = f"killed after {after_s:.0f} s, the run ended with exit code {code} after {ended_s:.0f} s"
        print(f"seed {seed}: a {kind} {how if killed else 'was not found'}", flush=True)
        print(f"  run again: {second.ledger()}", flush=True)
        print(f"  undisturbed: {day.ledger()}, {day.took_s[0]:.0f} s", flush=True)
        assert second.ledger() == day.ledger()
    finally:
        launcher.stop(second.settings)
        shutil.rmtree(second.settings.home, ignore_errors=True)


def test_a_second_run_posts_nothing_new(day: Day) -> None:
    before = day.ledger()
    day.run()
    assert day.ledger() == before


def test_a_task_that_failed_and_then_succeeds_leaves_no_open_event(day: Day) -> None:
    """The success callback runs in Airflow alone: a task of the scheduler's fails, and succeeds in the next run."""
    routes = "update policy set value = cast(:value as jsonb) where rule = 'alert.routes'"
    failed = "select scope, cause, closed_at is null from ops_event where kind = 'task_failed'"

    def is_told(engine: sa.Engine, *, is_open: bool) -> bool:
        """A callback runs after its task has ended."""
        with engine.connect() as connection:
            return connection.execute(sa.text(failed)).all() == [("lockbox_alerts", "tell", is_open)]

    def run(stack: launcher.Stack, name: str, value: str, *, is_open: bool) -> None:
        owner = db.engine(day.settings, owner=True)
        with owner.begin() as connection:
            connection.execute(sa.text(routes), {"value": value})
        alerts = launcher._trigger(stack, launcher.ALERTS_DAG, name, {})
        stack.wait(lambda: stack.runs.state(alerts) in FINISHED, "the alerts", LIMIT_S)
        stack.wait(lambda: is_told(owner, is_open=is_open), "the event of the failed task", 60)
        owner.dispose()

    with launcher._airflow(day.settings, Console(quiet=True), schedules=False) as stack:
        stack.ask(lambda: stack.runs.unpause([launcher.ALERTS_DAG]))
        run(stack, "refused", '[{"name": ""}]', is_open=True)
        run(stack, "mended", "[]", is_open=False)
