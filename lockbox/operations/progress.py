"""The progress of a running day, for the operator: every batch by stage, and the state of the DAG runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

import sqlalchemy as sa
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.mail.pipeline import STAGES
from lockbox.operations.dag_runs import DagRun
from lockbox.scopes import BatchScope, SiteDayScope
from lockbox.settings import Settings

_MARKS = {"done": Text("✓", "green"), "running": Text("●", "yellow"), "failed": Text("✗", "bold red")}
_STYLES = {"success": "green", "failed": "bold red", "running": "yellow"}

MailScope = BatchScope | SiteDayScope
States = dict[tuple[MailScope, str], str]  # (scope, stage) -> running, done or failed


class Progress:
    """A live table on a terminal; elsewhere one line per change."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings, self._console = settings, console
        self._begun = time.monotonic()
        self._scopes: list[MailScope] = []
        self._states: States = {}
        self._runs: dict[DagRun, str] = {}
        self._live = Live(console=console, refresh_per_second=4, transient=False) if console.is_terminal else None

    def __enter__(self) -> Progress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, scopes: Sequence[MailScope], runs: dict[DagRun, str]) -> None:
        """Shows the current state of the scopes (batches and site days) and of the DAG runs."""
        self._scopes = sorted({*self._scopes, *scopes}, key=str)
        states = _stage_states(self._settings, self._scopes) or self._states
        if self._live is None:
            self._print_changes(states, runs)
        self._states, self._runs = states, self._runs | runs
        if self._live is not None:
            self._live.update(self._rendered())

    @property
    def seen(self) -> tuple[States, dict[DagRun, str]]:
        """The state at the last update; if it changes, the day is making progress."""
        return self._states, self._runs

    def _print_changes(self, states: States, runs: dict[DagRun, str]) -> None:
        for key, state in states.items():
            if state != "running" and self._states.get(key) != state:
                self._console.print(f"{self._clock()} {key[0]} {key[1]} {state}", highlight=False)
        for run, state in runs.items():
            if self._runs.get(run) != state:
                self._console.print(f"{self._clock()} {run.dag_id} {state}", highlight=False)

    def _rendered(self) -> Group:
        batches = [scope for scope in self._scopes if isinstance(scope, BatchScope)]
        lines = [Text(f"{run.dag_id} {state}", _STYLES.get(state, "dim")) for run, state in self._runs.items()]
        days = [
            Text(f"{scope} {stage} {state}", "bold red" if state == "failed" else "")
            for (scope, stage), state in sorted(self._states.items(), key=str)
            if isinstance(scope, SiteDayScope)
        ]
        return Group(*([self._table(batches), self._bar(batches)] if batches else []), *days, *lines)

    def _table(self, batches: Sequence[BatchScope]) -> Table:
        table = Table("batch", *STAGES, box=None, pad_edge=False, header_style="bold")
        for scope in batches:
            marks = (_MARKS.get(self._states.get((scope, stage), ""), Text("·", "dim")) for stage in STAGES)
            table.add_row(str(scope), *marks)
        return table

    def _bar(self, batches: Sequence[BatchScope]) -> Table:
        done = sum(self._states.get((scope, stage)) == "done" for scope in batches for stage in STAGES)
        total = len(batches) * len(STAGES)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(ProgressBar(total, done, width=40), f"{done} of {total} stages", Text(self._clock(), "dim"))
        return grid

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._begun)
        return f"{seconds // 60}:{seconds % 60:02}"


def _stage_states(settings: Settings, scopes: Sequence[MailScope]) -> States:
    """Empty if the database does not answer: it may be restarting."""
    by_name = {str(scope): scope for scope in scopes}
    try:
        with db.engine(settings).connect() as connection:
            runs = connection.execute(
                sa.text("select scope, stage, state from stage_run where scope = any(:scopes)"),
                {"scopes": list(by_name)},
            )
            return {(by_name[row.scope], row.stage): row.state for row in runs}
    except (SettingsError, sa.exc.DBAPIError):
        return {}
