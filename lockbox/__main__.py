"""The verbs: `python -m lockbox VERB`. Everything that the DAGs do can be done and seen from the command line."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence

# What the imports make stays to the end: looking through it for garbage at start and end took a third of a short verb.
gc.set_threshold(200_000)
atexit.register(gc.freeze)

import typer
from rich.console import Console
from rich.markup import escape
from typer.models import CommandInfo

from lockbox import telemetry
from lockbox.cli import (
    contract,
    customer,
    day,
    differences,
    disputes,
    events,
    exceptions,
    launch,
    letters,
    proving,
    pull_list,
    refunds,
    suspense,
    vault,
)
from lockbox.errors import LockboxError, UsageError
from lockbox.faults import fault_of, message_of

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""**lockbox**: from scanned mail to a posted, balanced ledger.

A day runs `simulate` (sample mail) → `ingest` → `read` → `decide` → `post` → `close` → `report`; then its `night`.
Every verb can be run again: finished work is not repeated. Without arguments a verb does all work that is waiting; a
batch is named `site/YYYY-MM-DD/batch` (dallas/2026-11-16/D001), a site day `site/YYYY-MM-DD`.

Exit codes: 0 success · 1 error · 2 usage · 3 setup · 4 bad input · 5 conflict · 6 superseded by a newer attempt ·
7 out of balance · 8 not ready · 9 a process keeps failing · 10 a DAG failed · 11 closed with open differences ·
12 a full disk, or a store or server that does not answer ·
13 a person may not do this, or somebody else was first. Settings
are environment variables, LOCKBOX_HOME and others (see README).""",
)
app.add_typer(day.app)
app.add_typer(differences.app)
app.add_typer(events.app)
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(suspense.app, name="suspense")
app.add_typer(letters.app, name="letters")
app.add_typer(disputes.app, name="disputes")
app.add_typer(vault.app, name="vault")
app.add_typer(pull_list.app, name="pull-list")
app.add_typer(launch.app)
app.add_typer(contract.app, name="contract")
app.add_typer(customer.app)
app.add_typer(refunds.app)
app.add_typer(proving.app)
errors = Console(stderr=True)


def main() -> None:
    """Runs a verb. Whatever goes wrong is one line, with its own exit code; the log has the rest."""
    try:
        code = asked(app, sys.argv[1:])(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        sys.exit(_told(error))
    sys.exit(code if isinstance(code, int) else 0)


def asked(verbs: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """The verb that the command line names, alone; all of them where it names none.

    Typer works out the parameters of every verb that it is given, which takes longer than most verbs.
    """
    group = next((each for each in verbs.registered_groups if words and each.name == words[0]), None)
    nested = [each.typer_instance for each in verbs.registered_groups if not each.name and each.typer_instance]
    commands = [command for owner in (verbs, *nested) for command in owner.registered_commands]
    command = next((each for each in commands if words and _name(each) == words[0]), None)
    if group is None and command is None:
        return verbs
    alone = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")
    alone.callback()(lambda: None)  # without one, Typer takes a single verb for the whole program
    if group is not None and group.typer_instance is not None:
        alone.add_typer(asked(group.typer_instance, words[1:]), name=group.name)
    elif command is not None:
        alone.registered_commands.append(command)
    return alone


def _name(command: CommandInfo) -> str:
    return command.name or getattr(command.callback, "__name__", "").replace("_", "-")


def _told(error: Exception) -> int:
    """Prints an error in one line and returns its exit code."""
    word, message, code = "error", message_of(error), LockboxError.exit_code
    if fault := fault_of(error):
        code = fault.exit_code
    elif hasattr(error, "format_message"):  # of the parser of the command line
        word, message, code = "usage", str(error.format_message()), UsageError.exit_code
    else:
        telemetry.log.exception("verb failed")
    errors.print(f"[bold red]{word}:[/] {escape(message)}", highlight=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    main()
