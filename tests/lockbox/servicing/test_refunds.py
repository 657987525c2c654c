"""The register of refunds: proposed, approved by somebody else, paid out once, and may be stopped."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.checks import run_checks
from lockbox.contract.position import Position
from lockbox.errors import ConflictError, InputError
from lockbox.runtime import Runtime
from lockbox.servicing import actions, refunds
from lockbox.servicing.refunds import CUSTOMER, Payee, Step
from tests.builders import corrections
from tests.builders import ledger as make
from tests.builders.corrections import assert_in_order, state, take_back
from tests.builders.decided import instruction_for

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)
RELEASED = make.DAY + DAY * 10  # ten days after a personal check
OVER = 5_000


def overpaid(runtime: Runtime, no: int = 1, over: int = OVER) -> tuple[int, int]:
    """(contract, item): a loan paid off with so much over, its night run."""
    number = corrections.contract(runtime, no, *make.loan())
    (item,) = corrections.pay(runtime, make.DAY, [(number, make.INSTALLMENT_CENTS + over)])
    corrections.nights(runtime, make.DAY)
    return number, item


def by(person: str, day: date) -> Step:
    return Step(person, datetime.combine(day, make.WORKED.time(), make.WORKED.tzinfo))


def rows(runtime: Runtime, statement: str) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def register(runtime: Runtime) -> list[tuple[Any, ...]]:
    return rows(runtime, "select refund_no, state, amount_cents from refund_now order by refund_no")


def balances(runtime: Runtime) -> dict[str, int]:
    """Payable, issued and not cleared, out of the bank: in cents owed to customers, or paid to them."""
    accounts = dict(rows(runtime, "select account, balance_cents from trial_balance"))
    names = ("payable.refund", "payable.refund_outstanding", "bank.disbursements")
    return {name.rpartition(".")[2]: -accounts[name] for name in names}


def issued(runtime: Runtime) -> tuple[int, int]:
    """(contract, item) whose refund 1 of 50.00 was issued on the day after it was proposed."""
    number, item = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    refunds.approve(runtime, 1, by("bo", RELEASED + DAY))
    refunds.issue(runtime, 1, by("cy", RELEASED + DAY))
    return number, item


def charged(runtime: Runtime, number: int, cents: int, day: date) -> None:
    with runtime.engine.begin() as connection:
        lines = [("receivable.fee", cents, number), ("income.fee", -cents, None)]
        make.journal(connection, lines, "fee", f"by_hand/{day}", site_id=None, day=day)


def in_order(runtime: Runtime, number: int) -> None:
    assert_in_order(runtime, [number])
    with runtime.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection, only=["i07_refunds"])] == []


def test_a_refund_is_proposed_once_its_payments_cannot_come_back_any_more(runtime: Runtime) -> None:
    """Ten days after a personal check; to the customer of record; once, however often the night's step runs."""
    number, _ = overpaid(runtime)
    corrections.nights(runtime, RELEASED - DAY)
    assert register(runtime) == []
    corrections.nights(runtime, RELEASED + DAY)
    assert register(runtime) == [(1, "proposed", OVER)]
    payee = "select payee_kind, payee_name, payee_address, method, made_by, taken_on from refund_now"
    assert rows(runtime, payee) == [("customer", "Payer 1", ["1 Elm St"], "check", "night", RELEASED)]
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("delete from stage_run where stage = 'propose_refunds'"))
        connection.execute(sa.text("delete from night where business_date = :d"), {"d": RELEASED + DAY})
    corrections.nights(runtime, RELEASED + DAY)
    assert register(runtime) == [(1, "proposed", OVER)]
    in_order(runtime, number)


@pytest.mark.parametrize(("kind", "days"), [("cashiers", 3), ("money_order", 3), ("personal", 10), ("unread", 10)])
def test_hold_days_go_by_the_kind_of_payment(runtime: Runtime, kind: str, days: int) -> None:
    _, item = overpaid(runtime)
    with runtime.engine.begin() as connection:
        make.reading(connection, item, {} if kind == "unread" else {"check_kind": kind})
    corrections.nights(runtime, make.DAY + DAY * days)
    assert rows(runtime, "select taken_on from refund_now") == [(make.DAY + DAY * days,)]


