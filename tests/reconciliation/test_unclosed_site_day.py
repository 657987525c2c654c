"""A site day that is not closed: what still keeps it open, and from when it is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lockbox.runtime import Runtime
from reconciliation import daily
from reconciliation.unclosed_site_day import UnclosedSiteDay, unclosed_site_days
from tests.builders import ledger as make
from tests.builders.site_days import SCOPE, posted_day

CUT_OFF = datetime(2026, 11, 16, 23, 0, tzinfo=UTC)  # 5 pm in Dallas


def test_a_complete_day_is_open_until_its_cut_off() -> None:
    day = UnclosedSiteDay(SCOPE, CUT_OFF, is_announced=True, open_batches=())
    assert day.obstacles(CUT_OFF - timedelta(seconds=1)) == ["the cut-off is 2026-11-16 23:00 UTC"]
    assert day.obstacles(CUT_OFF) == []


def test_everything_that_is_missing_is_named() -> None:
    day = UnclosedSiteDay(SCOPE, CUT_OFF, False, ("D001", "D002"), ("D003",))
    assert day.unfinished() == [
        "the site's manifest has not arrived",
        "not posted: D001, D002",
        "set aside, waiting for redelivery: D003",
    ]


def test_a_day_is_listed_until_it_is_closed(runtime: Runtime) -> None:
    posted_day(runtime)
    with runtime.engine.connect() as connection:
        (day,) = unclosed_site_days(connection)
    assert (day.scope, day.cut_off_at, day.is_announced, day.open_batches) == (SCOPE, CUT_OFF, True, ())
    daily.close(runtime, SCOPE, make.EVENING)
    with runtime.engine.connect() as connection:
        assert list(unclosed_site_days(connection)) == []
