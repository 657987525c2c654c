"""The night: it ends where the rule's own replay ends, runs once, makes up missed nights, seals the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.contract.event import Event, Flag, Payment
from lockbox.contract.history import history
from lockbox.contract.master import ContractFlag, Master
from lockbox.contract.position import OpenBill, OpenFee
from lockbox.contract.schedule import level
from lockbox.errors import NotReady, OutOfBalance, SettingsError
from lockbox.mail.pipeline import post
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope
from lockbox.servicing import correction, night
from lockbox.servicing.audit import differences
from tests.builders import command_line
from tests.builders import ledger as make
from tests.builders.nights import BALANCES, IS_OPEN, RULES, balances, closed, load, pay, portfolio, positions, run
from tests.builders.random_books import add_order
from tests.builders.random_decisions import LEASE_FEES_FIRST
from tests.oracles.payoff import buyout_cents


@pytest.mark.usefixtures("quiet")
def test_nights_and_payments_end_where_the_rule_ends(runtime: Runtime) -> None:
    """150 contracts of all kinds, 45 days, 400 payments early, late, short, over, unapplied: all to the cent."""
    master, chance = portfolio(150), Random(11)
    load(runtime, master)
    numbers = [contract.account_number for contract in master.contracts]
    rate = {version.account_number: version.terms.schedule[0].amount_cents for version in master.terms}
    events: dict[str, list[Event]] = {number: flag_events(master, number) for number in numbers}
    until = make.EVE + timedelta(45)
    for ahead in range(1, 46):
        day = make.EVE + timedelta(ahead)
        if day.isoweekday() < 6 and ahead % 3 != 0:
            for is_ahead in (False, True):
                on = day + timedelta(1 if day.isoweekday() < 5 else 3) if is_ahead else day
                chosen = chance.sample(numbers, 4 if is_ahead else 11)
                amounts = [
                    (
                        number,
                        chance.choice(
                            [rate[number], rate[number] - 300, rate[number] // 3, rate[number] * 2, 4_000_000, 777]
                        ),
                    )
                    for number in chosen
                ]
                pay(runtime, day, amounts, on)
                for sequence, (number, cents) in enumerate(amounts):
                    # What came ahead is applied in the night, after the checks of the day itself.
                    seq = 1000 * is_ahead + sequence
                    events[number].append(Payment(f"{day}/{is_ahead}/{sequence}", on, cents, seq))
        closed(runtime, day)
        run(runtime, day)
    assert_replayed_balances(runtime, master, events, until)
    with runtime.engine.connect() as connection:
        for name in (
            "i02_ledger_balances",
            "i08_positions_match",
            "i08_installments_match",
            "i12_one_late_fee",
            "i14_chain",
        ):
            assert db.rows(connection, f"checks/{name}", since=None) == []


def flag_events(master: Master, number: str) -> list[Event]:
    """The flags of a contract, in force from the first night on."""
    return [
        Flag(f"flag/{flag.flag}", max(flag.valid_from, make.DAY), flag.flag, flag.valid_to)
        for flag in master.flags
        if flag.account_number == number
    ]


def assert_replayed_balances(runtime: Runtime, master: Master, events: dict[str, list[Event]], until: date) -> None:
    """Every balance, what is past due, and what would end each contract on the next day, is that of its replay."""
    rows, day = positions(runtime), until + timedelta(1)
    payoff = sa.text("select account_number, payoff_cents(contract_id, :day) as cents from contract")
    with runtime.engine.connect() as connection:
        payoffs = {row.account_number: row.cents for row in connection.execute(payoff, {"day": day})}
        past_due = sa.text(
            "select c.account_number, d.* from past_due(:day) as d join contract as c using (contract_id)"
        )
        late = {row.account_number: row for row in connection.execute(past_due, {"day": until})}
    assert len(late) > 20
    for version, opening in zip(master.terms, master.openings, strict=True):
        number, terms = version.account_number, version.terms
        end = history([terms], RULES, opening.position, events[number], until, IS_OPEN).position
        posted = {name: rows[number][name] for name in BALANCES}
        assert posted == balances(end), (number, terms, opening.position, events[number])
        behind = (late[number].oldest_due_on, late[number].past_due_cents) if number in late else (None, 0)
        assert behind == (end.oldest_due_on, end.past_due_cents), (number, terms, opening.position, events[number])
        bought = terms.product == "lease" and buyout_cents(terms, replace(end, unapplied_cents=0), day)
        assert payoffs[number] == (bought or end.owed_cents), terms


@pytest.mark.usefixtures("quiet")
def test_a_night_that_was_run_writes_nothing_again_and_missed_ones_are_made_up(runtime: Runtime) -> None:
    load(runtime, portfolio(60))
    lines = run(runtime, date(2026, 11, 19))
    assert [line[:10] for line in lines] == ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
    tables = ("journal", "entry", "installment", "late_fee", "late_fee_assessed", "seal", "delinquency_status", "night")
    selects = [f"select '{table}', count(*), 0 from {table}" for table in tables]
    selects.append("select 'position', sum(interest_cents), sum(carry) from position")
    counts = sa.text(" union all ".join(selects))
    with runtime.engine.connect() as connection:
        before = connection.execute(counts).all()
    assert run(runtime, date(2026, 11, 19)) == ["2026-11-19: the night was run already, nothing to do"]
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("delete from night where business_date = '2026-11-19'"))
        connection.execute(sa.text("delete from stage_run where scope = 'night/2026-11-19'"))
    run(runtime, date(2026, 11, 19))  # every step again
    with runtime.engine.connect() as connection:
        assert connection.execute(counts).all() == before


def test_mondays_mail_comes_after_the_nights_of_the_weekend(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Friday's night and the weekend's were missed: posting runs them first, so that no payer of 5,000 is replayed."""
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    master = portfolio(5_000)
    load(runtime, master)
    monkeypatch.setattr(correction, "load_record", None)
    monkeypatch.setitem(night.STEPS, "check", lambda _: 0)
    run(runtime, friday - timedelta(1))
    number = master.contracts[0].account_number
    pay(runtime, friday, [(number, 777)])
    scope, at = BatchScope("dallas", date(2026, 11, 23), "BENCH"), datetime(2026, 11, 23, 18, tzinfo=UTC)
    with runtime.engine.begin() as connection:
        batch = {"site": "dallas", "day": monday, "batch_no": "BENCH", "count": 5_000, "shift": 0, "as_of": at}
        connection.execute(db.query("bench/decided_batch"), batch)
        make.stages_done(connection, scope, ("ingest", "read", "decide"))
    assert night.nights_before(runtime, monday, at) == []  # Friday is open: its night cannot be run
    closed(runtime, friday)
    assert "5000 journals" in post(runtime, scope, at)
    assert [day for (day,) in nights_run(runtime)][-3:] == [friday, friday + timedelta(1), friday + timedelta(2)]
    closed(runtime, monday)
    run(runtime, monday)
    rows = positions(runtime)
    sampled = Random(5).sample(list(zip(master.terms, master.openings, strict=True)), 60)
    for version, opening in [(master.terms[0], master.openings[0]), *sampled]:
        events = [Payment("monday", monday, 45_000), *flag_events(master, opening.account_number)]
        if opening.account_number == number:
            events.append(Payment("friday", friday, 777))
        end = history([version.terms], RULES, opening.position, events, monday, IS_OPEN).position
        assert {name: rows[version.account_number][name] for name in BALANCES} == balances(end), version.account_number


