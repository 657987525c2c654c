"""Direct disputes: their clock, who may answer and close them, and who is told of a deadline."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.alerts.sweep import look
from lockbox.checks import run_checks
from lockbox.errors import InputError, Refused
from lockbox.runtime import Runtime
from lockbox.servicing import disputes
from lockbox.servicing.disputes import Dispute
from reconciliation.exceptions import letter_effect
from tests.builders import exceptions as make
from tests.builders import letters
from tests.builders.exceptions import MONDAY, TUESDAY, noon

DUE = MONDAY + timedelta(30)  # Wednesday, December 16
DUE_MORE = MONDAY + timedelta(45)  # Thursday, December 31


def rows(runtime: Runtime, statement: str) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def opened(runtime: Runtime) -> Dispute:
    """A dispute by a letter of Monday, worked on Tuesday."""
    item = letters.letter(runtime, "correspondence", "disputed")
    first, _ = make.accounts(runtime)
    make.resolve(runtime, item, letters.asks(letter_effect.new_dispute(first, "was never late in May")), TUESDAY)
    with runtime.engine.connect() as connection:
        return disputes.listed(connection)[0]


def answered(runtime: Runtime, case: Dispute, at: datetime, *, frivolous: bool = False, by: str = "ann") -> Dispute:
    with runtime.engine.begin() as connection:
        return disputes.answer(connection, case.case_id, "paid on May 3", by, at, frivolous=frivolous)


def closed(runtime: Runtime, case: Dispute, at: datetime, by: str = "bob") -> Dispute:
    with runtime.engine.begin() as connection:
        return disputes.close(connection, case.case_id, "letter sent", by, at)


def events(runtime: Runtime) -> list[tuple[Any, ...]]:
    return rows(
        runtime, "select severity, message, closed_at is not null from ops_event where kind = 'dispute' order by 2"
    )


def test_the_clock_begins_on_the_day_of_receipt_whenever_the_letter_is_worked(runtime: Runtime) -> None:
    case = opened(runtime)
    assert (case.received_on, case.due_on, case.state, case.compliance_code) == (MONDAY, DUE, "opened", "XB")
    case = answered(runtime, case, noon(DUE))
    assert (case.state, case.due_on, case.maker, case.checker) == ("answered", DUE, "ann", None)
    with pytest.raises(Refused, match="ann decided it; somebody else"):
        closed(runtime, case, noon(DUE), by=" Ann")
    case = closed(runtime, case, noon(DUE))
    assert (case.state, case.due_on, case.checker, case.compliance_code) == ("closed", None, "bob", "XH")
    with pytest.raises(Refused, match="it is closed, closed does not follow"):
        closed(runtime, case, noon(DUE))
    with runtime.engine.connect() as connection:
        assert disputes.listed(connection) == []
        assert [step.state for step in disputes.steps(connection, case.case_id)] == ["opened", "answered", "closed"]
        assert run_checks(connection) == []
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), runtime.engine.begin() as connection:
        connection.execute(sa.text("insert into dispute_step select * from dispute_step"))


def test_a_deadline_that_is_near_or_past_is_told_until_the_case_is_closed(runtime: Runtime) -> None:
    case = opened(runtime)
    look(runtime, noon(DUE - timedelta(8)))
    assert events(runtime) == []
    for day in (DUE - timedelta(7), DUE):
        look(runtime, noon(day))
        assert events(runtime) == [("warning", f"dispute 1 is due on {DUE}; it is opened", False)]
    look(runtime, noon(DUE + timedelta(1)))
    look(runtime, noon(DUE + timedelta(1)))
    assert events(runtime) == [("error", f"dispute 1 was due on {DUE}; it is opened", False)]
    answered(runtime, case, noon(DUE + timedelta(1)))
    closed(runtime, case, noon(DUE + timedelta(1)))
    assert [gone for *_, gone in events(runtime)] == [True]


@pytest.mark.parametrize(("received", "due"), [(DUE, DUE_MORE), (DUE + timedelta(1), DUE)])
def test_only_what_comes_within_the_first_period_gives_15_days_more(
    runtime: Runtime, received: date, due: date
) -> None:
    case = opened(runtime)
    more = letters.letter(runtime, day=received)
    effect = letter_effect.more_information(case.account_number, case.case_id, "a bank statement")
    make.resolve(runtime, more, letters.asks(effect), received + timedelta(1))
    with runtime.engine.connect() as connection:
        case = disputes.dispute(connection, case.case_id)
    assert (case.state, case.due_on) == ("information", due)


def test_the_customer_is_told_of_a_frivolous_dispute_within_five_business_days(runtime: Runtime) -> None:
    """From Tuesday, December 22: Christmas is no business day, the fifth is Wednesday, December 30."""
    case = answered(runtime, opened(runtime), noon(date(2026, 12, 22)), frivolous=True)
    assert (case.state, case.due_on) == ("frivolous", date(2026, 12, 30))
    assert closed(runtime, case, noon(date(2026, 12, 23))).determination == "frivolous"


def test_what_a_case_does_not_allow_is_told(runtime: Runtime) -> None:
    case = opened(runtime)
    with pytest.raises(Refused, match="it is opened, closed does not follow"):
        closed(runtime, case, noon(TUESDAY))
    with pytest.raises(InputError, match="no such dispute"), runtime.engine.begin() as connection:
        disputes.answer(connection, 9, "x", "ann", noon(TUESDAY))
    with pytest.raises(InputError, match="say in words"), runtime.engine.begin() as connection:
        disputes.answer(connection, case.case_id, " ", "ann", noon(TUESDAY))
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("select note_own_contract('cho', contract_id, 'hers', 'dan', now()) from dispute_case")
        )
    with pytest.raises(Refused, match="of their own or of their household"):
        answered(runtime, case, noon(TUESDAY), by="Cho")
    with pytest.raises(Refused, match=f"received on {MONDAY}"):
        answered(runtime, case, noon(MONDAY - timedelta(1)))
