"""The verbs of suspense: the list, one check, each step with the person who takes it."""

from __future__ import annotations

import json
from subprocess import CompletedProcess

import pytest

from lockbox.runtime import Runtime
from tests.builders import command_line
from tests.builders import exceptions as make
from tests.builders import suspense as work
from tests.builders.exceptions import MONDAY, TUESDAY, noon

pytestmark = pytest.mark.usefixtures("quiet")
AT = ("--as-of", noon(TUESDAY).isoformat())


def verb(runtime: Runtime, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, *words)


def test_money_is_identified_moved_and_refunded(runtime: Runtime) -> None:
    work.unidentified_day(runtime, 60_000)
    first, second = make.accounts(runtime)
    item = f"dallas/{MONDAY}/D001/1"
    assert "1 checks: $600.00 unidentified, $0.00 unapplied" in verb(runtime, "suspense", "list").stdout
    identify = ("suspense", "identify", item, "--account", f"{first}=377.00", "--by", "ann", *AT)
    assert "proposal 1, identify; can be undone" in verb(runtime, *identify).stdout
    assert "undone" in verb(runtime, "suspense", "undo", "1", "--by", "ann", *AT).stdout
    assert "proposal 2" in verb(runtime, *identify).stdout
    assert "1 of 1 proposals about suspense are final" in verb(runtime, "exceptions", "finish", *AT).stdout
    move = ("suspense", "move", item, "--from", first, "--account", second, "--by", "ann", *AT)
    assert "needs a second person" in verb(runtime, *move).stdout
    assert "confirmed" in verb(runtime, "suspense", "second", "3", "--by", "bob", *AT).stdout
    assert "1 of 1" in verb(runtime, "exceptions", "finish", *AT).stdout
    refund = ("suspense", "refund", item, "--name", "Pat Doe", "--address", "1 Elm St", "--by", "ann", *AT)
    assert "proposal 4, refund; needs a second person" in verb(runtime, *refund).stdout
    assert "refused" in verb(runtime, "suspense", "refuse", "4", "--by", "bob", "--note", "who is that", *AT).stdout
    document = json.loads(verb(runtime, "suspense", "show", item, "--json").stdout)
    assert [work["state"] for work in document["proposals"]] == ["undone", "final", "final", "refused"]
    assert document["item"]["contracts"][0]["account_number"] == second
    assert "who is that" in verb(runtime, "suspense", "show", item).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("identify", "--account", "123"), "no such account: 123"),
        (("identify", "--account", ""), "name the contract of each part"),
        (("refund", "--name", " ", "--address", "x"), "give the name and the address"),
        (("move", "--from", "123", "--account", ""), "no such account: 123"),
    ],
)
def test_what_is_not_whole_is_told_in_one_line(runtime: Runtime, words: tuple[str, ...], message: str) -> None:
    work.unidentified_day(runtime, 60_000)
    action, *rest = words
    answer = verb(runtime, "suspense", action, f"dallas/{MONDAY}/D001/1", *rest, "--by", "ann", *AT)
    assert (answer.returncode, message in answer.stderr) == (4, True)
