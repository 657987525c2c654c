"""Who looks for alerts when Airflow does not: the launcher, and once more when it gives up."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.operations import sweep_watch
from lockbox.operations.sweep_watch import PATIENCE, SweepWatch, tell_that_it_is_down, tell_that_it_runs
from lockbox.runtime import Runtime
from tests.builders import ledger as make

MINUTE = timedelta(minutes=1)


def test_it_looks_in_airflows_stead_after_a_quarter_of_an_hour(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_watch, "SWEEP", ("true",))
    messages: list[str] = []
    watch = SweepWatch(runtime.settings, messages.append)
    for minutes in range(15):
        watch.watch(make.EVENING + minutes * MINUTE)
    assert messages == []
    with runtime.engine.begin() as connection:
        connection.execute(sa.text("insert into alert_sweep values (true, :at)"), {"at": make.EVENING + 10 * MINUTE})
    watch.watch(make.EVENING + PATIENCE)
    assert messages == []
    watch.watch(make.EVENING + 26 * MINUTE)
    assert watch.process is not None
    assert watch.process.wait() == 0
    assert len(messages) == 1


def test_an_airflow_that_does_not_stay_up_is_an_event_until_it_runs(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_watch, "SWEEP", ("true",))
    state = sa.text("select closed_at is null from ops_event where kind = 'airflow'")
    tell_that_it_is_down(runtime.settings, RuntimeError("scheduler died 6 times"), make.EVENING)
    with runtime.engine.connect() as connection:
        assert connection.execute(state).scalar_one() is True
    tell_that_it_runs(runtime.settings, make.EVENING + MINUTE)
    with runtime.engine.connect() as connection:
        assert connection.execute(state).scalar_one() is False
