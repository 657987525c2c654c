"""The verbs of the pull list: the list, the address, two confirmations, what is not found, what may be destroyed."""

from __future__ import annotations

import json
from subprocess import CompletedProcess

import pytest

from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime
from reconciliation.exceptions.resolution import Proposal
from tests.builders import command_line
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, noon

pytestmark = pytest.mark.usefixtures("quiet")
AT = ("--as-of", noon(MONDAY).isoformat())


def verb(runtime: Runtime, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, *words)


def test_a_paper_is_listed_addressed_searched_and_confirmed_by_two(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000])
    make.resolve(runtime, items[0], Proposal(Outcome.REJECT, reasons=(Reason.UNSIGNED,)), MONDAY)
    item = f"dallas/{MONDAY}/D001/1"
    assert "its paper is to be returned (pull list 1)" in verb(runtime, "exceptions", "show", item).stdout
    assert "give name and address" in " ".join(verb(runtime, "pull-list", "list").stdout.split())
    lines = ("--name", "Pat Payer", "--line", "1 Elm St", "--line", "Dallas, TX 75201")
    assert "goes to Pat Payer" in verb(runtime, "pull-list", "address", "1", *lines, "--by", "ann", *AT).stdout
    assert "not found" in verb(runtime, "pull-list", "fail", "1", "--by", "ann", "--note", "tray", *AT).stdout
    assert "somebody else" in verb(runtime, "pull-list", "confirm", "1", "--by", "ann", *AT).stdout
    twice = verb(runtime, "pull-list", "confirm", "1", "--by", "Ann", *AT)
    assert (twice.returncode, "ann confirmed it already" in twice.stderr) == (13, True)
    assert "pull list 1: done" in verb(runtime, "pull-list", "confirm", "1", "--by", "bob", *AT).stdout
    left = verb(runtime, "exceptions", "reopen", item, "--by", "ann", *AT)
    assert (left.returncode, "its paper has left" in left.stderr) == (13, True)
    other = f"dallas/{MONDAY}/D001/2"
    asked = verb(runtime, "pull-list", "rescan", other, "--why", "cut off", "--by", "ann", *AT)
    assert "pull list 2, to be scanned again" in asked.stdout
    (entry,) = json.loads(verb(runtime, "pull-list", "list", "--json").stdout)
    assert (entry["name"], entry["action"], entry["state"]) == (other, "rescan", "open")
    (tray,) = json.loads(verb(runtime, "pull-list", "destruction", "--all", "--json", *AT).stdout)
    assert (tray["papers_gone"], tray["waiting"], tray["destroy_from"]) == (1, 1, None)
