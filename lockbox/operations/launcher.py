"""Airflow and its database as one thing that is started, kept running and stopped: with its web UI, or for one day."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
from rich.console import Console

from lockbox import db, telemetry
from lockbox.errors import SettingsError
from lockbox.files import write_whole
from lockbox.lender.profile import load_profile, site_ids
from lockbox.operations import airflow_metadata
from lockbox.operations.dag_runs import FINISHED, DagRun, RunFailed, Runs, Unanswered, password_of
from lockbox.operations.processes import Child, Supervisor, held_by, kill_marked, only_one, stop_signals
from lockbox.operations.progress import Progress
from lockbox.operations.task_queue import TaskQueue
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.settings import IS_CHECKOUT, ROOT, Settings

Say = Callable[[str], None]
T = TypeVar("T")
CLOSE_DAG = "lockbox_day_close"
NIGHT_DAG = "lockbox_grace_period_and_delinquency"
STATEMENTS_DAG = "lockbox_statements_and_notices"
AUDIT_DAG = "lockbox_audit"
MAIL_DAGS = "lockbox_mail_"  # and the site's id
READER_POOL = "readers"
SCHEDULER = "scheduler"
START_LIMIT_S = 600.0  # each part of Airflow is up within 15 s; on a machine full of other work it took 200
LOST_EVENT_S = 30.0  # a scheduler starts what an asset event asks for within seconds, or never
WORKER_TITLE = "airflow worker"  # LocalExecutor's processes, below the scheduler

# Airflow builds some 100,000 objects while it starts; collecting garbage less often saves a quarter of that time.
_BOOT = "import gc, sys; gc.set_threshold(200_000, 50, 100); sys.argv[0] = 'airflow'; "
# Tasks are forked from the scheduler: what it has imported costs them nothing.
_PRELOAD = "import onnxruntime, ocr.reader, lockbox.mail.pipeline, reconciliation.reports; "
_MAIN = "from airflow.__main__ import main; main()"


@dataclass(frozen=True, slots=True)
class Stack:
    """Running Airflow: its web address, its API, and the processes behind it."""

    url: str
    runs: Runs
    supervisor: Supervisor
    queue: TaskQueue
    settings: Settings
    say: Say

    def watch(self) -> None:
        """Brings back what died or stands still: a part of Airflow, or the embedded database."""
        if not db_is_alive(self.settings):
            self.say("the database died, starting it again")
            db.start_server(self.settings)
        self.supervisor.watch()
        self.queue.watch(time.monotonic())

    def wait(
        self,
        done: Callable[[], bool],
        what: str,
        limit_s: float,
        pause_s: float = 0.25,
        moved: Callable[[], object] = lambda: None,
    ) -> None:
        """Waits until `done()`, bringing back what dies meanwhile; a server that does not answer is asked again.

        Raises:
            RunFailed: it took longer than `limit_s` since `moved()` last gave another answer.
        """
        deadline, last, before = time.monotonic() + limit_s, "", moved()
        while True:
            try:
                if done():
                    return
            except Unanswered as error:
                last = f" ({error})"
            if (now := moved()) != before:
                deadline, before = time.monotonic() + limit_s, now
            if time.monotonic() > deadline:
                logs = self.settings.home / "logs"
                raise RunFailed(f"{what}: nothing new within {limit_s:.0f} s{last}; see the logs in {logs}")
            self.watch()
            time.sleep(pause_s)

    def ask(self, question: Callable[[], T]) -> T:
        """The answer of the API to a question, which may be put to it several times."""
        answers: list[T] = []

        def answered() -> bool:
            answers.append(question())
            return True

        self.wait(answered, "Airflow's API", START_LIMIT_S)
        return answers[0]


def up(settings: Settings, console: Console | None = None) -> None:
    """Starts Airflow with its web UI and keeps it running until Ctrl-C or SIGTERM.

    Raises:
        ProcessError: another launcher has this home, or a part of Airflow does not stay up.
    """
    console = console or Console()
    with _airflow(settings, console, schedules=True) as stack:
        console.print(f"Airflow: [bold]{stack.url}[/bold], user admin (viewer may look only)", soft_wrap=True)
        console.print(f"passwords: {_passwords(settings)}", soft_wrap=True)
        console.print(f"logs: {settings.home / 'logs'}; stop with Ctrl-C", soft_wrap=True)
        with suppress(KeyboardInterrupt):  # how it is meant to end
            while True:
                stack.watch()
                time.sleep(1)


def run(
    settings: Settings,
    as_of: datetime,
    before: Callable[[], None] | None = None,
    after: Callable[[], None] | None = None,
    limit_s: float = 1800.0,
    console: Console | None = None,
) -> None:
    """Takes all waiting mail through Airflow once, headless: the mail DAG of every site, the day close, the night,
    statements and notices.

    `as_of` (aware) is the instant the work counts as done. `before` runs while Airflow starts and `after` when all is
    done (or failed), both with the database up. Nothing runs on its schedule meanwhile.

    Raises:
        RunFailed: a DAG run failed; names DAG, task and log file. Or no stage of any batch came on for `limit_s`.
        ProcessError: another launcher has this home, or a part of Airflow does not stay up.
    """
    if as_of.tzinfo is None:
        raise SettingsError(f"{as_of.isoformat()}: an instant needs its time zone")
    console = console or Console()
    with _airflow(settings, console, schedules=False, before=before) as stack:
        run_id = f"run_{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"  # a new one for each launch
        conf = {"as_of": as_of.isoformat()}
        stack.ask(lambda: stack.runs.unpause(dag_ids(settings)))
        with Progress(settings, console) as progress:
            sites = [dag_id for dag_id in dag_ids(settings) if dag_id.startswith(MAIL_DAGS)]
            mail = [_trigger(stack, dag_id, run_id, conf) for dag_id in sites]
            _follow(stack, mail, progress, limit_s)
            closes = _closes(stack, mail, run_id, conf)
            _follow(stack, closes, progress, limit_s)
            nights = [_trigger(stack, NIGHT_DAG, run_id, conf)]  # no asset starts it while schedules are off
            _follow(stack, nights, progress, limit_s)
            letters = [_trigger(stack, STATEMENTS_DAG, run_id, conf)]
            _follow(stack, letters, progress, limit_s)
        if after is not None:
            after()
        _check(stack, [*mail, *closes, *nights, *letters])


def stop(settings: Settings, grace_s: float = 90.0) -> int:
    """Ends a running launcher, or what a killed one left behind, and the embedded database; returns how many processes.

    A launcher that runs is asked to stop in order, and killed when that takes longer than `grace_s`.
    """
    ended, pid = 0, held_by(settings.home)
    if pid is not None:
        with suppress(psutil.Error):
            launcher = psutil.Process(pid)
            launcher.terminate()
            ended += 1
            try:
                launcher.wait(grace_s)
            except psutil.TimeoutExpired:
                launcher.kill()
                launcher.wait(5)
    ended += kill_marked(settings.home)
    db.stop_server(settings)
    return ended


def running(settings: Settings) -> int | None:
    """Process id of the launcher that runs on this home, if one does."""
    return held_by(settings.home)


def dag_ids(settings: Settings) -> list[str]:
    """The DAGs there must be: the mail line of every site, the day close, the night, statements and notices, audit."""
    mail = (f"{MAIL_DAGS}{site_id}" for site_id in site_ids(settings.profile))
    return [*mail, CLOSE_DAG, NIGHT_DAG, STATEMENTS_DAG, AUDIT_DAG]


def environment(settings: Settings, port: int, *, schedules: bool) -> dict[str, str]:
    """The environment of every Airflow process; the embedded server must run.

    Airflow's own settings stand in airflow.cfg; here is only what is known at the start.
    """
    told = {f"LOCKBOX_{name.upper()}": str(value) for name, value in settings.model_dump().items() if value is not None}
    told |= {
        "LOCKBOX_HOME": str(settings.home.resolve()),
        "LOCKBOX_SCHEDULES": str(schedules),
        "LOCKBOX_WORKERS": "1",  # of one task; the pool lets as many tasks read as there are workers
        "AIRFLOW_HOME": str(ROOT),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": db.database_url(settings, db.AIRFLOW),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
        "OMP_THREAD_LIMIT": "1",  # a reader is one thread, and as many run as there are cores
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return dict(os.environ) | told


def airflow_command(*words: str) -> tuple[str, ...]:
    """The command line of an Airflow command."""
    return (sys.executable, "-c", _BOOT + _MAIN, *words)


def scheduler_command() -> tuple[str, ...]:
    """The scheduler's command line: what tasks need is imported there, and its log server, open to all, is off."""
    return (sys.executable, "-c", _BOOT + _PRELOAD + _MAIN, "scheduler", "--skip-serve-logs")


