"""What people decide about items: who may, on which day it counts, what it costs, and that every day ties."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.terms import Excess
from lockbox.errors import ConflictError, InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.mail.taken_back import take_back
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from ocr.reading import DocumentKind
from reconciliation import daily
from reconciliation.exceptions import resolution
from reconciliation.exceptions.resolution import Part, Proposal
from tests.builders import exceptions as make
from tests.builders import ledger
from tests.builders.exceptions import MONDAY, THURSDAY, TUESDAY, WEDNESDAY


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []


def carried(runtime: Runtime, day: date) -> tuple[int, int, int, int]:
    """(checks, cents, in the vault, papers) that the close of a day kept as carried forward."""
    (totals,) = rows(runtime, "select totals -> 'carried' from day_close where business_date = :day", day=day)[0]
    return totals["checks"], totals["checks_cents"], totals["vault"], totals["papers"]


def test_a_backlog_is_worked_over_three_days_and_every_day_ties(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 37_700, None, 20_000, 15_000])
    first, second = make.accounts(runtime)
    assert "5 in review" in make.close(runtime, MONDAY)
    assert carried(runtime, MONDAY) == (5, 110_400, 0, 0)
    make.run_night(runtime, MONDAY)
    make.resolve(runtime, items[0], make.pays(first), TUESDAY)
    make.resolve(runtime, items[2], make.pays(second, 12_345), TUESDAY)
    make.resolve(runtime, items[3], Proposal(Outcome.SUSPENSE), TUESDAY)
    assert "deposit of 3 checks, $700.45" in make.close(runtime, TUESDAY)
    assert carried(runtime, TUESDAY) == (2, 52_700, 0, 0)
    make.run_night(runtime, TUESDAY)
    make.resolve(runtime, items[1], make.pays(first), WEDNESDAY)
    rejected = Proposal(Outcome.REJECT, reasons=(Reason.WRONG_PAYEE,), note="payable to the county")
    make.resolve(runtime, items[4], rejected, WEDNESDAY)
    assert "deposit of 1 checks, $377.00; brought forward 2, carried forward 0" in make.close(runtime, WEDNESDAY)
    assert carried(runtime, WEDNESDAY) == (0, 0, 0, 0)
    make.run_night(runtime, WEDNESDAY)
    in_order(runtime)
    assert make.replayed(runtime) == []


def test_a_closed_day_reads_the_same_whatever_is_decided_later(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000])
    make.close(runtime, MONDAY)
    path = daily.report(runtime, MONDAY, make.evening(MONDAY))
    before = path.read_bytes()
    make.resolve(runtime, items[0], make.pays(make.accounts(runtime)[0]), TUESDAY)
    make.close(runtime, TUESDAY)
    assert daily.report(runtime, MONDAY, make.evening(MONDAY)).read_bytes() == before


def test_a_payment_that_waited_ends_where_posting_on_its_receipt_would_have_ended(runtime: Runtime) -> None:
    """I10, with two checks of one contract that are resolved on two days."""
    items = make.waiting_day(runtime, [37_700, 25_000])
    account = make.accounts(runtime)[0]
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    make.resolve(runtime, items[0], make.pays(account), TUESDAY)
    make.close(runtime, TUESDAY)
    make.run_night(runtime, TUESDAY)
    make.resolve(runtime, items[1], make.pays(account), WEDNESDAY)
    make.close(runtime, WEDNESDAY)
    make.run_night(runtime, WEDNESDAY)
    journals = rows(runtime, "select distinct effective_date, business_date from journal where source_kind = 'item'")
    assert sorted(journals) == [(MONDAY, TUESDAY), (MONDAY, WEDNESDAY)]
    assert make.replayed(runtime) == []
    in_order(runtime)


def test_maker_is_never_checker_and_the_database_says_so(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [1_500_000])
    account = make.accounts(runtime)[0]
    number = make.propose(runtime, item, make.pays(account), MONDAY)
    with runtime.engine.connect() as connection:
        assert resolution.state_of(connection, number) == "proposed"
    assert resolution.finish_ready(runtime, make.noon(MONDAY)) == []
    with (
        pytest.raises(Refused, match="ann proposed it; somebody else has to look"),
        runtime.engine.begin() as connection,
    ):
        resolution.step(connection, number, "confirmed", "Ann", make.noon(MONDAY))
    with runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", make.noon(MONDAY))
    assert resolution.finish_ready(runtime, make.noon(MONDAY)) == ["dallas: 1 of 1 resolutions are final"]
    assert rows(runtime, "select maker, checker from decision where version = 2") == [("ann", "bob")]
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), runtime.engine.begin() as connection:
        connection.execute(sa.text("insert into resolution_step values (1, 3, 'final', 'ann', '', now())"))


def test_it_can_be_undone_until_it_is_final_and_refused_by_another(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 37_700])
    account = make.accounts(runtime)[0]
    number = make.propose(runtime, items[0], make.pays(account), MONDAY)
    with pytest.raises(Refused, match="ann proposed something already"):
        make.propose(runtime, items[0], make.pays(account), MONDAY, by="bob")
    with runtime.engine.begin() as connection:
        resolution.step(connection, number, "undone", "ann", make.noon(MONDAY))
    with pytest.raises(Refused, match="it is undone already"), runtime.engine.begin() as connection:
        resolution.step(connection, number, "undone", "ann", make.noon(MONDAY))
    again = make.propose(runtime, items[0], make.pays(account), MONDAY)
    with runtime.engine.begin() as connection:
        resolution.step(connection, again, "refused", "bob", make.noon(MONDAY), "the coupon says another account")
    make.resolve(runtime, items[0], make.pays(account), MONDAY, by="bob")
    with pytest.raises(InputError, match="no such item waits"):
        make.propose(runtime, items[0], make.pays(account), MONDAY)
    assert rows(runtime, "select count(*) from journal where source_kind = 'item'") == [(1,)]


def test_two_people_key_a_large_check_and_a_third_where_they_differ(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [None])
    account = make.accounts(runtime)[0]
    with pytest.raises(Refused, match="two people must key"):
        make.propose(runtime, item, make.pays(account, 2_500_000), MONDAY)

    def key(person: str, cents: int) -> tuple[int, int]:
        with runtime.engine.begin() as connection:
            shown = resolution.open_item(connection, str(item))
            return resolution.key(connection, shown, cents, [account], person, make.noon(MONDAY))

    assert key("ann", 2_500_000) == (1, 1)
    with pytest.raises(Refused, match="Ann keyed it already"):
        key("Ann", 2_500_000)
    assert key("bob", 2_600_000) == (2, 1)
    with pytest.raises(Refused, match="2 keyed, 1 of them this"):
        make.propose(runtime, item, make.pays(account, 2_600_000), MONDAY)
    assert key("cho", 2_500_000) == (3, 2)
    make.resolve(runtime, item, make.pays(account, 2_500_000), MONDAY)
    assert rows(runtime, "select amount_cents from decision where version = 2") == [(2_500_000,)]


def test_nobody_decides_about_a_contract_of_their_own(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [1_500_000])
    account = make.accounts(runtime)[0]
    with runtime.engine.begin() as connection:
        for person in ("ann", "bob"):
            resolution.note_own_contract(connection, person, account, "household", "cho", make.noon(MONDAY))
    with pytest.raises(Refused, match="of their own or of their household"):
        make.propose(runtime, item, make.pays(account), MONDAY, by="Ann")
    number = make.propose(runtime, item, make.pays(account), MONDAY, by="dan")
    with pytest.raises(Refused, match="of their own or of their household"), runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", make.noon(MONDAY))


def test_two_never_work_on_one_item(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    account = make.accounts(runtime)[0]
    with runtime.engine.begin() as connection:
        shown = resolution.open_item(connection, str(item))
        until = resolution.take(connection, shown, "ann", make.noon(MONDAY))
        assert until - make.noon(MONDAY) == timedelta(minutes=15)
    with pytest.raises(Refused, match="ann works on it"), runtime.engine.begin() as connection:
        resolution.take(connection, shown, "bob", make.noon(MONDAY))
    with pytest.raises(Refused, match="ann works on it until"):
        make.propose(runtime, item, make.pays(account), MONDAY, by="bob")
    with runtime.engine.begin() as connection:  # once the time is over
        resolution.take(connection, shown, "bob", until)


def test_a_check_is_split_over_two_contracts_and_an_unknown_part(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [100_000])
    first, second = make.accounts(runtime)
    parts = (Part(first, 37_700), Part(second, 37_700, Excess.PRINCIPAL), Part("", 24_600))
    with pytest.raises(Refused, match="add up to 100000 cents"):
        make.propose(runtime, item, Proposal(Outcome.POST, parts, 100_001), MONDAY)
    make.resolve(runtime, item, Proposal(Outcome.POST, parts), MONDAY)
    suspense = "select sum(amount_cents) from entry where account = 'suspense.unidentified'"
    assert rows(runtime, suspense) == [(-24_600,)]
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    in_order(runtime)
    assert make.replayed(runtime) == []


def test_a_post_dated_check_waits_in_the_vault_and_counts_from_its_date(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700], "post_dated")
    account = make.accounts(runtime)[0]
    make.resolve(runtime, item, Proposal(Outcome.HOLD, hold_until=WEDNESDAY), MONDAY)
    make.close(runtime, MONDAY)
    assert carried(runtime, MONDAY) == (0, 0, 1, 0)
    make.run_night(runtime, TUESDAY)
    make.resolve(runtime, item, make.pays(account), WEDNESDAY)
    make.close(runtime, WEDNESDAY)
    assert carried(runtime, WEDNESDAY) == (0, 0, 0, 0)
    assert rows(runtime, "select effective_date from journal where source_kind = 'item'") == [(WEDNESDAY,)]
    in_order(runtime)


def test_what_is_no_check_is_reclassified_and_filed(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [None, 5_000], "kind_unknown")
    make.close(runtime, MONDAY)
    make.resolve(runtime, items[0], Proposal(Outcome.FILE, kind=DocumentKind.LETTER), TUESDAY)
    make.resolve(runtime, items[1], Proposal(Outcome.FILE, note="a void check"), TUESDAY)
    make.close(runtime, TUESDAY)
    assert carried(runtime, TUESDAY) == (0, 0, 0, 0)
    in_order(runtime)


def test_a_decision_after_the_close_counts_on_the_next_business_day(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 37_700])
    account = make.accounts(runtime)[0]
    number = make.propose(runtime, items[0], make.pays(account), MONDAY)
    make.close(runtime, MONDAY)  # makes it final first
    assert rows(runtime, "select business_date from decision where resolution_id = :no", no=number) == [(MONDAY,)]
    make.propose(runtime, items[1], make.pays(account), MONDAY)
    resolution.finish_ready(runtime, make.evening(MONDAY))
    assert rows(runtime, "select max(business_date) from decision") == [(TUESDAY,)]


def test_a_day_without_mail_or_manifest_on_which_people_decided_closes_at_the_hour_of_the_policy(
    runtime: Runtime,
) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.close(runtime, MONDAY)
    make.resolve(runtime, item, make.pays(make.accounts(runtime)[0]), TUESDAY)
    scope = SiteDayScope("dallas", TUESDAY)
    assert daily.closable_days(runtime, make.evening(TUESDAY)) == []
    at = make.evening(TUESDAY) + timedelta(hours=7)
    assert daily.closable_days(runtime, at) == [scope]
    assert "closed in balance" in daily.close(runtime, scope, at)


def test_days_close_in_order(runtime: Runtime) -> None:
    make.waiting_day(runtime, [37_700])
    items = make.waiting_day(runtime, [20_000], day=TUESDAY)
    with pytest.raises(Exception, match="2026-11-16 is not closed, and days close in order"):
        make.close(runtime, TUESDAY)
    assert [scope.business_date for scope in daily.closable_days(runtime, make.evening(TUESDAY))] == [MONDAY, TUESDAY]
    make.close(runtime, MONDAY)
    make.close(runtime, TUESDAY)
    with pytest.raises(sa.exc.DBAPIError, match="the day is closed"), runtime.engine.begin() as connection:
        ledger.batch(connection, "D009", day=MONDAY - timedelta(3))
    assert items


def test_what_cannot_be_posted_waits_again_and_the_others_go_on(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 37_700])
    account = make.accounts(runtime)[0]
    for item in items:
        make.propose(runtime, item, make.pays(account), MONDAY)
    with runtime.engine.begin() as connection:  # the engine decides one of them again
        ledger.decision(connection, items[0], "review", 37_700, reasons=["duplicate"], version=2)
    assert resolution.finish_ready(runtime, make.noon(MONDAY)) == ["dallas: 1 of 2 resolutions are final"]
    assert rows(runtime, "select state from resolution_state order by 1") == [("failed",), ("final",)]
    assert rows(runtime, "select kind from ops_event where closed_at is null and kind = 'resolution'")
    make.resolve(runtime, items[0], make.pays(account), THURSDAY)


def test_the_only_one_that_cannot_be_posted_waits_again_and_stops_no_sweep(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.propose(runtime, item, make.pays(make.accounts(runtime)[0]), MONDAY)
    with runtime.engine.begin() as connection:
        ledger.decision(connection, item, "review", 37_700, reasons=["duplicate"], version=2)
    assert resolution.finish_ready(runtime, make.noon(MONDAY)) == ["dallas: 0 of 1 resolutions are final"]
    assert rows(runtime, "select state from resolution_state") == [("failed",)]
    assert resolution.finish_ready(runtime, make.noon(MONDAY)) == []


def test_a_check_that_was_posted_again_can_be_taken_back_again(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    first, second = make.accounts(runtime)
    for account in (first, second):
        make.resolve(runtime, item, make.pays(account), MONDAY)
        with runtime.engine.begin() as connection:
            take_back(connection, item, "posted_wrong", None, make.noon(MONDAY), "ann")
        with pytest.raises(ConflictError, match="taken back already"), runtime.engine.begin() as connection:
            take_back(connection, item, "posted_wrong", None, make.noon(MONDAY), "ann")
    make.close(runtime, MONDAY)
    assert carried(runtime, MONDAY) == (1, 37_700, 0, 0)
    assert rows(runtime, "select coalesce(sum(amount_cents), 0) from entry where account like 'clearing.%'") == [(0,)]
    in_order(runtime)
