"""The day close: closes every site day that is ready, validates its data, and writes the day's report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import lockbox_airflow as common
import lockbox_docs as docs
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule, chain, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from lockbox.errors import NotReady
from lockbox.scopes import SiteDayScope


@task(doc_md=docs.CLOSABLE_DAYS)
def closable_days() -> list[dict[str, str]]:
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    instant = common.as_of(get_current_context())
    return common.work_list(daily.closable_days(open_runtime(), instant), instant)


@task(map_index_template="{{ scope }}", doc_md=docs.CLOSE)
def close(work: dict[str, str]) -> str:
    from reconciliation import daily

    try:
        return common.do(daily.close, SiteDayScope.parse, get_current_context(), work)
    except NotReady as later:  # mail arrived after the day was listed; the next run closes it
        raise AirflowSkipException(str(later)) from later


@task(doc_md=docs.LATE_WORK)
def late_work() -> list[str]:
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    context = get_current_context()
    if context["triggering_asset_events"]:
        raise AirflowSkipException(
            "Mail is still being processed; the scheduled run after the cut-off notes what is late"
        )
    late = daily.late_work(open_runtime(), common.as_of(context))
    return [f"{work.scope}: {work.message}" for work in late]


@task(trigger_rule=TriggerRule.ALL_DONE, doc_md=docs.BUSINESS_DATES)
def business_dates(days: list[dict[str, str]]) -> list[dict[str, str]]:
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    closed = {str(SiteDayScope.parse(work["scope"]).business_date) for work in days}
    unreported = {str(day) for day in daily.unreported_dates(open_runtime())}
    return common.work_list(sorted(closed | unreported), common.as_of(get_current_context()))


@task(map_index_template="{{ scope }}", doc_md=docs.EXPECTATIONS)
def expectations(work: dict[str, str]) -> str:
    from reconciliation.expectations import validate_day

    return common.do(validate_day, date.fromisoformat, get_current_context(), work)


@task(trigger_rule=TriggerRule.ALL_DONE, doc_md=docs.OPEN_DIFFERENCES)
def open_differences(days: list[dict[str, str]]) -> None:
    from lockbox.runtime import open_runtime
    from reconciliation import daily

    daily.ensure_nothing_open(open_runtime(), [SiteDayScope.parse(work["scope"]) for work in days])


@task(map_index_template="{{ scope }}", trigger_rule=TriggerRule.ALL_DONE, doc_md=docs.REPORT)
def report(work: dict[str, str]) -> str:
    from reconciliation import daily

    return common.do(daily.report, date.fromisoformat, get_current_context(), work)


@dag(
    dag_id="lockbox_day_close",
    dag_display_name="Day close",
    schedule=common.schedule(
        AssetOrTimeSchedule(
            timetable=CronTriggerTimetable("10,40 0-6,17-23 * * *", timezone=common.lender_zone()),
            assets=[common.POSTED],
        ),
        otherwise=[common.POSTED],
    ),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULTS | {"execution_timeout": timedelta(minutes=15)},
    params={"as_of": common.AS_OF},
    tags=["lockbox", "close", common.lender_zone()],
    description=f"From 5:10 p.m. on ({common.lender_zone()}): ties out and closes site days, writes the report",
    doc_md=docs.DAY_CLOSE_DAG,
)
def line() -> None:
    days: Any = closable_days()  # an XComArg, which stands for what the task returns
    closed = close.expand(work=days)
    dates = business_dates(days)
    validated, reports = expectations.expand(work=dates), report.expand(work=dates)
    all_closed = EmptyOperator(
        task_id="all_closed", trigger_rule=TriggerRule.NONE_FAILED, outlets=[common.CLOSED], doc_md=docs.ALL_CLOSED
    )
    chain(closed, dates, validated, reports)
    [closed, validated, reports] >> all_closed
    closed >> open_differences(days)
    late_work()


line()