def test_a_later_payment_of_the_contract_holds_its_refund(runtime: Runtime) -> None:
    number, _ = overpaid(runtime)
    later = make.DAY + DAY * 7
    corrections.pay(runtime, later, [(number, 1_000)])
    corrections.nights(runtime, RELEASED + DAY)
    assert register(runtime) == []
    corrections.nights(runtime, later + DAY * 10)
    assert register(runtime) == [(1, "proposed", OVER + 1_000)]


def test_a_refund_is_approved_by_somebody_else_issued_once_and_cleared(runtime: Runtime) -> None:
    """`payable.refund` comes back to zero; the books of the contract agree with its history at every step."""
    number, _ = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    day = RELEASED + DAY
    with pytest.raises(ConflictError, match=r"refund 1 of \$50.00 to Payer 1: is proposed, not approved"):
        refunds.issue(runtime, 1, by("cy", day))
    assert refunds.approve(runtime, 1, by("bo", day)).endswith("approved by bo")
    assert refunds.issue(runtime, 1, by("cy", day)).endswith("issued by check")
    assert balances(runtime) == {"refund": 0, "refund_outstanding": OVER, "disbursements": 0}
    assert state(runtime, number)["refund_cents"] == 0
    in_order(runtime, number)
    with pytest.raises(ConflictError, match="is issued, not approved"):
        refunds.issue(runtime, 1, by("cy", day))
    corrections.nights(runtime, day + DAY * 3)
    in_order(runtime, number)
    refunds.clear(runtime, 1, by("cy", day + DAY * 4))
    assert balances(runtime) == {"refund": 0, "refund_outstanding": 0, "disbursements": OVER}
    corrections.nights(runtime, day + DAY * 5)
    in_order(runtime, number)
    states = "select state, taken_by, checker from refund_state order by step"
    assert rows(runtime, states) == [
        ("proposed", "night", None),
        ("approved", "bo", "bo"),
        ("issued", "cy", "bo"),
        ("cleared", "cy", "bo"),
    ]


def test_whoever_proposes_a_refund_cannot_approve_it(runtime: Runtime) -> None:
    """I15: the database refuses it too, also from the owner."""
    number, _ = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    day = RELEASED + DAY
    refunds.propose(runtime, account(runtime, number), CUSTOMER, "check", by("ann", day))
    for name in ("ann", " Ann "):
        with pytest.raises(InputError, match=r"(?i)ann proposed it"):
            refunds.approve(runtime, 2, by(name, day))
    step = """
        insert into refund_state (
            refund_no, step, state, amount_cents, maker, checker, taken_by, taken_on, taken_at
        ) values (2, 2, 'approved', 5000, '{}', 'ann', 'ann', '2026-11-27', now())"""
    for maker in ("ann", "bo"):
        with pytest.raises(sa.exc.IntegrityError), db.engine(runtime.settings, owner=True).begin() as connection:
            connection.execute(sa.text(step.format(maker)))
    with pytest.raises(sa.exc.ProgrammingError), runtime.engine.begin() as connection:
        connection.execute(sa.text(step.format("bo")))


def account(runtime: Runtime, number: int) -> str:
    return str(rows(runtime, f"select account_number from contract where contract_id = {number}")[0][0])


def test_a_proposal_shrinks_when_the_contract_owes_again_and_needs_another_approval(runtime: Runtime) -> None:
    """50.00 proposed and approved, then a fee of 30.00: it is not issued before a night has made it 20.00."""
    number, _ = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    day = RELEASED + DAY
    refunds.approve(runtime, 1, by("bo", day))
    charged(runtime, number, 3_000, day)
    with pytest.raises(ConflictError, match=r"the contract owes \$30.00"):
        refunds.issue(runtime, 1, by("cy", day))
    corrections.nights(runtime, day)
    assert register(runtime) == [(1, "proposed", 2_000)]
    assert (state(runtime, number)["fee_cents"], state(runtime, number)["refund_cents"]) == (0, 2_000)
    in_order(runtime, number)
    charged(runtime, number, 3_000, day + DAY)
    corrections.nights(runtime, day + DAY)
    assert register(runtime) == [(1, "withdrawn", 2_000)]
    assert state(runtime, number)["fee_cents"] == 1_000
    in_order(runtime, number)


