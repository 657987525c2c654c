"""A contract's account for people: every journal with what is owed after it, as of any instant; the trial balance."""

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
    """A loan at 5 % that paid once, and two nights."""
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


def test_the_account_shows_every_journal_and_what_is_owed_after_it(paid: Runtime) -> None:
    with paid.engine.connect() as connection:
        found = account_view.load_account(connection, "1000000161", make.EVENING)
    about, journals, installments = (show(one) for one in account_tables.tables(found))
    assert "Payer 1" in about
    assert "5.00 % daily, actual_365, 48 installments" in about
    assert "owes     $8,502.33 (principal $8,500.00, interest $2.33)" in " ".join(about.split()).replace("│", "") or (
        "$8,502.33 (principal $8,500.00, interest $2.33)" in about
    )
    assert "2 nights of interest" in journals
    assert "item dallas/2026-11-16/D001/1" in journals
    assert "($500.00)" in journals
    assert "2026-11-15" in installments
    assert account_view.balances(found)["principal"] == 850_000


def test_the_account_of_an_earlier_instant_knows_nothing_of_later_ones(paid: Runtime) -> None:
    with paid.engine.connect() as connection:
        found = account_view.load_account(connection, "1000000161", make.ARRIVED)
    assert [row["source_kind"] for row in found.journals] == ["opening"]
    assert account_view.balances(found)["principal"] == 900_000
    assert all(row["credited_cents"] == 0 for row in found.installments)


def test_nobodys_number_is_an_error(paid: Runtime) -> None:
    with paid.engine.connect() as connection, pytest.raises(InputError, match="no contract with account number 42"):
        account_view.load_account(connection, "42", make.EVENING)


@pytest.mark.parametrize(
    ("ahead", "interest"),
    [(-1, "$0.00"), (0, "$1.16"), (1, "$2.33")],
)
def test_the_trial_balance_of_any_date_sums_to_zero(paid: Runtime, ahead: int, interest: str) -> None:
    """Sealed or not, whichever seal lies before it: what was written for later dates is not in it."""
    with paid.engine.connect() as connection:
        text = show(account_tables.trial_balance(connection, make.WORKED + timedelta(ahead)))
    (line,) = [one for one in text.splitlines() if "receivable.interest" in one]
    assert line.split("│")[5].strip() == interest
    (total,) = [one for one in text.splitlines() if "together" in one]
    assert total.split("│")[5].strip() == "$0.00"
