"""The verbs: help that teaches, and exit codes by kind of failure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from lockbox.__main__ import app, asked
from lockbox.settings import Settings
from tests.builders.command_line import verb

DAY = ["migrate", "simulate", "ingest", "read", "decide", "post", "mail", "close", "reverse", "night", "trial-balance"]
DAY += ["report", "status"]
DIFFERENCES = ["differences", "accept-difference"]
EVENTS = ["events", "acknowledge", "alerts"]
LAUNCH = ["up", "stop", "run"]
CUSTOMER = ["statements", "notices", "statement", "payoff", "contact"]
REFUNDS = [
    "refunds",
    "propose-refund",
    "approve-refund",
    "issue-refund",
    "clear-refund",
    "stop-refund",
    "reissue-refund",
]
EXCEPTIONS = [
    "list",
    "show",
    "take",
    "resolve",
    "key",
    "legal-review",
    "repay",
    "second",
    "refuse",
    "undo",
    "reopen",
    "finish",
    "own-contract",
]
SUSPENSE = ["list", "show", "identify", "move", "refund", "second", "refuse", "undo"]
PROVING = ["bench", "bench-money", "bench-reading", "bench-accounts", "bench-statements", "bench-coupons"]
PROVING += ["bench-scale", "bench-instructions", "bench-words", "replay", "calibrate", "fuzz", "check"]
CONTRACT = [
    "show",
    "extend",
    "change-rate",
    "change-due-date",
    "defer",
    "scra",
    "buyout",
    "turn-in",
    "charge-off",
    "undo-charge-off",
    "recover",
    "waive",
    "waive-interest",
    "flag",
    "release-lien",
]


def test_help_names_every_verb_and_the_exit_codes(settings: Settings) -> None:
    help_text = verb(settings, "--help")
    assert help_text.returncode == 0
    verbs = re.findall(r"^│ ([a-z][a-z-]+) ", help_text.stdout, re.MULTILINE)
    assert verbs == [
        *DAY,
        *DIFFERENCES,
        *EVENTS,
        "exceptions",
        "suspense",
        "letters",
        "disputes",
        "vault",
        "pull-list",
        *LAUNCH,
        "contract",
        *CUSTOMER,
        *REFUNDS,
        *PROVING,
    ]
    assert "7 out of balance" in " ".join(help_text.stdout.split())


def test_the_help_of_contract_names_every_action(settings: Settings) -> None:
    help_text = verb(settings, "contract", "--help")
    assert re.findall(r"^│ ([a-z][a-z-]+) ", help_text.stdout, re.MULTILINE) == CONTRACT


def test_the_help_of_exceptions_names_every_step(settings: Settings) -> None:
    help_text = verb(settings, "exceptions", "--help")
    assert re.findall(r"^│ ([a-z][a-z-]+) ", help_text.stdout, re.MULTILINE) == EXCEPTIONS


def test_the_help_of_suspense_names_every_step(settings: Settings) -> None:
    help_text = verb(settings, "suspense", "--help")
    assert re.findall(r"^│ ([a-z][a-z-]+) ", help_text.stdout, re.MULTILINE) == SUSPENSE


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nonsense"], 2, "No such command"),
        (["report", "16 November"], 2, "is not a date"),
        (["post", "--as-of", "2026-11-16T10:00:00"], 2, "no UTC offset"),
        (["ingest", "dallas/2026-11-16/D404"], 4, "D404: no complete delivery"),
        (["ingest", "dallas-D404"], 4, "is not site/YYYY-MM-DD/batch"),
        (["post", "dallas/2026-11-16/D404"], 8, "not taken in yet"),
        (["reverse", "--item", "dallas/2026-11-16/D404/1", "--reason", "returned"], 4, "no such item"),
    ],
)
def test_a_failure_is_one_line_and_its_own_exit_code(
    settings: Settings, words: list[str], code: int, says: str
) -> None:
    done = verb(settings, *words)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert says in " ".join(done.stderr.split())


def test_a_file_that_is_not_a_profile_is_bad_input(settings: Settings, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("no")
    done = verb(settings, "migrate", "--profile", str(bad))
    assert done.returncode == 4
    assert "bad.toml" in done.stderr


def test_status_shows_an_empty_lockbox(settings: Settings) -> None:
    done = verb(settings, "status")
    assert done.returncode == 0
    assert "Stages" in done.stdout


def test_a_verb_is_built_alone_and_is_the_same_as_among_all() -> None:
    """Typer takes longer to work out the parameters of all verbs than most verbs take."""
    everything = cast("TyperGroup", get_command(app))
    for name, command in everything.commands.items():
        alone = cast("TyperGroup", get_command(asked(app, [name])))
        assert list(alone.commands) == [name]
        assert [each.opts for each in alone.commands[name].params] == [each.opts for each in command.params]
    actions = cast("TyperGroup", get_command(asked(app, ["contract", "show"])))
    assert list(cast("TyperGroup", actions.commands["contract"]).commands) == ["show"]
    for words in ([], ["--help"], ["shwo"]):
        assert asked(app, words) is app