def make_secrets(settings: Settings) -> None:
    """Makes the keys and passwords that are not there yet, readable by their owner alone."""
    folder = settings.home / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    users = {user: secrets.token_urlsafe(12) for user in ("admin", "viewer")}
    made = {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_key": secrets.token_hex(32),
        "api_key": secrets.token_hex(32),
        _passwords(settings).name: json.dumps(users),
    }
    for name, secret in made.items():
        path = folder / name
        if not path.exists():
            write_whole(path, secret.encode(), 0o600)


def free_port(wanted: int) -> int:
    """The wanted port, or the next free one after it, on this machine's own address; any free one for 0."""
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SettingsError(f"no free port from {wanted} on; set LOCKBOX_WEB_PORT")


def db_is_alive(settings: Settings) -> bool:
    """Whether the embedded server's process lives; a server elsewhere is not ours to watch."""
    if settings.database_url:
        return True
    try:
        pid = int((settings.database_path / "postmaster.pid").read_text().split()[0])
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


@contextmanager
def _airflow(
    settings: Settings, console: Console, *, schedules: bool, before: Callable[[], None] | None = None
) -> Iterator[Stack]:
    """Everything up and healthy; all of it stopped at the end, the scheduler first and the database last."""
    if not IS_CHECKOUT:
        raise SettingsError(
            "Airflow runs from a checkout of lockbox, with dags/ and airflow.cfg, and this is an installed package; "
            "without Airflow a day is `lockbox mail`, `lockbox close`, `lockbox night`"
        )
    begun = time.monotonic()

    def say(words: str) -> None:
        telemetry.log.info("launcher", words=words)
        console.print(f"{time.monotonic() - begun:5.1f} s  {words}", highlight=False, markup=False)

    with only_one(settings.home):
        left = kill_marked(settings.home)
        if left:
            say(f"an earlier launch was killed; {left} processes it had left behind are ended")
        make_secrets(settings)
        supervisor = Supervisor(settings.home, say)
        with stop_signals(supervisor.hurry):
            try:
                say("starting the database")
                db.start_server(settings)
                yield _started(settings, supervisor, schedules, before, say)
            finally:
                say("stopping")
                supervisor.stop()
                db.stop_server(settings)


