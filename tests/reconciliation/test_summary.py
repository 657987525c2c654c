"""A day in figures: what each site received, what became of it, how fast, and whether it ties."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.runtime import Runtime
from reconciliation import daily
from reconciliation.summary import ReasonCount, Speed, straight_through
from tests.builders import ledger as make
from tests.builders.site_days import SCOPE, posted_day


@pytest.fixture
def day(runtime: Runtime) -> Runtime:
    """A posted day at Dallas."""
    return posted_day(runtime)


def test_the_summary_counts_what_became_of_each_check(day: Runtime) -> None:
    summary = daily.day_summary(day, make.DAY)
    (site,) = summary.sites
    totals = site.totals
    assert (totals.envelopes, totals.documents, totals.captured.count) == (6, 7, 6)
    assert (totals.posted.count, totals.suspense.count, totals.review.count, totals.rejected.count) == (3, 1, 1, 1)
    assert straight_through(totals) == 0.5
    assert [(reason.label, reason.items) for reason in site.reasons if reason.outcome == "review"] == [
        ("Amount not read", 1)
    ]
    assert summary.state == "open"
    daily.close(day, SCOPE, make.EVENING)
    assert daily.day_summary(day, make.DAY).state == "closed"


def test_a_check_released_by_a_person_is_not_straight_through(day: Runtime) -> None:
    with day.engine.begin() as connection:
        item_id = connection.execute(
            sa.text("select item_id from current_decision where outcome = 'review'")
        ).scalar_one()
        make.posted_check(connection, item_id, 1, 700, version=2, maker="kim")
    totals = daily.day_summary(day, make.DAY).totals
    assert (totals.posted.count, totals.straight_through) == (4, 3)


def test_the_summary_of_a_day_without_mail_is_empty(day: Runtime) -> None:
    summary = daily.day_summary(day, date(2026, 11, 17))
    assert (summary.sites, summary.lender, summary.state) == ((), "", "open")


def test_a_day_with_an_unposted_batch_is_open_and_shows_no_difference(day: Runtime) -> None:
    with day.engine.begin() as connection:
        connection.execute(
            sa.text("update stage_run set state = 'running' where scope like '%D002' and stage = 'post'")
        )
    (site,) = daily.day_summary(day, make.DAY).sites
    assert (site.state, site.open_batches, site.differences) == ("open", ("D002",), ())


def test_what_has_not_come_yet_is_not_missing(day: Runtime) -> None:
    """At noon a batch of five documents is announced and not there."""
    make.altered(
        day, """update site_day set batches = batches || '{"batch"\\: "D003", "envelopes"\\: 5, "documents"\\: 5}'"""
    )
    summary = daily.day_summary(day, make.DAY)
    assert (summary.state, summary.open_differences) == ("open", ())
    assert summary.totals.missing_documents == 0


def test_a_day_whose_totals_differ_is_out_of_balance(day: Runtime) -> None:
    make.altered(day, "update batch set declared_documents = 4 where batch_no = 'D002'")
    summary = daily.day_summary(day, make.DAY)
    assert summary.state == "out of balance"
    assert [tie.left_name for tie in summary.sites[0].differences] == ["declared documents"]


def test_the_speed_of_a_site_leaves_the_close_out() -> None:
    speed = Speed(
        documents=100, reading_ms=8_000, stage_ms={"ingest": 1_000, "read": 3_000, "post": 1_000, "close": 9e9}
    )
    assert speed.documents_per_s == 20
    assert speed.reading_ms_per_document == 80


def test_nothing_read_has_no_speed() -> None:
    speed = Speed(0, 0.0, {})
    assert (speed.documents_per_s, speed.reading_ms_per_document) == (None, None)


def test_a_reason_is_labeled_as_operators_know_it() -> None:
    assert ReasonCount("post_dated", "review", 2).label == "Postdated"
    assert ReasonCount("old_reason", "review", 2).label == "old_reason"