def test_mail_waits_for_a_night_that_broke_off(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next day's mail finishes the night; a night that cannot be finished stops it, with exit code 8."""
    load(runtime, portfolio(20))
    scope, at = BatchScope("dallas", date(2026, 11, 17), "P11171117"), make.EVENING + timedelta(hours=15)
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, "P11171117", day=date(2026, 11, 17))
        contract = connection.execute(sa.text("select min(contract_id) from contract")).scalar_one()
        make.decision(connection, make.item(connection, batch), amount_cents=500, lines=[(contract, 500)])
        make.stages_done(connection, scope, ("ingest", "read", "decide"))
    with monkeypatch.context() as patch:
        patch.setitem(night.STEPS, "assess", kill)
        with pytest.raises(KeyboardInterrupt):
            run(runtime, make.DAY)
        with pytest.raises(NotReady, match="mail of 2026-11-17 waits for a night that broke off"):
            patch.setitem(night.STEPS, "assess", out_of_balance)
            post(runtime, scope, at)
        assert NotReady.exit_code == 8
        assert nights_run(runtime) == []
    with runtime.engine.begin() as connection:  # a day that was opened again: the night cannot go on at all
        make.batch(connection, "P9", day=make.DAY)
    with pytest.raises(NotReady, match="night/2026-11-16 broke off: run it to its end first"):
        post(runtime, scope, at)
    closed(runtime, make.DAY)
    assert "1 journals" in post(runtime, scope, at)
    assert nights_run(runtime) == [(make.DAY,)]