def _started(
    settings: Settings, supervisor: Supervisor, schedules: bool, before: Callable[[], None] | None, say: Say
) -> Stack:
    # Headless, nobody needs to know the port; two days at once do not then race for the same one.
    port = free_port(settings.web_port if schedules else 0)
    env = environment(settings, port, schedules=schedules)
    db.migrate(settings)
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    airflow_metadata.migrate(settings, airflow_command("db", "migrate"), env, say)
    instant = datetime.now(UTC)
    say("starting Airflow")
    supervisor.start(Child("api-server", airflow_command("api-server", "--port", str(port)), env, 3, has_work=False))
    supervisor.start(Child("dag-processor", airflow_command("dag-processor"), env, 3, has_work=False))
    runs = Runs(f"http://127.0.0.1:{port}", password_of("admin", _passwords(settings)))
    queue = TaskQueue(runs, supervisor, SCHEDULER)
    stack = Stack(f"http://localhost:{port}", runs, supervisor, queue, settings, say)
    if before is not None:
        before()
    stack.wait(runs.is_up, "Airflow's API server", START_LIMIT_S)
    stack.wait(lambda: _parsed(stack, instant), "the DAG files", START_LIMIT_S)
    # The scheduler comes last: it must not go on with an earlier launch, nor with schedules that are off now.
    if not schedules:
        for stale in stack.ask(runs.unfinished):
            stack.ask(partial(runs.give_up, stale, "ended with the launcher that had started it"))
    stack.ask(lambda: runs.set_pool(READER_POOL, settings.workers, "Readers at once: one process and one core each"))
    forget = partial(airflow_metadata.forget_schedulers, settings)
    supervisor.start(Child(SCHEDULER, scheduler_command(), env, 60, worker_title=WORKER_TITLE, before=forget))
    stack.wait(runs.warm, "Airflow's execution API", START_LIMIT_S)
    stack.wait(lambda: set(runs.health().values()) == {"healthy"}, "Airflow's scheduler", START_LIMIT_S)
    say("Airflow is ready")
    return stack


