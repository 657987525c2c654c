"""The verbs for customers, each run as an operator runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockbox.runtime import Runtime
from lockbox.servicing import night
from tests.builders import ledger as make
from tests.builders.command_line import verb
from tests.builders.statements import MADE, accounts, after, three_contracts

NOON = ("--as-of", "2026-11-25T12:00:00-06:00")


@pytest.fixture
def portfolio(runtime: Runtime) -> Runtime:
    """Three contracts whose statements are due after the night that was just run."""
    three_contracts(runtime)
    night.night(runtime, MADE, after(MADE))
    return runtime


def printed(runtime: Runtime, *words: str) -> str:
    """What a verb prints, blanks collapsed; it must succeed."""
    process = verb(runtime.settings, *words)
    assert process.returncode == 0, process.stderr
    return " ".join(process.stdout.split())


def test_statements_are_made_printed_and_sent(portfolio: Runtime, tmp_path: Path) -> None:
    made = printed(portfolio, "statements", str(MADE), *NOON)
    assert "3 statements" in made
    assert list((portfolio.settings.outbox_path / "print").glob("*.pdf"))
    out = tmp_path / "statement.pdf"
    assert printed(portfolio, "statement", accounts(portfolio)[0], "--out", str(out), *NOON) == f"statement: {out}"
    assert out.read_bytes().startswith(b"%PDF")
    assert "sent" in printed(portfolio, "notices", *NOON)


def test_a_payoff_is_quoted_and_its_letter_written_again(portfolio: Runtime, tmp_path: Path) -> None:
    first, again = tmp_path / "first.pdf", tmp_path / "again.pdf"
    line = printed(portfolio, "payoff", accounts(portfolio)[0], "--out", str(first), *NOON)
    assert "good through 2026-12-05" in line
    number = line.removeprefix("quote ").partition(":")[0]
    printed(portfolio, "payoff", "--quote", number, "--out", str(again))
    assert first.read_bytes() == again.read_bytes()


def test_a_payoff_needs_an_account_or_a_quote(runtime: Runtime) -> None:
    process = verb(runtime.settings, "payoff")
    assert (process.returncode, "give an account number" in process.stderr) == (2, True)


def test_a_contact_is_recorded(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(connection)
    assert printed(runtime, "contact", accounts(runtime)[0], "--email", "payer@example.com") == "recorded"
