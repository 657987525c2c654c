"""DAG runs over the REST API: signing in, retries, and the reason of a failed run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lockbox.operations.dag_runs import DagRun, RunFailed, Runs, Unanswered, password_of
from lockbox.scopes import BatchScope

Answer = tuple[int, Any]
RUN = DagRun("lockbox_mail_dallas", "run_1")
RUN_PATH = "/api/v2/dags/lockbox_mail_dallas/dagRuns/run_1"


class Server:
    """An API server with prepared answers that remembers the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[str], Answer]] = {"POST /auth/token": (201, {"access_token": "t1"})}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                key = f"{self.command} {self.path.split('?')[0]}"
                server.asked.append(f"{self.command} {self.path}")
                server.tokens.append(self.headers.get("Authorization", ""))
                answer = server.answers.get(key, (404, {}))
                status, body = answer(self.path) if callable(answer) else answer
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def runs(server: Server) -> Iterator[Runs]:
    made = Runs(server.url, "secret")
    yield made
    made.close()


def test_it_signs_in_once_and_again_when_the_token_has_expired(server: Server, runs: Runs) -> None:
    server.answers[f"GET {RUN_PATH}"] = (200, {"state": "running"})
    assert [runs.state(RUN), runs.state(RUN)] == ["running", "running"]
    assert server.asked.count("POST /auth/token") == 1
    server.answers[f"GET {RUN_PATH}"] = lambda _: (
        (200, {"state": "success"}) if server.tokens[-1].endswith("t2") else (401, {})
    )
    server.answers["POST /auth/token"] = (201, {"access_token": "t2"})
    assert runs.state(RUN) == "success"


def test_a_server_that_is_down_or_failing_is_unanswered_and_a_refusal_is_an_error(server: Server, runs: Runs) -> None:
    server.answers[f"GET {RUN_PATH}"] = (503, {"detail": "no database"})
    with pytest.raises(Unanswered, match="no database"):
        runs.state(RUN)
    server.answers[f"GET {RUN_PATH}"] = (403, {"detail": "not yours"})
    with pytest.raises(RunFailed, match="not yours"):
        runs.state(RUN)
    away = Runs("http://127.0.0.1:9", "secret")
    assert not away.is_up()
    assert not away.warm()
    with pytest.raises(Unanswered):
        away.state(RUN)


def test_triggering_a_run_again_returns_the_same_run(server: Server, runs: Runs) -> None:
    server.answers["POST /api/v2/dags/lockbox_mail_dallas/dagRuns"] = (409, {"detail": "exists"})
    assert runs.trigger("lockbox_mail_dallas", "run_1", {}) == RUN
    server.answers["POST /api/v2/dags/lockbox_mail_dallas/dagRuns"] = (400, {"detail": "bad conf"})
    with pytest.raises(RunFailed, match="bad conf"):
        runs.trigger("lockbox_mail_dallas", "run_1", {})


def test_all_pages_are_read(server: Server, runs: Runs) -> None:
    def page(path: str) -> Answer:
        start = int(path.split("offset=")[1].split("&")[0])
        page = [{"dag_id": "d", "dag_run_id": f"r{n}"} for n in range(start, min(start + 100, 150))]
        return 200, {"dag_runs": page, "total_entries": 150}

    server.answers["GET /api/v2/dags/~/dagRuns"] = page
    assert runs.unfinished() == [DagRun("d", f"r{n}") for n in range(150)]


def test_only_files_parsed_since_the_start_count(server: Server, runs: Runs) -> None:
    dags = [
        {"dag_id": name, "last_parsed_time": at}
        for name, at in (("old", "2026-11-16T10:00:00Z"), ("new", "2026-11-16T12:00:00.5Z"), ("never", None))
    ]
    server.answers["GET /api/v2/dags"] = (200, {"dags": dags, "total_entries": 3})
    assert runs.parsed_since(datetime(2026, 11, 16, 11, tzinfo=UTC)) == {"new"}


