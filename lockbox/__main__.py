"""The verbs: `python -m lockbox VERB`. Everything that the DAGs do can be done and seen from the command line."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from lockbox import telemetry
from lockbox.cli import contract, customer, day, differences, events, launch, proving, refunds
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
12 a full disk, or a store or server that does not answer. Settings
are environment variables, LOCKBOX_HOME and others (see README).""",
)
app.add_typer(day.app)
app.add_typer(differences.app)
app.add_typer(events.app)
app.add_typer(launch.app)
app.add_typer(contract.app, name="contract")
app.add_typer(customer.app)
app.add_typer(refunds.app)
app.add_typer(proving.app)
errors = Console(stderr=True)


def main() -> None:
    """Runs a verb. Whatever goes wrong is one line, with its own exit code; the log has the rest."""
    try:
        code = app(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        sys.exit(_told(error))
    sys.exit(code if isinstance(code, int) else 0)


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
