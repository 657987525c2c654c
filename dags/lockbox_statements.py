"""Statements and notices: made and printed after each night, sent during the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import lockbox_airflow as common
import lockbox_docs as docs
from airflow.sdk import CronTriggerTimetable, TriggerRule, chain, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from lockbox.errors import NotReady


@task(doc_md=docs.NEWEST_NIGHT)
def newest_night() -> dict[str, str]:
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    instant = common.as_of(get_current_context())
    try:
        night = service.night_of(open_runtime(), None)
    except NotReady as later:
        raise AirflowSkipException(str(later)) from later
    return common.work_list([str(night)], instant)[0]


def _verb(name: str, work: dict[str, str]) -> str:
    from lockbox.customer import service

    return common.do(service.AFTER_NIGHT[name], date.fromisoformat, get_current_context(), work)


@task(execution_timeout=timedelta(minutes=30), doc_md=docs.STATEMENTS)
def statements(work: dict[str, str]) -> str:
    return _verb("statements", work)


@task(execution_timeout=timedelta(minutes=30), doc_md=docs.PRINT_RUNS)
def print_runs(work: dict[str, str]) -> str:
    return _verb("print_runs", work)


@task(doc_md=docs.NOTICES)
def notices(work: dict[str, str]) -> str:
    return _verb("notices", work)


@task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30), doc_md=docs.SEND)
def send() -> list[str]:
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    return service.send(open_runtime(), common.as_of(get_current_context()))


@dag(
    dag_id="lockbox_statements_and_notices",
    dag_display_name="Statements and notices",
    schedule=common.schedule(
        CronTriggerTimetable("45 * * * *", timezone=common.lender_zone()),
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=common.DEFAULTS,
    params={"as_of": common.AS_OF},
    tags=["lockbox", "customers", common.lender_zone()],
    description="Every hour: makes and prints statements after a night, plans notices, sends them at permitted hours",
    doc_md=docs.STATEMENTS_DAG,
)
def line() -> None:
    work: Any = newest_night()  # an XComArg, which stands for what the task returns
    made, planned = statements(work), notices(work)
    made >> print_runs(work)
    nothing_failed = common.none_failed("nothing_failed")
    chain(made, planned, send())
    [made, planned] >> nothing_failed


line()
