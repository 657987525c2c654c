"""The audit: a replay finds in the books what no sum of entries can show."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox.errors import OutOfBalance
from lockbox.runtime import Runtime
from lockbox.servicing import night
from lockbox.servicing.audit import by_turns, differences
from tests.builders import command_line, nights
from tests.builders import ledger as make
from tests.builders.ledger import altered


def test_nights_at_once_and_one_by_one_leave_what_history_says(runtime: Runtime) -> None:
    """I9, with every check of the night; then one carry is off by a fraction of a cent, which no entry shows."""
    nights.load(runtime, nights.portfolio(60))
    for ahead in (1, 2, 9, 25):
        nights.run(runtime, make.EVE + timedelta(ahead))
    with runtime.engine.connect() as connection:
        contracts = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        assert list(differences(connection, contracts, make.EVE + timedelta(25))) == []
    done = command_line.verb(runtime.settings, "check", "--replay", "0")
    assert (done.returncode, "60 contracts replayed" in done.stdout) == (0, True), done
    loan = "(select contract_id from contract where product = 'loan' order by 1 limit 1)"
    altered(runtime, f"update position set carry = carry + 1, fee_ahead_cents = 5 where contract_id = {loan}")
    with runtime.engine.connect() as connection:
        [difference] = differences(connection, contracts, make.EVE + timedelta(25))
        assert "not where its history ends: carry is " in difference
        assert "fee_ahead_cents is 5, not 0" in difference
    broken = command_line.verb(runtime.settings, "check", "--replay", "0")
    assert (broken.returncode, "fee_ahead_cents is 5, not 0" in broken.stderr) == (7, True)


def test_checks_after_the_cut_off_stay_unapplied_until_the_night_of_the_next_day(runtime: Runtime) -> None:
    """Between the two nights they are unapplied, in the books as in the replay; then they come after the day's own."""
    master = nights.portfolio(60)
    nights.load(runtime, master)
    numbers = [contract.account_number for contract in master.contracts]
    rate = {version.account_number: version.terms.schedule[0].amount_cents for version in master.terms}
    tuesday = make.DAY + timedelta(1)
    with runtime.engine.connect() as connection:
        contracts = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        nights.pay(runtime, make.DAY, [(number, rate[number]) for number in numbers[:40]], tuesday)
        for day in (make.DAY, tuesday):
            nights.pay(runtime, day, [(number, rate[number]) for number in numbers[:20]])
            nights.closed(runtime, day)
            nights.run(runtime, day)
            assert list(differences(connection, contracts, day)) == []
            connection.rollback()


def test_a_night_looks_at_some_in_turn(runtime: Runtime) -> None:
    nights.load(runtime, nights.portfolio(60))
    with runtime.engine.connect() as connection:
        days = [by_turns(connection, "meridian", make.DAY + timedelta(ahead), 40) for ahead in range(6)]
        assert len({contract for day in days for contract in day}) == 60  # all had their turn
        assert max(len(day) for day in days) == 20  # nothing was written about any of them
    altered(runtime, "update position set carry = carry + 1 where principal_cents > 0")
    with pytest.raises(OutOfBalance, match="not where its history ends: carry is"):
        night.night(runtime, date(2026, 11, 18), make.EVENING)


def test_a_night_looks_first_at_what_is_unusual(runtime: Runtime) -> None:
    """Forty payments of the day, and three contracts that get a flag: of six to replay these are three."""
    master = nights.portfolio(60)
    nights.load(runtime, master)
    nights.pay(runtime, make.DAY, [(contract.account_number, 500) for contract in master.contracts[:40]])
    with runtime.engine.begin() as connection:
        flagged = (
            "insert into contract_flag select contract_id, 'litigation', :day from contract order by 1 desc limit 3"
        )
        connection.execute(sa.text(flagged), {"day": make.DAY})
        last = list(connection.execute(sa.text("select contract_id from contract order by 1 desc limit 3")).scalars())
        chosen = by_turns(connection, "meridian", make.DAY, 6)
    assert set(last) <= set(chosen)
    assert len(chosen) <= 6


def test_what_is_unusual_and_more_than_a_night_replays_waits_its_turn(runtime: Runtime) -> None:
    """Seven contracts get a flag on Monday, one on Tuesday; three a night: all are replayed by Wednesday, once."""
    nights.load(runtime, nights.portfolio(60))
    with runtime.engine.begin() as connection:
        contracts = list(connection.execute(sa.text("select contract_id from contract order by 1")).scalars())
        flagged = sa.text("insert into contract_flag values (:contract, 'litigation', :day)")
        for contract in contracts[:8]:
            day = make.DAY + timedelta(contract == contracts[7])
            connection.execute(flagged, {"contract": contract, "day": day})
        waiting = sa.text("select contract_id from replay_waiting order by since")
        chosen = set[int]()
        for ahead, left in enumerate((4, 2, 0)):
            chosen |= set(by_turns(connection, "meridian", make.DAY + timedelta(ahead), 6))
            assert len(list(connection.execute(waiting))) <= left
        assert set(contracts[:8]) <= chosen


def test_a_night_that_finds_a_fault_takes_nothing_off_the_list(runtime: Runtime) -> None:
    nights.load(runtime, nights.portfolio(10))
    with runtime.engine.begin() as connection:
        flagged = "insert into contract_flag select contract_id, 'litigation', :day from contract"
        connection.execute(sa.text(flagged), {"day": make.DAY})
    nights.closed(runtime, make.DAY)
    altered(runtime, "update position set carry = carry + 1 where principal_cents > 0")
    with pytest.raises(OutOfBalance):
        nights.run(runtime, make.DAY)
    altered(runtime, "update position set carry = carry - 1 where principal_cents > 0")
    waiting = sa.text("select count(*) from replay_waiting")
    with runtime.engine.connect() as connection:
        assert connection.execute(waiting).scalar_one() == 0  # nothing of the broken night is written
    nights.run(runtime, make.DAY)
