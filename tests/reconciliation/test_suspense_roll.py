"""Suspense rolls forward from close to close: what comes in, what is identified, applied, moved, refunded."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import OutOfBalance
from lockbox.mail.taken_back import take_back
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from reconciliation import daily
from reconciliation.exceptions.suspense import Action, Proposal, Sender
from reconciliation.suspense_roll import RollForward, SuspenseDay
from tests.builders import exceptions as make
from tests.builders import suspense as work
from tests.builders.exceptions import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, noon

SCOPE = SiteDayScope("dallas", MONDAY)


def rolls(runtime: Runtime, day: date) -> list[tuple[int, ...]]:
    """Both accounts as the close kept them: opening, taken in, identified, applied, moved, refunded, closing."""
    make.close(runtime, day)
    make.run_night(runtime, day)
    statement = sa.text("select totals -> 'suspense_roll' from day_close where business_date = :day")
    with runtime.engine.connect() as connection:
        kept = SuspenseDay.stored(connection.execute(statement, {"day": day}).scalar_one())
        assert run_checks(connection) == []
    return [
        (roll.opening, roll.taken_in, roll.identified, roll.applied, roll.moved, roll.refunded, roll.closing)
        for roll in kept.accounts
    ]


def test_every_cent_of_suspense_is_told_from_close_to_close(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [100_000])
    first, second = make.accounts(runtime)
    make.resolve(runtime, item, work.UNIDENTIFIED, MONDAY)
    assert rolls(runtime, MONDAY) == [(0, 100_000, 0, 0, 0, 0, 100_000), (0,) * 7]
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("""
                insert into contract_flag (contract_id, flag, valid_from)
                select contract_id, 'bankruptcy', :day from contract where account_number = :account"""),
            {"day": TUESDAY, "account": second},
        )
    work.done(runtime, item, work.identify(first, 37_700), TUESDAY)
    work.done(runtime, item, work.identify(second, 2_300), TUESDAY)
    assert rolls(runtime, TUESDAY) == [
        (100_000, 0, -40_000, 0, 0, 0, 60_000),
        (0, 0, 2_300, 0, 0, 0, 2_300),
    ]
    work.done(runtime, item, work.move(first, ""), WEDNESDAY)
    sender = Sender("Pat Doe", ("1 Elm St",))
    work.done(runtime, item, Proposal(Action.REFUND, sender=sender, amount_cents=50_000), WEDNESDAY)
    assert rolls(runtime, WEDNESDAY) == [
        (60_000, 0, 0, 0, 37_700, -50_000, 47_700),
        (2_300, 0, 0, 0, 0, 0, 2_300),
    ]
    page = daily.report(runtime, WEDNESDAY, make.evening(WEDNESDAY)).read_text()
    assert "From the close before" in page
    assert "($500.00)" in page
    with runtime.engine.begin() as connection:
        take_back(connection, item, "returned", None, noon(THURSDAY), "cho")
    assert rolls(runtime, THURSDAY) == [
        (47_700, -100_000, 0, 0, 2_300, 50_000, 0),
        (2_300, 0, 0, 0, -2_300, 0, 0),
    ]
    assert daily.report(runtime, WEDNESDAY, make.evening(WEDNESDAY)).read_text() == page


def test_a_close_whose_suspense_was_changed_behind_it_is_found_by_the_next(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [100_000])
    make.resolve(runtime, item, work.UNIDENTIFIED, MONDAY)
    make.close(runtime, MONDAY)
    with runtime.engine.begin() as connection:
        connection.execute(sa.text("set local role none"))
        connection.execute(
            sa.text("""
            update day_close set totals = jsonb_set(totals, '{suspense_roll,unidentified,closing}', '99999')""")
        )
    with pytest.raises(OutOfBalance, match="unidentified by the close before, and what moved since"):
        make.close(runtime, TUESDAY)


def test_what_does_not_add_up_does_not_tie() -> None:
    whole = RollForward("unidentified", 100, 50, -30, 0, 0, -20, 100, 2, 100)
    assert all(tie.is_equal for tie in SuspenseDay("", (whole,)).ties(SCOPE))
    short = RollForward("unidentified", 100, 50, -30, 0, 0, -20, 99, 2, 100)
    assert [tie.is_equal for tie in SuspenseDay("", (short,)).ties(SCOPE)] == [False, False]
