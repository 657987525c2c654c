"""The rules for alerts as the reference lender has them, and what cannot be used."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lockbox.errors import SettingsError
from lockbox.lender.alert_rules import alert_rules, usual_mail
from lockbox.runtime import Runtime
from tests.builders import ledger as make


def test_the_rules_of_a_day(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        rules = alert_rules(connection, "meridian", make.DAY)
        assert [route.name for route in rules.routes] == ["operations", "servicing"]
        assert (rules.hold("late"), rules.hold("silent_site")) == (timedelta(minutes=15), timedelta(0))
        assert [rules.retry(tries).seconds // 60 for tries in (1, 2, 4, 9)] == [1, 5, 60, 60]
        assert usual_mail(connection, "meridian", make.DAY).weeks == 8


@pytest.mark.parametrize("value", ["[]", "[0]", '"often"'])
def test_a_rule_that_cannot_be_used_is_named(runtime: Runtime, value: str) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
    make.altered(runtime, f"update policy set value = '{value}' where rule = 'alert.retry_minutes'")
    with runtime.engine.connect() as connection, pytest.raises(SettingsError, match="alert"):
        alert_rules(connection, "meridian", make.DAY)
