"""Airflow's own database: migrated, and cleared of what a killed scheduler left behind."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import sqlalchemy as sa

from lockbox import db
from lockbox.operations.processes import ProcessError, tail
from lockbox.settings import Settings

ATTEMPTS, PAUSE_S = 20, 0.5  # the server may be restarting


def migrate(settings: Settings, command: Sequence[str], env: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Runs Airflow's migration `command` if its release or its database changed since the last time.

    Raises:
        ProcessError: it failed; the message quotes the end of its log.
    """
    stamp = settings.home / "airflow.stamp"
    release = version("apache-airflow-core")
    if stamp.exists() and stamp.read_text() == f"{release} {_revision(settings)}":
        return
    say(f"preparing Airflow's database for {release}, about 10 s")
    log = settings.home / "logs" / "migrate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.run(command, env=env, cwd=settings.home, stdout=out, stderr=subprocess.STDOUT, check=False)
    if process.returncode:
        raise ProcessError(f"airflow db migrate failed; the end of {log}:\n{tail(log)}")
    stamp.write_text(f"{release} {_revision(settings)}")


def forget_schedulers(settings: Settings) -> None:
    """Marks every scheduler as ended. Call it while none runs, before one starts.

    The next one then takes over a killed scheduler's tasks at once. Airflow by itself waits until the heartbeat is old
    enough. A short limit there makes a scheduler on a busy machine, late with its own heartbeat, end its own tasks
    again and again.
    """
    engine = _engine(settings)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with engine.begin() as connection:
                connection.execute(
                    sa.text("""
                        update job set state = 'failed', end_date = latest_heartbeat
                        where job_type = 'SchedulerJob' and state = 'running'""")
                )
            return
        except sa.exc.OperationalError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_S)


def _revision(settings: Settings) -> str:
    """The schema revision of Airflow's database; empty if there is none."""
    try:
        with _engine(settings).connect() as connection:
            return str(connection.execute(sa.text("select version_num from alembic_version")).scalar())
    except sa.exc.ProgrammingError:
        return ""


def _engine(settings: Settings) -> sa.Engine:
    return sa.create_engine(db.database_url(settings, db.AIRFLOW), poolclass=sa.NullPool)
