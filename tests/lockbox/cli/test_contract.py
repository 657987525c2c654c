"""The verbs for one contract, each run as a person runs it; their effects are tested in tests/lockbox/servicing."""

from __future__ import annotations

import pytest

from lockbox.cli.contract import _rate_ppm
from lockbox.cli.shared import cents_of
from lockbox.errors import UsageError
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders.command_line import verb
from tests.builders.statements import accounts, three_contracts

LOAN, LEASE, OTHER_LOAN = 0, 1, 2  # of `three_contracts`; the first loan owes a fee of $20.62
ACTIONS = [
    (LEASE, ["extend", "--months", "2"], "extended"),
    (LEASE, ["buyout"], "buyout on 2026-11-16"),
    (LEASE, ["turn-in", "--odometer", "40000", "--wear", "120.50"], "wear $120.50"),
    (LOAN, ["charge-off"], "charged off"),
    (LOAN, ["waive", "--amount", "$5.00"], "$5.00"),
    (OTHER_LOAN, ["flag", "scra"], "scra from 2026-11-16"),
    (LOAN, ["change-rate", "5.25"], "rate 6.49% to 5.25% from 2026-11-16"),
    (LOAN, ["change-due-date", "20"], "next due 2026-12-20, then on day 20 of the month"),
    (LOAN, ["change-due-date", "1", "--next", "2027-01-01"], "next due 2027-01-01"),
    (LOAN, ["defer", "2"], "2 months deferred, next due 2027-02-15"),
    (LOAN, ["scra", "--from", "2026-11-16"], "military service from 2026-11-16: rate 6.49% to 6%"),
]


def run(runtime: Runtime, number: str, words: list[str]) -> tuple[int, str]:
    """The exit code and all output of `contract ...` on one account."""
    action, *options = words
    reason = [] if action == "show" else ["--reason", "customer's letter", "--maker", "kim"]
    as_of = ["--as-of", "2026-11-16T12:00:00-06:00"]
    process = verb(runtime.settings, "contract", action, number, *options, *reason, *as_of)
    return process.returncode, " ".join((process.stdout + process.stderr).split())


@pytest.mark.parametrize(("place", "words", "message"), ACTIONS, ids=[words[0] for _, words, _ in ACTIONS])
def test_an_action_is_recorded(runtime: Runtime, place: int, words: list[str], message: str) -> None:
    three_contracts(runtime)
    number = accounts(runtime)[place]
    code, text = run(runtime, number, words)
    assert (code, text.startswith(f"{number}: "), message in text) == (0, True, True), text


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["recover"], "not charged off"),
        (["release-lien"], "no lien stands to be released"),
        (["scra", "--until", "2026-11-16"], "no military service to end on 2026-11-16"),
        (["change-due-date", "5", "--next", "2026-12-06"], "next due 2026-12-06, on day 5 of the month"),
        (["flag", "scra", "--clear"], "no flag scra to clear"),
        (["buyout"], "not a lease"),
    ],
)
def test_an_action_that_does_not_fit_the_contract_is_refused(runtime: Runtime, words: list[str], fault: str) -> None:
    three_contracts(runtime)
    code, text = run(runtime, accounts(runtime)[LOAN], words)
    assert (code, fault in text) == (4, True), text


def test_show_prints_the_account(runtime: Runtime) -> None:
    three_contracts(runtime)
    code, text = run(runtime, accounts(runtime)[LOAN], ["show", "--nights"])
    assert code == 0
    for part in ("balance due", "fee $20.62", "Journals", "Installments", "TX law"):
        assert part in text


@pytest.mark.parametrize(("text", "ppm"), [("6", 60_000), ("14.99%", 149_900), ("0", 0), ("100", 1_000_000)])
def test_percents_are_read_as_parts_per_million(text: str, ppm: int) -> None:
    assert _rate_ppm(text) == ppm


@pytest.mark.parametrize("text", ["six", "5.12345", "-3", "101", "", "NaN"])
def test_text_that_is_not_a_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a rate"):
        _rate_ppm(text)


@pytest.mark.parametrize(("text", "cents"), [("120.50", 12_050), ("$1,200", 120_000), ("0", 0)])
def test_dollars_are_read_ascents_of(text: str, cents: int) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize("text", ["ten", "1.005", "-3", ""])
def test_text_that_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an amount in dollars"):
        cents_of(text)


def test_an_unknown_account_is_bad_input(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
    code, text = run(runtime, "42", ["show"])
    assert (code, "no contract with account number 42" in text) == (4, True)
