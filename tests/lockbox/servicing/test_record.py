"""The record of a contract: loaded from the tables it replays to its position, also on an earlier day."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.contract.event import FeeCharge, Waiver
from lockbox.errors import InputError, NotReady
from lockbox.runtime import Runtime
from lockbox.servicing.record import last_night, load_record
from tests.builders import ledger as make
from tests.builders import nights
from tests.builders.decided import contract

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)


def test_a_record_replays_to_the_position_of_the_tables(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, terms={"rate_ppm": 50_000}))
    nights.pay(runtime, make.DAY, [(number, 41_250)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY + DAY)
    with runtime.engine.connect() as connection:
        record = load_record(connection, 1, last_night(connection))
    row = nights.positions(runtime)[number]
    position = record.replay(nights.RULES, nights.IS_OPEN).position
    assert nights.balances(position) == {name: row[name] for name in nights.BALANCES}
    assert (record.account_number, record.lender_id, record.last_night) == (number, "meridian", make.DAY + DAY)
    assert list(record.items.values()) == [1]
    on_monday = record.position_on(nights.RULES, nights.IS_OPEN, make.DAY)
    assert (on_monday.on, on_monday.principal_cents, on_monday.interest_cents) == (make.EVE, 900_000 - 41_250, 0)


def test_a_record_as_if_a_journal_were_taken_back_and_a_fee_charged(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48))
    nights.pay(runtime, make.DAY, [(number, 41_250)])
    with runtime.engine.connect() as connection:
        journal = connection.execute(sa.text("select journal_id from journal where source_kind = 'item'")).scalar_one()
        fee = FeeCharge("returned_check/1", make.DAY, 3_000)
        record = load_record(connection, 1, None, [journal], fee)
    assert [type(event) for event in record.under_way] == [FeeCharge]
    assert record.replay(nights.RULES, nights.IS_OPEN).position.fee_cents == 3_000
    assert record.books.accounts == {"receivable.fee": 3_000, "income.fee": -3_000}


def test_one_more_event_is_the_last_of_its_day(runtime: Runtime) -> None:
    number = contract(runtime, *make.loan(principal_cents=900_000, count=48, fee_cents=1_500))
    nights.run(runtime, make.DAY)
    with runtime.engine.connect() as connection:
        record = load_record(connection, 1, make.DAY)
    waived = record.with_event(Waiver("w", make.DAY, 400))
    assert waived.replay(nights.RULES, nights.IS_OPEN).position.fee_cents == 1_100
    again = waived.with_event(Waiver("w", make.DAY, 500))
    assert (len(again.events), again.replay(nights.RULES, nights.IS_OPEN).position.fee_cents) == (1, 1_000)
    assert record.account_number == number


def test_there_is_no_record_of_an_unknown_contract(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert last_night(connection) is None
        with pytest.raises(InputError, match="no such contract"):
            load_record(connection, 1, None)


def test_a_night_that_broke_off_has_no_record(runtime: Runtime) -> None:
    contract(runtime, *make.loan())
    make.altered(
        runtime,
        "insert into stage_run (scope, stage, fence, state, started_at) "
        "values ('night/2026-11-16', 'bill', 1, 'done', now())",
    )
    with runtime.engine.connect() as connection, pytest.raises(NotReady, match="night/2026-11-16 broke off"):
        last_night(connection)
