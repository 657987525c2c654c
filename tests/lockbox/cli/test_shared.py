"""Shared by the verbs: days and instants as typed, and a database that is ready to use."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.cli.shared import day_of, instant, progress_bar, ready
from lockbox.errors import UsageError
from lockbox.settings import Settings


def test_a_day_is_an_iso_date() -> None:
    assert day_of("2026-11-16") == date(2026, 11, 16)
    with pytest.raises(UsageError, match="'11/16/2026' is not a date"):
        day_of("11/16/2026")


def test_an_instant_keeps_its_offset() -> None:
    assert instant("2026-11-16T18:00:00-06:00") == datetime(2026, 11, 17, 0, 0, tzinfo=UTC)


def test_no_instant_is_now() -> None:
    assert abs(instant("") - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "fault"), [("noon", "is not a date and time"), ("2026-11-16T18:00:00", "has no UTC offset")]
)
def test_an_instant_without_an_offset_is_refused(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        instant(text)


def test_a_ready_database_has_the_lender_and_stays_up(settings: Settings) -> None:
    with ready(settings), db.engine(settings).connect() as connection:
        assert connection.execute(sa.text("select name from lender")).scalar_one() == "Meridian Motor Credit"
    telemetry.stop()
    assert db.is_running(settings)  # it ran before the verb
    assert settings.log_path.exists()


def test_a_bar_counts_what_is_done() -> None:
    bar = progress_bar()
    task = bar.add_task("batches", total=2)
    bar.advance(task)
    assert (bar.tasks[0].completed, bar.tasks[0].total, bar.finished) == (1, 2, False)
