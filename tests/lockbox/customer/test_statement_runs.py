"""Statements from the ledger: once, the same at any later time, on paper or electronically, and their notices."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from lockbox.contract.schedule import level
from lockbox.customer import service
from lockbox.customer.contacts import Consent, note_consent, set_contact
from lockbox.customer.print_runs import finish_runs, folder_of
from lockbox.customer.statement import Statement
from lockbox.customer.statement_runs import load_statements, newest_statement
from lockbox.errors import ConflictError, NotReady
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing import night
from lockbox.servicing.correction import adjust_late
from reconciliation import daily
from tests.builders import ledger as make

NIGHT = make.EVENING
DAY = make.DAY
NEXT = date(2026, 12, 15)  # when the builders' contracts ask next
MADE = NEXT - timedelta(21)
LOAN = {"rate_ppm": 64_900, "schedule": level(date(2025, 2, 15), 15, 60, make.INSTALLMENT_CENTS)}


def after(day: date) -> datetime:
    """9 pm in Dallas on a day."""
    return datetime.combine(day, NIGHT.timetz()) + timedelta(days=1, hours=2)


def run_to(runtime: Runtime, day: date) -> list[str]:
    night.night(runtime, day, after(day))
    return service.after_night(runtime, day, after(day))


def newest(runtime: Runtime, account: str) -> Statement:
    with runtime.engine.connect() as connection:
        return newest_statement(connection, "meridian", account, after(NEXT)).statement


def accounts(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(sa.text("select account_number from contract order by contract_id")).scalars())


def count(runtime: Runtime, table: str) -> int:
    with runtime.engine.connect() as connection:
        return int(connection.execute(sa.text(f"select count(*) from {table}")).scalar_one())


def pay(runtime: Runtime, contract_id: int, cents: int, day: date) -> None:
    """A check taken in, decided and posted; and its day closed."""
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, day=day)
        make.decision(connection, make.item(connection, batch), amount_cents=cents, lines=[(contract_id, cents)])
        post_batch(connection, batch, after(day))
        adjust_late(connection, batch, after(day))
        make.stages_done(connection, f"dallas/{day}/D001")
        make.manifest(connection, [("D001", 1, 1)], day=day)
    daily.close(runtime, SiteDayScope("dallas", day), after(day))


@pytest.fixture
def portfolio(runtime: Runtime) -> list[int]:
    """A loan that is past due with a fee, a lease, and a loan whose customer agreed to electronic statements."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        made = [
            make.contract(connection, 1, principal_cents=1_510_012, count=60, terms=LOAN, fee_cents=2_062),
            make.open_contract(connection, 2, *make.lease()),
            make.contract(connection, 3, principal_cents=900_000, count=60, terms=LOAN),
        ]
        customer = connection.execute(
            sa.text("select customer_id from contract where contract_id = :id"), {"id": made[2]}
        ).scalar_one()
        early = after(DAY) - timedelta(days=30)
        set_contact(connection, customer, "email", "payer3@example.com", early)
        note_consent(connection, customer, Consent("electronic_statements", True, "2026-01", "web form"), early)
    return made


def test_a_statement_says_what_the_ledger_says(runtime: Runtime, portfolio: list[int]) -> None:
    pay(runtime, portfolio[0], 50_000, DAY)
    told = run_to(runtime, MADE)
    assert "3 statements made of 3 due" in told[0]
    one = newest(runtime, accounts(runtime)[0])
    assert (one.made_on, one.due_on) == (MADE, NEXT)
    labels = {line.label: line.amount_cents for line in one.due_lines}
    assert labels["Installment due 12/15/2026"] == make.INSTALLMENT_CENTS
    assert one.amount_due_cents == sum(labels.values())
    payment = next(row for row in one.movements if row.what == "Payment - thank you")
    assert payment.amount_cents == -50_000
    with runtime.engine.connect() as connection:
        position = connection.execute(
            sa.text("select * from position where contract_id = :id"), {"id": portfolio[0]}
        ).one()
    facts = {fact.label: fact.value for fact in one.facts}
    assert (
        facts["Current principal balance"]
        == f"${position.principal_cents // 100:,}.{position.principal_cents % 100:02d}"
    )
    assert facts["Annual simple interest rate"] == "6.49%"
    assert labels["Fees"] == position.fee_cents
    assert sum(row.parts.get("interest", 0) for row in one.movements) == position.interest_cents


