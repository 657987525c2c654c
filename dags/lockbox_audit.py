"""The weekly audit: every control over all data, and every contract replayed and compared with its books."""

from __future__ import annotations

from datetime import timedelta

import lockbox_airflow as common
from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task

OPEN_PARTS = """
**Lists the parts of this week's audit that are still to do**: the controls, and contracts in groups of a few thousand.
If there are none, the run succeeds.
"""

AUDIT_PART = """
**Audits one part** as of a single moment, while mail and nights continue: runs every control over all data, or
replays each contract from its full history and compares it with its books, to the cent.

*Fails* if it finds an exception; the log names the control or the contract. Correct the cause, then clear the task.
*Retried* while a night is running. Parts that passed are not repeated in the same week.
"""

AUDIT_DAG = """
# Weekly audit

Sundays at 3 a.m. Each night checks what it wrote and replays some of the contracts; the weekly audit covers
everything. The books of every contract must match what `lockbox/contract/history.py` derives from its events.

Parts run one after another, a few minutes each. An interrupted run continues with the remaining parts, and triggering
it again in the same week repeats nothing. On the command line: `lockbox check --replay 0`.

To audit another week, trigger the DAG with the parameter *As of*.
"""


@task(doc_md=OPEN_PARTS)
def open_parts() -> list[dict[str, str]]:
    from lockbox.runtime import open_runtime
    from lockbox.servicing import weekly_audit

    instant = common.as_of(get_current_context())
    return common.work_list(weekly_audit.open_parts(open_runtime(), instant), instant)


@task(
    map_index_template="{{ scope }}",
    max_active_tis_per_dag=1,
    execution_timeout=timedelta(minutes=30),
    doc_md=AUDIT_PART,
)
def audit_part(work: dict[str, str]) -> str:
    from lockbox.scopes import AuditScope
    from lockbox.servicing import weekly_audit

    return common.do(weekly_audit.audit_part, AuditScope.parse, get_current_context(), work)


@dag(
    dag_id="lockbox_audit",
    dag_display_name="Weekly audit",
    schedule=common.schedule(
        CronTriggerTimetable("0 3 * * SUN", timezone=common.lender_zone()),
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=20),
    default_args=common.DEFAULTS | {"retry_delay": timedelta(minutes=10)},  # a night may be running
    params={"as_of": common.AS_OF},
    tags=["lockbox", "audit", common.lender_zone()],
    description=f"Sundays at 3 a.m. ({common.lender_zone()}): every control over all data, every contract replayed",
    doc_md=AUDIT_DAG,
)
def line() -> None:
    audit_part.expand(work=open_parts())


line()