def test_a_refund_on_a_loan_that_goes_on_pays_what_is_due_and_the_rest_is_proposed(runtime: Runtime) -> None:
    """1,000.00 made payable by a person: the installment past due goes in the night, the next one on its due date."""
    terms, at = make.loan(principal_cents=900_000, count=48, terms={"rate_ppm": 50_000}, unapplied_cents=100_000)
    number = corrections.contract(runtime, 1, terms, at)
    with runtime.engine.begin() as connection:
        lines = [("suspense.unapplied", 100_000, number), ("payable.refund", -100_000, number)]
        make.journal(connection, lines, "refund", "by_hand", site_id=None)
    corrections.nights(runtime, make.DAY)
    left = 100_000 - make.INSTALLMENT_CENTS
    assert register(runtime) == [(1, "proposed", left)]
    assert state(runtime, number)["refund_cents"] == left
    due_on = date(2026, 12, 15)
    corrections.nights(runtime, due_on - DAY)
    assert state(runtime, number)["refund_cents"] == left
    in_order(runtime, number)
    refunds.approve(runtime, 1, by("bo", due_on))
    with pytest.raises(ConflictError, match=r"the contract owes \$412.50, which a night takes out of it first"):
        refunds.issue(runtime, 1, by("cy", due_on))
    corrections.nights(runtime, due_on)
    assert register(runtime) == [(1, "proposed", left - make.INSTALLMENT_CENTS)]
    in_order(runtime, number)


def test_a_returned_check_takes_an_open_refund_with_it(runtime: Runtime) -> None:
    number, item = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    refunds.approve(runtime, 1, by("bo", RELEASED + DAY))
    take_back(runtime, item, RELEASED + DAY)
    assert register(runtime) == [(1, "withdrawn", OVER)]
    in_order(runtime, number)


def test_a_check_returned_after_its_refund_was_issued_leaves_a_debt(runtime: Runtime) -> None:
    """All that was paid back is owed, without interest, and people are told; the books agree with the history."""
    number, item = issued(runtime)
    corrections.nights(runtime, RELEASED + DAY * 5)
    take_back(runtime, item, RELEASED + DAY * 6)
    at, fees = state(runtime, number), 3_000 + 2_062 + OVER  # of the returned check, the late fee that it uncovers
    assert (at["principal_cents"], at["fee_cents"], at["refund_cents"]) == (make.INSTALLMENT_CENTS, fees, 0)
    assert register(runtime) == [(1, "issued", OVER)]
    message = "refund 1 of $50.00 was issued before a check came back: stop it, or the contract owes it"
    assert rows(runtime, "select message from ops_event where kind = 'refund'") == [(message,)]
    in_order(runtime, number)
    corrections.nights(runtime, RELEASED + DAY * 8)
    in_order(runtime, number)
    refunds.stop(runtime, 1, "the payoff came back", by("cy", RELEASED + DAY * 9))
    corrections.nights(runtime, RELEASED + DAY * 9)
    assert state(runtime, number)["refund_cents"] == 0
    owed = [state(runtime, number)[f"{name}_cents"] for name in ("principal", "fee")]
    assert sum(owed) == make.INSTALLMENT_CENTS + fees - OVER
    in_order(runtime, number)


def test_a_stopped_refund_is_payable_again_and_issued_under_a_new_number(runtime: Runtime) -> None:
    """The night does not propose it by itself; the new number names the old one, and needs an approval of its own."""
    number, _ = issued(runtime)
    day = RELEASED + DAY * 2
    assert refunds.stop(runtime, 1, "lost in the mail", by("cy", day)).endswith("stopped, payable again")
    assert balances(runtime) == {"refund": OVER, "refund_outstanding": 0, "disbursements": 0}
    corrections.nights(runtime, day + DAY * 12)
    assert register(runtime) == [(1, "stopped", OVER)]
    in_order(runtime, number)
    day += DAY * 13
    estate = Payee("estate", "Estate of Payer 1", ("2 Oak St", "Plano, TX 75074"), "letters testamentary")
    refunds.reissue(runtime, 1, estate, None, by("ann", day))
    with pytest.raises(ConflictError, match="is reissued"):
        refunds.reissue(runtime, 1, None, None, by("ann", day))
    assert register(runtime) == [(1, "reissued", OVER), (2, "proposed", OVER)]
    assert rows(runtime, "select replaces, payee_name from refund where refund_no = 2") == [(1, "Estate of Payer 1")]
    refunds.approve(runtime, 2, by("bo", day))
    refunds.issue(runtime, 2, by("cy", day))
    assert balances(runtime) == {"refund": 0, "refund_outstanding": OVER, "disbursements": 0}
    in_order(runtime, number)


