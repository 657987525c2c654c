"""Starts, watches and stops Airflow with its database: with the web UI, or headless for one day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import psutil
from rich.console import Console

from lockbox import db, telemetry
from lockbox.errors import SettingsError
from lockbox.lender.profile import load_profile, site_ids
from lockbox.operations import airflow_metadata
from lockbox.operations.airflow_setup import (
    airflow_command,
    environment,
    make_secrets,
    passwords_path,
    reserved_port,
    scheduler_command,
)
from lockbox.operations.dag_runs import FINISHED, DagRun, RunFailed, Runs, Unanswered, password_of
from lockbox.operations.processes import (
    Child,
    ProcessError,
    Supervisor,
    kill_marked,
    launcher_pid,
    locked_home,
    stop_signals,
)
from lockbox.operations.progress import Progress
from lockbox.operations.server_users import LAUNCHER, used
from lockbox.operations.sweep_watch import SweepWatch, tell_that_it_is_down, tell_that_it_runs
from lockbox.operations.task_queue import TaskQueue
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.settings import IS_CHECKOUT, Settings

Say = Callable[[str], None]
T = TypeVar("T")
CLOSE_DAG = "lockbox_day_close"
NIGHT_DAG = "lockbox_grace_period_and_delinquency"
STATEMENTS_DAG = "lockbox_statements_and_notices"
AUDIT_DAG = "lockbox_audit"
ALERTS_DAG = "lockbox_alerts"
EXCEPTIONS_DAG = "lockbox_exceptions"
MAIL_DAGS = "lockbox_mail_"  # followed by the site's id
READER_POOL = "readers"
SCHEDULER = "scheduler"
START_LIMIT_S = 600.0  # each part of Airflow starts within 15 s; on a busy machine it took 200
LOST_EVENT_S = 30.0  # a scheduler reacts to an asset event within seconds, or never
WORKER_TITLE = "airflow worker"  # LocalExecutor's processes, below the scheduler


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
        """Restarts what died or hangs: a part of Airflow, or the embedded database."""
        if not db_is_alive(self.settings):
            self.say("the database died, restarting it")
            db.start_server(self.settings)
        self.supervisor.watch()
        self.queue.watch(time.monotonic())

    def wait(
        self,
        done: Callable[[], bool],
        what: str,
        limit_s: float,
        pause_s: float = 0.25,
        progress: Callable[[], object] = lambda: None,
    ) -> None:
        """Waits until `done()`, restarting what dies meanwhile; a server that does not answer is asked again.

        Raises:
            RunFailed: `limit_s` passed without a change in what `progress()` returns.
        """
        deadline, last, before = time.monotonic() + limit_s, "", progress()
        while True:
            try:
                if done():
                    return
            except Unanswered as error:
                last = f" ({error})"
            if (now := progress()) != before:
                deadline, before = time.monotonic() + limit_s, now
            if time.monotonic() > deadline:
                logs = self.settings.home / "logs"
                raise RunFailed(f"{what}: no progress within {limit_s:.0f} s{last}; see the logs in {logs}")
            self.watch()
            time.sleep(pause_s)

    def ask(self, question: Callable[[], T]) -> T:
        """The API's answer to a question, which may be asked several times."""
        answers: list[T] = []

        def answered() -> bool:
            answers.append(question())
            return True

        self.wait(answered, "Airflow's API", START_LIMIT_S)
        return answers[0]


def up(settings: Settings, console: Console | None = None) -> None:
    """Starts Airflow with its web UI and keeps it running until Ctrl-C or SIGTERM.

    Raises:
        ProcessError: another launcher uses this home, or a part of Airflow keeps failing.
    """
    console = console or Console()
    with _airflow(settings, console, schedules=True) as stack:
        console.print(f"Airflow: [bold]{stack.url}[/bold], user admin (or viewer, read-only)", soft_wrap=True)
        console.print(f"passwords: {passwords_path(settings)}", soft_wrap=True)
        console.print(f"logs: {settings.home / 'logs'}; stop with Ctrl-C", soft_wrap=True)
        with suppress(KeyboardInterrupt):  # the normal way to stop
            sweeps = SweepWatch(settings, console.print)
            while True:
                stack.watch()
                sweeps.watch(datetime.now(UTC))
                time.sleep(1)