def kill(_: night.Night) -> int:
    raise KeyboardInterrupt


def out_of_balance(_: night.Night) -> int:
    raise OutOfBalance("night/2026-11-16: not in order")


def nights_run(runtime: Runtime) -> list[tuple[date]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text("select business_date from night order by 1"))]


def test_splitting_or_catching_up_changes_nothing(runtime: Runtime) -> None:
    """I9: nights at once or one by one give the same interest, that of the worked example."""
    loan = make.loan(principal_cents=2_000_000, count=60, terms={"rate_ppm": 50_000}, interest_cents=0)
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.open_contract(connection, 1, *loan)
    for ahead in (1, 2, 10, 30):
        run(runtime, make.EVE + timedelta(ahead))
    (position,) = positions(runtime).values()
    assert position["interest_cents"] == 8_219  # 20,000 at 5 % for 30 days: 82.19 (RULES: worked examples)


@pytest.mark.parametrize(
    ("paid_on", "fees"),
    [(date(2026, 3, 16), 0), (date(2026, 3, 17), 1), (None, 1)],
)
def test_texas_due_1_march_is_charged_on_the_17th(runtime: Runtime, paid_on: date | None, fees: int) -> None:
    eve = date(2026, 2, 20)
    schedule = level(date(2025, 3, 1), 1, 40, make.INSTALLMENT_CENTS)
    terms, position = make.loan(principal_cents=900_000, count=40, paid_through=12, terms={"schedule": schedule})
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.open_contract(connection, 1, terms, replace(position, on=eve))
    number = next(iter(positions(runtime)))
    run(runtime, date(2026, 3, 15))
    if paid_on == date(2026, 3, 17):
        run(runtime, date(2026, 3, 16))
    if paid_on:
        pay(runtime, paid_on, [(number, make.INSTALLMENT_CENTS)])
        closed(runtime, paid_on)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(night.STEPS, "check", lambda _: 0)
        run(runtime, date(2026, 3, 16))
        with runtime.engine.connect() as connection:
            assert connection.execute(sa.text("select count(*) from late_fee")).scalar_one() == 0
        run(runtime, date(2026, 3, 17))
        run(runtime, date(2026, 4, 2))
    with runtime.engine.connect() as connection:
        late_fees = connection.execute(sa.text("select charged_on, amount_cents from late_fee")).all()
    assert [tuple(fee) for fee in late_fees] == [(date(2026, 3, 17), make.INSTALLMENT_CENTS * 5 // 100)] * fees


def test_a_night_waits_for_the_close_of_its_days(runtime: Runtime) -> None:
    load(runtime, portfolio(10))
    with runtime.engine.begin() as connection:
        make.batch(connection)
    with pytest.raises(NotReady, match="waits for the close of dallas/2026-11-16"):
        run(runtime, make.DAY)


def test_nights_wait_for_the_cut_off_and_are_noted_when_late(runtime: Runtime) -> None:
    assert night.waiting_nights(runtime, make.EVENING) == []  # nothing to run them for
    load(runtime, portfolio(10))
    morning = make.ARRIVED
    assert night.waiting_nights(runtime, morning) == []  # Monday is not over
    assert night.waiting_nights(runtime, make.EVENING) == [make.DAY]
    with runtime.engine.begin() as connection:
        make.batch(connection)
    assert night.waiting_nights(runtime, make.EVENING) == []
    assert night.late_nights(runtime, make.EVENING) == []
    assert night.late_nights(runtime, make.EVENING + timedelta(1)) == ["night/2026-11-16"]
    night.late_nights(runtime, make.EVENING + timedelta(1))
    open_events = sa.text("select times from ops_event where kind = 'late_night' and closed_at is null")
    with runtime.engine.connect() as connection:
        assert list(connection.execute(open_events).scalars()) == [2]
    closed(runtime, make.DAY)
    run(runtime, make.DAY)
    with runtime.engine.connect() as connection:
        assert list(connection.execute(open_events).scalars()) == []


def test_a_night_whose_process_was_killed_is_one_event_until_it_is_run(runtime: Runtime) -> None:
    load(runtime, portfolio(10))
    make.altered(
        runtime,
        "insert into stage_run (scope, stage, fence, state, started_at) "
        "values ('night/2026-11-16', 'accrue', 1, 'running', now())",
    )
    with runtime.engine.connect() as working:  # somebody is at work on it
        working.execute(sa.text("select pg_advisory_lock_shared(:lock)"), {"lock": db.Lock.NIGHT})
        assert night.late_nights(runtime, make.EVENING) == []
        working.execute(sa.text("select pg_advisory_unlock_shared(:lock)"), {"lock": db.Lock.NIGHT})
    for hours in (0, 1):
        assert night.late_nights(runtime, make.EVENING + timedelta(hours=hours)) == ["night/2026-11-16"]
    open_events = sa.text("select times, message from ops_event where closed_at is null")
    with runtime.engine.connect() as connection:
        ((times, message),) = connection.execute(open_events)
    assert (times, message) == (2, "the night stopped in its step accrue; run again, it continues there")
    run(runtime, make.DAY)
    with runtime.engine.connect() as connection:
        assert connection.execute(open_events).all() == []


def test_a_cut_off_that_starts_later_is_not_in_force_yet(runtime: Runtime) -> None:
    """From 1 December on mail counts until 10 p.m.; today's night need not wait for that."""
    load(runtime, portfolio(10))
    make.altered(
        runtime,
        """
        insert into site_cut_off
        select site_id, '2026-12-01', '22:00', open_weekdays, calendar from site_cut_off""",
    )
    assert night.waiting_nights(runtime, make.EVENING) == [make.DAY]
    assert night.waiting_nights(runtime, make.EVENING + timedelta(15))[-1] == date(2026, 11, 30)
    assert night.waiting_nights(runtime, make.EVENING + timedelta(15, hours=3))[-1] == date(2026, 12, 1)


def test_a_night_ahead_of_its_day_is_refused(runtime: Runtime) -> None:
    load(runtime, portfolio(10))
    night.ensure_date_is_over(runtime, make.DAY, make.EVENING)
    with pytest.raises(NotReady, match=r"night/2026-11-17: not over by .*; 2026-11-16 is the last date that is"):
        night.ensure_date_is_over(runtime, make.DAY + timedelta(1), make.EVENING)
    words = ("night", "--day", "2026-11-17", "--as-of", make.EVENING.isoformat())
    done = command_line.verb(runtime.settings, *words)
    assert (done.returncode, "not over by" in done.stderr) == (8, True)


def test_the_checks_of_the_night_are_there() -> None:
    assert {f"checks/{name}" for name in night.CHECKS} <= set(db.check_names())


def test_without_contracts_there_is_no_night(runtime: Runtime) -> None:
    with pytest.raises(NotReady, match="no contracts"):
        run(runtime, make.DAY)


def test_a_flag_stops_what_its_rule_says(runtime: Runtime) -> None:
    master = portfolio(40, seed=8)
    flagged = {flag.account_number for flag in master.flags}
    behind = [
        version.account_number
        for version in master.terms
        if version.terms.product == "loan" and version.account_number not in flagged
    ][:3]
    flags = (ContractFlag(behind[0], "charged_off", make.EVE), ContractFlag(behind[1], "scra", make.EVE))
    load(runtime, replace(master, flags=(*master.flags, *flags)))
    before = positions(runtime)
    run(runtime, make.DAY + timedelta(30))
    after = positions(runtime)
    assert before[behind[0]]["interest_cents"] == after[behind[0]]["interest_cents"]
    assert before[behind[1]]["interest_cents"] < after[behind[1]]["interest_cents"]
    assert after[behind[0]]["metro2"] == "97"
    assert before[behind[1]]["fee_cents"] == after[behind[1]]["fee_cents"]
    with runtime.engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []


def test_a_byte_changed_under_a_seal_is_found(runtime: Runtime) -> None:
    load(runtime, portfolio(20))
    run(runtime, make.DAY + timedelta(1))
    with runtime.engine.connect() as connection:
        assert db.rows(connection, "checks/i14_chain", since=None) == []
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("set local session_replication_role = replica"))
        connection.execute(sa.text("update entry set line_no = line_no + 1 where line_no > 6 and journal_id = 1"))
        (fault,) = db.rows(connection, "checks/i14_chain", since=None)
        assert fault["fault"] == "content"
        connection.execute(sa.text("update seal set digest = sha256('x') where seal_no = 1"))
        assert {row["fault"] for row in db.rows(connection, "checks/i14_chain", since=None)} == {"link"}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("delete from late_fee_rule where state in ('*', 'TX')", "no late-fee rule for TX on 2026-11-06"),
        ("delete from late_fee_rule", "no late-fee rule at all on 2026-11-16"),
    ],
)
def test_a_night_stops_where_a_late_fee_rule_is_missing(runtime: Runtime, statement: str, words: str) -> None:
    """A fee must not be forgotten because a row is missing: the rule raises, and so does its set-based twin."""
    due = level(date(2025, 2, 6), 6, 22, make.INSTALLMENT_CENTS)  # the last one on 6 November, ten days of grace
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(connection, terms={"schedule": due})
    make.altered(runtime, statement)
    closed(runtime, make.DAY)
    with pytest.raises(SettingsError, match=words):
        run(runtime, make.DAY)


