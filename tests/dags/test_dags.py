"""The DAG files: they load, the ids are complete, and schedules, order and failure handling are set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lockbox.operations.launcher import dag_ids
from lockbox.settings import ROOT, Settings

# Airflow reads its environment when it is imported and stays in memory: a separate process avoids both.
LOAD = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=Path(sys.argv[1]), bundle_name="dags-folder")
print("DAGS" + json.dumps({
    "errors": bag.import_errors,
    "dags": {
        dag.dag_id: {
            "doc": dag.doc_md,
            "name": dag.dag_display_name,
            "said": dag.description,
            "zone": str(getattr(getattr(dag.timetable, "timetable", dag.timetable), "timezone", "")),
            "schedule": type(dag.timetable).__name__,
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "params": list(dag.params),
            "tags": sorted(dag.tags),
            "tasks": {
                task.task_id: {
                    "doc": task.doc_md, "retries": task.retries, "pool": task.pool,
                    "timeout_s": task.execution_timeout.total_seconds() if task.execution_timeout else None,
                    "upstream": sorted(task.upstream_task_ids), "rule": task.trigger_rule.value,
                    "policy": task.retry_policy.serialize() if task.retry_policy else None,
                    "outlets": [asset.name for asset in task.outlets], "notices": bool(task.on_failure_callback),
                } for task in dag.tasks
            },
        } for dag in bag.dags.values()
    },
}))
"""

pytestmark = pytest.mark.airflow


