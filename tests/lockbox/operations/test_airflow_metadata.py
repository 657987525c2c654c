"""Airflow's database: only killed schedulers are marked as ended."""

from __future__ import annotations

import sqlalchemy as sa

from lockbox import db
from lockbox.operations import airflow_metadata
from lockbox.settings import Settings


def test_killed_schedulers_are_marked_as_ended_and_other_jobs_are_not(settings: Settings) -> None:
    airflow_settings = settings.model_copy(update={"airflow_database_url": settings.database_url})
    with db.engine(settings, owner=True).begin() as connection:
        db.run_script(
            connection,
            """create table job (id int, job_type text, state text, end_date timestamptz, latest_heartbeat timestamptz);
            insert into job values
                (1, 'SchedulerJob', 'success', '2026-11-16 10:00Z', '2026-11-16 10:00Z'),
                (2, 'SchedulerJob', 'running', null, '2026-11-16 11:00Z'),
                (3, 'DagProcessorJob', 'running', null, '2026-11-16 11:00Z')""",
        )
    airflow_metadata.forget_schedulers(airflow_settings)
    with db.engine(settings, owner=True).connect() as connection:
        jobs = connection.execute(sa.text("select state, end_date is not null from job order by id")).all()
    assert jobs == [("success", True), ("failed", True), ("running", False)]
