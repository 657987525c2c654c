"""The verbs of letters, of disputes, and of legal's word: who does what, and what of an envelope still waits."""

from __future__ import annotations

import json
from datetime import timedelta
from subprocess import CompletedProcess

import pytest

from lockbox.runtime import Runtime
from tests.builders import command_line, letters
from tests.builders import exceptions as make
from tests.builders.exceptions import MONDAY, TUESDAY, noon

pytestmark = pytest.mark.usefixtures("quiet")
LETTER, CHECK = f"dallas/{MONDAY}/D001/1", f"dallas/{MONDAY}/D001/2"


def verb(runtime: Runtime, *words: str) -> CompletedProcess[str]:
    return command_line.verb(runtime.settings, *words, "--as-of", noon(TUESDAY).isoformat())


def test_an_envelope_is_worked_with_its_letter_and_legal_has_the_word_on_its_check(runtime: Runtime) -> None:
    letters.envelope(runtime, ("letter", None, ["correspondence", "paid_in_full"]), ("check", 37_700, ["paid_in_full"]))
    first, _ = make.accounts(runtime)
    listed = verb(runtime, "letters", "list").stdout
    assert (LETTER in listed, "1 letters wait" in listed) == (True, True)
    filed = verb(runtime, "letters", "file", LETTER, "--by", "ann", "--note", "offer of settlement").stdout
    assert f"of its envelope still waits: {CHECK} (check)" in filed
    pay = ("exceptions", "resolve", CHECK, "post", "--account", first, "--by", "ann")
    refused = verb(runtime, *pay)
    assert (refused.returncode, "a legal review decides" in refused.stderr) == (13, True)
    knew = ("--known-by", "nobody", "--known", "the letter came with it", "--known-on", str(MONDAY))
    assert verb(runtime, "exceptions", "legal-review", CHECK, "burn", *knew, "--by", "lee").returncode == 2
    reviewed = verb(runtime, "exceptions", "legal-review", CHECK, "deposit", *knew, "--by", "lee").stdout
    assert "legal (lee) says deposit; came to 650805, not the disputes address; nobody knew since" in reviewed
    paid = verb(runtime, *pay).stdout
    assert ("can be undone" in paid, "still waits" in paid) == (True, False)
    shown = verb(runtime, "exceptions", "show", CHECK).stdout
    assert (f"with it came {LETTER}: letter, waits" in shown, "legal (lee) says deposit" in shown) == (True, True)
    assert "2 of 2 resolutions are final" in verb(runtime, "exceptions", "finish").stdout
    assert json.loads(verb(runtime, "letters", "list", "--json").stdout) == []


def test_a_dispute_is_opened_answered_and_closed_by_another(runtime: Runtime) -> None:
    letters.letter(runtime, "disputed")
    first, _ = make.accounts(runtime)
    asked = verb(runtime, "letters", "dispute", LETTER, "--account", first, "--subject", "late in May", "--by", "ann")
    assert "dispute; can be undone" in asked.stdout
    verb(runtime, "exceptions", "finish")
    due = MONDAY + timedelta(30)
    assert str(due) in verb(runtime, "disputes", "list").stdout
    shown = json.loads(verb(runtime, "letters", "show", LETTER, "--json").stdout)
    assert shown["effects"][0]["message"] == f"{first}: dispute 1, to be answered by {due}"
    answered = verb(runtime, "disputes", "answer", "1", "--by", "ann", "--words", "corrected").stdout
    assert f"dispute 1 on {first}: answered, due on {due}; Metro 2 compliance condition XB" in answered
    refused = verb(runtime, "disputes", "close", "1", "--by", "ann", "--words", "letter sent")
    assert (refused.returncode, "somebody else has to look" in refused.stderr) == (13, True)
    assert "closed; Metro 2" in verb(runtime, "disputes", "close", "1", "--by", "bob", "--words", "sent").stdout
    steps = json.loads(verb(runtime, "disputes", "show", "1", "--json").stdout)["steps"]
    assert [step["state"] for step in steps] == ["opened", "answered", "closed"]
    assert json.loads(verb(runtime, "disputes", "list", "--json").stdout) == []


def test_a_flag_an_address_and_a_contact_are_proposed(runtime: Runtime) -> None:
    letters.envelope(runtime, *[("letter", None, ["correspondence"])] * 3)
    first, _ = make.accounts(runtime)
    to = ("--account", first, "--by", "ann")
    flagged = verb(runtime, "letters", "flag", LETTER, "bankruptcy", "--since", "2026-11-14", *to).stdout
    assert "resolution 1, flag; needs a second person; of its envelope still waits" in flagged
    lines = ("--line", "9 Oak Ave", "--line", "Plano, TX 75023")
    moved = verb(runtime, "letters", "address", CHECK, *lines, *to).stdout
    assert "resolution 2, address; needs a second person" in moved
    third = f"dallas/{MONDAY}/D001/3"
    withdrawn = ("--consent", "electronic_statements", "--withdraw")
    assert "resolution 3, contact; can be undone" in verb(runtime, "letters", "contact", third, *withdrawn, *to).stdout
    assert verb(runtime, "letters", "flag", third, "closed", "--since", "2026-11-14", *to).returncode == 4
    shown = verb(runtime, "letters", "show", LETTER).stdout
    assert (f"{first}: flag is proposed" in shown, f"with it came {CHECK}: letter, waits" in shown) == (True, True)
