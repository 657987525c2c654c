"""Exceptions: what people decided becomes decisions and journals."""

from __future__ import annotations

import lockbox_airflow as common
from airflow.sdk import (
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    TriggerRule,
    chain,
    dag,
    get_current_context,
    task,
)

FINISH = """
**Makes final what people decided** and nobody took back: decision and journal in one transaction, in the books of the
site's first day that is not closed. What cannot be posted waits again, and an event says why. If nothing is ready, the
next task is skipped.
"""

ANNOUNCE = """
**Tells the day close that decisions were posted** (asset `lockbox_posted`), so that a day that waits can close.
"""

EXCEPTIONS_DAG = """
# Exceptions

Every 5 minutes by what the tables say, and at once when somebody decided (asset `lockbox_decided`).

1. `finish` makes final what is proposed and, where the lender asks for it, confirmed by a second person.
2. `announce` tells the day close, if anything was made final.

**If an item stays "ready":** read the log of `finish`. A day close makes final what is ready as well, and so does
`lockbox exceptions finish`.
"""


@task.short_circuit(task_display_name="Make final what is ready", ignore_downstream_trigger_rules=False, doc_md=FINISH)
def finish() -> list[str]:
    from lockbox.runtime import open_runtime
    from reconciliation.exceptions.resolution import finish_ready

    lines = finish_ready(open_runtime(), common.as_of(get_current_context()))
    print("\n".join(lines) or "nothing is ready")
    return lines


@task(outlets=[common.POSTED], trigger_rule=TriggerRule.ALL_SUCCESS, doc_md=ANNOUNCE)
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
    doc_md=EXCEPTIONS_DAG,
)
def line() -> None:
    chain(finish(), announce())


line()