def test_a_refund_that_cleared_and_came_back_is_payable_again(runtime: Runtime) -> None:
    number, _ = issued(runtime)
    refunds.clear(runtime, 1, by("cy", RELEASED + DAY))
    assert refunds.stop(runtime, 1, "account closed", by("cy", RELEASED + DAY)).endswith("returned, payable again")
    assert balances(runtime) == {"refund": OVER, "refund_outstanding": 0, "disbursements": 0}
    corrections.nights(runtime, RELEASED + DAY * 2)
    in_order(runtime, number)


def test_a_payee_other_than_the_customer_is_named_with_the_reason(runtime: Runtime) -> None:
    number, _ = overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    who, step = account(runtime, number), by("ann", RELEASED + DAY)
    insurer = Payee("insurer", "Gap Insurance Co", ("1 Main St",), "gap waiver refunded by the dealer")
    for payee, method, fault in (
        (Payee("uncle"), "check", "no such payee: uncle"),
        (Payee("insurer", "Gap", ("1 Main St",)), "check", "field reason: a refund to the insurer needs it"),
        (CUSTOMER, "cash", "no such method: cash"),
    ):
        with pytest.raises(InputError, match=fault):
            refunds.propose(runtime, who, payee, method, step)
    assert "refund 2 of $50.00 is proposed" in refunds.propose(runtime, who, insurer, "ach", step)
    assert register(runtime) == [(1, "withdrawn", OVER), (2, "proposed", OVER)]
    in_order(runtime, number)


def test_a_refund_is_refused_while_it_is_held_or_nothing_is_payable(runtime: Runtime) -> None:
    number, _ = overpaid(runtime)
    who, step = account(runtime, number), by("ann", make.DAY + DAY)
    with pytest.raises(ConflictError, match=r"\$50.00 is held until 2026-11-26"):
        refunds.propose(runtime, who, CUSTOMER, "check", step)
    with pytest.raises(InputError, match="no such account"):
        refunds.propose(runtime, "1", CUSTOMER, "check", step)
    with pytest.raises(InputError, match="no such refund"):
        refunds.approve(runtime, 9, step)
    with pytest.raises(InputError, match="name the person"):
        refunds.approve(runtime, 9, Step(" ", step.as_of))
    other = corrections.contract(runtime, 2, *make.loan())
    with pytest.raises(InputError, match="nothing is payable"):
        refunds.propose(runtime, account(runtime, other), CUSTOMER, "check", step)


def test_a_flagged_contract_waits_for_a_person(runtime: Runtime) -> None:
    """A customer who died: the night proposes nothing; a person proposes it to the estate."""
    number, _ = overpaid(runtime)
    actions.set_flag(runtime, instruction_for(account(runtime, number), make.DAY + DAY), "deceased")
    corrections.nights(runtime, RELEASED + DAY)
    assert register(runtime) == []
    estate = Payee("estate", "Estate of Payer 1", ("2 Oak St",), "letters testamentary")
    refunds.propose(runtime, account(runtime, number), estate, "check", by("ann", RELEASED + DAY * 2))
    assert register(runtime) == [(1, "proposed", OVER)]


def test_what_is_unapplied_at_the_end_of_a_lease_is_proposed(runtime: Runtime) -> None:
    """It is payable once the lease has ended and owes nothing; taken over long ago, it is not held."""
    terms, _ = make.lease(count=22)
    assert terms.lease is not None
    free = replace(terms, lease=replace(terms.lease, disposition_fee_cents=0))
    number = corrections.contract(
        runtime, 1, free, Position(make.EVE, paid_through=22, billed_through=22, unapplied_cents=OVER)
    )
    actions.turn_in(runtime, instruction_for(account(runtime, number)), 100, 0)
    corrections.nights(runtime, make.DAY)
    assert register(runtime) == [(1, "proposed", OVER)]
    in_order(runtime, number)


