"""A business date as a table for a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from lockbox.cli.day_table import render_summary
from lockbox.runtime import Runtime
from reconciliation import daily
from reconciliation.summary import DaySummary
from tests.builders import ledger as make
from tests.builders.site_days import SCOPE, posted_day


def _text(summary: DaySummary) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(render_summary(summary))
    return console.export_text()


def test_the_table_shows_the_figures(runtime: Runtime) -> None:
    text = _text(daily.day_summary(posted_day(runtime), make.DAY))
    for figure in ("50.0%", "· Amount not read", "$925.99", "not yet made"):
        assert figure in text


def test_a_closed_day_says_so_and_shows_its_deposit(runtime: Runtime) -> None:
    daily.close(posted_day(runtime), SCOPE, make.EVENING)
    text = _text(daily.day_summary(runtime, make.DAY))
    assert "closed in balance" in text
    assert "$1,125.99" in text


def test_a_day_without_mail_says_so() -> None:
    assert render_summary(DaySummary(make.DAY, "", ())).caption == "no mail or manifest is on record for this day"
