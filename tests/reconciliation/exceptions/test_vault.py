"""The vault: a check is posted from its date on, one that is due and not worked is told of, and counts are compared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from reconciliation import daily
from reconciliation.exceptions import resolution, vault
from reconciliation.exceptions.resolution import Part, Proposal
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, THURSDAY, TUESDAY, WEDNESDAY

HELD = Proposal(Outcome.HOLD, hold_until=WEDNESDAY)


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def events(runtime: Runtime, kind: str) -> list[tuple[Any, ...]]:
    return rows(runtime, "select scope, message from ops_event where kind = :kind and closed_at is null", kind=kind)


def test_a_check_is_released_from_its_date_on_and_credited_as_of_it(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000], "post_dated")
    for item in items:
        make.resolve(runtime, item, HELD, MONDAY)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    parts = (Part(make.accounts(runtime)[0], 0),)
    with runtime.engine.begin() as connection:
        check = vault.vault_check(connection, str(items[0]))
        assert (check.queue(make.noon(TUESDAY)), check.queue(make.noon(WEDNESDAY))) == ("vault", "due")
        with pytest.raises(Refused, match=f"stays in the vault until {WEDNESDAY}"):
            vault.release(connection, check, parts, None, "ann", make.noon(TUESDAY))
    make.close(runtime, TUESDAY)
    make.run_night(runtime, TUESDAY)
    daily.late_work(runtime, make.noon(WEDNESDAY))
    assert events(runtime, vault.DUE) == []  # the day is not over
    daily.late_work(runtime, make.evening(WEDNESDAY))
    ((scope, message),) = events(runtime, vault.DUE)
    assert scope == f"dallas/{WEDNESDAY}"
    assert "2 postdated checks, $577.00, were due" in message
    make.close(runtime, WEDNESDAY)
    make.run_night(runtime, WEDNESDAY)
    with runtime.engine.begin() as connection:
        vault.release(connection, vault.vault_check(connection, str(items[0])), parts, None, "ann", make.noon(THURSDAY))
        returned = vault.send_back(
            connection, vault.vault_check(connection, str(items[1])), (), "", "ann", make.noon(THURSDAY)
        )
        resolution.step(connection, returned, "confirmed", "bob", make.noon(THURSDAY))
    resolution.finish_ready(runtime, make.noon(THURSDAY))
    with runtime.engine.connect() as connection, pytest.raises(InputError, match="no such item waits"):
        vault.vault_check(connection, str(items[0]))
    daily.late_work(runtime, make.evening(THURSDAY))
    assert events(runtime, vault.DUE) == []
    make.close(runtime, THURSDAY)
    make.run_night(runtime, THURSDAY)
    journals = rows(runtime, "select effective_date, business_date from journal where source_kind = 'item'")
    assert journals == [(WEDNESDAY, THURSDAY)]
    reasons = rows(runtime, "select reasons from decision where outcome = 'reject'")
    assert reasons == [(["post_dated"],)]
    assert make.replayed(runtime) == []
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []


def test_a_check_of_a_weekend_is_due_on_the_next_open_day(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700], "post_dated")
    saturday, monday = MONDAY + timedelta(days=5), MONDAY + timedelta(days=7)
    make.resolve(runtime, item, Proposal(Outcome.HOLD, hold_until=saturday), MONDAY)
    with runtime.engine.begin() as connection:
        vault.note_due(connection, make.noon(monday))
    assert events(runtime, vault.DUE) == []
    with runtime.engine.begin() as connection:
        vault.note_due(connection, make.evening(monday))
    assert [scope for scope, _ in events(runtime, vault.DUE)] == [f"dallas/{monday}"]


def test_two_people_count_the_vault_and_a_difference_is_an_event_until_a_count_agrees(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700], "post_dated")
    make.resolve(runtime, item, HELD, MONDAY)

    def count(checks: int, second: str = "bob", site: str = "dallas") -> int:
        with runtime.engine.begin() as connection:
            return vault.count(connection, site, checks, "ann", second, make.noon(MONDAY))

    assert count(2) == 1
    ((scope, message),) = events(runtime, vault.DIFFERS)
    assert (scope, message) == ("dallas", "ann and bob counted 2 checks in the vault; the books have 1 there")
    assert count(1) == 1
    assert events(runtime, vault.DIFFERS) == []
    with pytest.raises(Refused, match="two people count the vault"):
        count(1, second="Ann ")
    with pytest.raises(InputError, match="no such site"):
        count(1, site="austin")
    counts = "select checks, booked_checks, counted_by, seconded_by from vault_count order by vault_count_id"
    assert rows(runtime, counts) == [(2, 1, "ann", "bob"), (1, 1, "ann", "bob")]
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), runtime.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into vault_count (site_id, checks, booked_checks, counted_by, seconded_by, counted_at)"
                " values ('dallas', 1, 1, 'a', 'b', now())"
            )
        )
