"""Alerts: looks for what is late or has not come, tells who has to know, and shows what needs attention."""

from __future__ import annotations

import lockbox_airflow as common
from airflow.sdk import CronTriggerTimetable, TriggerRule, chain, dag, get_current_context, task

LOOK = """
**Looks for what is late or absent**: mail past its cut-off, a site that sends nothing, a box whose usual mail has not
come, a night not run by its hour, a close that waits for people. Each is an event until its cause is gone.
"""

TELL = """
**Tells who has to know**, by email and webhook: once per cause, again while nobody acknowledges it, and at its end.
Who is told what is a dated rule (`alert.routes`). What a server does not take now is sent later, under the same id.
"""

ATTENTION = """
**Shows what needs attention**, in the log and as the result: the same list as `lockbox status`.
"""

ALERTS_DAG = """
# Alerts

Every 5 minutes, day and night.

1. `look` finds what is late or has not come.
2. `tell` sends alerts.
3. `attention` lists everything that is open; its result is the list that `lockbox status` shows.

**If nobody is told:** `status` says when somebody last looked, and shows alerts that do not go out. `lockbox alerts
--test` sends a test. While Airflow does not run the DAG, the launcher does its work every quarter of an hour.
"""


@task(task_display_name="Look for what is late or absent", doc_md=LOOK)
def look() -> None:
    from lockbox.alerts.sweep import look as take_looks
    from lockbox.runtime import open_runtime

    take_looks(open_runtime(), common.as_of(get_current_context()))


@task(task_display_name="Tell who has to know", trigger_rule=TriggerRule.ALL_DONE, doc_md=TELL)
def tell() -> str:
    from lockbox.alerts.alert_outbox import tell as send
    from lockbox.runtime import open_runtime

    return send(open_runtime(), common.as_of(get_current_context()))


@task(task_display_name="What needs attention", trigger_rule=TriggerRule.ALL_DONE, doc_md=ATTENTION)
def attention() -> list[str]:
    from lockbox.operations.status import attention_lines
    from lockbox.runtime import open_runtime

    with open_runtime().engine.connect() as connection:
        lines = attention_lines(connection)
    print("\n".join(lines) or "nothing needs attention")
    return lines


@dag(
    dag_id="lockbox_alerts",
    dag_display_name="Alerts",
    schedule=common.schedule(CronTriggerTimetable("*/5 * * * *", timezone=common.lender_zone())),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULTS,
    params={"as_of": common.AS_OF},
    tags=["lockbox", "alerts", common.lender_zone()],
    description="Every 5 minutes: tells by email and webhook what failed, is late, or waits for people",
    doc_md=ALERTS_DAG,
)
def line() -> None:
    chain(look(), tell(), attention())


line()