def test_money_kept_for_a_customer_bars_the_fee_in_the_books_and_in_the_rule(runtime: Runtime) -> None:
    """Account 4990362202 of the sample day: in suspense for a deceased customer of Oklahoma, in time, no fee."""
    due = level(date(2025, 2, 6), 6, 24, make.INSTALLMENT_CENTS)  # 6 October open, 6 November due, 10 days of grace
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(
            connection,
            terms={"schedule": due, "state": "OK"},
            principal_cents=4 * make.INSTALLMENT_CENTS,
            paid_through=20,
        )
        batch = make.batch(connection)
        item = make.item(connection, batch)
        make.decision(connection, item, "suspense", suspense_kind="unapplied", lines=[(1, make.INSTALLMENT_CENTS)])
        post_batch(connection, batch, make.WORKED)
    closed(runtime, make.DAY)
    for day in (make.DAY, make.DAY + timedelta(1), make.DAY + timedelta(2)):
        run(runtime, day)
    with runtime.engine.connect() as connection:
        assert (
            connection.execute(sa.text("select count(*) from late_fee_assessed where installment_no = 22")).scalar()
            == 0
        )
        assert list(differences(connection, [1], make.DAY + timedelta(2))) == []


@pytest.mark.usefixtures("quiet")
def test_money_of_a_night_that_is_left_pays_the_late_fee_of_that_night(runtime: Runtime) -> None:
    """A lease's rent of 1 November, in Texas charged on the 17th; a check of Monday evening counts from that day.

    It pays December's rent, too, which is billed, and leaves 87.50.
    """
    terms, position = make.lease(bills=(OpenBill(22, date(2026, 11, 1), make.INSTALLMENT_CENTS, 0),))
    schedule = level(date(2025, 2, 1), 1, 36, make.INSTALLMENT_CENTS)
    tuesday = make.DAY + timedelta(1)
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.open_contract(connection, 1, replace(terms, schedule=schedule), position)
    (number,) = positions(runtime)
    pay(runtime, make.DAY, [(number, 2 * make.INSTALLMENT_CENTS + 8_750)], tuesday)
    for day in (make.DAY, tuesday):
        closed(runtime, day)
        run(runtime, day)
    at, fee = positions(runtime)[number], make.INSTALLMENT_CENTS // 20
    assert (at["fee_cents"], at["unapplied_cents"]) == (0, 8_750 - fee)
    with runtime.engine.connect() as connection:
        assert list(differences(connection, [1], tuesday)) == []


