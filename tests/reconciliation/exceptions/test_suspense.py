"""The way out of suspense: each with its money, as of receipt; and what comes back is taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import ConflictError, InputError, Refused
from lockbox.mail.decision import Outcome
from lockbox.mail.taken_back import take_back
from lockbox.runtime import Runtime
from reconciliation.exceptions import resolution, suspense
from reconciliation.exceptions.resolution import Part
from reconciliation.exceptions.suspense import Action, Proposal, Sender
from tests.builders import exceptions as make
from tests.builders import suspense as work
from tests.builders.exceptions import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, noon

BALANCES = """
    select
        c.account_number, p.principal_cents, p.interest_cents, p.fee_cents, p.unapplied_cents, p.refund_cents, p.carry
    from position as p join contract as c using (contract_id) order by 1"""
STANDING = """
    select e.contract_id, -sum(e.amount_cents) from entry as e join journal as j using (journal_id)
    where j.source_kind = 'identification' and e.contract_id is not null
        and not exists (select from journal as r where r.reverses = j.journal_id)
    group by 1 order by 1"""
SUSPENSE = """
    select split_part(account, '.', 2), -sum(amount_cents) from entry
    where account in ('suspense.unidentified', 'suspense.unapplied', 'payable.sender_refund')
    group by account having sum(amount_cents) <> 0 order by 1"""


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def day_end(runtime: Runtime, day: date) -> None:
    """The day is closed and its night run; nothing is out of order, and every loan is where its history ends."""
    make.close(runtime, day)
    make.run_night(runtime, day)
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []
    assert make.replayed(runtime) == []


def test_identified_money_ends_where_posting_on_its_receipt_would_have_ended(runtime: Runtime) -> None:
    """I10: one check is identified two days later, its twin was posted on the day."""
    items = make.waiting_day(runtime, [37_700, 37_700])
    first, second = make.accounts(runtime)
    make.resolve(runtime, items[0], make.pays(first), MONDAY)
    make.resolve(runtime, items[1], resolution.Proposal(Outcome.SUSPENSE), MONDAY)
    day_end(runtime, MONDAY)
    day_end(runtime, TUESDAY)
    assert rows(runtime, SUSPENSE) == [("unidentified", 37_700)]
    work.done(runtime, items[1], work.identify(second), WEDNESDAY)
    assert rows(runtime, SUSPENSE) == []
    day_end(runtime, WEDNESDAY)
    posted, identified = rows(runtime, BALANCES)
    assert posted[1:] == identified[1:]
    journal = "select effective_date, business_date, maker from journal where source_kind = 'identification'"
    assert rows(runtime, journal) == [(MONDAY, WEDNESDAY, "ann")]
    assert rows(runtime, "select outcome, suspense_kind from current_decision where item_id = :i", i=items[1]) == [
        ("suspense", "unidentified")
    ]


def test_money_identified_on_the_day_of_its_deposit_is_as_posted_that_day(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 37_700])
    first, second = make.accounts(runtime)
    make.resolve(runtime, items[0], make.pays(first), MONDAY)
    make.resolve(runtime, items[1], work.UNIDENTIFIED, MONDAY)
    work.done(runtime, items[1], work.identify(second), MONDAY)
    day_end(runtime, MONDAY)
    posted, identified = rows(runtime, BALANCES)
    assert posted[1:] == identified[1:]


def test_two_parts_of_one_check_are_identified_on_two_days(runtime: Runtime) -> None:
    (item,) = work.unidentified_day(runtime, 60_000)
    first, second = make.accounts(runtime)
    work.done(runtime, item, work.identify(first, 37_700), TUESDAY)
    assert rows(runtime, SUSPENSE) == [("unidentified", 22_300)]
    day_end(runtime, TUESDAY)
    work.done(runtime, item, work.identify(first, 20_000), WEDNESDAY)
    work.done(runtime, item, work.identify(second), WEDNESDAY)
    assert rows(runtime, SUSPENSE) == []
    day_end(runtime, WEDNESDAY)


def test_the_unidentified_part_of_a_split_is_identified(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [100_000])
    first, second = make.accounts(runtime)
    split = resolution.Proposal(Outcome.POST, (Part(first, 37_700), Part("", 62_300)))
    make.resolve(runtime, item, split, MONDAY)
    day_end(runtime, MONDAY)
    work.done(runtime, item, work.identify(second, 20_000), TUESDAY)
    work.done(runtime, item, work.identify(first), TUESDAY)
    day_end(runtime, TUESDAY)
    assert rows(runtime, SUSPENSE) == []


@pytest.mark.parametrize("part", [0, 17_700])
def test_money_moves_to_the_right_contract_and_the_wrong_one_is_as_if_it_never_came(
    runtime: Runtime, part: int
) -> None:
    (item,) = work.unidentified_day(runtime, 37_700)
    first, second = make.accounts(runtime)
    work.done(runtime, item, work.identify(first), TUESDAY)
    day_end(runtime, TUESDAY)
    work.done(runtime, item, work.move(first, second, part), WEDNESDAY)
    day_end(runtime, WEDNESDAY)
    paid = rows(runtime, STANDING)
    assert [cents for _, cents in paid] == ([37_700] if not part else [20_000, 17_700])
    assert rows(runtime, SUSPENSE) == []


def test_money_moves_back_to_unidentified_and_to_its_sender(runtime: Runtime) -> None:
    (item,) = work.unidentified_day(runtime, 37_700)
    first, _ = make.accounts(runtime)
    work.done(runtime, item, work.identify(first), TUESDAY)
    day_end(runtime, TUESDAY)
    work.done(runtime, item, work.move(first, ""), WEDNESDAY)
    assert rows(runtime, SUSPENSE) == [("unidentified", 37_700)]
    day_end(runtime, WEDNESDAY)
    refund = Proposal(Action.REFUND, sender=Sender("Pat Doe", ("1 Elm St", "Waco, TX 76701")), amount_cents=30_000)
    work.done(runtime, item, refund, THURSDAY)
    assert rows(runtime, SUSPENSE) == [("sender_refund", 30_000), ("unidentified", 7_700)]
    day_end(runtime, THURSDAY)
    assert [row[1] for row in rows(runtime, BALANCES)] == [2_000_000, 2_000_000]


@pytest.mark.parametrize("flag", ["bankruptcy", "charged_off"])
def test_what_a_flag_forbids_to_apply_stays_unapplied(runtime: Runtime, flag: str) -> None:
    (item,) = work.unidentified_day(runtime, 37_700)
    first, _ = make.accounts(runtime)
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("""
                insert into contract_flag (contract_id, flag, valid_from)
                select contract_id, :flag, :day from contract where account_number = :account"""),
            {"flag": flag, "day": TUESDAY, "account": first},
        )
    work.done(runtime, item, work.identify(first), TUESDAY)
    assert rows(runtime, SUSPENSE) == [("unapplied", 37_700)]
    day_end(runtime, TUESDAY)
    assert rows(runtime, SUSPENSE) == [("unapplied", 37_700)]


def test_what_a_paid_off_contract_does_not_owe_becomes_a_refund(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [2_050_000, 37_700])
    first, _ = make.accounts(runtime)
    make.resolve(runtime, items[0], make.pays(first), MONDAY)
    make.resolve(runtime, items[1], resolution.Proposal(Outcome.SUSPENSE), MONDAY)
    day_end(runtime, MONDAY)
    work.done(runtime, items[1], work.identify(first), TUESDAY)
    day_end(runtime, TUESDAY)
    (paid_off, _) = rows(runtime, BALANCES)
    assert paid_off[1:4] == (0, 0, 0)
    assert paid_off[5] > 37_700


def test_a_check_that_its_bank_returns_is_taken_back_from_wherever_it_went(runtime: Runtime) -> None:
    (item,) = work.unidentified_day(runtime, 100_000)
    first, second = make.accounts(runtime)
    work.done(runtime, item, work.identify(first, 37_700), TUESDAY)
    refund = Proposal(Action.REFUND, sender=Sender("Pat Doe", ("1 Elm St",)), amount_cents=2_300)
    work.done(runtime, item, refund, TUESDAY)
    day_end(runtime, TUESDAY)
    work.done(runtime, item, work.identify(second, 50_000), WEDNESDAY)
    with pytest.raises(ConflictError, match="was refunded to Pat Doe"), runtime.engine.begin() as connection:
        take_back(connection, item, "misposted", None, noon(WEDNESDAY), "cho")
    with runtime.engine.begin() as connection:
        lines = take_back(connection, item, "returned", None, noon(WEDNESDAY), "cho")
    assert len(lines) == 2
    assert rows(runtime, SUSPENSE) == []
    assert rows(runtime, "select kind from ops_event where closed_at is null") == [("refund",)]
    day_end(runtime, WEDNESDAY)
    of_first, of_second = rows(runtime, BALANCES)
    assert of_first[1] == of_second[1] == 2_000_000
    assert of_second[3] - of_first[3] == 3_000  # whoever got most of it owes the fee of the return
    with pytest.raises(Refused, match="not deposited, or was taken back"):
        work.propose(runtime, item, work.identify(first, 100), THURSDAY)


def test_a_check_posted_wrong_is_taken_back_and_then_identified(runtime: Runtime) -> None:
    (item,) = make.waiting_day(runtime, [37_700])
    first, second = make.accounts(runtime)
    make.resolve(runtime, item, make.pays(first), MONDAY)
    day_end(runtime, MONDAY)
    with pytest.raises(InputError, match="nothing of it is there"):
        work.propose(runtime, item, work.move(first, second), TUESDAY)
    with runtime.engine.begin() as connection:
        take_back(connection, item, "misposted", None, noon(TUESDAY), "cho")
    day_end(runtime, TUESDAY)
    work.done(runtime, item, work.identify(second), WEDNESDAY)
    day_end(runtime, WEDNESDAY)
    with runtime.engine.begin() as connection:
        take_back(connection, item, "returned", None, noon(THURSDAY), "cho")
    day_end(runtime, THURSDAY)
    assert rows(runtime, SUSPENSE) == []


def test_who_may_is_enforced_by_the_database(runtime: Runtime) -> None:
    (item,) = work.unidentified_day(runtime, 1_200_000)
    first, second = make.accounts(runtime)
    with pytest.raises(Refused, match="1200000 cents are there, not 1200001"):
        work.propose(runtime, item, work.identify(first, 1_200_001), TUESDAY)
    with pytest.raises(InputError, match="give the name and the address of the sender"):
        work.propose(runtime, item, Proposal(Action.REFUND), TUESDAY)
    number = work.propose(runtime, item, work.identify(first), TUESDAY)
    with pytest.raises(Refused, match="ann proposed something already"):
        work.propose(runtime, item, work.identify(first), TUESDAY, by="bob")
    assert suspense.finish_ready(runtime, noon(TUESDAY)) == []
    with pytest.raises(Refused, match="somebody else has to look"):
        work.second(runtime, number, TUESDAY, by=" Ann ")
    with runtime.engine.begin() as connection:
        resolution.note_own_contract(connection, "bob", first, "household", "cho", noon(TUESDAY))
    with pytest.raises(Refused, match="of their own or of their household"):
        work.second(runtime, number, TUESDAY)
    with runtime.engine.begin() as connection:
        suspense.step(connection, number, "undone", "ann", noon(TUESDAY))
    with pytest.raises(Refused, match="of their own or of their household"):
        work.propose(runtime, item, work.identify(first), TUESDAY, by="bob")
    again = work.propose(runtime, item, work.identify(second), TUESDAY)
    work.second(runtime, again, TUESDAY)
    make.close(runtime, TUESDAY)  # makes it final first
    assert rows(runtime, "select state, checker, business_date from suspense_work_state order by work_id") == [
        ("undone", None, None), ("final", "bob", TUESDAY)
    ]  # fmt: skip
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), runtime.engine.begin() as connection:
        connection.execute(sa.text("insert into suspense_step values (1, 3, 'final', 'ann', '', now(), now())"))
