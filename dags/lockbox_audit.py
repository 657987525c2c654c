"""The weekly audit: every check over everything, and every contract replayed by the rule beside its books."""

from __future__ import annotations

from datetime import timedelta

import lockbox_airflow as common
from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task

OPEN_PARTS = """
**Lists what is left of the week's audit**: the checks, and contracts in parts of some thousands. None: the run passes.
"""

AUDIT_PART = """
**Looks at one part**, as of one moment, while mail and nights go on: every check over everything, or each contract
replayed from all that ever happened to it and compared with its books, to the cent.

*Fails* when something is not in order; the log names check or contract. Correct the cause, then clear the task.
*Tried again* while a night is under way. Parts that were in order are not done twice in a week.
"""

AUDIT_DAG = """
# Weekly audit

Sundays at three in the morning. Every night replays some contracts and looks at what it wrote itself; this looks at
everything: nothing may differ from what the rule (`lockbox/contract/history.py`) makes of a contract's events.

One part after another, some minutes each. A run that broke off goes on with the parts that are left, and triggering it
again in the same week does nothing more. On the command line: `lockbox check --replay 0`.

To look as of another week, trigger with the parameter *As of*.
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
    schedule=common.schedule(
        CronTriggerTimetable("0 3 * * SUN", timezone=common.profile()["site"][0]["time_zone"]),
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=20),
    default_args=common.DEFAULTS | {"retry_delay": timedelta(minutes=10)},  # a night may be under way
    params={"as_of": common.AS_OF},
    tags=["lockbox", "audit"],
    description="Every check over everything and every contract replayed, once a week",
    doc_md=AUDIT_DAG,
)
def line() -> None:
    audit_part.expand(work=open_parts())


line()
