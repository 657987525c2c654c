"""The dated rules of servicing: read from a profile, written once, never changed under the same name or date."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.contract.terms import LEASE_ORDER, LOAN_ORDER, Bucket, Timing
from lockbox.errors import ConflictError, InputError, SettingsError
from lockbox.lender.profile import load_profile, read_profile
from lockbox.lender.profile_rules import (
    SMALL_SHORTAGE,
    load_order,
    load_rules,
    mail_calendar_of,
    orders_of,
    rules_of,
)
from lockbox.settings import ROOT, Settings

REFERENCE = ROOT / "profiles" / "reference.toml"


@pytest.fixture
def profile() -> dict[str, Any]:
    return copy.deepcopy(read_profile(REFERENCE))


def test_the_reference_profile_has_the_statutes_and_the_published_orders(profile: dict[str, Any]) -> None:
    rules = rules_of(profile)
    texas = rules.late_fee("TX", date(2026, 3, 1))
    assert (texas.grace_days, texas.percent_ppm, texas.choice) == (15, 50_000, "percent")
    kansas = [rules.late_fee("KS", day) for day in (date(2024, 12, 31), date(2025, 1, 1))]
    assert [rule.own_window for rule in kansas] == [True, False]
    assert {rule.base for rule in (*kansas, rules.late_fee("OK", date(2026, 3, 1)))} == {"unpaid"}
    assert rules.small_shortage_cents(date(2026, 3, 1)) == 500
    assert rules.late_fee("OH", date(2026, 3, 1)).grace_days == 10  # the seed default
    assert all(rule.source for rule in rules.late_fees)
    assert all(rule.source for rule in rules.return_fees)
    assert all(rule.source for rule in rules.lien_releases)
    assert {row["state"]: row["letter_from_cents"] for row in profile["unclaimed"]} == {"*": 5_000, "TX": 25_001}
    assert rules.bill_days == 25
    assert orders_of(profile) == {"loan.default": LOAN_ORDER, "lease.default": LEASE_ORDER}


def test_mail_is_received_on_the_days_of_the_regular_site(profile: dict[str, Any]) -> None:
    is_open = mail_calendar_of(profile)
    assert is_open(date(2026, 7, 3))  # a holiday on a Saturday leaves Friday open
    assert not is_open(date(2026, 11, 11))
    assert not is_open(date(2026, 11, 15))


def test_an_order_may_rank_fees_of_the_day_apart_from_older_ones(profile: dict[str, Any]) -> None:
    steps = [["past_due.fee"], ["due.principal"], ["due.fee"]]
    profile["allocation"][0] |= {"steps": steps, "steps_when_current": [["past_due.fee", "due.fee"]]}
    assert orders_of(profile)["loan.default"].ranks[Timing.DUE, Bucket.FEE] == 3


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        ("late_fee", {"choice": "most"}, "late_fee 1.*most"),
        ("late_fee", {"base": "all"}, "late_fee 1.*all"),
        ("return_fee", {"fee": 1}, "return_fee 1"),
        ("unclaimed", {"months": 1}, "unclaimed 1: needs state, valid_from, dormancy_months"),
        ("unclaimed", {"letter_days": 0}, "unclaimed 1, field letter_days: 0"),
    ],
)
def test_a_row_that_is_no_rule_is_named(profile: dict[str, Any], table: str, row: dict[str, Any], words: str) -> None:
    profile[table][0] |= row
    with pytest.raises(InputError, match=words):
        rules_of(profile)


@pytest.mark.parametrize("cents", [-1, 4.5, True, "500"])
def test_a_small_shortage_that_is_no_amount_is_named(profile: dict[str, Any], cents: object) -> None:
    (row,) = [row for row in profile["policy"] if row["rule"] == SMALL_SHORTAGE]
    row["value"] = cents
    with pytest.raises(InputError, match=r"late.small_shortage_cents, field value: .* is not an amount in cents"):
        rules_of(profile)


def _fee(profile: dict[str, Any]) -> None:
    profile["late_fee"][1]["percent_ppm"] = 60_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": [["advance.principal"], ["past_due.principal"], ["due.principal"]]}, "before what is due"),
        ({"steps": [["past_due.principal"], ["advance.principal"]]}, "before what is due"),
        ({"steps_when_current": [["due.fee"], ["past_due.fee"]]}, "due.fee comes before past_due.fee in some"),
        ({"steps": [["past_due.tax"], ["past_due.rent"]]}, "past_due.tax comes before past_due.rent"),
        ({"steps": [["due.rent", "past_due.tax"]]}, "past_due.tax comes before past_due.rent"),
        ({"most_ahed": 3}, "field most_ahed: an allocation order has no such field"),
    ],
)
def test_an_order_that_cannot_be_followed_is_refused(
    profile: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    profile["allocation"][0] |= change
    with pytest.raises(InputError, match=rf"loan.default.*{words}"):
        orders_of(profile)


def test_no_fewer_than_no_installments_are_paid_ahead(profile: dict[str, Any]) -> None:
    profile["allocation"][0]["most_ahead"] = -1
    with pytest.raises(SettingsError, match="most_ahead is -1, the least is 0"):
        orders_of(profile)


def test_all_that_an_order_says_comes_back_from_the_tables(settings: Settings, profile: dict[str, Any]) -> None:
    profile["allocation"] += tomllib.loads((ROOT / "tests/builders/published_orders.toml").read_text())["allocation"]
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        load_rules(connection, profile, Path("new.toml"))
        assert {name: load_order(connection, name) for name in orders_of(profile)} == orders_of(profile)


def _order(profile: dict[str, Any]) -> None:
    profile["allocation"][0]["steps"].pop()


def _order_field(profile: dict[str, Any]) -> None:
    profile["allocation"][0]["principal_only"] = False


def _flag(profile: dict[str, Any]) -> None:
    profile["flag"][0]["stops"] = []


@pytest.mark.parametrize("change", [_fee, _order, _order_field, _flag])
def test_other_content_under_the_same_date_or_name_is_a_conflict(
    settings: Settings, profile: dict[str, Any], change: Any
) -> None:
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        load_rules(connection, profile, REFERENCE)
    change(profile)
    with db.engine(settings).begin() as connection, pytest.raises(ConflictError, match=r"reference.toml"):
        load_rules(connection, profile, REFERENCE)


def test_a_new_row_is_in_force_from_its_date_on(settings: Settings, profile: dict[str, Any]) -> None:
    row = {**profile["late_fee"][1], "valid_from": date(2027, 1, 1), "grace_days": 20}
    profile["late_fee"].append(row)
    with db.engine(settings).begin() as connection:
        load_profile(connection, REFERENCE)
        load_rules(connection, profile, Path("new.toml"))
        count = connection.execute(sa.text("select count(*) from late_fee_rule where state = 'TX'")).scalar_one()
    assert count == 2
    rules = rules_of(profile)
    assert rules.late_fee("TX", date(2026, 12, 31)).grace_days == 15
    assert rules.late_fee("TX", date(2027, 1, 1)).grace_days == 20
    with pytest.raises(SettingsError, match="no late fee rule"):
        rules.late_fee("TX", date(2019, 1, 1))
