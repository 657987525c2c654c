"""The verbs of a business day, each run as an operator runs it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.runtime import Runtime
from lockbox.settings import Settings
from tests.builders.command_line import verb
from tests.builders.site_days import SCOPE, posted_day

EVENING = ("--as-of", "2026-11-16T19:00:00-06:00")


def printed(settings: Settings, *words: str) -> str:
    """What a verb prints, blanks collapsed; it must succeed."""
    process = verb(settings, *words)
    assert process.returncode == 0, process.stderr
    return " ".join(process.stdout.split())


def test_sample_mail_is_posted_stage_by_stage(settings: Settings) -> None:
    small = ("--envelopes", "2", "--contracts", "10", "--seed", "3")
    assert "2 envelopes of 2026-11-16 delivered to" in printed(settings, "simulate", *small)
    for stage in ("ingest", "read", "decide", "post"):
        assert "dallas/2026-11-16/" in printed(settings, stage, *EVENING), stage


def test_mail_runs_every_stage_of_every_waiting_batch(settings: Settings) -> None:
    printed(settings, "simulate", "--envelopes", "2", "--contracts", "10", "--seed", "3")
    assert "2 of 2 batches posted" in printed(settings, "mail", *EVENING)


def test_a_posted_day_is_closed_and_reported(runtime: Runtime) -> None:
    settings = posted_day(runtime).settings
    assert "dallas/2026-11-16: closed in balance: 6 checks captured, 3 posted" in printed(settings, "close", *EVENING)
    text = printed(settings, "report", "2026-11-16", *EVENING)
    assert "│ day close │ closed in balance ✔ │" in text
    assert (settings.reports_path / "2026-11-16.html").exists()
    assert f"{SCOPE}/D001 done done done done" in printed(settings, "status")


def test_a_closed_date_has_its_night(runtime: Runtime) -> None:
    settings = posted_day(runtime).settings
    assert "no night can run yet" in printed(settings, "night", *EVENING)
    printed(settings, "close", *EVENING)
    assert "2026-11-16" in printed(settings, "night", "--as-of", "2026-11-17T01:00:00-06:00")
    text = printed(settings, "trial-balance", *EVENING)
    assert "Trial balance, 2026-11-16" in text
    assert "bank.deposits │ Bank deposits │ $1,125.99 │ $0.00 │ $1,125.99" in text
    assert "│ total │ │" in text


def test_a_posted_check_is_reversed(runtime: Runtime) -> None:
    settings = posted_day(runtime).settings
    words = ("reverse", "--item", f"{SCOPE}/D001/1", "--reason", "keyed to the wrong contract", *EVENING)
    assert printed(settings, *words) == "1000000161: owes $412.50, not past due item 1: waits to be decided anew"
    with runtime.engine.connect() as connection:
        days = connection.execute(sa.text("select business_date from journal where source_kind = 'reversal'")).scalars()
        assert list(days) == [date(2026, 11, 16)]  # in Dallas; 1 am of the next day by UTC


def test_migrate_loads_the_profile(settings: Settings) -> None:
    assert printed(settings, "migrate") == "database is up to date, profile loaded"


@pytest.mark.parametrize("word", ["dallas", "dallas/16"])
def test_text_that_is_not_a_site_day_is_a_usage_error(settings: Settings, word: str) -> None:
    process = verb(settings, "close", word)
    assert (process.returncode, "is not a site day" in process.stderr) == (2, True)
