"""What the DAG files share: when to retry, whom to tell, the instant to work as of, and the asset between them."""

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
CLOSED = Asset("lockbox_closed", uri="lockbox://closed", group="lockbox")  # every site day that could be is closed
READERS = "readers"  # the pool the launcher makes: one slot for each reader process

# Input that is wrong stays wrong, and a try that was overtaken must not come back; all else may pass.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "lockbox.errors.InputError",
                "lockbox.errors.ConflictError",
                "lockbox.errors.OutOfBalance",
                "lockbox.errors.UsageError",
            ],
            action=RetryAction.FAIL,
            reason="Somebody has to look at it; trying again would not help",
        ),
        RetryRule(
            exception="lockbox.errors.LockboxError",
            match_subclasses=False,
            action=RetryAction.FAIL,
            reason="The data is not as it must be",
        ),
        RetryRule(
            exception="lockbox.errors.Fenced",
            action=RetryAction.FAIL,
            reason="A newer try of this stage has taken over and goes on",
        ),
    ]
)

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date-time",
    title="As of",
    description_md="The instant the work counts as done, as `2026-11-16T19:00:00-06:00`. Empty: now.",
)


class FailureNotifier(BaseNotifier):
    """Writes a failed task down as an event, which the console, the status and the report show."""

    def notify(self, context: Any) -> None:
        from lockbox.errors import Fenced
        from lockbox.ops_events import note_alone
        from lockbox.runtime import open_runtime

        error, instance = context.get("exception"), context["ti"]
        if isinstance(error, Fenced):
            return
        scope = context.get("scope") or f"{instance.dag_id}/{instance.run_id}"
        message = f"{instance.task_id}: {error or 'its process was killed'}"
        note_alone(open_runtime().engine, "error", "task_failed", scope, message, datetime.now(UTC))


DEFAULTS = {
    "owner": "lockbox",
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(minutes=10),
    "on_failure_callback": FailureNotifier(),
}


def as_of(context: Any) -> datetime:
    """The instant to work as of: asked for with this run, or with the run whose asset started it, or now."""
    asked = [context["params"].get("as_of")]
    for events in (context.get("triggering_asset_events") or {}).values():
        asked += [(event.extra or {}).get("as_of") for event in events]
    given = [datetime.fromisoformat(one) for one in asked if one]
    return max(given) if given else datetime.now(UTC)


def work_list(scopes: Iterable[object], instant: datetime) -> list[dict[str, str]]:
    """One piece of work for each scope: what the mapped tasks take."""
    return [{"scope": str(scope), "as_of": instant.isoformat()} for scope in scopes]


def do(verb: Any, parse: Callable[[str], Any], context: Any, work: dict[str, str]) -> str:
    """Runs a verb on what `parse` makes of the scope, whose text names the task instance in the grid."""
    from lockbox.runtime import open_runtime

    context["scope"] = work["scope"]
    done = str(verb(open_runtime(), parse(work["scope"]), datetime.fromisoformat(work["as_of"])))
    print(done)
    return done


def none_failed(task_id: str) -> EmptyOperator:
    """A last task that fails with any before it: the run of a DAG is only as red as its last tasks."""
    return EmptyOperator(task_id=task_id, trigger_rule=TriggerRule.NONE_FAILED, doc_md=docs.NONE_FAILED)


def profile() -> dict[str, Any]:
    """The lender's profile as it stands in its file."""
    from lockbox.lender.profile import read_profile

    return read_profile(Path(Settings().profile))


def schedule(timetable: Any, otherwise: Any = None) -> Any:
    """The timetable, or `otherwise` while schedules are off."""
    return timetable if Settings().schedules else otherwise
