"""An action is written down once with its reason, on a day that is under way or past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.errors import InputError, NotReady
from lockbox.runtime import Runtime
from lockbox.servicing.recorded_action import recorded
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.decided import contract, instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)


def test_an_action_is_recorded_once_with_its_reason(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, fee_cents=1_500))
    with recorded(runtime, instruction_for(number), "waiver", {"amount_cents": 5}) as action:
        assert action is not None
        assert (action.key, action.day, action.on, action.is_past) == ("waiver/1", make.DAY, make.DAY, False)
        assert action.position().fee_cents == 1_500
        action.note("something to look at")
    with recorded(runtime, instruction_for(number), "waiver", {"amount_cents": 5}) as repeated:
        assert repeated is None
    with runtime.engine.connect() as connection:
        events = connection.execute(sa.text("select kind, facts, reason, maker from contract_event")).all()
        assert [tuple(event) for event in events] == [("waiver", {"amount_cents": 5}, "asked by the customer", "ann")]
        note = connection.execute(sa.text("select scope, message from ops_event where kind = 'contract'")).one()
        assert tuple(note) == (f"contract/{number}", "something to look at")


def test_an_action_for_an_earlier_day_is_posted_on_the_day_under_way(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    nights.run(runtime, make.DAY + DAY * 3)
    with recorded(runtime, instruction_for(number, make.DAY, known=make.DAY + DAY * 3), "waiver", {}) as action:
        assert action is not None
        assert (action.day, action.on, action.is_past) == (make.DAY, make.DAY + DAY * 4, True)
        assert action.terms() == action.record.terms[0]


def test_an_action_that_fails_leaves_nothing(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan())
    with pytest.raises(RuntimeError), recorded(runtime, instruction_for(number), "waiver", {}):
        raise RuntimeError
    with (
        pytest.raises(InputError, match="a reason is required"),
        recorded(runtime, instruction_for(number, reason=" "), "waiver", {}),
    ):
        pass
    with (
        pytest.raises(InputError, match="no such account"),
        recorded(runtime, replace(instruction_for(number), account_number="1"), "waiver", {}),
    ):
        pass
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from contract_event")).scalar_one() == 0


def test_only_what_moves_no_money_may_be_recorded_for_any_day(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan())
    early = replace(instruction_for(number), day=make.EVE)
    with pytest.raises(InputError, match="nothing is known before 2026-11-16"), recorded(runtime, early, "waiver", {}):
        pass
    ahead = replace(instruction_for(number), day=make.DAY + DAY * 40)
    with pytest.raises(NotReady, match="comes after nights that were not run"), recorded(runtime, ahead, "waiver", {}):
        pass
    with recorded(runtime, early, "flag_set", {"flag": "scra"}, any_day=True) as action:
        assert action is not None
