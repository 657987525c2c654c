"""Long-running child processes: started in their own sessions, watched, restarted, stopped and cleaned up."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lockbox.errors import LockboxError

HOME_MARK, NAME_MARK = "LOCKBOX_LAUNCHED_HOME", "LOCKBOX_LAUNCHED_NAME"
DEATHS_ALLOWED, DEATHS_WINDOW_S = 5, 120.0
LOOK_AT_WORKERS_S = 0.5
LOG_LIMIT_BYTES = 10 * 2**20


class ProcessError(LockboxError):
    """A process keeps failing, or another launcher uses this home."""

    exit_code = 9


@dataclass(slots=True)
class Child:
    """A program that has to keep running: its name, its command and its state."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    grace_s: float = 20.0
    has_work: bool = True  # killing it may interrupt work, so it is reported
    before: Callable[[], None] | None = None  # runs before each start, while none of its processes run
    worker_title: str = ""  # of its workers, which share a queue: a killed one may leave the queue locked
    workers: frozenset[int] = frozenset()  # process ids last seen
    look_at: float = 0.0  # monotonic instant of the next check of the workers
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)  # monotonic instants
    due: float = 0.0  # monotonic instant of the next start
    launched_at: datetime | None = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps children alive until `stop`.

    Every process below a child carries two marks in its environment. They identify leftovers even if their parents are
    gone and process ids have been reused.
    """

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self._home, self._say = home.resolve(), say
        self._children: list[Child] = []
        self._in_a_hurry = False

    def start(self, child: Child) -> None:
        """Starts a child and watches it from now on."""
        self._children.append(child)
        self._launch(child)

    def watch(self) -> None:
        """Restarts children that died; call it about once a second.

        Raises:
            ProcessError: a child keeps dying; the message names its log and quotes the end.
        """
        now = time.monotonic()
        for child in self._children:
            if child.is_alive:
                self._check_workers(child, now)
                continue
            if child.process is not None:
                self._note_death(child, now)
            if now >= child.due:
                self._launch(child)

    def restart(self, name: str, why: str) -> None:
        """Kills a child. The next `watch()` ends its remaining processes and starts it again."""
        child = self._named(name)
        if child is not None and child.process is not None:
            self._say(f"{name}: {why}")
            child.workers = frozenset()
            child.process.kill()

    def launched_at(self, name: str) -> datetime | None:
        """When a child was last started; None if it is not alive."""
        child = self._named(name)
        return child.launched_at if child is not None and child.is_alive else None

    def worker_titles(self, name: str) -> list[str]:
        """The process titles of a child's living workers, which show what each is doing."""
        child = self._named(name)
        if child is None or child.process is None:
            return []
        return list(workers_of(child.process.pid, child.worker_title).values())

    def stop(self) -> None:
        """Stops the child started last, then all others together, each with its remaining processes."""
        for children in (self._children[-1:], self._children[:-1]):
            for child in children:
                if child.process is not None and child.is_alive:
                    child.process.terminate()
            for child in children:
                self._await_end(child)
        self._children.clear()

    def hurry(self) -> None:
        """Stops waiting for children that stop slowly."""
        self._in_a_hurry = True

    def log_path(self, name: str) -> Path:
        """Where a child's output goes."""
        return self._home / "logs" / f"{name}.log"

    def _named(self, name: str) -> Child | None:
        return next((child for child in self._children if child.name == name), None)

    def _launch(self, child: Child) -> None:
        marks = {
            HOME_MARK: str(self._home),
            NAME_MARK: child.name,
            "SPT_NOENV": "1",
        }  # process titles must not overwrite the marks
        path = self.log_path(child.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        if child.before is not None:
            child.before()
        child.launched_at = datetime.now(UTC)
        with path.open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                env={**child.environment, **marks},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._home,
                start_new_session=True,  # Ctrl-C reaches only the launcher, which stops them in order
            )

    def _check_workers(self, child: Child, now: float) -> None:
        """Restarts a child that lost a worker.

        Airflow's LocalExecutor hands out tasks through a queue. A worker killed while it waits there leaves the queue
        locked, and all other tasks stay queued forever. This detects it quickly; a worker killed before it was first
        seen is detected by the tasks that stay queued (`lockbox/operations/task_queue.py`).
        """
        if not child.worker_title or now < child.look_at:
            return
        assert child.process is not None
        child.look_at = now + LOOK_AT_WORKERS_S
        seen = frozenset(workers_of(child.process.pid, child.worker_title))
        lost, child.workers = child.workers - seen, seen
        if lost:
            self.restart(child.name, "a worker was killed; the others may wait for it forever")

    def _note_death(self, child: Child, now: float) -> None:
        assert child.process is not None
        code = child.process.returncode
        child.process = None
        child.workers = frozenset()  # of the dead one: the next one is not to be ended for having lost them
        child.deaths = [at for at in child.deaths if now - at < DEATHS_WINDOW_S] + [now]
        # Its tasks may still be running; a restarted scheduler would run them a second time in parallel.
        killed = kill_marked(self._home, child.name)
        if len(child.deaths) > DEATHS_ALLOWED:
            path = self.log_path(child.name)
            raise ProcessError(f"{child.name} died {len(child.deaths)} times; the end of {path}:\n{tail(path)}")
        delay_s = 0.0 if len(child.deaths) == 1 else 2.0 ** (len(child.deaths) - 2)
        child.due = now + delay_s
        left = f", {killed} of its processes ended" if killed else ""
        self._say(
            f"{child.name} died ({_ending(code)}{left}), restarting it" + (f" in {delay_s:.0f} s" * (delay_s > 0))
        )

    def _await_end(self, child: Child) -> None:
        if child.process is not None:
            deadline = time.monotonic() + child.grace_s
            while child.is_alive and time.monotonic() < deadline and not self._in_a_hurry:
                time.sleep(0.05)
            if child.is_alive:
                if child.has_work:
                    self._say(f"{child.name} did not stop in time and was killed")
                child.process.kill()
            child.process.wait()
        kill_marked(self._home, child.name)


