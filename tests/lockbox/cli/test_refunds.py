"""The verbs of refunds: the list, and each step with the person who takes it."""

from __future__ import annotations

from datetime import timedelta
from subprocess import CompletedProcess

import pytest

from lockbox.runtime import Runtime
from tests.builders import command_line, corrections
from tests.builders import ledger as make
from tests.builders.unclaimed import issued

pytestmark = pytest.mark.usefixtures("quiet")
AT = ("--as-of", "2026-11-27T12:00:00-06:00")


def verb(runtime: Runtime, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, *words)


def test_a_refund_from_its_proposal_to_its_second_number(runtime: Runtime) -> None:
    number = corrections.contract(runtime, 1, *make.loan())
    corrections.pay(runtime, make.DAY, [(number, make.INSTALLMENT_CENTS + 5_000)])
    corrections.nights(runtime, make.DAY + timedelta(10))
    approved = verb(runtime, "approve-refund", "1", "--by", "bo", *AT)
    assert (approved.returncode, approved.stdout.strip()) == (0, "refund 1 of $50.00 to Payer 1: approved by bo")
    assert verb(runtime, "issue-refund", "1", "--by", "cy", *AT).returncode == 0
    twice = verb(runtime, "issue-refund", "1", "--by", "cy", *AT)
    assert (twice.returncode, "is issued, not approved" in twice.stderr) == (5, True)
    assert verb(runtime, "clear-refund", "1", "--by", "cy", *AT).stdout.strip().endswith("cleared")
    assert (
        verb(runtime, "stop-refund", "1", "--by", "cy", "--reason", "came back", *AT)
        .stdout.strip()
        .endswith("returned, payable again")
    )
    to = ("--payee", "co_buyer", "--name", "Al Payer", "--address", "2 Oak St", "--entitled", "paid it")
    again = verb(runtime, "reissue-refund", "1", "--by", "ann", *to, *AT)
    assert "refund 2 of $50.00 to Al Payer: proposed again, instead of refund 1" in again.stdout
    listed = verb(runtime, "refunds")
    assert [word in listed.stdout for word in ("$50.00", "proposed", "reissued")] == [True, True, False]
    assert "reissued" in verb(runtime, "refunds", "--all").stdout


def test_the_list_has_the_age_the_letter_and_the_day_with_the_state(runtime: Runtime) -> None:
    issued(runtime)
    lines = verb(runtime, "refunds", "--as-of", "2029-10-01T12:00:00-05:00").stdout
    for phrase in ("2026-11-27", "1,039", "from 2029-09-28", "2029-11-27"):
        assert phrase.replace(",", "") in lines.replace(",", "")


def test_a_proposal_that_is_refused_says_why(runtime: Runtime) -> None:
    refused = verb(runtime, "propose-refund", "1", "--by", "ann", *AT)
    assert (refused.returncode, "no such account" in refused.stderr) == (4, True)
