"""The charts of a day: flow of the checks, straight-through rate, reasons, and time by stage."""

from __future__ import annotations

import pytest

from lockbox.runtime import Runtime
from reconciliation import daily
from reconciliation.day_chart import charts, site_tones
from reconciliation.summary import DaySummary
from tests.builders import ledger as make
from tests.builders.site_days import posted_day

STAGES = [
    {"scope": "dallas/2026-11-16/D001", "site_id": "dallas", "batch_no": "D001", "stage": stage, "duration_ms": time_ms}
    for stage, time_ms in (("ingest", 500.0), ("read", 2_000.0), ("unheard of", 9_000.0))
]


@pytest.fixture
def summary(runtime: Runtime) -> DaySummary:
    """A posted day at Dallas, in figures."""
    return daily.day_summary(posted_day(runtime), make.DAY)


def test_each_chart_says_its_figures_in_words(summary: DaySummary) -> None:
    drawn = charts(summary, STAGES)
    assert 'aria-label="Where the checks went. Dallas: 6 checks; Posted: 3 · $925.99;' in drawn["flow"]
    assert "Deposit: 4 · $1,125.99; Needs review: 1 check" in drawn["flow"]
    assert 'aria-label="Straight-through rate by site. Dallas: 50.0%"' in drawn["rates"]
    assert 'aria-label="In review, by every reason given. Amount not read: 1"' in drawn["reasons"]
    assert 'aria-label="Processing time by batch and stage. Dallas D001: 2.5 s"' in drawn["stages"]


def test_a_day_without_mail_has_no_charts() -> None:
    assert set(charts(DaySummary(make.DAY, "", ()), []).values()) == {""}


def test_a_site_has_a_color(summary: DaySummary) -> None:
    assert site_tones(summary) == {"Dallas": "#3f6fb5"}
