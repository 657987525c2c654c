"""The mail DAGs: one per site takes every waiting batch from the scan folder to the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import lockbox_airflow as common
import lockbox_docs as docs
from airflow.sdk import CronTriggerTimetable, TriggerRule, chain, dag, get_current_context, task, task_group


def mail_dag(site: dict[str, Any]) -> None:
    """Makes the DAG of one site of the profile."""

    @task(doc_md=docs.WAITING_BATCHES)
    def waiting_batches() -> list[dict[str, str]]:
        from lockbox.mail import pipeline
        from lockbox.runtime import open_runtime

        instant = common.as_of(get_current_context())
        return common.work_list(pipeline.waiting_batches(open_runtime(), site["id"], instant), instant)

    @task_group
    def batch(work: dict[str, str]) -> None:
        """One batch, independent of every other: ingest, read, decide, post."""

        def stage(name: str, **options: Any) -> Any:
            @task(task_id=name, map_index_template="{{ scope }}", doc_md=docs.STAGES[name], **options)
            def run(work: dict[str, str]) -> str:
                from lockbox.mail import pipeline
                from lockbox.scopes import BatchScope

                return common.do(pipeline.STAGES[name], BatchScope.parse, get_current_context(), work)

            return run(work)

        read = stage("read", pool=common.READERS, execution_timeout=timedelta(minutes=30))
        chain(stage("ingest"), read, stage("decide"), stage("post"))

    @task(outlets=[common.POSTED], trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, doc_md=docs.ANNOUNCE)
    def announce(params: Any = None, outlet_events: Any = None) -> None:
        outlet_events[common.POSTED].extra = {"site": site["id"], "as_of": params["as_of"]}

    @dag(
        dag_id=f"lockbox_mail_{site['id']}",
        dag_display_name=f"Mail: {site['name']}",
        schedule=common.schedule(CronTriggerTimetable("*/5 5-22 * * MON-FRI", timezone=site["time_zone"])),
        catchup=False,
        max_active_runs=1,
        default_args=common.DEFAULTS,
        params={"as_of": common.AS_OF},
        tags=["lockbox", "mail", site["id"], site["time_zone"]],
        description=f"Every 5 minutes on weekdays ({site['time_zone']}): {site['name']} mail, from inbox to ledger",
        doc_md=docs.mail_dag(site),
    )
    def line() -> None:
        announced = announce()
        no_batch_failed = common.none_failed("no_batch_failed")
        batch.expand(work=waiting_batches()) >> [announced, no_batch_failed]

    line()


for _site in common.profile()["site"]:
    mail_dag(_site)
