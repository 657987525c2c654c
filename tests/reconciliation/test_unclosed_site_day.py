"""A site day that is not closed: what still keeps it open, and from when it is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lockbox.mail.difference import Difference
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from reconciliation import daily
from reconciliation.unclosed_site_day import UnclosedSiteDay, unclosed_site_days
from tests.builders import ledger as make
from tests.builders.site_days import NIGHT, SCOPE, posted_day

CUT_OFF = datetime(2026, 11, 16, 23, 0, tzinfo=UTC)  # 5 pm in Dallas


def test_a_complete_day_is_open_until_its_cut_off() -> None:
    day = UnclosedSiteDay(SCOPE, CUT_OFF, is_announced=True, open_batches=())
    assert day.obstacles(CUT_OFF - timedelta(seconds=1)) == ["the cut-off is 2026-11-16 23:00 UTC"]
    assert day.obstacles(CUT_OFF) == []


def test_everything_that_is_missing_is_named() -> None:
    missing = Difference(BatchScope("dallas", make.DAY, "D004"), "documents", 5, 1, "batch D004: 4 missing")
    day = UnclosedSiteDay(SCOPE, CUT_OFF, False, ("D001", "D002", "D003"), ("D003",), None, (missing,))
    assert day.unfinished() == [
        "the site's manifest has not arrived",
        "not posted: D001, D002",
        "announced and not delivered: D003",
        "a person has to accept what differs: batch D004: 4 missing",
    ]


def test_from_the_hour_of_the_policy_on_only_mail_in_process_keeps_it_open() -> None:
    missing = Difference(BatchScope("dallas", make.DAY, "D004"), "documents", 5, 1, "batch D004: 4 missing")
    day = UnclosedSiteDay(SCOPE, CUT_OFF, True, ("D002", "D003"), ("D003",), NIGHT, (missing,))
    assert len(day.obstacles(NIGHT - timedelta(seconds=1))) == 3
    assert day.obstacles(NIGHT) == ["not posted: D002"]
    assert (day.awaited(CUT_OFF), day.awaited(NIGHT)) == (("D003",), ())
    assert replace(day, is_announced=False).obstacles(NIGHT) == ["not posted: D002"]


def test_a_missing_manifest_is_waited_for_until_a_person_accepts_it_or_the_hour_of_the_policy_comes() -> None:
    manifest = Difference(
        BatchScope("dallas", make.DAY, ""), "manifest", 1, 0, "the site's manifest has not arrived: ..."
    )
    day = UnclosedSiteDay(SCOPE, CUT_OFF, False, (), (), NIGHT, (manifest,))
    assert day.obstacles(CUT_OFF) == ["the site's manifest has not arrived"]
    assert day.obstacles(NIGHT) == []
    assert replace(day, differences=(replace(manifest, accepted_by="M. Ruiz"),)).obstacles(CUT_OFF) == []


def test_a_day_is_listed_until_it_is_closed(runtime: Runtime) -> None:
    posted_day(runtime)
    with runtime.engine.connect() as connection:
        (day,) = unclosed_site_days(connection, runtime.settings.inbox_path)
    assert (day.scope, day.cut_off_at, day.is_announced, day.open_batches) == (SCOPE, CUT_OFF, True, ())
    daily.close(runtime, SCOPE, make.EVENING)
    with runtime.engine.connect() as connection:
        assert list(unclosed_site_days(connection, runtime.settings.inbox_path)) == []
