"""The assessment of late fees: which due dates are on time until a day, and what a lender without a rule is told."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.runtime import Runtime
from lockbox.servicing.assessment import LOOK_BACK_DAYS, assess, on_time_calendar
from tests.builders import ledger as make
from tests.builders.contract import is_open


def test_the_calendar_moves_the_last_day_to_one_with_mail() -> None:
    calendar = on_time_calendar(date(2026, 11, 16), [10, 15], is_open)
    assert len(calendar) == 2 * LOOK_BACK_DAYS
    until = {(row["grace_days"], row["due_on"]): row["until"] for row in calendar}
    assert until[15, "2026-11-01"] == "2026-11-16"
    assert until[10, "2026-11-01"] == "2026-11-12"  # the 11th is a holiday


def test_a_lender_without_a_late_fee_rule_is_an_error(runtime: Runtime) -> None:
    with db.engine(runtime.settings, owner=True).begin() as connection:
        make.lender(connection)
        make.contract(connection)
        assert assess(connection, "meridian", make.DAY) == 0
        connection.execute(sa.text("delete from late_fee_rule"))
        with pytest.raises(SettingsError, match="lender meridian: no late-fee rule at all on 2026-11-16"):
            assess(connection, "meridian", make.DAY)
