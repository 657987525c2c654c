"""Airflow's DAG runs, watched and started over its REST API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from lockbox.errors import LockboxError
from lockbox.scopes import BatchScope, SiteDayScope

FINISHED = frozenset({"success", "failed"})

# The task whose result lists what a run works on, and how to parse that.
FIRST_TASKS: Mapping[str, tuple[str, Callable[[str], BatchScope | SiteDayScope]]] = {
    "lockbox_day_close": ("closable_days", SiteDayScope.parse)
}
FIRST_TASK_OF_MAIL = ("waiting_batches", BatchScope.parse)


class RunFailed(LockboxError):
    """A DAG run failed or did not end in time; the message names DAG, task and log file."""

    exit_code = 10


class Unanswered(LockboxError):
    """The API server does not answer now: it may be starting or restarting."""


@dataclass(frozen=True, slots=True)
class DagRun:
    """One run of one DAG."""

    dag_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """One attempt of a task that was handed to the workers but not picked up."""

    name: str
    id: str  # unique per attempt
    queued_at: datetime


class Runs:
    """A client of one API server; signs in as `admin` with the password made at setup.

    Every call raises Unanswered when the server does not answer, and RunFailed when it refuses.
    """

    def __init__(self, url: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=15.0, trust_env=False)
        self._url, self._password = url, password

    def close(self) -> None:
        self._client.close()

    def is_up(self) -> bool:
        """Whether the API server answers at all."""
        try:
            return self._client.get("/api/v2/monitor/health", timeout=5.0).status_code == 200
        except httpx.HTTPError:
            return False

    def warm(self) -> bool:
        """Starts the API that tasks use, which takes seconds once; returns whether it answers."""
        try:
            # Without our token: it is not a task's token, and the server would log a complaint.
            return httpx.get(f"{self._url}/execution/health", timeout=60.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def health(self) -> dict[str, str]:
        """State of metadatabase, scheduler and dag_processor: healthy, unhealthy or none."""
        health = self._ask("GET", "/api/v2/monitor/health")
        return {
            part: str(health.get(part, {}).get("status")) for part in ("metadatabase", "scheduler", "dag_processor")
        }

    def parsed_since(self, instant: datetime) -> set[str]:
        """Ids of the DAGs whose file was parsed after `instant` (aware)."""
        dags = self._pages("/api/v2/dags", "dags")
        return {dag["dag_id"] for dag in dags if _at(dag["last_parsed_time"]) >= instant}

    def import_errors(self, instant: datetime) -> list[str]:
        """The import errors of DAG files since `instant`, one text each."""
        errors = self._pages("/api/v2/importErrors", "import_errors")
        recent = [error for error in errors if _at(error["timestamp"]) >= instant]
        return [f"{error['filename']}:\n{error['stack_trace'].strip()}" for error in recent]

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Creates the pool, or sets its number of slots."""
        pool = {"slots": slots, "description": description, "include_deferred": False}
        if self._send("GET", f"/api/v2/pools/{name}").status_code == 404:
            self._ask("POST", "/api/v2/pools", {"name": name, **pool})
        else:
            self._ask("PATCH", f"/api/v2/pools/{name}", {"pool": name, **pool})

    def unfinished(self) -> list[DagRun]:
        """Runs that are queued or running, of all DAGs."""
        runs = self._pages("/api/v2/dags/~/dagRuns", "dag_runs", state=["queued", "running"])
        return [DagRun(run["dag_id"], run["dag_run_id"]) for run in runs]

    def give_up(self, run: DagRun, note: str) -> None:
        """Marks a run failed, so that neither it nor its tasks block the next one."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}"
        self._ask("PATCH", path, {"state": "failed", "note": note})

    def unpause(self, dag_ids: Iterable[str]) -> None:
        """Unpauses DAGs."""
        for dag_id in dag_ids:
            self._ask("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False}, update_mask="is_paused")

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> DagRun:
        """Starts a run."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        answer = self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)
        if answer.is_error and answer.status_code != 409:  # 409: already triggered, the response was lost
            raise RunFailed(f"Airflow did not start {dag_id}: {answer.status_code} {answer.text[:300]}")
        return DagRun(dag_id, run_id)

    def state(self, run: DagRun) -> str:
        """The run's state now: queued, running, success or failed."""
        return str(self._ask("GET", f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}")["state"])

    def caused(self, run: DagRun) -> tuple[int, list[DagRun]]:
        """How many asset events of a run have started nothing yet, and the runs that the others started."""
        events = self._pages(
            "/api/v2/assets/events", "asset_events", source_dag_id=run.dag_id, source_run_id=run.run_id
        )
        begun = [DagRun(run["dag_id"], run["run_id"]) for event in events for run in event["created_dagruns"]]
        waiting = sum(1 for event in events if not event["created_dagruns"])
        return waiting, begun

    def scopes(self, run: DagRun) -> list[BatchScope | SiteDayScope]:
        """The batches or site days that a run works on, as its first task returned them."""
        first, parse = FIRST_TASKS.get(run.dag_id, FIRST_TASK_OF_MAIL)
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{first}/xcomEntries/return_value"
        answer = self._send("GET", path)
        if answer.is_error:  # the task has not run yet
            return []
        return [parse(work["scope"]) for work in answer.json()["value"]]

    def handed_out(self) -> tuple[list[QueuedTask], int]:
        """The tasks of all DAGs that wait for a worker, and how many are running."""
        path = "/api/v2/dags/~/dagRuns/~/taskInstances"
        tasks = self._pages(path, "task_instances", state=["queued", "running"])
        queued = [
            QueuedTask(_task_name(task), task["id"], _at(task["queued_when"]))
            for task in tasks
            if task["state"] == "queued"
        ]
        return queued, len(tasks) - len(queued)

    def failures(self, run: DagRun, logs: Path) -> list[str]:
        """The failed tasks of a run, each with the log of its last attempt under `logs`."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        failed = [task for task in self._pages(path, "task_instances") if task["state"] == "failed"]
        return [f"  {_task_name(task)}{_reason(log)}\n    log: {log}" for task in failed for log in [_log(logs, task)]]

    def _pages(self, path: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", path, limit=100, offset=len(entries), **parameters)
            entries += page[key]
            if not page[key] or len(entries) >= (page.get("total_entries") or 0):
                return entries

    def _ask(self, method: str, path: str, body: Any = None, **parameters: Any) -> dict[str, Any]:
        answer = self._send(method, path, body, **parameters)
        if answer.is_error:
            raise RunFailed(f"Airflow's API: {method} {path}: {answer.status_code} {answer.text[:300]}")
        content: dict[str, Any] = answer.json()
        return content

    def _send(self, method: str, path: str, body: Any = None, **parameters: Any) -> httpx.Response:
        try:
            if "Authorization" not in self._client.headers:
                self._sign_in()
            answer = self._client.request(method, path, json=body, params=parameters)
            if answer.status_code == 401:  # the token has expired
                self._sign_in()
                answer = self._client.request(method, path, json=body, params=parameters)
        except httpx.HTTPError as error:
            raise Unanswered(f"Airflow's API: {method} {path}: {error or type(error).__name__}") from error
        if answer.status_code >= 500:
            raise Unanswered(f"Airflow's API: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _sign_in(self) -> None:
        answer = self._client.post("/auth/token", json={"username": "admin", "password": self._password})
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def password_of(user: str, passwords: Path) -> str:
    """A user's password from the file made at setup."""
    return str(json.loads(passwords.read_text())[user])


def _at(timestamp: str | None) -> datetime:
    return datetime.fromisoformat(timestamp) if timestamp else datetime.min.replace(tzinfo=UTC)


def _task_name(task: dict[str, Any]) -> str:
    scope = task["rendered_map_index"] or (str(task["map_index"]) if task["map_index"] >= 0 else "")
    return f"{task['dag_id']}, {task['task_id']} {scope}".rstrip()


def _reason(log: Path) -> str:
    """The error at the end of a task's log; Airflow writes one JSON object per line."""
    with suppress(OSError, ValueError, LookupError):
        errors = [line for line in log.read_text().splitlines() if '"error_detail"' in line]
        detail = json.loads(errors[-1])["error_detail"][0]
        return f": {detail['exc_type']}: {detail['exc_value']}"
    return ""


def _log(logs: Path, task: dict[str, Any]) -> Path:
    mapped = f"[{task['map_index']}]" if task["map_index"] >= 0 else ""
    return logs.joinpath(
        task["dag_id"], task["dag_run_id"], f"{task['task_id']}{mapped}", f"try{task['try_number']}.log"
    )
