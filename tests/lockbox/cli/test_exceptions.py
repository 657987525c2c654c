"""The verbs of exceptions: the list, one item, and each step with the person who takes it."""

from __future__ import annotations

import json
from subprocess import CompletedProcess

import pytest

from lockbox.runtime import Runtime
from tests.builders import command_line
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, noon

pytestmark = pytest.mark.usefixtures("quiet")
AT = ("--as-of", noon(MONDAY).isoformat())


def verb(runtime: Runtime, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, "exceptions", *words, *AT)


def test_an_item_is_taken_decided_and_confirmed_by_another(runtime: Runtime) -> None:
    make.waiting_day(runtime, [37_700, None, 1_200_000])
    first, second = make.accounts(runtime)
    listed = verb(runtime, "list").stdout
    assert "3 items wait, 3 of them checks: $12,377.00 known" in listed
    assert f"dallas/{MONDAY}/D001/3" in listed
    item = f"dallas/{MONDAY}/D001/1"
    assert "yours until" in verb(runtime, "take", item, "--by", "ann").stdout
    refused = verb(runtime, "resolve", item, "post", "--account", first, "--by", "bob")
    assert (refused.returncode, "ann works on it" in refused.stderr) == (13, True)
    assert "can be undone" in verb(runtime, "resolve", item, "post", "--account", first, "--by", "ann").stdout
    assert "its item waits again" in verb(runtime, "undo", "1", "--by", "ann").stdout
    parts = ("--account", f"{first}=300.00", "--account", "=77.00")
    assert "resolution 2, post" in verb(runtime, "resolve", item, "post", *parts, "--by", "ann").stdout
    large = verb(runtime, "resolve", f"dallas/{MONDAY}/D001/3", "post", "--account", second, "--by", "ann").stdout
    assert "needs a second person" in large
    assert "confirmed" in verb(runtime, "second", "3", "--by", "bob").stdout
    assert "dallas: 2 of 2 resolutions are final" in verb(runtime, "finish").stdout
    history = verb(runtime, "show", f"dallas/{MONDAY}/D001/2", "--json").stdout
    assert [step["person"] for step in json.loads(history)["history"]] == ["engine"]
    assert [item["name"] for item in json.loads(verb(runtime, "list", "--json").stdout)] == [f"dallas/{MONDAY}/D001/2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("post", "--account", "123"), "no such account: 123"),
        (("post", "--amount", "1.00"), "name the contract that it pays"),
        (("reject",), "give a reason"),
        (("hold",), "an item in the vault has a date"),
        (("burn",), "outcome 'burn' is none of"),
        (("reject", "--reason", "ugly"), "reason 'ugly' is none of"),
        (("post", "--amount", "1.001"), "is not an amount"),
    ],
)
def test_what_is_not_whole_is_told_in_one_line(runtime: Runtime, words: tuple[str, ...], message: str) -> None:
    make.waiting_day(runtime, [37_700])
    answer = verb(runtime, "resolve", f"dallas/{MONDAY}/D001/1", *words, "--by", "ann")
    assert answer.returncode in (2, 4)
    assert message in " ".join(answer.stderr.split())


def test_two_people_key_a_large_check_and_another_refuses_a_proposal(runtime: Runtime) -> None:
    make.waiting_day(runtime, [None])
    item, (first, _) = f"dallas/{MONDAY}/D001/1", make.accounts(runtime)
    keyed = ("--amount", "25000.00", "--account", first)
    assert "somebody else keys it next" in verb(runtime, "key", item, *keyed, "--by", "ann").stdout
    assert "two agree" in verb(runtime, "key", item, *keyed, "--by", "bob").stdout
    verb(runtime, "resolve", item, "post", "--account", first, "--amount", "25000", "--by", "ann")
    refused = verb(runtime, "refuse", "1", "--by", "bob", "--note", "not ours")
    assert "refused, its item waits again" in refused.stdout
    assert (
        "decides nothing about" in verb(runtime, "own-contract", "ann", first, "--by", "bob", "--reason", "hers").stdout
    )