def load(home: Path, **environment: str) -> dict[str, Any]:
    """All DAG files, loaded as Airflow loads them."""
    variables = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "LOCKBOX_HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD, str(ROOT / "dags")],
        env=os.environ | variables | environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("DAGS"))
    loaded: dict[str, Any] = json.loads(line.removeprefix("DAGS"))
    return loaded


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return load(tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def mail(loaded: dict[str, Any]) -> dict[str, Any]:
    tasks: dict[str, Any] = loaded["dags"]["lockbox_mail_dallas"]["tasks"]
    return tasks


@pytest.fixture(scope="module")
def close(loaded: dict[str, Any]) -> dict[str, Any]:
    tasks: dict[str, Any] = loaded["dags"]["lockbox_day_close"]["tasks"]
    return tasks


def test_the_dags_are_those_of_the_profile_and_load_without_errors(loaded: dict[str, Any]) -> None:
    assert loaded["errors"] == {}
    assert set(loaded["dags"]) == {
        "lockbox_mail_dallas",
        "lockbox_mail_richardson",
        "lockbox_exceptions",
        "lockbox_day_close",
        "lockbox_grace_period_and_delinquency",
        "lockbox_statements_and_notices",
        "lockbox_audit",
        "lockbox_alerts",
    }
    assert set(dag_ids(Settings())) == set(loaded["dags"])


def test_every_dag_has_a_page_an_instant_and_one_run_at_a_time(loaded: dict[str, Any]) -> None:
    for dag in loaded["dags"].values():
        assert dag["doc"].strip().startswith("# ")
        assert dag["params"] == ["as_of"]
        assert (dag["max_active_runs"], dag["catchup"]) == (1, False)
        assert "lockbox" in dag["tags"]
    assert "1501 North Plano Rd" in loaded["dags"]["lockbox_mail_richardson"]["doc"]


def test_every_dag_has_a_name_for_people_and_times_in_its_sites_zone(loaded: dict[str, Any]) -> None:
    names = {dag_id: dag["name"] for dag_id, dag in loaded["dags"].items()}
    assert names == {
        "lockbox_mail_dallas": "Mail: Dallas",
        "lockbox_mail_richardson": "Mail: Richardson",
        "lockbox_exceptions": "Exceptions",
        "lockbox_day_close": "Day close",
        "lockbox_grace_period_and_delinquency": "Night: grace period and delinquency",
        "lockbox_statements_and_notices": "Statements and notices",
        "lockbox_audit": "Weekly audit",
        "lockbox_alerts": "Alerts",
    }
    for dag in loaded["dags"].values():
        assert "America/Chicago" in dag["zone"]
        assert "America/Chicago" in dag["tags"]
        assert not any(hour in dag["said"] for hour in ("a.m.", "p.m.")) or "(America/Chicago)" in dag["said"]


def test_every_task_explains_itself(loaded: dict[str, Any]) -> None:
    bare = [
        (dag_id, task_id)
        for dag_id, dag in loaded["dags"].items()
        for task_id, task in dag["tasks"].items()
        if len((task["doc"] or "").split()) < 6
    ]
    assert bare == []


def test_every_task_has_retries_a_time_limit_and_a_failure_notifier(loaded: dict[str, Any]) -> None:
    for dag in loaded["dags"].values():
        for task in dag["tasks"].values():
            assert task["retries"] == 2
            assert task["timeout_s"] <= 1800
            assert task["notices"]


def test_bad_input_and_superseded_attempts_are_not_retried(mail: dict[str, Any]) -> None:
    rules = mail["batch.post"]["policy"]["rules"]
    failing = {
        name for rule in rules if rule["action"] == "fail" for name in [rule["exception"]] for name in _all(name)
    }
    assert failing == {
        f"lockbox.errors.{name}"
        for name in (
            *("InputError", "ConflictError", "OutOfBalance", "UsageError", "OpenDifferences", "Fenced", "LockboxError"),
        )
    }
    assert mail["batch.post"]["policy"]["default"] == "default"


def test_a_batch_goes_through_its_stages_in_order(mail: dict[str, Any]) -> None:
    assert "batch.ingest" in mail["batch.read"]["upstream"]
    assert "batch.read" in mail["batch.decide"]["upstream"]
    assert "batch.decide" in mail["batch.post"]["upstream"]
    assert "batch.post" not in mail["batch.ingest"]["upstream"]


def test_only_readers_take_a_slot_of_the_reader_pool(mail: dict[str, Any]) -> None:
    assert [name for name, task in mail.items() if task["pool"] == "readers"] == ["batch.read"]


def test_one_failed_batch_does_not_stop_the_announcement_and_fails_the_run(mail: dict[str, Any]) -> None:
    assert mail["announce"]["rule"] == "all_done_min_one_success"
    assert mail["announce"]["outlets"] == ["lockbox_posted"]
    assert mail["no_batch_failed"]["rule"] == "none_failed"
    assert mail["no_batch_failed"]["upstream"] == ["batch.post"]


def test_a_day_that_does_not_close_does_not_stop_the_report_and_fails_the_run(close: dict[str, Any]) -> None:
    assert close["report"]["rule"] == "all_done"
    assert close["all_closed"]["rule"] == "none_failed"
    assert {"close", "expectations", "report"} <= set(close["all_closed"]["upstream"])


def test_open_differences_fail_the_run_and_do_not_hold_up_the_night(close: dict[str, Any]) -> None:
    assert close["open_differences"]["rule"] == "all_done"
    assert "close" in close["open_differences"]["upstream"]
    assert "open_differences" not in close["all_closed"]["upstream"]
    assert not any("open_differences" in task["upstream"] for task in close.values())  # a last task: the run is red


def test_the_close_follows_the_asset_and_the_clock(loaded: dict[str, Any]) -> None:
    assert loaded["dags"]["lockbox_day_close"]["schedule"] == "AssetOrTimeSchedule"
    assert loaded["dags"]["lockbox_mail_dallas"]["schedule"] == "CronTriggerTimetable"


def test_what_people_decided_follows_an_asset_and_the_clock_and_tells_the_close(loaded: dict[str, Any]) -> None:
    dag = loaded["dags"]["lockbox_exceptions"]
    assert dag["schedule"] == "AssetOrTimeSchedule"
    assert dag["tasks"]["announce"]["upstream"] == ["finish"]
    assert dag["tasks"]["announce"]["rule"] == "all_success"
    assert dag["tasks"]["announce"]["outlets"] == ["lockbox_posted"]


def test_the_night_follows_the_close_and_the_clock_one_at_a_time(loaded: dict[str, Any]) -> None:
    night = loaded["dags"]["lockbox_grace_period_and_delinquency"]
    assert night["schedule"] == "AssetOrTimeSchedule"
    assert loaded["dags"]["lockbox_day_close"]["tasks"]["all_closed"]["outlets"] == ["lockbox_closed"]
    assert night["tasks"]["night"]["upstream"] == ["waiting_nights"]
    assert night["tasks"]["late_nights"]["rule"] == "all_done"
    assert night["tasks"]["no_night_failed"]["rule"] == "none_failed"
    assert night["tasks"]["no_night_failed"]["upstream"] == ["night"]


def test_waiting_notices_are_sent_even_if_statements_fail(loaded: dict[str, Any]) -> None:
    dag = loaded["dags"]["lockbox_statements_and_notices"]
    assert dag["tasks"]["send"]["rule"] == "all_done"
    assert dag["tasks"]["send"]["upstream"] == ["notices"]
    assert dag["tasks"]["print_runs"]["upstream"] == ["newest_night", "statements"]
    assert dag["tasks"]["notices"]["upstream"] == ["newest_night", "statements"]
    assert dag["tasks"]["statements"]["rule"] == "all_success"
    assert dag["tasks"]["nothing_failed"]["rule"] == "none_failed"
    assert dag["tasks"]["nothing_failed"]["upstream"] == ["notices", "statements"]


def test_the_audit_is_weekly_and_runs_part_by_part(loaded: dict[str, Any]) -> None:
    dag = loaded["dags"]["lockbox_audit"]
    assert dag["schedule"] == "CronTriggerTimetable"
    assert dag["tasks"]["audit_part"]["upstream"] == ["open_parts"]
    assert dag["tasks"]["audit_part"]["rule"] == "all_success"


def test_a_profile_has_its_own_sites_and_nothing_starts_while_schedules_are_off(tmp_path: Path) -> None:
    profile = tmp_path / "other.toml"
    text = Settings().profile.read_text()
    profile.write_text(text.replace('id = "dallas"', 'id = "tulsa"').replace('name = "Dallas"', 'name = "Tulsa"'))
    dags = load(tmp_path, LOCKBOX_PROFILE=str(profile), LOCKBOX_SCHEDULES="false")["dags"]
    assert set(dags) == {
        "lockbox_mail_tulsa",
        "lockbox_mail_richardson",
        "lockbox_exceptions",
        "lockbox_day_close",
        "lockbox_grace_period_and_delinquency",
        "lockbox_statements_and_notices",
        "lockbox_audit",
        "lockbox_alerts",
    }
    assert "# Tulsa mail" in dags["lockbox_mail_tulsa"]["doc"]
    assert dags["lockbox_mail_tulsa"]["schedule"] == "NullTimetable"
    assert dags["lockbox_day_close"]["schedule"] == "AssetTriggeredTimetable"


def _all(name: str | list[str]) -> list[str]:
    return [name] if isinstance(name, str) else name


def test_the_home_page_says_why_the_triggerer_is_red() -> None:
    """Nothing here defers, so none is started; one would take 170 MB."""
    page = (
        "import sys; sys.argv = ['airflow', 'api-server']; sys.path.insert(0, 'config'); "
        "import airflow_local_settings; print([alert.text for alert in airflow_local_settings.DASHBOARD_UIALERTS])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", page], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "The triggerer is red because it is not started: nothing here needs it" in done.stdout
    dags = "".join(path.read_text() for path in (ROOT / "dags").glob("*.py"))
    assert "deferrable" not in dags
    assert "Trigger(" not in dags
