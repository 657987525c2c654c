"""Quiet hours: by the customer's state, in all of its time zones, over the change of the clocks."""

from __future__ import annotations

from datetime import datetime

import pytest

from lockbox.customer.quiet_hours import QuietHours, quiet_hours
from lockbox.errors import SettingsError
from lockbox.lender.profile import read_profile
from lockbox.settings import Settings


@pytest.fixture(scope="module")
def hours() -> QuietHours:
    rules = {row["rule"]: row["value"] for row in read_profile(Settings().profile)["policy"]}
    return quiet_hours(rules["notice.hours"], rules["notice.time_zones"])


@pytest.mark.parametrize(
    ("state", "at", "open_"),
    [
        ("OK", "2026-11-16T08:00:00-06:00", True),
        ("OK", "2026-11-16T07:59:59-06:00", False),
        ("OK", "2026-11-16T21:00:00-06:00", False),
        ("TX", "2026-11-16T08:30:00-06:00", False),  # 7:30 in El Paso
        ("TX", "2026-11-16T09:00:00-06:00", True),
        ("AZ", "2026-07-01T15:30:00+00:00", True),  # 8:30 in Phoenix, 9:30 in the Navajo Nation
        ("AZ", "2026-07-01T14:30:00+00:00", False),  # 7:30 in Phoenix
        ("OK", "2026-11-01T13:30:00+00:00", False),  # 7:30: the clocks went back that night
        ("OK", "2026-10-31T13:30:00+00:00", True),  # 8:30 the day before
        ("XX", "2026-11-16T14:30:00+00:00", False),  # nobody knows where: early morning in Hawaii
    ],
)
def test_hours_by_state(hours: QuietHours, state: str, at: str, open_: bool) -> None:
    assert hours.open_at("text", state, datetime.fromisoformat(at)) is open_


def test_every_state_has_a_zone(hours: QuietHours) -> None:
    assert len(hours.zones) == 51


def test_rules_that_cannot_be_are_named() -> None:
    with pytest.raises(SettingsError, match=r"notice\.hours: not a pair"):
        quiet_hours({"text": ["late"]}, {})
    with pytest.raises(SettingsError, match="no such zone: America/Nowhere"):
        quiet_hours({}, {"TX": ["America/Nowhere"]})
    with pytest.raises(SettingsError, match=r"notice\.hours: none for fax"):
        quiet_hours({}, {"TX": ["America/Chicago"]}).open_at("fax", "TX", datetime.fromisoformat("2026-11-16T12:00Z"))
