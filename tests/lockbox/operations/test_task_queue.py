"""The queue of tasks: a scheduler whose workers take nothing up is started anew, one whose workers are busy is not."""

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


class Told(Runs):
    """Airflow as the test tells it."""

    def __init__(self) -> None:
        self.queued: list[QueuedTask] = [TASK]
        self.running, self.answers = 0, True

    def handed_out(self) -> tuple[list[QueuedTask], int]:
        if not self.answers:
            raise Unanswered("away")
        return self.queued, self.running


class Brood:
    """A scheduler with three workers, one of them busy, and a clock that the test turns."""

    def __init__(self, home: Path) -> None:
        self.said: list[str] = []
        self.supervisor, self.told = Supervisor(home, self.said.append), Told()
        titles = (f"worker: {IDLE}", f"worker: {IDLE}", "worker: read")
        spawn = " ".join(f'(exec -a "{title}" sleep 60) &' for title in titles)
        self.child = Child("scheduler", ("bash", "-c", f"{spawn} wait"), os.environ, 1, worker_title="worker: ")
        self.queue, self.clock = TaskQueue(self.told, self.supervisor, "scheduler"), 1000.0
        self.supervisor.start(self.child)
        while len(self.supervisor.worker_titles("scheduler")) < 3:
            time.sleep(0.01)

    def look(self, after_s: float) -> bool:
        """Whether the scheduler still runs after a look so much later."""
        self.clock += after_s
        self.queue.watch(self.clock)
        time.sleep(0.05)
        return self.child.is_alive


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brood]:
    made = Brood(tmp_path_factory.mktemp("home"))
    yield made
    made.supervisor.hurry()
    made.supervisor.stop()


@pytest.fixture
def brood(living: Brood) -> Brood:
    """It is shared: the one test that ends it comes last."""
    living.told = living.queue.runs = Told()
    living.queue.seen, living.queue.look_at = {}, 0.0
    return living


def test_a_task_that_a_busy_worker_is_about_to_start_is_no_reason(brood: Brood) -> None:
    assert brood.look(0)
    assert brood.look(PATIENCE_WITH_BUSY_S - 1)


def test_time_in_which_airflow_does_not_answer_does_not_count(brood: Brood) -> None:
    brood.told.running = 1
    assert brood.look(0)
    brood.told.answers = False
    assert brood.look(PATIENCE_S)
    brood.told.answers = True
    assert brood.look(6)
    assert brood.look(PATIENCE_S - 6)


def test_what_an_earlier_scheduler_queued_does_not_end_this_one(brood: Brood) -> None:
    brood.told.running = 1
    brood.told.queued = [QueuedTask("late", "3", datetime.now(UTC) - timedelta(hours=1))]
    assert brood.look(0)
    assert brood.look(PATIENCE_S + 100)


def test_a_new_try_waits_anew(brood: Brood) -> None:
    brood.told.running = 1
    assert brood.look(0)
    brood.told.queued = [QueuedTask(TASK.name, "1b", LATER)]
    assert brood.look(PATIENCE_S)


def test_only_waiting_beside_a_free_worker_is_too_long() -> None:
    seen = {TASK: 0.0, OTHER: 0.0}
    assert waiting_too_long(seen, running=3, idle=0, busy=3, now=500) == []
    assert waiting_too_long(seen, running=1, idle=1, busy=1, now=PATIENCE_S) == [TASK, OTHER]
    assert waiting_too_long(seen, running=1, idle=1, busy=2, now=PATIENCE_S) == [OTHER]
    assert waiting_too_long(seen, running=1, idle=1, busy=1, now=PATIENCE_S - 1) == []


def test_workers_that_are_busy_with_no_task_are_given_longer() -> None:
    assert waiting_too_long({TASK: 0.0}, running=2, idle=0, busy=3, now=PATIENCE_WITH_BUSY_S - 1) == []
    assert waiting_too_long({TASK: 0.0}, running=2, idle=0, busy=3, now=PATIENCE_WITH_BUSY_S) == [TASK]
    assert waiting_too_long({TASK: 0.0}, running=0, idle=0, busy=0, now=PATIENCE_WITH_BUSY_S) == [TASK]


def test_the_titles_of_the_workers_are_seen(brood: Brood) -> None:
    assert brood.child.process is not None
    assert len(workers_of(brood.child.process.pid, f"worker: {IDLE}")) == 2


def test_a_task_that_no_idle_worker_takes_up_ends_the_scheduler_once(brood: Brood) -> None:
    brood.told.running = 1
    assert brood.look(0)
    assert brood.look(PATIENCE_S - 1)
    assert not brood.look(6)
    assert brood.said == [f"scheduler: {TASK.name} is queued since 35 s although a worker is free"]