def workers_of(pid: int, title: str) -> dict[int, str]:
    """The living direct children of a process whose title starts with `title`: process ids and full titles."""
    workers = {}
    with suppress(psutil.Error):
        for process in psutil.Process(pid).children():
            with suppress(psutil.Error):
                full_title = " ".join(process.cmdline())  # empty for a zombie
                if full_title.startswith(title):
                    workers[process.pid] = full_title
    return workers


def kill_marked(home: Path, name: str | None = None) -> int:
    """Kills every process with the marks of `home` (and of the child `name`); returns how many there were."""
    home_mark = str(home.resolve())
    marked = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            marks = process.environ()
            if marks.get(HOME_MARK) == home_mark and name in (None, marks.get(NAME_MARK)):
                marked.append(process)
    for process in marked:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(marked, timeout=5)
    return len(marked)


@contextmanager
def locked_home(home: Path) -> Iterator[None]:
    """Locks the home for this process. The lock ends with the process, however that ends.

    Raises:
        ProcessError: another launcher has the lock; the message names its process.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProcessError(f"{home}: in use by {_lock_owner(lock.name)}; stop it first (Ctrl-C, or kill)") from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "started": psutil.Process().create_time()}))
        lock.flush()
        yield
        lock.truncate(0)


def launcher_pid(home: Path) -> int | None:
    """Process id of the launcher that runs on this home, if one does."""
    try:
        with (home / "launcher.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValueError, KeyError):
            return int(json.loads((home / "launcher.lock").read_text())["pid"])
    except OSError:
        pass
    return None


@contextmanager
def stop_signals(hurry: Callable[[], None]) -> Iterator[None]:
    """The first SIGTERM or SIGINT raises KeyboardInterrupt; every later one calls `hurry`."""
    received = []

    def on_signal(number: int, _: object) -> None:
        received.append(number)
        if len(received) > 1:
            hurry()
            return
        raise KeyboardInterrupt

    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        if signal.getsignal(number) != signal.SIG_IGN  # as nohup leaves SIGHUP
    ]
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def _lock_owner(lock_name: str) -> str:
    with suppress(OSError, ValueError, KeyError):
        return f"the launcher with process id {json.loads(Path(lock_name).read_text())['pid']}"
    return "another launcher"


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
