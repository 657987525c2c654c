"""Runs the mail line or the night in a process of its own and kills it, like `kill -9`, before a given statement."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from lockbox.lender import profile
from lockbox.mail import pipeline
from lockbox.runtime import Runtime, open_runtime
from lockbox.scopes import BatchScope
from lockbox.servicing import night
from reconciliation import daily


def main(kill_at: int, as_of: datetime, posted: str) -> None:
    """Ingest to close of all that waits, the posting of one batch, or the nights up to night/YYYY-MM-DD.

    Dies before statement `kill_at` (0: never).
    """
    runtime = open_runtime()
    count = itertools.count(1)

    def die(*_: Any) -> None:
        if next(count) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(runtime.engine, "before_cursor_execute", die)
    sa.event.listen(runtime.engine, "commit", die)
    if posted.startswith("night/"):
        night.night(runtime, date.fromisoformat(posted.removeprefix("night/")), as_of)
    elif posted:
        pipeline.post(runtime, BatchScope.parse(posted), as_of)
    else:
        whole_day(runtime, as_of)
    print(next(count))


def whole_day(runtime: Runtime, as_of: datetime) -> None:
    """Everything, as the DAGs do it."""
    for site in profile.site_ids(runtime.settings.profile):
        for batch in pipeline.waiting_batches(runtime, site, as_of):
            for stage in pipeline.STAGES.values():
                stage(runtime, batch, as_of)
    for site_day in daily.closable_days(runtime, as_of):
        daily.close(runtime, site_day, as_of)


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3])
