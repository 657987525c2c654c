"""Exceptions: what people decided becomes decisions and journals."""

from __future__ import annotations

import lockbox_airflow as common
import lockbox_docs as docs
from airflow.sdk import (
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    TriggerRule,
    chain,
    dag,
    get_current_context,
    task,
)


@task.short_circuit(
    task_display_name="Make final what is ready", ignore_downstream_trigger_rules=False, doc_md=docs.FINISH
)
def finish() -> list[str]:
    from lockbox.runtime import open_runtime
    from reconciliation.exceptions.resolution import finish_ready

    lines = finish_ready(open_runtime(), common.as_of(get_current_context()))
    print("\n".join(lines) or "nothing is ready")
    return lines


@task(outlets=[common.POSTED], trigger_rule=TriggerRule.ALL_SUCCESS, doc_md=docs.ANNOUNCE_DECIDED)
def announce(outlet_events: object = None) -> None:
    instant = common.as_of(get_current_context())
    outlet_events[common.POSTED].extra = {"as_of": instant.isoformat()}  # type: ignore[index]


@dag(
    dag_id="lockbox_exceptions",
    dag_display_name="Exceptions",
    schedule=common.schedule(
        AssetOrTimeSchedule(
            timetable=CronTriggerTimetable("*/5 * * * *", timezone=common.lender_zone()),
            assets=[common.DECIDED],
        ),
        otherwise=[common.DECIDED],
    ),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULTS,
    params={"as_of": common.AS_OF},
    tags=["lockbox", "exceptions", common.lender_zone()],
    description="Every 5 minutes, and when somebody decided: what people decided is posted",
    doc_md=docs.EXCEPTIONS_DAG,
)
def line() -> None:
    chain(finish(), announce())


line()