def test_a_refund_broken_off_in_the_middle_leaves_nothing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its journal and its step are one transaction; the second try issues it, once."""
    overpaid(runtime)
    corrections.nights(runtime, RELEASED)
    refunds.approve(runtime, 1, by("bo", RELEASED + DAY))

    class Killed(Exception):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(telemetry.log, "info", kill)
        with pytest.raises(Killed):
            refunds.issue(runtime, 1, by("cy", RELEASED + DAY))
    assert register(runtime) == [(1, "approved", OVER)]
    assert rows(runtime, "select count(*) from journal where source_kind = 'refund_paid'") == [(0,)]
    refunds.issue(runtime, 1, by("cy", RELEASED + DAY))
    assert register(runtime) == [(1, "issued", OVER)]


def test_history_of_the_register_cannot_be_changed(runtime: Runtime) -> None:
    issued(runtime)
    for statement in ("update refund set payee_name = 'x'", "delete from refund_state"):
        with pytest.raises(sa.exc.ProgrammingError, match="append-only"):
            make.altered(runtime, statement)


def test_a_contract_s_account_shows_its_refunds(runtime: Runtime) -> None:
    number, _ = issued(runtime)
    with runtime.engine.connect() as connection:
        events = [(row["what"], row["reason"], row["maker"]) for row in shown_events(connection, number)]
    assert ("refund 1 of 50.00 to Payer 1: approved", "by check", "bo") in events


def shown_events(connection: sa.Connection, number: int) -> list[sa.RowMapping]:
    as_of = by("ann", RELEASED + DAY * 9).as_of
    return db.rows(connection, "queries/contract_events", contract_id=number, as_of=as_of)


def test_random_refunds_end_where_history_ends(runtime: Runtime) -> None:
    """Loans and leases paid off and over, checks taken back before and after their refunds, fees, stops: 40 days."""
    chance = Random(5)
    numbers = [corrections.contract(runtime, no, *make.loan(terms={"rate_ppm": 50_000})) for no in range(1, 9)]
    numbers += [corrections.contract(runtime, no, *make.lease()) for no in (9, 10)]
    shortened(runtime)
    items: list[int] = []
    for ahead in range(1, 41):
        day = make.EVE + DAY * ahead
        if ahead % 3 == 1:
            amounts = [(no, chance.choice((41_250, 50_000, 3_000, 1_950_000))) for no in chance.sample(numbers, 3)]
            items += corrections.pay(runtime, day, amounts)
        if ahead % 5 == 0 and items:
            take_back(runtime, items.pop(chance.randrange(len(items))), day, chance.choice(("returned", "wrong")))
        if ahead % 4 == 0:
            charged(runtime, chance.choice(numbers), chance.choice((500, 60_000)), day)
        take_steps(runtime, chance, day)
        corrections.nights(runtime, day)
    taken = {state for (state,) in rows(runtime, "select distinct state from refund_state")}
    assert taken >= {"issued", "cleared", "stopped", "reissued", "withdrawn"}
    assert_in_order(runtime, numbers)
    with runtime.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection, only=["i07_refunds"])] == []


def shortened(runtime: Runtime) -> None:
    """What is payable is held for two days only."""
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("""
                insert into policy (lender_id, rule, valid_from, value)
                values ('meridian', 'refund.hold_days', '2026-11-01', cast(:days as jsonb))"""),
            {"days": '{"personal": 2}'},
        )


def take_steps(runtime: Runtime, chance: Random, day: date) -> None:
    """Every open refund takes its next step, or one of them; what is refused stays as it is."""
    step = by("bo", day)
    for no, state_now, _ in register(runtime):
        last = {"issued": ("cleared", "stopped"), "cleared": ("returned",) * (chance.random() < 0.1)}
        kinds = {"proposed": ("approved",), "approved": ("issued",), "stopped": ("reissued",), **last}
        for kind in chance.sample(kinds.get(state_now, ()), k=min(len(kinds.get(state_now, ())), 1)):
            with suppress(ConflictError, InputError):
                STEPS[kind](runtime, no, step)


STEPS: dict[str, Callable[[Runtime, int, Step], str]] = {
    "approved": refunds.approve,
    "issued": refunds.issue,
    "cleared": refunds.clear,
    "stopped": lambda runtime, no, step: refunds.stop(runtime, no, "lost", step),
    "returned": lambda runtime, no, step: refunds.stop(runtime, no, "account closed", step),
    "reissued": lambda runtime, no, step: refunds.reissue(runtime, no, None, None, Step("ann", step.as_of)),
}
