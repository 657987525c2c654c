"""The verbs of the vault: the list with what is due, a release, and a count."""

from __future__ import annotations

import json
from datetime import date
from subprocess import CompletedProcess

import pytest

from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from reconciliation.exceptions.resolution import Proposal
from tests.builders import command_line
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, TUESDAY, WEDNESDAY

pytestmark = pytest.mark.usefixtures("quiet")


def verb(runtime: Runtime, day: date, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, "vault", *words, "--as-of", make.noon(day).isoformat())


def test_a_check_is_listed_counted_and_released(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000], "post_dated")
    make.resolve(runtime, items[0], Proposal(Outcome.HOLD, hold_until=WEDNESDAY), MONDAY)
    item, account = f"dallas/{MONDAY}/D001/1", make.accounts(runtime)[0]
    assert "1 checks in the vault, $377.00; 0 of them due" in verb(runtime, TUESDAY, "list").stdout
    (listed,) = json.loads(verb(runtime, WEDNESDAY, "list", "--json").stdout)
    assert (listed["name"], listed["hold_until"], listed["queue"]) == (item, str(WEDNESDAY), "due")
    early = verb(runtime, TUESDAY, "release", item, "--account", account, "--by", "ann")
    assert (early.returncode, f"until {WEDNESDAY}" in early.stderr) == (13, True)
    other = verb(runtime, TUESDAY, "return", f"dallas/{MONDAY}/D001/2", "--by", "ann")
    assert (other.returncode, "it is not in the vault" in other.stderr) == (4, True)
    people = ("--by", "ann", "--second", "bob")
    counted = verb(runtime, WEDNESDAY, "count", "--site", "dallas", "--checks", "1", *people)
    assert "1 checks counted in the vault, as the books say" in counted.stdout
    released = verb(runtime, WEDNESDAY, "release", item, "--account", account, "--by", "ann")
    assert "resolution 2, post; can be undone" in released.stdout
    undone = command_line.verb(runtime.settings, "exceptions", "undo", "2", "--by", "ann")
    assert "its item waits again" in undone.stdout
    returned = verb(runtime, WEDNESDAY, "return", item, "--by", "ann", "--note", "the payer asked for it")
    assert "resolution 3, reject; needs a second person" in returned.stdout
