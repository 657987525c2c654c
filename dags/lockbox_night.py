"""Grace period and delinquency: the nights of closed business dates, one after another."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import lockbox_airflow as common
import lockbox_docs as docs
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from lockbox.errors import NotReady


@task(doc_md=docs.WAITING_NIGHTS)
def waiting_nights() -> list[dict[str, str]]:
    from lockbox.runtime import open_runtime
    from lockbox.servicing import night as nightly

    instant = common.as_of(get_current_context())
    nights = nightly.waiting_nights(open_runtime(), instant)
    return common.work_list([str(day) for day in nights], instant)


@task(map_index_template="{{ scope }}", max_active_tis_per_dag=1, doc_md=docs.NIGHT)
def night(work: dict[str, str]) -> str:
    from lockbox.servicing import night as nightly

    def run(runtime: Any, day: date, at: datetime) -> str:
        return "\n".join(nightly.night(runtime, day, at))

    try:
        return common.do(run, date.fromisoformat, get_current_context(), work)
    except NotReady as later:  # mail arrived after the nights were listed; the next run catches up
        raise AirflowSkipException(str(later)) from later


@task(trigger_rule=TriggerRule.ALL_DONE, doc_md=docs.LATE_NIGHTS)
def late_nights() -> list[str]:
    from lockbox.runtime import open_runtime
    from lockbox.servicing import night as nightly

    return nightly.late_nights(open_runtime(), common.as_of(get_current_context()))


@dag(
    dag_id="lockbox_grace_period_and_delinquency",
    dag_display_name="Night: grace period and delinquency",
    schedule=common.schedule(
        AssetOrTimeSchedule(
            timetable=CronTriggerTimetable("30 22 * * *", timezone=common.lender_zone()),
            assets=[common.CLOSED],
        ),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULTS | {"execution_timeout": timedelta(minutes=30)},
    params={"as_of": common.AS_OF},
    tags=["lockbox", "night", common.lender_zone()],
    description=f"After the close, at 10:30 p.m. ({common.lender_zone()}): bills, interest, late fees, delinquency",
    doc_md=docs.NIGHT_DAG,
)
def line() -> None:
    no_night_failed = common.none_failed("no_night_failed")
    night.expand(work=waiting_nights()) >> [late_nights(), no_night_failed]


line()
