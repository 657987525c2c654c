"""Payoffs in the ledger: a quote that is kept, the check that comes for it, what it leaves, and the lien."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.contract.master import ContractTerms, Master
from lockbox.customer import service
from lockbox.errors import InputError, NotReady, SettingsError
from lockbox.mail.pipeline import items_of
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import actions, charge_offs
from lockbox.servicing.correction import adjust_late, reverse_item
from lockbox.servicing.load_master import load_master
from tests.builders import command_line, corrections, nights
from tests.builders import ledger as make
from tests.builders.decided import contract, instruction_for
from tests.builders.statements import MADE, accounts, after, three_contracts

pytestmark = pytest.mark.usefixtures("quiet")
DAY = timedelta(1)
PAYOFF_BOX = "660893"


def a_loan(runtime: Runtime, **more: Any) -> str:
    """9,000.00 at 5 %, nothing past due but what was due yesterday."""
    return contract(runtime, *make.loan(principal_cents=900_000, count=48, terms={"rate_ppm": 50_000}, **more))


def evening(day: date) -> datetime:
    return datetime.combine(day + DAY, make.EVENING.time(), make.EVENING.tzinfo)


def quote(runtime: Runtime, number: str, day: date = make.DAY, days: int = 10) -> tuple[int, int]:
    """(number, cents) of a quote of a day."""
    made, letter, _ = service.payoff_quote(runtime, number, evening(day), days)
    return made, letter.total_cents


def tender(runtime: Runtime, number: str, cents: int, day: date, line: str = "650805") -> int:
    """A check of a day to a box, posted; gives the item."""
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, f"T{day:%m%d}", day=day)
        connection.execute(sa.text("update batch set box = :box where batch_id = :id"), {"box": line, "id": batch})
        contract_id = connection.execute(
            sa.text("select contract_id from contract where account_number = :n"), {"n": number}
        ).scalar_one()
        item = make.item(connection, batch)
        make.decision(connection, item, amount_cents=cents, lines=[(contract_id, cents)])
        post_batch(connection, batch, make.WORKED)
    nights.closed(runtime, day)
    return item


def row(runtime: Runtime, statement: str) -> tuple[Any, ...]:
    with runtime.engine.connect() as connection:
        return tuple(connection.execute(sa.text(statement)).one())


def owed(runtime: Runtime, number: str) -> list[int]:
    at = nights.positions(runtime)[number]
    return [int(str(at[f"{name}_cents"])) for name in ("principal", "interest", "fee", "rent", "tax", "unapplied")]


@pytest.fixture(autouse=True)
def movable(runtime: Runtime) -> None:
    """A test may say to which box a batch came."""
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("grant update on batch to lockbox_app"))


def test_a_quote_is_kept_and_its_letter_stays_the_same(runtime: Runtime) -> None:
    number = a_loan(runtime)
    made, letter, pdf = service.payoff_quote(runtime, number, evening(make.DAY), 10)
    assert (letter.total_cents, letter.per_diem_cents) == (900_000 + 1_233, 123)  # ten nights of 1.2328...
    assert service.payoff_quote(runtime, number, evening(make.DAY), 10)[0] == made
    nights.run(runtime, make.DAY + DAY * 3)
    assert service.payoff_letter(runtime, made) == (letter, pdf)
    assert row(runtime, "select made_by, ending from payoff_quote") == ("operator", None)
    words = ("payoff", "--quote", str(made), "--out", str(runtime.settings.home / "again.pdf"))
    assert f"quote {made}: $9,012.33 good through 2026-11-26" in command_line.verb(runtime.settings, *words).stdout
    assert (runtime.settings.home / "again.pdf").read_bytes() == pdf
    with pytest.raises(InputError, match="no such payoff quote"):
        service.payoff_letter(runtime, 99)


def test_a_check_of_the_quoted_amount_pays_off_and_what_is_over_goes_back(runtime: Runtime) -> None:
    number = a_loan(runtime)
    _, cents = quote(runtime, number)
    day = date(2026, 11, 20)
    nights.run(runtime, day - DAY)
    tender(runtime, number, cents, day)
    (line,) = nights.run(runtime, day)
    assert "1 paid off, 0 quotes expired, 1 liens to release;" in line
    over = cents - 900_000 - 493  # four nights
    assert row(runtime, "select result, short_cents, over_cents from payoff_tender") == ("paid", 0, over)
    assert owed(runtime, number) == [0] * 6
    assert nights.positions(runtime)[number]["refund_cents"] == over
    assert row(runtime, "select ending, ended_on from payoff_quote") == ("paid", day)
    assert row(runtime, "select paid_on, due_on, released_on from lien_release") == (day, date(2026, 11, 30), None)
    corrections.assert_in_order(runtime, [1])
    words = ("contract", "show", number, "--as-of", "2026-12-01T12:00:00-06:00")
    assert "OVERDUE" in command_line.verb(runtime.settings, *words).stdout
    with pytest.raises(InputError, match="no lien stands to be released"):
        actions.release_lien(runtime, replace(instruction_for(number, day), account_number=a_second_loan(runtime)))
    assert actions.release_lien(runtime, instruction_for(number, day + DAY)).endswith("lien released on 2026-11-21")
    nights.run(runtime, date(2026, 12, 5))
    assert row(runtime, "select count(*) from ops_event where kind like 'lien%'") == (0,)


def a_second_loan(runtime: Runtime) -> str:
    terms, position = make.loan(principal_cents=900_000, count=48)
    with runtime.engine.begin() as connection:
        make.open_contract(connection, 2, terms, replace(position, on=date(2026, 11, 20)))
    return max(nights.positions(runtime))


@pytest.mark.parametrize(("short", "result"), [(500, "short_accepted"), (501, "short")])
def test_what_a_payoff_check_is_short_of(runtime: Runtime, short: int, result: str) -> None:
    """By the payoff line, without a quote: up to 5.00 is waived; beyond that, it is an ordinary payment."""
    number = a_loan(runtime)
    nights.run(runtime, make.DAY)
    day = make.DAY + DAY
    tender(runtime, number, 900_123 - short, day, PAYOFF_BOX)
    nights.run(runtime, day)
    assert row(runtime, "select result, short_cents from payoff_tender") == (result, short)
    accepted = result == "short_accepted"
    assert sum(owed(runtime, number)) == (0 if accepted else short)
    waived = "select balance_cents from trial_balance where account = 'expense.payoff'"
    assert row(runtime, waived) == (short if accepted else 0,)
    assert row(runtime, "select count(*) from lien_release") == (accepted,)
    events = "select count(*) from ops_event where message like 'a payoff check of $8996.22 is short by $5.01%'"
    assert row(runtime, events) == (not accepted,)
    nights.run(runtime, day + DAY * 9)
    corrections.assert_in_order(runtime, [1])
    tender(runtime, number, short, day + DAY * 10)
    nights.run(runtime, day + DAY * 10)
    assert row(runtime, "select count(*) from ops_event where closed_at is null and kind = 'payoff'") == (0,)


def paid_without_a_quote(runtime: Runtime, over_cents: int) -> str:
    """A loan of 9,001.23 is paid to the usual box, with so much over (or short), on the second day."""
    number = a_loan(runtime)
    reached(runtime, number)
    nights.run(runtime, make.DAY)
    tender(runtime, number, 900_123 + over_cents, make.DAY + DAY)
    nights.run(runtime, make.DAY + DAY)
    return number


@pytest.mark.parametrize(
    ("over", "result", "waived", "refund"),
    [
        (0, "paid", 0, 0),
        (-7, "short_accepted", 7, 0),
        (-500, "short_accepted", 500, 0),
        (1_234, "paid", 0, 1_234),
    ],
)
def test_a_payment_that_leaves_nothing_owed_is_a_payoff_without_a_quote(
    runtime: Runtime, over: int, result: str, waived: int, refund: int
) -> None:
    """Recognized by what it leaves owed, and the customer is told, once."""
    number, day = paid_without_a_quote(runtime, over), make.DAY + DAY
    assert row(runtime, "select count(*), min(result) from payoff_tender") == (1, result)
    assert row(runtime, "select paid_on, due_on from lien_release") == (day, date(2026, 11, 27))
    assert owed(runtime, number) == [0] * 6
    assert nights.positions(runtime)[number]["metro2"] == "13"
    assert row(runtime, "select balance_cents from trial_balance where account = 'expense.payoff'") == (waived,)
    assert "1 paid_off" in service.notices(runtime, day, evening(day))
    assert row(runtime, "select facts from notice where kind = 'paid_off'") == (
        {
            "product": "loan",
            "amount_cents": 900_123 + over,
            "paid_on": "2026-11-17",
            "refund_cents": refund,
            "release_on": "2026-11-27",
        },
    )
    nights.run(runtime, day + DAY * 9)
    assert "paid_off" not in service.notices(runtime, day + DAY, evening(day + DAY))
    assert row(runtime, "select count(*) from payoff_tender") == (1,)
    corrections.assert_in_order(runtime, [1])
    words = ("contract", "show", number, "--as-of", "2026-12-01T12:00:00-06:00")
    assert f"payoff of {(900_123 + over) / 100:.2f}" in command_line.verb(runtime.settings, *words).stdout


def test_a_payment_that_leaves_more_owed_than_is_waived_is_no_payoff(runtime: Runtime) -> None:
    number = paid_without_a_quote(runtime, -501)
    assert "paid_off" not in service.notices(runtime, make.DAY + DAY, evening(make.DAY + DAY))
    assert row(runtime, "select count(*) from payoff_tender") == (0,)
    assert row(runtime, "select count(*) from lien_release") == (0,)
    assert sum(owed(runtime, number)) == 501


def test_money_for_a_loan_that_was_paid_or_charged_off_is_no_payoff(runtime: Runtime) -> None:
    number = a_loan(runtime)
    tender(runtime, number, 900_000, make.DAY)
    nights.run(runtime, make.DAY)
    tender(runtime, number, 41_250, make.DAY + DAY)
    with runtime.engine.begin() as connection:
        make.open_contract(connection, 2, *make.loan(principal_cents=900_000, count=48))
    lost = max(nights.positions(runtime))
    charge_offs.charge_off(runtime, instruction_for(lost, make.DAY + DAY))
    nights.pay(runtime, make.DAY + DAY * 2, [(lost, 5_000)])
    nights.closed(runtime, make.DAY + DAY * 2)
    nights.run(runtime, make.DAY + DAY * 3)
    assert row(runtime, "select count(*), sum(amount_cents)::bigint from payoff_tender") == (1, 900_000)


def test_a_check_for_two_loans_pays_off_the_one_it_pays_off(runtime: Runtime) -> None:
    small, large = a_loan(runtime), a_second_loan(runtime)
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, "T2")
        contracts = connection.execute(sa.text("select account_number, contract_id from contract"))
        ids = {row.account_number: row.contract_id for row in contracts}
        item = make.item(connection, batch)
        lines = [(ids[small], 900_000), (ids[large], 41_250)]
        make.decision(connection, item, amount_cents=941_250, lines=lines)
        post_batch(connection, batch, make.WORKED)
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY)
    assert row(runtime, "select contract_id, amount_cents, result from payoff_tender") == (ids[small], 900_000, "paid")


def reached(runtime: Runtime, number: str) -> None:
    """The customer gave an email address."""
    service.note(runtime, number, evening(make.EVE), {"email": "payer@example.com"})


def test_the_customer_is_told_once_that_a_quote_expired(runtime: Runtime) -> None:
    """By email; of two quotes the longer one. What came in time pays it even if it is posted after it expired."""
    number = a_loan(runtime)
    reached(runtime, number)
    _, cents = quote(runtime, number, days=1)
    longer, _ = quote(runtime, number, days=3)
    nights.run(runtime, date(2026, 11, 18))
    assert "quote_expired" not in service.notices(runtime, date(2026, 11, 18), evening(date(2026, 11, 18)))
    for day in (date(2026, 11, 19), date(2026, 11, 20)):
        nights.run(runtime, day)
        planned = service.notices(runtime, day, evening(day))
        assert ("1 quote_expired" in planned) == (day == date(2026, 11, 19))
    with runtime.engine.connect() as connection:
        rows = connection.execute(sa.text("select occasion from notice where kind = 'quote_expired' order by 1"))
        assert list(rows.scalars()) == [f"quote/{longer}"]
    service.send(runtime, evening(date(2026, 11, 20)) + timedelta(hours=15))
    assert (
        sum("has expired" in path.read_text() for path in (runtime.settings.outbox_path / "email").glob("*.eml")) == 1
    )
    day = date(2026, 11, 23)
    nights.run(runtime, day - DAY)
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, "T23", day=day, effective_date=date(2026, 11, 17))
        item = make.item(connection, batch)
        make.decision(connection, item, amount_cents=cents, lines=[(1, cents)])
        post_batch(connection, batch, make.WORKED)
        adjust_late(connection, items_of(connection, batch), make.WORKED)
    nights.closed(runtime, day)
    nights.run(runtime, day)
    assert row(runtime, "select count(*) from payoff_quote where ending = 'paid'") == (1,)


def test_a_quote_asks_for_no_interest_that_was_waived(runtime: Runtime) -> None:
    """Ten nights at 5 % are 12.33; 10.00 of them are waived. What is quoted for ten days later leaves nothing."""
    number = a_loan(runtime)
    nights.run(runtime, date(2026, 11, 25))
    day = date(2026, 11, 26)
    _, before = quote(runtime, number, day)
    actions.waive_interest(runtime, instruction_for(number, day), 1_000)
    _, cents = quote(runtime, number, day)
    assert cents == before - 1_000
    nights.run(runtime, day + DAY * 9)
    tender(runtime, number, cents, day + DAY * 10)
    nights.run(runtime, day + DAY * 10)
    assert sum(owed(runtime, number)) == 0
    corrections.assert_in_order(runtime, [1])


def test_a_quote_nobody_pays_expires(runtime: Runtime) -> None:
    number = a_loan(runtime)
    quote(runtime, number, days=3)
    lines = nights.run(runtime, date(2026, 11, 19))
    assert ["1 quotes expired" in line for line in lines] == [False, False, False, True]
    assert row(runtime, "select ending, ended_on from payoff_quote") == ("expired", date(2026, 11, 19))
    assert row(runtime, "select message from ops_event where kind = 'quotes_expired'") == (
        "1 payoff quotes expired unpaid",
    )


def test_a_lease_is_bought_by_the_payoff_line(runtime: Runtime) -> None:
    """2.00 short: the lease ends that night, its money pays the charges, the shortage is waived in the next."""
    number = contract(runtime, *make.lease())
    _, cents = quote(runtime, number)
    nights.run(runtime, make.DAY)
    day = make.DAY + DAY
    tender(runtime, number, cents - 200, day, PAYOFF_BOX)
    nights.run(runtime, day)
    assert nights.positions(runtime)[number]["ended_on"] == day
    assert sum(owed(runtime, number)) == 200
    nights.run(runtime, day + DAY)
    assert owed(runtime, number) == [0] * 6
    assert row(runtime, "select kind, reason, maker from contract_event") == ("buyout", "payoff tendered", "engine")
    assert row(runtime, "select paid_on, due_on from lien_release") == (day + DAY, day + DAY * 11)
    nights.run(runtime, day + DAY * 40)
    assert owed(runtime, number) == [0] * 6  # nothing is billed any more
    corrections.assert_in_order(runtime, [1])


def test_a_lease_is_quoted_after_nights_and_nothing_as_of_a_day_behind_them(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease())
    nights.run(runtime, make.DAY + DAY * 3)
    _, cents = quote(runtime, number, make.DAY + DAY * 4)
    assert (
        cents == (make.INSTALLMENT_CENTS + 2_578) * 15 + 900_000 + 30_000 + 58_125
    )  # 22nd to 36th, residual, fee, tax
    with pytest.raises(InputError, match="the night of 2026-11-19 was run: no quote of 2026-11-17"):
        quote(runtime, number, make.DAY + DAY)
    with pytest.raises(InputError, match="record 123: no such account"):
        quote(runtime, "123")


def test_a_lease_is_not_bought_for_too_little(runtime: Runtime) -> None:
    number = contract(runtime, *make.lease())
    tender(runtime, number, 500_000, make.DAY, PAYOFF_BOX)
    nights.run(runtime, make.DAY)
    assert nights.positions(runtime)[number]["ended_on"] is None
    assert row(runtime, "select result from payoff_tender") == ("short",)


def test_a_payoff_that_comes_back_brings_debt_and_lien_back(runtime: Runtime) -> None:
    """What was waived with it is owed again too: it was waived for a payoff."""
    number = a_loan(runtime)
    _, cents = quote(runtime, number, days=0)
    item = tender(runtime, number, cents - 300, make.DAY)
    nights.run(runtime, make.DAY + DAY)
    assert sum(owed(runtime, number)) == 0
    actions.release_lien(runtime, instruction_for(number, make.DAY + DAY * 2))
    day = make.DAY + DAY * 2
    with runtime.engine.begin() as connection:
        reverse_item(connection, item, "returned", day, evening(day), "ann")
    assert owed(runtime, number)[:3] == [900_000, 247, 3_000]
    nights.run(runtime, day)
    assert row(runtime, "select withdrawn_on from lien_release") == (day,)
    message = "the lien was released on 2026-11-18, but the last payment was returned"
    assert row(runtime, "select message from ops_event where kind = 'lien_returned'") == (message,)
    corrections.assert_in_order(runtime, [1])


def test_an_overdue_lien_release_is_told_once(runtime: Runtime) -> None:
    number = a_loan(runtime)
    tender(runtime, number, 900_000, make.DAY, PAYOFF_BOX)
    lines = nights.run(runtime, date(2026, 11, 28))
    assert "overdue" in lines[-1]
    assert "overdue" not in lines[-3]  # due on the 26th
    assert row(runtime, "select message from ops_event where kind = 'lien_overdue'")[0].startswith(
        "lien release overdue since 2026-11-26"
    )
    actions.release_lien(runtime, instruction_for(number, date(2026, 11, 29)))
    assert row(runtime, "select count(*) from ops_event where closed_at is null") == (0,)


def test_the_event_of_an_overdue_lien_ends_when_the_last_payment_comes_back(runtime: Runtime) -> None:
    number = a_loan(runtime)
    item = tender(runtime, number, 900_000, make.DAY, PAYOFF_BOX)
    nights.run(runtime, date(2026, 11, 28))
    day = date(2026, 11, 29)
    with runtime.engine.begin() as connection:
        reverse_item(connection, item, "returned", day, evening(day), "ann")
    nights.run(runtime, day)
    assert row(runtime, "select closed_at is not null from ops_event where kind = 'lien_overdue'") == (True,)


def without_lien_rules(runtime: Runtime) -> None:
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("delete from lien_release_rule"))


@pytest.mark.parametrize("make_terms", [make.loan, make.lease])
def test_no_quote_without_a_lien_release_rule(runtime: Runtime, make_terms: Any) -> None:
    number = contract(runtime, *make_terms())
    without_lien_rules(runtime)
    with pytest.raises(SettingsError, match=r"^no lien-release rule for TX on 2026-11-16$"):
        quote(runtime, number)
    assert row(runtime, "select count(*) from payoff_quote") == (0,)


def test_the_night_of_a_payoff_stops_without_a_lien_release_rule(runtime: Runtime) -> None:
    """A lien that nobody notes is a lien that nobody releases."""
    number = a_loan(runtime)
    without_lien_rules(runtime)
    tender(runtime, number, 900_000, make.DAY)
    with pytest.raises(SettingsError, match=r"^no lien-release rule for TX on 2026-11-16$"):
        nights.run(runtime, make.DAY)
    assert row(runtime, "select count(*) from night") == (0,)


def test_every_step_again_writes_nothing(runtime: Runtime) -> None:
    number = a_loan(runtime)
    _, cents = quote(runtime, number)
    tender(runtime, number, cents - 100, make.DAY)
    nights.run(runtime, make.DAY)
    counts = sa.text("""
        select (select count(*) from journal), (select count(*) from payoff_tender),
            (select count(*) from lien_release), (select count(*) from ops_event)""")
    with runtime.engine.connect() as connection:
        before = connection.execute(counts).one()
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("delete from night"))
        connection.execute(sa.text("delete from stage_run"))
    nights.run(runtime, make.DAY)
    with runtime.engine.connect() as connection:
        assert connection.execute(counts).one() == before


def test_paying_a_quote_by_its_date_leaves_nothing(runtime: Runtime) -> None:
    """Past due with a fee, and a late fee that falls due before the good-through date (I13)."""
    three_contracts(runtime)
    nights.run(runtime, MADE, after(MADE))
    number = accounts(runtime)[0]
    _, letter, pdf = service.payoff_quote(runtime, number, after(MADE + DAY) - timedelta(hours=9), 10)
    assert pdf.startswith(b"%PDF")
    assert letter.good_through == letter.quoted_on + DAY * 10
    nights.run(runtime, letter.good_through - DAY, after(letter.good_through))
    assert letter.total_cents == sum(owed(runtime, number))


def test_a_quote_does_not_ask_for_what_the_nights_net_out_of_a_refund(runtime: Runtime) -> None:
    """Paid off 50.00 over; then a fee of 60.00: 10.00 pay it off. After a fee of 30.00 nothing is owed."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        ids = [make.open_contract(connection, no, *make.loan()) for no in (1, 2)]
    more, less = sorted(nights.positions(runtime))
    nights.pay(runtime, make.DAY, [(number, make.INSTALLMENT_CENTS + 5_000) for number in (more, less)])
    nights.closed(runtime, make.DAY)
    nights.run(runtime, make.DAY)
    with runtime.engine.begin() as connection:
        for contract_id, fee in zip(ids, (6_000, 3_000), strict=True):
            lines = [("receivable.fee", fee, contract_id), ("income.fee", -fee, None)]
            make.journal(connection, lines, "fee", f"by_hand/{contract_id}", site_id=None, day=make.DAY + DAY)
    _, letter, _ = service.payoff_quote(runtime, more, evening(make.DAY + DAY), 5)
    refund = "Refund due to you, applied to this balance"
    assert [(line.label, line.amount_cents) for line in letter.lines] == [("Fees", 6_000), (refund, -5_000)]
    with pytest.raises(NotReady, match="nothing is owed"):
        service.payoff_quote(runtime, less, evening(make.DAY + DAY), 5)
    nights.run(runtime, make.DAY + DAY)
    assert letter.total_cents == sum(owed(runtime, more)) == 1_000
    assert quote(runtime, more, make.DAY + 2 * DAY)[1] == 1_000


