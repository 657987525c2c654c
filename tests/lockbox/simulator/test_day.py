"""A simulated day: contracts in the ledger, mail in the inbox, the truth apart from it, all made only once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import ConflictError
from lockbox.lender.profile import load_profile
from lockbox.settings import Settings
from lockbox.simulator.day import score_lines, simulate, truth_path
from lockbox.simulator.truth import load_truth

DAY = date(2026, 11, 16)


@pytest.fixture
def ready(settings: Settings) -> Settings:
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    return settings


def run(settings: Settings, **changes: Any) -> list[tuple[int, int]]:
    reported: list[tuple[int, int]] = []
    values = {"seed": 7, "business_date": DAY, "envelopes": 4, "contracts": 60, **changes}
    simulate(settings, progress=lambda *at: reported.append(at), **values)
    return reported


def state(settings: Settings) -> tuple[Any, ...]:
    with db.engine(settings).connect() as connection:
        counts = [
            connection.execute(sa.text(f"select {column}")).scalar_one()
            for column in ("count(*) from contract", "count(*) from journal", "sum(amount_cents) from entry")
        ]
    files = sorted((str(path), path.stat().st_mtime_ns) for path in settings.home.rglob("*") if path.is_file())
    return (*counts, files)


def test_a_day_is_made_once_and_the_second_time_nothing_is_done(ready: Settings) -> None:
    reported = run(ready)
    assert reported[0] == (60, 60)
    assert reported[-1][0] == reported[-1][1] > 4
    before = state(ready)
    assert (before[0], before[2]) == (60, 0)
    assert 50 <= before[1] <= 60  # one for each contract that owes something
    assert run(ready) == []
    assert state(ready) == before


def test_truth_lies_outside_the_inbox_and_counts_what_is_in_it(ready: Settings) -> None:
    run(ready)
    truth = load_truth(truth_path(ready, DAY))
    assert ready.inbox_path not in truth_path(ready, DAY).parents
    assert not [path for path in ready.inbox_path.rglob("*") if "truth" in path.name]
    fronts = len(list(ready.inbox_path.rglob("*F.*")))
    cash_letter = sum(item.batch_no.startswith("R9") for item in truth.items)
    assert fronts + cash_letter == len(truth.items)


def test_different_numbers_for_the_same_home_are_a_conflict(ready: Settings) -> None:
    run(ready)
    with pytest.raises(ConflictError, match="portfolio"):
        run(ready, contracts=61)
    with pytest.raises(ConflictError, match="portfolio"):
        run(ready, seed=8)
    with pytest.raises(ConflictError, match="2026-11-16"):
        run(ready, envelopes=5)


def test_a_later_day_pays_on_the_same_contracts(ready: Settings) -> None:
    run(ready)
    before = state(ready)[:3]
    run(ready, business_date=date(2026, 11, 17))
    assert state(ready)[:3] == before
    assert truth_path(ready, date(2026, 11, 17)).exists()


def test_what_was_lost_is_made_again(ready: Settings) -> None:
    run(ready)
    before = {path.relative_to(ready.inbox_path): path.read_bytes() for path in _files(ready.inbox_path)}
    shutil.rmtree(ready.inbox_path)
    run(ready)
    assert {path.relative_to(ready.inbox_path): path.read_bytes() for path in _files(ready.inbox_path)} == before


def test_score_counts_undecided_mail_and_knows_no_other_days(ready: Settings) -> None:
    run(ready)
    lines = score_lines(db.engine(ready), ready, DAY)
    assert any("have no decision" in line for line in lines)
    assert score_lines(db.engine(ready), ready, date(2026, 1, 5)) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
