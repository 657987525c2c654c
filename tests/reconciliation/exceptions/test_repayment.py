"""A check "paid in full" that is given back within 90 days, where the lender sends no notice of a disputes address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.alerts.sweep import look
from lockbox.checks import run_checks
from lockbox.errors import InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from reconciliation.exceptions import legal_review, repayment, resolution
from reconciliation.exceptions.legal_review import LegalReview
from reconciliation.exceptions.resolution import Proposal
from tests.builders import exceptions as make
from tests.builders import ledger
from tests.builders.exceptions import MONDAY, TUESDAY, noon

LAST = MONDAY + timedelta(90)


def rows(runtime: Runtime, statement: str) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def deposited(runtime: Runtime, *, notice_sent: bool, kept: bool = False) -> int:
    """A check "paid in full" that legal let deposit on Monday, to a loan or as unidentified; its night is run."""
    (item,) = make.waiting_day(runtime, [37_700], "paid_in_full")
    if not notice_sent:
        rule = sa.text("""
            insert into policy (lender_id, rule, valid_from, value)
            values ('meridian', 'disputes.notice_sent', :day, 'false')""")
        with runtime.engine.begin() as connection:
            connection.execute(rule, {"day": MONDAY})
    with runtime.engine.begin() as connection:
        shown = resolution.open_item(connection, str(item))
        words = LegalReview("deposit", "nobody", "no tender was known", MONDAY)
        legal_review.review(connection, shown, words, "lee", noon(MONDAY))
    proposal = Proposal(Outcome.SUSPENSE) if kept else make.pays(make.accounts(runtime)[0])
    make.resolve(runtime, item, proposal, MONDAY)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    return item


def start(runtime: Runtime, item: int, at: datetime, by: str = "ann") -> list[str]:
    with runtime.engine.begin() as connection:
        return repayment.start(connection, str(item), by, at)


def test_the_payment_is_taken_back_and_its_money_waits_for_its_sender(runtime: Runtime) -> None:
    item = deposited(runtime, notice_sent=False)
    assert f"refunded by {LAST}" in start(runtime, item, noon(TUESDAY))[-1]
    unidentified = "select -sum(amount_cents) from entry where account = 'suspense.unidentified'"
    assert rows(runtime, unidentified) == [(37_700,)]
    with pytest.raises(Refused, match="its repayment was begun already"):
        start(runtime, item, noon(TUESDAY))
    make.close(runtime, TUESDAY)
    make.run_night(runtime, TUESDAY)
    assert make.replayed(runtime) == []
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []


def test_money_that_is_unidentified_already_stays_as_it_is_until_the_last_day(runtime: Runtime) -> None:
    item = deposited(runtime, notice_sent=False, kept=True)
    with pytest.raises(Refused, match=f"it could be repaid until {LAST}"):
        start(runtime, item, noon(LAST + timedelta(1)))
    start(runtime, item, noon(LAST - timedelta(20)))
    assert rows(runtime, "select max(version) from decision") == [(2,)]
    event = "select severity, message, closed_at from ops_event where kind = 'repayment'"
    look(runtime, noon(LAST - timedelta(15)))
    assert rows(runtime, event) == []
    name = f"dallas/{MONDAY}/D001/1"
    look(runtime, noon(LAST - timedelta(14)))
    assert rows(runtime, event) == [("warning", f"{name}: $377.00 is to be repaid by {LAST}", None)]
    look(runtime, noon(LAST + timedelta(1)))
    assert rows(runtime, event) == [("error", f"{name}: $377.00 was to be repaid by {LAST}", None)]


def test_it_is_not_open_where_the_lender_sends_notice_of_a_disputes_address(runtime: Runtime) -> None:
    item = deposited(runtime, notice_sent=True)
    with pytest.raises(Refused, match="notice of a disputes address"):
        start(runtime, item, noon(TUESDAY))
    with pytest.raises(InputError, match="name the person"):
        start(runtime, item, noon(TUESDAY), by=" ")
    assert rows(runtime, "select count(*) from repayment") == [(0,)]


def test_only_a_deposited_check_that_was_meant_to_settle_is_repaid(runtime: Runtime) -> None:
    plain, waiting = make.waiting_day(runtime, [37_700, 37_700])
    make.resolve(runtime, plain, make.pays(make.accounts(runtime)[0]), MONDAY)
    make.close(runtime, MONDAY)
    with pytest.raises(Refused, match="nothing says that it was meant to settle"):
        start(runtime, plain, noon(TUESDAY))
    with pytest.raises(Refused, match="it is not deposited"):
        start(runtime, waiting, noon(TUESDAY))


def test_history_of_it_is_only_added_to(runtime: Runtime) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        ledger.altered(runtime, "update repayment set paid_on = last_on")
