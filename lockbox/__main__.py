"""The verbs: `python -m lockbox VERB`. Everything the DAGs do can be done, and seen, from here."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from lockbox.cli import contract, customer, day, launch, proving
from lockbox.errors import LockboxError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""**lockbox**: from scanned mail to a posted, balanced ledger.

A day runs `simulate` (sample mail) → `ingest` → `read` → `decide` → `post` → `close` → `report`; then its `night`.
Each verb may run again: what is done is not done twice. Without arguments a verb takes everything that waits for it; a
batch is named `site/YYYY-MM-DD/batch` (dallas/2026-11-16/D001), a site day `site/YYYY-MM-DD`.

Exit codes: 0 done · 1 broken · 2 usage · 3 set-up · 4 bad input · 5 conflict · 6 overtaken by a newer try ·
7 out of balance · 8 not ready · 9 a process does not stay up · 10 a DAG failed. Settings are environment variables,
LOCKBOX_HOME and others (README).""",
)
app.add_typer(day.app)
app.add_typer(launch.app)
app.add_typer(contract.app, name="contract")
app.add_typer(customer.app)
app.add_typer(proving.app)
errors = Console(stderr=True)


def main() -> None:
    """Runs a verb; an error that was raised on purpose is one line and its own exit code."""
    try:
        app(standalone_mode=False)
    except LockboxError as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        errors.print(f"[bold red]usage:[/] {escape(error.format_message())}", highlight=False, soft_wrap=True)
        sys.exit(UsageError.exit_code)


if __name__ == "__main__":
    main()
