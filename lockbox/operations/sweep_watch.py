"""A watch on the sweep of alerts that does not depend on Airflow: somebody must tell that Airflow is stuck, or down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import LockboxError
from lockbox.ops_events import note_alone, settle
from lockbox.settings import Settings

PATIENCE = timedelta(minutes=15)  # Airflow sweeps every 5
LOOK_EVERY = timedelta(minutes=1)
SWEEP = (sys.executable, "-m", "lockbox", "alerts")
LIMIT_S = 300.0
KIND, SCOPE = "airflow", "airflow"


@dataclass(slots=True)
class SweepWatch:
    """Sweeps in Airflow's stead when its last sweep is too long ago."""

    settings: Settings
    say: Callable[[str], None]
    look_at: datetime | None = None  # first when Airflow has had time to start
    process: subprocess.Popen[bytes] | None = None

    def watch(self, now: datetime) -> None:
        """Looks once a minute; call it as often as you like."""
        self.look_at = self.look_at or now + PATIENCE
        if now < self.look_at or (self.process is not None and self.process.poll() is None):
            return
        self.look_at = now + LOOK_EVERY
        with suppress(LockboxError, sa.exc.DBAPIError):  # the database may be restarting
            with db.engine(self.settings).connect() as connection:
                swept_at = connection.execute(sa.text("select swept_at from alert_sweep")).scalar()
            if swept_at is None or now - swept_at > PATIENCE:
                self.say("Airflow has not looked for alerts for a quarter of an hour; looking in its stead")
                self.process = subprocess.Popen(SWEEP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tell_that_it_runs(settings: Settings, at: datetime) -> None:
    """Closes the event of an earlier launch that did not stay up."""
    with db.engine(settings).begin() as connection:
        settle(connection, KIND, SCOPE, at)


def tell_that_it_is_down(settings: Settings, error: Exception, at: datetime) -> None:
    """An event, and its alert at once: nobody sweeps after this. What fails here must not hide the error itself."""
    with suppress(LockboxError, sa.exc.DBAPIError, OSError, subprocess.SubprocessError):
        note_alone(db.engine(settings), "error", KIND, SCOPE, str(error), at)
        subprocess.run(SWEEP, capture_output=True, check=False, timeout=LIMIT_S)