@pytest.mark.usefixtures("portfolio")
def test_a_lease_shows_payment_and_tax_apart_and_its_own_box(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    one = newest(runtime, accounts(runtime)[1])
    labels = {line.label: line.amount_cents for line in one.due_lines}
    assert labels["Lease payment due 12/15/2026"] == make.INSTALLMENT_CENTS
    assert labels["Sales tax"] == 2_578
    assert labels["Past due"] == make.INSTALLMENT_CENTS + 2_578
    assert one.sender.mail.address_lines == ("P.O. Box 660891", "Dallas, TX 75266-0891")
    assert one.sender.mail.payee == "Meridian Motor Leasing"


def test_made_and_printed_once_and_the_same_again_after_more_was_posted(runtime: Runtime, portfolio: list[int]) -> None:
    run_to(runtime, MADE)
    before = [service.statement_pdf(runtime, account, after(MADE)) for account in accounts(runtime)]
    assert (count(runtime, "statement"), count(runtime, "print_piece"), count(runtime, "print_run")) == (3, 2, 1)
    pay(runtime, portfolio[0], 77_700, MADE + timedelta(1))
    with runtime.engine.begin() as connection:
        connection.execute(sa.text("update customer set name = 'Somebody Else'"))
    night.night(runtime, MADE + timedelta(3), after(MADE + timedelta(3)))
    told = service.after_night(runtime, MADE + timedelta(3), after(MADE + timedelta(3)))
    assert "0 statements made" in told[0]
    assert "0 print runs" in told[1]
    assert [service.statement_pdf(runtime, account, after(MADE)) for account in accounts(runtime)] == before


def test_the_next_statement_begins_where_the_last_one_ended(runtime: Runtime, portfolio: list[int]) -> None:
    run_to(runtime, MADE)
    pay(runtime, portfolio[0], 77_700, MADE)  # posted late: it is in the next one
    following = date(2027, 1, 15) - timedelta(21)
    told = run_to(runtime, following)
    assert "not made" not in told[0]
    with runtime.engine.connect() as connection:
        rows = connection.execute(
            sa.text("select statement_id, previous_id from statement where contract_id = :id order by due_on"),
            {"id": portfolio[0]},
        ).all()
        (second,) = load_statements(connection, [rows[1].statement_id])
    assert not isinstance(second, ConflictError)
    assert rows[1].previous_id == rows[0].statement_id
    assert second.statement.period_from == MADE
    assert -77_700 in [row.amount_cents for row in second.statement.movements]
    assert second.closing["principal"] > 0


@pytest.mark.usefixtures("portfolio")
def test_a_statement_that_would_say_otherwise_is_refused(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    with sa.create_engine(runtime.engine.url).begin() as owner:  # somebody with the owner's rights rewrites history
        owner.execute(sa.text("alter table statement disable trigger append_only"))
        owner.execute(sa.text('update statement set kept = kept || \'{"name": "Other"}\'::jsonb'))
    with pytest.raises(ConflictError, match="now it would say otherwise"):
        service.statement_pdf(runtime, accounts(runtime)[0], after(MADE))


@pytest.mark.usefixtures("portfolio")
def test_electronic_by_consent_with_a_notice_and_on_paper_when_it_bounces(runtime: Runtime) -> None:
    told = run_to(runtime, MADE)
    assert "1 statement_ready" in told[2]
    with runtime.engine.begin() as connection:
        kinds = connection.execute(sa.text("select contract_id, delivery from statement order by 1")).all()
        connection.execute(
            sa.text("""
                insert into statement_fallback
                select statement_id, :at, 'bounced' from statement where delivery = 'electronic'"""),
            {"at": after(MADE)},
        )
    assert [one.delivery for one in kinds] == ["paper", "paper", "electronic"]
    with runtime.engine.begin() as connection:
        kept = connection.execute(sa.text("select tracking from print_piece")).scalars()
        assert set(kept) == {None}  # the reference lender has no mailer id
        mailer = '{"barcode_id": "00", "service_type": "270", "mailer_id": "123456"}'
        connection.execute(sa.text("update policy set value = :v where rule = 'mail.barcode'"), {"v": mailer})
    assert "NO BARCODE: mail.barcode has no mailer id" in told[1]
    later = service.print_runs(runtime, MADE, after(MADE))
    assert later.endswith("1 print runs, 1 pieces, 2 pages")
    with runtime.engine.connect() as connection:
        kept = connection.execute(sa.text("select tracking from print_piece where tracking is not null")).scalars()
        assert [one[:11] for one in kept] == ["00270123456"]


@pytest.mark.usefixtures("portfolio")
def test_withdrawal_falls_back_to_paper(runtime: Runtime) -> None:
    withdrawal = Consent("electronic_statements", False, "2026-01", "by telephone")
    service.note(runtime, accounts(runtime)[2], after(DAY), consent=withdrawal)
    run_to(runtime, MADE)
    assert count(runtime, "print_piece") == 3


@pytest.mark.usefixtures("portfolio")
def test_print_files_that_were_lost_are_made_again_to_the_byte(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    folder = folder_of(runtime.settings)
    names = sorted(path.name for path in folder.iterdir())
    assert [name.partition(".")[2] for name in names] == ["csv", "done", "pdf"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in list(folder.iterdir()):
        path.unlink()
    finish_runs(runtime)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_flagged_and_settled_contracts_get_none(runtime: Runtime, portfolio: list[int]) -> None:
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("insert into contract_flag values (:id, 'bankruptcy', '2026-11-01')"), {"id": portfolio[0]}
        )
    assert "2 statements made of 2 due" in run_to(runtime, MADE)[0]


def test_the_late_fee_is_that_of_the_state_and_none_with_a_flag_that_stops_it(
    runtime: Runtime, portfolio: list[int]
) -> None:
    with runtime.engine.begin() as connection:
        connection.execute(
            sa.text("insert into contract_flag values (:id, 'scra', '2026-11-01')"), {"id": portfolio[1]}
        )
    run_to(runtime, MADE)
    loan, lease, _ = (newest(runtime, account) for account in accounts(runtime))
    assert loan.late_fee is not None
    assert loan.late_fee.last_day == date(2026, 12, 30)  # Texas: 15 days
    assert loan.late_fee.amount_cents == make.INSTALLMENT_CENTS * 5 // 100
    assert lease.late_fee is None


@pytest.mark.usefixtures("portfolio")
def test_before_the_night_there_is_nothing_to_make(runtime: Runtime) -> None:
    with pytest.raises(NotReady, match="not run yet"):
        service.after_night(runtime, MADE, after(MADE))
    with pytest.raises(NotReady, match="no statement"):
        service.statement_pdf(runtime, accounts(runtime)[0], after(MADE))


def test_a_payoff_letter_adds_up_and_paying_it_leaves_nothing(runtime: Runtime, portfolio: list[int]) -> None:
    night.night(runtime, MADE, after(MADE))
    _, letter, pdf = service.payoff_quote(
        runtime, accounts(runtime)[0], after(MADE + timedelta(1)) - timedelta(hours=9), 10
    )
    assert pdf.startswith(b"%PDF")
    assert letter.good_through == letter.quoted_on + timedelta(10)
    night.night(runtime, letter.good_through - timedelta(1), after(letter.good_through))
    with runtime.engine.connect() as connection:
        owed = connection.execute(
            sa.text("""
                select principal_cents + interest_cents + fee_cents from position where contract_id = :id"""),
            {"id": portfolio[0]},
        ).scalar_one()
    assert letter.total_cents == owed


def test_notices_are_planned_once_by_what_happened(runtime: Runtime, portfolio: list[int]) -> None:
    with runtime.engine.begin() as connection:
        for customer in connection.execute(sa.text("select customer_id from customer")).scalars().all():
            set_contact(connection, customer, "email", f"c{customer}@example.com", after(DAY))
    pay(runtime, portfolio[0], 5_000, DAY)
    for _ in range(2):
        run_to(runtime, DAY)
    at_due = NEXT - timedelta(5)
    for _ in range(2):
        run_to(runtime, at_due)
    with runtime.engine.connect() as connection:
        planned = connection.execute(
            sa.text("select kind, count(*), min(facts::text) from notice group by kind order by kind")
        ).all()
    kinds = {row[0]: row[1] for row in planned}
    assert kinds["payment_posted"] == 1
    assert kinds["due_soon"] == 3
    facts = next(json.loads(row[2]) for row in planned if row[0] == "payment_posted")
    assert facts["amount_cents"] == 5_000
