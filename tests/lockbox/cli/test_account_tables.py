"""A contract's account and the trial balance as tables, as of any instant."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from lockbox.cli import account_tables
from lockbox.errors import InputError
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing import account_view, night
from tests.builders import ledger as make


@pytest.fixture
def paid(runtime: Runtime) -> Runtime:
    """A loan at 5% with one payment and two nights."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract = make.contract(connection, principal_cents=900_000, count=48, terms={"rate_ppm": 50_000})
        batch = make.batch(connection)
        make.decision(connection, make.item(connection, batch), amount_cents=50_000, lines=[(contract, 50_000)])
        post_batch(connection, batch, make.WORKED)
        make.stages_done(connection, "dallas/2026-11-16/D001")
    with runtime.engine.begin() as connection:
        make.closed_day(connection)
    night.night(runtime, make.DAY + timedelta(1), make.EVENING)
    return runtime


def show(table: object) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_the_account_shows_every_journal_with_the_balance_after_it(paid: Runtime) -> None:
    with paid.engine.connect() as connection:
        account = account_view.load_account(connection, "1000000161", make.EVENING)
    about, journals, installments = (show(table) for table in account_tables.tables(account))
    assert "Payer 1" in about
    assert "5.00% daily, actual_365, 48 installments" in about
    assert "balance due │ $8,502.33 (principal $8,500.00, interest $2.33)" in about
    assert "2 nights of interest" in journals
    assert "item dallas/2026-11-16/D001/1" in journals
    assert "($500.00)" in journals
    assert "2026-11-15" in installments
    assert account_view.balances(account)["principal"] == 850_000


def test_the_account_as_of_an_earlier_instant_shows_nothing_later(paid: Runtime) -> None:
    with paid.engine.connect() as connection:
        account = account_view.load_account(connection, "1000000161", make.ARRIVED)
    assert [row["source_kind"] for row in account.journals] == ["opening"]
    assert account_view.balances(account)["principal"] == 900_000
    assert all(row["credited_cents"] == 0 for row in account.installments)


def test_an_unknown_number_is_an_error(paid: Runtime) -> None:
    with paid.engine.connect() as connection, pytest.raises(InputError, match="no contract with account number 42"):
        account_view.load_account(connection, "42", make.EVENING)


@pytest.mark.parametrize(
    ("ahead", "interest"),
    [(-1, "$0.00"), (0, "$1.16"), (1, "$2.33")],
)
def test_the_trial_balance_of_any_date_sums_to_zero(paid: Runtime, ahead: int, interest: str) -> None:
    """Sealed or not, and whichever seal precedes it: entries for later dates are not included."""
    with paid.engine.connect() as connection:
        text = show(account_tables.trial_balance(connection, (make.WORKED + timedelta(ahead)).date()))
    (line,) = [row for row in text.splitlines() if "receivable.interest" in row]
    assert line.split("│")[5].strip() == interest
    (total,) = [row for row in text.splitlines() if "│ total " in row]
    assert total.split("│")[5].strip() == "$0.00"
