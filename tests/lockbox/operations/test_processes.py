"""Child processes: kept alive, stopped in order, found after a kill, and never two launchers for one home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lockbox.operations import processes
from lockbox.operations.processes import (
    Child,
    ProcessError,
    Supervisor,
    kill_marked,
    launcher_pid,
    locked_home,
    stop_signals,
    tail,
)

SLEEP = (sys.executable, "-c", "import time; time.sleep(100)")
SHORT = (sys.executable, "-c", "print('no such table'); raise SystemExit(3)")
# A child that leaves its own child process behind, as a killed scheduler leaves its tasks.
PARENT = (
    sys.executable,
    "-c",
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(99)'])",
)
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(99)",
)


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, messages: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, messages.append)
    yield supervisor
    supervisor.hurry()
    supervisor.stop()


def child_of(name: str, command: tuple[str, ...] = SLEEP, grace_s: float = 5.0) -> Child:
    return Child(name, command, dict(os.environ), grace_s)


def until(done: Callable[[], bool], limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.02)


def pid_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def has_died(child: Child) -> bool:
    return not child.is_alive


def test_a_dead_child_is_started_again_with_a_message(supervisor: Supervisor, messages: list[str]) -> None:
    child = child_of("scheduler")
    supervisor.start(child)
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    until(lambda: has_died(child))
    supervisor.watch()
    assert child.is_alive
    assert pid_of(child) != first
    assert messages == ["scheduler died (SIGKILL), restarting it"]


def test_the_hook_runs_before_each_start(supervisor: Supervisor) -> None:
    lives: list[bool] = []
    child = child_of("scheduler")
    child.before = lambda: lives.append(child.is_alive)
    supervisor.start(child)
    os.kill(pid_of(child), signal.SIGKILL)
    until(lambda: has_died(child))
    supervisor.watch()
    assert lives == [False, False]


def test_a_child_that_keeps_dying_is_given_up_with_the_end_of_its_log(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "DEATHS_ALLOWED", 1)
    child = child_of("dag-processor", SHORT)
    supervisor.start(child)
    until(lambda: has_died(child))
    supervisor.watch()
    until(lambda: has_died(child))
    with pytest.raises(ProcessError, match=r"dag-processor died 2 times(.|\n)*no such table"):
        supervisor.watch()


def test_the_second_death_in_a_row_waits_before_the_next_start(supervisor: Supervisor, messages: list[str]) -> None:
    child = child_of("api-server", SHORT)
    supervisor.start(child)
    for _ in range(2):
        until(lambda: has_died(child))
        supervisor.watch()
    assert child.process is None
    assert "in 1 s" in messages[-1]

    def restarted() -> bool:
        supervisor.watch()
        return child.process is not None

    until(restarted, limit_s=5)


def test_processes_of_a_dead_child_end_before_it_starts_again(supervisor: Supervisor, messages: list[str]) -> None:
    child = child_of("scheduler", PARENT)
    supervisor.start(child)
    until(lambda: bool(psutil.Process(pid_of(child)).children()))
    (orphan,) = psutil.Process(pid_of(child)).children()
    os.kill(pid_of(child), signal.SIGKILL)
    until(lambda: has_died(child))
    supervisor.watch()
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert "1 of its processes ended" in messages[0]


def test_stopping_ends_the_last_started_first(supervisor: Supervisor, tmp_path: Path) -> None:
    slow = (
        "import signal, sys, time; signal.signal(15, lambda *_: (time.sleep(0.3), print(time.monotonic()), sys.exit()))"
    )
    names = ("api-server", "scheduler")
    for name in names:
        supervisor.start(child_of(name, (sys.executable, "-c", f"{slow}; print('up', flush=True); time.sleep(99)")))
    until(lambda: all("up" in tail(supervisor.log_path(name)) for name in names))
    supervisor.stop()
    ends = {name: float(supervisor.log_path(name).read_text().split()[-1]) for name in names}
    assert ends["api-server"] - ends["scheduler"] > 0.25
    assert kill_marked(tmp_path) == 0


def test_a_child_that_does_not_stop_is_killed(supervisor: Supervisor, messages: list[str]) -> None:
    child = child_of("scheduler", STUBBORN, grace_s=0.3)
    supervisor.start(child)
    until(lambda: "up" in tail(supervisor.log_path("scheduler")))
    supervisor.stop()
    assert not child.is_alive
    assert messages == ["scheduler did not stop in time and was killed"]


@pytest.mark.thorough
def test_leftovers_of_a_killed_launcher_are_found_and_those_of_another_home_are_left_alone(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lockbox.operations.processes import Child, Supervisor;"
        f"Supervisor(Path(sys.argv[1]), print).start(Child('scheduler', {SLEEP!r}, dict(os.environ)));"
        "os.kill(os.getpid(), 9)"
    )
    first, second = tmp_path / "first", tmp_path / "second"
    for home in (first, second):
        home.mkdir()
        subprocess.run([sys.executable, "-c", code, str(home)], check=False)
    assert kill_marked(first) == 1
    assert kill_marked(first) == 0
    assert kill_marked(second) == 1


def test_a_second_launcher_is_refused_by_the_number_of_the_first(tmp_path: Path) -> None:
    with locked_home(tmp_path):
        code = "import sys; from pathlib import Path; from lockbox.operations.processes import locked_home"
        code += "; locked_home(Path(sys.argv[1])).__enter__()"
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert f"in use by the launcher with process id {os.getpid()}" in second.stderr
        assert launcher_pid(tmp_path) == os.getpid()
    assert launcher_pid(tmp_path) is None
    with locked_home(tmp_path):  # free again
        pass


def test_a_killed_launcher_leaves_the_home_free(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lockbox.operations.processes import locked_home\n"
        "with locked_home(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert launcher_pid(tmp_path) is None
    with locked_home(tmp_path):
        assert launcher_pid(tmp_path) == os.getpid()


def test_the_first_signal_interrupts_and_the_second_hurries() -> None:
    hurried: list[bool] = []
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals(lambda: hurried.append(True)):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert hurried == []
        signal.raise_signal(signal.SIGTERM)  # SIGINT is ignored where the tests run in the background
    assert hurried == [True]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.thorough
def test_a_child_that_lost_a_worker_is_started_again(supervisor: Supervisor, messages: list[str]) -> None:
    workers = 'for n in 1 2; do (exec -a "some worker $n" sleep 60) & done; wait'
    brood = Child("brood", ("bash", "-c", workers), os.environ, 1, worker_title="some worker")
    supervisor.start(brood)

    def has_both() -> bool:
        supervisor.watch()
        return len(brood.workers) == 2

    until(has_both)
    first = pid_of(brood)
    psutil.Process(min(brood.workers)).kill()
    until(lambda: not has_both())
    until(has_both)
    assert pid_of(brood) != first
    assert len(brood.deaths) == 1
    assert any("brood: a worker was killed" in message for message in messages)


@pytest.mark.thorough
def test_the_successor_of_a_killed_child_is_left_alone(supervisor: Supervisor, messages: list[str]) -> None:
    """The workers of the dead one are not missed in the new one."""
    workers = 'for n in 1 2; do (exec -a "some worker $n" sleep 60) & done; wait'
    brood = Child("brood", ("bash", "-c", workers), os.environ, 1, worker_title="some worker")
    supervisor.start(brood)

    def has_both() -> bool:
        supervisor.watch()
        return len(brood.workers) == 2

    until(has_both)
    first = pid_of(brood)
    psutil.Process(first).kill()
    until(lambda: not brood.is_alive)
    until(has_both)
    second = pid_of(brood)
    for _ in range(8):
        supervisor.watch()
        time.sleep(0.2)
    assert pid_of(brood) == second != first
    assert len(brood.deaths) == 1
    assert not any("a worker was killed" in message for message in messages)
