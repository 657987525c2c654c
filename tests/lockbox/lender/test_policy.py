"""Policy: dated rules in, the ones in force out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lockbox import db
from lockbox.errors import ConflictError, InputError, SettingsError
from lockbox.lender.dated_rules import policy_on
from lockbox.lender.policy import attributes
from lockbox.lender.profile import load_profile, site_ids
from lockbox.settings import ROOT, Settings

REFERENCE = ROOT / "profiles" / "reference.toml"
DAY = date(2026, 11, 16)


def test_loading_twice_changes_nothing_and_all_rules_are_there(settings: Settings) -> None:
    for _ in range(2):
        with db.engine(settings).begin() as connection:
            load_profile(connection, REFERENCE)
    with db.engine(settings).connect() as connection:
        policy = policy_on(connection, "richardson", DAY)
    assert policy.overnight
    assert policy.stale_months == 6
    assert policy.payee_products["Meridian Motor Leasing"] == "lease"
    assert site_ids(REFERENCE) == ["dallas", "richardson"]


def test_a_newer_row_rules_from_its_day_on(settings: Settings, tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text(
        REFERENCE.read_text() + '\n[[policy]]\nrule = "date.stale_months"\nvalid_from = 2026-11-16\nvalue = 3\n'
    )
    with db.engine(settings).begin() as connection:
        load_profile(connection, changed)
        assert policy_on(connection, "dallas", date(2026, 11, 15)).stale_months == 6
        assert policy_on(connection, "dallas", DAY).stale_months == 3


def test_a_dated_rule_is_not_rewritten(settings: Settings, tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text(REFERENCE.read_text().replace("value = 6\n", "value = 9\n"))
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
    with db.engine(settings).begin() as connection, pytest.raises(ConflictError, match=r"date\.stale_months"):
        load_profile(connection, changed)


def test_a_rule_without_a_value_on_a_day_is_named(settings: Settings) -> None:
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        with pytest.raises(SettingsError, match="site dallas"):
            policy_on(connection, "dallas", date(2019, 1, 1))


def test_a_file_that_is_no_profile_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[lender]\nid = ")
    with pytest.raises(InputError, match=r"bad\.toml"):
        site_ids(bad)
    bad.write_text("[lender]\nid = 'x'\n")
    with pytest.raises(InputError, match="field site: missing"):
        site_ids(bad)


def test_account_numbers_have_a_rule_and_only_check_digits_that_exist() -> None:
    rules = attributes({"account.check_digits": "luhn", "account.within_nats": 3.5})
    assert rules == {"check_digits": "luhn", "within_nats": 3.5}
    with pytest.raises(SettingsError, match="known are damm, luhn"):
        attributes({"account.check_digits": "mod_7"})