def change_terms(runtime: Runtime, number: str, rate_ppm: int, version: int) -> None:
    """Another rate from DAY on, as a contract master brings it."""
    terms, _ = make.loan(count=48, terms={"rate_ppm": rate_ppm, "version": version, "valid_from": make.DAY})
    master = Master("meridian", make.EVE, (), (), (ContractTerms(number, terms),), (), (), ())
    with runtime.engine.begin() as connection:
        load_master(connection, master, evening(make.DAY))


OPEN_EVENTS = "select array_agg(kind order by kind) from ops_event where closed_at is null"


def test_a_quote_is_withdrawn_when_terms_change_and_its_check_is_not_taken_for_exact(runtime: Runtime) -> None:
    """A day of interest at 5 % was quoted; at 100 %, 23.43 are missing."""
    number = a_loan(runtime)
    made, cents = quote(runtime, number, days=1)
    change_terms(runtime, number, 1_000_000, 2)
    words = row(runtime, "select message from ops_event where kind = 'quote_withdrawn'")[0]
    assert f"quote {made} of" in words
    assert "terms changed from 2026-11-16 on. Tell the customer, and quote anew" in words
    nights.run(runtime, make.DAY)
    tender(runtime, number, cents, make.DAY + DAY)
    nights.run(runtime, make.DAY + DAY)
    assert row(runtime, "select ending, ended_on from payoff_quote") == ("withdrawn", date(2026, 11, 16))
    assert row(runtime, OPEN_EVENTS) == (["payoff", "quote_withdrawn"],)
    assert owed(runtime, number)[0] == 2_343