def test_events_that_started_no_run_yet_are_waited_for(server: Server, runs: Runs) -> None:
    begun = {"dag_id": "lockbox_day_close", "run_id": "asset_1", "state": "running"}
    events = [{"created_dagruns": [begun]}, {"created_dagruns": []}]
    server.answers["GET /api/v2/assets/events"] = (200, {"asset_events": events, "total_entries": 2})
    assert runs.caused(RUN) == (1, [DagRun("lockbox_day_close", "asset_1")])


def test_a_failed_task_is_named_with_batch_error_and_log(server: Server, runs: Runs, tmp_path: Path) -> None:
    def task(task_id: str, state: str, index: int, label: str | None) -> dict[str, Any]:
        return {
            "dag_id": RUN.dag_id,
            "dag_run_id": RUN.run_id,
            "task_id": task_id,
            "state": state,
            "map_index": index,
            "rendered_map_index": label,
            "try_number": 2,
        }

    tasks = [
        task("batch.ingest", "failed", 3, "dallas/2026-11-16/D004"),
        task("batch.read", "upstream_failed", 3, None),
        task("announce", "failed", -1, None),
    ]
    server.answers[f"GET {RUN_PATH}/taskInstances"] = (200, {"task_instances": tasks, "total_entries": 3})
    log = tmp_path / RUN.dag_id / RUN.run_id / "batch.ingest[3]" / "try2.log"
    log.parent.mkdir(parents=True)
    error = {"event": "Task failed", "error_detail": [{"exc_type": "InputError", "exc_value": "a.tif: truncated"}]}
    log.write_text('{"event": "begun"}\n' + json.dumps(error) + "\n")
    first, second = runs.failures(RUN, tmp_path)
    assert first == (
        f"  lockbox_mail_dallas, batch.ingest dallas/2026-11-16/D004: InputError: a.tif: truncated\n    log: {log}"
    )
    assert second.startswith("  lockbox_mail_dallas, announce\n    log: ")


def test_tasks_that_wait_for_a_worker_are_separated_from_those_that_run(server: Server, runs: Runs) -> None:
    def task(state: str, queued_when: str | None) -> dict[str, Any]:
        named = {"dag_id": "d", "task_id": "batch.read", "map_index": 2, "rendered_map_index": None, "id": "u1"}
        return named | {"state": state, "queued_when": queued_when}

    tasks = [task("queued", "2026-11-16T12:00:00Z"), task("running", "2026-11-16T11:59:00Z"), task("queued", None)]
    path = "GET /api/v2/dags/~/dagRuns/~/taskInstances"
    server.answers[path] = (200, {"task_instances": tasks, "total_entries": 3})
    queued, running = runs.handed_out()
    assert [task.name for task in queued] == ["d, batch.read 2"] * 2
    assert queued[0].queued_at == datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert running == 1
    assert "state=queued&state=running" in server.asked[-1]


def test_the_pool_is_created_once_and_then_resized(server: Server, runs: Runs) -> None:
    server.answers["POST /api/v2/pools"] = (201, {})
    server.answers["PATCH /api/v2/pools/readers"] = (200, {})
    runs.set_pool("readers", 2, "Readers at once")
    assert server.asked[-1] == "POST /api/v2/pools"
    server.answers["GET /api/v2/pools/readers"] = (200, {"slots": 2})
    runs.set_pool("readers", 4, "Readers at once")
    assert server.asked[-1] == "PATCH /api/v2/pools/readers"


def test_what_a_run_works_on_is_known_once_its_first_task_has_run(server: Server, runs: Runs) -> None:
    assert runs.scopes(RUN) == []
    path = f"GET {RUN_PATH}/taskInstances/waiting_batches/xcomEntries/return_value"
    server.answers[path] = (200, {"value": [{"scope": "dallas/2026-11-16/D001", "as_of": "x"}]})
    assert runs.scopes(RUN) == [BatchScope("dallas", date(2026, 11, 16), "D001")]


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "passwords.json").write_text('{"admin": "a1", "viewer": "v1"}')
    assert password_of("admin", tmp_path / "passwords.json") == "a1"
