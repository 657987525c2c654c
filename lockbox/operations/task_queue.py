"""Airflow's task queue, watched from outside: finds tasks that wait although workers are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lockbox.operations.dag_runs import QueuedTask, Runs, Unanswered
from lockbox.operations.processes import Supervisor

PATIENCE_S = 30.0  # a worker picks up a task within a second, on a busy machine within a few
# A busy worker may be about to start its task and still be waiting for the API server.
PATIENCE_WITH_BUSY_S = 120.0
LOOK_EVERY_S = 5.0
IDLE = "<idle>"  # in the title of a worker that waits for a task


@dataclass(slots=True)
class TaskQueue:
    """Restarts the scheduler when its workers no longer pick up tasks.

    LocalExecutor's workers share one queue with one lock. A worker that ends or hangs while it has the lock never
    releases it: all other workers stay idle and every task stays `queued`. Restarting is safe at any time: the
    scheduler's tasks end with it, and the new scheduler queues them again.
    """

    runs: Runs
    supervisor: Supervisor
    scheduler: str  # the child's name
    seen: dict[QueuedTask, float] = field(default_factory=dict)  # monotonic instant of the first look at it
    look_at: float = 0.0  # monotonic instant of the next look

    def watch(self, now: float) -> None:
        """Checks now and then whether tasks wait forever (`now` in monotonic seconds); call it as often as you like."""
        launched_at = self.supervisor.launched_at(self.scheduler)
        if now < self.look_at or launched_at is None:
            return
        self.look_at = now + LOOK_EVERY_S
        try:
            queued, running = self.runs.handed_out()
        except Unanswered:  # the workers may be waiting for the server, too: start over
            self.seen.clear()
            return
        titles = self.supervisor.worker_titles(self.scheduler)
        idle = sum(IDLE in title for title in titles)
        # Tasks queued by an earlier scheduler are in no queue now: this scheduler queues them again by itself.
        self.seen = seen_queued(self.seen, [task for task in queued if task.queued_at >= launched_at], now)
        waiting = waiting_too_long(self.seen, running, idle, len(titles) - idle, now)
        if waiting:
            waited_s = now - self.seen[waiting[0]]
            self.seen = {}
            why = f"{waiting[0].name} has been queued for {waited_s:.0f} s although a worker is free"
            self.supervisor.restart(self.scheduler, why)


def seen_queued(seen: Mapping[QueuedTask, float], queued: Iterable[QueuedTask], now: float) -> dict[QueuedTask, float]:
    """When each task that is queued now was first seen in the queue."""
    return {task: seen.get(task, now) for task in queued}


def waiting_too_long(
    seen: Mapping[QueuedTask, float], running: int, idle: int, busy: int, now: float
) -> list[QueuedTask]:
    """The tasks that wait without reason, given the number of `running` tasks and of `idle` and `busy` workers.

    A task may wait while every worker runs one. A busy worker without a running task has picked one up and has yet to
    report it, which the API server may delay.
    """
    if running >= max(idle + busy, 1):
        return []
    since = sorted(seen.items(), key=lambda entry: (entry[1], entry[0].queued_at))
    taken_up = max(0, busy - running)
    late = [task for task, at in since if now - at >= PATIENCE_S][taken_up:] if idle else []
    return late or [task for task, at in since if now - at >= PATIENCE_WITH_BUSY_S]
