"""Statements from the ledger: once, the same at any later time, on paper or electronically."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from lockbox.contract.terms import LOAN_ORDER, Excess
from lockbox.customer import service, statement_content
from lockbox.customer.contacts import Consent
from lockbox.customer.order_words import order_words
from lockbox.customer.statement import Statement
from lockbox.customer.statement_runs import load_statements, newest_statement
from lockbox.errors import ConflictError, NotReady
from lockbox.runtime import Runtime
from lockbox.servicing import night
from tests.builders import ledger as make
from tests.builders.statements import DAY, MADE, NEXT, accounts, after, count, pay, run_to, three_contracts


@pytest.fixture
def portfolio(runtime: Runtime) -> list[int]:
    """A loan that is past due with a fee, a lease, and a loan whose customer agreed to electronic statements."""
    return three_contracts(runtime)


def newest(runtime: Runtime, account: str) -> Statement:
    with runtime.engine.connect() as connection:
        return newest_statement(connection, "meridian", account, after(NEXT)).statement


def test_a_statement_says_what_the_ledger_says(runtime: Runtime, portfolio: list[int]) -> None:
    pay(runtime, portfolio[0], 50_000, DAY)
    lines = run_to(runtime, MADE)
    assert "3 statements made of 3 due" in lines[0]
    statement = newest(runtime, accounts(runtime)[0])
    assert (statement.made_on, statement.due_on) == (MADE, NEXT)
    labels = {line.label: line.amount_cents for line in statement.due_lines}
    assert labels["Installment due 12/15/2026"] == make.INSTALLMENT_CENTS
    assert statement.amount_due_cents == sum(labels.values())
    payment = next(row for row in statement.movements if row.what == "Payment - thank you")
    assert payment.amount_cents == -50_000
    with runtime.engine.connect() as connection:
        position = connection.execute(
            sa.text("select * from position where contract_id = :id"), {"id": portfolio[0]}
        ).one()
    facts = {fact.label: fact.value for fact in statement.facts}
    assert (
        facts["Current principal balance"]
        == f"${position.principal_cents // 100:,}.{position.principal_cents % 100:02d}"
    )
    assert facts["Annual simple interest rate"] == "6.49%"
    assert labels["Fees"] == position.fee_cents
    assert sum(row.parts.get("interest", 0) for row in statement.movements) == position.interest_cents
    assert statement.sender.information[0].text.startswith(order_words(LOAN_ORDER, Excess.ADVANCE))


def test_a_statement_tells_what_became_of_an_instruction(runtime: Runtime, portfolio: list[int]) -> None:
    """Followed for one contract, not offered by another's order: as it was decided when the check was posted."""
    pay(runtime, portfolio[0], 150_000, DAY, "principal", ["principal_only"])
    run_to(runtime, DAY)
    pay(runtime, portfolio[2], 60_000, DAY + timedelta(1), None, ["principal_only_barred"])
    run_to(runtime, MADE)
    followed, barred = (newest(runtime, accounts(runtime)[at]).notes for at in (0, 2))
    assert followed == (
        "As you asked, what was left of your payment of $1,500.00 after everything due was paid went to principal "
        "only.",
    )
    assert barred == (
        "You asked us to apply your payment of $600.00 to principal only. Your contract does not provide for that. We "
        "applied it as we apply every payment.",
    )


@pytest.mark.usefixtures("portfolio")
def test_a_lease_shows_payment_and_tax_apart_and_its_own_box(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    statement = newest(runtime, accounts(runtime)[1])
    labels = {line.label: line.amount_cents for line in statement.due_lines}
    assert labels["Lease payment due 12/15/2026"] == make.INSTALLMENT_CENTS
    assert labels["Sales tax"] == 2_578
    assert labels["Past due"] == make.INSTALLMENT_CENTS + 2_578
    assert statement.sender.mail.address_lines == ("P.O. Box 660891", "Dallas, TX 75266-0891")
    assert statement.sender.mail.payee == "Meridian Motor Leasing"


def test_made_and_printed_once_and_the_same_again_after_more_was_posted(runtime: Runtime, portfolio: list[int]) -> None:
    run_to(runtime, MADE)
    before = [service.statement_pdf(runtime, account, after(MADE)) for account in accounts(runtime)]
    assert (count(runtime, "statement"), count(runtime, "print_piece"), count(runtime, "print_run")) == (3, 2, 1)
    pay(runtime, portfolio[0], 77_700, MADE + timedelta(1))
    with runtime.engine.begin() as connection:
        connection.execute(sa.text("update customer set name = 'Somebody Else'"))
    night.night(runtime, MADE + timedelta(3), after(MADE + timedelta(3)))
    lines = service.after_night(runtime, MADE + timedelta(3), after(MADE + timedelta(3)))
    assert "0 statements made" in lines[0]
    assert "0 print runs" in lines[1]
    assert [service.statement_pdf(runtime, account, after(MADE)) for account in accounts(runtime)] == before


def test_the_next_statement_begins_where_the_last_one_ended(runtime: Runtime, portfolio: list[int]) -> None:
    run_to(runtime, MADE)
    pay(runtime, portfolio[0], 77_700, MADE)  # posted late: it is in the next one
    following = date(2027, 1, 15) - timedelta(21)
    lines = run_to(runtime, following)
    assert "not made" not in lines[0]
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
def test_a_reworded_label_makes_no_older_statement_a_conflict(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_to(runtime, MADE)
    number = accounts(runtime)[0]
    with runtime.engine.connect() as connection:
        made = newest_statement(connection, "meridian", number, after(MADE))
        assert not made.is_reworded
        monkeypatch.setitem(statement_content._WHAT, "item", "We received your payment")
        monkeypatch.setitem(statement_content._WHAT, "accrual", "Finance charge")
        again = newest_statement(connection, "meridian", number, after(MADE))
    assert again.is_reworded
    assert [row.parts for row in again.statement.movements] == [row.parts for row in made.statement.movements]


@pytest.mark.usefixtures("portfolio")
def test_withdrawal_falls_back_to_paper(runtime: Runtime) -> None:
    withdrawal = Consent("electronic_statements", False, "2026-01", "by telephone")
    service.note(runtime, accounts(runtime)[2], after(DAY), consent=withdrawal)
    run_to(runtime, MADE)
    assert count(runtime, "print_piece") == 3


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