def test_a_quote_given_under_the_new_terms_stands(runtime: Runtime) -> None:
    number = a_loan(runtime)
    quote(runtime, number)
    change_terms(runtime, number, 50_000, 2)  # the same rate: the new quote is for as much as the old one
    made, _ = quote(runtime, number)
    assert row(runtime, "select array_agg(coalesce(ending, 'stands') order by quote_id) from payoff_quote") == (
        ["withdrawn", "stands"],
    )
    assert row(runtime, OPEN_EVENTS) == (None,)
    assert quote(runtime, number)[0] == made


def test_a_lien_is_not_released_while_changed_terms_leave_something_owed(runtime: Runtime) -> None:
    """412.50 and a day of interest at 5 % are paid; at 14 % 10 cents are missing; at 5 % again none are."""
    number = contract(runtime, *make.loan(count=48, terms={"rate_ppm": 50_000}))
    nights.run(runtime, make.DAY)
    tender(runtime, number, 41_256, make.DAY + DAY)
    nights.run(runtime, make.DAY + DAY)
    standing = "select released_on, withdrawn_on from lien_release"
    assert row(runtime, standing) == (None, None)
    change_terms(runtime, number, 140_000, 2)
    assert row(runtime, standing) == (None, make.DAY + 2 * DAY)
    assert row(runtime, "select message from ops_event where kind = 'lien_returned'") == (
        "paid off on 2026-11-17, but changed terms leave $0.10 owed; do not release the lien",
    )
    change_terms(runtime, number, 50_000, 3)
    nights.run(runtime, make.DAY + 2 * DAY)
    assert row(runtime, standing) == (None, None)
