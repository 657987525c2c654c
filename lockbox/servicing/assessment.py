"""The assessment of late fees at the end of a day: which due dates are on time until then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from lockbox.contract.grace import IsOpen, open_day
from lockbox.errors import SettingsError
from lockbox.lender.dated_rules import mail_calendar

LOOK_BACK_DAYS = 400  # reaches the due dates whose grace may end that day, and the installments before them


def assess(connection: sa.Connection, lender_id: str, day: date, opened_from: date | None = None) -> int:
    """Assesses a lender's installments whose last on-time day this is; the next night charges the fees.

    Only those of contracts that were taken over on `opened_from` or later, if it is given.

    Raises:
        SettingsError: no late-fee rule of some state is in force.
    """
    lender = {"lender": lender_id}
    graces = connection.execute(
        sa.text("select distinct grace_days from late_fee_rule where lender_id = :lender order by 1"), lender
    ).scalars()
    calendar = on_time_calendar(day, list(graces), mail_calendar(connection, lender_id))
    contracts = sa.text("select 1 from contract where lender_id = :lender limit 1")
    if not calendar and connection.execute(contracts, lender).first():
        raise SettingsError(f"lender {lender_id}: no late-fee rule at all on {day}")
    assessed = connection.execute(
        sa.text("select night_assess(:lender, :day, cast(:calendar as jsonb), cast(:opened_from as date))"),
        {**lender, "day": day, "calendar": json.dumps(calendar), "opened_from": opened_from},
    )
    return int(assessed.scalar_one())


def on_time_calendar(day: date, graces: Sequence[int], is_open: IsOpen) -> list[dict[str, object]]:
    """Until when the due dates of the last months are on time, by days of grace: `contract.grace.on_time_until`."""
    return [
        {
            "grace_days": grace,
            "due_on": due_on.isoformat(),
            "until": open_day(due_on + timedelta(grace), is_open).isoformat(),
        }
        for grace in graces
        for due_on in (day - timedelta(ago) for ago in range(LOOK_BACK_DAYS))
    ]
