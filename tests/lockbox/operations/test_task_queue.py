"""The task queue: a scheduler whose workers pick up nothing is restarted, one with busy workers is not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockbox.operations.dag_runs import QueuedTask, Runs, Unanswered
from lockbox.operations.processes import Child, Supervisor, workers_of
from lockbox.operations.task_queue import IDLE, PATIENCE_S, PATIENCE_WITH_BUSY_S, TaskQueue, waiting_too_long

LATER = datetime.now(UTC) + timedelta(days=1)
TASK = QueuedTask("lockbox_mail_dallas, batch.read", "1", LATER)
OTHER = QueuedTask("lockbox_mail_dallas, batch.post", "2", LATER + timedelta(seconds=1))


class ScriptedRuns(Runs):
    """Airflow with the tasks that the test sets."""

    def __init__(self) -> None:
        self.queued: list[QueuedTask] = [TASK]
        self.running, self.answers = 0, True

    def handed_out(self) -> tuple[list[QueuedTask], int]:
        if not self.answers:
            raise Unanswered("away")
        return self.queued, self.running


class Scheduler:
    """A scheduler with three workers, one of them busy, and a clock that the test advances."""

    def __init__(self, home: Path) -> None:
        self.messages: list[str] = []
        self.supervisor, self.airflow = Supervisor(home, self.messages.append), ScriptedRuns()
        titles = (f"worker: {IDLE}", f"worker: {IDLE}", "worker: read")
        spawn = " ".join(f'(exec -a "{title}" sleep 60) &' for title in titles)
        self.child = Child("scheduler", ("bash", "-c", f"{spawn} wait"), os.environ, 1, worker_title="worker: ")
        self.queue, self.clock = TaskQueue(self.airflow, self.supervisor, "scheduler"), 1000.0
        self.supervisor.start(self.child)
        while len(self.supervisor.worker_titles("scheduler")) < 3:
            time.sleep(0.01)

    def look(self, after_s: float) -> bool:
        """Whether the scheduler is alive after a look this much later."""
        self.clock += after_s
        self.queue.watch(self.clock)
        time.sleep(0.05)
        return self.child.is_alive


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    scheduler = Scheduler(tmp_path_factory.mktemp("home"))
    yield scheduler
    scheduler.supervisor.hurry()
    scheduler.supervisor.stop()


@pytest.fixture
def scheduler(living: Scheduler) -> Scheduler:
    """Shared by the tests; the one that ends it comes last."""
    living.airflow = living.queue.runs = ScriptedRuns()
    living.queue.seen, living.queue.look_at = {}, 0.0
    return living


def test_a_task_that_a_busy_worker_is_about_to_start_may_wait(scheduler: Scheduler) -> None:
    assert scheduler.look(0)
    assert scheduler.look(PATIENCE_WITH_BUSY_S - 1)


def test_time_in_which_airflow_does_not_answer_does_not_count(scheduler: Scheduler) -> None:
    scheduler.airflow.running = 1
    assert scheduler.look(0)
    scheduler.airflow.answers = False
    assert scheduler.look(PATIENCE_S)
    scheduler.airflow.answers = True
    assert scheduler.look(6)
    assert scheduler.look(PATIENCE_S - 6)


def test_a_task_queued_by_an_earlier_scheduler_does_not_count(scheduler: Scheduler) -> None:
    scheduler.airflow.running = 1
    scheduler.airflow.queued = [QueuedTask("late", "3", datetime.now(UTC) - timedelta(hours=1))]
    assert scheduler.look(0)
    assert scheduler.look(PATIENCE_S + 100)


def test_a_new_attempt_starts_its_own_wait(scheduler: Scheduler) -> None:
    scheduler.airflow.running = 1
    assert scheduler.look(0)
    scheduler.airflow.queued = [QueuedTask(TASK.name, "1b", LATER)]
    assert scheduler.look(PATIENCE_S)


def test_only_a_wait_with_a_free_worker_is_too_long() -> None:
    seen = {TASK: 0.0, OTHER: 0.0}
    assert waiting_too_long(seen, running=3, idle=0, busy=3, now=500) == []
    assert waiting_too_long(seen, running=1, idle=1, busy=1, now=PATIENCE_S) == [TASK, OTHER]
    assert waiting_too_long(seen, running=1, idle=1, busy=2, now=PATIENCE_S) == [OTHER]
    assert waiting_too_long(seen, running=1, idle=1, busy=1, now=PATIENCE_S - 1) == []


def test_a_busy_worker_without_a_task_gets_more_time() -> None:
    assert waiting_too_long({TASK: 0.0}, running=2, idle=0, busy=3, now=PATIENCE_WITH_BUSY_S - 1) == []
    assert waiting_too_long({TASK: 0.0}, running=2, idle=0, busy=3, now=PATIENCE_WITH_BUSY_S) == [TASK]
    assert waiting_too_long({TASK: 0.0}, running=0, idle=0, busy=0, now=PATIENCE_WITH_BUSY_S) == [TASK]


def test_the_titles_of_the_workers_are_seen(scheduler: Scheduler) -> None:
    assert scheduler.child.process is not None
    assert len(workers_of(scheduler.child.process.pid, f"worker: {IDLE}")) == 2


def test_a_task_that_no_idle_worker_picks_up_restarts_the_scheduler_once(scheduler: Scheduler) -> None:
    scheduler.airflow.running = 1
    assert scheduler.look(0)
    assert scheduler.look(PATIENCE_S - 1)
    assert not scheduler.look(6)
    assert scheduler.messages == [f"scheduler: {TASK.name} has been queued for 35 s although a worker is free"]