@pytest.mark.usefixtures("quiet")
def test_a_check_that_counts_from_a_day_comes_before_the_bill_of_its_night(runtime: Runtime) -> None:
    """Fees first: 39.95 of a fee left the rent of the 15th short by as much. On the 20th it is paid, then the next one
    is billed, of which nothing is short because of fees.
    """
    friday = make.DAY + timedelta(4)
    fee = (OpenFee(make.EVE - timedelta(9), "fee", 3_995),)
    with runtime.engine.begin() as connection:
        make.lender(connection)
        add_order(connection, LEASE_FEES_FIRST)
        terms, position = make.lease(fees=fee)
        make.open_contract(connection, 1, replace(terms, order=LEASE_FEES_FIRST), position)
    (number,) = positions(runtime)
    pay(runtime, make.DAY, [(number, 43_828)])
    assert positions(runtime)[number]["fee_ahead_cents"] == 3_995
    pay(runtime, friday - timedelta(1), [(number, 43_828)], friday)
    for day in (make.DAY, friday - timedelta(1), friday):
        closed(runtime, day)
        run(runtime, day)
    at = positions(runtime)[number]
    assert (at["fee_ahead_cents"], at["rent_cents"] + at["tax_cents"]) == (0, 3_995)
    with runtime.engine.connect() as connection:
        assert list(differences(connection, [1], friday)) == []


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("fee", "refund", "owed"), [(3_000, 2_000, 0), (7_000, 0, 2_000)])
def test_a_refund_is_netted_against_a_later_fee(runtime: Runtime, fee: int, refund: int, owed: int) -> None:
    """A payoff 50.00 over, then a fee of 30.00: the night leaves a refund of 20.00, as the rule does; once."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        number = make.contract(connection)
    (account,) = positions(runtime)
    pay(runtime, make.DAY, [(account, make.INSTALLMENT_CENTS + 5_000)])
    closed(runtime, make.DAY)
    day = make.DAY + timedelta(1)
    run(runtime, make.DAY)
    assert positions(runtime)[account]["refund_cents"] == 5_000
    with runtime.engine.begin() as connection:
        lines = [("receivable.fee", fee, number), ("income.fee", -fee, None)]
        make.journal(connection, lines, "fee", "by_hand/1", site_id=None, day=day)
    run(runtime, day)
    run_again(runtime, day)
    at = positions(runtime)[account]
    assert (at["refund_cents"], at["fee_cents"], at["unapplied_cents"]) == (refund, owed, 0)
    with runtime.engine.connect() as connection:
        assert list(differences(connection, [number], day)) == []
        assert [str(finding) for finding in run_checks(connection, only=night.CHECKS)] == []


def run_again(runtime: Runtime, day: date) -> None:
    """Every step of a night that was run."""
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text("delete from night where business_date = :d"), {"d": day})
        connection.execute(sa.text("delete from stage_run where scope = :s"), {"s": f"night/{day}"})
    run(runtime, day)


def test_fewer_days_of_billing_leave_what_was_billed_in_order(runtime: Runtime) -> None:
    """A rent due on 15 December was billed on 20 November; from the 25th on rents are billed 10 days ahead."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract = make.open_contract(connection, 1, *make.lease())
    make.altered(
        runtime,
        "insert into policy (lender_id, rule, valid_from, value) values"
        " ('meridian', 'bill.days_before', '2026-11-25', '10')",
    )
    for day in (date(2026, 11, 20), date(2026, 11, 25), date(2027, 1, 5)):
        run(runtime, day)
        with runtime.engine.connect() as connection:
            assert list(differences(connection, [contract], day)) == []
    with runtime.engine.connect() as connection:
        billed = sa.text("select billed_on from installment where installment_no > 22 order by 1")
        assert list(connection.execute(billed).scalars()) == [date(2026, 11, 20), date(2027, 1, 5)]
