"""Airflow's queue of tasks, seen from outside: whether tasks wait in it although workers are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lockbox.operations.dag_runs import QueuedTask, Runs, Unanswered
from lockbox.operations.processes import Supervisor

PATIENCE_S = 30.0  # a task that was handed out is taken up within a second, on a crowded machine within a few
# Workers that say they are busy may be about to start what they took, and wait for the API server so long.
PATIENCE_WITH_BUSY_S = 120.0
LOOK_EVERY_S = 5.0
IDLE = "<idle>"  # in the title of a worker that waits for a task


@dataclass(slots=True)
class TaskQueue:
    """Starts the scheduler anew when its workers no longer take up what it hands out.

    LocalExecutor's workers share one queue with one lock. A worker that ends or stands still with that lock keeps it:
    all other workers stay idle and every task stays `queued`. Restarting is safe at any time: the scheduler's tasks end
    with it, and the new one hands them out again.
    """

    runs: Runs
    supervisor: Supervisor
    scheduler: str  # the child's name
    seen: dict[QueuedTask, float] = field(default_factory=dict)  # monotonic instant of the first look at it
    look_at: float = 0.0  # monotonic instant of the next look

    def watch(self, now: float) -> None:
        """Looks whether tasks wait for ever, now and then (monotonic seconds); call it as often as you like."""
        launched_at = self.supervisor.launched_at(self.scheduler)
        if now < self.look_at or launched_at is None:
            return
        self.look_at = now + LOOK_EVERY_S
        try:
            queued, running = self.runs.handed_out()
        except Unanswered:  # workers may be held up by the same; nothing counts that was seen before
            self.seen.clear()
            return
        titles = self.supervisor.worker_titles(self.scheduler)
        idle = sum(IDLE in title for title in titles)
        # What an earlier scheduler queued lies in no queue any more: this one hands it out again by itself.
        self.seen = seen_queued(self.seen, [task for task in queued if task.queued_at >= launched_at], now)
        waiting = waiting_too_long(self.seen, running, idle, len(titles) - idle, now)
        if waiting:
            waited_s = now - self.seen[waiting[0]]
            self.seen = {}
            why = f"{waiting[0].name} is queued since {waited_s:.0f} s although a worker is free"
            self.supervisor.restart(self.scheduler, why)


def seen_queued(seen: Mapping[QueuedTask, float], queued: Iterable[QueuedTask], now: float) -> dict[QueuedTask, float]:
    """When each task that is queued now was seen so for the first time."""
    return {task: seen.get(task, now) for task in queued}


def waiting_too_long(
    seen: Mapping[QueuedTask, float], running: int, idle: int, busy: int, now: float
) -> list[QueuedTask]:
    """The tasks that wait longer than they can have reason to: `running` tasks, so many `idle` and `busy` workers.

    A task waits with reason while every worker runs one. A busy worker without a task that runs has taken one up and
    has yet to say so, which the API server may delay.
    """
    if running >= max(idle + busy, 1):
        return []
    since = sorted(seen.items(), key=lambda one: (one[1], one[0].queued_at))
    taken_up = max(0, busy - running)
    late = [task for task, at in since if now - at >= PATIENCE_S][taken_up:] if idle else []
    return late or [task for task, at in since if now - at >= PATIENCE_WITH_BUSY_S]