def run(
    settings: Settings,
    as_of: datetime,
    before: Callable[[], None] | None = None,
    after: Callable[[], None] | None = None,
    limit_s: float = 1800.0,
    console: Console | None = None,
) -> None:
    """Runs all waiting mail through Airflow once, headless: every site's mail DAG, the day close, the night, statements
    and notices.

    `as_of` (aware) is the instant to work as of. `before` runs while Airflow starts and `after` at the end, even if a
    run failed, both with the database up. Nothing runs on a schedule meanwhile.

    Raises:
        RunFailed: a DAG run failed, and the message names DAG, task and log file; or no progress for `limit_s`.
        ProcessError: another launcher uses this home, or a part of Airflow keeps failing.
    """
    if as_of.tzinfo is None:
        raise SettingsError(f"{as_of.isoformat()}: the time zone is missing")
    console = console or Console()
    with _airflow(settings, console, schedules=False, before=before) as stack:
        run_id = f"run_{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"  # unique per launch
        conf = {"as_of": as_of.isoformat()}
        stack.ask(lambda: stack.runs.unpause(dag_ids(settings)))
        with Progress(settings, console) as progress:
            sites = [dag_id for dag_id in dag_ids(settings) if dag_id.startswith(MAIL_DAGS)]
            mail = [_trigger(stack, dag_id, run_id, conf) for dag_id in sites]
            _follow(stack, mail, progress, limit_s)
            closes = _closes(stack, mail, run_id, conf)
            _follow(stack, closes, progress, limit_s)
            nights = [_trigger(stack, NIGHT_DAG, run_id, conf)]  # while schedules are off, no asset starts it
            _follow(stack, nights, progress, limit_s)
            letters = [_trigger(stack, STATEMENTS_DAG, run_id, conf)]
            _follow(stack, letters, progress, limit_s)
        if after is not None:
            after()
        _check(stack, [*mail, *closes, *nights, *letters])


def stop(settings: Settings, grace_s: float = 90.0) -> int:
    """Stops a running launcher, or what a killed one left behind, and the database; returns how many processes.

    A running launcher is asked to stop, and killed if that takes longer than `grace_s`.
    """
    ended, pid = 0, launcher_pid(settings.home)
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
    """Process id of the launcher that uses this home, if one runs."""
    return launcher_pid(settings.home)


def dag_ids(settings: Settings) -> list[str]:
    """The ids of all DAGs: every site's mail, the day close, exceptions, the night, statements and notices,
    the audit, alerts."""
    mail = (f"{MAIL_DAGS}{site_id}" for site_id in site_ids(settings.profile))
    return [*mail, EXCEPTIONS_DAG, CLOSE_DAG, NIGHT_DAG, STATEMENTS_DAG, AUDIT_DAG, ALERTS_DAG]


def db_is_alive(settings: Settings) -> bool:
    """Whether the embedded server's process is alive; a server elsewhere is not ours to watch."""
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
    """Starts everything and waits until it is healthy; stops it at the end, scheduler first, database last."""
    if not IS_CHECKOUT:
        raise SettingsError(
            "Airflow runs only from a checkout of lockbox, with dags/ and airflow.cfg; this is an installed package. "
            "Without Airflow, run a day with `lockbox mail`, `lockbox close` and `lockbox night`"
        )
    begun = time.monotonic()

    def say(words: str) -> None:
        telemetry.log.info("launcher", words=words)
        console.print(f"{time.monotonic() - begun:5.1f} s  {words}", highlight=False, markup=False, soft_wrap=True)

    with locked_home(settings.home):
        left = kill_marked(settings.home)
        if left:
            say(f"an earlier launch was killed; ended {left} processes that it had left behind")
        make_secrets(settings)
        supervisor = Supervisor(settings.home, say)
        with stop_signals(supervisor.hurry):
            say("starting the database")
            # Headless, nobody needs to know the port, and two days at once must not compete for the same one.
            with used(settings, LAUNCHER), reserved_port(settings.web_port if schedules else 0) as port:
                runs = Runs(f"http://127.0.0.1:{port}", password_of("admin", passwords_path(settings)))
                try:
                    stack = _started(settings, supervisor, runs, port, schedules, before, say)
                    tell_that_it_runs(settings, datetime.now(UTC))
                    yield stack
                except ProcessError as error:
                    tell_that_it_is_down(settings, error, datetime.now(UTC))
                    raise
                finally:
                    say("stopping")
                    supervisor.stop()
                    runs.close()


