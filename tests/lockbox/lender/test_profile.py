"""A profile file into the database: dated rows are added and never rewritten."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

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


@pytest.mark.parametrize(
    ("row", "edited", "place"),
    [
        ('time = "17:00"', 'time = "18:00"', "cut-off of dallas from 2020-01-01"),
        ("weekdays = [1, 2, 3, 4, 5]", "weekdays = [1, 2, 3, 4, 5, 6]", "cut-off of dallas from 2020-01-01"),
        (
            'product = "loan"\nvalid_from = 2020-01-01',
            'product = "loan"\nvalid_from = 2020-01-01\nvalid_to = 2021-01-01',
            "",
        ),
    ],
)
def test_an_edited_cut_off_is_refused_and_a_payee_may_end(
    settings: Settings, tmp_path: Path, row: str, edited: str, place: str
) -> None:
    changed = tmp_path / "profile.toml"
    assert row in REFERENCE.read_text()
    changed.write_text(REFERENCE.read_text().replace(row, edited, 1))
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        if place:
            with pytest.raises(ConflictError, match=place):
                load_profile(connection, changed)
            return
        load_profile(connection, changed)
        assert connection.exec_driver_sql("select name from payee where valid_to is not null").scalars().all() == [
            "Meridian Motor Credit"
        ]
        with pytest.raises(ConflictError, match="payee Meridian Motor Credit from 2020-01-01"):
            load_profile(connection, REFERENCE)


def test_a_ledger_account_takes_its_new_name(settings: Settings) -> None:
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        connection.exec_driver_sql("update ledger_account set name = 'Old name' where account = 'income.fee'")
        load_profile(connection, REFERENCE)
        renamed = connection.exec_driver_sql("select name from ledger_account where account = 'income.fee'")
        assert renamed.scalar_one() == LEDGER_ACCOUNTS["income.fee"][1]


def test_a_file_that_is_not_a_profile_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[lender]\nid = ")
    with pytest.raises(InputError, match=r"bad\.toml"):
        site_ids(bad)
    bad.write_text("[lender]\nid = 'x'\n")
    with pytest.raises(InputError, match="field site: missing"):
        site_ids(bad)


def test_a_second_lender_with_the_same_sites_is_refused_by_name(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(settings.profile.read_text().replace('id = "meridian"', 'id = "harbor"', 1))
    with db.engine(settings).begin() as connection:
        load_profile(connection, settings.profile)
    with (
        pytest.raises(ConflictError, match="site dallas of harbor is a site of meridian"),
        db.engine(settings).begin() as connection,
    ):
        load_profile(connection, other)
    with db.engine(settings).connect() as connection:
        assert list(connection.execute(sa.text("select lender_id from lender")).scalars()) == ["meridian"]