def _parsed(stack: Stack, instant: datetime) -> bool:
    """Whether all DAG files were read after `instant`."""
    errors = stack.runs.import_errors(instant)
    if errors:
        raise RunFailed("DAG files do not load:\n" + "\n".join(errors))
    return stack.runs.parsed_since(instant) >= set(dag_ids(stack.settings))


def _trigger(stack: Stack, dag_id: str, run_id: str, conf: dict[str, str]) -> DagRun:
    return stack.ask(lambda: stack.runs.trigger(dag_id, run_id, conf))


def _follow(stack: Stack, followed: list[DagRun], progress: Progress, limit_s: float) -> None:
    """Waits until the runs have ended, however they end."""
    states: dict[DagRun, str] = {}
    found: dict[DagRun, Sequence[BatchScope | SiteDayScope]] = {}

    def ended() -> bool:
        for one in followed:
            if states.get(one) not in FINISHED:
                states[one] = stack.runs.state(one)
                found[one] = found.get(one) or stack.runs.scopes(one)
        progress.update([scope for scopes in found.values() for scope in scopes], states)
        return all(state in FINISHED for state in states.values())

    what = ", ".join(one.dag_id for one in followed)
    stack.wait(ended, what, limit_s, pause_s=1.0, moved=lambda: progress.seen)


def _closes(stack: Stack, mail: list[DagRun], run_id: str, conf: dict[str, str]) -> list[DagRun]:
    """The day closes that the mail runs' assets started; where none started for one of them, one of our own.

    That one is for a launch that ended between posting and closing, and for an event that Airflow lost: of two that
    come within the moment in which the scheduler answers the first, the second one is forgotten.
    """
    found: set[DagRun] = set()
    deadline = time.monotonic() + LOST_EVENT_S
    waiting = 0

    def all_begun() -> bool:
        nonlocal waiting
        waiting = 0
        for one in mail:
            open_events, begun = stack.runs.caused(one)
            waiting += open_events
            found.update(begun)
        return waiting == 0 or time.monotonic() > deadline

    stack.wait(all_begun, f"{CLOSE_DAG} after its asset", START_LIMIT_S, pause_s=0.5)
    own = [_trigger(stack, CLOSE_DAG, run_id, conf)] if waiting or not found else []
    return [*sorted(found, key=lambda one: one.run_id), *own]


def _check(stack: Stack, ended: list[DagRun]) -> None:
    logs = stack.settings.home / "logs" / "tasks"
    bad = [one for one in ended if stack.ask(partial(stack.runs.state, one)) != "success"]
    if bad:
        told = [line for one in bad for line in stack.ask(partial(stack.runs.failures, one, logs))]
        raise RunFailed("\n".join([f"{', '.join(one.dag_id for one in bad)} failed", *told]))


def _passwords(settings: Settings) -> Path:
    return settings.home / "secrets" / "passwords.json"