def _started(
    settings: Settings,
    supervisor: Supervisor,
    runs: Runs,
    port: int,
    schedules: bool,
    before: Callable[[], None] | None,
    say: Say,
) -> Stack:
    env = environment(settings, port, schedules=schedules)
    db.migrate(settings)
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    airflow_metadata.migrate(settings, airflow_command("db", "migrate"), env, say)
    instant = datetime.now(UTC)
    say("starting Airflow")
    supervisor.start(Child("api-server", airflow_command("api-server", "--port", str(port)), env, 3, has_work=False))
    supervisor.start(Child("dag-processor", airflow_command("dag-processor"), env, 3, has_work=False))
    queue = TaskQueue(runs, supervisor, SCHEDULER)
    stack = Stack(f"http://localhost:{port}", runs, supervisor, queue, settings, say)
    if before is not None:
        before()
    stack.wait(runs.is_up, "Airflow's API server", START_LIMIT_S)
    stack.wait(lambda: _parsed(stack, instant), "the DAG files", START_LIMIT_S)
    # The scheduler starts last: it must not continue an earlier launch or schedules that are off now.
    if not schedules:
        for stale in stack.ask(runs.unfinished):
            stack.ask(partial(runs.give_up, stale, "ended with the launcher that started it"))
    stack.ask(lambda: runs.set_pool(READER_POOL, settings.workers, "Parallel readers: one process and one core each"))
    forget = partial(airflow_metadata.forget_schedulers, settings)
    supervisor.start(Child(SCHEDULER, scheduler_command(), env, 60, worker_title=WORKER_TITLE, before=forget))
    stack.wait(runs.warm, "Airflow's execution API", START_LIMIT_S)
    stack.wait(lambda: set(runs.health().values()) == {"healthy"}, "Airflow's scheduler", START_LIMIT_S)
    say("Airflow is ready")
    return stack


def _parsed(stack: Stack, instant: datetime) -> bool:
    """Whether all DAG files were parsed after `instant`."""
    errors = stack.runs.import_errors(instant)
    if errors:
        raise RunFailed("DAG files cannot be loaded:\n" + "\n".join(errors))
    return stack.runs.parsed_since(instant) >= set(dag_ids(stack.settings))


def _trigger(stack: Stack, dag_id: str, run_id: str, conf: dict[str, str]) -> DagRun:
    return stack.ask(lambda: stack.runs.trigger(dag_id, run_id, conf))


def _follow(stack: Stack, runs: list[DagRun], shown: Progress, limit_s: float) -> None:
    """Waits until the runs have ended, however they end."""
    states: dict[DagRun, str] = {}
    scopes_of: dict[DagRun, Sequence[BatchScope | SiteDayScope]] = {}

    def ended() -> bool:
        for run in runs:
            if states.get(run) not in FINISHED:
                states[run] = stack.runs.state(run)
                scopes_of[run] = scopes_of.get(run) or stack.runs.scopes(run)
        shown.update([scope for scopes in scopes_of.values() for scope in scopes], states)
        return all(state in FINISHED for state in states.values())

    what = ", ".join(run.dag_id for run in runs)
    stack.wait(ended, what, limit_s, pause_s=1.0, progress=lambda: shown.seen)


def _closes(stack: Stack, mail: list[DagRun], run_id: str, conf: dict[str, str]) -> list[DagRun]:
    """The day closes that the mail runs' assets started, plus one of our own if an asset started none.

    Our own covers a launch that was interrupted between posting and closing, and an event that Airflow lost: it drops
    the second of two events if that arrives while the scheduler handles the first.
    """
    started: set[DagRun] = set()
    deadline = time.monotonic() + LOST_EVENT_S
    waiting = 0

    def all_begun() -> bool:
        nonlocal waiting
        waiting = 0
        for run in mail:
            open_events, begun = stack.runs.caused(run)
            waiting += open_events
            started.update(begun)
        return waiting == 0 or time.monotonic() > deadline

    stack.wait(all_begun, f"{CLOSE_DAG} after its asset", START_LIMIT_S, pause_s=0.5)
    own = [_trigger(stack, CLOSE_DAG, run_id, conf)] if waiting or not started else []
    return [*sorted(started, key=lambda run: run.run_id), *own]


def _check(stack: Stack, ended: list[DagRun]) -> None:
    logs = stack.settings.home / "logs" / "tasks"
    failed = [run for run in ended if stack.ask(partial(stack.runs.state, run)) != "success"]
    if failed:
        lines = [line for run in failed for line in stack.ask(partial(stack.runs.failures, run, logs))]
        raise RunFailed("\n".join([f"{', '.join(run.dag_id for run in failed)} failed", *lines]))
