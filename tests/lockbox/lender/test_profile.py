"""A profile file into the database: dated rows are added and never rewritten."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lockbox import db
from lockbox.errors import ConflictError, InputError
from lockbox.lender.profile import LEDGER_ACCOUNTS, load_profile, rules_on, site_ids
from lockbox.settings import ROOT, Settings

REFERENCE = ROOT / "profiles" / "reference.toml"
DAY = date(2026, 11, 16)


def test_loading_twice_changes_nothing(settings: Settings) -> None:
    counts = []
    for _ in range(2):
        with db.engine(settings).begin() as connection:
            load_profile(connection, REFERENCE)
            counts.append(
                [
                    connection.exec_driver_sql(f"select count(*) from {table}").scalar_one()
                    for table in ("lender", "site", "site_cut_off", "payee", "policy", "ledger_account")
                ]
            )
    assert counts[0] == counts[1]
    assert counts[0][:2] == [1, 2]
    assert counts[0][-1] == len(LEDGER_ACCOUNTS) + 2  # one clearing account for each site
    assert site_ids(REFERENCE) == ["dallas", "richardson"]


def test_the_rules_of_a_file_on_a_day(tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text(
        REFERENCE.read_text() + '\n[[policy]]\nrule = "date.stale_months"\nvalid_from = 2026-11-16\nvalue = 3\n'
    )
    assert rules_on(changed, date(2026, 11, 15))["date.stale_months"] == 6
    assert rules_on(changed, DAY)["date.stale_months"] == 3
    assert "bill.days_before" not in rules_on(changed, DAY)  # servicing's rules are no policy


def test_a_dated_rule_is_not_rewritten(settings: Settings, tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text(REFERENCE.read_text().replace("value = 6\n", "value = 9\n"))
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
    with db.engine(settings).begin() as connection, pytest.raises(ConflictError, match=r"date\.stale_months"):
        load_profile(connection, changed)


def test_a_file_that_is_not_a_profile_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[lender]\nid = ")
    with pytest.raises(InputError, match=r"bad\.toml"):
        site_ids(bad)
    bad.write_text("[lender]\nid = 'x'\n")
    with pytest.raises(InputError, match="field site: missing"):
        site_ids(bad)
