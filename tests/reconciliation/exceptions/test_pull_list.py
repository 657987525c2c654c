"""The pull list: what leaves is confirmed by two people, is taken up again until then, and every day ties."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime
from ocr.reading import DocumentKind
from reconciliation.exceptions import pull_list, resolution
from reconciliation.exceptions.pull_list import PullEntry
from reconciliation.exceptions.resolution import Proposal
from tests.builders import exceptions as make
from tests.builders import letters
from tests.builders.exceptions import MONDAY, TUESDAY, WEDNESDAY

RETURNED = Proposal(Outcome.REJECT, reasons=(Reason.WRONG_PAYEE,), note="payable to the county")
ADDRESS = ("1 Elm St", "Dallas, TX 75201")


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def listed(runtime: Runtime, *, closed: bool = False) -> list[PullEntry]:
    with runtime.engine.connect() as connection:
        return pull_list.entries(connection, closed=closed)


def address(runtime: Runtime, entry_no: int) -> None:
    with runtime.engine.begin() as connection:
        pull_list.address(connection, entry_no, "Pat Payer", ADDRESS, "ann", make.noon(TUESDAY))


def confirm(runtime: Runtime, entry_no: int, person: str) -> str:
    with runtime.engine.begin() as connection:
        return pull_list.confirm(connection, entry_no, person, make.noon(TUESDAY))


def reopen(runtime: Runtime, item: int, on: date = TUESDAY) -> date:
    with runtime.engine.begin() as connection:
        return pull_list.reopen(connection, str(item), "cho", "the payer called", make.noon(on))


def in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []


def test_what_is_returned_leaves_once_two_people_confirm_it(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.resolve(runtime, item, RETURNED, MONDAY)
    (entry,) = listed(runtime)
    assert (entry.name, entry.action, entry.words) == (f"dallas/{MONDAY}/D001/1", "return", "to be returned")
    assert (entry.reasons, entry.note, entry.asked_by) == (("wrong_payee",), "payable to the county", "ann")
    with pytest.raises(Refused, match="give name and address first"):
        confirm(runtime, entry.entry_no, "ann")
    address(runtime, entry.entry_no)
    assert confirm(runtime, entry.entry_no, "ann") == "signed"
    with pytest.raises(Refused, match="somebody else confirms it, too"):
        confirm(runtime, entry.entry_no, "Ann ")
    with pytest.raises(Refused, match="the address stands"):
        address(runtime, entry.entry_no)
    assert confirm(runtime, entry.entry_no, "bob") == "confirmed"
    assert listed(runtime) == []
    with pytest.raises(Refused, match="it is confirmed already"):
        confirm(runtime, entry.entry_no, "bob")
    with pytest.raises(Refused, match="its paper has left"):
        reopen(runtime, item)
    (done,) = listed(runtime, closed=True)
    assert (done.to_name, done.to_address, done.state) == ("Pat Payer", ADDRESS, "confirmed")
    make.close(runtime, MONDAY)
    in_order(runtime)
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), runtime.engine.begin() as connection:
        connection.execute(sa.text("insert into pull_step values (1, 9, 'confirmed', 'ann', '', now())"))


def test_a_paper_goes_to_its_payer_as_read(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    payer = '{"fields": {"payer": {"candidates": [{"value": "Pat Payer\\n1 Elm St\\nDallas, TX 75201"}]}}}'
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into reading (item_id, readers, kind, reading, duration_ms, read_at)"
                " values (:item, '1', 'check', cast(:reading as jsonb), 1, now())"
            ),
            {"item": item, "reading": payer},
        )
    make.resolve(runtime, item, RETURNED, MONDAY)
    (entry,) = listed(runtime)
    assert (entry.to_name, entry.to_address, entry.recipient_by) == ("Pat Payer", ADDRESS, "engine")


def test_what_is_to_be_returned_is_taken_up_again_and_every_day_ties(runtime: Runtime) -> None:
    """A check that was returned, one that was filed, and a letter that was filed, on the day and after its close."""
    items = make.waiting_day(runtime, [37_700, 20_000, None, 15_000])
    make.resolve(runtime, items[3], RETURNED, MONDAY)
    assert reopen(runtime, items[3], MONDAY) == MONDAY
    make.resolve(runtime, items[0], RETURNED, MONDAY)
    make.resolve(runtime, items[1], Proposal(Outcome.FILE, note="void"), MONDAY)
    make.resolve(runtime, items[2], Proposal(Outcome.FILE, kind=DocumentKind.LETTER), MONDAY)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)
    for item in items[:3]:
        assert reopen(runtime, item) == TUESDAY
    assert [entry.state for entry in listed(runtime, closed=True)] == ["withdrawn", "withdrawn"]
    with pytest.raises(Refused, match="it is not returned, sent on, or filed"):
        reopen(runtime, items[0])
    newest = rows(runtime, "select reasons, maker from decision where item_id = :item order by version", item=items[0])
    assert newest[-1] == (["account_unread", "reopened"], "engine")
    assert rows(runtime, "select distinct person, note from reopening") == [("cho", "the payer called")]
    make.resolve(runtime, items[0], make.pays(make.accounts(runtime)[0]), TUESDAY)
    assert "deposit of 1 checks, $377.00" in make.close(runtime, TUESDAY)
    make.run_night(runtime, TUESDAY)
    (carried,) = rows(runtime, "select totals -> 'carried' from day_close where business_date = :day", day=TUESDAY)
    assert (carried[0]["checks"], carried[0]["checks_cents"], carried[0]["papers"]) == (2, 35_000, 1)
    make.resolve(runtime, items[2], Proposal(Outcome.FILE), WEDNESDAY)
    make.close(runtime, WEDNESDAY)
    in_order(runtime)
    assert make.replayed(runtime) == []


def test_a_check_of_the_vault_that_is_taken_up_again_keeps_its_date(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700], "post_dated")
    make.resolve(runtime, item, Proposal(Outcome.HOLD, hold_until=WEDNESDAY), MONDAY)
    make.resolve(runtime, item, RETURNED, MONDAY)
    make.close(runtime, MONDAY)
    reopen(runtime, item)
    make.close(runtime, TUESDAY)
    make.run_night(runtime, TUESDAY)
    with runtime.engine.connect() as connection:
        assert resolution.open_item(connection, str(item)).hold_until == WEDNESDAY
    make.resolve(runtime, item, make.pays(make.accounts(runtime)[0]), WEDNESDAY)
    make.close(runtime, WEDNESDAY)
    assert rows(runtime, "select effective_date from journal where source_kind = 'item'") == [(WEDNESDAY,)]
    in_order(runtime)


def test_a_paper_that_is_not_found_is_an_event_until_it_is(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.resolve(runtime, item, RETURNED, MONDAY)
    (entry,) = listed(runtime)
    address(runtime, entry.entry_no)
    with runtime.engine.begin() as connection:
        with pytest.raises(InputError, match="say why"):
            pull_list.fail(connection, entry.entry_no, "ann", " ", make.noon(TUESDAY))
        pull_list.fail(connection, entry.entry_no, "ann", "trays D001 and D002", make.noon(TUESDAY))
    missing = "select scope, closed_at is null from ops_event where kind = 'paper_missing'"
    assert rows(runtime, missing) == [(f"dallas/{MONDAY}/D001/1", True)]
    assert listed(runtime)[0].words == "to be returned, not found"
    assert confirm(runtime, entry.entry_no, "ann") == "signed"
    assert confirm(runtime, entry.entry_no, "bob") == "confirmed"
    assert rows(runtime, missing) == [(f"dallas/{MONDAY}/D001/1", False)]


def test_a_letter_whose_wish_was_done_stays_filed(runtime: Runtime) -> None:
    item = letters.letter(runtime)
    account = make.accounts(runtime)[0]
    make.resolve(runtime, item, letters.asks(letters.flag(account, "bankruptcy", MONDAY)), MONDAY)
    with pytest.raises(Refused, match="what the letter asked for is done already"):
        reopen(runtime, item)


def test_an_item_that_is_scanned_again_waits_meanwhile(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])

    def ask() -> int:
        with runtime.engine.begin() as connection:
            return pull_list.ask_rescan(connection, str(item), "the image is cut off", "ann", make.noon(MONDAY))

    entry_no = ask()
    with pytest.raises(Refused, match="to be scanned again already"):
        ask()
    with runtime.engine.connect() as connection:
        assert resolution.open_item(connection, str(item)).rescan_no == entry_no
    make.resolve(runtime, item, make.pays(make.accounts(runtime)[0]), MONDAY)
    assert [entry.state for entry in listed(runtime, closed=True)] == ["withdrawn"]
    with pytest.raises(Refused, match="it does not wait for a person"):
        ask()


def test_paper_may_be_destroyed_some_days_after_the_last_of_it_was_done(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000])
    make.resolve(runtime, items[0], make.pays(make.accounts(runtime)[0]), MONDAY)
    make.resolve(runtime, items[1], RETURNED, MONDAY)
    make.close(runtime, MONDAY)

    def tray() -> pull_list.TrayPaper:
        with runtime.engine.connect() as connection:
            (only,) = pull_list.trays(connection, "meridian", make.noon(TUESDAY))
        return only

    assert (tray().deposited, tray().waiting, tray().destroy_from) == (1, 1, None)
    (entry,) = listed(runtime)
    address(runtime, entry.entry_no)
    confirm(runtime, entry.entry_no, "ann")
    confirm(runtime, entry.entry_no, "bob")
    from_day = MONDAY + timedelta(days=60)
    assert (tray().papers_gone, tray().waiting, tray().destroy_from) == (1, 0, from_day)
    assert not tray().may_be_destroyed(from_day - timedelta(days=1))
    assert tray().may_be_destroyed(from_day)


def test_the_paper_of_a_deposited_check_is_never_mailed(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    make.resolve(runtime, item, make.pays(make.accounts(runtime)[0]), MONDAY)
    make.close(runtime, MONDAY)
    with pytest.raises(Refused, match="it is deposited"), runtime.engine.begin() as connection:
        decisions = sa.text("select list_paper(array(select decision_id from decision where item_id = :item), now())")
        connection.execute(decisions, {"item": item})
    with pytest.raises(Refused, match="it is not returned, sent on, or filed"):
        reopen(runtime, item)
