"""Shared by the DAG files: retries, failure events, the instant to work as of, and the assets between DAGs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lockbox_docs as docs
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, BaseNotifier, ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule

from lockbox.settings import Settings

POSTED = Asset("lockbox_posted", uri="lockbox://posted", group="lockbox")  # a site has posted batches
CLOSED = Asset(
    "lockbox_closed", uri="lockbox://closed", group="lockbox"
)  # every site day that could be closed is closed
DECIDED = Asset("lockbox_decided", uri="lockbox://decided", group="lockbox")  # somebody decided an item
READERS = "readers"  # the pool the launcher makes: one slot for each reader process

# Bad input stays bad, and a superseded attempt must not come back; anything else may be temporary.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "lockbox.errors.InputError",
                "lockbox.errors.ConflictError",
                "lockbox.errors.OutOfBalance",
                "lockbox.errors.UsageError",
                "lockbox.errors.OpenDifferences",
            ],
            action=RetryAction.FAIL,
            reason="A person has to correct it; a retry would not help",
        ),
        RetryRule(
            exception="lockbox.errors.LockboxError",
            match_subclasses=False,
            action=RetryAction.FAIL,
            reason="The data is not valid; a retry would not help",
        ),
        RetryRule(
            exception="lockbox.errors.Fenced",
            action=RetryAction.FAIL,
            reason="A newer attempt at this stage has taken over",
        ),
    ]
)

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date-time",
    title="As of",
    description_md="Date and time to work as of, such as `2026-11-16T19:00:00-06:00`. Leave empty for now.",
)


class FailureNotifier(BaseNotifier):
    """Notes a failed task as an operations event, which the status and the report show, unless its error is one."""

    def notify(self, context: Any) -> None:
        from lockbox.errors import Fenced, OpenDifferences
        from lockbox.faults import message_of
        from lockbox.ops_events import is_noted, note_alone
        from lockbox.runtime import open_runtime

        error = context.get("exception")
        if isinstance(error, Fenced | OpenDifferences) or is_noted(error):  # the close notes open differences
            return
        scope, task = event_of(context)
        message = f"{context['ti'].task_id}: {message_of(error) if error else 'the process was killed'}"
        note_alone(open_runtime().engine, "error", "task_failed", scope, message, datetime.now(UTC), task)


class SuccessNotifier(BaseNotifier):
    """Closes the event of an earlier failure of a task, now that it succeeded for the same scope."""

    def notify(self, context: Any) -> None:
        from lockbox.ops_events import settle, settle_older
        from lockbox.runtime import open_runtime

        scope, task = event_of(context)
        now, begun = datetime.now(UTC), getattr(context.get("dag_run"), "start_date", None)
        with open_runtime().engine.begin() as connection:
            settle(connection, "task_failed", scope, now, task)
            if begun:  # a process that was killed in an earlier run could not say for which scope
                settle_older(connection, "task_failed", str(context["ti"].dag_id), now, task, begun)


def event_of(context: Any) -> tuple[str, str]:
    """What the failure of a task is told by: its scope, else its DAG; and its name, which is that of its stage."""
    return str(context.get("scope") or context["ti"].dag_id), str(context["ti"].task_id).rpartition(".")[2]


DEFAULTS = {
    "owner": "lockbox",
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(minutes=10),
    "on_failure_callback": FailureNotifier(),
    "on_success_callback": SuccessNotifier(),
}


def as_of(context: Any) -> datetime:
    """The instant to work as of: from this run's parameter, else from the run whose asset started it, else now."""
    texts = [context["params"].get("as_of")]
    for events in (context.get("triggering_asset_events") or {}).values():
        texts += [(event.extra or {}).get("as_of") for event in events]
    instants = [datetime.fromisoformat(text) for text in texts if text]
    return max(instants) if instants else datetime.now(UTC)


def work_list(scopes: Iterable[object], instant: datetime) -> list[dict[str, str]]:
    """One piece of work per scope, as the mapped tasks take it."""
    return [{"scope": str(scope), "as_of": instant.isoformat()} for scope in scopes]


def do(verb: Any, parse: Callable[[str], Any], context: Any, work: dict[str, str]) -> str:
    """Runs a verb on the parsed scope; the scope's text names the task instance in the grid."""
    from lockbox.runtime import open_runtime

    context["scope"] = work["scope"]
    result = str(verb(open_runtime(), parse(work["scope"]), datetime.fromisoformat(work["as_of"])))
    print(result)
    return result


def none_failed(task_id: str) -> EmptyOperator:
    """A last task that fails if any task before it failed: a DAG run takes its state from its last tasks."""
    return EmptyOperator(
        task_id=task_id,
        trigger_rule=TriggerRule.NONE_FAILED,
        on_success_callback=None,  # with one, Airflow would start a process for it
        doc_md=docs.NONE_FAILED,
    )


def profile() -> dict[str, Any]:
    """The lender's profile, read from its file."""
    from lockbox.lender.profile import read_profile

    return read_profile(Path(Settings().profile))


def lender_zone() -> str:
    """The time zone of the lender's first site, in which its schedules are written."""
    return str(profile()["site"][0]["time_zone"])


def schedule(timetable: Any, otherwise: Any = None) -> Any:
    """The timetable, or `otherwise` while schedules are off."""
    return timetable if Settings().schedules else otherwise
